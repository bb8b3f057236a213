/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `expect`: a script's condition on what is measured. */
#include "cli/commands/commands.h"
#include "cli/commands/sample_show.h"
#include "cli/commands/watching.h"
#include "cli/fleet/resume.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"
#include "core/base/suggest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double interval_s = 1; /* of one sample, device time */

/* ---- metrics: paths into a sample ---- */

static const char *name_of(const cJSON *node)
{
    if (node->string)
        return node->string;
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, "name"));
}

/* Does `path` go on with `name`? Names may have dots in them. */
static bool begins_with(const char *path, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(path, name, length) == 0 && (path[length] == '.' || path[length] == '\0');
}

static int no_metric(const cJSON *level, const char *rest, const char *metric,
                     struct syn_error *error)
{
    struct syn_suggest near = {0};
    const cJSON *child;
    char word[64], names[160] = "";
    size_t used = 0;
    (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(rest, "."), rest);
    near.word = word;
    cJSON_ArrayForEach(child, level)
    {
        const char *name = name_of(child);
        if (!name || used >= sizeof names)
            continue;
        syn_suggest_offer(&near, name);
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", name);
    }
    syn_error_set(error, SYN_EINVAL, "there is no metric '%s'", metric);
    if (near.best)
        syn_error_hint(error, "did you mean '%s'? There are: %s", near.best, names);
    else
        syn_error_hint(error, "there are: %s", names[0] ? names : "none below this one");
    return SYN_EINVAL;
}

static int find_metric(const cJSON *json, const char *metric, const cJSON **found,
                       struct syn_error *error)
{
    const cJSON *level = json, *child;
    const char *rest = metric;
    while (*rest) {
        const cJSON *next = NULL;
        cJSON_ArrayForEach(child, level)
        {
            const char *name = name_of(child);
            if (name && begins_with(rest, name))
                next = child;
        }
        if (!next)
            return no_metric(level, rest, metric, error);
        rest += strlen(name_of(next));
        rest += *rest == '.';
        level = next;
    }
    *found = level;
    return 0;
}

/* NaN where it was not measured. */
static int value_of(struct syn_bench *bench, const struct syn_sample *sample, const char *metric,
                    double *value, struct syn_error *error)
{
    const cJSON *found = NULL;
    cJSON *json = cJSON_CreateObject();
    if (!json)
        return SYN_ENOMEM;
    syn_sample_show(json, bench, sample);
    int rc = find_metric(json, metric, &found, error);
    if (rc == 0 && cJSON_IsBool(found))
        *value = cJSON_IsTrue(found);
    else if (rc == 0 && (cJSON_IsNumber(found) || cJSON_IsNull(found)))
        *value = cJSON_GetNumberValue(found); /* NaN of null */
    else if (rc == 0 && (cJSON_IsObject(found) || cJSON_IsArray(found)))
        rc = no_metric(found, "", metric, error);
    else if (rc == 0)
        rc = syn_error_set(error, SYN_EINVAL, "%s is no number", metric);
    cJSON_Delete(json);
    return rc;
}

/* ---- conditions ---- */

enum comparison { LESS, AT_MOST, MORE, AT_LEAST, EQUAL, UNEQUAL };

static const char *const operators[] = {
    [LESS] = "<",   [AT_MOST] = "<=", [MORE] = ">", [AT_LEAST] = ">=",
    [EQUAL] = "==", [UNEQUAL] = "!=", NULL};

struct condition {
    const char *metric;
    enum comparison comparison;
    double wanted, seen;
};

/* What was not measured meets no condition. */
static bool holds(const struct condition *c)
{
    switch (c->comparison) {
    case LESS:
        return c->seen < c->wanted;
    case AT_MOST:
        return c->seen <= c->wanted;
    case MORE:
        return c->seen > c->wanted;
    case AT_LEAST:
        return c->seen >= c->wanted;
    case EQUAL:
        return !isnan(c->seen) && !(c->seen < c->wanted) && !(c->seen > c->wanted);
    default:
        return !isnan(c->seen) && (c->seen < c->wanted || c->seen > c->wanted);
    }
}

static int disappointed(const struct condition *c, struct syn_error *error)
{
    char seen[32] = "not measured";
    if (!isnan(c->seen))
        (void)snprintf(seen, sizeof seen, "%.6g", c->seen);
    return syn_error_set(error, SYN_EDEVICE, "%s is %s, expected %s %g", c->metric, seen,
                         operators[c->comparison], c->wanted);
}

