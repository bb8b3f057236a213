/* SPDX-License-Identifier: MIT */
/*
 * Agents of one process, each a board by itself: a clock that begins somewhere, sensors from a
 * seed, the portable kernels, and a link to the host, which carries messages between them late, in
 * another order, twice or not at all; there may be a wire between any two, too. Time is the test's
 * own. Fails by assertion.
 */
#ifndef SYN_TESTS_TRAFFIC_BODIES_H
#define SYN_TESTS_TRAFFIC_BODIES_H

#include "devices/flash/ram.h"
#include "devices/part/exec.h"
#include "devices/traffic/traffic.h"
#include "tests/devices/agent/models.h"

#define BODIES_MAX   4
#define BODIES_PIPES 6
#define BODIES_ACTED 64
#define BODIES_STORE (128u << 10)
#define BODIES_QUEUE 256 /* bytes that wait for the host, as on a board */

/* A chain of convolutions in two chunks. A device has one chunk of it at most, sources no second
 * one and targets no first one. */
struct bodies_pipe {
    struct chain chain;
    unsigned source, first, second, target; /* devices */
};

struct bodies_host {
    unsigned lost_permille, twice_permille;
    unsigned full_permille; /* how often a device's link takes no more */
    int64_t late_ns;        /* at most; more than 0: in any order */
    bool wires;             /* from body a to body b: number b + 1 at a's end */
    unsigned wire_lost_permille, wire_full_permille;
};

struct bodies {
    uint64_t seed;
    int64_t now_ns;
    unsigned count, pipes;
    struct bodies_pipe plan[BODIES_PIPES];
    struct bodies_host host;
    struct body {
        struct bodies *all;
        unsigned index;
        bool dead;
        bool away; /* nothing passes between it and the host */
        uint32_t txn;
        int64_t ahead_ns; /* its clock */
        struct syn_agent agent;
        struct syn_traffic traffic;
        struct syn_timers timers;
        uint8_t queue[BODIES_QUEUE];
        struct syn_flash flash;
        uint8_t store[BODIES_STORE], arena[131072], sensor[65536];
        struct syn_rt_port port; /* of the agent; the test looks in between */
        struct syn_frame_receiver receiver;
        uint8_t buffer[SYN_AGENT_MESSAGE_MAX + SYN_FRAME_OVERHEAD];
        struct body_task {
            bool active;
            struct syn_task task;
            int64_t start_ns, end_ns;
        } tasks[SYN_TASK_KIND_COUNT];
        struct syn_exec *exec[BODIES_PIPES];
        void *memory[BODIES_PIPES];
    } body[BODIES_MAX];
    struct bodies_frame {
        struct bodies_frame *next;
        unsigned to;
        int64_t due_ns;
        bool by_wire;
        size_t size;
        uint8_t bytes[];
    } * frames;
    unsigned carried, lost;
    unsigned pieces; /* of tensors, that the host carried */
    unsigned by_wire;
    bool cut; /* all wires */
    /* What was seen at targets. */
    unsigned acted_count[BODIES_PIPES];
    uint32_t acted[BODIES_PIPES][BODIES_ACTED];
    unsigned wrong; /* results that differ from the reference */
};

/* Devices with a committed deployment of the plan. */
struct bodies *bodies_new(unsigned count, const struct bodies_pipe *plan, unsigned pipes,
                          const struct bodies_host *host, uint64_t seed);
void bodies_free(struct bodies *b);

/* One device switches to the same plan again. */
void bodies_deploy(struct bodies *b, unsigned device);

/* All wires are cut, or are there again. */
void bodies_cut(struct bodies *b, bool cut);

void bodies_start(struct bodies *b, enum syn_rt_mode mode, uint32_t limit);
/* Until every pipeline has delivered or dropped so many, and everyone is at rest; false when that
 * takes longer than `seconds` of their time. */
bool bodies_run(struct bodies *b, uint32_t each, unsigned seconds);
/* Lets time pass. */
void bodies_pass(struct bodies *b, int64_t ns);

#endif
