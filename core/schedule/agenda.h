/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is still to happen in a simulation: events in order of time, equal times in the order in
 * which they were added. Memory is the agenda's own and grows.
 */
#ifndef SYN_CORE_SCHEDULE_AGENDA_H
#define SYN_CORE_SCHEDULE_AGENDA_H

#include "devices/runtime/radio.h"
#include "devices/runtime/runtime.h"

enum syn_event_kind {
    SYN_HAPPENS_END,      /* of a task but SEND and RECEIVE */
    SYN_HAPPENS_SENT,     /* the sender's time on the air is over */
    SYN_HAPPENS_RECEIVED, /* the receiver's */
    SYN_HAPPENS_AT_HUB,   /* a message is at the console, whose radio sends it on */
    SYN_HAPPENS_WAKE,     /* of a radio */
    SYN_HAPPENS_CAP_ENDS, /* a runtime asked to be called back */
    SYN_HAPPENS_BEACON,
    /* At once: */
    SYN_HAPPENS_DATA,   /* the first bytes of a transfer reach `device` */
    SYN_HAPPENS_TELL,   /* a message of the arbitration reaches `device` */
    SYN_HAPPENS_CREDIT, /* reaches `device` */
    SYN_HAPPENS_COUNTS  /* of `device` go out to all whom it reaches directly */
};

struct syn_happening {
    uint8_t kind; /* enum syn_event_kind */
    uint8_t device, peer;
    uint8_t pipeline, stage, hop, slot;
    uint32_t inference;
    int64_t start_ns, end_ns;
    union {
        struct syn_task task;             /* END, SENT, RECEIVED */
        struct syn_radio_message message; /* TELL */
    };
};

struct syn_agenda {
    struct syn_agenda_entry {
        int64_t at_ns;
        uint64_t order;
        uint32_t index; /* into happenings */
    } * heap;
    size_t heap_count, heap_room;
    struct syn_happening *happenings;
    uint32_t *unused; /* indices of happenings */
    size_t unused_count;
    /* A ring of what happens at once. */
    struct syn_happening *now;
    size_t now_first, now_count, now_room; /* room: a power of two */
    uint64_t order;
};

/* An all-zero agenda is empty. */
void syn_agenda_clear(struct syn_agenda *agenda);

/* Both return 0 or SYN_ENOMEM. */
int syn_agenda_add(struct syn_agenda *agenda, int64_t at_ns, const struct syn_happening *happening);
int syn_agenda_add_now(struct syn_agenda *agenda, const struct syn_happening *happening);

/* Takes the next: what happens at once comes first and leaves *at_ns as it is. False: none is left.
 */
bool syn_agenda_next(struct syn_agenda *agenda, int64_t *at_ns, struct syn_happening *happening);

/* Calls for every happening that waits for its time. */
void syn_agenda_each(const struct syn_agenda *agenda,
                     void (*each)(void *ctx, int64_t at_ns, const struct syn_happening *happening),
                     void *ctx);

#endif
