/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/deploy/deploy.h"

#include "core/cost/cost.h"
#include "core/deploy/blobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far a device got. */
enum progress {
    UPLOADING,
    PREPARING, /* asked to; the answer may be lost */
    READY,     /* prepared, or has nothing to prepare */
    SWITCHING, /* asked to commit or clear; the answer may be lost */
    SWITCHED
};

/* What brings a device back; done in this order. */
enum undo { UNDO_PREPARE_OLD, UNDO_COMMIT_OLD, UNDO_CLEAR, UNDO_ABORT_NEW, UNDO_COUNT };

struct target {
    char name[SYN_DEVICE_NAME];
    struct syn_deploy_blobs blobs;
    struct syn_deploy_before before;
    unsigned uploaded; /* blobs */
    enum progress progress;
    bool busy;             /* an action is under way */
    bool undo[UNDO_COUNT]; /* still to do */
    bool lost;             /* could not be rolled back */
};

struct syn_deploy {
    unsigned depth; /* K of the fair round */
    unsigned count;
    struct target targets[SYN_DEVICES_MAX];
    struct syn_stream_map streams;
    uint32_t txn;
    uint64_t bytes_done, bytes_total;
    bool rolling_back;
    enum syn_deploy_state state;
    struct syn_error error;
};

/* ---- making one --------------------------------------------------------------------------- */

/* A device without a part has nothing to upload or prepare. */
static void set_start(struct syn_deploy *d, struct target *t)
{
    t->progress = t->blobs.count ? UPLOADING : t->before.txn ? READY : SWITCHED;
    for (unsigned i = 0; i < t->blobs.count; i++)
        d->bytes_total += t->blobs.list[i].size;
}

static int build(struct syn_deploy *d, const struct syn_problem *problem,
                 const struct syn_plan *plan, unsigned depth,
                 const struct syn_deploy_before *before, struct syn_error *error)
{
    struct syn_prediction prediction;
    int rc = syn_cost_predict(problem, plan, SYN_EXECUTION_PARALLEL, &prediction, error);
    if (!rc)
        rc = syn_stream_map_fill(&d->streams, problem, plan, error);
    depth = depth ? depth : syn_routes_depth(plan, prediction.round_ns);
    d->depth = depth;
    d->count = problem->fleet->count;
    for (unsigned i = 0; !rc && i < d->count; i++) {
        struct target *t = &d->targets[i];
        (void)snprintf(t->name, sizeof t->name, "%s", problem->fleet->devices[i].name);
        if (before)
            t->before = before[i];
        rc = syn_deploy_blobs_build(&t->blobs, problem, plan, &d->streams, i, depth, error);
        if (!rc)
            set_start(d, t);
    }
    return rc;
}

int syn_deploy_new(struct syn_deploy **deploy, const struct syn_problem *problem,
                   const struct syn_plan *plan, uint32_t txn, unsigned depth,
                   const struct syn_deploy_before *before, struct syn_error *error)
{
    *deploy = NULL;
    if (txn == 0 || depth > SYN_ROUTES_DEPTH_MAX)
        return syn_error_set(error, SYN_EINVAL, "transaction 0, or depth beyond %d",
                             SYN_ROUTES_DEPTH_MAX);
    struct syn_deploy *d = calloc(1, sizeof *d);
    if (!d)
        return syn_error_set(error, SYN_ENOMEM, "no memory for the deployment");
    d->txn = txn;
    int rc = build(d, problem, plan, depth, before, error);
    if (rc)
        syn_deploy_free(d);
    else
        *deploy = d;
    return rc;
}

void syn_deploy_free(struct syn_deploy *deploy)
{
    if (!deploy)
        return;
    for (unsigned i = 0; i < SYN_DEVICES_MAX; i++)
        syn_deploy_blobs_free(&deploy->targets[i].blobs);
    free(deploy);
}

/* ---- forward ------------------------------------------------------------------------------ */

static const struct syn_deploy_blob *deployment_blob(const struct target *t)
{
    return &t->blobs.list[t->blobs.count - 1];
}

static bool all_are(const struct syn_deploy *d, enum progress progress)
{
    for (unsigned i = 0; i < d->count; i++)
        if (d->targets[i].progress < progress)
            return false;
    return true;
}

static void fill_put(const struct target *t, struct syn_deploy_action *action)
{
    const struct syn_deploy_blob *blob = &t->blobs.list[t->uploaded];
    action->verb = SYN_DEPLOY_PUT;
    memcpy(action->hash, blob->hash, SYN_SHA256_SIZE);
    action->bytes = blob->bytes;
    action->size = blob->size;
}

