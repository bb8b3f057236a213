/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/search.h"

#include "core/plan/enumerate.h"
#include "core/plan/exact/assist.h"
#include "core/plan/exact/branch.h"
#include "core/plan/improve/improve.h"
#include "core/plan/oor.h"
#include "core/plan/planners/planners.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PLANS_FIRST    500    /* in the lists of a first try */
#define NEAR_PARTS     4      /* of the bound: how much a plan may be above it for a first try */
#define PLANS_MOST     60000  /* in the lists of one branch and bound */
#define NODES_MOST     200000 /* of one branch and bound before the lists are divided */
#define NODES_FIRST    300    /* of the first one */
#define SHARPEN_MOST   12     /* targets that the bound alone is asked for */
#define SHARPEN_PARTS  100    /* of the bound: near enough */
#define IMPROVE_FIRST  8      /* neighbourhoods before the proof, at least */
#define IMPROVE_LAST   16
#define IMPROVE_FAR    128 /* where the plan is far from the bound */
#define IMPROVE_SLICE  32  /* neighbourhoods between two looks at the clock */
#define STEP_PARTS     200 /* of the bound: the first step above it */
#define STEP_GROWTH    2
#define STEP_BACK      4                   /* where a step was too large */
#define STEP_LEAST     1000                /* of the bound: smaller steps do not pay */
#define PARTS_FIRST    16                  /* of a division, for one target */
#define WARM_MOST_NS   INT64_C(1000000000) /* of synergy */
#define IMPROVE_NS     INT64_C(2000000000) /* of neighbourhoods where there is no limit */
#define REPAIR_MOST_NS INT64_C(2000000000) /* the same */
#define IMPROVE_SHARE  1 /* of the time for neighbourhoods, to one for proofs that were too long */
#define SLICE_NS                                                                                   \
    INT64_C(100000000)    /* of neighbourhoods in this thread: nobody can interrupt it             \
                           */
#define ASSIST_NS 3000000 /* between two looks at the other thread's plan */
#define REPORT_NS 100000000

struct search {
    const struct syn_problem *problem;
    const struct syn_search_options *options;
    struct syn_search_result *result;
    int64_t deadline_ns, reported_ns, looked_ns;
    struct syn_relax *relax;
    struct syn_bound *bound;
    struct syn_exact_ask ask;
    bool have; /* a plan: result->plan */
    struct syn_score score;
    int64_t value; /* of it */
    int64_t open;  /* a target that the bound alone does not refute; 0: none known */
    int64_t lower; /* no plan is below */
    bool hopeless; /* proven: there is no plan */
    bool quick;    /* the answer is only a second term */
    bool at_root;  /* what the bound says holds for all plans */
    bool improved; /* in a thread of its own, or long enough */
    struct syn_improver *improver; /* NULL before the first neighbourhood */
    struct syn_assist *assist;     /* NULL: none */
    uint64_t seed;                 /* of neighbourhoods */
    uint64_t plans_most;           /* in the lists of one branch and bound */
    uint64_t parts_left;           /* that plans may be divided into */
    const char *stage;
    int interrupted;
};

static int64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- telling --------------------------------------------------------------------------------- */

static void report(struct search *s)
{
    const struct syn_search_progress progress = {
        .stage = s->stage, .value = s->have ? (uint64_t)s->value : 0, .bound = (uint64_t)s->lower};
    s->reported_ns = now_ns();
    if (s->options && s->options->progress)
        s->options->progress(s->options->ctx, &progress);
}

static void raise_bound(struct search *s, int64_t bound)
{
    if (s->have && bound > s->value)
        bound = s->value;
    if (bound <= s->lower || bound >= SYN_RELAX_NEVER)
        return;
    s->lower = bound;
    report(s);
}

/* A plan that syn_cost_predict has judged. */
static void take_plan(struct search *s, const struct syn_plan *plan, const struct syn_score *score)
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

static void look_at_assist(struct search *s)
{
    struct syn_plan plan;
    struct syn_score score;
    if (!s->assist || now_ns() - s->looked_ns < ASSIST_NS)
        return;
    s->looked_ns = now_ns();
    plan = s->result->plan;
    score = s->score;
    if (syn_assist_exchange(s->assist, &plan, &score, (uint64_t)s->lower))
        take_plan(s, &plan, &score);
}

