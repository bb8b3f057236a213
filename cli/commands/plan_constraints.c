/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/plan_constraints.h"

#include "cli/output/show.h"
#include "cli/shell/call.h"

#include <stdio.h>
#include <string.h>

#define RATE_MIN 1e-4
#define RATE_MAX 1e6

/* ---- options ---- */

static int refuse(struct syn_error *error, const char *option, const char *text)
{
    syn_error_set(error, SYN_EINVAL, "%s: '%s' cannot be read", option, text);
    syn_error_hint(error, "for example: --pin KWS=ring, --pin KWS=ring+watch,WideNet=glasses, "
                          "--ban earbud, --ban KWS=watch");
    return SYN_EINVAL;
}

/* "ring+watch" */
static bool read_devices(const char *text, struct syn_device_names *devices)
{
    while (*text) {
        size_t size = strcspn(text, "+");
        if (size == 0 || size >= sizeof devices->names[0] || devices->count == SYN_APP_DEVICES_MAX)
            return false;
        memcpy(devices->names[devices->count++], text, size);
        text += size;
        if (*text == '+' && !*++text)
            return false;
    }
    return devices->count > 0;
}

/* "KWS=ring+watch"; a ban may leave the pipeline out. */
static bool read_rule(const char *text, struct syn_host_rule *rule)
{
    const char *equals = strchr(text, '=');
    const size_t size = equals ? (size_t)(equals - text) : 0;
    if ((rule->pin && !equals) || size >= sizeof rule->pipeline || (equals && size == 0))
        return false;
    memcpy(rule->pipeline, text, size);
    return read_devices(equals ? equals + 1 : text, &rule->devices);
}

static int refuse_rate(double rate_rps, struct syn_error *error)
{
    syn_error_set(error, SYN_EOOR, "no plan does %g rounds/s: that is none in %g s", rate_rps,
                  1 / RATE_MIN);
    syn_error_hint(error, "--rate is at least %g; without it, plans are as fast as can be",
                   RATE_MIN);
    return SYN_EOOR;
}

static int read_rules(const struct syn_call *call, const char *option, bool pin,
                      struct syn_constraints *constraints, struct syn_error *error)
{
    char text[SYN_APP_NAME_MAX + SYN_APP_DEVICES_MAX * SYN_DEVICE_NAME];
    if (syn_call_has(call, option) && !syn_call_text(call, option)[0])
        return refuse(error, option, "");
    for (size_t i = 0; syn_call_list(call, option, i, text, sizeof text); i++) {
        struct syn_host_rule rule = {.pin = pin};
        if (constraints->rule_count == SYN_HOST_RULES_MAX)
            return syn_error_set(error, SYN_EINVAL, "more than %d pins and bans",
                                 SYN_HOST_RULES_MAX);
        if (!read_rule(text, &rule))
            return refuse(error, option, text);
        constraints->rules[constraints->rule_count++] = rule;
    }
    return 0;
}

void syn_plan_constraints_of_settings(struct syn_console *console,
                                      struct syn_constraints *constraints)
{
    memset(constraints, 0, sizeof *constraints);
    constraints->battery_floor = syn_setting_number(console, SYN_SETTING_BATTERY_FLOOR);
}

int syn_plan_constraints_of_call(struct syn_console *console, const struct syn_call *call,
                                 const struct syn_problem *problem,
                                 struct syn_constraints *constraints, struct syn_error *error)
{
    syn_plan_constraints_of_settings(console, constraints);
    constraints->rate_rps = syn_call_number(call, "--rate", 0);
    if (syn_call_has(call, "--rate") && constraints->rate_rps < RATE_MIN)
        return refuse_rate(constraints->rate_rps, error);
    constraints->battery_floor =
        syn_call_number(call, "--battery-floor", constraints->battery_floor);
    int rc = read_rules(call, "--pin", true, constraints, error);
    if (rc == 0)
        rc = read_rules(call, "--ban", false, constraints, error);
    return rc != 0 ? rc : syn_constraints_check(constraints, problem, error);
}

/* ---- JSON ---- */

