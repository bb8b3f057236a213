/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `device ...` and `stat`. */
#include "cli/commands/commands.h"
#include "cli/commands/device_links.h"
#include "cli/commands/device_list.h"
#include "cli/commands/device_logs.h"
#include "cli/commands/device_measure.h"
#include "cli/commands/device_record.h"
#include "cli/commands/device_show.h"
#include "cli/commands/device_smp.h"
#include "cli/commands/firmware.h"
#include "cli/fleet/operation.h"
#include "cli/fleet/restart.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int online(struct syn_console *console, const struct syn_call *call,
                  struct syn_member **member, struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    *member = NULL;
    return bench ? syn_bench_online(bench, syn_call_text(call, "NAME"), member, error) : SYN_ENOMEM;
}

static int run_list(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    (void)call;
    return syn_device_list(console, error);
}

/* Of a device that is not connected there is the record alone. */
static int show_record(struct syn_console *console, const char *name, struct syn_error *error)
{
    struct syn_device_record record;
    int rc = syn_device_record_get(console, name, &record, error);
    if (rc != 0)
        return rc;
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "name", record.name);
    syn_show_text(json, "state", "registered");
    syn_show_text(json, "uri", record.uri);
    syn_show_text(json, "profile", record.profile[0] ? record.profile : NULL);
    syn_result_print(&console->result, "%s: %s, not connected; 'connect %s' connects it\n",
                     record.name, record.uri, record.name);
    return 0;
}

/* Firmware that nobody confirmed is gone at the next start: that is worth a question. */
static void show_trial(struct syn_console *console, struct syn_member *member)
{
    struct syn_images images = {0};
    if (syn_firmware_images(member, &images, NULL) != 0)
        return;
    syn_show_bool(syn_result_json(&console->result), "firmware_confirmed",
                  !syn_firmware_on_trial(&images));
    if (syn_firmware_on_trial(&images))
        syn_result_print(&console->result,
                         "\nfirmware under test: 'firmware confirm %s' keeps it, a restart brings "
                         "the other one back\n",
                         member->name);
}

static int run_show(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    const char *name = syn_call_text(call, "NAME");
    struct syn_member *member = bench ? syn_bench_find(bench, name) : NULL;
    if (!member)
        return show_record(console, name, error);
    syn_device_show_one(console, member);
    if (syn_member_plans(member))
        show_trial(console, member);
    return 0;
}

/* ---- device ping ---- */

struct pings {
    unsigned count;
    double least_ms, sum_ms, most_ms;
};

static int ping_once(struct syn_member *member, struct pings *pings, struct syn_error *error)
{
    struct syn_operation op = {.pending = 0};
    int64_t start = syn_loop_now();
    int rc = syn_operation_started(
        &op, member, syn_session_echo(member->session, "synergy", syn_operation_done, &op), error);
    if (rc == 0)
        rc = syn_operation_wait(&op, member->bench->console, error);
    if (rc == SYN_EUNSUP) { /* a device without echo has answered, too */
        rc = 0;
        syn_error_clear(error);
    }
    double ms = (double)(syn_loop_now() - start) / 1e6;
    pings->least_ms = pings->count ? fmin(pings->least_ms, ms) : ms;
    pings->most_ms = pings->count ? fmax(pings->most_ms, ms) : ms;
    pings->sum_ms += ms;
    pings->count++;
    return rc;
}

static int run_ping(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct pings pings = {.count = 0};
    struct syn_member *member = NULL;
    int64_t count = syn_call_integer(call, "--count", 1);
    int rc = online(console, call, &member, error);
    for (int64_t i = 0; rc == 0 && i < count; i++) {
        if (syn_console_stopped(console))
            return syn_console_stop_error(console, error);
        /* It may have left meanwhile. */
        rc = i ? online(console, call, &member, error) : 0;
        if (rc == 0)
            rc = ping_once(member, &pings, error);
    }
    if (rc != 0) {
        syn_error_device(error, syn_call_text(call, "NAME"));
        return rc;
    }
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "device", member->name);
    syn_show_integer(json, "count", pings.count);
    syn_show_number(json, "min_ms", pings.least_ms);
    syn_show_number(json, "mean_ms", pings.sum_ms / pings.count);
    syn_show_number(json, "max_ms", pings.most_ms);
    syn_result_print(&console->result,
                     "%s: %u answered, round trip %.2f / %.2f / %.2f ms "
                     "(min / mean / max)\n",
                     member->name, pings.count, pings.least_ms, pings.sum_ms / pings.count,
                     pings.most_ms);
    return 0;
}

/* ---- device reset ---- */

