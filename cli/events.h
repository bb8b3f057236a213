/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Things that happen by themselves. The table of names is published: scripts `wait` for them.
 */
#ifndef SYN_CLI_EVENTS_H
#define SYN_CLI_EVENTS_H

#include <stddef.h>
#include <stdint.h>

enum syn_event_kind {
    SYN_EVENT_JOIN,
    SYN_EVENT_LEAVE,
    SYN_EVENT_SILENT,
    SYN_EVENT_LOG,
    SYN_EVENT_DEPLOY,
    SYN_EVENT_RUN,
    SYN_EVENT_STOP,
    SYN_EVENT_FAIL,
    SYN_EVENT_COUNT
};

/* For scripts; ends at NULL. */
extern const char *const syn_event_names[SYN_EVENT_COUNT + 1];

/* When it happens. */
extern const char *const syn_event_help[SYN_EVENT_COUNT];

#define SYN_EVENTS_KEPT 64

struct syn_event {
    uint64_t number; /* from 1, without gaps */
    enum syn_event_kind kind;
    char device[32]; /* empty: about no device */
    char text[160];
};

/* The latest events, a ring. */
struct syn_event_log {
    uint64_t last; /* number of the newest; 0: none yet */
    struct syn_event ring[SYN_EVENTS_KEPT];
};

void syn_event_add(struct syn_event_log *log, enum syn_event_kind kind, const char *device,
                   const char *text);

/* The first event behind number `after` of this kind (and device, unless NULL); NULL: none. */
const struct syn_event *syn_event_find(const struct syn_event_log *log, uint64_t after,
                                       enum syn_event_kind kind, const char *device);

/* Kind by name; -1 where there is none. */
int syn_event_kind_find(const char *name);

#endif
