/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tasks of a plan, one by one, with what they take of a round: the books behind a prediction's
 * sums. Summed up by unit they are the busy times of syn_cost_predict.
 */
#ifndef SYN_CORE_EXPLAIN_WORK_H
#define SYN_CORE_EXPLAIN_WORK_H

#include "core/cost/cost.h"

enum syn_work_kind {
    SYN_WORK_SENSE,
    SYN_WORK_CONFIGURE, /* changing the chunk that an accelerator is set up for */
    SYN_WORK_LOAD,
    SYN_WORK_INFER,
    SYN_WORK_UNLOAD,
    SYN_WORK_TRANSFER,
    SYN_WORK_ACT,
    SYN_WORK_COUNT
};

struct syn_work {
    uint8_t kind, pipeline;
    uint8_t device; /* where; of a transfer, who sends */
    uint8_t peer;   /* of a transfer: who receives. Over the console: two transfers, one to and
                       one from SYN_DEVICE_HUB */
    uint64_t ns;    /* of a round */
    uint64_t bytes; /* of a transfer, of a round */
};

struct syn_works {
    unsigned count, room;
    struct syn_work *list; /* owned */
};

/* `plan` is feasible. Returns 0, SYN_ENOMEM, SYN_EOOR (a cut with too many tensors). */
int syn_works_of(const struct syn_problem *problem, const struct syn_plan *plan,
                 struct syn_works *works);
int syn_works_add(struct syn_works *works, struct syn_work work);
void syn_works_clear(struct syn_works *works); /* an all-zero one is fine */

/* Does it keep this unit busy? A transfer keeps both radios busy; loading cpu and accel. */
bool syn_work_occupies(const struct syn_work *work, unsigned device, enum syn_unit unit);

const char *syn_work_name(enum syn_work_kind kind); /* "sense", "change of chunk", "send", ... */

#endif
