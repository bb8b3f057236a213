/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/device_show.h"

#include "cli/commands/device_list.h"
#include "cli/commands/device_measure.h"
#include "cli/commands/device_smp.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "core/cost/cost.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* ---- device show ---- */

/* Figures by the names that profiles give them. */
static const struct figure {
    const char *name, *unit;
    size_t offset;
} figures[] = {
#define FIGURE(field, unit)                                                                        \
    {                                                                                              \
#field, unit, offsetof(struct syn_timing, field)                                           \
    }
#define ACTIVE(name, index)                                                                        \
    {                                                                                              \
        name, "uW", offsetof(struct syn_timing, active_uw[index])                                  \
    }
    FIGURE(accel_hz, "Hz"),
    FIGURE(start_ns, "ns"),
    FIGURE(word_ns, "ns"),
    FIGURE(configure_layer_ns, "ns"),
    FIGURE(weight_byte_ps, "ps"),
    FIGURE(sense_ns, "ns"),
    FIGURE(act_ns, "ns"),
    FIGURE(message_ns, "ns"),
    FIGURE(byte_ps, "ps"),
    FIGURE(idle_uw, "uW"),
    ACTIVE("sensor_uw", SYN_UNIT_SENSOR),
    ACTIVE("cpu_uw", SYN_UNIT_CPU),
    ACTIVE("accel_uw", SYN_UNIT_ACCEL),
    ACTIVE("radio_uw", SYN_UNIT_RADIO),
    FIGURE(arena_bytes, "B"),
};
#define FIGURES (sizeof figures / sizeof figures[0])

static uint32_t figure_value(const struct syn_profile *profile, const struct figure *figure)
{
    uint32_t value;
    memcpy(&value, (const char *)&profile->timing + figure->offset, sizeof value);
    return value;
}

static const char *source_of(const struct syn_profile *profile, const char *name)
{
    for (unsigned i = 0; i < profile->note_count; i++)
        if (strcmp(profile->notes[i].key, name) == 0)
            return profile->notes[i].source;
    return NULL;
}

static void show_speeds(cJSON *json, const struct syn_timing *timing)
{
    cJSON *speeds = syn_show_object(json, "speed");
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        syn_show_number(speeds, syn_unit_name((enum syn_unit)u), timing->skew_permille[u] / 1e3);
}

static void show_figure(cJSON *list, struct syn_table *table, const char *name, uint32_t value,
                        const char *unit, const char *source)
{
    cJSON *object = syn_show_object(list, NULL);
    syn_show_text(object, "name", name);
    syn_show_integer(object, "value", value);
    syn_show_text(object, "unit", unit);
    syn_show_text(object, "source", source);
    syn_table_text(table, name);
    syn_table_format(table, "%u", value);
    syn_table_text(table, unit);
    syn_table_text(table, source);
}

static void show_figures(struct syn_console *console, const struct syn_profile *profile)
{
    static const struct syn_column columns[] = {{.title = "FIGURE"},
                                                {.title = "VALUE", .right = true},
                                                {.title = "UNIT"},
                                                {.title = "SOURCE", .shrinks = true}};
    struct syn_table *table = syn_table_new(columns, 4);
    show_speeds(syn_result_json(&console->result), &profile->timing);
    cJSON *list = syn_show_array(syn_result_json(&console->result), "figures");
    for (size_t i = 0; i < FIGURES; i++) {
        const struct figure *f = &figures[i];
        show_figure(list, table, f->name, figure_value(profile, f), f->unit,
                    source_of(profile, f->name));
    }
    /* Those of a part that the profile describes. */
    for (unsigned i = 0; i < profile->note_count; i++) {
        const struct syn_figure_note *note = &profile->notes[i];
        if (note->unit)
            show_figure(list, table, note->key, note->value, note->unit, note->source);
    }
    char measured[128];
    syn_result_print(&console->result, "\n");
    syn_result_table(&console->result, table);
    syn_table_free(table);
    if (syn_device_measured_words(&profile->timing, measured, sizeof measured))
        syn_result_print(&console->result, "measured, of the speed of these figures: %s\n",
                         measured);
}

static void show_link(struct syn_console *console, const struct syn_member *member)
{
    struct syn_client_stats stats = syn_member_stats(member);
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {{"sent", stats.sent},
                  {"received", stats.received},
                  {"resent", stats.resent},
                  {"late", stats.late},
                  {"damaged", stats.damaged}};
    cJSON *link = syn_show_object(syn_result_json(&console->result), "link");
    syn_result_print(&console->result, "\nlink: messages");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        syn_show_integer(link, counts[i].key, (int64_t)counts[i].value);
        syn_result_print(&console->result, "%s %llu %s", i ? "," : "",
                         (unsigned long long)counts[i].value, counts[i].key);
    }
    syn_show_number(link, "round_trip_ms", syn_member_round_trip_ms(member));
    if (stats.round_trip_ns > 0)
        syn_result_print(&console->result, "; round trip %.2f ms",
                         syn_member_round_trip_ms(member));
    syn_result_print(&console->result, "\n");
}

