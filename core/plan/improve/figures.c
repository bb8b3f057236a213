/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/improve/figures.h"

#include "core/cost/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCARCE_POWER 8
#define PLACED_EACH  64 /* sets of chunks remembered for each pipeline and device */

bool syn_figures_fits_alone(struct syn_figures *f, unsigned first, unsigned last)
{
    struct syn_misfit misfit;
    int8_t *known = &f->alone[syn_chunk_at(first, last)];
    if (!*known)
        *known = syn_fit_alone(f->timing->part, f->model, first, last, &misfit) ? -1 : 1;
    return *known > 0;
}

int64_t syn_figures_infer_ns(const struct syn_figures *f, unsigned first, unsigned last,
                             const struct syn_place *places)
{
    const struct syn_chunk chunk = {.layers = f->model->layers,
                                    .first = (uint16_t)first,
                                    .last = (uint16_t)last,
                                    .layer_count = (uint16_t)f->model->layer_count};
    return (int64_t)syn_timing_infer(
        f->timing, syn_place_cycles(f->timing->part, &chunk, places, f->timing->accel_hz));
}

/* The ends move with the beginnings, as nearly every part's limits do; where they do not, a chunk
 * is overlooked, never a wrong one taken: syn_figures_fits_alone has the last word. */
static void find_reach(struct syn_figures *f)
{
    const unsigned layers = f->model->layer_count;
    unsigned end = 0;
    for (unsigned first = 0; first < layers; first++) {
        end = end > first ? end : first;
        while (end < layers && syn_figures_fits_alone(f, first, end + 1))
            end++;
        f->reach[first] = (uint16_t)end;
    }
}

static int allocate(struct syn_figures *f)
{
    const size_t cuts = f->model->layer_count + 1u;
    f->words_ns = calloc(cuts, sizeof *f->words_ns);
    f->message_ns = calloc(cuts, sizeof *f->message_ns);
    f->configure_ns = calloc(cuts, sizeof *f->configure_ns);
    f->infer_ns = calloc(cuts, sizeof *f->infer_ns);
    f->demand = calloc(cuts, sizeof *f->demand);
    f->reach = calloc(cuts, sizeof *f->reach);
    f->alone = calloc(syn_chunks_of(f->model->layer_count), sizeof *f->alone);
    return f->words_ns && f->message_ns && f->configure_ns && f->infer_ns && f->demand &&
                   f->reach && f->alone
               ? 0
               : SYN_ENOMEM;
}

static void fill(struct syn_figures *f, const uint32_t *bytes, const uint32_t *words)
{
    const struct syn_timing *t = f->timing;
    struct syn_demand own;
    uint64_t cycles = 0;
    f->start_ns = (double)syn_timing_infer(t, 1);
    for (unsigned i = 0; i <= f->model->layer_count; i++) {
        f->words_ns[i] = (int64_t)syn_timing_words(t, words[i]);
        f->message_ns[i] = (int64_t)syn_timing_message(t, bytes[i]);
        f->configure_ns[i] = (int64_t)syn_timing_configure(t, i);
        f->infer_ns[i] = (double)syn_timing_infer(t, 1 + cycles) - f->start_ns;
        if (i == f->model->layer_count)
            break;
        cycles += syn_demand_cycles(t->part, &f->model->layers[i], t->accel_hz);
        syn_demand_layer(t->part, &f->model->layers[i], &own);
        for (unsigned r = 0; r < SYN_PART_RESOURCES; r++)
            f->demand[i + 1].of[r] = f->demand[i].of[r] + own.of[r];
    }
    find_reach(f);
}

/* Of an earlier pipeline or device for which they are the same; NULL where there are none. */
static struct syn_figures *shared(const struct syn_atlas *t, unsigned pipeline, unsigned device)
{
    const struct syn_fleet_device *devices = t->problem->fleet->devices;
    for (unsigned p = 0; p <= pipeline; p++)
        for (unsigned d = 0; d < t->devices && (p < pipeline || d < device); d++)
            if (t->problem->pipelines[p].model == t->problem->pipelines[pipeline].model &&
                syn_timing_same(&devices[d].profile.timing, &devices[device].profile.timing))
                return t->of[p][d];
    return NULL;
}

static int add_figures(struct syn_atlas *t, unsigned pipeline, unsigned device,
                       const uint32_t *words)
{
    struct syn_figures *f = shared(t, pipeline, device);
    if (!f) {
        f = calloc(1, sizeof *f);
        if (!f)
            return SYN_ENOMEM;
        t->of[pipeline][device] = f;
        f->id = t->figures++;
        f->model = t->problem->pipelines[pipeline].model;
        f->timing = &t->problem->fleet->devices[device].profile.timing;
        if (allocate(f))
            return SYN_ENOMEM;
        fill(f, t->bytes[pipeline], words);
    }
    t->of[pipeline][device] = f;
    return 0;
}

static int add_pipeline(struct syn_atlas *t, unsigned pipeline)
{
    const struct syn_model *model = t->problem->pipelines[pipeline].model;
    uint32_t words[SYN_MODEL_LAYERS_MAX + 1];
    int rc = 0;
    for (unsigned p = 0; p < pipeline && !t->bytes[pipeline]; p++)
        if (t->problem->pipelines[p].model == model)
            t->bytes[pipeline] = t->bytes[p];
    if (!t->bytes[pipeline])
        t->bytes[pipeline] = calloc(model->layer_count + 1u, sizeof *t->bytes[pipeline]);
    if (!t->bytes[pipeline])
        return SYN_ENOMEM;
    for (unsigned i = 0; i <= model->layer_count; i++) {
        struct syn_cut cut;
        if (syn_model_cut(model, i, &cut))
            return SYN_EOOR;
        t->bytes[pipeline][i] =
            i < model->layer_count ? cut.bytes : syn_cost_result_bytes(cut.bytes);
        words[i] = cut.words;
    }
    for (unsigned d = 0; !rc && d < t->devices; d++)
        rc = add_figures(t, pipeline, d, words);
    t->layers_max = model->layer_count > t->layers_max ? model->layer_count : t->layers_max;
    return rc;
}

