/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/device_measure.h"

#include "cli/commands/device_links.h"
#include "cli/fleet/links.h"
#include "cli/fleet/probe.h"
#include "cli/fleet/runner.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define AS_PROFILED 1000 /* permille */

bool syn_device_measured_words(const struct syn_timing *timing, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned u = 0; u < SYN_UNIT_COUNT && used < size; u++) {
        const unsigned permille = timing->skew_permille[u];
        if (permille != 0 && permille != AS_PROFILED)
            used += (size_t)snprintf(text + used, size - used, "%s%s %.2f", used ? ", " : "",
                                     syn_unit_name((enum syn_unit)u), permille / 1000.0);
    }
    return used > 0;
}

/* ---- while it runs ---- */

static void pace_of(const struct syn_bench *bench, const struct syn_sample *whole, unsigned device,
                    struct syn_pace *pace)
{
    const struct syn_deployed *d = bench->deployed;
    syn_pace_of(&d->workload->problem, &d->plan, whole, device, pace);
}

/* The slower end of a transfer decides, so its pace is not one device's. */
static void pace_line(struct syn_bench *bench, unsigned device, enum syn_unit unit, double speed)
{
    const char *name = bench->deployed->workload->fleet.devices[device].name;
    struct syn_result *result = &bench->console->result;
    if (unit == SYN_UNIT_RADIO)
        syn_result_print(result,
                         "%s: transfers run at %.2f of the speed that both ends' figures "
                         "say; 'device measure' finds out whose\n",
                         name, speed);
    else
        syn_result_print(result,
                         "%s: %s works at %.2f of the speed of its figures; 'device "
                         "measure' takes that in\n",
                         name, syn_unit_name(unit), speed);
}

void syn_run_paces(struct syn_bench *bench)
{
    const struct syn_fleet *fleet = &bench->deployed->workload->fleet;
    struct syn_sample whole;
    syn_measure_total(bench->running->measure, &whole);
    for (unsigned d = 0; d < fleet->count; d++) {
        struct syn_pace pace;
        pace_of(bench, &whole, d, &pace);
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            if (syn_pace_is_notable(pace.speed[u]))
                pace_line(bench, d, (enum syn_unit)u, pace.speed[u]);
    }
}

void syn_run_paces_json(const struct syn_bench *bench, unsigned device, cJSON *object)
{
    struct syn_sample whole;
    struct syn_pace pace;
    syn_measure_total(bench->running->measure, &whole);
    cJSON *speeds = syn_show_object(object, "pace");
    pace_of(bench, &whole, device, &pace);
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        syn_show_number(speeds, syn_unit_name((enum syn_unit)u), pace.speed[u]);
}

/* ---- device measure ---- */

static void speed_cell(struct syn_table *table, double speed)
{
    if (isfinite(speed))
        syn_table_format(table, "%.3f", speed);
    else
        syn_table_text(table, NULL);
}

static void show(struct syn_console *console, const struct syn_probe_result *results,
                 unsigned count)
{
    static const struct syn_column columns[] = {{.title = "DEVICE"},
                                                {.title = "SENSOR", .right = true},
                                                {.title = "CPU", .right = true},
                                                {.title = "ACCEL", .right = true},
                                                {.title = "RADIO", .right = true}};
    struct syn_table *table = syn_table_new(columns, 1 + SYN_UNIT_COUNT);
    cJSON *list = syn_show_array(syn_result_json(&console->result), "devices");
    for (unsigned i = 0; i < count; i++) {
        cJSON *object = syn_show_object(list, NULL);
        syn_show_text(object, "name", results[i].member->name);
        cJSON *speeds = syn_show_object(object, "speed");
        syn_table_text(table, results[i].member->name);
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            syn_show_number(speeds, syn_unit_name((enum syn_unit)u), results[i].pace.speed[u]);
            speed_cell(table, results[i].pace.speed[u]);
        }
    }
    syn_result_table(&console->result, table);
    syn_result_print(&console->result, "speeds against the profile; plans that are searched from "
                                       "now on take them into account\n");
    syn_table_free(table);
}

