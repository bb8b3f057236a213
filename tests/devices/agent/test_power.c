/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power cuts while an agent is deployed to. Random requests, the same ones cut at every erasure and
 * every unit that they program, then once more soon after: whatever was committed is there again,
 * complete, or what was being committed is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/agent/plan.h"
#include "devices/base/error.h"
#include "tests/devices/agent/bench.h"
#include "tests/devices/flash/cut_flash.h"

enum {
    MODELS = 4,
    BLOBS = 2 * MODELS + 2, /* images, deployments, and two that are neither */
    BLOB_BYTES = 4096,
    SETTING = 2, /* key of a record */
    STEPS = 40,
    SEED = 0xb0d1,
    SEQUENCES = 20,
};

/* ---- what is sent ---- */

struct blob {
    uint8_t bytes[BLOB_BYTES], hash[SYN_SHA256_SIZE];
    size_t size;
};

static struct blob blobs[BLOBS];

static struct blob *image_of(unsigned plan)
{
    return &blobs[plan];
}

static struct blob *deployment_of(unsigned plan)
{
    return &blobs[MODELS + plan];
}

static void make_blobs(void)
{
    static const struct chain chains[MODELS] = {{1, 4, 8}, {2, 8, 8}, {2, 12, 8}, {3, 8, 8}};
    for (unsigned i = 0; i < MODELS; i++) {
        struct blob *image = image_of(i), *d = deployment_of(i);
        image->size = chain_image(chains[i], 0, chains[i].layers, image->bytes, BLOB_BYTES);
        syn_sha256(image->bytes, image->size, image->hash);
        const struct blob_pipe pipe = {.weight = 1,
                                       .chunk = image->hash,
                                       .sensor = "camera",
                                       .sense_bytes = 192,
                                       .out = 1,
                                       .actuator = "haptic"};
        d->size = deployment_blob(0, 1, &pipe, 1, d->bytes, BLOB_BYTES);
    }
    for (unsigned i = 2 * MODELS; i < BLOBS; i++)
        blobs[i].size = 1000 + 1000 * (i - 2 * MODELS);
    for (unsigned i = MODELS; i < BLOBS; i++)
        syn_sha256(blobs[i].bytes, blobs[i].size, blobs[i].hash);
}

enum verb { PUT, PUT_HALF, DROP, PREPARE, COMMIT, ABORT, CLEAR, SET, VERBS };

struct step {
    enum verb verb;
    unsigned which; /* blob or plan */
    uint32_t number;
};

/* Mostly what a console sends: a plan's blobs, then prepare, then commit. */
static void make_steps(struct step steps[STEPS], uint64_t *random)
{
    for (unsigned i = 0; i < STEPS;) {
        uint64_t r = syn_splitmix64(random);
        unsigned plan = (unsigned)(r >> 8) % MODELS;
        uint32_t number = 1 + (uint32_t)(r >> 32);
        const struct step whole[] = {{PUT, plan, 0},
                                     {PUT, MODELS + plan, 0},
                                     {PREPARE, plan, number},
                                     {COMMIT, plan, number}};
        if (r % 3 > 0 && i + 4 <= STEPS) {
            memcpy(&steps[i], whole, sizeof whole);
            i += 4;
        } else {
            steps[i++] =
                (struct step){(enum verb)((r >> 16) % VERBS), (unsigned)(r >> 24) % BLOBS, number};
        }
    }
}

/* ---- the device ---- */

/* Two banks of records and fifteen pages for blobs, fewer than all of them need. */
enum { PAGE = 1024, PAGES = 2 * SYN_STORE_BANK_BYTES / PAGE + 15, UNIT = 16 };

struct world {
    struct bench *bench;
    struct cut_flash flash;
    uint64_t random;
};

static void restart(struct world *w)
{
    struct syn_agent *a = &w->bench->agent;
    const struct syn_agent_identity identity = a->identity;
    const struct syn_timing timing = a->timing;
    const struct syn_agent_port port = a->port;
    struct syn_agent_memory memory = a->memory;
    struct syn_refusal refusal;
    memory.flash = &w->flash.flash;
    w->bench->deployed = NULL;
    cut_flash_power_on(&w->flash);
    assert_int_equal(syn_agent_init(a, &identity, &timing, &port, &memory), 0);
    if (syn_agent_restore(a, &refusal))
        fail_msg("not restored: %s", refusal.text);
}

