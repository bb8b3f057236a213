/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/schedule/waits.h"

#include <inttypes.h>
#include <stdio.h>

#define ROOM_MAX 96

const char *syn_wait_name(enum syn_wait_cause cause)
{
    static const char *const names[SYN_WAIT_CAUSE_COUNT] = {
        "slot",    "load", "unload", "accel", "cover",   "radio", "credit",
        "outside", "air",  "queue",  "work",  "sensing", "round"};
    return names[cause];
}

static const char *device_name(const struct syn_problem *problem, unsigned device)
{
    return device == SYN_DEVICE_HUB ? "the console" : problem->fleet->devices[device].name;
}

/* "the only slot for its output is" */
static void slots_words(unsigned slots, const char *what, char *text, size_t size)
{
    if (slots == 1)
        (void)snprintf(text, size, "the only slot for its %s is", what);
    else if (slots == 2)
        (void)snprintf(text, size, "both slots for its %s are", what);
    else
        (void)snprintf(text, size, "all %u slots for its %s are", slots, what);
}

static void room_words(const struct syn_wait *wait, const char *where, char text[ROOM_MAX])
{
    text[0] = '\0';
    if (wait->slot_bytes > 0)
        (void)snprintf(text, ROOM_MAX, "; one more takes %" PRIu32 " bytes of the arena of %s",
                       wait->slot_bytes, where);
}

static void slot_words(const struct syn_problem *problem, const struct syn_wait *w, char *text,
                       size_t size)
{
    const char *pipeline = problem->pipelines[w->pipeline].spec.name;
    const char *peer = device_name(problem, w->peer);
    const bool local = w->peer == w->device;
    char slots[64], room[ROOM_MAX];
    slots_words(w->slots, local ? "result" : "output", slots, sizeof slots);
    room_words(w, device_name(problem, w->slots_at), room);
    if (local)
        (void)snprintf(text, size, "%s is ready to run, but %s full until it is acted on", pipeline,
                       slots);
    else
        (void)snprintf(text, size, "%s is ready to run, but %s full until %s is sent to %s%s%s",
                       pipeline, slots, w->slots == 1 ? "it" : "one", peer,
                       w->slots_at == w->peer ? ", which has only one for its input" : "", room);
}

static void credit_words(const struct syn_problem *problem, const struct syn_wait *w, char *text,
                         size_t size)
{
    const char *peer = device_name(problem, w->peer);
    char slots[64], room[ROOM_MAX];
    slots_words(w->slots, "input", slots, sizeof slots);
    room_words(w, peer, room);
    (void)snprintf(text, size, "%s is ready to be sent to %s, but %s full%s",
                   problem->pipelines[w->pipeline].spec.name, peer, slots, room);
}

static void one_slot_words(const struct syn_problem *problem, const struct syn_wait *w, char *text,
                           size_t size)
{
    const char *from = device_name(problem, w->peer), *at = device_name(problem, w->slots_at);
    char room[ROOM_MAX];
    room_words(w, at, room);
    (void)snprintf(text, size, "%s comes next, and is %s %s: %s has only one slot for its %s%s",
                   problem->pipelines[w->pipeline].spec.name,
                   w->cause == SYN_WAIT_WORK ? "being computed by" : "on its way from", from, at,
                   w->slots_at == w->peer ? "output" : "input", room);
}

/* Of a pipeline and of another one, or of a device. */
static void plain_words(const struct syn_problem *problem, const struct syn_wait *w, char *text,
                        size_t size)
{
    static const char *const words[SYN_WAIT_CAUSE_COUNT][2] = {
        [SYN_WAIT_LOAD] = {" is ready to be loaded, but the CPU is at work on the action of ", ""},
        [SYN_WAIT_UNLOAD] =
            {" is done, but the CPU, which unloads it, is at work on the action of ", ""},
        [SYN_WAIT_RADIO] = {" is next on the air, but the radio of ", " is busy"},
        [SYN_WAIT_AIR] = {" comes next, and is on its way from ", ", or waits for the air there"},
        [SYN_WAIT_QUEUE] = {" comes next, and waits for the accelerator of ", ""},
        [SYN_WAIT_WORK] = {" comes next, and is being computed by ", ""},
        [SYN_WAIT_SENSING] = {" comes next, and is being sensed by ", ""},
    };
    const bool on_cpu = w->cause == SYN_WAIT_LOAD || w->cause == SYN_WAIT_UNLOAD;
    (void)snprintf(text, size, "%s%s%s%s", problem->pipelines[w->pipeline].spec.name,
                   words[w->cause][0],
                   on_cpu ? problem->pipelines[w->other].spec.name : device_name(problem, w->peer),
                   words[w->cause][1]);
}

void syn_wait_words(const struct syn_problem *problem, const struct syn_wait *w, char *text,
                    size_t size)
{
    const char *pipeline = problem->pipelines[w->pipeline].spec.name;
    if (w->cause == SYN_WAIT_SLOT)
        slot_words(problem, w, text, size);
    else if (w->cause == SYN_WAIT_CREDIT)
        credit_words(problem, w, text, size);
    else if ((w->cause == SYN_WAIT_AIR || w->cause == SYN_WAIT_WORK) && w->slots == 1)
        one_slot_words(problem, w, text, size);
    else if (w->cause == SYN_WAIT_ACCEL)
        (void)snprintf(text, size, "until %s has been inferred there is nothing to load or unload",
                       pipeline);
    else if (w->cause == SYN_WAIT_COVER)
        (void)snprintf(text, size,
                       "the action of %s is put off until the accelerator infers and need not wait "
                       "for it",
                       pipeline);
    else if (w->cause == SYN_WAIT_OUTSIDE)
        (void)snprintf(text, size, "%s exchanges data with %s, which is none of these",
                       device_name(problem, w->device), device_name(problem, w->peer));
    else if (w->cause == SYN_WAIT_ROUND)
        (void)snprintf(text, size, "%s comes next, and is as far ahead of the others as it may be",
                       pipeline);
    else
        plain_words(problem, w, text, size);
}