static bool next_forward(const struct syn_deploy *d, struct target *t,
                         struct syn_deploy_action *action)
{
    action->txn = d->txn;
    if (t->progress == UPLOADING && t->uploaded < t->blobs.count) {
        fill_put(t, action);
    } else if (t->progress == UPLOADING) {
        action->verb = SYN_DEPLOY_PREPARE;
        memcpy(action->hash, deployment_blob(t)->hash, SYN_SHA256_SIZE);
        t->progress = PREPARING;
    } else if (t->progress == READY && all_are(d, READY)) {
        action->verb = t->blobs.count ? SYN_DEPLOY_COMMIT : SYN_DEPLOY_CLEAR;
        t->progress = SWITCHING;
    } else {
        return false;
    }
    return true;
}

static void forward(struct syn_deploy *d, struct target *t, const struct syn_deploy_action *action)
{
    if (action->verb == SYN_DEPLOY_PUT) {
        t->uploaded++;
        d->bytes_done += action->size;
    } else if (t->progress == PREPARING) {
        t->progress = READY;
    } else if (t->progress == SWITCHING) {
        t->progress = SWITCHED;
    }
}

/* ---- backward ----------------------------------------------------------------------------- */

/* Codes with which a device itself says no; after any other, nobody knows what it did. */
static bool is_answer(int status)
{
    static const int answers[] = {SYN_EINVAL, SYN_ENOENT,  SYN_EOOR,   SYN_EBUSY,
                                  SYN_ESTATE, SYN_EACCESS, SYN_EUNSUP, SYN_EDEVICE};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (status == answers[i])
            return true;
    return false;
}

/* What this device needs to be as before; asked when nothing is under way on it. */
static void plan_undo(struct target *t)
{
    const bool may_be_new = t->progress >= SWITCHING && (t->blobs.count || t->before.txn);
    const bool had = t->before.txn != 0;
    t->undo[UNDO_PREPARE_OLD] = t->undo[UNDO_COMMIT_OLD] = may_be_new && had;
    t->undo[UNDO_CLEAR] = may_be_new && !had;
    t->undo[UNDO_ABORT_NEW] = t->blobs.count && t->progress >= PREPARING && !t->undo[UNDO_CLEAR];
    t->progress = UPLOADING;
}

static void roll_back(struct syn_deploy *d)
{
    d->rolling_back = true;
    for (unsigned i = 0; i < d->count; i++)
        if (!d->targets[i].busy)
            plan_undo(&d->targets[i]);
}

static bool next_backward(const struct syn_deploy *d, const struct target *t,
                          struct syn_deploy_action *action)
{
    static const enum syn_deploy_verb verbs[UNDO_COUNT] = {
        [UNDO_PREPARE_OLD] = SYN_DEPLOY_PREPARE,
        [UNDO_COMMIT_OLD] = SYN_DEPLOY_COMMIT,
        [UNDO_CLEAR] = SYN_DEPLOY_CLEAR,
        [UNDO_ABORT_NEW] = SYN_DEPLOY_ABORT,
    };
    for (unsigned u = 0; u < UNDO_COUNT; u++) {
        const bool old = u == UNDO_PREPARE_OLD || u == UNDO_COMMIT_OLD;
        if (!t->undo[u])
            continue;
        action->verb = verbs[u];
        action->txn = old ? t->before.txn : d->txn;
        if (old)
            memcpy(action->hash, t->before.hash, SYN_SHA256_SIZE);
        return true;
    }
    return false;
}

/* The step that an action stands for; UNDO_COUNT where it went forward. */
static enum undo undo_of(const struct target *t)
{
    for (unsigned u = 0; u < UNDO_COUNT; u++)
        if (t->undo[u])
            return (enum undo)u;
    return UNDO_COUNT;
}

/* A prepared deployment that is never committed does no harm: a failed abort is none. */
static void backward(struct target *t, enum undo step, int status)
{
    t->undo[step] = false;
    if (!status || step == UNDO_ABORT_NEW)
        return;
    t->lost = true;
    memset(t->undo, 0, sizeof t->undo);
}

