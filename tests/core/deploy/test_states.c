/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever fails, wherever: all devices hold the new deployment, or all hold the old one. */
#include "core/deploy/deploy.h"
#include "tests/core/plan/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DEVICES 4
#define NEW_TXN 7
#define OLD_TXN 3
#define STORE   16

/* ---- devices ------------------------------------------------------------------------------- */

struct fake {
    bool dead;
    struct syn_deploy_before committed, prepared; /* txn 0: nothing */
    unsigned stored;
    uint8_t store[STORE][SYN_SHA256_SIZE];
};

enum trouble {
    REFUSED,       /* the device says no */
    NEVER_ARRIVED, /* time-out, the device has not seen it */
    ANSWER_LOST,   /* time-out, the device has done it */
    DIED,          /* gone for good, before it did it */
    DIED_AFTER,    /* gone for good, after it did it */
    TROUBLES
};

struct bench {
    struct rig rig;
    struct syn_plan plan;
    struct fake fakes[DEVICES];
    struct syn_deploy_before before[DEVICES];
    struct syn_deploy *deploy;
    unsigned steps;      /* actions carried out */
    unsigned trouble_at; /* the step that goes wrong; UINT32_MAX: none */
    enum trouble trouble;
    unsigned troubled; /* device that it happened to */
};

static bool has(const struct fake *f, const uint8_t hash[SYN_SHA256_SIZE])
{
    for (unsigned i = 0; i < f->stored; i++)
        if (!memcmp(f->store[i], hash, SYN_SHA256_SIZE))
            return true;
    return false;
}

static int prepare(struct fake *f, const struct syn_deploy_action *action)
{
    if (f->committed.txn == action->txn)
        return memcmp(f->committed.hash, action->hash, SYN_SHA256_SIZE) ? SYN_ESTATE : 0;
    if (!has(f, action->hash))
        return SYN_ENOENT;
    f->prepared.txn = action->txn;
    memcpy(f->prepared.hash, action->hash, SYN_SHA256_SIZE);
    return 0;
}

static int commit(struct fake *f, uint32_t txn)
{
    if (f->committed.txn == txn)
        return 0;
    if (f->prepared.txn != txn)
        return SYN_ESTATE;
    f->committed = f->prepared;
    f->prepared.txn = 0;
    return 0;
}

static int carry_out(struct fake *f, const struct syn_deploy_action *action)
{
    switch (action->verb) {
    case SYN_DEPLOY_PUT: {
        uint8_t hash[SYN_SHA256_SIZE];
        syn_sha256(action->bytes, action->size, hash);
        assert_memory_equal(hash, action->hash, sizeof hash);
        assert_true(f->stored < STORE);
        memcpy(f->store[f->stored++], hash, sizeof hash);
        return 0;
    }
    case SYN_DEPLOY_PREPARE:
        return prepare(f, action);
    case SYN_DEPLOY_COMMIT:
        return commit(f, action->txn);
    case SYN_DEPLOY_ABORT:
        if (f->committed.txn == action->txn)
            return SYN_ESTATE;
        if (f->prepared.txn == action->txn)
            f->prepared.txn = 0;
        return 0;
    default:
        memset(&f->committed, 0, sizeof f->committed);
        f->prepared.txn = 0;
        return 0;
    }
}

static int go_wrong(struct bench *b, struct fake *f, const struct syn_deploy_action *action)
{
    b->troubled = action->device;
    if (b->trouble == ANSWER_LOST || b->trouble == DIED_AFTER)
        (void)carry_out(f, action);
    f->dead = b->trouble == DIED || b->trouble == DIED_AFTER;
    return b->trouble == REFUSED ? SYN_EDEVICE : f->dead ? SYN_ELINK : SYN_ETIMEOUT;
}

static int act(struct bench *b, const struct syn_deploy_action *action)
{
    struct fake *f = &b->fakes[action->device];
    if (f->dead)
        return SYN_ELINK;
    return b->steps++ == b->trouble_at ? go_wrong(b, f, action) : carry_out(f, action);
}

