/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/oor.h"

#include "core/cost/fit.h"
#include "core/plan/enumerate.h"
#include "devices/base/bits.h"

#include <stdio.h>
#include <string.h>

static const struct syn_timing *timing_of(const struct syn_problem *problem, unsigned device)
{
    return &problem->fleet->devices[device].profile.timing;
}

/* ---- devices in words --------------------------------------------------------------------- */

/* The part that all devices of the set have, or NULL. */
static const struct syn_part *common_part(const struct syn_problem *problem, uint32_t set)
{
    const struct syn_part *part = NULL;
    for (unsigned d = 0; d < problem->fleet->count; d++) {
        const struct syn_part *own = timing_of(problem, d)->part;
        if (!(set >> d & 1))
            continue;
        if (part && part != own)
            return NULL;
        part = own;
    }
    return part;
}

/* "four MAX78000", or the names of the devices. */
static void devices_words(const struct syn_problem *problem, uint32_t set, char *text, size_t size)
{
    static const char *const numbers[] = {"no",   "one", "two",   "three", "four",
                                          "five", "six", "seven", "eight"};
    const struct syn_part *part = common_part(problem, set);
    const unsigned count = syn_bits_count(set);
    size_t used = 0;
    if (part && count < sizeof numbers / sizeof numbers[0]) {
        (void)snprintf(text, size, "%s %s", numbers[count], part->name);
        return;
    }
    text[0] = '\0';
    for (unsigned d = 0; d < problem->fleet->count && used < size; d++)
        if (set >> d & 1)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     problem->fleet->devices[d].name);
}

/* ---- a layer that fits nowhere ------------------------------------------------------------ */

static int fit_layer(const struct syn_problem *problem, unsigned pipeline, unsigned device,
                     unsigned layer, struct syn_misfit *misfit)
{
    const struct syn_model *model = problem->pipelines[pipeline].model;
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    const struct syn_residents alone = {.count = 1,
                                        .list = {{.pipeline = (uint8_t)pipeline,
                                                  .first = (uint16_t)layer,
                                                  .last = (uint16_t)(layer + 1)}}};
    memset(misfit, 0, sizeof *misfit);
    int rc = syn_fit_alone(timing_of(problem, device)->part, model, layer, layer + 1, misfit);
    return rc ? rc : syn_fit_kernels(problem, device, &alone, places, misfit);
}

/* The misfit of a layer that no host takes, on the host with the most room. */
static bool layer_misfits(const struct syn_problem *problem, unsigned pipeline, unsigned layer,
                          struct syn_misfit *misfit, unsigned *device)
{
    bool any = false;
    for (unsigned d = 0; d < problem->fleet->count; d++) {
        struct syn_misfit own;
        if (!(problem->pipelines[pipeline].hosts >> d & 1))
            continue;
        if (!fit_layer(problem, pipeline, d, layer, &own))
            return false;
        if (!any || own.have > misfit->have) {
            *misfit = own;
            *device = d;
        }
        any = true;
    }
    return any;
}

/* Is a further over its limit than b? What the part has not got at all is furthest. */
static bool is_worse(const struct syn_misfit *a, const struct syn_misfit *b)
{
    if (a->limit == SYN_LIMIT_FEATURE || b->limit == SYN_LIMIT_FEATURE)
        return b->limit != SYN_LIMIT_FEATURE;
    return (uint64_t)a->need * b->have > (uint64_t)b->need * a->have;
}

static int explain_layer(const struct syn_problem *problem, unsigned pipeline,
                         struct syn_error *error)
{
    const struct syn_model *model = problem->pipelines[pipeline].model;
    struct syn_misfit worst = {.limit = SYN_LIMIT_NONE};
    unsigned device = 0, layer = 0;
    char words[160];
    for (unsigned l = 0; l < model->layer_count; l++) {
        struct syn_misfit misfit;
        unsigned d = 0;
        if (!layer_misfits(problem, pipeline, l, &misfit, &d) ||
            (worst.limit && !is_worse(&misfit, &worst)))
            continue;
        worst = misfit;
        device = d;
        layer = l;
    }
    if (!worst.limit)
        return 0;
    syn_misfit_words(&worst, words, sizeof words);
    syn_error_set(error, SYN_EOOR, "%s on %s: layer %u %s", model->name,
                  timing_of(problem, device)->part->name, layer, words);
    /* Where several could have taken it, none of them is to blame. */
    if (syn_bits_count(problem->pipelines[pipeline].hosts) == 1)
        syn_error_device(error, problem->fleet->devices[device].name);
    return SYN_EOOR;
}

/* ---- totals ------------------------------------------------------------------------------- */

struct totals {
    uint64_t weights; /* without biases, as the weight memory sees them */
    uint64_t bytes;   /* with biases */
    uint64_t bias, layers;
};

static void add_model(struct totals *t, const struct syn_model *model)
{
    t->bytes += syn_model_weight_bytes(model);
    t->layers += model->layer_count;
    for (unsigned l = 0; l < model->layer_count; l++) {
        t->weights += syn_layer_weight_bytes(&model->layers[l]);
        t->bias += syn_layer_bias_bytes(&model->layers[l]);
    }
}

