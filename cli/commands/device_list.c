/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/device_list.h"

#include "cli/commands/device_record.h"
#include "cli/output/show.h"

#include <math.h>
#include <stdio.h>

const char *syn_member_state_name(enum syn_member_state state)
{
    static const char *const names[] = {
        [SYN_MEMBER_OFFLINE] = "offline",
        [SYN_MEMBER_CONNECTING] = "connecting",
        [SYN_MEMBER_ONLINE] = "online",
    };
    return names[state];
}

struct syn_client_stats syn_member_stats(const struct syn_member *member)
{
    struct syn_client_stats none = {0};
    return member->session ? syn_client_stats(syn_session_client(member->session)) : none;
}

double syn_member_round_trip_ms(const struct syn_member *member)
{
    int64_t ns = syn_member_stats(member).round_trip_ns;
    return ns > 0 ? (double)ns / 1e6 : NAN;
}

static double speed_of(const struct syn_member *member)
{
    return member->hello.speed_permille ? member->hello.speed_permille / 1000.0 : NAN;
}

static void show_kinds(cJSON *object, const char *key, const char (*kinds)[SYN_KIND_MAX],
                       unsigned count)
{
    cJSON *list = syn_show_array(object, key);
    for (unsigned i = 0; list && i < count; i++)
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(kinds[i]));
}

static double battery_of(const struct syn_member *member)
{
    return member->hello.battery_percent ? member->hello.battery_percent : NAN;
}

unsigned syn_member_baud(const struct syn_member *member)
{
    return member->session ? syn_client_baud(syn_session_client(member->session)) : 0;
}

void syn_device_list_identity(cJSON *json, const struct syn_member *member)
{
    const struct syn_hello *hello = &member->hello;
    const struct syn_profile *profile = &member->profile;
    syn_show_text(json, "name", member->name);
    if (hello->label[0])
        syn_show_text(json, "label", hello->label);
    syn_show_text(json, "state", syn_member_state_name(member->state));
    syn_show_text(json, "uri", member->uri);
    if (syn_member_baud(member) > 0)
        syn_show_integer(json, "baud", syn_member_baud(member));
    if (hello->start[0])
        syn_show_text(json, "started_after", hello->start);
    syn_show_text(json, "kind", syn_member_kind(member));
    if (member->foreign)
        syn_show_text(json, "about", member->smp.about);
    syn_show_text(json, "profile", member->foreign ? NULL : profile->name);
    syn_show_text(json, "part", hello->part);
    syn_show_text(json, "firmware", hello->firmware);
    show_kinds(json, "sensors", profile->sensors, profile->sensor_count);
    show_kinds(json, "actuators", profile->actuators, profile->actuator_count);
    syn_show_number(json, "speed", speed_of(member));
    syn_show_number(json, "round_trip_ms", syn_member_round_trip_ms(member));
    syn_show_number(json, "battery_percent", battery_of(member));
    if (member->state != SYN_MEMBER_ONLINE)
        syn_show_text(json, "reason", member->why.message);
}

void syn_device_kinds_cell(struct syn_table *table, const char (*kinds)[SYN_KIND_MAX],
                           unsigned count)
{
    char text[SYN_KINDS_MAX * (SYN_KIND_MAX + 1)] = "";
    size_t used = 0;
    for (unsigned i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "," : "", kinds[i]);
    syn_table_text(table, text);
}

static void number_cell(struct syn_table *table, const char *fmt_unit, double value)
{
    if (isfinite(value))
        syn_table_format(table, "%.*f %s", value < 10 ? 2 : 1, value, fmt_unit);
    else
        syn_table_text(table, NULL);
}

static void add_member(struct syn_table *table, const struct syn_member *member)
{
    const struct syn_profile *profile = &member->profile;
    syn_table_text(table, member->name);
    syn_table_text(table, syn_member_state_name(member->state));
    syn_table_text(table, member->foreign ? "SMP device" : profile->name);
    syn_table_text(table, member->hello.part);
    syn_table_text(table, member->uri);
    syn_table_text(table, member->hello.firmware);
    syn_device_kinds_cell(table, profile->sensors, profile->sensor_count);
    syn_device_kinds_cell(table, profile->actuators, profile->actuator_count);
    if (member->hello.speed_permille)
        syn_table_format(table, "%g", speed_of(member));
    else
        syn_table_text(table, NULL);
    number_cell(table, "ms", syn_member_round_trip_ms(member));
    if (member->hello.battery_percent)
        syn_table_format(table, "%u %%", member->hello.battery_percent);
    else
        syn_table_text(table, NULL);
}

static void add_registered(struct syn_table *table, const struct syn_device_record *record)
{
    syn_table_text(table, record->name);
    syn_table_text(table, "registered");
    syn_table_text(table, record->profile);
    syn_table_text(table, NULL);
    syn_table_text(table, record->uri);
    for (int i = 0; i < 6; i++)
        syn_table_text(table, NULL);
}

struct listing {
    struct syn_bench *bench;
    struct syn_table *table;
    cJSON *list;
};

static void list_record(void *ctx, const struct syn_device_record *record)
{
    struct listing *listing = ctx;
    if (syn_bench_find(listing->bench, record->name))
        return;
    cJSON *object = syn_show_object(listing->list, NULL);
    syn_show_text(object, "name", record->name);
    syn_show_text(object, "state", "registered");
    syn_show_text(object, "uri", record->uri);
    syn_show_text(object, "profile", record->profile[0] ? record->profile : NULL);
    add_registered(listing->table, record);
}

int syn_device_list(struct syn_console *console, struct syn_error *error)
{
    static const struct syn_column columns[] = {{.title = "NAME"},
                                                {.title = "STATE"},
                                                {.title = "PROFILE"},
                                                {.title = "PART"},
                                                {.title = "URI", .shrinks = true},
                                                {.title = "FIRMWARE"},
                                                {.title = "SENSORS", .shrinks = true},
                                                {.title = "ACTUATORS", .shrinks = true},
                                                {.title = "SPEED", .right = true},
                                                {.title = "ROUND TRIP", .right = true},
                                                {.title = "BATTERY", .right = true}};
    struct listing listing = {.bench = syn_bench_of(console)};
    if (!listing.bench)
        return SYN_ENOMEM;
    listing.table = syn_table_new(columns, sizeof columns / sizeof columns[0]);
    listing.list = syn_show_array(syn_result_json(&console->result), "devices");
    for (unsigned i = 0; i < listing.bench->count; i++) {
        syn_device_list_identity(syn_show_object(listing.list, NULL), listing.bench->members[i]);
        add_member(listing.table, listing.bench->members[i]);
    }
    int rc = syn_device_record_each(console, list_record, &listing, error);
    if (syn_table_rows(listing.table) > 0)
        syn_result_table(&console->result, listing.table);
    else
        syn_result_print(&console->result, "no device yet: connect NAME URI, for example "
                                           "connect glasses sim:max78000-feather\n");
    syn_table_free(listing.table);
    return rc;
}
