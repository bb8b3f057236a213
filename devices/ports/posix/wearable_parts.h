/* SPDX-License-Identifier: MIT */
/*
 * What the parts of a virtual wearable (wearable.h) share: wearable.c has its life and its hosts;
 * wearable_tasks.c the tasks and their windows; wearable_ways.c whom it exchanges tensors with;
 * wearable_settle.c what follows of either.
 */
#ifndef SYN_PORTS_POSIX_WEARABLE_PARTS_H
#define SYN_PORTS_POSIX_WEARABLE_PARTS_H

#include "devices/ports/posix/accel.h"
#include "devices/ports/posix/channels.h"
#include "devices/ports/posix/peers.h"
#include "devices/ports/posix/sensing.h"
#include "devices/ports/posix/virtual.h"
#include "devices/ports/posix/wearable.h"
#include "devices/traffic/traffic.h"

/* A task that occupies its units until end_ns; one of each kind at most. */
struct syn_wearable_task {
    struct syn_wearable *wearable;
    bool active, due;
    struct syn_task task;
    int64_t start_ns, end_ns;
    struct syn_timer timer;
};

struct syn_wearable {
    struct syn_wearable_config config;
    struct syn_agent agent;
    struct syn_virtual clock;
    struct syn_accel accel;
    struct syn_sensing sensing;
    struct syn_traffic traffic;
    struct syn_peers *peers;
    struct syn_pairs *pairs;
    struct syn_channels *channels; /* NULL: no Bluetooth yet */
    char reached[4 + SYN_BLUETOOTH_ADDRESS];
    struct syn_wearable_task running[SYN_TASK_KIND_COUNT];
    struct { /* of the inference that holds the accelerator */
        bool done;
        int64_t from_ns; /* when it began to load: the input is there */
        int64_t handed_ns, done_ns;
    } kernels;
    int64_t weights_ns; /* when the weights of the deployment are loaded */
    struct syn_loop_timer settle;
    struct syn_timer poll;
    struct syn_timer wake; /* of the runtime */
    bool counts_due, counts_relay;
    int64_t counts_ns; /* of the last that was done */
    bool reset_due;
    struct syn_flash flash; /* of RAM: a wearable that ends keeps nothing */
    uint8_t *memory;        /* store, arena, sensors' buffers, messages for the host */
};

/* ---- wearable_settle.c ---- */

/* Has the agent look for what is due, once the loop is done with what it is doing. */
void syn_wearable_settle_soon(struct syn_wearable *w);

/* What was done by then is told, once the loop is done with what it is doing. */
void syn_wearable_counts_at(struct syn_wearable *w, int64_t at_ns);

/* ---- wearable_tasks.c: as in struct syn_agent_port ---- */

void syn_wearable_begin(void *wearable, const struct syn_task *task, int64_t start_ns,
                        uint64_t duration_ns);
int syn_wearable_deploy(void *wearable, const struct syn_deployment *deployment,
                        struct syn_refusal *refusal);

/* ---- wearable_ways.c ---- */

/* Traffic, wires and radio; `queue` holds messages for the host's link. */
int syn_wearable_open_ways(struct syn_wearable *w, uint8_t *queue, size_t queue_bytes,
                           struct syn_error *error);
void syn_wearable_close_ways(struct syn_wearable *w); /* also where opening failed */
bool syn_wearable_has_wires(const struct syn_wearable *w);

/* As in struct syn_agent_port. */
void syn_wearable_set_peers(void *wearable, unsigned self, const struct syn_agent_peer *peers,
                            unsigned count);
const char *syn_wearable_wired(void *wearable, unsigned wire);
const char *syn_wearable_reached(void *wearable);

#endif
