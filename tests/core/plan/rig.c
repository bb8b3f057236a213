/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/plan/rig.h"

#include "devices/base/hash.h"
#include "tests/core/plan/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const char *const rig_set_names[RIG_SET_COUNT] = {"max78000", "max78002", "mixed"};

/* BLE 2M, as in devices/profiles. */
static struct syn_timing figures(const struct syn_part *part)
{
    const bool large = part == &syn_part_max78002;
    struct syn_timing t = {.part = part,
                           .accel_hz = large ? 200000000 : 50000000,
                           .start_ns = 6600,
                           .word_ns = 270,
                           .configure_layer_ns = 15000,
                           .weight_byte_ps = 71300,
                           .sense_ns = 1000000,
                           .act_ns = 1000000,
                           .message_ns = 3750000,
                           .byte_ps = 5704918,
                           .idle_uw = 9400,
                           .active_uw = {0, 42000, large ? 180000 : 50000, 15000},
                           .arena_bytes = large ? 262144 : 65536};
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        t.skew_permille[u] = 1000;
    return t;
}

void rig_device(struct rig *rig, const char *name, const struct syn_part *part)
{
    struct syn_fleet_device *d = &rig->fleet.devices[rig->fleet.count];
    memset(d, 0, sizeof *d);
    (void)snprintf(d->name, sizeof d->name, "%s", name);
    (void)snprintf(d->profile.wear, sizeof d->profile.wear, "%.15s", name);
    d->profile.timing = figures(part);
    d->profile.sensor_count = d->profile.actuator_count = 1;
    (void)snprintf(d->profile.sensors[0], SYN_KIND_MAX, "camera");
    (void)snprintf(d->profile.actuators[0], SYN_KIND_MAX, "haptic");
    rig->fleet.count++;
    for (unsigned i = 0; i < rig->fleet.count; i++)
        rig->fleet.direct[i][rig->fleet.count - 1] = rig->fleet.direct[rig->fleet.count - 1][i] =
            true;
    rig->problem.fleet = &rig->fleet;
}

void rig_wearables(struct rig *rig, enum rig_set set)
{
    static const char *const names[] = {"earbud", "glasses", "watch", "ring"};
    for (unsigned i = 0; i < 4; i++)
        rig_device(rig, names[i],
                   set == RIG_MAX78002 || (set == RIG_MIXED && i == 1) ? &syn_part_max78002
                                                                       : &syn_part_max78000);
}

static const struct syn_model *keep(struct rig *rig, struct syn_model *model, int rc,
                                    const struct syn_error *error)
{
    if (rc)
        fail_msg("model: %s:%d: %s", error->file, error->line, error->message);
    rig->models[rig->model_count++] = model;
    return model;
}

const struct syn_model *rig_model(struct rig *rig, const char *file)
{
    char path[512];
    struct syn_model *model;
    struct syn_error error = {0};
    (void)snprintf(path, sizeof path, "%s/devices/models/%s.json", SYN_SOURCE_DIR, file);
    int rc = syn_model_read(&model, path, &error);
    return keep(rig, model, rc, &error);
}

const struct syn_model *rig_parse(struct rig *rig, const char *text)
{
    struct syn_model *model;
    struct syn_error error = {0};
    const struct syn_weights_source weights = {.folder = "."};
    int rc = syn_model_parse(&model, text, strlen(text), "test.json", &weights, &error);
    return keep(rig, model, rc, &error);
}

