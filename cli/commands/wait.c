/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `wait`: for a time, or for something to happen. */
#include "cli/commands/commands.h"
#include "cli/console.h"
#include "cli/fleet/bench.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"

struct waiting {
    const struct syn_event_log *log;
    const struct syn_event *found;
    uint64_t after;
    enum syn_event_kind kind;
    const char *device;
};

static bool has_happened(void *ctx)
{
    struct waiting *w = ctx;
    w->found = syn_event_find(w->log, w->after, w->kind, w->device);
    return w->found != NULL;
}

/* Right behind another `wait` nothing is missed: it goes on where that one has ended. */
static uint64_t beginning(const struct syn_console *console)
{
    const bool goes_on = console->waited.command + 1 == console->commands;
    return goes_on ? console->waited.event : console->events.last;
}

static void remember(struct syn_console *console, uint64_t event)
{
    console->waited.command = console->commands;
    console->waited.event = event;
}

/* Of a device that is named, being there and not being there is what `join` and `leave` mean. */
static bool is_so_already(struct syn_console *console, const struct waiting *w)
{
    struct syn_bench *bench = w->device ? syn_bench_of(console) : NULL;
    const struct syn_member *member = bench ? syn_bench_find(bench, w->device) : NULL;
    const enum syn_event_kind now =
        member && member->state == SYN_MEMBER_ONLINE ? SYN_EVENT_JOIN : SYN_EVENT_LEAVE;
    return member && w->kind == now;
}

static int wait_seconds(struct syn_console *console, double seconds, struct syn_error *error)
{
    int status = syn_console_idle(console, NULL, NULL, seconds, error);
    if (status == SYN_ETIMEOUT && !syn_console_stopped(console))
        status = 0;
    if (status < 0)
        return status;
    syn_show_number(syn_result_json(&console->result), "waited_s", seconds);
    return 0;
}

static void show(struct syn_console *console, const struct waiting *w, const char *device,
                 const char *text)
{
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "event", syn_event_names[w->kind]);
    syn_show_text(json, "device", device && device[0] ? device : NULL);
    syn_show_text(json, "text", text);
}

static int wait_event(struct syn_console *console, struct waiting *w, double seconds,
                      struct syn_error *error)
{
    if (!has_happened(w) && is_so_already(console, w)) {
        show(console, w, w->device,
             w->kind == SYN_EVENT_JOIN ? "is connected" : "is not connected");
        return 0;
    }
    int status = syn_console_idle(console, has_happened, w, seconds, error);
    if (status == SYN_ETIMEOUT && !syn_console_stopped(console))
        return syn_error_set(error, SYN_ETIMEOUT, "no %s%s%s within %g s", syn_event_names[w->kind],
                             w->device ? " of " : "", w->device ? w->device : "", seconds);
    if (status < 0)
        return status;
    remember(console, w->found->number);
    show(console, w, w->found->device, w->found->text);
    return 0;
}

static int run_wait(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    double seconds = 0;
    const char *what = syn_call_text(call, "EVENT|SECONDS");
    const uint64_t after = beginning(console);
    remember(console, after);
    if (syn_seconds_parse(what, &seconds) && seconds >= 0)
        return wait_seconds(console, seconds, error);
    int kind = syn_event_kind_find(what);
    if (kind < 0) {
        syn_error_set(error, SYN_EINVAL, "'%s' is neither an event nor a time", what);
        syn_error_hint(error, "'help wait' lists the events");
        return SYN_EINVAL;
    }
    struct waiting w = {.log = &console->events,
                        .after = after,
                        .kind = (enum syn_event_kind)kind,
                        .device = syn_call_text(call, "--device")};
    return wait_event(console, &w, syn_call_number(call, "--timeout", -1), error);
}

static const struct syn_command commands[] = {
    {
        .noun = "wait",
        .summary = "wait for a time, or until something happens",
        .details = "An event counts when it happens after the command has begun, or, right behind "
                   "another 'wait', after the event that one ended with: 'wait leave' and then "
                   "'wait join' miss no device that is back at once. With --device, 'join' ends at "
                   "once where the device is connected, and 'leave' where it is not any more. "
                   "synergy(1) says when each event happens.",
        .args = {{.name = "EVENT|SECONDS",
                  .help = "an event, or a time as 2, 250ms, 1m",
                  .choices = syn_event_names}},
        .options = {{.name = "--timeout",
                     .value = "S",
                     .kind = SYN_VALUE_SECONDS,
                     .help = "fail (class 4) when it has not happened by then"},
                    {.name = "--device",
                     .value = "NAME",
                     .kind = SYN_VALUE_DEVICE,
                     .help = "events of this device only"}},
        .run = run_wait,
    },
};

const struct syn_command_table syn_commands_wait = SYN_COMMAND_TABLE("Scripts", commands);
