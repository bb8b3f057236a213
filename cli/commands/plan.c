/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `plan ...`. */
#include "cli/commands/commands.h"
#include "cli/commands/plan_compare.h"
#include "cli/commands/plan_explain.h"
#include "cli/commands/plan_search.h"
#include "cli/commands/plan_show.h"
#include "cli/commands/plan_simulate.h"
#include "cli/commands/plan_timeline.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"
#include "cli/shell/words.h"
#include "core/base/file.h"
#include "core/plan/score.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PLAN_FILE_MAX (1u << 20)

/* ---- plan list ---- */

struct listing {
    struct syn_table *table;
    cJSON *list;
};

static void join_names(const cJSON *array, char *text, size_t size)
{
    const cJSON *node;
    size_t used = 0;
    text[0] = '\0';
    cJSON_ArrayForEach(node, array)
    {
        if (cJSON_IsString(node) && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "",
                                     node->valuestring);
    }
}

static void figure_cell(struct syn_table *table, const cJSON *plan, const char *key)
{
    const cJSON *node = syn_json_get(plan, key);
    if (cJSON_IsNumber(node))
        syn_table_format(table, "%.2f", node->valuedouble);
    else
        syn_table_text(table, NULL);
}

/* As it was kept: the devices need not be there. */
static int list_plan(void *ctx, const struct syn_record *record)
{
    struct listing *listing = ctx;
    char apps[256], id[32];
    cJSON *plan = cJSON_Parse(record->text);
    if (!plan)
        return 0;
    join_names(syn_json_get(plan, "apps"), apps, sizeof apps);
    (void)snprintf(id, sizeof id, "%" PRId64, record->id);
    syn_table_text(listing->table, id);
    syn_table_text(listing->table, cJSON_GetStringValue(syn_json_get(plan, "planner")));
    syn_table_text(listing->table, apps);
    syn_table_text(listing->table, cJSON_GetStringValue(syn_json_get(plan, "execution")));
    syn_table_text(listing->table, cJSON_GetStringValue(syn_json_get(plan, "objective")));
    figure_cell(listing->table, plan, "throughput_ips");
    figure_cell(listing->table, plan, "latency_ms");
    figure_cell(listing->table, plan, "power_mw");
    syn_show_text(plan, "id", id);
    syn_show_integer(plan, "created", record->created);
    (void)cJSON_AddItemToArray(listing->list, plan);
    return 0;
}

static int run_list(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    static const struct syn_column columns[] = {{.title = "ID", .right = true},
                                                {.title = "PLANNER"},
                                                {.title = "APPS", .shrinks = true},
                                                {.title = "EXECUTION"},
                                                {.title = "OBJECTIVE"},
                                                {.title = "INF/S", .right = true},
                                                {.title = "LATENCY MS", .right = true},
                                                {.title = "POWER MW", .right = true}};
    struct syn_registry *registry = NULL;
    (void)call;
    int rc = syn_console_registry(console, &registry, error);
    if (rc != 0)
        return rc;
    struct listing listing = {.table = syn_table_new(columns, sizeof columns / sizeof columns[0]),
                              .list = syn_show_array(syn_result_json(&console->result), "plans")};
    rc = syn_registry_each(registry, SYN_KIND_PLAN, list_plan, &listing, error);
    if (syn_table_rows(listing.table) > 0)
        syn_result_table(&console->result, listing.table);
    else
        syn_result_print(&console->result, "no plan yet: plan search\n");
    syn_table_free(listing.table);
    return rc;
}

/* ---- plan show, export, import, remove ---- */

static void show_whole(struct syn_console *console, const struct syn_plan_record *record)
{
    cJSON *json = syn_plan_show_json(record);
    if (json) {
        syn_plan_show_predicted(syn_show_object(json, "predicted"), record);
        syn_result_set_json(&console->result, json);
    }
    syn_plan_show(console, record);
    syn_plan_show_units(console, record);
}

static int run_show(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct syn_plan_record record;
    int rc = syn_plan_record_load(console, syn_call_text(call, "ID"), &record, error);
    if (rc != 0)
        return rc;
    show_whole(console, &record);
    syn_plan_record_clear(&record);
    return 0;
}