struct syn_problem_pipeline *rig_pipeline(struct rig *rig, const struct syn_model *model,
                                          const char *source, const char *target)
{
    struct syn_problem_pipeline *p = &rig->problem.pipelines[rig->problem.pipeline_count++];
    memset(p, 0, sizeof *p);
    (void)snprintf(p->app, sizeof p->app, "test");
    (void)snprintf(p->spec.name, sizeof p->spec.name, "%s", model->name);
    (void)snprintf(p->spec.model, sizeof p->spec.model, "%s", model->name);
    (void)snprintf(p->spec.sense.kind, sizeof p->spec.sense.kind, "camera");
    (void)snprintf(p->spec.act.kind, sizeof p->spec.act.kind, "haptic");
    p->spec.weight = 1;
    p->model = model;
    p->hosts = (uint16_t)((1u << rig->fleet.count) - 1);
    for (unsigned d = 0; d < rig->fleet.count; d++) {
        if (!strcmp(rig->fleet.devices[d].name, source))
            p->sources = (uint16_t)(1u << d);
        if (!strcmp(rig->fleet.devices[d].name, target))
            p->targets = (uint16_t)(1u << d);
    }
    return p;
}

/* The workloads of scripts/apps: bit w of `in` where workload w has the pipeline. */
static const struct {
    const char *file, *source, *target;
    unsigned in;
} pipelines[] = {
    {"convnet5", "glasses", "watch", 1 << 1 | 1 << 4 | 1 << 5},
    {"ressimplenet", "glasses", "watch", 1 << 1 | 1 << 4 | 1 << 5},
    {"unet", "glasses", "watch", 1 << 1 | 1 << 4 | 1 << 5},
    {"kws", "earbud", "ring", 1 << 2 | 1 << 4 | 1 << 5},
    {"simplenet", "glasses", "watch", 1 << 2 | 1 << 4 | 1 << 5},
    {"widenet", "glasses", "earbud", 1 << 2 | 1 << 4 | 1 << 5},
    {"efficientnetv2", "glasses", "watch", 1 << 3 | 1 << 4 | 1 << 5},
    {"mobilenetv2", "glasses", "ring", 1 << 3 | 1 << 4},
};

void rig_workload(struct rig *rig, unsigned workload, enum rig_set set)
{
    memset(rig, 0, sizeof *rig);
    rig_wearables(rig, set);
    for (size_t i = 0; i < sizeof pipelines / sizeof pipelines[0]; i++) {
        if (!(pipelines[i].in >> workload & 1))
            continue;
        const struct syn_model *model = rig_model(rig, pipelines[i].file);
        struct syn_problem_pipeline *p =
            rig_pipeline(rig, model, pipelines[i].source, pipelines[i].target);
        (void)snprintf(p->app, sizeof p->app, "W%u", workload);
    }
}

/* 0 .. below - 1 */
static unsigned draw(uint64_t *seed, unsigned below)
{
    return (unsigned)(syn_splitmix64(seed) >> 33) % below;
}

const struct syn_model *rig_random_model(struct rig *rig, uint64_t *seed, unsigned layers)
{
    static const unsigned widths[] = {4, 16, 40, 64, 100, 128};
    struct chain_text chain;
    char name[16];
    (void)snprintf(name, sizeof name, "R%u", rig->model_count);
    const unsigned channels = widths[draw(seed, 3)];
    chain_begin(&chain, name, channels, 8 + draw(seed, 24));
    while (chain.count < layers) {
        struct chain_layer layer = {.channels = widths[draw(seed, 6)]};
        layer.add = chain_may_add(&chain, layers) && draw(seed, 2) == 0;
        layer.bias = draw(seed, 2);
        chain_put(&chain, &layer);
    }
    chain_end(&chain);
    return rig_parse(rig, chain.text);
}

unsigned rig_links(struct rig *rig, uint64_t seed)
{
    struct syn_fleet *fleet = &rig->fleet;
    unsigned count = 0;
    seed = seed * 2654435761u + 77;
    for (unsigned a = 0; a < fleet->count; a++)
        for (unsigned b = 0; b < fleet->count; b++) {
            if (a == b || draw(&seed, 2))
                continue;
            const bool wired = draw(&seed, 2);
            struct syn_fleet_link link = {.measured = true, .wired = wired};
            link.send_ns = 3000u << draw(&seed, 9);
            link.send_byte_ps = 700u << draw(&seed, 9);
            link.receive_ns = wired ? 0 : 3000u << draw(&seed, 9);
            link.receive_byte_ps = wired ? 0 : 700u << draw(&seed, 9);
            fleet->direct[a][b] = false;
            fleet->links[a][b] = link;
            count++;
        }
    return count;
}

