/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "devices/profiles/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMING_AT(member) offsetof(struct syn_timing, member)

static const struct syn_profile_figure figures[] = {
    {"accel_hz", TIMING_AT(accel_hz), 1e4, 1e9, NULL},
    {"start_ns", TIMING_AT(start_ns), 0, 1e9, NULL},
    {"word_ns", TIMING_AT(word_ns), 0, 1e6, NULL},
    {"configure_layer_ns", TIMING_AT(configure_layer_ns), 0, 1e9, NULL},
    {"weight_byte_ps", TIMING_AT(weight_byte_ps), 0, 1e9, NULL},
    {"sense_ns", TIMING_AT(sense_ns), 0, 4e9, NULL},
    {"act_ns", TIMING_AT(act_ns), 0, 4e9, NULL},
    {"message_ns", TIMING_AT(message_ns), 0, 4e9, NULL},
    {"byte_ps", TIMING_AT(byte_ps), 0, 4e9, NULL},
    {"idle_uw", TIMING_AT(idle_uw), 0, 1e9, NULL},
    {"sensor_uw", TIMING_AT(active_uw[SYN_UNIT_SENSOR]), 0, 1e9, NULL},
    {"cpu_uw", TIMING_AT(active_uw[SYN_UNIT_CPU]), 0, 1e9, NULL},
    {"accel_uw", TIMING_AT(active_uw[SYN_UNIT_ACCEL]), 0, 1e9, NULL},
    {"radio_uw", TIMING_AT(active_uw[SYN_UNIT_RADIO]), 0, 1e9, NULL},
    {"arena_bytes", TIMING_AT(arena_bytes), 1024, 1e9, NULL},
};

#define FIGURES (sizeof figures / sizeof *figures)

static const char battery_key[] = "battery_mwh";

static const struct syn_profile_figure battery = {
    battery_key, offsetof(struct syn_profile, battery_mwh), 0, 1e9, NULL};

_Static_assert(FIGURES <= SYN_PROFILE_FIGURE_TABLE_MAX, "room for a table");
_Static_assert(FIGURES + SYN_PROFILE_FIGURE_TABLE_MAX <= SYN_PROFILE_FIGURES_MAX,
               "a note for every figure of board and part, and the battery");

struct raw_profile {
    char format[32];
    char name[32];
    char description[128];
    const cJSON *part, *figures, *sensors, *actuators, *battery;
};

#define AT(member) SYN_JSON_AT(struct raw_profile, member)

static const struct syn_json_field profile_fields[] = {
    {"license", SYN_JSON_IGNORED, .required = false},
    {"format", SYN_JSON_STRING, .required = true, AT(format)},
    {"name", SYN_JSON_NAME, .required = true, AT(name)},
    {"description", SYN_JSON_STRING, AT(description)},
    {"part", SYN_JSON_NODE, .required = true, AT(part)},
    {"figures", SYN_JSON_NODE, .required = true, AT(figures)},
    {"sensors", SYN_JSON_NODE, AT(sensors)},
    {"actuators", SYN_JSON_NODE, AT(actuators)},
    {battery_key, SYN_JSON_NODE, AT(battery)},
};

static const struct syn_json_field wear_fields[] = {
    {"license", SYN_JSON_IGNORED, .required = false},
    {"format", SYN_JSON_STRING, .required = true, AT(format)},
    {"name", SYN_JSON_NAME, .required = true, AT(name)},
    {"sensors", SYN_JSON_NODE, .required = true, AT(sensors)},
    {"actuators", SYN_JSON_NODE, .required = true, AT(actuators)},
    {battery_key, SYN_JSON_NODE, .required = true, AT(battery)},
};

struct raw_figure {
    uint32_t value;
    char source[sizeof((struct syn_figure_note *)0)->source];
};

/* The note of `key`, a new one where there is none yet. */
static struct syn_figure_note *note_of(struct syn_profile *profile, const char *key)
{
    for (unsigned i = 0; i < profile->note_count; i++)
        if (strcmp(profile->notes[i].key, key) == 0)
            return &profile->notes[i];
    struct syn_figure_note *note = &profile->notes[profile->note_count++];
    note->key = key;
    return note;
}

static int read_figure(const struct syn_json *doc, const cJSON *node,
                       const struct syn_profile_figure *figure, void *out,
                       struct syn_profile *profile, struct syn_error *error)
{
    struct raw_figure raw = {0};
    const struct syn_json_field fields[] = {
        {"value", SYN_JSON_INT, .required = true, SYN_JSON_AT(struct raw_figure, value),
         .min = figure->min, .max = figure->max},
        {"source", SYN_JSON_STRING, .required = true, SYN_JSON_AT(struct raw_figure, source)},
    };
    int result = syn_json_fill(doc, node, fields, SYN_JSON_COUNT(fields), &raw, error);
    if (result < 0)
        return result;
    if (!raw.source[0])
        return syn_json_error(doc, syn_json_get(node, "source"), SYN_EINVAL, error,
                              "every figure says where it comes from");
    memcpy((char *)out + figure->offset, &raw.value, sizeof raw.value);
    struct syn_figure_note *note = note_of(profile, figure->name);
    note->unit = figure->unit;
    note->value = raw.value;
    memcpy(note->source, raw.source, sizeof raw.source);
    return 0;
}