/* Called by the parts of the search every millisecond or so. */
static bool stop(void *ctx, int64_t bound)
{
    struct search *s = ctx;
    look_at_assist(s);
    if (s->at_root && bound <= s->bound->target)
        raise_bound(s, bound);
    if (now_ns() - s->reported_ns >= REPORT_NS)
        report(s);
    if (!s->interrupted)
        s->interrupted = syn_search_interrupted(s->options, s->deadline_ns);
    return s->interrupted != 0;
}

static void found(void *ctx, const struct syn_plan *plan, const struct syn_score *score)
{
    take_plan(ctx, plan, score);
}

static int64_t wanted(void *ctx)
{
    const struct search *s = ctx;
    return s->have ? s->value - 1 : INT64_MAX;
}

/* ---- one target ------------------------------------------------------------------------------ */

/* A layer that lies half here, half there: where to divide the plans. */
struct division {
    unsigned pipeline, layer, device;
};

static unsigned allowed(uint16_t mask)
{
    unsigned n = 0;
    for (; mask; mask = (uint16_t)(mask & (mask - 1)))
        n++;
    return n;
}

/* The more undecided the linear programme is about a layer, and the longer the rest of the model,
 * the better; false where every layer has its device. */
static bool divide(const struct search *s, struct division *best)
{
    float most = -1;
    for (unsigned p = 0; p < s->relax->pipelines; p++) {
        const unsigned layers = s->relax->pipeline[p].layers;
        for (unsigned l = 0; l < layers; l++) {
            const uint16_t mask = s->bound->pricer[p].allow[l];
            for (unsigned d = 0; allowed(mask) > 1 && d < s->relax->devices; d++) {
                const float share = s->bound->share[p][l * s->relax->devices + d];
                const float value =
                    ((share < 0.5f ? share : 1 - share) + 0.01f) * (float)s->bound->least[p];
                if (!(mask >> d & 1) || value <= most)
                    continue;
                most = value;
                *best = (struct division){p, l, d};
            }
        }
    }
    return most >= 0;
}

static bool proven(const struct search *s)
{
    return s->have && s->lower >= s->value;
}

/* May plans that are better be few? */
static bool near(const struct search *s)
{
    return s->have && s->value - s->lower <= s->lower / NEAR_PARTS;
}

/* Neighbourhoods of the best plan, until it is as good as the bound. */
static int improve(struct search *s, uint64_t iterations)
{
    const int64_t slice = now_ns() + SLICE_NS;
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
    take_plan(s, &plan, &score);
    return stop(s, 0) ? SYN_ECANCELED : 0;
}

/* The proof will take long: better plans now, or from now on in a second thread. */
static int improve_more(struct search *s)
{
    const int64_t now = now_ns();
    const int64_t until =
        s->deadline_ns == INT64_MAX ? now + IMPROVE_NS : now + (s->deadline_ns - now) / 2;
    const char *stage = s->stage;
    int rc = 0;
    if (s->improved || !s->have)
        return 0;
    s->improved = true;
    if (s->options && s->options->threads > 1)
        rc = syn_assist_start(&s->assist, s->problem, &s->result->plan, &s->score);
    while (!rc && !s->assist && !proven(s) && now_ns() < until)
        rc = improve(s, IMPROVE_SLICE);
    s->stage = stage;
    return rc;
}

/* What could not be proven takes long: for some time as long as was lost, better plans. */
static int improve_instead(struct search *s, int64_t since_ns)
{
    const int64_t now = now_ns(), until = now + IMPROVE_SHARE * (now - since_ns), was = s->value;
    const char *stage = s->stage;
    int rc = 0;
    while (!rc && s->have && !proven(s) && now_ns() < until && !(s->value < was && near(s)))
        rc = improve(s, IMPROVE_SLICE);
    s->stage = stage;
    return rc;
}

static int solve(struct search *s, int64_t target, bool root);

/* Plans with the layer on that device, then those without. */
static int solve_parts(struct search *s, const struct division *where)
{
    uint16_t *allow = &s->bound->pricer[where->pipeline].allow[where->layer];
    const uint16_t before = *allow, device = (uint16_t)(1u << where->device);
    int64_t target = s->bound->target;
    if (s->parts_left < 2)
        return SYN_ETIMEOUT;
    s->parts_left -= 2;
    *allow = device;
    int rc = solve(s, target, false);
    if (s->have && s->value <= target)
        target = s->value - 1;
    *allow = before & (uint16_t)~device;
    if (!rc)
        rc = solve(s, target, false);
    *allow = before;
    return rc;
}

