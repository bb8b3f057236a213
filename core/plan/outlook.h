/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must still come behind the beginning of an execution plan: lower bounds by dynamic
 * programming over (cut, device). The relaxation: chunks further apart may share a device, and each
 * load is seen on its own.
 *
 * Sums are minimised lexicographically along one way to the end, so that together with what the
 * beginning has they bound the whole in the planner's order; the peak is minimised for itself.
 */
#ifndef SYN_CORE_PLAN_OUTLOOK_H
#define SYN_CORE_PLAN_OUTLOOK_H

#include "core/plan/stage.h"

/* The sum that comes first; energy next (latency after energy), then bytes, away, chunks. */
enum syn_outlook_order {
    SYN_OUTLOOK_LATENCY, /* of all pipelines */
    SYN_OUTLOOK_ENERGY,  /* active, of a round */
    SYN_OUTLOOK_OWN,     /* latency of this pipeline */
    SYN_OUTLOOK_MODEL    /* of its chunks and the hops between them */
};

struct syn_rest {
    int64_t first,
        second; /* in the units of the order; first: SYN_STAGE_NEVER_NS or more: no way */
    int64_t bytes, away, chunks;
};

struct syn_outlook;

/* `chunks`: plans of exactly as many, 0: of any number. NULL: no memory. The stage stays. */
struct syn_outlook *syn_outlook_new(struct syn_stage *stage, enum syn_outlook_order order,
                                    unsigned chunks);
void syn_outlook_free(struct syn_outlook *outlook);

#define SYN_OUTLOOK_ANY SYN_DEVICES_MAX

/* From now on for plans from `source` (or from any) to `target` with T up to round_ns, by entries
 * as they are now. */
void syn_outlook_aim(struct syn_outlook *outlook, unsigned source, unsigned target);
void syn_outlook_price(struct syn_outlook *outlook, uint64_t round_ns);
/* The same again: entries have changed. */
void syn_outlook_renew(struct syn_outlook *outlook);

/*
 * `left` chunks are still to come (0 where any number may). After: a chunk ended at the cut on the
 * device. On: the next one begins at the cut on the device, the hop to it not included.
 */
int64_t syn_outlook_peak_after(const struct syn_outlook *o, unsigned left, unsigned cut,
                               unsigned device);
int64_t syn_outlook_peak_on(const struct syn_outlook *o, unsigned left, unsigned cut,
                            unsigned device);
const struct syn_rest *syn_outlook_after(const struct syn_outlook *o, unsigned left, unsigned cut,
                                         unsigned device);
const struct syn_rest *syn_outlook_on(const struct syn_outlook *o, unsigned left, unsigned cut,
                                      unsigned device);

/* Does the chunk alone keep to the round that was priced? */
bool syn_outlook_chunk_kept(const struct syn_outlook *o, unsigned device, unsigned first,
                            unsigned last);

/* Load of the busiest unit that a chunk or a hop brings, base included; other units' not seen. */
int64_t syn_outlook_hop_peak(const struct syn_stage *stage, const struct syn_hop *hop);

#endif