/* ---- deployments --------------------------------------------------------------------------- */

/* glasses -> watch over three devices; ring takes part only in what was before. */
static void set_up(struct bench *b, bool had_before)
{
    struct syn_error error = {0};
    memset(b, 0, sizeof *b);
    rig_wearables(&b->rig, RIG_MAX78000);
    uint64_t seed = 1;
    const struct syn_model *model = rig_random_model(&b->rig, &seed, 4);
    rig_pipeline(&b->rig, model, "glasses", "watch");
    b->plan.pipeline_count = 1;
    b->plan.pipelines[0] = (struct syn_execution_plan){
        .source = 1, .target = 2, .chunk_count = 2, .chunks = {{1, 0, 2}, {0, 2, 4}}};
    for (unsigned d = 0; had_before && d < DEVICES; d++) {
        b->before[d].txn = OLD_TXN;
        memset(b->before[d].hash, (int)d + 1, SYN_SHA256_SIZE);
        b->fakes[d].committed = b->before[d];
        memcpy(b->fakes[d].store[b->fakes[d].stored++], b->before[d].hash, SYN_SHA256_SIZE);
    }
    const int rc = syn_deploy_new(&b->deploy, &b->rig.problem, &b->plan, NEW_TXN, 0,
                                  had_before ? b->before : NULL, &error);
    if (rc)
        fail_msg("%s", error.message);
    b->trouble_at = UINT32_MAX;
    b->troubled = DEVICES;
}

static void tear_down(struct bench *b)
{
    syn_deploy_free(b->deploy);
    rig_free(&b->rig);
}

/* One action at a time. */
static void run_in_turn(struct bench *b)
{
    struct syn_deploy_action action;
    while (syn_deploy_next(b->deploy, &action))
        syn_deploy_report(b->deploy, &action, act(b, &action), NULL);
}

/* All devices at once; the last to be asked answers first. */
static void run_together(struct bench *b)
{
    struct syn_deploy_action actions[DEVICES];
    int codes[DEVICES];
    unsigned count = 0;
    do {
        while (syn_deploy_next(b->deploy, &actions[count])) {
            codes[count] = act(b, &actions[count]);
            assert_in_range(++count, 1, DEVICES);
        }
        if (count > 0) {
            count--;
            syn_deploy_report(b->deploy, &actions[count], codes[count], NULL);
        }
    } while (count > 0 || syn_deploy_state(b->deploy) == SYN_DEPLOY_RUNNING);
}

static bool is_new(const struct bench *b, unsigned d)
{
    uint8_t hash[SYN_SHA256_SIZE];
    if (!syn_deploy_hash(b->deploy, d, hash))
        return b->fakes[d].committed.txn == 0;
    return b->fakes[d].committed.txn == NEW_TXN &&
           !memcmp(b->fakes[d].committed.hash, hash, sizeof hash);
}

static bool is_old(const struct bench *b, unsigned d)
{
    return b->fakes[d].committed.txn == b->before[d].txn &&
           !memcmp(b->fakes[d].committed.hash, b->before[d].hash, SYN_SHA256_SIZE);
}

static void all_are(const struct bench *b, bool (*state)(const struct bench *b, unsigned d),
                    bool but_troubled)
{
    for (unsigned d = 0; d < DEVICES; d++)
        if (!but_troubled || d != b->troubled)
            assert_true(state(b, d));
}

static void nothing_stays_prepared(const struct bench *b)
{
    for (unsigned d = 0; d < DEVICES; d++)
        if (!b->fakes[d].dead)
            assert_int_equal(b->fakes[d].prepared.txn, 0);
}