static int put(struct world *w, const struct blob *b, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t n = 1 + syn_splitmix64(&w->random) % 700;
        n = n < size - at ? n : size - at;
        long held = syn_store_put(&w->bench->agent.store, b->hash, (uint32_t)at, (uint32_t)b->size,
                                  b->bytes + at, n);
        if (held < 0)
            return (int)held;
        at = (size_t)held;
    }
    return 0;
}

static int set(struct world *w, uint32_t number)
{
    return syn_records_put(&w->bench->agent.store.records, SETTING, &number, sizeof number);
}

static int carry_out(struct world *w, const struct step *s)
{
    struct syn_agent *a = &w->bench->agent;
    const struct blob *b = &blobs[s->which];
    struct syn_refusal refusal = {.code = 0};
    switch (s->verb) {
    case PUT:
        return put(w, b, b->size);
    case PUT_HALF:
        return put(w, b, b->size / 2);
    case DROP:
        return syn_store_drop(&a->store, b->hash);
    case PREPARE:
        (void)syn_agent_plan_prepare(a, s->number, deployment_of(s->which % MODELS)->hash,
                                     &refusal);
        return refusal.code;
    case COMMIT:
        return syn_agent_plan_commit(a, s->number, &refusal);
    case ABORT:
        return syn_agent_plan_abort(a, s->number);
    case CLEAR:
        return syn_agent_plan_clear(a);
    default:
        return set(w, s->number);
    }
}

/* ---- what is there ---- */

struct state {
    uint32_t txn;
    unsigned plan; /* MODELS: none */
    bool there[BLOBS];
    uint32_t setting;
};

static unsigned plan_of(const struct syn_deployment *d)
{
    unsigned plan = 0;
    while (plan < MODELS && memcmp(deployment_of(plan)->hash, d->blob_hash, SYN_SHA256_SIZE) != 0)
        plan++;
    return plan;
}

static struct state look(struct world *w)
{
    struct syn_agent *a = &w->bench->agent;
    struct syn_record record;
    struct state s = {.plan = MODELS};
    if (a->committed) {
        s.txn = a->txn;
        s.plan = plan_of(&a->deployment);
    }
    for (unsigned i = 0; i < BLOBS; i++) {
        const struct syn_blob *b = syn_store_complete(&a->store, blobs[i].hash);
        s.there[i] = b != NULL;
        if (b && (b->length != blobs[i].size ||
                  memcmp(syn_store_bytes(&a->store, b), blobs[i].bytes, b->length) != 0))
            fail_msg("blob %u is another", i);
    }
    if (syn_records_find(&a->store.records, SETTING, &record))
        memcpy(&s.setting, record.bytes, sizeof s.setting);
    return s;
}

static bool may_go(const struct step *s, unsigned blob)
{
    return s->verb == PUT || s->verb == PUT_HALF || (s->verb == DROP && s->which == blob);
}

static void check_blobs(const struct state *old, const struct step *s, const struct state *now)
{
    for (unsigned i = 0; i < BLOBS; i++) {
        bool kept = old->plan < MODELS && (i == old->plan || i == MODELS + old->plan);
        bool may_come = s->verb == PUT && s->which == i;
        if (old->there[i] && !now->there[i] && (kept || !may_go(s, i)))
            fail_msg("blob %u is gone", i);
        if (!old->there[i] && now->there[i] && !may_come)
            fail_msg("blob %u has come", i);
    }
}

/* After a restart in the middle of step `s`. */
static void check(struct world *w, const struct state *old, const struct step *s,
                  uint32_t prepared_txn, unsigned prepared_plan)
{
    const struct syn_agent *a = &w->bench->agent;
    struct state now = look(w);
    bool same = now.txn == old->txn && now.plan == old->plan;
    bool committed = s->verb == COMMIT && now.txn == prepared_txn && now.plan == prepared_plan;
    bool cleared = s->verb == CLEAR && now.txn == 0 && now.plan == MODELS;
    if (!same && !committed && !cleared)
        fail_msg("transaction %u, plan %u is neither old nor new", now.txn, now.plan);
    if (now.setting != old->setting && (s->verb != SET || now.setting != s->number))
        fail_msg("the setting is neither old nor new");
    check_blobs(old, s, &now);
    assert_false(a->running || a->is_prepared);
    assert_int_equal(a->committed, w->bench->deployed != NULL);
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++)
        assert_true(!a->store.blobs[i].used || a->store.blobs[i].complete);
}

