/* SPDX-License-Identifier: MIT */
/*
 * Properties that hold for any plan: thousands of random ones over one to six devices. A failure
 * prints the seed; SYN_SEED runs that one again.
 */
#include "world.h"

#include "devices/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* At most, of a plan. */
#define PIPELINES (SYN_RT_PIPELINES_MAX < 9 ? SYN_RT_PIPELINES_MAX : 9)

#define PLANS (3000 / SYN_FEWER)

static struct world w;
static struct world_pipeline plan[SYN_RT_PIPELINES_MAX];

static uint32_t pick(uint64_t *seed, uint32_t below)
{
    return (uint32_t)(syn_splitmix64(seed) % below);
}

static int64_t some_time(uint64_t *seed)
{
    return 1 + (int64_t)pick(seed, 5) * pick(seed, 4 * MS);
}

static void pick_chunks(struct world_pipeline *p, unsigned devices, uint64_t *seed)
{
    uint8_t order[WORLD_DEVICES];
    for (unsigned d = 0; d < devices; d++)
        order[d] = (uint8_t)d;
    for (unsigned d = devices - 1; d > 0; d--) {
        unsigned other = pick(seed, d + 1);
        uint8_t kept = order[d];
        order[d] = order[other];
        order[other] = kept;
    }
    p->chunk_count = (uint8_t)(1 + pick(seed, devices));
    for (unsigned i = 0; i < p->chunk_count; i++)
        p->chunks[i] = order[i];
}

static void pick_pipeline(struct world_pipeline *p, unsigned devices, uint64_t *seed)
{
    *p = (struct world_pipeline){.weight = (uint16_t)(1 + pick(seed, 4)),
                                 .source = (uint8_t)pick(seed, devices),
                                 .target = (uint8_t)pick(seed, devices),
                                 .sense = some_time(seed),
                                 .load = some_time(seed),
                                 .infer = some_time(seed),
                                 .unload = some_time(seed),
                                 .act = some_time(seed),
                                 .hop = some_time(seed),
                                 .slots = (uint8_t)(1 + pick(seed, SYN_RT_SLOTS_MAX))};
    pick_chunks(p, devices, seed);
}

/* Every task of a unit is counted once by its kind. */
static void check_work(const struct syn_rt_counters *c)
{
    static const uint8_t kinds[SYN_RT_WORK_COUNT] = {
        [SYN_RT_WORK_SENSE] = SYN_TASK_SENSE,
        [SYN_RT_WORK_LOAD] = SYN_TASK_LOAD,
        [SYN_RT_WORK_INFER] = SYN_TASK_INFER,
        [SYN_RT_WORK_UNLOAD] = SYN_TASK_UNLOAD,
        [SYN_RT_WORK_ACT] = SYN_TASK_ACT,
        [SYN_RT_WORK_SEND_WINDOW] = SYN_TASK_SEND,
        [SYN_RT_WORK_SEND] = SYN_TASK_SEND,
        [SYN_RT_WORK_RECEIVE] = SYN_TASK_RECEIVE,
        [SYN_RT_WORK_RECEIVE_RESULT] = SYN_TASK_RECEIVE,
    };
    uint32_t tasks[SYN_UNIT_COUNT] = {0};
    for (unsigned p = 0; p < w.pipelines; p++) {
        assert_true(c->work[p][SYN_RT_WORK_CONFIGURE] <= c->work[p][SYN_RT_WORK_LOAD]);
        for (unsigned k = 0; k < SYN_RT_WORK_COUNT; k++)
            for (unsigned u = 0; k != SYN_RT_WORK_CONFIGURE && u < SYN_UNIT_COUNT; u++)
                tasks[u] += syn_rt_units[kinds[k]] & SYN_RT_UNIT(u) ? c->work[p][k] : 0;
    }
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        assert_int_equal(tasks[u], c->tasks[u]);
}

static void check(uint32_t limit, enum syn_rt_mode mode)
{
    assert_true(world_idle(&w));
    for (unsigned d = 0; d < w.devices; d++)
        check_work(&w.rt[d].counters);
    for (unsigned p = 0; p < w.pipelines; p++) {
        const struct syn_rt_counters *source = &w.rt[plan[p].source].counters;
        const struct syn_rt_counters *target = &w.rt[plan[p].target].counters;
        assert_int_equal(source->sensed[p], limit);
        assert_int_equal(target->acted[p] + target->dropped[p], limit);
        assert_int_equal(source->dropped[p], target->dropped[p]);
        assert_int_equal(target->acted[p], w.acted[p]);
    }
    if (mode == SYN_RT_SEQUENTIAL)
        assert_int_equal(w.in_flight_max, 1);
}

static void run_one(uint64_t seed)
{
    unsigned devices = 1 + pick(&seed, WORLD_DEVICES);
    unsigned pipelines = 1 + pick(&seed, PIPELINES);
    unsigned depth = 1 + pick(&seed, 6);
    uint32_t limit = 1 + pick(&seed, 25);
    enum syn_rt_mode mode = (enum syn_rt_mode)pick(&seed, 3);
    for (unsigned p = 0; p < pipelines; p++)
        pick_pipeline(&plan[p], devices, &seed);
    world_init(&w, devices, plan, pipelines, depth);
    w.drop_every = pick(&seed, 3) == 0 ? 2 + pick(&seed, 9) : 0;
    w.fail_every = pick(&seed, 3) == 0 ? 2 + pick(&seed, 9) : 0;
    world_start(&w, mode, limit);
    world_run(&w, INT64_MAX);
    check(limit, mode);
}

static uint64_t running;

static int print_seed(void **state)
{
    (void)state;
    print_message("last seed: SYN_SEED=%llu\n", (unsigned long long)running);
    return 0;
}

static void every_plan_serves_all_its_inferences(void **state)
{
    (void)state;
    const char *given = getenv("SYN_SEED");
    if (given != NULL) {
        running = strtoull(given, NULL, 10);
        run_one(running);
        return;
    }
    for (running = 1; running <= PLANS; running++)
        run_one(running);
}

/* Without drops and with no limit that ends a pipeline early, acted counts stay together. */
static void counts_never_differ_by_more_than_the_depth(void **state)
{
    (void)state;
    for (running = 1; running <= PLANS / 10; running++) {
        uint64_t seed = running * 7919;
        unsigned devices = 1 + pick(&seed, WORLD_DEVICES);
        unsigned pipelines = 2 + pick(&seed, PIPELINES - 1);
        unsigned depth = 1 + pick(&seed, 4);
        for (unsigned p = 0; p < pipelines; p++)
            pick_pipeline(&plan[p], devices, &seed);
        world_init(&w, devices, plan, pipelines, depth);
        world_start(&w, SYN_RT_FAIR, 0);
        world_run(&w, 1000 * MS);
        assert_true(w.spread <= depth);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_plan_serves_all_its_inferences, print_seed),
        cmocka_unit_test_teardown(counts_never_differ_by_more_than_the_depth, print_seed),
    };
    return cmocka_run_group_tests_name("runtime, random plans", tests, NULL, NULL);
}