static void show_rules(cJSON *object, const char *key, const struct syn_constraints *constraints,
                       bool pin)
{
    cJSON *list = syn_show_array(object, key);
    for (unsigned i = 0; i < constraints->rule_count; i++) {
        const struct syn_host_rule *rule = &constraints->rules[i];
        if (rule->pin != pin)
            continue;
        cJSON *entry = syn_show_object(list, NULL);
        if (rule->pipeline[0])
            syn_show_text(entry, "pipeline", rule->pipeline);
        cJSON *devices = syn_show_array(entry, "devices");
        for (unsigned k = 0; k < rule->devices.count; k++)
            (void)cJSON_AddItemToArray(devices, cJSON_CreateString(rule->devices.names[k]));
    }
}

void syn_plan_constraints_show(cJSON *plan, const struct syn_constraints *constraints)
{
    if (!syn_constraints_any(constraints))
        return;
    cJSON *object = syn_show_object(plan, "constraints");
    if (constraints->rate_rps > 0)
        syn_show_number(object, "rate_rps", constraints->rate_rps);
    if (constraints->battery_floor > 0)
        syn_show_number(object, "battery_floor", constraints->battery_floor);
    show_rules(object, "pins", constraints, true);
    show_rules(object, "bans", constraints, false);
}

static int parse_names(const struct syn_json *doc, const cJSON *value, void *member,
                       struct syn_error *error)
{
    static const struct syn_json_field name = {.type = SYN_JSON_NAME, .size = SYN_DEVICE_NAME};
    struct syn_device_names *devices = member;
    const cJSON *node;
    int rc = syn_json_array(doc, value, 1, SYN_APP_DEVICES_MAX, error);
    if (rc != 0)
        return rc;
    cJSON_ArrayForEach(node, value)
    {
        rc = syn_json_value(doc, node, &name, devices->names[devices->count], error);
        if (rc != 0)
            return rc;
        devices->count++;
    }
    return rc;
}

static const struct syn_json_field rule_fields[] = {
    {.name = "pipeline", .type = SYN_JSON_STRING, SYN_JSON_AT(struct syn_host_rule, pipeline)},
    {.name = "devices",
     .type = SYN_JSON_CUSTOM,
     .required = true,
     .read = parse_names,
     SYN_JSON_AT(struct syn_host_rule, devices)},
};

struct raw {
    double rate_rps, battery_floor;
    const cJSON *pins, *bans;
};

static const struct syn_json_field fields[] = {
    {.name = "rate_rps",
     .type = SYN_JSON_DOUBLE,
     .max = RATE_MAX,
     SYN_JSON_AT(struct raw, rate_rps)},
    {.name = "battery_floor",
     .type = SYN_JSON_DOUBLE,
     .max = 100,
     SYN_JSON_AT(struct raw, battery_floor)},
    {.name = "pins", .type = SYN_JSON_NODE, SYN_JSON_AT(struct raw, pins)},
    {.name = "bans", .type = SYN_JSON_NODE, SYN_JSON_AT(struct raw, bans)},
};

static int parse_rules(const struct syn_json *doc, const cJSON *list, bool pin,
                       struct syn_constraints *constraints, struct syn_error *error)
{
    const int room = SYN_HOST_RULES_MAX - (int)constraints->rule_count;
    const cJSON *node;
    int rc = list ? syn_json_array(doc, list, 0, room, error) : 0;
    if (rc != 0)
        return rc;
    cJSON_ArrayForEach(node, list)
    {
        struct syn_host_rule *rule = &constraints->rules[constraints->rule_count];
        rule->pin = pin;
        rc = syn_json_fill(doc, node, rule_fields, SYN_JSON_COUNT(rule_fields), rule, error);
        if (rc != 0)
            return rc;
        constraints->rule_count++;
    }
    return rc;
}

int syn_plan_constraints_parse(const struct syn_json *doc, const cJSON *plan,
                               struct syn_constraints *constraints, struct syn_error *error)
{
    struct raw raw = {.rate_rps = 0};
    const cJSON *node = syn_json_get(plan, "constraints");
    memset(constraints, 0, sizeof *constraints);
    int rc = node ? syn_json_fill(doc, node, fields, SYN_JSON_COUNT(fields), &raw, error) : 0;
    constraints->rate_rps = raw.rate_rps;
    constraints->battery_floor = raw.battery_floor;
    if (rc == 0)
        rc = parse_rules(doc, raw.pins, true, constraints, error);
    return rc == 0 ? parse_rules(doc, raw.bans, false, constraints, error) : rc;
}
