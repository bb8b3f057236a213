/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/plan/instances.h"

#include "devices/base/hash.h"
#include "devices/part/demand.h"
#include "tests/core/plan/chain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MODEL_DRAWS    8 /* tries to meet a pipeline's share of memory */
#define NEAR_ENOUGH    0.04
#define PIPELINE_DRAWS 400 /* changes that are tried to meet the wanted use */

const struct instance_limits instance_limits_small = {2, 5, 1, 4, 2, 5, true};
const struct instance_limits instance_limits_packed = {2, 2, 3, 4, 3, 6, false};
const struct instance_limits instance_limits_tiny = {2, 3, 1, 3, 2, 3, false};

/* 0 .. below - 1 */
static unsigned draw(uint64_t *seed, unsigned below)
{
    return (unsigned)((syn_splitmix64(seed) >> 33) % below);
}

static unsigned between(uint64_t *seed, unsigned least, unsigned most)
{
    return least + draw(seed, most - least + 1);
}

static unsigned lower_half(uint64_t *seed, unsigned least, unsigned most)
{
    return between(seed, least, least + (most - least + 1) / 2);
}

static unsigned upper_half(uint64_t *seed, unsigned least, unsigned most)
{
    return between(seed, most - (most - least + 1) / 2, most);
}

static bool one_in(uint64_t *seed, unsigned n)
{
    return draw(seed, n) == 0;
}

/* ---- use of memory ---- */

static void add_model(struct syn_demand *sum, const struct syn_model *model)
{
    for (unsigned l = 0; l < model->layer_count; l++) {
        struct syn_demand layer;
        syn_demand_layer(&syn_part_max78002, &model->layers[l], &layer);
        for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
            sum->of[r] += layer.of[r];
    }
}

static double use_of(const struct syn_fleet *fleet, const struct syn_demand *need)
{
    uint64_t have[SYN_PART_RESOURCES] = {0};
    double use = 0;
    for (unsigned d = 0; d < fleet->count; d++) {
        struct syn_demand room;
        syn_demand_room(fleet->devices[d].profile.timing.part, &room);
        for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
            have[r] += room.of[r];
    }
    for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
        use = have[r] ? fmax(use, (double)need->of[r] / (double)have[r]) : use;
    return use;
}

double instance_use(const struct syn_problem *problem)
{
    struct syn_demand need = {{0}};
    for (unsigned p = 0; p < problem->pipeline_count; p++)
        add_model(&need, problem->pipelines[p].model);
    return use_of(problem->fleet, &need);
}

/* ---- small ---- */

/* A chain of convolutions; the wider, the more memory it takes: 192 after 256 channels fill all
 * processors of a MAX78000. `even`: all of one width, so that many add what is before the last:
 * their cycles depend on where their kernels lie. */
static const struct syn_model *random_model(struct rig *rig, uint64_t *seed, unsigned layers,
                                            unsigned widest, bool even)
{
    static const unsigned widths[] = {4, 16, 40, 64, 100, 128, 192, 256, 384};
    struct chain_text chain;
    char name[16];
    (void)snprintf(name, sizeof name, "R%u", rig->model_count);
    const unsigned channels = widths[draw(seed, 3)];
    chain_begin(&chain, name, channels, 8 + draw(seed, 24));
    while (chain.count < layers) {
        struct chain_layer layer = {.channels = chain.width[0]};
        if (chain.count == 0 || !(even || one_in(seed, 3)))
            layer.channels = widths[draw(seed, widest)];
        layer.add = chain_may_add(&chain, layers) && !one_in(seed, 4);
        layer.point = one_in(seed, 4);
        layer.bias = !one_in(seed, 3);
        chain_put(&chain, &layer);
    }
    chain_end(&chain);
    return rig_parse(rig, chain.text);
}

static void drop(struct rig *rig, unsigned index)
{
    syn_model_free(rig->models[index]);
    rig->models[index] = rig->models[--rig->model_count];
}

/* How many of the random models' widths are worth trying: the widest need a MAX78002. */
static unsigned widest_of(const struct syn_fleet *fleet)
{
    for (unsigned d = 0; d < fleet->count; d++)
        if (fleet->devices[d].profile.timing.part == &syn_part_max78002)
            return 9;
    return 8;
}

