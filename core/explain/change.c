/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/explain/change.h"

#include <stdio.h>
#include <string.h>

/* ---- which there are ---- */

struct lister {
    const struct syn_problem *problem;
    struct syn_help_change *list;
    unsigned count;
};

static void add(struct lister *l, enum syn_help_kind kind, unsigned device, unsigned other,
                unsigned pipeline)
{
    if (l->count < SYN_HELPS_MAX)
        l->list[l->count++] = (struct syn_help_change){
            .kind = kind,
            .device = (uint8_t)device,
            .other = (uint8_t)other,
            .pipeline = (uint8_t)pipeline,
        };
}

/* The first device with this profile stands for its kind. */
static bool first_of_kind(const struct syn_fleet *fleet, unsigned device)
{
    for (unsigned d = 0; d < device; d++)
        if (!strcmp(fleet->devices[d].profile.name, fleet->devices[device].profile.name) &&
            fleet->devices[d].profile.timing.part == fleet->devices[device].profile.timing.part)
            return false;
    return true;
}

static bool relays(const struct syn_fleet *fleet)
{
    for (unsigned a = 0; a < fleet->count; a++)
        for (unsigned b = 0; b < fleet->count; b++)
            if (a != b && !fleet->direct[a][b])
                return true;
    return false;
}

static uint16_t everywhere(const struct syn_problem *problem)
{
    return (uint16_t)((1u << problem->fleet->count) - 1);
}

static uint16_t with_kind(const struct syn_fleet *fleet, const char *kind,
                          bool (*has)(const struct syn_profile *profile, const char *kind))
{
    unsigned mask = 0;
    for (unsigned d = 0; d < fleet->count; d++)
        mask |= has(&fleet->devices[d].profile, kind) ? 1u << d : 0;
    return (uint16_t)mask;
}

/* Of the whole fleet. */
static void list_wholes(struct lister *l)
{
    const struct syn_fleet *fleet = l->problem->fleet;
    for (unsigned d = 0; d < fleet->count && fleet->count < SYN_DEVICES_MAX; d++)
        if (first_of_kind(fleet, d))
            add(l, SYN_HELP_DEVICE, d, 0, 0);
    if (fleet->count > 1)
        add(l, SYN_HELP_RADIOS, 0, 0, 0);
    if (relays(fleet))
        add(l, SYN_HELP_DIRECT, 0, 0, 0);
    add(l, SYN_HELP_RESIDENT, 0, 0, 0);
    add(l, SYN_HELP_WEIGHTS, 0, 0, 0);
}

/* Where the objective is power, rate and caps are the question itself. */
static void list_constraints(struct lister *l)
{
    const struct syn_problem *problem = l->problem;
    const bool asked = problem->objective == SYN_OBJECTIVE_POWER;
    if (problem->round_max_ns && !asked)
        add(l, SYN_HELP_RATE, 0, 0, 0);
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const struct syn_problem_pipeline *pipeline = &problem->pipelines[p];
        if (pipeline->spec.rate_cap_ips > 0 && !asked)
            add(l, SYN_HELP_CAP, 0, 0, p);
        if (pipeline->spec.latency_bound_ms > 0)
            add(l, SYN_HELP_BOUND, 0, 0, p);
        if (pipeline->hosts != everywhere(problem))
            add(l, SYN_HELP_PIN, 0, 0, p);
    }
}

/* Links that the plan uses, then devices. */
static void list_single(struct lister *l, const struct syn_link_load *links, unsigned link_count)
{
    for (unsigned i = 0; i < link_count; i++)
        if (links[i].b != SYN_DEVICE_HUB)
            add(l, SYN_HELP_LINK, links[i].a, links[i].b, 0);
    for (unsigned d = 0; d < l->problem->fleet->count; d++)
        add(l, SYN_HELP_ACCEL, d, 0, 0);
    for (unsigned d = 0; d < l->problem->fleet->count; d++)
        add(l, SYN_HELP_RADIO, d, 0, 0);
}

static void list_requirements(struct lister *l)
{
    const struct syn_fleet *fleet = l->problem->fleet;
    for (unsigned p = 0; p < l->problem->pipeline_count; p++) {
        const struct syn_problem_pipeline *pipeline = &l->problem->pipelines[p];
        const struct syn_pipeline *spec = &pipeline->spec;
        if (with_kind(fleet, spec->sense.kind, syn_profile_has_sensor) & ~pipeline->sources)
            add(l, SYN_HELP_SENSE, 0, 0, p);
        if (with_kind(fleet, spec->act.kind, syn_profile_has_actuator) & ~pipeline->targets)
            add(l, SYN_HELP_ACT, 0, 0, p);
    }
}

unsigned syn_changes_list(const struct syn_problem *problem, enum syn_execution execution,
                          const struct syn_link_load *links, unsigned link_count,
                          struct syn_help_change list[SYN_HELPS_MAX])
{
    struct lister l = {.problem = problem, .list = list};
    add(&l, SYN_HELP_SEARCH, 0, 0, 0);
    if (execution == SYN_EXECUTION_SEQUENTIAL)
        add(&l, SYN_HELP_PARALLEL, 0, 0, 0);
    list_wholes(&l);
    list_constraints(&l);
    list_single(&l, links, link_count);
    list_requirements(&l);
    return l.count;
}

