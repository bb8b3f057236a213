/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/problem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_S 1e9

/* One side of a pipeline: what a requirement asks of a device. */
struct side {
    const char *task; /* "sensing", "interaction" */
    const char *noun; /* "sensor", "actuator" */
    bool (*has)(const struct syn_profile *profile, const char *kind);
};

static const struct side sensing = {"sensing", "sensor", syn_profile_has_sensor};
static const struct side interaction = {"interaction", "actuator", syn_profile_has_actuator};

static bool is_named(const struct syn_fleet_device *device, const struct syn_requirement *r)
{
    return (!r->device[0] || !strcmp(r->device, device->name)) &&
           (!r->wear[0] || !strcmp(r->wear, device->profile.wear));
}

/* What was asked for, in words: "on device watch worn as glasses". */
static void place_words(const struct syn_requirement *r, char *text, size_t size)
{
    (void)snprintf(text, size, "%s%s%s%s", r->device[0] ? " on device " : "", r->device,
                   r->wear[0] ? " worn as " : "", r->wear);
}

static int refuse(const struct syn_fleet *fleet, const char *pipeline, const struct side *side,
                  const struct syn_requirement *r, uint16_t named, struct syn_error *error)
{
    char place[96];
    place_words(r, place, sizeof place);
    if (fleet->count == 0)
        return syn_error_set(error, SYN_ENOENT, "pipeline %s: no device is connected", pipeline);
    if (!named)
        return syn_error_set(error, SYN_ENOENT, "pipeline %s: no device for its %s task (%s)%s",
                             pipeline, side->task, r->kind, place);
    syn_error_set(error, SYN_ENOENT, "pipeline %s: no device%s has the %s \"%s\"", pipeline, place,
                  side->noun, r->kind);
    syn_error_hint(error, "`device show` lists the sensors and actuators of a device");
    return SYN_ENOENT;
}

static int match(const struct syn_fleet *fleet, const char *pipeline, const struct side *side,
                 const struct syn_requirement *r, uint16_t *mask, struct syn_error *error)
{
    uint16_t named = 0;
    *mask = 0;
    for (unsigned d = 0; d < fleet->count; d++) {
        if (!is_named(&fleet->devices[d], r))
            continue;
        named = (uint16_t)(named | 1u << d);
        if (side->has(&fleet->devices[d].profile, r->kind))
            *mask = (uint16_t)(*mask | 1u << d);
    }
    return *mask ? 0 : refuse(fleet, pipeline, side, r, named, error);
}

/* The devices that the manifest lets hold chunks. */
static int match_hosts(const struct syn_fleet *fleet, struct syn_problem_pipeline *p,
                       struct syn_error *error)
{
    for (unsigned d = 0; d < fleet->count; d++) {
        const char *name = fleet->devices[d].name;
        const bool named = p->spec.on.count == 0 || syn_device_names_have(&p->spec.on, name);
        if (named && !syn_device_names_have(&p->spec.not_on, name))
            p->hosts = (uint16_t)(p->hosts | 1u << d);
    }
    if (p->hosts || fleet->count == 0)
        return 0;
    syn_error_set(error, SYN_ENOENT,
                  "pipeline %s: none of the devices that may hold its chunks is connected",
                  p->spec.name);
    syn_error_hint(error, "`app show %s` says which may; `app set` changes it", p->app);
    return SYN_ENOENT;
}

static void shape_words(unsigned channels, unsigned height, unsigned width, char text[32])
{
    (void)snprintf(text, 32, "%ux%ux%u", channels, height, width);
}