int syn_profile_read_figures(const struct syn_json *doc, const cJSON *node,
                             const struct syn_profile_figure *table, size_t count, void *out,
                             struct syn_profile *profile, struct syn_error *error)
{
    const cJSON *nodes[SYN_PROFILE_FIGURE_TABLE_MAX] = {NULL};
    struct syn_json_field fields[SYN_PROFILE_FIGURE_TABLE_MAX] = {{.name = NULL}};
    for (size_t i = 0; i < count; i++)
        fields[i] = (struct syn_json_field){.name = table[i].name,
                                            .type = SYN_JSON_NODE,
                                            .required = true,
                                            .offset = (size_t)((char *)&nodes[i] - (char *)nodes)};
    int result = syn_json_fill(doc, node, fields, count, nodes, error);
    for (size_t i = 0; i < count && result == 0; i++)
        result = read_figure(doc, nodes[i], &table[i], out, profile, error);
    return result;
}

static int read_kinds(const struct syn_json *doc, const cJSON *node,
                      char kinds[SYN_KINDS_MAX][SYN_KIND_MAX], unsigned *count,
                      struct syn_error *error)
{
    static const struct syn_json_field kind = {"kind", SYN_JSON_NAME, .required = true,
                                               .size = SYN_KIND_MAX};
    *count = 0;
    if (!node)
        return 0;
    int result = syn_json_array(doc, node, 0, SYN_KINDS_MAX, error);
    if (result < 0)
        return result;
    for (const cJSON *n = node->child; n && result == 0; n = n->next)
        result = syn_json_value(doc, n, &kind, kinds[(*count)++], error);
    return result;
}

/* What board and wearable kind have in common. */
static int read_body(const struct syn_json *doc, const struct raw_profile *raw,
                     struct syn_profile *profile, struct syn_error *error)
{
    int result = read_kinds(doc, raw->sensors, profile->sensors, &profile->sensor_count, error);
    if (result == 0)
        result =
            read_kinds(doc, raw->actuators, profile->actuators, &profile->actuator_count, error);
    if (result == 0 && raw->battery)
        result = read_figure(doc, raw->battery, &battery, profile, profile, error);
    return result;
}

static int check_format(const struct syn_json *doc, const struct raw_profile *raw,
                        const char *format, struct syn_error *error)
{
    if (strcmp(raw->format, format) == 0)
        return 0;
    return syn_json_error(doc, syn_json_get(syn_json_root(doc), "format"), SYN_EINVAL, error,
                          "\"%s\" cannot be read; \"%s\" is expected", raw->format, format);
}

static int read_board(const struct syn_json *doc, struct syn_parts *parts,
                      struct syn_profile *profile, struct syn_error *error)
{
    struct raw_profile raw = {.format = ""};
    const cJSON *root = syn_json_root(doc);
    int result =
        syn_json_fill(doc, root, profile_fields, SYN_JSON_COUNT(profile_fields), &raw, error);
    if (result < 0 || (result = check_format(doc, &raw, "synergy-profile/1", error)) < 0)
        return result;
    memcpy(profile->name, raw.name, sizeof profile->name);
    memcpy(profile->description, raw.description, sizeof profile->description);
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        profile->timing.skew_permille[u] = 1000;
    result = syn_profile_read_figures(doc, raw.figures, figures, FIGURES, &profile->timing, profile,
                                      error);
    if (result == 0)
        result = syn_profile_read_part(doc, raw.part, parts, profile, error);
    return result < 0 ? result : read_body(doc, &raw, profile, error);
}

int syn_profile_read(struct syn_profile *profile, struct syn_parts *parts, const char *path,
                     struct syn_error *error)
{
    struct syn_json *doc;
    struct syn_profile read = {.name = ""};
    int result = syn_json_read(&doc, path, error);
    if (result == 0)
        result = read_board(doc, parts, &read, error);
    if (result == 0)
        *profile = read;
    syn_json_free(doc);
    return result;
}

static int read_wear(const struct syn_json *doc, struct syn_profile *profile,
                     struct syn_error *error)
{
    struct raw_profile raw = {.format = ""};
    const cJSON *root = syn_json_root(doc);
    int result = syn_json_fill(doc, root, wear_fields, SYN_JSON_COUNT(wear_fields), &raw, error);
    if (result < 0 || (result = check_format(doc, &raw, "synergy-wear/1", error)) < 0)
        return result;
    if (strlen(raw.name) >= sizeof profile->wear)
        return syn_json_error(doc, syn_json_get(root, "name"), SYN_EINVAL, error,
                              "at most %zu bytes are read", sizeof profile->wear - 1);
    memcpy(profile->wear, raw.name, sizeof profile->wear);
    return read_body(doc, &raw, profile, error);
}

int syn_profile_wear(struct syn_profile *profile, const char *path, struct syn_error *error)
{
    struct syn_json *doc;
    struct syn_profile worn = *profile;
    int result = syn_json_read(&doc, path, error);
    if (result == 0)
        result = read_wear(doc, &worn, error);
    if (result == 0)
        *profile = worn;
    syn_json_free(doc);
    return result;
}