static int run_reset(struct syn_console *console, const struct syn_call *call,
                     struct syn_error *error)
{
    struct syn_device_record record = {.name = ""};
    struct syn_member *member = NULL;
    int rc = online(console, call, &member, error);
    if (rc == 0) {
        (void)syn_device_record_get(console, member->name, &record, NULL);
        rc = syn_member_restart(member, record.profile[0] ? record.profile : NULL, error);
    }
    if (rc != 0) {
        syn_error_device(error, syn_call_text(call, "NAME"));
        return rc;
    }
    syn_show_text(syn_result_json(&console->result), "device", member->name);
    syn_result_print(&console->result, "%s: reset, and connected again\n", member->name);
    return 0;
}

/* ---- device label ---- */

static int set_label(struct syn_member *member, const char *label, struct syn_error *error)
{
    struct syn_operation op = {.pending = 0};
    int rc = syn_operation_started(
        &op, member, syn_session_label(member->session, label, syn_operation_done, &op), error);
    if (rc == 0)
        rc = syn_operation_wait(&op, member->bench->console, error);
    if (rc == 0)
        (void)snprintf(member->hello.label, sizeof member->hello.label, "%s", label);
    return rc;
}

static int run_label(struct syn_console *console, const struct syn_call *call,
                     struct syn_error *error)
{
    struct syn_member *member = NULL;
    const char *label = syn_call_text(call, "TEXT");
    if (strlen(label) >= sizeof member->hello.label)
        return syn_error_set(error, SYN_EINVAL, "a label has at most %zu characters",
                             sizeof member->hello.label - 1);
    int rc = online(console, call, &member, error);
    if (rc == 0)
        rc = syn_bench_ours(member->bench, member->name, "it keeps no label", &member, error);
    if (rc == 0)
        rc = set_label(member, label, error);
    if (rc != 0) {
        syn_error_device(error, syn_call_text(call, "NAME"));
        return rc;
    }
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "device", member->name);
    syn_show_text(json, "label", label[0] ? label : NULL);
    if (label[0])
        syn_result_print(&console->result, "%s: calls itself %s\n", member->name, label);
    else
        syn_result_print(&console->result, "%s: has no label\n", member->name);
    return 0;
}

/* ---- device forget ---- */

static int run_forget(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    struct syn_registry *registry = NULL;
    const char *name = syn_call_text(call, "NAME");
    struct syn_member *member = bench ? syn_bench_find(bench, name) : NULL;
    if (member && member->state == SYN_MEMBER_ONLINE) {
        syn_error_set(error, SYN_EBUSY, "%s is connected", member->name);
        syn_error_device(error, member->name);
        syn_error_hint(error, "disconnect %s first", member->name);
        return SYN_EBUSY;
    }
    int rc = syn_console_registry(console, &registry, error);
    if (rc == 0)
        rc = syn_registry_remove(registry, SYN_KIND_DEVICE, name, error);
    if (rc != 0)
        return rc;
    if (member)
        syn_bench_remove(bench, member);
    syn_show_text(syn_result_json(&console->result), "forgotten", name);
    syn_result_print(&console->result, "%s: forgotten\n", name);
    return 0;
}

/* ---- stat ---- */

static void keep_answer(void *ctx, const struct syn_answer *answer)
{
    *(struct syn_answer *)ctx = *answer;
}

static void show_groups(struct syn_console *console, const struct syn_stat_names *names)
{
    cJSON *list = syn_show_array(syn_result_json(&console->result), "groups");
    for (unsigned i = 0; i < names->count; i++) {
        char clean[64];
        syn_text_clean(clean, sizeof clean, names->names[i]);
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(clean));
        syn_result_print(&console->result, "%s\n", clean);
    }
}

static void show_values(struct syn_console *console, const struct syn_stat_values *values)
{
    static const struct syn_column columns[] = {{.title = "COUNTER"},
                                                {.title = "VALUE", .right = true}};
    struct syn_table *table = syn_table_new(columns, 2);
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "group", values->name);
    cJSON *object = syn_show_object(json, "values");
    for (unsigned i = 0; i < values->count; i++) {
        char clean[64];
        syn_text_clean(clean, sizeof clean, values->fields[i].name);
        syn_show_integer(object, clean, (int64_t)values->fields[i].value);
        syn_table_text(table, clean);
        syn_table_format(table, "%llu", (unsigned long long)values->fields[i].value);
    }
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

