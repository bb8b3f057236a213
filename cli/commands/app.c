/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `app ...`. */
#include "cli/catalog.h"
#include "cli/commands/commands.h"
#include "cli/console.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"
#include "core/cost/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show_requirement(cJSON *pipeline, const char *key, const struct syn_requirement *r)
{
    cJSON *object = syn_show_object(pipeline, key);
    syn_show_text(object, "kind", r->kind);
    if (r->device[0])
        syn_show_text(object, "device", r->device);
    if (r->wear[0])
        syn_show_text(object, "wear", r->wear);
    if (r->fold > 1)
        syn_show_integer(object, "fold", r->fold);
}

static void show_devices(cJSON *pipeline, const char *key, const struct syn_device_names *devices)
{
    cJSON *list = syn_show_array(pipeline, key);
    for (unsigned i = 0; i < devices->count; i++)
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(devices->names[i]));
}

static void show_json(cJSON *json, const struct syn_app *app)
{
    syn_show_text(json, "name", app->name);
    syn_show_text(json, "description", app->description);
    cJSON *list = syn_show_array(json, "pipelines");
    for (unsigned i = 0; i < app->pipeline_count; i++) {
        const struct syn_pipeline *p = &app->pipelines[i];
        cJSON *entry = syn_show_object(list, NULL);
        syn_show_text(entry, "name", p->name);
        syn_show_text(entry, "model", p->model);
        show_requirement(entry, "sense", &p->sense);
        show_requirement(entry, "act", &p->act);
        syn_show_integer(entry, "weight", p->weight);
        syn_show_number(entry, "rate_cap_ips", p->rate_cap_ips);
        syn_show_number(entry, "latency_bound_ms", p->latency_bound_ms);
        show_devices(entry, "on", &p->on);
        show_devices(entry, "not_on", &p->not_on);
    }
}

/* "camera on glasses" */
static void requirement_cell(struct syn_table *table, const struct syn_requirement *r)
{
    const char *where = r->device[0] ? r->device : r->wear;
    char fold[24] = "";
    if (r->fold > 1)
        (void)snprintf(fold, sizeof fold, ", folded by %u", r->fold);
    syn_table_format(table, "%s%s%s%s", r->kind, where[0] ? " on " : "", where, fold);
}

static void bound_cell(struct syn_table *table, double value, const char *unit)
{
    if (value > 0)
        syn_table_format(table, "%g %s", value, unit);
    else
        syn_table_text(table, NULL);
}