/* Named devices, or all. */
static bool is_asked(const struct syn_call *call, const struct syn_member *member)
{
    const size_t count = syn_call_count(call, "NAME");
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(syn_call_at(call, "NAME", i), member->name) == 0)
            return true;
    return count == 0;
}

static int check_names(struct syn_bench *bench, const struct syn_call *call,
                       struct syn_error *error)
{
    for (size_t i = 0; i < syn_call_count(call, "NAME"); i++) {
        const char *name = syn_call_at(call, "NAME", i);
        struct syn_member *member = syn_bench_find(bench, name);
        if (member && member->foreign)
            return syn_bench_ours(bench, name, "it takes no part in plans", &member, error);
        if (!member || member->state != SYN_MEMBER_ONLINE) {
            syn_error_set(error, SYN_ENOENT, "not connected");
            syn_error_device(error, name);
            return SYN_ENOENT;
        }
    }
    return 0;
}

static int forget(struct syn_bench *bench, const struct syn_call *call)
{
    unsigned count = 0;
    for (unsigned i = 0; i < bench->count; i++) {
        if (!is_asked(call, bench->members[i]))
            continue;
        uint16_t *skew = bench->members[i]->profile.timing.skew_permille;
        bool measured = false;
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            measured |= skew[u] != AS_PROFILED;
            skew[u] = AS_PROFILED;
        }
        count += measured;
    }
    syn_show_integer(syn_result_json(&bench->console->result), "forgotten", count);
    syn_result_print(&bench->console->result, "figures are those of the profiles%s\n",
                     count ? " again" : ", as before");
    return 0;
}

static int forget_links(struct syn_bench *bench, const struct syn_call *call)
{
    unsigned count = 0;
    for (unsigned i = 0; i < bench->count; i++)
        if (is_asked(call, bench->members[i]))
            count += syn_links_forget(bench, bench->members[i]);
    syn_show_integer(syn_result_json(&bench->console->result), "forgotten", count);
    syn_result_print(&bench->console->result, "%u measured links are forgotten\n", count);
    return 0;
}

static int measure_links(struct syn_bench *bench, struct syn_error *error)
{
    const int rc = syn_probe_links(bench, error);
    if (rc != 0)
        return rc;
    syn_device_links_show(bench);
    syn_result_print(&bench->console->result,
                     "plans that are searched from now on, and deployments, "
                     "take the links as they are\n");
    return 0;
}

int syn_device_measure_run(struct syn_console *console, const struct syn_call *call,
                           struct syn_error *error)
{
    struct syn_probe_result results[SYN_DEVICES_MAX];
    struct syn_bench *bench = syn_bench_of(console);
    unsigned count = 0;
    if (!bench)
        return SYN_ENOMEM;
    int rc = check_names(bench, call, error);
    const bool links = syn_call_flag(call, "--links");
    if (rc != 0 || syn_call_flag(call, "--forget"))
        return rc != 0 ? rc : links ? forget_links(bench, call) : forget(bench, call);
    if (bench->running && bench->running->active) {
        syn_error_set(error, SYN_EBUSY, "inference runs; measuring would disturb it");
        syn_error_hint(error, "stop it first: stop");
        return SYN_EBUSY;
    }
    const bool deployed = bench->deployed != NULL;
    if (links)
        return measure_links(bench, error);
    rc = syn_probe_run(bench, results, &count, error);
    if (rc != 0)
        return rc;
    unsigned asked = 0;
    for (unsigned i = 0; i < count; i++)
        if (is_asked(call, results[i].member))
            results[asked++] = results[i];
    for (unsigned i = 0; i < asked; i++)
        syn_probe_apply(results[i].member, &results[i].pace);
    show(console, results, asked);
    if (deployed)
        syn_result_print(&console->result,
                         "what was deployed had to give way: plan search, then deploy\n");
    return 0;
}
