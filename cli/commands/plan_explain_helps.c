/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would help, and the plans nearby. */
#include "cli/commands/plan_explain_show.h"
#include "cli/commands/plan_show.h"
#include "cli/output/show.h"
#include "cli/output/text.h"

#include <stdio.h>

#define GAIN_SHOWN 0.0005 /* less is 0.0 % */

/* What a gain is, by objective. */
static const char *const gains[] = {
    [SYN_OBJECTIVE_THROUGHPUT] = "throughput gained",
    [SYN_OBJECTIVE_LATENCY] = "latency saved",
    [SYN_OBJECTIVE_ENERGY] = "energy saved",
    [SYN_OBJECTIVE_POWER] = "power saved",
};

static const char *gain_name(const struct syn_explained *explained)
{
    return gains[explained->record->workload->problem.objective];
}

/* ---- what would help ---- */

static const struct {
    const char *key;
    const char *words[4]; /* with a name between them, in the order of `names` */
    const char *names;    /* d device, o other, k kind of device, p pipeline, s planner */
} changes[SYN_HELP_COUNT] = {
    [SYN_HELP_SEARCH] = {"search", {"another search by ", ""}, "s"},
    [SYN_HELP_PARALLEL] = {"parallel", {"task parallelization"}, ""},
    [SYN_HELP_DEVICE] = {"device", {"one more ", ""}, "k"},
    [SYN_HELP_RADIO] = {"radio", {"radio of ", " twice as fast"}, "d"},
    [SYN_HELP_LINK] = {"link", {"radios of ", " and ", " twice as fast"}, "do"},
    [SYN_HELP_RADIOS] = {"radios", {"all radios twice as fast"}, ""},
    [SYN_HELP_ACCEL] = {"accel", {"accelerator of ", " at twice its clock"}, "d"},
    [SYN_HELP_DIRECT] = {"direct", {"direct links in place of relays"}, ""},
    [SYN_HELP_RESIDENT] = {"resident", {"changes of chunk for nothing"}, ""},
    [SYN_HELP_WEIGHTS] = {"weights", {"weight memory without limit"}, ""},
    [SYN_HELP_RATE] = {"rate", {"no rate that has to be reached"}, ""},
    [SYN_HELP_CAP] = {"cap", {"no rate cap for ", ""}, "p"},
    [SYN_HELP_BOUND] = {"bound", {"no latency bound for ", ""}, "p"},
    [SYN_HELP_PIN] = {"pin", {"chunks of ", " on any device"}, "p"},
    [SYN_HELP_SENSE] = {"sense", {"", " sensed on any device that can"}, "p"},
    [SYN_HELP_ACT] = {"act", {"", " acting on any device that can"}, "p"},
};

static const char *name_of(const struct syn_explained *explained,
                           const struct syn_help_change *change, char which)
{
    const struct syn_workload *workload = explained->record->workload;
    switch (which) {
    case 'd':
        return workload->fleet.devices[change->device].name;
    case 'o':
        return workload->fleet.devices[change->other].name;
    case 'k':
        return workload->fleet.devices[change->device].profile.name;
    case 'p':
        return workload->problem.pipelines[change->pipeline].spec.name;
    default:
        return explained->planner;
    }
}

static const char *change_words(const struct syn_explained *explained,
                                const struct syn_help_change *change, char *text, size_t size)
{
    const char *names = changes[change->kind].names;
    size_t used = (size_t)snprintf(text, size, "%s", changes[change->kind].words[0]);
    for (unsigned i = 0; names[i] && used < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", name_of(explained, change, names[i]),
                             changes[change->kind].words[i + 1]);
    return text;
}

static void help_json(const struct syn_explained *explained, const struct syn_help *help,
                      const char *text, cJSON *list)
{
    cJSON *object = syn_show_object(list, NULL);
    const char *names = changes[help->change.kind].names;
    static const struct {
        char which;
        const char *key;
    } keys[] = {{'d', "device"}, {'o', "other"}, {'k', "profile"}, {'p', "pipeline"}};
    syn_show_text(object, "change", changes[help->change.kind].key);
    syn_show_text(object, "text", text);
    for (unsigned i = 0; names[i]; i++)
        for (unsigned k = 0; k < 4; k++)
            if (keys[k].which == names[i])
                syn_show_text(object, keys[k].key, name_of(explained, &help->change, names[i]));
    syn_show_bool(object, "searched", help->reached);
    if (!help->reached)
        return;
    syn_show_number(object, "throughput_ips", help->figures.throughput_ips);
    syn_show_number(object, "latency_ms", (double)help->figures.latency_ns / 1e6);
    syn_show_number(object, "power_mw", help->figures.power_mw);
    syn_show_number(object, "energy_mj", (double)help->figures.energy_nj / 1e6);
    syn_show_number(object, "gain", help->gain);
    syn_show_number(object, "gain_same_plan", help->kept);
    syn_show_bool(object, "proven", help->proven);
}

static void figures_cells(struct syn_table *table, const struct syn_figures *figures)
{
    char latency[32];
    syn_table_format(table, "%.2f", figures->throughput_ips);
    syn_table_text(table,
                   syn_text_time(latency, sizeof latency, (double)figures->latency_ns / 1e9));
    syn_table_format(table, "%.1f", figures->power_mw);
}

/* What another search of the same problem gains, without any change. */
static double gain_of_search(const struct syn_explanation *e)
{
    for (unsigned i = 0; i < e->help_count; i++)
        if (e->helps[i].change.kind == SYN_HELP_SEARCH && e->helps[i].reached)
            return e->helps[i].gain;
    return 0;
}