static void name_lost(struct syn_deploy *d)
{
    char names[SYN_DEVICES_MAX * (SYN_DEVICE_NAME + 2)] = "";
    char first[SYN_DEVICE_NAME] = "";
    size_t used = 0;
    for (unsigned i = 0; i < d->count; i++) {
        const struct target *t = &d->targets[i];
        if (!t->lost)
            continue;
        if (!used)
            memcpy(first, t->name, sizeof first);
        used +=
            (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", t->name);
    }
    d->state = used ? SYN_DEPLOY_INCONSISTENT : SYN_DEPLOY_FAILED;
    if (!used)
        return;
    syn_error_set(&d->error, d->error.code, "%.200s; could not be rolled back: %.250s",
                  d->error.message, names);
    syn_error_hint(&d->error, "reconnect and `undeploy` there, or deploy again");
    syn_error_device(&d->error, first);
}

static void settle(struct syn_deploy *d)
{
    if (!d->rolling_back || d->state != SYN_DEPLOY_RUNNING)
        return;
    for (unsigned i = 0; i < d->count; i++)
        if (d->targets[i].busy || undo_of(&d->targets[i]) != UNDO_COUNT)
            return;
    name_lost(d);
}

/* ---- both --------------------------------------------------------------------------------- */

bool syn_deploy_next(struct syn_deploy *deploy, struct syn_deploy_action *action)
{
    for (unsigned i = 0; deploy->state == SYN_DEPLOY_RUNNING && i < deploy->count; i++) {
        struct target *t = &deploy->targets[i];
        if (t->busy)
            continue;
        *action = (struct syn_deploy_action){.device = i};
        t->busy = deploy->rolling_back ? next_backward(deploy, t, action)
                                       : next_forward(deploy, t, action);
        if (t->busy)
            return true;
    }
    return false;
}

static void note_failure(struct syn_deploy *d, const struct target *t, int status,
                         const struct syn_error *error)
{
    if (d->error.code)
        return;
    if (error && error->code)
        d->error = *error;
    else
        syn_error_set(&d->error, status, "%s", syn_errno_text(status));
    syn_error_device(&d->error, t->name);
}

static void failed(struct syn_deploy *d, struct target *t, int status,
                   const struct syn_error *error)
{
    note_failure(d, t, status, error);
    if (t->progress == SWITCHING && is_answer(status))
        t->progress = READY;
    roll_back(d);
}

void syn_deploy_report(struct syn_deploy *deploy, const struct syn_deploy_action *action,
                       int status, const struct syn_error *error)
{
    if (action->device >= deploy->count || !deploy->targets[action->device].busy)
        return;
    struct target *t = &deploy->targets[action->device];
    const enum undo step = undo_of(t);
    t->busy = false;
    if (step != UNDO_COUNT) {
        backward(t, step, status);
    } else if (deploy->rolling_back) {
        /* Was under way when another device failed. */
        if (!status)
            forward(deploy, t, action);
        else if (t->progress == SWITCHING && is_answer(status))
            t->progress = READY;
        plan_undo(t);
    } else if (status) {
        failed(deploy, t, status, error);
    } else {
        forward(deploy, t, action);
        if (all_are(deploy, SWITCHED))
            deploy->state = SYN_DEPLOY_DONE;
    }
    settle(deploy);
}

void syn_deploy_cancel(struct syn_deploy *deploy)
{
    if (deploy->state != SYN_DEPLOY_RUNNING || deploy->rolling_back)
        return;
    syn_error_set(&deploy->error, SYN_ECANCELED, "the deployment was stopped");
    roll_back(deploy);
    settle(deploy);
}

enum syn_deploy_state syn_deploy_state(const struct syn_deploy *deploy)
{
    return deploy->state;
}

const struct syn_error *syn_deploy_error(const struct syn_deploy *deploy)
{
    return &deploy->error;
}

void syn_deploy_progress(const struct syn_deploy *deploy, uint64_t *done, uint64_t *total)
{
    *done = deploy->bytes_done;
    *total = deploy->bytes_total;
}

int syn_deploy_stream(const struct syn_deploy *deploy, unsigned stream, unsigned *from,
                      unsigned *to)
{
    if (stream >= deploy->streams.count)
        return SYN_ENOENT;
    *from = deploy->streams.ends[stream].from;
    *to = deploy->streams.ends[stream].to;
    return 0;
}

bool syn_deploy_hash(const struct syn_deploy *deploy, unsigned device,
                     uint8_t hash[SYN_SHA256_SIZE])
{
    if (device >= deploy->count || !deploy->targets[device].blobs.count)
        return false;
    memcpy(hash, deployment_blob(&deploy->targets[device])->hash, SYN_SHA256_SIZE);
    return true;
}

unsigned syn_deploy_depth(const struct syn_deploy *deploy)
{
    return deploy->depth;
}
