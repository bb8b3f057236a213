/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Joint memory of what one device holds of a plan: kernels, bias, layers, data memory, arena.
 *
 * The accelerator's part is devices/part/place.h on the chunks in the order of their pipelines; the
 * arena rule is here: the input of a chunk that a peer fills and the output that a peer receives
 * need one slot each; local hops, sensing buffers and results need none.
 */
#ifndef SYN_CORE_COST_FIT_H
#define SYN_CORE_COST_FIT_H

#include "core/cost/plan.h"
#include "devices/part/place.h"

struct syn_resident {
    uint8_t pipeline;
    uint8_t index; /* of the chunk in its execution plan */
    uint16_t first, last;
};

/* The chunks of a plan on one device, in the order of their pipelines. */
struct syn_residents {
    unsigned count;
    struct syn_resident list[SYN_PIPELINES_MAX];
};

void syn_residents_of(const struct syn_plan *plan, unsigned device,
                      struct syn_residents *residents);

/* Keeps the order; the pipeline must not be there yet. */
void syn_residents_insert(struct syn_residents *residents, struct syn_resident resident);

/*
 * Kernels, bias and layers together. `places` takes SYN_PART_PLACEMENTS_MAX entries, chunk after
 * chunk. Returns 0 or SYN_EOOR; misfit may be NULL.
 */
int syn_fit_kernels(const struct syn_problem *problem, unsigned device,
                    const struct syn_residents *residents, struct syn_place *places,
                    struct syn_misfit *misfit);

/* What other chunks do not change: features of the part, data memory. */
int syn_fit_alone(const struct syn_part *part, const struct syn_model *model, unsigned first,
                  unsigned last, struct syn_misfit *misfit);

/* Arena bytes that chunk `index` of an execution plan takes on its device. */
int syn_fit_arena(const struct syn_model *model, const struct syn_execution_plan *plan,
                  unsigned index, uint32_t *bytes);

/* All of it for one device, with words: "UNet does not fit on ring: needs ...". */
int syn_fit_device(const struct syn_problem *problem, const struct syn_plan *plan, unsigned device,
                   const struct syn_residents *residents, struct syn_place *places,
                   struct syn_error *error);

/* "needs 573,440 of 524,288 bytes of data memory": the limit alone, into text[size]. */
void syn_misfit_words(const struct syn_misfit *misfit, char *text, size_t size);

/* 1234567 as "1,234,567". */
const char *syn_grouped(uint64_t value, char text[32]);

#endif