static size_t add_names(char *text, size_t size, size_t used, const char *before,
                        const struct syn_device_names *devices)
{
    for (unsigned i = 0; i < devices->count && used < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", i ? "," : before, devices->names[i]);
    return used;
}

/* "watch,ring not earbud": where chunks may be. */
static void chunks_cell(struct syn_table *table, const struct syn_pipeline *p)
{
    char text[2 * sizeof p->on.names] = "";
    size_t used = add_names(text, sizeof text, 0, "", &p->on);
    (void)add_names(text, sizeof text, used, used ? " not " : "not ", &p->not_on);
    syn_table_text(table, text);
}

static void show_pipelines(struct syn_console *console, const struct syn_app *app)
{
    static const struct syn_column columns[] = {
        {.title = "PIPELINE", .shrinks = true},    {.title = "SENSES"},
        {.title = "MODEL", .shrinks = true},       {.title = "ACTS"},
        {.title = "WEIGHT", .right = true},        {.title = "RATE CAP", .right = true},
        {.title = "LATENCY BOUND", .right = true}, {.title = "CHUNKS ON", .shrinks = true}};
    struct syn_table *table = syn_table_new(columns, sizeof columns / sizeof columns[0]);
    for (unsigned i = 0; i < app->pipeline_count; i++) {
        const struct syn_pipeline *p = &app->pipelines[i];
        syn_table_text(table, p->name);
        requirement_cell(table, &p->sense);
        syn_table_text(table, p->model);
        requirement_cell(table, &p->act);
        syn_table_format(table, "%u", p->weight);
        bound_cell(table, p->rate_cap_ips, "/s");
        bound_cell(table, p->latency_bound_ms, "ms");
        chunks_cell(table, p);
    }
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

/* Models that the app needs and nobody has registered. */
static void show_missing_models(struct syn_console *console, const struct syn_app *app)
{
    cJSON *list = syn_show_array(syn_result_json(&console->result), "missing_models");
    for (unsigned i = 0; i < app->pipeline_count; i++) {
        struct syn_record record;
        const char *name = app->pipelines[i].model;
        if (syn_registry_get(console->registry, SYN_KIND_MODEL, name, &record, NULL) == 0) {
            syn_record_clear(&record);
            continue;
        }
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(name));
        syn_result_print(&console->result,
                         "model %s is not registered yet: 'model zoo %s' or 'model add FILE'\n",
                         name, name);
    }
}

static int show_app(struct syn_console *console, const struct syn_app *app)
{
    show_json(syn_result_json(&console->result), app);
    syn_result_print(&console->result, "%s%s%s\n", app->name, app->description[0] ? ": " : "",
                     app->description);
    show_pipelines(console, app);
    show_missing_models(console, app);
    return 0;
}

/* Models that are registered already must read what the app's sensing tasks make. */
static int check_windows(struct syn_console *console, const struct syn_app *app,
                         struct syn_error *error)
{
    int status = 0;
    for (unsigned i = 0; status == 0 && i < app->pipeline_count; i++) {
        struct syn_model *model = NULL;
        struct syn_error missing = {0};
        if (syn_catalog_model(console, app->pipelines[i].model, &model, &missing) == 0)
            status = syn_problem_check_window(&app->pipelines[i], model, error);
        syn_model_free(model);
    }
    return status;
}

static int save(struct syn_console *console, const struct syn_app *app, struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    int status = syn_console_registry(console, &registry, error);
    char *text = status == 0 ? syn_app_print(app) : NULL;
    if (status == 0 && !text)
        status = syn_error_set(error, SYN_ENOMEM, "out of memory");
    if (status == 0)
        status = syn_registry_put(registry, SYN_KIND_APP, app->name, text, NULL, 0, NULL, error);
    free(text);
    return status;
}

static int run_add(struct syn_console *console, const struct syn_call *call,
                   struct syn_error *error)
{
    struct syn_app app;
    int status = syn_app_read(&app, syn_call_text(call, "FILE"), error);
    if (status == 0)
        status = check_windows(console, &app, error);
    if (status == 0)
        status = save(console, &app, error);
    return status < 0 ? status : show_app(console, &app);
}

static int run_show(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct syn_app app;
    int status = syn_catalog_app(console, syn_call_text(call, "APP"), &app, error);
    return status < 0 ? status : show_app(console, &app);
}

static int run_set(struct syn_console *console, const struct syn_call *call,
                   struct syn_error *error)
{
    struct syn_app app;
    int status = syn_catalog_app(console, syn_call_text(call, "APP"), &app, error);
    if (status == 0)
        status = syn_app_set(&app, syn_call_text(call, "KEY"), syn_call_text(call, "VALUE"), error);
    if (status == 0)
        status = save(console, &app, error);
    return status < 0 ? status : show_app(console, &app);
}

static int run_remove(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    const char *name = syn_call_text(call, "APP");
    int status = syn_console_registry(console, &registry, error);
    if (status == 0)
        status = syn_registry_remove(registry, SYN_KIND_APP, name, error);
    if (status == 0)
        syn_show_text(syn_result_json(&console->result), "removed", name);
    return status;
}

struct listing {
    struct syn_console *console;
    struct syn_table *table;
    cJSON *list;
};

static int list_one(void *ctx, const struct syn_record *record)
{
    struct listing *listing = ctx;
    struct syn_app app;
    if (syn_app_parse(&app, record->text, strlen(record->text), record->name, NULL) < 0)
        return 0;
    cJSON *entry = syn_show_object(listing->list, NULL);
    show_json(entry, &app);
    syn_table_text(listing->table, app.name);
    syn_table_format(listing->table, "%u", app.pipeline_count);
    syn_table_text(listing->table, app.description);
    return 0;
}

static int run_list(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    static const struct syn_column columns[] = {{.title = "APP"},
                                                {.title = "PIPELINES", .right = true},
                                                {.title = "DESCRIPTION", .shrinks = true}};
    struct syn_registry *registry = NULL;
    (void)call;
    int status = syn_console_registry(console, &registry, error);
    if (status < 0)
        return status;
    struct listing listing = {.console = console, .table = syn_table_new(columns, 3)};
    listing.list = syn_show_array(syn_result_json(&console->result), "apps");
    status = syn_registry_each(registry, SYN_KIND_APP, list_one, &listing, error);
    if (syn_table_rows(listing.table))
        syn_result_table(&console->result, listing.table);
    else
        syn_result_print(&console->result, "no apps yet: 'app add FILE'\n");
    syn_table_free(listing.table);
    return status;
}

static const char *const keys[] = {"weight", "rate_cap_ips", "latency_bound_ms",
                                   "on",     "not_on",       NULL};

#define APP                                                                                        \
    {                                                                                              \
        .name = "APP", .kind = SYN_VALUE_APP, .help = "an app"                                     \
    }

static const struct syn_command commands[] = {
    {
        .noun = "app",
        .verb = "add",
        .summary = "register an app from its manifest",
        .args = {{.name = "FILE", .kind = SYN_VALUE_FILE, .help = "a manifest in JSON"}},
        .run = run_add,
    },
    {.noun = "app", .verb = "list", .summary = "list the apps", .run = run_list},
    {.noun = "app",
     .verb = "show",
     .summary = "show the pipelines of an app",
     .args = {APP},
     .run = run_show},
    {
        .noun = "app",
        .verb = "set",
        .summary = "change weight, rate cap, latency bound or devices of an app",
        .details = "Of all its pipelines, or of one as PIPELINE.KEY; 0 takes a cap or bound away. "
                   "'on' names the only\ndevices that may hold chunks, 'not_on' those that may "
                   "not, with commas between them; '' takes\nthem away.",
        .args = {APP,
                 {.name = "KEY",
                  .choices = keys,
                  .help = "weight, rate_cap_ips, latency_bound_ms, on, not_on"},
                 {.name = "VALUE", .help = "the new value"}},
        .run = run_set,
    },
    {.noun = "app", .verb = "remove", .summary = "forget an app", .args = {APP}, .run = run_remove},
};

const struct syn_command_table syn_commands_app = SYN_COMMAND_TABLE("Apps", commands);
