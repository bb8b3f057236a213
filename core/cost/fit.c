/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/fit.h"

#include "devices/part/columns.h"
#include "devices/runtime/runtime.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void syn_residents_of(const struct syn_plan *plan, unsigned device, struct syn_residents *residents)
{
    residents->count = 0;
    for (unsigned p = 0; p < plan->pipeline_count; p++) {
        const struct syn_execution_plan *e = &plan->pipelines[p];
        for (unsigned k = 0; k < e->chunk_count; k++)
            if (e->chunks[k].device == device)
                residents->list[residents->count++] =
                    (struct syn_resident){.pipeline = (uint8_t)p,
                                          .index = (uint8_t)k,
                                          .first = e->chunks[k].first,
                                          .last = e->chunks[k].last};
    }
}

void syn_residents_insert(struct syn_residents *residents, struct syn_resident resident)
{
    unsigned at = residents->count++;
    for (; at > 0 && residents->list[at - 1].pipeline > resident.pipeline; at--)
        residents->list[at] = residents->list[at - 1];
    residents->list[at] = resident;
}

int syn_fit_kernels(const struct syn_problem *problem, unsigned device,
                    const struct syn_residents *residents, struct syn_place *places,
                    struct syn_misfit *misfit)
{
    struct syn_chunk chunks[SYN_PIPELINES_MAX];
    for (unsigned i = 0; i < residents->count; i++) {
        const struct syn_resident *r = &residents->list[i];
        const struct syn_model *model = problem->pipelines[r->pipeline].model;
        chunks[i] = (struct syn_chunk){.layers = model->layers,
                                       .first = r->first,
                                       .last = r->last,
                                       .layer_count = (uint16_t)model->layer_count};
    }
    return syn_place_chunks(problem->fleet->devices[device].profile.timing.part, chunks,
                            residents->count, places, misfit);
}

int syn_fit_alone(const struct syn_part *part, const struct syn_model *model, unsigned first,
                  unsigned last, struct syn_misfit *misfit)
{
    const struct syn_chunk chunk = {.layers = model->layers,
                                    .first = (uint16_t)first,
                                    .last = (uint16_t)last,
                                    .layer_count = (uint16_t)model->layer_count};
    for (unsigned l = first; l < last; l++)
        if (syn_place_check_layer(part, &model->layers[l], misfit)) {
            misfit->layer = (uint16_t)l;
            return SYN_EOOR;
        }
    return syn_place_data(part, &chunk, NULL, misfit);
}

/* The route of chunk `index` as far as the arena is concerned: which of its ends are peers. */
static struct syn_route ends_of(const struct syn_execution_plan *plan, unsigned index)
{
    enum { PEER = 0 }; /* whichever it is */
    const unsigned device = plan->chunks[index].device;
    const bool first = index == 0, last = index + 1u == plan->chunk_count;
    const bool fed = first && device == plan->source, acts = last && device == plan->target;
    return (struct syn_route){.has_body = true,
                              .body_from = fed ? SYN_RT_LOCAL : PEER,
                              .body_to = acts ? SYN_RT_LOCAL : PEER};
}

int syn_fit_arena(const struct syn_model *model, const struct syn_execution_plan *plan,
                  unsigned index, uint32_t *bytes)
{
    const struct syn_plan_chunk *chunk = &plan->chunks[index];
    const struct syn_route route = ends_of(plan, index);
    const bool last = index + 1u == plan->chunk_count;
    struct syn_cut cut;
    int rc = 0;
    *bytes = 0;
    if (syn_route_in_arena(&route, SYN_STAGE_BODY_IN, last)) {
        rc = syn_model_cut(model, chunk->first, &cut);
        *bytes += rc ? 0 : cut.bytes;
    }
    if (!rc && syn_route_in_arena(&route, SYN_STAGE_BODY_OUT, last)) {
        rc = syn_model_cut(model, chunk->last, &cut);
        *bytes += rc ? 0 : cut.bytes;
    }
    return rc;
}

const char *syn_grouped(uint64_t value, char text[32])
{
    char digits[24];
    const int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    int to = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            text[to++] = ',';
        text[to++] = digits[i];
    }
    text[to] = '\0';
    return text;
}

