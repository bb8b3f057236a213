/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/exact/assist.h"

#include "core/plan/improve/improve.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define ASK_NS     10000000 /* between two questions whether to go on */
#define ITERATIONS 64       /* neighbourhoods between two looks at what the other has */

struct syn_assist {
    const struct syn_problem *problem;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    struct syn_plan plan; /* the best that either has shown */
    struct syn_score score;
    atomic_bool stop;
    _Atomic uint64_t bound;
};

static int compare(const struct syn_assist *a, const struct syn_plan *plan,
                   const struct syn_score *score)
{
    return syn_plan_compare(a->problem->objective, score, plan, &a->score, &a->plan);
}

/* Both go on with the better one; true where that is not the caller's. */
static bool exchange(struct syn_assist *a, struct syn_plan *plan, struct syn_score *score)
{
    bool taken = false;
    (void)pthread_mutex_lock(&a->lock);
    const int order = compare(a, plan, score);
    if (order < 0) {
        a->plan = *plan;
        a->score = *score;
    } else if (order > 0) {
        *plan = a->plan;
        *score = a->score;
        taken = true;
    }
    (void)pthread_mutex_unlock(&a->lock);
    return taken;
}

static void *work(void *ctx)
{
    struct syn_assist *a = ctx;
    struct syn_improve_limits limits = {
        .deadline_ns = INT64_MAX, .iterations = ITERATIONS, .seed = 2, .stop = &a->stop};
    struct syn_plan plan = a->plan;
    struct syn_score score = a->score;
    struct syn_improver *improver;
    uint64_t looked = 0, before = UINT64_MAX;
    const int rc = syn_improver_new(&improver, a->problem);
    /* Nothing looked at: the plan is as good as the bound. */
    while (!rc && !atomic_load(&a->stop) && looked != before) {
        before = looked;
        limits.enough = atomic_load(&a->bound);
        syn_improver_run(improver, &limits, &plan, &score, &looked);
        (void)exchange(a, &plan, &score);
    }
    syn_improver_free(improver);
    return NULL;
}

int syn_assist_start(struct syn_assist **assist, const struct syn_problem *problem,
                     const struct syn_plan *plan, const struct syn_score *score)
{
    struct syn_assist *a = calloc(1, sizeof *a);
    *assist = NULL;
    if (!a)
        return SYN_ENOMEM;
    a->problem = problem;
    a->plan = *plan;
    a->score = *score;
    if (pthread_mutex_init(&a->lock, NULL)) {
        free(a);
        return SYN_ENOMEM;
    }
    if (pthread_create(&a->thread, NULL, work, a)) {
        (void)pthread_mutex_destroy(&a->lock);
        free(a);
        return SYN_ENOMEM;
    }
    *assist = a;
    return 0;
}

void syn_assist_stop(struct syn_assist *assist)
{
    if (!assist)
        return;
    atomic_store(&assist->stop, true);
    (void)pthread_join(assist->thread, NULL);
    (void)pthread_mutex_destroy(&assist->lock);
    free(assist);
}

bool syn_assist_exchange(struct syn_assist *assist, struct syn_plan *plan, struct syn_score *score,
                         uint64_t bound)
{
    atomic_store(&assist->bound, bound);
    return exchange(assist, plan, score);
}

/* ---- repair ---------------------------------------------------------------------------------- */

#define REPAIRS_MAX 8

struct repair {
    const struct syn_problem *problem;
    int64_t deadline_ns;
    struct syn_plan *plan; /* of who is first */
    atomic_bool stop;
    pthread_mutex_t lock; /* of what follows, and of *plan */
    pthread_cond_t ended;
    uint64_t seed; /* of who begins next */
    unsigned running;
    int rc;
};

static int begin_repair(struct repair *r, struct syn_improve_limits *limits)
{
    (void)pthread_mutex_lock(&r->lock);
    *limits = (struct syn_improve_limits){
        .deadline_ns = r->deadline_ns, .seed = r->seed++, .stop = &r->stop};
    return pthread_mutex_unlock(&r->lock);
}

static void *repair(void *ctx)
{
    struct repair *r = ctx;
    struct syn_improve_limits limits;
    struct syn_plan plan;
    (void)begin_repair(r, &limits);
    const int rc = syn_repair(r->problem, &limits, &plan);
    (void)pthread_mutex_lock(&r->lock);
    if (!rc && r->rc) {
        *r->plan = plan;
        atomic_store(&r->stop, true);
    }
    r->rc = r->rc ? rc : 0;
    r->running--;
    (void)pthread_cond_signal(&r->ended);
    (void)pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* Until all have ended, or a moment has passed; true where all have. */
static bool wait_a_moment(struct repair *r)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ASK_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&r->lock);
    if (r->running)
        (void)pthread_cond_timedwait(&r->ended, &r->lock, &until);
    const bool done = !r->running;
    (void)pthread_mutex_unlock(&r->lock);
    return done;
}

static unsigned start_repairs(struct repair *r, pthread_t *thread, unsigned threads)
{
    unsigned n = 0;
    (void)pthread_mutex_lock(&r->lock);
    while (n < threads && n < REPAIRS_MAX && !pthread_create(&thread[n], NULL, repair, r))
        n++;
    r->running = n;
    (void)pthread_mutex_unlock(&r->lock);
    return n;
}

int syn_assist_repair(const struct syn_problem *problem, int64_t deadline_ns, unsigned threads,
                      bool (*stop)(void *ctx), void *ctx, struct syn_plan *plan)
{
    struct repair r = {
        .problem = problem, .deadline_ns = deadline_ns, .plan = plan, .seed = 1, .rc = SYN_EOOR};
    pthread_t thread[REPAIRS_MAX];
    bool stopped = false;
    if (pthread_mutex_init(&r.lock, NULL))
        return SYN_ENOMEM;
    if (pthread_cond_init(&r.ended, NULL)) {
        (void)pthread_mutex_destroy(&r.lock);
        return SYN_ENOMEM;
    }
    const unsigned count = start_repairs(&r, thread, threads ? threads : 1);
    while (!wait_a_moment(&r))
        if (!stopped && stop(ctx)) {
            stopped = true;
            atomic_store(&r.stop, true);
        }
    for (unsigned i = 0; i < count; i++)
        (void)pthread_join(thread[i], NULL);
    (void)pthread_cond_destroy(&r.ended);
    (void)pthread_mutex_destroy(&r.lock);
    return !count ? SYN_ENOMEM : stopped && r.rc ? SYN_ECANCELED : r.rc;
}
