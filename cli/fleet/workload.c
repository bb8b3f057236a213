/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/workload.h"

#include "cli/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void syn_workload_free(struct syn_workload *workload)
{
    if (!workload)
        return;
    for (unsigned i = 0; i < workload->model_count; i++)
        syn_model_free(workload->models[i]);
    free(workload);
}

static const struct syn_model *find_model(void *ctx, const char *name)
{
    const struct syn_workload *workload = ctx;
    for (unsigned i = 0; i < workload->model_count; i++)
        if (strcasecmp(workload->models[i]->name, name) == 0)
            return workload->models[i];
    return NULL;
}

static int load_models(struct syn_workload *workload, struct syn_console *console,
                       const struct syn_app *app, struct syn_error *error)
{
    for (unsigned i = 0; i < app->pipeline_count; i++) {
        struct syn_model *model = NULL;
        if (find_model(workload, app->pipelines[i].model))
            continue;
        if (workload->model_count == SYN_PIPELINES_MAX)
            return syn_error_set(error, SYN_EINVAL, "more than %d models", SYN_PIPELINES_MAX);
        int rc = syn_catalog_model(console, app->pipelines[i].model, &model, error);
        if (rc != 0)
            return rc;
        workload->models[workload->model_count++] = model;
    }
    return 0;
}

static int add_app(struct syn_workload *workload, struct syn_console *console, const char *name,
                   struct syn_error *error)
{
    struct syn_app *app = calloc(1, sizeof *app);
    if (!app)
        return syn_error_set(error, SYN_ENOMEM, "no memory for app %s", name);
    int rc = syn_catalog_app(console, name, app, error);
    if (rc == 0)
        rc = load_models(workload, console, app, error);
    if (rc == 0)
        rc = syn_problem_add(&workload->problem, app, find_model, workload, error);
    if (rc == SYN_ENOENT && !error->hint[0])
        syn_error_hint(error, "connect what app %s needs, or leave it out: --apps A,..", name);
    if (rc == 0)
        (void)snprintf(workload->apps[workload->app_count++], SYN_APP_NAME_MAX, "%s", app->name);
    free(app);
    return rc;
}

struct all_apps {
    struct syn_workload *workload;
    struct syn_console *console;
    struct syn_error *error;
    int rc; /* of the first that failed */
};

static int add_each(void *ctx, const struct syn_record *record)
{
    struct all_apps *all = ctx;
    all->rc = add_app(all->workload, all->console, record->name, all->error);
    return all->rc;
}

static int add_all(struct syn_workload *workload, struct syn_console *console,
                   struct syn_error *error)
{
    struct all_apps all = {workload, console, error, 0};
    struct syn_registry *registry = NULL;
    int rc = syn_console_registry(console, &registry, error);
    if (rc == 0)
        rc = syn_registry_each(registry, SYN_KIND_APP, add_each, &all, error);
    if (rc == 0)
        rc = all.rc;
    if (rc != 0 || workload->app_count > 0)
        return rc;
    syn_error_set(error, SYN_ENOENT, "no app is registered");
    syn_error_hint(error, "register one: app add FILE");
    return SYN_ENOENT;
}

static bool is_named(const char *const *apps, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(apps[i], name) == 0)
            return true;
    return false;
}

/* An app that asks for a device that is there, but without our agent. */
static void name_foreign(const struct syn_bench *bench, struct syn_error *error)
{
    char named[SYN_DEVICE_NAME + 16];
    for (unsigned i = 0; i < bench->count; i++) {
        const struct syn_member *member = bench->members[i];
        (void)snprintf(named, sizeof named, "on device %s", member->name);
        if (member->foreign && strstr(error->message, named))
            syn_error_hint(error,
                           "%s is an SMP device without our agent: it takes no part in plans",
                           member->name);
    }
}

int syn_workload_new(struct syn_workload **result, struct syn_bench *bench, const char *const *apps,
                     size_t count, struct syn_error *error)
{
    struct syn_workload *workload = calloc(1, sizeof *workload);
    int rc = 0;
    *result = NULL;
    if (!workload)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a workload");
    syn_bench_fleet(bench, &workload->fleet, workload->members);
    workload->problem.fleet = &workload->fleet;
    if (workload->fleet.count == 0) {
        rc = syn_error_set(error, SYN_ENOENT, "no device %sis connected",
                           bench->count > 0 && bench->members[0]->foreign ? "with our agent " : "");
        syn_error_hint(error, "for example: connect glasses sim:max78000-feather");
    } else if (count == 0) {
        rc = add_all(workload, bench->console, error);
    }
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = is_named(apps, i, apps[i])
                 ? syn_error_set(error, SYN_EINVAL, "app %s is named twice", apps[i])
                 : add_app(workload, bench->console, apps[i], error);
    if (rc != 0) {
        name_foreign(bench, error);
        syn_workload_free(workload);
        return rc;
    }
    *result = workload;
    return 0;
}

int syn_workload_constrain(struct syn_workload *workload, const struct syn_constraints *constraints,
                           struct syn_error *error)
{
    workload->constraints = *constraints;
    return syn_constraints_apply(constraints, &workload->problem, error);
}

int syn_workload_present(const struct syn_workload *workload, struct syn_error *error)
{
    for (unsigned i = 0; i < workload->fleet.count; i++)
        if (!workload->members[i] || workload->members[i]->state != SYN_MEMBER_ONLINE) {
            syn_error_set(error, SYN_ELINK, "%s has left", workload->fleet.devices[i].name);
            syn_error_device(error, workload->fleet.devices[i].name);
            return SYN_ELINK;
        }
    return 0;
}