/* ---- cuts ---- */

/* A moment to go back to: the flash, the agent, who are at the same places then. */
struct moment {
    struct cut_flash flash;
    struct syn_agent agent;
    const struct syn_deployment *deployed;
    uint64_t random;
};

static void keep(struct moment *m, const struct world *w)
{
    cut_flash_copy(&m->flash, &w->flash);
    m->agent = w->bench->agent;
    m->deployed = w->bench->deployed;
    m->random = w->random;
}

static void go_back(struct world *w, const struct moment *m)
{
    cut_flash_copy(&w->flash, &m->flash);
    w->bench->agent = m->agent;
    w->bench->deployed = m->deployed;
    w->random = m->random;
}

struct totals {
    unsigned long steps, cuts, second, commits;
};

/* The step with `operations` before the power goes; false where it needed no more. */
static bool cut_step(struct world *w, const struct step *s, uint64_t operations)
{
    const struct state old = look(w);
    uint32_t txn = w->bench->agent.prepared_txn;
    unsigned plan = plan_of(&w->bench->agent.prepared);
    cut_flash_cut_after(&w->flash, operations);
    int rc = carry_out(w, s);
    if (!w->flash.off) {
        cut_flash_power_on(&w->flash);
        return false;
    }
    assert_true(rc != 0 || s->verb == PREPARE);
    restart(w);
    check(w, &old, s, txn, plan);
    return true;
}

/* The host tries again, or does something else, and the power goes again. */
static bool cut_again(struct world *w, const struct step *s, const struct step *other)
{
    uint64_t r = syn_splitmix64(&w->flash.random);
    const struct step prepare = {PREPARE, s->which, s->number};
    if (s->verb == COMMIT)
        (void)carry_out(w, &prepare);
    return cut_step(w, r % 4 ? s : other, (r >> 8) % 100 >> (r >> 16) % 7);
}

/* Every cut of a step, each followed by another one in any of the steps; then the step is done. */
static void sweep(struct world *w, struct moment *m, const struct step *steps, unsigned index,
                  struct totals *totals)
{
    const struct step *s = &steps[index];
    keep(m, w);
    uint64_t at = 0;
    while (cut_step(w, s, at++)) {
        w->flash.random += at;
        totals->cuts++;
        totals->second += cut_again(w, s, &steps[syn_splitmix64(&w->flash.random) % STEPS]);
        uint64_t spoil = w->flash.random;
        go_back(w, m);
        w->flash.random = spoil;
    }
    totals->steps++;
    totals->commits +=
        s->verb == COMMIT && w->bench->agent.committed && w->bench->agent.txn == s->number;
}

/* Records until the next ones change the bank, at another place in every sequence. */
static void fill_bank(struct world *w)
{
    const uint32_t left = (uint32_t)(syn_splitmix64(&w->random) % 400);
    for (uint32_t i = 1; w->bench->agent.store.records.end + left < SYN_STORE_BANK_BYTES; i++)
        assert_int_equal(set(w, i), 0);
}

static void run_sequence(uint64_t seed, struct totals *totals)
{
    struct world w = {.bench = bench_new(), .random = seed};
    struct moment *m = calloc(1, sizeof *m);
    struct step steps[STEPS];
    cut_flash_init(&w.flash, PAGE, PAGES, UNIT, seed);
    cut_flash_init(&m->flash, PAGE, PAGES, UNIT, seed);
    make_steps(steps, &w.random);
    restart(&w);
    fill_bank(&w);
    uint32_t sequence = w.bench->agent.store.records.sequence;
    for (unsigned i = 0; i < STEPS; i++)
        sweep(&w, m, steps, i, totals);
    assert_true(w.bench->agent.store.records.sequence > sequence);
    cut_flash_free(&m->flash);
    cut_flash_free(&w.flash);
    free(m);
    free(w.bench);
}

static void whatever_is_cut_the_deployment_is_old_or_new_and_complete(void **state)
{
    struct totals totals = {0};
    (void)state;
    make_blobs();
    for (uint64_t seed = SEED; seed < SEED + SEQUENCES; seed++)
        run_sequence(seed, &totals);
    print_message("%lu steps from seed %#x, of them %lu commits: %lu cuts, %lu second cuts\n",
                  totals.steps, SEED, totals.commits, totals.cuts, totals.second);
    assert_true(totals.commits > SEQUENCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_cut_the_deployment_is_old_or_new_and_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
