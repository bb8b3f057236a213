/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the models of a problem mean on its devices, computed once: a search that puts pipelines
 * into plans a hundred thousand times looks it up here. Pipelines of a model share its figures on
 * devices of a kind.
 *
 * Belongs to one search in one thread, since what fits alone is found out when first asked for.
 */
#ifndef SYN_CORE_PLAN_IMPROVE_FIGURES_H
#define SYN_CORE_PLAN_IMPROVE_FIGURES_H

#include "core/cost/cost.h"
#include "core/plan/improve/placed.h"
#include "devices/part/demand.h"

/* One model on one kind of device. Arrays by cut, layer_count + 1 of them, unless said otherwise.
 */
struct syn_figures {
    unsigned id; /* among those of the atlas */
    const struct syn_timing *timing;
    const struct syn_model *model;
    int64_t *words_ns;         /* to load or unload the cut */
    int64_t *message_ns;       /* to send it; the last: the result */
    int64_t *configure_ns;     /* by number of layers */
    double *infer_ns;          /* of the layers before it wherever their kernels lie, at least */
    double start_ns;           /* of one inference */
    struct syn_demand *demand; /* of the layers before it */
    uint16_t *reach;           /* [first]: the furthest end of a chunk that fits alone, about */
    int8_t *alone;             /* by chunk: 1 fits alone, -1 does not, 0 not known */
};

struct syn_atlas {
    const struct syn_problem *problem;
    unsigned devices, pipelines, layers_max, figures;
    bool links; /* some were measured */
    struct syn_placed_cache *placed;
    struct syn_figures *of[SYN_PIPELINES_MAX][SYN_DEVICES_MAX]; /* shared */
    uint32_t *bytes[SYN_PIPELINES_MAX]; /* by cut; the last: the result. Shared by model */
    /* Resources that are alike in everything are one, here and in the demand of figures. */
    unsigned resources;
    unsigned times[SYN_PART_RESOURCES]; /* how many it stands for */
    struct syn_demand room[SYN_DEVICES_MAX];
    double use[SYN_PART_RESOURCES];      /* all demand over all room; above 1 nothing fits */
    double scarcity[SYN_PART_RESOURCES]; /* `times` where use is 1, less of it soon 0 */
    double size[SYN_PIPELINES_MAX];      /* of the scarce resources, the share of a pipeline */
};

/* Returns 0, SYN_ENOMEM, SYN_EOOR (more tensors cross a cut than can). */
int syn_atlas_new(struct syn_atlas **atlas, const struct syn_problem *problem);
void syn_atlas_free(struct syn_atlas *atlas); /* NULL is fine */

/* Where chunk [first, last) stands in an array by chunk, and how long such an array is. */
static inline size_t syn_chunk_at(unsigned first, unsigned last)
{
    return (size_t)last * (last - 1) / 2 + first;
}

static inline size_t syn_chunks_of(unsigned layers)
{
    return (size_t)layers * (layers + 1) / 2 + 1;
}

/* syn_fit_alone, remembered. */
bool syn_figures_fits_alone(struct syn_figures *figures, unsigned first, unsigned last);

/* With its kernels at `places`. */
int64_t syn_figures_infer_ns(const struct syn_figures *figures, unsigned first, unsigned last,
                             const struct syn_place *places);

#endif
