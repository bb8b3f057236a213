/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/constraints.h"

#include "core/base/suggest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool syn_constraints_any(const struct syn_constraints *constraints)
{
    return constraints->rate_rps > 0 || constraints->battery_floor > 0 ||
           constraints->rule_count > 0;
}

/* ---- words -------------------------------------------------------------------------------- */

struct words {
    char *text;
    size_t size, used;
};

static void add(struct words *words, const char *fmt, ...) SYN_PRINTF(2, 3);

static void add(struct words *words, const char *fmt, ...)
{
    va_list args;
    if (words->used >= words->size)
        return;
    va_start(args, fmt);
    words->used +=
        (size_t)vsnprintf(words->text + words->used, words->size - words->used, fmt, args);
    va_end(args);
}

static void add_names(struct words *words, const struct syn_device_names *devices)
{
    for (unsigned i = 0; i < devices->count; i++)
        add(words, "%s%s", i ? " or " : "", devices->names[i]);
}

static void add_rule(struct words *words, const struct syn_host_rule *rule)
{
    const char *who = rule->pipeline[0] ? rule->pipeline : rule->pin ? "everything" : "nothing";
    add(words, "%s%s%s", words->used ? ", " : "", who,
        rule->pin || !rule->pipeline[0] ? " on " : " not on ");
    add_names(words, &rule->devices);
    if (rule->pin)
        add(words, " only");
}

const char *syn_constraints_words(const struct syn_constraints *constraints, char *text,
                                  size_t size)
{
    struct words words = {text, size, 0};
    text[0] = '\0';
    if (constraints->rate_rps > 0)
        add(&words, "%g rounds/s", constraints->rate_rps);
    for (unsigned i = 0; i < constraints->rule_count; i++)
        add_rule(&words, &constraints->rules[i]);
    if (constraints->battery_floor > 0)
        add(&words, "%sno chunks on batteries below %g %%", words.used ? ", " : "",
            constraints->battery_floor);
    return text;
}

/* ---- names -------------------------------------------------------------------------------- */

static bool concerns(const struct syn_host_rule *rule, const struct syn_problem_pipeline *pipeline)
{
    return !rule->pipeline[0] || strcasecmp(rule->pipeline, pipeline->spec.name) == 0;
}

static bool names(const struct syn_host_rule *rule, const char *device)
{
    for (unsigned i = 0; i < rule->devices.count; i++)
        if (strcasecmp(rule->devices.names[i], device) == 0)
            return true;
    return false;
}

static int unknown(struct syn_error *error, const char *what, const struct syn_suggest *near)
{
    syn_error_set(error, SYN_ENOENT, "there is no %s \"%s\"", what, near->word);
    if (near->best)
        syn_error_hint(error, "did you mean '%s'?", near->best);
    return SYN_ENOENT;
}

static int check_pipeline(const struct syn_host_rule *rule, const struct syn_problem *problem,
                          struct syn_error *error)
{
    struct syn_suggest near = {.word = rule->pipeline};
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        if (concerns(rule, &problem->pipelines[p]))
            return 0;
        syn_suggest_offer(&near, problem->pipelines[p].spec.name);
    }
    return unknown(error, "pipeline", &near);
}

static int check_device(const char *name, const struct syn_fleet *fleet, struct syn_error *error)
{
    struct syn_suggest near = {.word = name};
    for (unsigned d = 0; d < fleet->count; d++) {
        if (strcasecmp(name, fleet->devices[d].name) == 0)
            return 0;
        syn_suggest_offer(&near, fleet->devices[d].name);
    }
    unknown(error, "device", &near);
    syn_error_device(error, name);
    return SYN_ENOENT;
}

int syn_constraints_check(const struct syn_constraints *constraints,
                          const struct syn_problem *problem, struct syn_error *error)
{
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < constraints->rule_count; i++) {
        const struct syn_host_rule *rule = &constraints->rules[i];
        rc = check_pipeline(rule, problem, error);
        for (unsigned k = 0; rc == 0 && k < rule->devices.count; k++)
            rc = check_device(rule->devices.names[k], problem->fleet, error);
    }
    return rc;
}