/* Of several random models the one that brings the use of memory nearest to `wanted`. */
static const struct syn_model *model_of_share(struct rig *rig, uint64_t *seed,
                                              const struct instance_limits *limits,
                                              struct syn_demand *need, double wanted)
{
    const unsigned at = rig->model_count;
    double nearest = INFINITY;
    for (unsigned i = 0; i < MODEL_DRAWS && nearest > NEAR_ENOUGH; i++) {
        const unsigned layers = between(seed, limits->layers_min, limits->layers_max);
        const struct syn_model *model = random_model(
            rig, seed, layers, between(seed, 5, widest_of(&rig->fleet)), one_in(seed, 3));
        struct syn_demand with = *need;
        add_model(&with, model);
        const double off = fabs(use_of(&rig->fleet, &with) - wanted);
        if (i > 0)
            drop(rig, off < nearest ? at : at + 1);
        nearest = fmin(off, nearest);
    }
    add_model(need, rig->models[at]);
    return rig->models[at];
}

static void random_device(struct rig *rig, uint64_t *seed, unsigned index, unsigned speed,
                          bool large)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    rig_device(rig, names[index], large ? &syn_part_max78002 : &syn_part_max78000);
    struct syn_timing *t = &rig->fleet.devices[index].profile.timing;
    t->message_ns = 5000u << draw(seed, 3 + speed);
    t->byte_ps = 5000u << draw(seed, 2 + speed);
    t->arena_bytes = one_in(seed, 6) ? 16384u << draw(seed, 3) : t->arena_bytes * 4;
    t->sense_ns = 100000u << draw(seed, 4);
    t->act_ns = 50000u << draw(seed, 4);
    t->start_ns += draw(seed, 3) * 100000;
}

static void random_fleet(struct rig *rig, uint64_t *seed, unsigned count, bool tight)
{
    const unsigned speed = draw(seed, 8); /* of the radios: the larger, the slower they may be */
    for (unsigned d = 0; d < count; d++)
        random_device(rig, seed, d, speed, one_in(seed, tight ? 8 : 3));
    rig->fleet.hub_wired = one_in(seed, 2);
    if (!one_in(seed, 3))
        return;
    for (unsigned a = 0; a < count; a++)
        for (unsigned b = 0; b < a; b++)
            if (one_in(seed, 3))
                rig->fleet.direct[a][b] = rig->fleet.direct[b][a] = false;
}

static void random_wishes(struct rig *rig, uint64_t *seed, struct syn_problem_pipeline *pipe)
{
    const unsigned count = rig->fleet.count;
    pipe->spec.weight = (uint16_t)(one_in(seed, 3) ? between(seed, 2, 4) : 1);
    if (one_in(seed, 4))
        pipe->targets = (uint16_t)((1u << count) - 1);
    if (one_in(seed, 4))
        pipe->sources = (uint16_t)(pipe->sources | 1u << draw(seed, count));
    if (one_in(seed, 10))
        pipe->spec.rate_cap_ips = 5 * between(seed, 1, 40);
    if (one_in(seed, 8))
        pipe->spec.latency_bound_ms = 4u << draw(seed, 6);
    if (count > 2 && one_in(seed, 8))
        pipe->hosts = (uint16_t)(pipe->hosts & ~(1u << draw(seed, count)));
}

static const struct syn_model *small_model(struct rig *rig, uint64_t *seed,
                                           const struct instance_limits *limits,
                                           struct syn_demand *need, double wanted)
{
    if (!limits->zoo || !one_in(seed, 6))
        return model_of_share(rig, seed, limits, need, wanted);
    const struct syn_model *model = rig_model(rig, draw(seed, 2) ? "kws" : "convnet5");
    add_model(need, model);
    return model;
}

void instance_small(struct rig *rig, uint64_t seed, const struct instance_limits *limits)
{
    struct syn_demand need = {{0}};
    seed = seed * 2654435761u + 12345; /* neighbours must not have the same beginning */
    memset(rig, 0, sizeof *rig);
    const bool tight = !one_in(&seed, 3);
    const unsigned devices = tight ? lower_half(&seed, limits->devices_min, limits->devices_max)
                                   : between(&seed, limits->devices_min, limits->devices_max);
    random_fleet(rig, &seed, devices, tight);
    const unsigned count = tight ? upper_half(&seed, limits->pipelines_min, limits->pipelines_max)
                                 : between(&seed, limits->pipelines_min, limits->pipelines_max);
    const double wanted = tight ? 0.7 + 0.05 * draw(&seed, 8) : 0.1 + 0.1 * draw(&seed, 6);
    for (unsigned p = 0; p < count; p++) {
        const struct syn_model *model =
            small_model(rig, &seed, limits, &need, wanted * (p + 1) / count);
        const char *source = rig->fleet.devices[draw(&seed, devices)].name;
        const char *target = rig->fleet.devices[draw(&seed, devices)].name;
        random_wishes(rig, &seed, rig_pipeline(rig, model, source, target));
    }
}