static uint64_t nodes_most(const struct search *s)
{
    return s->parts_left ? NODES_MOST : NODES_FIRST;
}

/*
 * Finds the best plan of at most `target` among those that the pricers allow, or that there is
 * none. Returns 0, SYN_ENOMEM, SYN_ECANCELED, SYN_ETIMEOUT where parts_left were too few.
 */
static int solve(struct search *s, int64_t target, bool root)
{
    struct syn_lists lists = {0};
    struct division where = {0};
    const struct syn_branch_found take = {found, wanted, s};
    const int64_t began = now_ns();
    s->at_root = root;
    int rc = syn_bound_run(s->bound, target, &s->ask);
    s->at_root = false;
    if (rc || s->bound->value > target)
        return rc;
    if (root)
        raise_bound(s, s->bound->value);
    if (s->plans_most == PLANS_FIRST && !near(s))
        return SYN_ETIMEOUT;
    const bool divisible = divide(s, &where);
    rc = syn_lists_find(&lists, s->bound, divisible ? s->plans_most : UINT32_MAX, &s->ask);
    const bool whole = lists.whole;
    if (!rc && whole) {
        s->result->candidates += lists.count;
        rc = syn_branch_run(s->bound, &lists, divisible ? nodes_most(s) : UINT64_MAX, &s->ask,
                            &take, &s->result->candidates);
    }
    syn_lists_free(&lists);
    if (rc == SYN_ETIMEOUT || (!rc && !whole)) {
        rc = s->parts_left < 2 ? SYN_ETIMEOUT : improve_more(s);
        if (!rc)
            rc = improve_instead(s, began);
        s->bound->target = s->have && s->value <= target ? s->value - 1 : target;
        if (!rc)
            rc = solve_parts(s, &where);
    }
    return rc;
}

/* ---- targets --------------------------------------------------------------------------------- */

/* Asks for all better plans where they are few. Else for plans a little above the bound, and
 * further up while there are none: as far as can be answered with some effort, then with more of
 * it. */
static int climb(struct search *s)
{
    int64_t step = s->have ? s->value - s->lower : s->lower / STEP_PARTS + 1;
    uint64_t parts = 0;
    int rc = 0;
    s->stage = "proof";
    while (!rc && !proven(s)) {
        int64_t target = s->lower + step;
        if (s->have && target >= s->value)
            target = s->value - 1;
        if (target >= SYN_RELAX_NEVER / 4096)
            break;
        const int64_t began = now_ns();
        s->parts_left = parts;
        rc = solve(s, target, true);
        if (rc == SYN_ETIMEOUT) {
            rc = parts ? 0 : improve_instead(s, began);
            if (parts == 0)
                step = s->lower / STEP_PARTS * STEP_BACK;
            parts = parts == 0 ? PARTS_FIRST : step > s->lower / STEP_LEAST ? parts : 2 * parts;
            step = step > s->lower / STEP_LEAST ? step / STEP_BACK + 1 : step;
        } else if (!rc) {
            raise_bound(s, s->have && s->value <= target ? s->value : target + 1);
            step *= STEP_GROWTH;
        }
    }
    return rc;
}

/* The highest target, about, that the bound alone refutes. What is open once stays open. */
static int sharpen(struct search *s)
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
        raise_bound(s, s->bound->value <= target ? s->bound->value : target + 1);
    }
    s->at_root = false;
    return rc;
}

/* The bound of all plans that are better, and the proof at once where they are few. */
static int try_proof(struct search *s)
{
    s->stage = "bound";
    s->plans_most = PLANS_FIRST;
    const int rc = solve(s, s->value - 1, true);
    s->plans_most = PLANS_MOST;
    if (!rc)
        raise_bound(s, s->value);
    return rc == SYN_ETIMEOUT ? 0 : rc;
}

/* Neighbourhoods, as long as they pay. */
static int improve_first(struct search *s)
{
    int64_t before = INT64_MAX;
    int rc = 0;
    for (uint64_t n = IMPROVE_FIRST;
         !rc && !proven(s) &&
         (s->value < before || n <= (near(s) || s->quick ? IMPROVE_LAST : IMPROVE_FAR));
         n *= 2) {
        before = s->value;
        rc = improve(s, n);
        if (!rc && s->value < before && !proven(s))
            rc = try_proof(s);
    }
    return rc;
}