static void check(const struct bench *b)
{
    const struct syn_error *error = syn_deploy_error(b->deploy);
    switch (syn_deploy_state(b->deploy)) {
    case SYN_DEPLOY_DONE:
        all_are(b, is_new, false);
        assert_int_equal(error->code, 0);
        break;
    case SYN_DEPLOY_FAILED:
        all_are(b, is_old, false);
        nothing_stays_prepared(b);
        assert_string_equal(error->device, b->rig.fleet.devices[b->troubled].name);
        break;
    case SYN_DEPLOY_INCONSISTENT:
        assert_true(b->fakes[b->troubled].dead);
        all_are(b, is_old, true);
        nothing_stays_prepared(b);
        assert_non_null(strstr(error->message, b->rig.fleet.devices[b->troubled].name));
        break;
    default:
        fail_msg("the deployment has not ended");
    }
}

typedef void (*runner)(struct bench *b);
static const runner runners[] = {run_in_turn, run_together};

static unsigned steps_without_trouble(bool had_before, runner run)
{
    struct bench b;
    set_up(&b, had_before);
    run(&b);
    const unsigned steps = b.steps;
    assert_int_equal(syn_deploy_state(b.deploy), SYN_DEPLOY_DONE);
    check(&b);
    tear_down(&b);
    return steps;
}

static void without_trouble_all_devices_switch(void **state)
{
    (void)state;
    for (unsigned r = 0; r < 2; r++) {
        /* Three devices: 2 images, 3 blobs, 3 prepares, 3 commits; ring is cleared. */
        assert_int_equal(steps_without_trouble(false, runners[r]), 11);
        assert_int_equal(steps_without_trouble(true, runners[r]), 12);
    }
}

static void a_failure_at_any_step_on_any_device_leaves_all_new_or_all_old(void **state)
{
    (void)state;
    unsigned ended[4] = {0};
    for (unsigned had = 0; had < 2; had++)
        for (unsigned r = 0; r < 2; r++)
            for (unsigned at = 0; at < steps_without_trouble(had, runners[r]); at++)
                for (unsigned t = 0; t < TROUBLES; t++) {
                    struct bench b;
                    set_up(&b, had);
                    b.trouble_at = at;
                    b.trouble = (enum trouble)t;
                    runners[r](&b);
                    check(&b);
                    ended[syn_deploy_state(b.deploy)]++;
                    tear_down(&b);
                }
    assert_int_equal(ended[SYN_DEPLOY_DONE], 0); /* no failure goes unnoticed */
    assert_true(ended[SYN_DEPLOY_FAILED] > 0);
    assert_true(ended[SYN_DEPLOY_INCONSISTENT] > 0);
}

static void a_device_that_dies_before_it_was_asked_to_commit_leaves_all_as_before(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, true);
    b.trouble_at = 5; /* of 8 steps until the first commit */
    b.trouble = DIED;
    run_in_turn(&b);
    assert_int_equal(syn_deploy_state(b.deploy), SYN_DEPLOY_FAILED);
    all_are(&b, is_old, false);
    tear_down(&b);
}

/* A second failure, while the first is being undone. */
static void a_device_lost_during_roll_back_is_named(void **state)
{
    (void)state;
    struct bench b;
    struct syn_deploy_action action;
    set_up(&b, true);
    b.trouble_at = 9; /* the second commit is refused */
    b.trouble = REFUSED;
    while (b.steps <= b.trouble_at && syn_deploy_next(b.deploy, &action))
        syn_deploy_report(b.deploy, &action, act(&b, &action), NULL);
    for (unsigned d = 0; d < DEVICES; d++)
        b.fakes[d].dead = is_new(&b, d) && b.fakes[d].committed.txn == NEW_TXN;
    run_in_turn(&b);
    assert_int_equal(syn_deploy_state(b.deploy), SYN_DEPLOY_INCONSISTENT);
    assert_string_equal(syn_deploy_error(b.deploy)->device, "earbud");
    assert_non_null(
        strstr(syn_deploy_error(b.deploy)->message, "could not be rolled back: earbud"));
    for (unsigned d = 0; d < DEVICES; d++)
        assert_true(b.fakes[d].dead || is_old(&b, d));
    tear_down(&b);
}