static int run_stat(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct syn_member *member = NULL;
    const char *group = syn_call_text(call, "GROUP");
    int rc = online(console, call, &member, error);
    struct syn_answer *answer = rc == 0 ? calloc(1, sizeof *answer) : NULL;
    struct syn_operation op = {.answer = keep_answer, .ctx = answer};
    if (rc == 0 && !answer)
        rc = SYN_ENOMEM;
    if (rc == 0)
        rc = syn_operation_started(
            &op, member,
            group ? syn_session_stat(member->session, group, syn_operation_done, &op)
                  : syn_session_stat_list(member->session, syn_operation_done, &op),
            error);
    if (rc == 0)
        rc = syn_operation_wait(&op, console, error);
    if (rc == 0) {
        syn_show_text(syn_result_json(&console->result), "device", syn_call_text(call, "NAME"));
        if (group)
            show_values(console, &answer->stat);
        else
            show_groups(console, &answer->stats);
    } else {
        syn_error_device(error, syn_call_text(call, "NAME"));
        if (rc == SYN_EUNSUP)
            syn_error_hint(error, "the firmware of %s has no counters",
                           syn_call_text(call, "NAME"));
        if (rc == SYN_ENOENT && group)
            syn_error_hint(error, "'stat %s' lists the groups", syn_call_text(call, "NAME"));
    }
    free(answer);
    return rc;
}

/* ---- table ---- */

#define NAME                                                                                       \
    {                                                                                              \
        .name = "NAME", .kind = SYN_VALUE_DEVICE, .help = "the device"                             \
    }

static const struct syn_command commands[] = {
    {
        .noun = "device",
        .verb = "list",
        .summary = "list devices, connected and registered",
        .run = run_list,
    },
    {
        .noun = "device",
        .verb = "show",
        .summary = "show a device: identity, figures with their sources, link",
        .args = {NAME},
        .run = run_show,
    },
    {
        .noun = "device",
        .verb = "ping",
        .summary = "measure the round trip to a device",
        .args = {NAME},
        .options = {{.name = "--count",
                     .value = "N",
                     .kind = SYN_VALUE_INTEGER,
                     .standard = "1",
                     .min = 1,
                     .max = 100000,
                     .help = "how many times"}},
        .run = run_ping,
    },
    {
        .noun = "device",
        .verb = "measure",
        .summary = "measure how fast the connected devices really are",
        .details = "Devices take turns in pairs with a small workload of which every task is "
                   "counted. What differs from the\nprofiles replaces their figures until a device "
                   "is connected anew, so that searches and predictions go by\nwhat was measured. "
                   "With names, the figures of the others stay, but they take part. What is "
                   "deployed has to\ngive way.",
        .args = {{.name = "NAME",
                  .kind = SYN_VALUE_DEVICE,
                  .flags = SYN_OPTIONAL | SYN_MANY,
                  .help = "the devices; without it, all"}},
        .options = {{.name = "--links",
                     .help = "measure what transfers between them cost, by every way there is"},
                    {.name = "--forget", .help = "go by the profiles again"}},
        .run = syn_device_measure_run,
    },
    {
        .noun = "device",
        .verb = "links",
        .summary = "show the ways between the connected devices, and which is taken",
        .details =
            "Devices that share no radio exchange tensors by a wire of their own where there "
            "is one, by a channel of\nBluetooth ('ble:') where both take them, else through the "
            "console. 'device measure --links' finds out what\neach costs; the table is what "
            "searches, predictions and deployments go by from then on. Where a wire or a\n"
            "channel is cut while devices run, the console relays. Nobody has to say where a wire "
            "leads: both ends tell,\nand one that leads to no connected device is named below the "
            "table.",
        .run = syn_device_links_run,
    },
    {
        .noun = "device",
        .verb = "reset",
        .summary = "restart a device and connect to it again",
        .args = {NAME},
        .run = run_reset,
    },
    {
        .noun = "device",
        .verb = "label",
        .summary = "have a device keep a text that says which one it is",
        .details = "The device tells it to every console ('device show'). It is kept over a reset "
                   "by devices that keep anything.",
        .args = {NAME, {.name = "TEXT", .help = "1 to 31 characters of ASCII; '' for none"}},
        .run = run_label,
    },
    {
        .noun = "device",
        .verb = "logs",
        .summary = "show the latest log lines of a device, and when they came",
        .args = {NAME},
        .run = syn_device_logs_run,
    },
    {
        .noun = "device",
        .verb = "tasks",
        .summary = "show the tasks of a device: stack, runtime, switches",
        .details = "Of a device with our agent the units stand for tasks. What runtime is counted "
                   "in is the device's to say:\nmilliseconds with our agent, ticks or cycles "
                   "elsewhere.",
        .args = {NAME},
        .run = syn_device_tasks_run,
    },
    {
        .noun = "device",
        .verb = "memory",
        .summary = "show the memory pools of a device",
        .args = {NAME},
        .run = syn_device_memory_run,
    },
    {
        .noun = "device",
        .verb = "forget",
        .summary = "forget a registered device",
        .args = {NAME},
        .run = run_forget,
    },
    {
        .noun = "stat",
        .summary = "show the counters of a device",
        .args = {NAME,
                 {.name = "GROUP",
                  .flags = SYN_OPTIONAL,
                  .help = "counters of this group; without it, the groups that there are"}},
        .run = run_stat,
    },
};

const struct syn_command_table syn_commands_device = SYN_COMMAND_TABLE("Devices", commands);
