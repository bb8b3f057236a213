/* SPDX-License-Identifier: MIT */
/*
 * A world of several runtimes: an event-driven port whose tasks take the time that a table says,
 * and a radio that serves whoever waits for longest. For tests; fails by assertion.
 */
#ifndef SYN_TESTS_RUNTIME_WORLD_H
#define SYN_TESTS_RUNTIME_WORLD_H

#include "devices/runtime/runtime.h"

#define WORLD_DEVICES 6
#define WORLD_EVENTS  4096
#define US            1000
#define MS            1000000

/* One pipeline of the plan. Times in nanoseconds. */
struct world_pipeline {
    uint16_t weight;
    uint8_t source, target;
    uint8_t chunk_count;
    uint8_t chunks[WORLD_DEVICES]; /* devices, all distinct */
    int64_t sense, act;            /* duration */
    int64_t load, infer, unload;   /* of every chunk */
    int64_t hop;                   /* a transfer */
    uint8_t slots;                 /* of every stage */
    int64_t gap;                   /* from one start of sensing to the next, at least */
};

struct world_place {
    uint8_t device, stage;
};

struct world_event {
    int64_t at, start;
    uint64_t order;
    uint8_t kind, device;
    uint8_t slot;         /* of a transfer's receiver */
    struct syn_task task; /* of an end; credit: pipeline and from_stage */
};

struct world_send {
    uint8_t device;
    int64_t ready;
    struct syn_task task;
};

struct world {
    unsigned devices, pipelines;
    struct world_pipeline plan[SYN_RT_PIPELINES_MAX];
    struct world_place next[SYN_RT_PIPELINES_MAX][WORLD_DEVICES][SYN_STAGE_COUNT];
    struct world_place previous[SYN_RT_PIPELINES_MAX][WORLD_DEVICES][SYN_STAGE_COUNT];
    struct syn_rt rt[WORLD_DEVICES];
    struct world_port {
        struct world *world;
        uint8_t device;
    } ports[WORLD_DEVICES];
    struct world_event events[WORLD_EVENTS];
    unsigned event_count;
    uint64_t order;
    struct world_send sends[SYN_RT_PIPELINES_MAX * SYN_RT_SLOTS_MAX * 2];
    unsigned send_count;
    bool radio_busy[WORLD_DEVICES];
    int64_t radio_free[WORLD_DEVICES];
    int64_t now;
    /* What was seen. */
    uint32_t acted[SYN_RT_PIPELINES_MAX];
    int64_t acted_ns[SYN_RT_PIPELINES_MAX]; /* of the last */
    uint32_t spread; /* largest difference of n / w that acted counts ever had, floor */
    unsigned in_flight, in_flight_max; /* inferences, over everything */
    unsigned loads, configures;        /* on all accelerators */
    uint32_t drop_every;               /* every so many transfers fail; 0 = none */
    uint32_t fail_every, infers;       /* the same of inferences on an accelerator */
    uint32_t transfers;
    int64_t jitter; /* reports come up to so much late, the times in them do not */
    uint64_t seed;
    uint64_t task_time; /* sum of the durations of all tasks; a transfer counts once */
};

/* Sets up devices and pipelines; asserts that every runtime takes its routes. */
void world_init(struct world *w, unsigned devices, const struct world_pipeline *plan,
                unsigned pipelines, unsigned depth);
void world_start(struct world *w, enum syn_rt_mode mode, uint32_t limit);
void world_stop(struct world *w);
/* Runs until `until`, or until nothing is left to happen. */
void world_run(struct world *w, int64_t until);
bool world_idle(const struct world *w);

#endif
