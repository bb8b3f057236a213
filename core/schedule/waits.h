/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a plan stays behind its bound: what the unit that limits it waited for while it rested.
 *
 * The unit that the prediction calls the bottleneck is watched; whenever simulated time passes and
 * it does nothing, the runtime is asked what is ready and what is missing, and the time is noted
 * under that reason. Of an odd set of radios one rests at any time; only time in which more are
 * without a transfer among themselves is noted, under the reason of one of them.
 */
#ifndef SYN_CORE_SCHEDULE_WAITS_H
#define SYN_CORE_SCHEDULE_WAITS_H

#include "core/cost/cost.h"

enum syn_wait_cause {
    SYN_WAIT_SLOT,    /* an inference is ready, but nothing is free for its output */
    SYN_WAIT_LOAD,    /* an inference could be loaded, but the CPU is busy */
    SYN_WAIT_UNLOAD,  /* an inference is done, but the CPU is busy */
    SYN_WAIT_ACCEL,   /* the CPU: what could be loaded waits for the inference that runs */
    SYN_WAIT_COVER,   /* the CPU: an action would keep the accelerator waiting; the next inference
                         covers it */
    SYN_WAIT_RADIO,   /* the other radio of the next transfer is busy */
    SYN_WAIT_CREDIT,  /* something is to be sent, but the receiver has no slot for it */
    SYN_WAIT_OUTSIDE, /* of several radios: one is at work with a device that is none of them */
    /* There is nothing to be done; what comes next */
    SYN_WAIT_AIR,   /* is on its way, or waits for the air */
    SYN_WAIT_QUEUE, /* waits for another accelerator */
    SYN_WAIT_WORK,  /* is being computed elsewhere */
    SYN_WAIT_SENSING,
    SYN_WAIT_ROUND, /* has not been begun: the fair round, or a rate cap, does not let it */
    SYN_WAIT_CAUSE_COUNT
};

struct syn_wait {
    uint8_t device, unit; /* who rests; SYN_DEVICE_HUB: the console's radio */
    uint8_t cause;        /* enum syn_wait_cause */
    uint8_t pipeline;     /* who would be next */
    uint8_t other;        /* LOAD, UNLOAD: on whose action the CPU is at work */
    uint8_t peer;         /* the other device; `device` where there is none */
    uint8_t slots; /* SLOT: here; CREDIT: at the peer; AIR, WORK: 1 where one end has only one */
    uint8_t
        slots_at; /* AIR, WORK: which end; SLOT: the peer, where that has only one, else `device` */
    uint32_t slot_bytes; /* what one more would take of the arena; 0: is not in it */
    int64_t ns;          /* of the time that was measured */
};

#define SYN_WAITS_MAX 48

struct syn_waits {
    uint8_t device, unit; /* what limits the plan */
    uint32_t set;         /* radios that limit it together, or 0 */
    int64_t rest_ns;      /* of the time that was measured */
    unsigned count;
    struct syn_wait list[SYN_WAITS_MAX]; /* longest first; what is beyond is in `other_ns` */
    int64_t other_ns;
};

/* "slot", "load", ... for programs. */
const char *syn_wait_name(enum syn_wait_cause cause);

/* "SimpleNet is ready, but the only slot for its output is full until it is sent to watch; one more
 * takes 12288 bytes of the arena of ring" */
void syn_wait_words(const struct syn_problem *problem, const struct syn_wait *wait, char *text,
                    size_t size);

#endif
