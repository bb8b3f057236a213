/* SPDX-License-Identifier: MIT */
/*
 * Several virtual wearables in one process and one loop, on sockets in a temporary folder, with
 * deployments of small models put straight into their stores. Fails by assertion.
 */
#ifndef SYN_TESTS_PORTS_FLEET_H
#define SYN_TESTS_PORTS_FLEET_H

#include "devices/ports/posix/wearable.h"
#include "tests/devices/agent/models.h"

#define FLEET_DEVICES 4
#define FLEET_PIPES   8
#ifndef FLEET_SPEED
#define FLEET_SPEED 100 /* thousandths: ten times slower than real time */
#endif

/* A chain of convolutions, cut before cuts[i]: chunk i runs on devices[i]. */
struct fleet_pipe {
    struct chain chain;
    unsigned weight;
    unsigned source, target;
    unsigned chunk_count;
    unsigned devices[FLEET_DEVICES];
    unsigned cuts[FLEET_DEVICES]; /* first layer of each chunk; cuts[0] = 0 */
};

struct fleet {
    struct syn_loop *loop;
    char folder[64];
    unsigned devices, pipes;
    struct fleet_pipe plan[FLEET_PIPES];
    struct fleet_device {
        struct fleet *fleet;
        unsigned index;
        char path[96];
        struct syn_wearable *wearable;
        struct syn_agent *agent;
        struct syn_rt_port port;            /* of the agent; the fleet looks in between */
        struct syn_frame_receiver receiver; /* of what it writes to its host */
        uint8_t buffer[SYN_AGENT_MESSAGE_MAX + SYN_FRAME_OVERHEAD];
    } device[FLEET_DEVICES];
    bool relay;          /* no links: messages go through the host */
    unsigned lose_every; /* so many relayed messages are lost; 0 = none */
    unsigned relayed;
    struct fleet_frame { /* on its way through the host */
        struct fleet_frame *next;
        unsigned to;
        size_t size;
        uint8_t bytes[];
    } * frames, **frames_end;
    uint64_t seed;
    /* What was seen. */
    unsigned acted[FLEET_PIPES];
    int64_t first_ns[FLEET_PIPES], last_ns[FLEET_PIPES]; /* of acting, as handled */
    unsigned wrong; /* results that differ from the reference */
};

/* Devices with links to each other (relay: without), each with a committed deployment of the plan,
 * admission depth `depth`. */
void fleet_open(struct fleet *f, unsigned devices, const struct fleet_pipe *plan, unsigned pipes,
                unsigned depth, bool relay);
void fleet_close(struct fleet *f);
void fleet_start(struct fleet *f, enum syn_rt_mode mode, uint32_t limit);
void fleet_stop(struct fleet *f);
/* Runs until every pipeline has acted so often; fails after `seconds` of real time. */
void fleet_run(struct fleet *f, unsigned acted, int seconds);
/* Lets real time pass. */
void fleet_pass(struct fleet *f, int64_t real_ns);
bool fleet_idle(const struct fleet *f);
/* One wearable dies. */
void fleet_kill(struct fleet *f, unsigned device);

/* Rounds a second of virtual time between the first and the last act, the slowest pipeline's. */
double fleet_rate(const struct fleet *f);
/* The least time of a round: the busiest unit's; or the sum of all tasks. */
double fleet_bound_ns(const struct fleet *f);
double fleet_sum_ns(const struct fleet *f);
unsigned fleet_late(const struct fleet *f);

#endif