void syn_misfit_words(const struct syn_misfit *m, char *text, size_t size)
{
    char need[32], have[32];
    (void)syn_grouped(m->need, need);
    (void)syn_grouped(m->have, have);
    switch (m->limit) {
    case SYN_LIMIT_KERNELS:
        (void)snprintf(text, size, "needs %s kernel words, %s free on processor %u", need, have,
                       m->where);
        break;
    case SYN_LIMIT_BIAS:
        (void)snprintf(text, size,
                       "needs %s bytes of bias in one group, groups used [%u, %u, %u, %u]", need,
                       m->used[0], m->used[1], m->used[2], m->used[3]);
        break;
    case SYN_LIMIT_DATA:
        (void)snprintf(text, size, "needs %s of %s bytes of data memory%s%s", need, have,
                       m->what ? " " : "", m->what ? m->what : "");
        break;
    case SYN_LIMIT_LAYERS:
        (void)snprintf(text, size, "needs %s of %s layers", need, have);
        break;
    case SYN_LIMIT_CHUNKS:
        (void)snprintf(text, size, "needs %s of %s chunks", need, have);
        break;
    case SYN_LIMIT_WEIGHTS:
        (void)snprintf(text, size, "needs %s of %s bytes of weight memory", need, have);
        break;
    case SYN_LIMIT_CHANNELS:
        (void)snprintf(text, size, "needs %s of %s channels", need, have);
        break;
    default:
        (void)snprintf(text, size, "%s", m->what ? m->what : "is not possible on this part");
    }
}

/* "UNet" for the whole model, "UNet [3,19)" for a part of it. */
static void chunk_words(const struct syn_problem *problem, const struct syn_resident *r, char *text,
                        size_t size)
{
    const struct syn_model *model = problem->pipelines[r->pipeline].model;
    if (r->first == 0 && r->last == model->layer_count)
        (void)snprintf(text, size, "%s", model->name);
    else
        (void)snprintf(text, size, "%s [%u,%u)", model->name, r->first, r->last);
}

/* "KWS, SimpleNet": the models of all chunks but one; returns how many. */
static unsigned names_words(const struct syn_problem *problem,
                            const struct syn_residents *residents, unsigned except, char *text,
                            size_t size)
{
    size_t used = 0;
    unsigned count = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < residents->count && used < size; i++) {
        if (i == except)
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", count++ ? ", " : "",
                                 problem->pipelines[residents->list[i].pipeline].model->name);
    }
    return count;
}

/* Limits of all chunks together, of which none is to blame. */
static int refuse_all(const struct syn_problem *problem, unsigned device,
                      const struct syn_residents *residents, const struct syn_misfit *misfit,
                      struct syn_error *error)
{
    char names[256], limit[160];
    syn_misfit_words(misfit, limit, sizeof limit);
    const unsigned count = names_words(problem, residents, UINT16_MAX, names, sizeof names);
    return syn_error_set(error, SYN_EOOR, "%s %s not fit on %s%s: %s", names,
                         count > 1 ? "do" : "does", problem->fleet->devices[device].name,
                         count > 1 ? " together" : "", limit);
}

static uint32_t words_on(const struct syn_problem *problem, const struct syn_resident *r,
                         unsigned processor)
{
    const struct syn_model *model = problem->pipelines[r->pipeline].model;
    uint32_t words = 0;
    for (unsigned l = r->first; l < r->last; l++)
        if (model->layers[l].processors >> processor & 1)
            words += syn_columns_words(&model->layers[l]);
    return words;
}

/*
 * All kernels of the chunk against what the others leave, on the processor where most is missing.
 * False where the sums would fit: then a gap is too small, and the layer's own words say more.
 */
static bool whole_chunk(const struct syn_problem *problem, unsigned device,
                        const struct syn_residents *residents, struct syn_misfit *misfit)
{
    const struct syn_part *part = problem->fleet->devices[device].profile.timing.part;
    int64_t most = 0;
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++) {
        int64_t have = p % 16 ? part->kernel_words : part->kernel_words_first;
        const int64_t need = words_on(problem, &residents->list[misfit->chunk], p);
        for (unsigned i = 0; i < residents->count; i++)
            have -= i == misfit->chunk ? 0 : words_on(problem, &residents->list[i], p);
        if (need - have <= most)
            continue;
        most = need - have;
        misfit->need = (uint32_t)need;
        misfit->have = have > 0 ? (uint32_t)have : 0;
        misfit->where = (uint16_t)p;
    }
    return most > 0;
}