static bool gains_more(const struct syn_help *help, double search)
{
    return help->gain >= GAIN_SHOWN + (help->change.kind == SYN_HELP_SEARCH ? 0 : search);
}

static void count_words(struct syn_result *result, unsigned useless, unsigned missed)
{
    if (useless)
        syn_result_print(result, "%u other change%s would gain nothing more (--json lists all)\n",
                         useless, useless == 1 ? "" : "s");
    if (missed)
        syn_result_print(result,
                         "%u change%s were not searched: time was over; --time-limit gives more\n",
                         missed, missed == 1 ? "" : "s");
}

void syn_explain_show_helps(const struct syn_explained *explained)
{
    static const struct syn_column columns[] = {
        {.title = "CHANGE", .wraps = true},    {.title = "GAIN", .right = true},
        {.title = "SAME PLAN", .right = true}, {.title = "INF/S", .right = true},
        {.title = "LATENCY", .right = true},   {.title = "MW", .right = true}};
    const struct syn_explanation *e = explained->explanation;
    struct syn_result *result = &explained->console->result;
    cJSON *list = syn_show_array(syn_result_json(result), "helps");
    struct syn_table *table = syn_table_new(columns, 6);
    const double search = gain_of_search(e);
    unsigned useless = 0, missed = 0;
    for (unsigned i = 0; i < e->help_count; i++) {
        const struct syn_help *help = &e->helps[i];
        char text[256];
        help_json(explained, help, change_words(explained, &help->change, text, sizeof text), list);
        missed += !help->reached;
        useless += help->reached && !gains_more(help, search);
        if (!help->reached || !gains_more(help, search))
            continue;
        syn_table_text(table, text);
        syn_table_format(table, "%.1f %%", 100 * help->gain);
        syn_table_format(table, "%.1f %%", 100 * help->kept);
        figures_cells(table, &help->figures);
    }
    syn_result_print(result, "\nwhat would help, by searching again (%s): %s\n", explained->planner,
                     gain_name(explained));
    if (syn_table_rows(table) > 0)
        syn_result_table(result, table);
    syn_table_free(table);
    count_words(result, useless, missed);
}

/* ---- plans nearby ---- */

static unsigned differing(const struct syn_explained *explained, const struct syn_plan *plan)
{
    unsigned count = 0;
    for (unsigned p = 0; p < plan->pipeline_count; p++)
        count += syn_execution_plan_compare(&plan->pipelines[p],
                                            &explained->record->plan.pipelines[p]) != 0;
    return count;
}

static void near_words(const struct syn_explained *explained, const struct syn_near *near,
                       char *text, size_t size)
{
    const struct syn_workload *workload = explained->record->workload;
    char path[512];
    if (near->kind == SYN_NEAR_AVOID)
        (void)snprintf(text, size, "no chunk on %s: %u of %u pipelines differ",
                       workload->fleet.devices[near->device].name,
                       differing(explained, &near->plan), near->plan.pipeline_count);
    else
        (void)snprintf(text, size, "%s: %s", workload->problem.pipelines[near->pipeline].spec.name,
                       syn_plan_path(&workload->fleet, &near->plan.pipelines[near->pipeline], path,
                                     sizeof path));
}

static void near_json(const struct syn_explained *explained, const struct syn_near *near,
                      const char *text, cJSON *list)
{
    const struct syn_workload *workload = explained->record->workload;
    const bool avoid = near->kind == SYN_NEAR_AVOID;
    cJSON *object = syn_show_object(list, NULL);
    syn_show_text(object, "kind", avoid ? "avoids" : "pipeline");
    syn_show_text(object, avoid ? "device" : "pipeline",
                  avoid ? workload->fleet.devices[near->device].name
                        : workload->problem.pipelines[near->pipeline].spec.name);
    syn_show_text(object, "text", text);
    syn_show_number(object, "throughput_ips", near->figures.throughput_ips);
    syn_show_number(object, "latency_ms", (double)near->figures.latency_ns / 1e6);
    syn_show_number(object, "power_mw", near->figures.power_mw);
    syn_show_number(object, "distance", -near->gain);
    syn_show_integer(object, "pipelines_that_differ", differing(explained, &near->plan));
}

void syn_explain_show_nears(const struct syn_explained *explained)
{
    static const struct syn_column columns[] = {{.title = "PLAN", .wraps = true},
                                                {.title = "GAIN", .right = true},
                                                {.title = "INF/S", .right = true},
                                                {.title = "LATENCY", .right = true},
                                                {.title = "MW", .right = true}};
    const struct syn_explanation *e = explained->explanation;
    struct syn_result *result = &explained->console->result;
    cJSON *list = syn_show_array(syn_result_json(result), "nearest");
    struct syn_table *table = syn_table_new(columns, 5);
    for (unsigned i = 0; i < e->near_count; i++) {
        char text[640];
        near_words(explained, &e->nears[i], text, sizeof text);
        near_json(explained, &e->nears[i], text, list);
        if (i >= explained->nearest)
            continue;
        syn_table_text(table, text);
        syn_table_format(table, "%.1f %%", 100 * e->nears[i].gain);
        figures_cells(table, &e->nears[i].figures);
    }
    syn_result_print(result, "\nnext best plans, all else kept: %s%s\n", gain_name(explained),
                     e->nears_stopped ? " (time was over: there may be nearer ones)" : "");
    if (syn_table_rows(table) > 0)
        syn_result_table(result, table);
    else
        syn_result_print(result, "there is no other plan\n");
    syn_table_free(table);
}