int syn_problem_check_window(const struct syn_pipeline *spec, const struct syn_model *model,
                             struct syn_error *error)
{
    const struct syn_fold fold = syn_model_fold(model);
    const unsigned by = spec->sense.fold;
    char raw[32], folded[32];
    if (by == 0 || by == fold.by)
        return 0;
    shape_words(model->input.channels, model->input.height, model->input.width, folded);
    shape_words(fold.channels, (unsigned)model->input.height * fold.by, fold.width, raw);
    if (fold.by == 1)
        syn_error_set(error, SYN_EINVAL,
                      "pipeline %s: %s reads windows of %s as they are, but its sensing task folds "
                      "them by %u",
                      spec->name, model->name, raw, by);
    else
        syn_error_set(error, SYN_EINVAL,
                      "pipeline %s: %s reads windows of %s folded by %u to %s, but its sensing "
                      "task %s",
                      spec->name, model->name, raw, fold.by, folded,
                      by == 1 ? "does not fold them" : "folds them otherwise");
    syn_error_hint(error, "leave \"fold\" out of \"sense\": the model says what it reads");
    return SYN_EINVAL;
}

static int add_pipeline(const struct syn_problem *problem, const struct syn_app *app,
                        const struct syn_pipeline *spec,
                        const struct syn_model *(*find)(void *ctx, const char *name), void *ctx,
                        struct syn_problem_pipeline *p, struct syn_error *error)
{
    const struct syn_fleet *fleet = problem->fleet;
    memset(p, 0, sizeof *p);
    (void)snprintf(p->app, sizeof p->app, "%s", app->name);
    p->spec = *spec;
    if (p->spec.weight == 0)
        p->spec.weight = 1;
    p->model = find(ctx, spec->model);
    if (!p->model)
        return syn_error_set(error, SYN_ENOENT, "pipeline %s: there is no model \"%s\"", spec->name,
                             spec->model);
    int rc = syn_problem_check_window(spec, p->model, error);
    if (!rc)
        rc = match(fleet, spec->name, &sensing, &spec->sense, &p->sources, error);
    if (!rc)
        rc = match(fleet, spec->name, &interaction, &spec->act, &p->targets, error);
    return rc ? rc : match_hosts(fleet, p, error);
}

int syn_problem_rate(struct syn_problem *problem, double rounds_ips, struct syn_error *error)
{
    if (!(rounds_ips > 0) || !isfinite(rounds_ips))
        return syn_error_set(error, SYN_EINVAL, "a rate is a positive number of rounds a second");
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const struct syn_pipeline *spec = &problem->pipelines[p].spec;
        if (spec->rate_cap_ips > 0 && spec->rate_cap_ips < rounds_ips * spec->weight)
            return syn_error_set(error, SYN_EOOR,
                                 "pipeline %s may do %g inferences a second at most, less than the "
                                 "%g that %g rounds a second ask of it",
                                 spec->name, spec->rate_cap_ips, rounds_ips * spec->weight,
                                 rounds_ips);
    }
    for (unsigned p = 0; problem->objective == SYN_OBJECTIVE_POWER && p < problem->pipeline_count;
         p++)
        problem->pipelines[p].spec.rate_cap_ips = rounds_ips * problem->pipelines[p].spec.weight;
    const double ns = NS_PER_S / rounds_ips;
    problem->round_max_ns = ns < (double)INT64_MAX ? (uint64_t)ceil(ns) : 0;
    return 0;
}

int syn_problem_add(struct syn_problem *problem, const struct syn_app *app,
                    const struct syn_model *(*find)(void *ctx, const char *name), void *ctx,
                    struct syn_error *error)
{
    if (problem->fleet->count > SYN_DEVICES_MAX)
        return syn_error_set(error, SYN_EINVAL, "%u devices; at most %d can be planned for",
                             problem->fleet->count, SYN_DEVICES_MAX);
    if (problem->pipeline_count + app->pipeline_count > SYN_PIPELINES_MAX)
        return syn_error_set(error, SYN_EINVAL, "app %s: more than %d pipelines in all", app->name,
                             SYN_PIPELINES_MAX);
    for (unsigned i = 0; i < app->pipeline_count; i++) {
        int rc = add_pipeline(problem, app, &app->pipelines[i], find, ctx,
                              &problem->pipelines[problem->pipeline_count + i], error);
        if (rc)
            return rc;
    }
    problem->pipeline_count += app->pipeline_count;
    return 0;
}