static void fact(struct syn_table *table, cJSON *json, const char *key, const char *title,
                 const char *value)
{
    if (key)
        syn_show_text(json, key, value);
    syn_table_text(table, title);
    syn_table_text(table, value);
}

static void show_baud(struct syn_table *table, const struct syn_member *member)
{
    if (syn_member_baud(member) == 0)
        return;
    syn_table_text(table, "line");
    syn_table_format(table, "%u baud", syn_member_baud(member));
}

static void show_facts(struct syn_console *console, const struct syn_member *member)
{
    static const struct syn_column columns[] = {{.title = "DEVICE"},
                                                {.title = "", .shrinks = true}};
    const struct syn_hello *hello = &member->hello;
    struct syn_table *table = syn_table_new(columns, 2);
    cJSON *json = syn_result_json(&console->result);
    syn_device_list_identity(json, member);
    fact(table, json, NULL, "name", member->name);
    if (hello->label[0])
        fact(table, json, NULL, "label", hello->label);
    fact(table, json, NULL, "state", syn_member_state_name(member->state));
    fact(table, json, NULL, "uri", member->uri);
    show_baud(table, member);
    fact(table, json, "id", "id", hello->id);
    fact(table, json, NULL, "part", hello->part);
    fact(table, json, NULL, "profile", member->profile.name);
    fact(table, json, "description", "board", member->profile.description);
    fact(table, json, "wear", "worn as", member->profile.wear);
    fact(table, json, NULL, "firmware", hello->firmware);
    if (hello->start[0])
        fact(table, json, NULL, "started after", hello->start);
    syn_table_text(table, "sensors");
    syn_device_kinds_cell(table, member->profile.sensors, member->profile.sensor_count);
    syn_table_text(table, "actuators");
    syn_device_kinds_cell(table, member->profile.actuators, member->profile.actuator_count);
    syn_table_text(table, "battery");
    if (member->profile.battery_mwh && hello->battery_percent)
        syn_table_format(table, "%u %% of %u mWh", hello->battery_percent,
                         member->profile.battery_mwh);
    else if (hello->battery_percent)
        syn_table_format(table, "%u %%", hello->battery_percent);
    else if (member->profile.battery_mwh)
        syn_table_format(table, "%u mWh", member->profile.battery_mwh);
    else
        syn_table_text(table, "none, or not known");
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

static void show_faults(struct syn_console *console, const struct syn_member *member)
{
    cJSON *json = syn_result_json(&console->result);
    syn_show_integer(json, "faults", member->faults);
    if (member->faults == 0)
        return;
    syn_show_text(json, "fault", member->fault);
    syn_result_print(&console->result, "\nfaults told: %u; the last: %s\n", member->faults,
                     member->fault);
}

static void show_protocol(struct syn_console *console, const struct syn_hello *hello)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } features[] = {{SYN_FEATURE_COBS, "cobs"},
                    {SYN_FEATURE_VIRTUAL_TIME, "virtual-time"},
                    {SYN_FEATURE_DIRECT_RADIO, "direct-radio"},
                    {SYN_FEATURE_FILE_SENSORS, "file-sensors"}};
    cJSON *json = syn_result_json(&console->result);
    cJSON *list = syn_show_array(json, "features");
    syn_show_integer(json, "protocol", hello->protocol);
    syn_show_integer(json, "max_message", hello->max_message);
    syn_show_integer(json, "window", hello->window);
    syn_result_print(&console->result, "\nprotocol %u: messages of at most %u bytes, %u at once;",
                     hello->protocol, hello->max_message, hello->window);
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (!(hello->features & features[i].bit))
            continue;
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(features[i].name));
        syn_result_print(&console->result, " %s", features[i].name);
    }
    syn_result_print(&console->result, "\n");
}

void syn_device_show_one(struct syn_console *console, struct syn_member *member)
{
    if (member->foreign) {
        syn_device_show_smp(console, member);
        show_link(console, member);
        return;
    }
    show_facts(console, member);
    show_faults(console, member);
    if (member->hello.part[0]) {
        show_protocol(console, &member->hello);
        show_link(console, member);
        show_figures(console, &member->profile);
    }
}