static void add_devices(struct totals *t, const struct syn_problem *problem, uint32_t set)
{
    for (unsigned d = 0; d < problem->fleet->count; d++) {
        const struct syn_part_room room = syn_part_room(timing_of(problem, d)->part);
        if (!(set >> d & 1))
            continue;
        t->weights += room.weight_bytes;
        t->bias += room.bias_bytes;
        t->layers += room.layers;
    }
}

static int refuse_total(const struct syn_problem *problem, const char *who, uint32_t set,
                        const char *what, uint64_t need, uint64_t have, const char *unit,
                        struct syn_error *error)
{
    char devices[256], need_text[32], have_text[32];
    devices_words(problem, set, devices, sizeof devices);
    return syn_error_set(error, SYN_EOOR, "%s on %s: %s %s of %s%s", who, devices, what,
                         syn_grouped(need, need_text), syn_grouped(have, have_text), unit);
}

static int compare_totals(const struct syn_problem *problem, const char *who, uint32_t set,
                          const struct totals *need, struct syn_error *error)
{
    struct totals have = {0};
    add_devices(&have, problem, set);
    if (need->weights > have.weights)
        return refuse_total(problem, who, set, "weights", need->bytes, have.weights, " bytes",
                            error);
    if (need->bias > have.bias)
        return refuse_total(problem, who, set, "biases", need->bias, have.bias, " bytes", error);
    if (need->layers > have.layers)
        return refuse_total(problem, who, set, "layers", need->layers, have.layers, "", error);
    return 0;
}

static int explain_total(const struct syn_problem *problem, unsigned pipeline,
                         struct syn_error *error)
{
    const struct syn_problem_pipeline *p = &problem->pipelines[pipeline];
    struct totals need = {0};
    add_model(&need, p->model);
    return compare_totals(problem, p->model->name, p->hosts, &need, error);
}

/* The app's name where all pipelines are of one, else their number. */
static void problem_words(const struct syn_problem *problem, char *text, size_t size)
{
    const char *app = problem->pipelines[0].app;
    for (unsigned p = 1; p < problem->pipeline_count; p++)
        if (strcmp(app, problem->pipelines[p].app)) {
            (void)snprintf(text, size, "%u pipelines", problem->pipeline_count);
            return;
        }
    (void)snprintf(text, size, "%s", app);
}

static int explain_totals(const struct syn_problem *problem, struct syn_error *error)
{
    char who[SYN_APP_NAME_MAX];
    struct totals need = {0};
    uint32_t set = 0;
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        add_model(&need, problem->pipelines[p].model);
        set |= problem->pipelines[p].hosts;
    }
    problem_words(problem, who, sizeof who);
    return compare_totals(problem, who, set, &need, error);
}

/* ---- how far a pipeline gets -------------------------------------------------------------- */

static bool until_found(void *ctx, const struct syn_candidate *candidate)
{
    (void)candidate;
    return !*(const bool *)ctx;
}

static void note_found(void *ctx, const struct syn_candidate *candidate)
{
    (void)candidate;
    *(bool *)ctx = true;
}

/* 1: it finds a plan when it is alone; 0: it does not; or an error. */
static int fits_alone(const struct syn_problem *problem, unsigned pipeline, struct syn_error *error)
{
    const struct syn_plan empty = {.pipeline_count = problem->pipeline_count};
    bool any = false;
    const struct syn_visitor visitor = {&any, until_found, note_found, NULL};
    uint64_t count = 0;
    int rc = syn_enumerate(problem, &empty, pipeline, NULL, INT64_MAX, &visitor, &count, error);
    return rc ? rc : any;
}

static bool is_faster(void *ctx, const struct syn_candidate *candidate)
{
    return candidate->own_latency_ns < *(const uint64_t *)ctx;
}

static void note_latency(void *ctx, const struct syn_candidate *candidate)
{
    *(uint64_t *)ctx = candidate->own_latency_ns;
}

/* Is it the latency bound that no plan of the pipeline keeps? 0: no. */
static int explain_latency(const struct syn_problem *problem, unsigned pipeline,
                           struct syn_error *error)
{
    const struct syn_pipeline *spec = &problem->pipelines[pipeline].spec;
    const struct syn_plan empty = {.pipeline_count = problem->pipeline_count};
    struct syn_problem unbounded = *problem;
    uint64_t best = UINT64_MAX, count = 0;
    const struct syn_visitor visitor = {&best, is_faster, note_latency, NULL};
    if (spec->latency_bound_ms <= 0)
        return 0;
    unbounded.pipelines[pipeline].spec.latency_bound_ms = 0;
    int rc = syn_enumerate(&unbounded, &empty, pipeline, NULL, INT64_MAX, &visitor, &count, error);
    if (rc || best == UINT64_MAX || (double)best / 1e6 <= spec->latency_bound_ms)
        return rc;
    return syn_error_set(error, SYN_EOOR,
                         "pipeline %s: its latency is at least %.3f ms, its bound %.3f ms",
                         spec->name, (double)best / 1e6, spec->latency_bound_ms);
}