/* Does everything take the same of both resources, and has every device the same room of them? */
static bool same_resource(const struct syn_atlas *t, unsigned a, unsigned b)
{
    bool same = true;
    for (unsigned d = 0; d < t->devices; d++)
        same &= t->room[d].of[a] == t->room[d].of[b];
    for (unsigned p = 0; p < t->pipelines; p++)
        for (unsigned d = 0; same && d < t->devices; d++)
            for (unsigned i = 0; same && i <= t->of[p][d]->model->layer_count; i++)
                same = t->of[p][d]->demand[i].of[a] == t->of[p][d]->demand[i].of[b];
    return same;
}

static void move_resource(struct syn_atlas *t, unsigned from, unsigned to)
{
    for (unsigned d = 0; d < t->devices; d++)
        t->room[d].of[to] = t->room[d].of[from];
    for (unsigned p = 0; p < t->pipelines; p++)
        for (unsigned d = 0; d < t->devices; d++)
            for (unsigned i = 0; i <= t->of[p][d]->model->layer_count; i++)
                t->of[p][d]->demand[i].of[to] = t->of[p][d]->demand[i].of[from];
}

/* Most processors are loaded like their neighbours: one stands for all of them. */
static void join_resources(struct syn_atlas *t)
{
    for (unsigned r = 0; r < SYN_PART_RESOURCES; r++) {
        unsigned k = 0;
        while (k < t->resources && !same_resource(t, r, k))
            k++;
        if (k == t->resources)
            move_resource(t, r, t->resources++);
        t->times[k]++;
    }
}

/* What a pipeline takes at least: devices of two kinds may differ. */
static double least_demand(const struct syn_atlas *t, unsigned pipeline, unsigned resource)
{
    const unsigned layers = t->problem->pipelines[pipeline].model->layer_count;
    double least = INFINITY;
    for (unsigned d = 0; d < t->devices; d++) {
        const double here = t->of[pipeline][d]->demand[layers].of[resource];
        if (t->problem->pipelines[pipeline].hosts >> d & 1 && here < least)
            least = here;
    }
    return isinf(least) ? 0 : least;
}

static void find_scarcity(struct syn_atlas *t)
{
    for (unsigned r = 0; r < t->resources; r++) {
        double room = 0, demand = 0;
        for (unsigned d = 0; d < t->devices; d++)
            room += t->room[d].of[r];
        for (unsigned p = 0; p < t->pipelines; p++)
            demand += least_demand(t, p, r);
        t->use[r] = room > 0 ? demand / room : demand > 0 ? INFINITY : 0;
        t->scarcity[r] = t->times[r] * pow(t->use[r] < 1 ? t->use[r] : 1, SCARCE_POWER);
        for (unsigned p = 0; p < t->pipelines && room > 0; p++)
            t->size[p] += t->scarcity[r] * least_demand(t, p, r) / room;
    }
}

int syn_atlas_new(struct syn_atlas **atlas, const struct syn_problem *problem)
{
    struct syn_atlas *t = calloc(1, sizeof *t);
    int rc = t ? 0 : SYN_ENOMEM;
    *atlas = NULL;
    if (rc)
        return rc;
    t->problem = problem;
    t->links = syn_fleet_any_measured(problem->fleet);
    t->devices = problem->fleet->count;
    t->pipelines = problem->pipeline_count;
    for (unsigned d = 0; d < t->devices; d++)
        syn_demand_room(problem->fleet->devices[d].profile.timing.part, &t->room[d]);
    rc = syn_placed_new(&t->placed, (size_t)PLACED_EACH * t->devices * t->pipelines);
    for (unsigned p = 0; !rc && p < t->pipelines; p++)
        rc = add_pipeline(t, p);
    if (rc) {
        syn_atlas_free(t);
        return rc;
    }
    join_resources(t);
    find_scarcity(t);
    *atlas = t;
    return rc;
}

static void free_figures(struct syn_figures *f)
{
    free(f->words_ns);
    free(f->message_ns);
    free(f->configure_ns);
    free(f->infer_ns);
    free(f->demand);
    free(f->reach);
    free(f->alone);
    free(f);
}

static bool freed_before(const struct syn_atlas *t, unsigned pipeline, unsigned device)
{
    for (unsigned p = 0; p <= pipeline; p++)
        for (unsigned d = 0; d < t->devices && (p < pipeline || d < device); d++)
            if (t->of[p][d] == t->of[pipeline][device])
                return true;
    return false;
}

void syn_atlas_free(struct syn_atlas *t)
{
    if (!t)
        return;
    for (unsigned p = t->pipelines; p-- > 0;) {
        bool owner = t->bytes[p] != NULL;
        for (unsigned q = 0; q < p; q++)
            owner &= t->bytes[q] != t->bytes[p];
        if (owner)
            free(t->bytes[p]);
        for (unsigned d = t->devices; d-- > 0;)
            if (t->of[p][d] && !freed_before(t, p, d))
                free_figures(t->of[p][d]);
    }
    syn_placed_free(t->placed);
    free(t);
}