void rig_random(struct rig *rig, uint64_t seed)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    memset(rig, 0, sizeof *rig);
    for (unsigned d = 0; d < 3; d++) {
        rig_device(rig, names[d], draw(&seed, 4) ? &syn_part_max78000 : &syn_part_max78002);
        struct syn_timing *t = &rig->fleet.devices[d].profile.timing;
        t->message_ns = 10000u << draw(&seed, 9);
        t->byte_ps = 10000u << draw(&seed, 8);
        t->arena_bytes = 8192u << draw(&seed, 4);
        t->start_ns += draw(&seed, 3) * 1000000;
    }
    if (draw(&seed, 2))
        rig->fleet.direct[0][1] = rig->fleet.direct[1][0] = false;
    rig->fleet.hub_wired = draw(&seed, 2);
    const unsigned count = 2 + draw(&seed, 2);
    for (unsigned p = 0; p < count; p++) {
        const struct syn_model *model = rig_random_model(rig, &seed, 2 + draw(&seed, 4));
        const char *target = names[draw(&seed, 3)]; /* one after the other: every compiler alike */
        const char *source = names[draw(&seed, 3)];
        struct syn_problem_pipeline *pipe = rig_pipeline(rig, model, source, target);
        pipe->spec.weight = (uint16_t)(1 + draw(&seed, 3));
        if (draw(&seed, 3) == 0)
            pipe->targets = 7;
        if (draw(&seed, 4) == 0)
            pipe->sources |= 1;
        if (draw(&seed, 8) == 0)
            pipe->spec.rate_cap_ips = 20;
        if (draw(&seed, 6) == 0)
            pipe->spec.latency_bound_ms = 20;
        if (draw(&seed, 6) == 0)
            pipe->hosts = (uint16_t)(pipe->hosts & ~(1u << draw(&seed, 3)));
    }
    rig->problem.objective = (enum syn_objective)draw(&seed, SYN_OBJECTIVE_COUNT);
}

void rig_other_part(struct rig *rig, unsigned device, uint64_t seed)
{
    struct syn_timing *t = &rig->fleet.devices[device].profile.timing;
    seed ^= 0x706561;
    rig->other = (struct syn_part){.name = "other",
                                   .kind = &syn_part_kind_peak,
                                   .weight_bytes = 20000u << draw(&seed, 6),
                                   .data_bytes = 30000u << draw(&seed, 4),
                                   .layers_max = (uint16_t)(4u << draw(&seed, 3)),
                                   .peak = {.weight_bytes_per_kcycle = 1000u << draw(&seed, 4),
                                            .data_bytes_per_kcycle = 8000,
                                            .layer_cycles = 100 * draw(&seed, 20),
                                            .weight_bits_min = 8}};
    for (unsigned op = SYN_OP_CONV2D; op < SYN_OP_COUNT; op++)
        rig->other.peak.macs_per_kcycle[op] = 32000u << draw(&seed, 4);
    t->part = &rig->other;
    t->accel_hz = 100000000;
    t->word_ns = 10;
}

void rig_assert_same_plan(const struct syn_plan *a, const struct syn_plan *b)
{
    assert_int_equal(a->pipeline_count, b->pipeline_count);
    for (unsigned p = 0; p < a->pipeline_count; p++)
        if (syn_execution_plan_compare(&a->pipelines[p], &b->pipelines[p]))
            fail_msg("the plans differ in pipeline %u", p);
}

void rig_free(struct rig *rig)
{
    for (unsigned i = 0; i < rig->model_count; i++)
        syn_model_free(rig->models[i]);
    memset(rig, 0, sizeof *rig);
}