/* Where no plan is known: the bound of all of them. */
static int begin_without(struct search *s)
{
    s->at_root = true;
    const int rc = syn_bound_run(s->bound, SYN_RELAX_NEVER, &s->ask);
    s->at_root = false;
    if (rc)
        return rc;
    s->hopeless = s->bound->value >= SYN_RELAX_NEVER;
    raise_bound(s, s->bound->value);
    return 0;
}

static void finish_assist(struct search *s)
{
    s->looked_ns = 0;
    look_at_assist(s);
    syn_assist_stop(s->assist);
    s->assist = NULL;
}

static int open_search(struct search *s)
{
    int rc = syn_relax_new(&s->relax, s->problem);
    if (!rc)
        rc = syn_bound_new(&s->bound, s->relax);
    if (!rc && s->have)
        rc = syn_bound_know(s->bound, &s->result->plan);
    return rc;
}

static void close_search(struct search *s)
{
    finish_assist(s);
    syn_improver_free(s->improver);
    syn_bound_free(s->bound);
    syn_relax_free(s->relax);
}

static int prove(struct search *s)
{
    int rc = s->have ? try_proof(s) : begin_without(s);
    if (!rc && !s->hopeless && !proven(s))
        rc = sharpen(s);
    if (!rc && s->have && !proven(s))
        rc = try_proof(s);
    if (!rc && s->have)
        rc = improve_first(s);
    if (!rc && !s->hopeless && !proven(s))
        rc = climb(s);
    finish_assist(s);
    return rc;
}

/* ---- the second term ------------------------------------------------------------------------- */

static void refine_within(struct search *s, struct search *second)
{
    struct syn_prediction prediction;
    struct syn_score score;
    if (!try_proof(second) && !proven(second))
        (void)improve_first(second);
    s->result->candidates += second->result->candidates;
    if (syn_cost_predict(s->problem, &second->result->plan, SYN_EXECUTION_PARALLEL, &prediction,
                         NULL))
        return;
    syn_score_of(s->problem, &second->result->plan, &prediction, &score);
    take_plan(s, &second->result->plan, &score);
}

/* Whatever is known of models and devices serves another objective as well. */
static void lend(struct search *s, struct search *second)
{
    second->relax = s->relax;
    second->bound = s->bound;
    second->improver = s->improver;
    syn_relax_aim(s->relax, second->problem);
    if (s->improver)
        syn_improver_aim(s->improver, second->problem);
}

