/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/prove.h"

#define SHARPEN_MOST  12  /* targets that the bound alone is asked for */
#define SHARPEN_PARTS 100 /* of the bound: near enough */
#define IMPROVE_FIRST 8   /* neighbourhoods before the proof, at least */
#define IMPROVE_LAST  16
#define IMPROVE_FAR   128 /* where the plan is far from the bound */
#define STEP_PARTS    200 /* of the bound: the first step above it */
#define STEP_GROWTH   2
#define STEP_BACK     4    /* where a step was too large */
#define STEP_LEAST    1000 /* of the bound: smaller steps do not pay */
#define PARTS_FIRST   16   /* of a division, for one target */

/* The highest target, about, that the bound alone refutes. What is open once stays open. */
static int sharpen(struct syn_exact *s)
{
    int rc = 0;
    s->stage = "bound";
    s->at_root = true;
    if (s->have && (!s->open || s->open >= s->value))
        s->open = s->value - 1;
    for (unsigned n = 0; !rc && n < SHARPEN_MOST; n++) {
        const int64_t range = s->open ? s->open - s->lower : s->lower;
        const int64_t target = s->lower + range / 2;
        if (range < s->lower / SHARPEN_PARTS + 2)
            break;
        rc = syn_bound_run(s->bound, target, &s->ask);
        if (rc)
            break;
        if (s->bound->value <= target)
            s->open = target;
        syn_exact_raise_bound(s, s->bound->value <= target ? s->bound->value : target + 1);
    }
    s->at_root = false;
    return rc;
}

/* All better plans were too many at once: better plans first, and what the bound alone can say. */
static int change_over(struct syn_exact *s, int64_t since_ns)
{
    const int rc = syn_exact_improve_instead(s, since_ns);
    return rc || syn_exact_proven(s) ? rc : sharpen(s);
}

/* Asks for all better plans where they are few. Else for plans a little above the bound, and
 * further up while there are none: as far as can be answered with some effort, then with more of
 * it. */
static int climb(struct syn_exact *s)
{
    int64_t step = s->have ? s->value - s->lower : s->lower / STEP_PARTS + 1;
    uint64_t parts = 0;
    int rc = 0;
    s->stage = "proof";
    while (!rc && !syn_exact_proven(s)) {
        int64_t target = s->lower + step;
        if (s->have && target >= s->value)
            target = s->value - 1;
        if (target >= SYN_RELAX_NEVER / 4096)
            break;
        const int64_t began = syn_exact_now_ns();
        s->parts_left = parts;
        rc = syn_exact_solve(s, target, true);
        if (rc == SYN_ETIMEOUT) {
            rc = parts ? 0 : change_over(s, began);
            if (parts == 0)
                step = s->lower / STEP_PARTS * STEP_BACK;
            parts = parts == 0 ? PARTS_FIRST : step > s->lower / STEP_LEAST ? parts : 2 * parts;
            step = step > s->lower / STEP_LEAST ? step / STEP_BACK + 1 : step;
        } else if (!rc) {
            syn_exact_raise_bound(s, s->have && s->value <= target ? s->value : target + 1);
            step *= STEP_GROWTH;
        }
    }
    return rc;
}

int syn_exact_try_proof(struct syn_exact *s)
{
    s->stage = "bound";
    s->plans_most = SYN_PLANS_FIRST;
    const int rc = syn_exact_solve(s, s->value - 1, true);
    s->plans_most = SYN_PLANS_MOST;
    if (!rc)
        syn_exact_raise_bound(s, s->value);
    return rc == SYN_ETIMEOUT ? 0 : rc;
}

int syn_exact_improve_first(struct syn_exact *s)
{
    int64_t before = INT64_MAX;
    int rc = 0;
    for (uint64_t n = IMPROVE_FIRST;
         !rc && !syn_exact_proven(s) &&
         (s->value < before || n <= (syn_exact_near(s) || s->quick ? IMPROVE_LAST : IMPROVE_FAR));
         n *= 2) {
        before = s->value;
        rc = syn_exact_improve(s, n);
        if (!rc && s->value < before && !syn_exact_proven(s))
            rc = syn_exact_try_proof(s);
    }
    return rc;
}

/* Where no plan is known: the bound of all of them. */
static int begin_without(struct syn_exact *s)
{
    s->at_root = true;
    const int rc = syn_bound_run(s->bound, SYN_RELAX_NEVER, &s->ask);
    s->at_root = false;
    if (rc)
        return rc;
    s->hopeless = s->bound->value >= SYN_RELAX_NEVER;
    syn_exact_raise_bound(s, s->bound->value);
    return 0;
}

/* A repaired plan is far from good: both cores at once. */
static int begin_assist(struct syn_exact *s)
{
    const bool helped = s->options && s->options->threads > 1;
    return helped && s->result->repaired ? syn_exact_improve_more(s) : 0;
}

int syn_exact_prove(struct syn_exact *s)
{
    int rc = begin_assist(s);
    s->plans_most = SYN_PLANS_MOST;
    if (!rc)
        rc = s->have ? syn_exact_try_proof(s) : begin_without(s);
    if (!rc && s->have)
        rc = syn_exact_improve_first(s);
    if (!rc && !s->have && !s->hopeless)
        rc = sharpen(s);
    if (!rc && !s->hopeless && !syn_exact_proven(s))
        rc = climb(s);
    syn_exact_finish_assist(s);
    return rc;
}
