/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/state.h"

#include "core/plan/enumerate.h"

#include <time.h>

#define NEAR_PARTS    4  /* of the bound: how much a plan that is near may be above it */
#define IMPROVE_SLICE 32 /* neighbourhoods between two looks at the clock */
#define IMPROVE_NS    INT64_C(2000000000) /* of neighbourhoods where there is no limit */
#define IMPROVE_SHARE 1 /* of the time for neighbourhoods, to one for proofs that were too long */
#define SLICE_NS      INT64_C(100000000) /* of neighbourhoods here: nobody can interrupt it */
#define ASSIST_NS     3000000            /* between two looks at the other thread's plan */
#define REPORT_NS     100000000

int64_t syn_exact_now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void report(struct syn_exact *s)
{
    const struct syn_search_progress progress = {
        .stage = s->stage, .value = s->have ? (uint64_t)s->value : 0, .bound = (uint64_t)s->lower};
    s->reported_ns = syn_exact_now_ns();
    if (s->options && s->options->progress)
        s->options->progress(s->options->ctx, &progress);
}

void syn_exact_raise_bound(struct syn_exact *s, int64_t bound)
{
    if (s->have && bound > s->value)
        bound = s->value;
    if (bound <= s->lower || bound >= SYN_RELAX_NEVER)
        return;
    s->lower = bound;
    report(s);
}

void syn_exact_take_plan(struct syn_exact *s, const struct syn_plan *plan,
                         const struct syn_score *score)
{
    if (s->have &&
        syn_plan_compare(s->problem->objective, score, plan, &s->score, &s->result->plan) >= 0)
        return;
    s->have = true;
    s->result->plan = *plan;
    s->score = *score;
    s->value = (int64_t)syn_score_first(s->problem->objective, score);
    report(s);
}

static void look_at_assist(struct syn_exact *s)
{
    struct syn_plan plan;
    struct syn_score score;
    if (!s->assist || syn_exact_now_ns() - s->looked_ns < ASSIST_NS)
        return;
    s->looked_ns = syn_exact_now_ns();
    plan = s->result->plan;
    score = s->score;
    if (syn_assist_exchange(s->assist, &plan, &score, (uint64_t)s->lower))
        syn_exact_take_plan(s, &plan, &score);
}

bool syn_exact_stop(void *ctx, int64_t bound)
{
    struct syn_exact *s = ctx;
    look_at_assist(s);
    if (s->at_root && bound <= s->bound->target)
        syn_exact_raise_bound(s, bound);
    if (syn_exact_now_ns() - s->reported_ns >= REPORT_NS)
        report(s);
    if (!s->interrupted)
        s->interrupted = syn_search_interrupted(s->options, s->deadline_ns);
    return s->interrupted != 0;
}

/* ---- neighbourhoods -----------------------------------------------------------------------------
 */

bool syn_exact_proven(const struct syn_exact *s)
{
    return s->have && s->lower >= s->value;
}

bool syn_exact_near(const struct syn_exact *s)
{
    return s->have && s->value - s->lower <= s->lower / NEAR_PARTS;
}

int syn_exact_improve(struct syn_exact *s, uint64_t iterations)
{
    const int64_t slice = syn_exact_now_ns() + SLICE_NS;
    const struct syn_improve_limits limits = {.deadline_ns =
                                                  slice < s->deadline_ns ? slice : s->deadline_ns,
                                              .iterations = iterations,
                                              .enough = (uint64_t)s->lower,
                                              .seed = ++s->seed};
    struct syn_plan plan = s->result->plan;
    struct syn_score score = s->score;
    s->stage = "neighbourhoods";
    const int rc = s->improver ? 0 : syn_improver_new(&s->improver, s->problem);
    if (rc)
        return rc;
    syn_improver_run(s->improver, &limits, &plan, &score, &s->result->candidates);
    syn_exact_take_plan(s, &plan, &score);
    return syn_exact_stop(s, 0) ? SYN_ECANCELED : 0;
}

int syn_exact_improve_more(struct syn_exact *s)
{
    const int64_t now = syn_exact_now_ns();
    const int64_t until =
        s->deadline_ns == INT64_MAX ? now + IMPROVE_NS : now + (s->deadline_ns - now) / 2;
    const char *stage = s->stage;
    int rc = 0;
    if (s->improved || !s->have)
        return 0;
    s->improved = true;
    if (s->options && s->options->threads > 1)
        rc = syn_assist_start(&s->assist, s->problem, &s->result->plan, &s->score);
    while (!rc && !s->assist && !syn_exact_proven(s) && syn_exact_now_ns() < until)
        rc = syn_exact_improve(s, IMPROVE_SLICE);
    s->stage = stage;
    return rc;
}

int syn_exact_improve_instead(struct syn_exact *s, int64_t since_ns)
{
    const int64_t now = syn_exact_now_ns(), until = now + IMPROVE_SHARE * (now - since_ns),
                  was = s->value;
    const char *stage = s->stage;
    int rc = 0;
    while (!rc && s->have && !syn_exact_proven(s) && syn_exact_now_ns() < until &&
           !(s->value < was && syn_exact_near(s)))
        rc = syn_exact_improve(s, IMPROVE_SLICE);
    s->stage = stage;
    return rc;
}

void syn_exact_finish_assist(struct syn_exact *s)
{
    s->looked_ns = 0;
    look_at_assist(s);
    syn_assist_stop(s->assist);
    s->assist = NULL;
}