/* The least sum of latencies among plans of the proven T, as far as that is quick. */
static void refine(struct search *s)
{
    struct syn_problem *problem = malloc(sizeof *problem);
    struct syn_search_result *result = calloc(1, sizeof *result);
    struct syn_search_options options = s->options ? *s->options : (struct syn_search_options){0};
    options.progress = NULL; /* its values are those of another term */
    options.threads = 1;
    if (problem && result) {
        *problem = *s->problem;
        problem->objective = SYN_OBJECTIVE_LATENCY;
        problem->round_max_ns = (uint64_t)s->value;
        result->plan = s->result->plan;
        struct search second = {.problem = problem,
                                .options = &options,
                                .result = result,
                                .deadline_ns = s->deadline_ns,
                                .have = true,
                                .score = s->score,
                                .value = (int64_t)s->score.latency_ns,
                                .improved = true,
                                .quick = true,
                                .stage = "refining"};
        second.ask = (struct syn_exact_ask){stop, &second};
        second.reported_ns = now_ns();
        lend(s, &second);
        refine_within(s, &second);
        s->improver = second.improver;
    }
    free(problem);
    free(result);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int64_t repair_deadline(const struct search *s)
{
    const int64_t now = now_ns();
    const int64_t left = s->deadline_ns == INT64_MAX ? INT64_MAX : (s->deadline_ns - now) / 2;
    return now + (left < INT64_MAX ? left : REPAIR_MOST_NS);
}

static bool stop_repair(void *ctx)
{
    return stop(ctx, 0);
}

/* Stopped without a plan. `why`: what kept `synergy` from one, if that is known. */
static int no_plan(const struct search *s, const struct syn_error *why, struct syn_error *error)
{
    const double seconds = s->options ? 1e-9 * (double)s->options->time_limit_ns : 0;
    const struct syn_error known = why ? *why : (struct syn_error){0};
    if (s->interrupted != SYN_ETIMEOUT)
        return syn_error_set(error, s->interrupted, "no plan before the search was stopped");
    if (known.code != SYN_EOOR)
        return syn_error_set(error, s->interrupted,
                             "no plan found in %.3g s, and no proof that there is none", seconds);
    return syn_error_set(error, s->interrupted,
                         "no plan found in %.3g s, and no proof that there is none: %s", seconds,
                         known.message);
}

/* Where `synergy` has no plan, or not soon enough. */
static int repair(struct search *s, struct syn_error *error)
{
    struct syn_prediction prediction;
    struct syn_score score;
    struct syn_plan plan = {.pipeline_count = s->problem->pipeline_count};
    s->stage = "repair";
    int rc = syn_assist_repair(s->problem, repair_deadline(s), s->options ? s->options->threads : 1,
                               stop_repair, s, &plan);
    if (!rc && !syn_cost_predict(s->problem, &plan, SYN_EXECUTION_PARALLEL, &prediction, NULL)) {
        syn_score_of(s->problem, &plan, &prediction, &score);
        take_plan(s, &plan, &score);
        s->result->repaired = true;
    }
    if (rc == SYN_ENOMEM)
        return syn_error_set(error, rc, "no memory for the search");
    return s->interrupted && !s->have ? no_plan(s, error, error) : 0;
}

/* The plan of `synergy`, where it has one. */
static int warm_start(struct search *s, struct syn_error *error)
{
    struct syn_prediction prediction;
    struct syn_score score;
    struct syn_plan plan;
    struct syn_search_options options = s->options ? *s->options : (struct syn_search_options){0};
    s->stage = "synergy";
    options.time_limit_ns = options.time_limit_ns > 0 && options.time_limit_ns < WARM_MOST_NS * 8
                                ? options.time_limit_ns / 8
                                : WARM_MOST_NS;
    int rc = syn_planner_synergy.search(s->problem, &options, s->result, error);
    s->interrupted = syn_search_interrupted(s->options, s->deadline_ns);
    if (rc == SYN_EOOR && syn_plan_prove_oor(s->problem, error) == SYN_EOOR)
        return SYN_EOOR; /* nothing that was worth searching for */
    if ((rc == SYN_ETIMEOUT && !s->interrupted) || rc == SYN_EOOR)
        return repair(s, error);
    plan = s->result->plan;
    if (!rc)
        rc = syn_cost_predict(s->problem, &plan, SYN_EXECUTION_PARALLEL, &prediction, error);
    if (rc)
        return rc;
    syn_score_of(s->problem, &plan, &prediction, &score);
    take_plan(s, &plan, &score);
    s->result->begun = (uint64_t)s->value;
    return 0;
}

static int conclude(struct search *s, int rc, const struct syn_error *oor, struct syn_error *error)
{
    s->result->bound = (uint64_t)s->lower;
    s->result->proven = proven(s);
    s->result->stopped = rc == SYN_ECANCELED;
    if (rc == SYN_ENOMEM)
        return syn_error_set(error, rc, "no memory for the search");
    if (s->have)
        return 0;
    if (rc == SYN_ECANCELED)
        return no_plan(s, oor, error);
    if (error)
        *error = *oor;
    return SYN_EOOR;
}

int syn_exact_search(const struct syn_problem *problem, const struct syn_search_options *options,
                     struct syn_search_result *result, struct syn_error *error)
{
    struct search s = {.problem = problem,
                       .options = options,
                       .result = result,
                       .deadline_ns = syn_search_deadline(options)};
    struct syn_error oor = {0};
    memset(result, 0, sizeof *result);
    s.ask = (struct syn_exact_ask){stop, &s};
    s.reported_ns = now_ns();
    int rc = warm_start(&s, &oor);
    if (rc) {
        if (error)
            *error = oor;
        return rc;
    }
    rc = open_search(&s);
    if (!rc)
        rc = prove(&s);
    if (!rc && proven(&s) && problem->objective == SYN_OBJECTIVE_THROUGHPUT)
        refine(&s);
    close_search(&s);
    return conclude(&s, rc, &oor, error);
}