/* ---- carrying one out ---- */

static void faster_radio(struct syn_fleet *fleet, unsigned device)
{
    struct syn_timing *t = &fleet->devices[device].profile.timing;
    t->message_ns /= 2;
    t->byte_ps /= 2;
}

static void add_device(struct syn_changed *c, unsigned like)
{
    struct syn_fleet *fleet = &c->fleet;
    const unsigned n = fleet->count++;
    bool reaches = false;
    fleet->devices[n] = fleet->devices[like];
    (void)snprintf(fleet->devices[n].name, SYN_DEVICE_NAME, "one more");
    for (unsigned d = 0; d < n; d++) {
        fleet->direct[d][n] = fleet->direct[d][like];
        fleet->direct[n][d] = fleet->direct[like][d];
        fleet->links[d][n] = fleet->links[d][like];
        fleet->links[n][d] = fleet->links[like][d];
        reaches = reaches || fleet->direct[like][d];
    }
    fleet->direct[like][n] = fleet->direct[n][like] = reaches || n == 1;
    for (unsigned p = 0; p < c->problem.pipeline_count; p++)
        if (c->problem.pipelines[p].hosts >> like & 1 && !c->problem.pipelines[p].spec.on.count)
            c->problem.pipelines[p].hosts = (uint16_t)(c->problem.pipelines[p].hosts | 1u << n);
}

/* Devices of one part still share one: planners look at that. */
static void unlimited_weights(struct syn_changed *c)
{
    unsigned parts = 0;
    const struct syn_part *was[SYN_DEVICES_MAX];
    for (unsigned d = 0; d < c->fleet.count; d++) {
        const struct syn_part **part = &c->fleet.devices[d].profile.timing.part;
        unsigned i = 0;
        while (i < parts && was[i] != *part)
            i++;
        if (i == parts) {
            was[parts] = *part;
            c->parts[parts] = **part;
            c->parts[parts].kernel_words = c->parts[parts].kernel_words_first = UINT16_MAX;
            c->parts[parts].bias_bytes = UINT16_MAX;
            c->parts[parts].weight_bytes = UINT32_MAX;
            c->parts[parts++].layers_max = SYN_PART_PLACEMENTS_MAX;
        }
        *part = &c->parts[i];
    }
}

static void direct_links(struct syn_fleet *fleet)
{
    for (unsigned a = 0; a < fleet->count; a++)
        for (unsigned b = 0; b < fleet->count; b++)
            fleet->direct[a][b] = a != b;
}

static void free_pipeline(struct syn_changed *c, const struct syn_help_change *change)
{
    struct syn_problem_pipeline *p = &c->problem.pipelines[change->pipeline];
    if (change->kind == SYN_HELP_CAP)
        p->spec.rate_cap_ips = 0;
    if (change->kind == SYN_HELP_BOUND)
        p->spec.latency_bound_ms = 0;
    if (change->kind == SYN_HELP_PIN)
        p->hosts = everywhere(&c->problem);
    if (change->kind == SYN_HELP_SENSE)
        p->sources |= with_kind(&c->fleet, p->spec.sense.kind, syn_profile_has_sensor);
    if (change->kind == SYN_HELP_ACT)
        p->targets |= with_kind(&c->fleet, p->spec.act.kind, syn_profile_has_actuator);
}

void syn_change_apply(const struct syn_problem *problem, const struct syn_help_change *change,
                      struct syn_changed *c)
{
    c->problem = *problem;
    c->fleet = *problem->fleet;
    c->problem.fleet = &c->fleet;
    switch (change->kind) {
    case SYN_HELP_DEVICE:
        add_device(c, change->device);
        break;
    case SYN_HELP_LINK:
        faster_radio(&c->fleet, change->other);
        faster_radio(&c->fleet, change->device);
        break;
    case SYN_HELP_RADIO:
        faster_radio(&c->fleet, change->device);
        break;
    case SYN_HELP_RADIOS:
        for (unsigned d = 0; d < c->fleet.count; d++)
            faster_radio(&c->fleet, d);
        break;
    case SYN_HELP_ACCEL:
        c->fleet.devices[change->device].profile.timing.accel_hz *= 2;
        break;
    case SYN_HELP_DIRECT:
        direct_links(&c->fleet);
        break;
    case SYN_HELP_RESIDENT:
        for (unsigned d = 0; d < c->fleet.count; d++)
            c->fleet.devices[d].profile.timing.configure_layer_ns = 0;
        break;
    case SYN_HELP_RATE:
        c->problem.round_max_ns = 0;
        break;
    case SYN_HELP_WEIGHTS:
        unlimited_weights(c);
        break;
    default:
        free_pipeline(c, change);
    }
}