/* The limit of one chunk, and where the others have a share in it, their names. */
static int refuse_one(const struct syn_problem *problem, unsigned device,
                      const struct syn_residents *residents, struct syn_misfit *misfit,
                      struct syn_error *error)
{
    const bool joint = misfit->limit == SYN_LIMIT_KERNELS || misfit->limit == SYN_LIMIT_BIAS;
    char chunk[SYN_MODEL_NAME_MAX + 16], names[160], rest[192] = "", layer[24] = "", limit[160];
    if (misfit->limit != SYN_LIMIT_KERNELS || !whole_chunk(problem, device, residents, misfit))
        (void)snprintf(layer, sizeof layer, "layer %u ", misfit->layer);
    syn_misfit_words(misfit, limit, sizeof limit);
    chunk_words(problem, &residents->list[misfit->chunk], chunk, sizeof chunk);
    const unsigned count = names_words(problem, residents, misfit->chunk, names, sizeof names);
    if (joint && count)
        (void)snprintf(rest, sizeof rest, " (%s hold%s the rest)", names, count == 1 ? "s" : "");
    return syn_error_set(error, SYN_EOOR, "%s does not fit on %s: %s%s%s", chunk,
                         problem->fleet->devices[device].name, layer, limit, rest);
}

static int refuse(const struct syn_problem *problem, unsigned device,
                  const struct syn_residents *residents, struct syn_misfit *misfit,
                  struct syn_error *error)
{
    if (misfit->limit == SYN_LIMIT_LAYERS || misfit->limit == SYN_LIMIT_CHUNKS ||
        misfit->limit == SYN_LIMIT_WEIGHTS)
        (void)refuse_all(problem, device, residents, misfit, error);
    else
        (void)refuse_one(problem, device, residents, misfit, error);
    syn_error_device(error, problem->fleet->devices[device].name);
    return SYN_EOOR;
}

static int fit_arena(const struct syn_problem *problem, const struct syn_plan *plan,
                     unsigned device, const struct syn_residents *residents,
                     struct syn_error *error)
{
    const struct syn_fleet_device *d = &problem->fleet->devices[device];
    uint64_t need = 0;
    for (unsigned i = 0; i < residents->count; i++) {
        const struct syn_resident *r = &residents->list[i];
        uint32_t bytes;
        int rc = syn_fit_arena(problem->pipelines[r->pipeline].model, &plan->pipelines[r->pipeline],
                               r->index, &bytes);
        if (rc)
            return syn_error_set(error, rc, "%s: more than %d tensors cross a cut point",
                                 problem->pipelines[r->pipeline].model->name, SYN_LIVE_MAX);
        need += bytes;
    }
    if (need <= d->profile.timing.arena_bytes)
        return 0;
    char need_text[32], have_text[32];
    syn_error_set(error, SYN_EOOR, "%s: tensors that wait need %s of %s bytes of arena", d->name,
                  syn_grouped(need, need_text),
                  syn_grouped(d->profile.timing.arena_bytes, have_text));
    syn_error_device(error, d->name);
    return SYN_EOOR;
}

int syn_fit_device(const struct syn_problem *problem, const struct syn_plan *plan, unsigned device,
                   const struct syn_residents *residents, struct syn_place *places,
                   struct syn_error *error)
{
    const struct syn_part *part = problem->fleet->devices[device].profile.timing.part;
    struct syn_misfit misfit;
    memset(&misfit, 0, sizeof misfit);
    if (residents->count == 0)
        return 0;
    for (unsigned i = 0; i < residents->count; i++) {
        const struct syn_resident *r = &residents->list[i];
        if (syn_fit_alone(part, problem->pipelines[r->pipeline].model, r->first, r->last,
                          &misfit)) {
            misfit.chunk = (uint16_t)i;
            return refuse(problem, device, residents, &misfit, error);
        }
    }
    if (syn_fit_kernels(problem, device, residents, places, &misfit))
        return refuse(problem, device, residents, &misfit, error);
    return fit_arena(problem, plan, device, residents, error);
}