int syn_plan_prove_latency(const struct syn_problem *problem, struct syn_error *error)
{
    const unsigned all = (1u << problem->fleet->count) - 1;
    int rc = 0;
    for (unsigned p = 0; rc == 0 && p < problem->pipeline_count; p++)
        if (problem->pipelines[p].hosts == all)
            rc = explain_latency(problem, p, error);
    return rc;
}

/* Does [0, last) go to the device, beside the base? Words of the first limit otherwise. */
static int fit_start(const struct syn_problem *problem, const struct syn_plan *base,
                     unsigned pipeline, unsigned device, unsigned last, struct syn_error *error)
{
    struct syn_plan trial = *base;
    struct syn_execution_plan *e = &trial.pipelines[pipeline];
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_residents residents;
    unsigned source = 0;
    while (!(problem->pipelines[pipeline].sources >> source & 1))
        source++;
    if (problem->pipelines[pipeline].sources >> device & 1)
        source = device;
    /* The chunk that follows, elsewhere, matters for the arena alone. */
    const bool whole = last == problem->pipelines[pipeline].model->layer_count;
    *e = (struct syn_execution_plan){.source = (uint8_t)source, .chunk_count = 1};
    e->chunks[0] = (struct syn_plan_chunk){.device = (uint8_t)device, .last = (uint16_t)last};
    syn_residents_of(&trial, device, &residents);
    e->chunk_count = whole ? 1 : 2;
    return syn_fit_device(problem, &trial, device, &residents, places, error);
}

/* The longest beginning of the model that some host takes; *error: why no more. */
static unsigned longest_start(const struct syn_problem *problem, const struct syn_plan *base,
                              unsigned pipeline, unsigned *device, struct syn_error *error)
{
    const unsigned layers = problem->pipelines[pipeline].model->layer_count;
    unsigned best = 0;
    bool any = false;
    for (unsigned d = 0; d < problem->fleet->count; d++) {
        struct syn_error own = {0};
        unsigned fits = 0, refused = 1;
        if (!(problem->pipelines[pipeline].hosts >> d & 1))
            continue;
        /* A longer beginning may need less arena: the last one that fits counts. */
        for (unsigned last = 1; last <= layers; last++)
            if (!fit_start(problem, base, pipeline, d, last, NULL))
                fits = last;
        refused = fits < layers ? fits + 1 : layers;
        (void)fit_start(problem, base, pipeline, d, refused, &own);
        if (!any || fits > best) {
            best = fits;
            *device = d;
            *error = own;
        }
        any = true;
    }
    return best;
}

/* " beside KWS, SimpleNet", or " even alone". */
static void beside_words(const struct syn_problem *problem, const struct syn_plan *base, char *text,
                         size_t size)
{
    size_t used = 0;
    (void)snprintf(text, size, " even alone");
    for (unsigned p = 0; p < base->pipeline_count && used < size; p++)
        if (base->pipelines[p].chunk_count)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : " beside ",
                                     problem->pipelines[p].model->name);
}

static int explain_progress(const struct syn_problem *problem, const struct syn_plan *base,
                            unsigned pipeline, struct syn_error *error)
{
    const struct syn_problem_pipeline *p = &problem->pipelines[pipeline];
    struct syn_error why = {0};
    unsigned device = 0;
    char beside[192];
    const unsigned fits = longest_start(problem, base, pipeline, &device, &why);
    beside_words(problem, base, beside, sizeof beside);
    if (fits == p->model->layer_count || !why.code)
        return syn_error_set(error, SYN_EOOR,
                             "pipeline %s: no choice of devices and cut points of %s is feasible%s",
                             p->spec.name, p->model->name, beside);
    syn_error_set(error, SYN_EOOR, "%s does not fit%s: at most [0,%u) on one device, then: %s",
                  p->model->name, beside, fits, why.message);
    syn_error_device(error, problem->fleet->devices[device].name);
    return SYN_EOOR;
}

static int explain_alone(const struct syn_problem *problem, struct syn_error *error)
{
    const struct syn_plan empty = {.pipeline_count = problem->pipeline_count};
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        int rc = fits_alone(problem, p, error);
        if (rc == 0)
            rc = explain_latency(problem, p, error);
        if (rc == 0)
            rc = explain_progress(problem, &empty, p, error);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int syn_plan_prove_oor(const struct syn_problem *problem, struct syn_error *error)
{
    int rc = 0;
    for (unsigned p = 0; !rc && p < problem->pipeline_count; p++)
        rc = explain_layer(problem, p, error);
    for (unsigned p = 0; !rc && p < problem->pipeline_count; p++)
        rc = explain_total(problem, p, error);
    rc = rc ? rc : explain_totals(problem, error);
    return rc ? rc : explain_alone(problem, error);
}

int syn_plan_explain_oor(const struct syn_problem *problem, const struct syn_plan *base,
                         unsigned pipeline, struct syn_error *error)
{
    return explain_progress(problem, base, pipeline, error);
}
