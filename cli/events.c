/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/events.h"

#include <stdio.h>
#include <string.h>

const char *const syn_event_names[SYN_EVENT_COUNT + 1] = {
    [SYN_EVENT_JOIN] = "join",     [SYN_EVENT_LEAVE] = "leave",   [SYN_EVENT_LOG] = "log",
    [SYN_EVENT_SILENT] = "silent", [SYN_EVENT_DEPLOY] = "deploy", [SYN_EVENT_RUN] = "run",
    [SYN_EVENT_STOP] = "stop",     [SYN_EVENT_FAIL] = "fail",     [SYN_EVENT_COUNT] = NULL,
};

const char *const syn_event_help[SYN_EVENT_COUNT] = {
    [SYN_EVENT_JOIN] = "a device has connected, or is back: after a reset, or plugged in again",
    [SYN_EVENT_LEAVE] = "a device has gone, asked or not",
    [SYN_EVENT_SILENT] =
        "a device does not answer, and is waited for: its firmware may stand still",
    [SYN_EVENT_LOG] = "a device says something",
    [SYN_EVENT_DEPLOY] = "a deployment has been committed everywhere",
    [SYN_EVENT_RUN] = "inference has started",
    [SYN_EVENT_STOP] = "inference has stopped",
    [SYN_EVENT_FAIL] = "something went wrong on a device while it served",
};

int syn_event_kind_find(const char *name)
{
    for (int i = 0; i < SYN_EVENT_COUNT; i++)
        if (strcmp(syn_event_names[i], name) == 0)
            return i;
    return -1;
}

void syn_event_add(struct syn_event_log *log, enum syn_event_kind kind, const char *device,
                   const char *text)
{
    struct syn_event *event = &log->ring[++log->last % SYN_EVENTS_KEPT];
    *event = (struct syn_event){.number = log->last, .kind = kind};
    (void)snprintf(event->device, sizeof event->device, "%s", device ? device : "");
    (void)snprintf(event->text, sizeof event->text, "%s", text);
}

const struct syn_event *syn_event_find(const struct syn_event_log *log, uint64_t after,
                                       enum syn_event_kind kind, const char *device)
{
    uint64_t oldest = log->last < SYN_EVENTS_KEPT ? 0 : log->last - SYN_EVENTS_KEPT;
    for (uint64_t n = after > oldest ? after + 1 : oldest + 1; n <= log->last; n++) {
        const struct syn_event *event = &log->ring[n % SYN_EVENTS_KEPT];
        if (event->kind == kind && (!device || strcmp(event->device, device) == 0))
            return event;
    }
    return NULL;
}