/* ---- applying ----------------------------------------------------------------------------- */

static bool is_low(const struct syn_fleet_device *device, double floor)
{
    return device->battery_percent > 0 && device->battery_percent < floor;
}

static uint16_t named_devices(const struct syn_host_rule *rule, const struct syn_fleet *fleet)
{
    unsigned mask = 0;
    for (unsigned d = 0; d < fleet->count; d++)
        mask |= names(rule, fleet->devices[d].name) ? 1u << d : 0;
    return (uint16_t)mask;
}

static int apply_rule(const struct syn_host_rule *rule, const struct syn_fleet *fleet,
                      struct syn_problem_pipeline *pipeline, struct syn_error *error)
{
    char text[256];
    struct words words = {text, sizeof text, 0};
    const unsigned mask = named_devices(rule, fleet);
    pipeline->hosts = (uint16_t)(pipeline->hosts & (rule->pin ? mask : ~mask));
    if (mask || !rule->pin)
        return 0;
    add_names(&words, &rule->devices);
    return syn_error_set(error, SYN_ENOENT, "pipeline %s is to be on %s only, which %s connected",
                         pipeline->spec.name, text, rule->devices.count > 1 ? "are not" : "is not");
}

/* Why the pipeline may not be on this device. */
static void add_reason(struct words *words, const struct syn_constraints *constraints,
                       const struct syn_problem_pipeline *pipeline,
                       const struct syn_fleet_device *device)
{
    const struct syn_pipeline *spec = &pipeline->spec;
    const struct syn_host_rule *broken = NULL;
    const char *why = NULL;
    if (syn_device_names_have(&spec->not_on, device->name) ||
        (spec->on.count && !syn_device_names_have(&spec->on, device->name)))
        why = "the app says so";
    for (unsigned i = 0; !why && !broken && i < constraints->rule_count; i++) {
        const struct syn_host_rule *rule = &constraints->rules[i];
        if (concerns(rule, pipeline) && rule->pin != names(rule, device->name))
            broken = rule;
    }
    add(words, "%s%s: ", words->used ? "; " : "", device->name);
    if (broken && broken->pin) {
        add(words, "pinned to ");
        add_names(words, &broken->devices);
    } else if (broken || why)
        add(words, "%s", broken ? "banned" : why);
    else
        add(words, "its battery is at %u %%, the floor at %g %%", device->battery_percent,
            constraints->battery_floor);
}

static int refuse_hosts(const struct syn_constraints *constraints,
                        const struct syn_problem_pipeline *pipeline, const struct syn_fleet *fleet,
                        struct syn_error *error)
{
    char text[400] = "";
    struct words words = {text, sizeof text, 0};
    for (unsigned d = 0; d < fleet->count; d++)
        add_reason(&words, constraints, pipeline, &fleet->devices[d]);
    return syn_error_set(error, SYN_EOOR, "pipeline %s: no device may hold its chunks (%s)",
                         pipeline->spec.name, text);
}

static int apply_hosts(const struct syn_constraints *constraints, const struct syn_fleet *fleet,
                       struct syn_problem_pipeline *pipeline, struct syn_error *error)
{
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < constraints->rule_count; i++)
        if (concerns(&constraints->rules[i], pipeline))
            rc = apply_rule(&constraints->rules[i], fleet, pipeline, error);
    for (unsigned d = 0; d < fleet->count; d++)
        if (is_low(&fleet->devices[d], constraints->battery_floor))
            pipeline->hosts = (uint16_t)(pipeline->hosts & ~(1u << d));
    return rc != 0 || pipeline->hosts ? rc : refuse_hosts(constraints, pipeline, fleet, error);
}

int syn_constraints_apply(const struct syn_constraints *constraints, struct syn_problem *problem,
                          struct syn_error *error)
{
    int rc = 0;
    for (unsigned p = 0; rc == 0 && p < problem->pipeline_count; p++)
        rc = apply_hosts(constraints, problem->fleet, &problem->pipelines[p], error);
    if (rc == 0 && constraints->rate_rps != 0)
        rc = syn_problem_rate(problem, constraints->rate_rps, error);
    return rc;
}