/* What the registry holds, made readable; devices need not be connected. */
static int export_text(const struct syn_record *record, const char *path, struct syn_error *error)
{
    cJSON *plan = cJSON_Parse(record->text);
    char *text = plan ? cJSON_Print(plan) : NULL;
    size_t size = text ? strlen(text) : 0;
    int rc = SYN_ENOMEM;
    if (text) {
        text[size] = '\n'; /* in place of the end: a text file ends with a line */
        rc = syn_file_write(path, text, size + 1, error);
    }
    cJSON_free(text);
    cJSON_Delete(plan);
    return rc;
}

static int run_export(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    struct syn_record record = {.text = NULL};
    const char *path = syn_call_text(call, "FILE");
    int rc = syn_console_registry(console, &registry, error);
    if (rc == 0)
        rc = syn_registry_get(registry, SYN_KIND_PLAN, syn_call_text(call, "ID"), &record, error);
    if (rc == 0)
        rc = export_text(&record, path, error);
    syn_record_clear(&record);
    if (rc != 0)
        return rc;
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "id", syn_call_text(call, "ID"));
    syn_show_text(json, "file", path);
    syn_result_print(&console->result, "plan %s is in %s\n", syn_call_text(call, "ID"), path);
    return 0;
}

static int run_import(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    struct syn_plan_record record = {.id = 0};
    const char *path = syn_call_text(call, "FILE");
    void *text = NULL;
    size_t size = 0;
    int rc = syn_file_read(&text, &size, path, PLAN_FILE_MAX, error);
    if (rc == 0)
        rc = syn_plan_record_parse(console, text, size, path, &record, error);
    if (rc == 0 && record.changed.code && !syn_call_flag(call, "--anyway")) {
        *error = record.changed;
        syn_error_hint(error,
                       "search again: plan search; or judge it by what is there now: "
                       "plan import %s --anyway",
                       path);
        rc = error->code;
    }
    if (rc == 0)
        rc = syn_plan_record_save(console, &record, error);
    if (rc == 0)
        show_whole(console, &record);
    free(text);
    syn_plan_record_clear(&record);
    return rc;
}

static int run_remove(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    const char *id = syn_call_text(call, "ID");
    int rc = syn_console_registry(console, &registry, error);
    if (rc == 0)
        rc = syn_registry_remove(registry, SYN_KIND_PLAN, id, error);
    if (rc != 0)
        return rc;
    syn_show_text(syn_result_json(&console->result), "removed", id);
    syn_result_print(&console->result, "plan %s is removed\n", id);
    return 0;
}

/* ---- table ---- */

static void planners(struct syn_console *console, struct syn_words *words)
{
    (void)console;
    (void)syn_words_add(words, "all");
    for (const struct syn_planner *const *p = syn_planners; *p; p++)
        (void)syn_words_add(words, (*p)->name);
}

static const char *const objectives[] = {"throughput", "latency", "energy", "power", NULL};

#define ID                                                                                         \
    {                                                                                              \
        .name = "ID", .kind = SYN_VALUE_PLAN, .help = "number of the plan"                         \
    }