/* ---- large ---- */

static const char *const zoo[] = {"convnet5",  "ressimplenet", "unet",           "kws",
                                  "simplenet", "widenet",      "efficientnetv2", "mobilenetv2"};
#define ZOO (sizeof zoo / sizeof zoo[0])

/* Exchanges models, one after the other, whenever that comes nearer to the wanted use. */
static void approach(struct rig *rig, uint64_t *seed, double use)
{
    struct syn_problem *problem = &rig->problem;
    double off = fabs(instance_use(problem) - use);
    for (unsigned i = 0; i < PIPELINE_DRAWS; i++) {
        struct syn_problem_pipeline *p = &problem->pipelines[draw(seed, problem->pipeline_count)];
        const struct syn_model *before = p->model;
        p->model = rig->models[draw(seed, ZOO)];
        const double now = fabs(instance_use(problem) - use);
        if (now < off)
            off = now;
        else
            p->model = before;
    }
}

static void name_pipelines(struct syn_problem *problem)
{
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        struct syn_problem_pipeline *pipe = &problem->pipelines[p];
        (void)snprintf(pipe->spec.name, sizeof pipe->spec.name, "p%u", p);
        (void)snprintf(pipe->spec.model, sizeof pipe->spec.model, "%s", pipe->model->name);
    }
}

static void large_fleet(struct rig *rig, unsigned devices)
{
    memset(rig, 0, sizeof *rig);
    for (unsigned d = 0; d < devices; d++) {
        char name[8];
        (void)snprintf(name, sizeof name, "d%u", d);
        rig_device(rig, name, d % 3 == 1 ? &syn_part_max78002 : &syn_part_max78000);
    }
}

static struct syn_problem_pipeline *large_pipeline(struct rig *rig, uint64_t *seed,
                                                   const struct syn_model *model)
{
    const char *source = rig->fleet.devices[draw(seed, rig->fleet.count)].name;
    const char *target = rig->fleet.devices[draw(seed, rig->fleet.count)].name;
    return rig_pipeline(rig, model, source, target);
}

void instance_large(struct rig *rig, uint64_t seed, unsigned devices, unsigned pipelines,
                    double use)
{
    seed = seed * 2654435761u + 54321;
    large_fleet(rig, devices);
    for (unsigned m = 0; m < ZOO; m++)
        (void)rig_model(rig, zoo[m]);
    for (unsigned p = 0; p < pipelines; p++) {
        struct syn_problem_pipeline *pipe =
            large_pipeline(rig, &seed, rig->models[draw(&seed, ZOO)]);
        if (one_in(&seed, 4))
            pipe->targets = (uint16_t)(pipe->targets | 1u << draw(&seed, devices));
    }
    approach(rig, &seed, use);
    name_pipelines(&rig->problem);
}

void instance_chains(struct rig *rig, uint64_t seed, unsigned devices, unsigned pipelines,
                     unsigned layers)
{
    seed = seed * 2654435761u + 98765;
    large_fleet(rig, devices);
    for (unsigned p = 0; p < pipelines; p++)
        (void)large_pipeline(rig, &seed, random_model(rig, &seed, layers, 2, false));
    name_pipelines(&rig->problem);
}

/* ---- the reference workloads on more devices ---- */

void instance_workload(struct rig *rig, unsigned workload, enum rig_set set, unsigned devices)
{
    rig_workload(rig, workload, set);
    for (unsigned d = rig->fleet.count; d < devices; d++) {
        const struct syn_fleet_device *like = &rig->fleet.devices[d % 4];
        char name[SYN_DEVICE_NAME];
        (void)snprintf(name, sizeof name, "%s%u", like->name, d / 4 + 1);
        rig_device(rig, name, like->profile.timing.part);
    }
    for (unsigned p = 0; p < rig->problem.pipeline_count; p++)
        rig->problem.pipelines[p].hosts = (uint16_t)((1u << rig->fleet.count) - 1);
}