/* ---- expect ---- */

struct patience {
    double hold_s;  /* it must hold for so long */
    double limit_s; /* and do so within this time; 0: at once */
};

/* After a run its figures stay: one look decides. */
static int look_back(struct syn_bench *bench, struct condition *c, struct syn_error *error)
{
    struct syn_sample sample;
    syn_measure_total(bench->running->measure, &sample);
    int rc = value_of(bench, &sample, c->metric, &c->seen, error);
    return rc != 0 || holds(c) ? rc : disappointed(c, error);
}

/* One that goes on once a device is back has no end yet: what is missing is said. */
static int interrupted(struct syn_bench *bench, struct syn_error *error)
{
    struct syn_deployed *deployed = NULL;
    return syn_resume_waits(bench) ? syn_deployer_current(bench, &deployed, error) : 0;
}

static int look(struct syn_bench *bench, struct condition *c, const struct patience *patience,
                struct syn_error *error)
{
    double window_s = patience->hold_s > 0 ? fmin(patience->hold_s, interval_s) : interval_s;
    double held_s = 0, passed_s = 0;
    struct syn_sample sample;
    int rc = syn_watching_next(bench, 0, &sample, error);
    while (rc == 0) {
        rc = syn_watching_next(bench, window_s, &sample, error);
        if (rc == 0)
            rc = value_of(bench, &sample, c->metric, &c->seen, error);
        if (rc != 0)
            return rc;
        passed_s += sample.span_s;
        held_s = holds(c) ? held_s + sample.span_s : 0;
        if (held_s > 0 && held_s >= patience->hold_s)
            return 0;
        if (held_s <= 0 && passed_s >= patience->limit_s)
            return disappointed(c, error);
    }
    return rc;
}

static int read_wanted(const char *text, double *wanted, struct syn_error *error)
{
    char *end = NULL;
    *wanted = strtod(text, &end);
    if (end != text && *end == '\0' && isfinite(*wanted))
        return 0;
    return syn_error_set(error, SYN_EINVAL, "'%s' is no number", text);
}

static int run_expect(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    struct condition c = {.metric = syn_call_text(call, "METRIC"),
                          .comparison = (enum comparison)syn_call_choice(call, "OP"),
                          .seen = NAN};
    const struct patience patience = {.hold_s = syn_call_number(call, "--for", 0),
                                      .limit_s = syn_call_number(call, "--timeout", 0)};
    struct syn_running *running = NULL;
    int rc = bench ? read_wanted(syn_call_text(call, "VALUE"), &c.wanted, error) : SYN_ENOMEM;
    if (rc == 0)
        rc = syn_runner_current(bench, &running, error);
    if (rc == 0 && !running->active)
        rc = interrupted(bench, error);
    if (rc == 0)
        rc = running->active ? look(bench, &c, &patience, error) : look_back(bench, &c, error);
    if (rc != 0)
        return rc;
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "metric", c.metric);
    syn_show_number(json, "seen", c.seen);
    syn_show_text(json, "operator", operators[c.comparison]);
    syn_show_number(json, "value", c.wanted);
    syn_result_print(&console->result, "%s is %.6g\n", c.metric, c.seen);
    return 0;
}

static const struct syn_command commands[] = {
    {
        .noun = "expect",
        .summary = "fail unless something that is measured meets a condition",
        .details =
            "METRIC is a path into what 'watch --json' prints, with names in place of numbers: "
            "throughput_ips,\npipelines.KWS.measured_ips, pipelines.KWS.latency_ms.p95, "
            "devices.glasses.units.accel. While it\nruns, samples of one second are looked at; "
            "after a run, the figures of the whole run. Fails with\nclass 1 and the value seen. "
            "Times are device time.",
        .args = {{.name = "METRIC", .help = "what is measured"},
                 {.name = "OP",
                  .kind = SYN_VALUE_CHOICE,
                  .choices = operators,
                  .help = "how it compares"},
                 {.name = "VALUE", .help = "with what"}},
        .options = {{.name = "--for",
                     .value = "S",
                     .kind = SYN_VALUE_SECONDS,
                     .max = 86400,
                     .help = "it must hold for this long"},
                    {.name = "--timeout",
                     .value = "S",
                     .kind = SYN_VALUE_SECONDS,
                     .max = 86400,
                     .help = "it may take this long until it holds"}},
        .run = run_expect,
    },
};

const struct syn_command_table syn_commands_expect = SYN_COMMAND_TABLE("Scripts", commands);