static const struct syn_command commands[] = {
    {
        .noun = "plan",
        .verb = "search",
        .summary = "search for the best way to serve apps on the connected devices",
        .details =
            "Feasible plans are kept; the best of this search gets the highest number, which is "
            "what 'deploy'\ntakes. Fails with class 6 when no planner finds a plan, and says what "
            "it fails for.\n"
            "'all' prints all planners side by side, each for at most 10 s unless --time-limit "
            "says otherwise:\nINF/S predicted and SIMUL simulated, in the mode that it would run "
            "in; LAT MS the sum of latencies;\nDEV devices that hold chunks; /SYNERGY is the ratio "
            "of throughputs to that of synergy, /BOUND how\nnear the objective is to the best "
            "bound that any of them proved.\n"
            "Ctrl-C stops exact and auto with the best plan so far and its gap.\n"
            "--rate asks for that many fair rounds a second at least; with the objective power for "
            "exactly that\nmany, at the least power. --pin KWS=ring+watch lets only these devices "
            "hold chunks of KWS, --ban\nearbud none of any, --ban KWS=earbud none of KWS, in all "
            "apps that have a KWS; what apps say ('on',\n'not_on', rate caps, latency bounds: app "
            "set) holds, too. Constraints are kept with the plan and\nhold when it is deployed.\n"
            "--pareto searches the least power at each of --points rates, from the largest "
            "down, and keeps every\npoint as a plan that runs at its rate.",
        .options = {{.name = "--planner",
                     .value = "P",
                     .help = "'auto' (synergy, then exact for a second), 'all' or a planner's name",
                     .complete = planners},
                    {.name = "--objective",
                     .value = "O",
                     .kind = SYN_VALUE_CHOICE,
                     .choices = objectives,
                     .help = "what is best (the setting 'objective')"},
                    {.name = "--apps",
                     .value = "A,..",
                     .kind = SYN_VALUE_APP,
                     .flags = SYN_LIST,
                     .help = "the apps to serve; without it, all that are registered"},
                    {.name = "--time-limit",
                     .value = "S",
                     .kind = SYN_VALUE_SECONDS,
                     .min = 0.001,
                     .max = 86400,
                     .help = "take the best that a planner has found by then"},
                    {.name = "--threads",
                     .value = "N",
                     .kind = SYN_VALUE_INTEGER,
                     .min = 1,
                     .max = 64,
                     .help = "that a planner may use; without it, those of the machine, at most 2"},
                    {.name = "--rate",
                     .value = "R",
                     .kind = SYN_VALUE_NUMBER,
                     .min = 0,
                     .max = DBL_MAX,
                     .help = "fair rounds a second that a plan must reach; of the objective power"},
                    {.name = "--pin",
                     .value = "PIPELINE=DEV[+DEV],..",
                     .flags = SYN_LIST,
                     .help = "only these devices hold chunks of the pipeline"},
                    {.name = "--ban",
                     .value = "[PIPELINE=]DEV[+DEV],..",
                     .flags = SYN_LIST,
                     .help = "these devices hold no chunks (of the pipeline)"},
                    {.name = "--battery-floor",
                     .value = "PERCENT",
                     .kind = SYN_VALUE_NUMBER,
                     .min = 0,
                     .max = 100,
                     .help = "devices with less battery hold no chunks (the setting "
                             "'battery_floor')"},
                    {.name = "--parallel",
                     .help = "run plans of baselines with task parallelization, too"},
                    {.name = "--sequential", .help = "one task at a time, as the baselines run"},
                    {.name = "--work-conserving",
                     .help = "pipelines that share nothing with the bottleneck may go faster"},
                    {.name = "--pareto", .help = "the front of throughput against power"},
                    {.name = "--points",
                     .value = "N",
                     .kind = SYN_VALUE_INTEGER,
                     .min = 2,
                     .max = 32,
                     .help = "rates of --pareto (10)"}},
        .run = syn_plan_search_run,
    },
    {
        .noun = "plan",
        .verb = "list",
        .summary = "list the plans that are kept",
        .run = run_list,
    },
    {
        .noun = "plan",
        .verb = "show",
        .summary = "show a plan: pipelines, load of every unit, power of every device",
        .args = {ID},
        .run = run_show,
    },
    {
        .noun = "plan",
        .verb = "simulate",
        .summary = "run a plan event by event, as the devices would: rates, latencies, load",
        .details =
            "Devices run the code of the agents, with the figures of their profiles. "
            "Without an option the\nplan runs as it is kept. Where less than 97 % of what is "
            "predicted is reached, it says what the\nunit that limits the plan waits for, and a "
            "chart of two rounds shows what every unit did.",
        .args = {ID},
        .options = {{.name = "--for",
                     .value = "S",
                     .kind = SYN_VALUE_SECONDS,
                     .min = 0.001,
                     .max = 86400,
                     .help = "device time; without it, 2 s and 50 rounds, of slow rounds fewer"},
                    {.name = "--parallel", .help = "fair rounds with task parallelization"},
                    {.name = "--sequential", .help = "one task at a time, as the baselines run"},
                    {.name = "--work-conserving",
                     .help = "pipelines that share nothing with the bottleneck go faster"},
                    {.name = "--explain",
                     .help = "what the bottleneck waits for, and the chart, in any case"}},
        .run = syn_plan_simulate_run,
    },
    {
        .noun = "plan",
        .verb = "compare",
        .summary = "show plans side by side, and what moves from one to the next",
        .details = "A plan whose inputs have changed since its search is judged by what is there "
                   "now, and that is said.",
        .args = {{.name = "ID",
                  .kind = SYN_VALUE_PLAN,
                  .flags = SYN_MANY,
                  .help = "numbers of two to eight plans"}},
        .run = syn_plan_compare_run,
    },
    {
        .noun = "plan",
        .verb = "explain",
        .summary = "say what holds a plan back, what would help, and which plans come next",
        .details = "What would help is found by searching again with one thing changed: a device "
                   "more, a radio or clock\ntwice as fast, direct links, memory without limit, a "
                   "constraint less. 'same plan' is what the change\ngains without moving any "
                   "chunk.",
        .args = {ID},
        .options = {{.name = "--time-limit",
                     .value = "S",
                     .kind = SYN_VALUE_SECONDS,
                     .min = 0.001,
                     .max = 86400,
                     .standard = "2",
                     .help = "of all searches together"},
                    {.name = "--planner",
                     .value = "P",
                     .help = "the planner that searches again ('auto')",
                     .complete = planners},
                    {.name = "--nearest",
                     .value = "N",
                     .kind = SYN_VALUE_INTEGER,
                     .min = 1,
                     .max = 33,
                     .standard = "5",
                     .help = "how many of the next best plans are shown"}},
        .run = syn_plan_explain_run,
    },
    {
        .noun = "plan",
        .verb = "timeline",
        .summary = "draw what every unit does, as the simulator runs the plan",
        .details = "The file of --trace opens in Perfetto (ui.perfetto.dev) and in "
                   "chrome://tracing, that of --svg in\nany browser. Files are written whole or "
                   "not at all.",
        .args = {ID},
        .options = {{.name = "--for",
                     .value = "S",
                     .kind = SYN_VALUE_SECONDS,
                     .min = 0.000001,
                     .max = 600,
                     .help = "how much time is drawn, behind the warm-up (two rounds)"},
                    {.name = "--svg",
                     .value = "FILE",
                     .kind = SYN_VALUE_FILE,
                     .help = "write a drawing, too"},
                    {.name = "--trace",
                     .value = "FILE",
                     .kind = SYN_VALUE_FILE,
                     .help = "write trace events, too"}},
        .run = syn_plan_timeline_run,
    },
    {
        .noun = "plan",
        .verb = "export",
        .summary = "write a plan to a file",
        .args = {ID, {.name = "FILE", .kind = SYN_VALUE_FILE, .help = "where to write it"}},
        .run = run_export,
    },
    {
        .noun = "plan",
        .verb = "import",
        .summary = "read a plan from a file, check it and keep it",
        .details = "A plan may be written by hand: {\"format\": \"synergy-plan/1\", \"apps\": "
                   "[\"w2\"], \"pipelines\": [{\"name\":\n\"KWS\", \"chunks\": [{\"device\": "
                   "\"earbud\", \"first\": 0, \"last\": 9}]}, ...]}. Sources and targets may be "
                   "left\nout where only one device will do; \"execution\" is \"parallel\", "
                   "\"sequential\"\nor \"work-conserving\". What is said of a search is forgotten "
                   "where chunks are not those of it.",
        .args = {{.name = "FILE", .kind = SYN_VALUE_FILE, .help = "the plan"}},
        .options = {{.name = "--anyway",
                     .help =
                         "take a plan whose inputs have changed; it is judged by those of now"}},
        .run = run_import,
    },
    {
        .noun = "plan",
        .verb = "remove",
        .summary = "forget a plan",
        .args = {ID},
        .run = run_remove,
    },
};

const struct syn_command_table syn_commands_plan = SYN_COMMAND_TABLE("Plans", commands);