static void stopping_it_at_any_step_brings_everything_back(void **state)
{
    (void)state;
    for (unsigned stop = 0; stop < 12; stop++) {
        struct bench b;
        struct syn_deploy_action action;
        set_up(&b, true);
        for (unsigned i = 0; i < stop && syn_deploy_next(b.deploy, &action); i++)
            syn_deploy_report(b.deploy, &action, act(&b, &action), NULL);
        syn_deploy_cancel(b.deploy);
        run_in_turn(&b);
        assert_int_equal(syn_deploy_state(b.deploy), SYN_DEPLOY_FAILED);
        assert_int_equal(syn_deploy_error(b.deploy)->code, SYN_ECANCELED);
        all_are(&b, is_old, false);
        nothing_stays_prepared(&b);
        tear_down(&b);
    }
}

static void stopping_it_while_an_action_is_under_way_waits_for_its_end(void **state)
{
    (void)state;
    struct bench b;
    struct syn_deploy_action action, other;
    set_up(&b, true);
    assert_true(syn_deploy_next(b.deploy, &action));
    syn_deploy_cancel(b.deploy);
    assert_int_equal(syn_deploy_state(b.deploy), SYN_DEPLOY_RUNNING);
    assert_false(syn_deploy_next(b.deploy, &other));
    syn_deploy_report(b.deploy, &action, act(&b, &action), NULL);
    assert_int_equal(syn_deploy_state(b.deploy), SYN_DEPLOY_FAILED);
    tear_down(&b);
}

static void no_device_commits_before_all_are_prepared(void **state)
{
    (void)state;
    struct bench b;
    struct syn_deploy_action action;
    unsigned prepared = 0;
    set_up(&b, true);
    while (syn_deploy_next(b.deploy, &action)) {
        prepared += action.verb == SYN_DEPLOY_PREPARE;
        if (action.verb == SYN_DEPLOY_COMMIT || action.verb == SYN_DEPLOY_CLEAR)
            assert_int_equal(prepared, 3);
        syn_deploy_report(b.deploy, &action, act(&b, &action), NULL);
    }
    tear_down(&b);
}

static void progress_counts_the_bytes_of_uploads(void **state)
{
    (void)state;
    struct bench b;
    struct syn_deploy_action action;
    uint64_t done, total, sum = 0;
    set_up(&b, false);
    while (syn_deploy_next(b.deploy, &action)) {
        sum += action.size;
        syn_deploy_report(b.deploy, &action, act(&b, &action), NULL);
        syn_deploy_progress(b.deploy, &done, &total);
        assert_int_equal(done, sum);
    }
    assert_int_equal(done, total);
    tear_down(&b);
}

static void a_plan_that_does_not_fit_is_no_deployment(void **state)
{
    (void)state;
    struct bench b;
    struct syn_deploy *deploy;
    struct syn_error error = {0};
    set_up(&b, false);
    b.rig.fleet.devices[0].profile.timing.arena_bytes = 1;
    assert_int_equal(syn_deploy_new(&deploy, &b.rig.problem, &b.plan, NEW_TXN, 0, NULL, &error),
                     SYN_EOOR);
    assert_null(deploy);
    assert_string_equal(error.device, "earbud");
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_trouble_all_devices_switch),
        cmocka_unit_test(a_failure_at_any_step_on_any_device_leaves_all_new_or_all_old),
        cmocka_unit_test(a_device_that_dies_before_it_was_asked_to_commit_leaves_all_as_before),
        cmocka_unit_test(a_device_lost_during_roll_back_is_named),
        cmocka_unit_test(stopping_it_at_any_step_brings_everything_back),
        cmocka_unit_test(stopping_it_while_an_action_is_under_way_waits_for_its_end),
        cmocka_unit_test(no_device_commits_before_all_are_prepared),
        cmocka_unit_test(progress_counts_the_bytes_of_uploads),
        cmocka_unit_test(a_plan_that_does_not_fit_is_no_deployment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
