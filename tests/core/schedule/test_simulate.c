/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the simulator says of plans whose figures are known from elsewhere. */
#include "core/plan/planner.h"
#include "core/schedule/routes.h"
#include "core/schedule/simulate.h"
#include "tests/core/plan/rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REACHED      0.97
#define RANDOM_CASES 300

static struct rig rig;
static struct syn_plan plan;
static struct syn_prediction predicted;
static struct syn_simulation simulated;

/* False where the planner finds none. */
static bool find_plan(const char *planner)
{
    static struct syn_search_result result;
    const struct syn_search_options options = {.time_limit_ns = 1000000000};
    struct syn_error error = {0};
    if (syn_planner_find(planner)->search(&rig.problem, &options, &result, &error))
        return false;
    plan = result.plan;
    return true;
}

static void predict(enum syn_execution execution)
{
    struct syn_error error = {0};
    if (syn_cost_predict(&rig.problem, &plan, execution, &predicted, &error))
        fail_msg("%s", error.message);
}

static void simulate(const struct syn_simulation_options *options)
{
    struct syn_error error = {0};
    syn_simulation_clear(&simulated);
    if (syn_simulate(&rig.problem, &plan, options, &simulated, &error))
        fail_msg("%s", error.message);
}

static double share(void)
{
    return simulated.throughput_ips / predicted.throughput_ips;
}

static void tear_down(void)
{
    syn_simulation_clear(&simulated);
    rig_free(&rig);
}

/* ---- reach ---- */

static void check_workload(unsigned workload, enum rig_set set, const char *planner)
{
    rig_workload(&rig, workload, set);
    if (find_plan(planner)) {
        predict(SYN_EXECUTION_PARALLEL);
        simulate(NULL);
        print_message("W%u %-9s %-8s bound %8.3f simulated %8.3f share %.4f\n", workload,
                      rig_set_names[set], planner, predicted.throughput_ips,
                      simulated.throughput_ips, share());
        if (share() < REACHED)
            fail_msg("less than %.2f of the bound", REACHED);
    }
    tear_down();
}

static void workloads_reach_97_percent_of_the_bound(void **state)
{
    static const char *const planners[] = {"synergy", "exact"};
    (void)state;
    for (unsigned w = 1; w <= 5; w++)
        for (unsigned s = 0; s < RIG_SET_COUNT; s++)
            for (unsigned i = 0; i < 2; i++)
                check_workload(w, (enum rig_set)s, planners[i]);
}

/* ---- random problems ---- */

/* A change of chunk that the runtime saves is what the bound does not know of. */
static void no_change_of_chunk_costs(void)
{
    for (unsigned d = 0; d < rig.fleet.count; d++)
        rig.fleet.devices[d].profile.timing.configure_layer_ns = 0;
}

#define EXPLAINED_ROUNDS 400

/* What is missing is time in which the unit that limits the plan rests; pipelines may get up to K
 * rounds ahead meanwhile. */
static void assert_loss_is_explained(uint64_t seed)
{
    const double seconds = EXPLAINED_ROUNDS * simulated.round_ns / 1e9;
    const struct syn_waits *waits = &simulated.waits;
    char words[256];
    simulate(&(struct syn_simulation_options){.waits = true, .seconds = seconds});
    const double rests = (double)waits->rest_ns / 1e9 / simulated.span_s;
    const double ahead = (double)syn_routes_depth(&plan, predicted.round_ns) / EXPLAINED_ROUNDS;
    assert_int_equal(waits->other_ns, 0);
    words[0] = '\0';
    if (waits->count > 0)
        syn_wait_words(&rig.problem, &waits->list[0], words, sizeof words);
    print_message("seed %lu: %.4f of the bound, rests %.1f %%; %.1f %%: %s\n", (unsigned long)seed,
                  share(), 100 * rests, (double)waits->list[0].ns / 1e7 / simulated.span_s, words);
    if (fabs(1 - share() - rests) > ahead)
        fail_msg("seed %lu: %.4f is missing, %.4f explained", (unsigned long)seed, 1 - share(),
                 rests);
}

/* A pipeline may get up to K rounds further ahead while it is measured: by what share. */
static double drift(void)
{
    const double rounds = simulated.span_s * 1e9 / simulated.round_ns;
    return syn_routes_depth(&plan, predicted.round_ns) / rounds;
}

static void assert_load_is_the_work_of_a_round(uint64_t seed)
{
    const double ahead = drift();
    for (unsigned d = 0; d < rig.fleet.count; d++)
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++) {
            const double work = (double)predicted.busy_ns[d][u] / simulated.round_ns;
            const double busy = simulated.utilisation[d][u];
            if (busy < work * (1 - ahead) - 0.01 || busy > work * (1 + ahead) + 0.01 ||
                busy > 1.0000001)
                fail_msg("seed %lu: device %u unit %u: busy %.3f, work %.3f", (unsigned long)seed,
                         d, u, busy, work);
        }
}

/*
 * What is missing where less is reached: a second slot where the arena is small (seed 145: the
 * accelerator waits for the only slot of its output to be sent), and units that are needed together
 * and are both nearly always busy (cpu and accel).
 */
static void random_plans_reach_their_bound_and_never_exceed_it(void **state)
{
    double sum = 0, worst = 1;
    unsigned cases = 0, low = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= RANDOM_CASES; seed++, tear_down()) {
        rig_random(&rig, seed);
        no_change_of_chunk_costs();
        if (!find_plan("synergy"))
            continue;
        predict(SYN_EXECUTION_PARALLEL);
        simulate(NULL);
        if (share() > 1.0001 + drift())
            fail_msg("seed %lu: %.4f of the bound", (unsigned long)seed, share());
        assert_load_is_the_work_of_a_round(seed);
        sum += share();
        worst = fmin(worst, share());
        if (share() < REACHED) {
            assert_loss_is_explained(seed);
            low++;
        }
        cases++;
    }
    print_message("%u plans: %.4f of the bound on average, %.4f at worst, %u below %.2f\n", cases,
                  sum / cases, worst, low, REACHED);
    assert_true(cases > RANDOM_CASES / 2 && sum / cases > 0.985 && worst > 0.5);
    assert_true(low * 10 < cases);
}

/* ---- one task at a time ---- */

static void sequentially_a_round_and_every_latency_are_the_sums_of_tasks(void **state)
{
    const struct syn_simulation_options options = {.execution = SYN_EXECUTION_SEQUENTIAL};
    (void)state;
    for (uint64_t seed = 1; seed <= RANDOM_CASES; seed++, tear_down()) {
        rig_random(&rig, seed);
        no_change_of_chunk_costs();
        for (unsigned p = 0; p < rig.problem.pipeline_count; p++)
            rig.problem.pipelines[p].spec.rate_cap_ips = 0;
        if (!find_plan("min-dev"))
            continue;
        predict(SYN_EXECUTION_SEQUENTIAL);
        simulate(&options);
        assert_true(fabs(simulated.round_ns - (double)predicted.round_ns) < 1);
        for (unsigned p = 0; p < plan.pipeline_count; p++)
            assert_true(fabs(simulated.pipelines[p].latency_max_ms -
                             (double)predicted.pipelines[p].latency_ns / 1e6) < 1e-6);
    }
}

/* ---- work-conserving ---- */

struct gains {
    unsigned faster, slower, pipelines;
    double worst;
};

static void compare_with_fair(const struct syn_simulation *fair, struct gains *gains)
{
    for (unsigned p = 0; p < plan.pipeline_count; p++) {
        const double gain =
            simulated.pipelines[p].throughput_ips / fair->pipelines[p].throughput_ips;
        gains->pipelines++;
        gains->faster += gain > 1.03;
        gains->slower += gain < 0.97;
        gains->worst = gain < gains->worst ? gain : gains->worst;
    }
}

/*
 * A task that has begun is not interrupted, so whoever is slow may wait for a task of one who is
 * fast: not more than that.
 */
static void work_conserving_some_go_faster_and_nobody_starves(void **state)
{
    const struct syn_simulation_options options = {.execution = SYN_EXECUTION_WORK_CONSERVING};
    struct gains gains = {.worst = 1};
    (void)state;
    for (uint64_t seed = 1; seed <= RANDOM_CASES; seed++, tear_down()) {
        rig_random(&rig, seed);
        no_change_of_chunk_costs();
        if (!find_plan("synergy"))
            continue;
        simulate(NULL);
        const struct syn_simulation fair = simulated;
        simulate(&options);
        compare_with_fair(&fair, &gains);
    }
    print_message("of %u pipelines %u faster, %u slower, worst %.3f\n", gains.pipelines,
                  gains.faster, gains.slower, gains.worst);
    assert_true(gains.faster > gains.pipelines / 4);
    assert_true(gains.slower * 50 < gains.pipelines && gains.worst > 0.6);
}

/*
 * Radios that are never free at the same time must not keep what they have for each other. Keeping
 * the air free for it costs those who could have gone meanwhile: W4 mixed reaches 0.90 of max-min.
 */
static void work_conserving_the_workloads_serve_everybody(void **state)
{
    const struct syn_simulation_options options = {.execution = SYN_EXECUTION_WORK_CONSERVING};
    (void)state;
    for (unsigned i = 0; i < 5 * RIG_SET_COUNT; i++, tear_down()) {
        struct gains gains = {.worst = 1};
        rig_workload(&rig, 1 + i / RIG_SET_COUNT, (enum rig_set)(i % RIG_SET_COUNT));
        if (!find_plan("synergy"))
            continue;
        simulate(NULL);
        const struct syn_simulation fair = simulated;
        predict(SYN_EXECUTION_WORK_CONSERVING);
        simulate(&options);
        compare_with_fair(&fair, &gains);
        print_message("W%u %-9s work-conserving: predicted %8.3f simulated %8.3f\n",
                      1 + i / RIG_SET_COUNT, rig_set_names[i % RIG_SET_COUNT],
                      predicted.throughput_ips, simulated.throughput_ips);
        assert_true(gains.worst > 0.96);
        assert_true(share() > 0.88 && share() < 1.05);
    }
}

static void w2_with_a_cap(double ips)
{
    rig_workload(&rig, 2, RIG_MAX78000);
    assert_true(find_plan("synergy"));
    rig.problem.pipelines[1].spec.rate_cap_ips = ips;
}

static void a_rate_cap_holds_the_fair_round_back_and_nothing_else_work_conserving(void **state)
{
    const struct syn_simulation_options options = {.execution = SYN_EXECUTION_WORK_CONSERVING};
    (void)state;
    w2_with_a_cap(10);
    simulate(NULL);
    for (unsigned p = 0; p < 3; p++)
        assert_true(fabs(simulated.pipelines[p].throughput_ips - 10) < 0.01);
    simulate(&options);
    assert_true(fabs(simulated.pipelines[1].throughput_ips - 10) < 0.01);
    assert_true(simulated.pipelines[0].throughput_ips > 60);
    assert_true(simulated.pipelines[2].throughput_ips > 60);
    tear_down();
}

/* ---- through the console ---- */

static void relay(bool wired)
{
    memset(rig.fleet.direct, 0, sizeof rig.fleet.direct);
    rig.fleet.hub_wired = wired;
}

/*
 * Over two radios a message holds its slots twice as long, and the counts of the others are up to
 * 100 ms old. Who is behind goes first on the air: else windows of pipelines that are K rounds
 * ahead keep back what an accelerator has made, which has two slots for it (W2 by wires: 0.97, W5
 * by measured links: 0.91).
 */
static void through_the_console_the_bound_is_reached_by_wires_and_by_its_radio(void **state)
{
    (void)state;
    for (unsigned w = 1; w <= 5; w++)
        for (unsigned wired = 0; wired < 2; wired++, tear_down()) {
            rig_workload(&rig, w, RIG_MAX78002);
            relay(wired);
            if (!find_plan("synergy"))
                continue;
            predict(SYN_EXECUTION_PARALLEL);
            simulate(NULL);
            print_message("W%u by %s: %.4f of the bound\n", w, wired ? "wires" : "radio", share());
            assert_true(share() > REACHED && share() < 1.05);
        }
}

/* Wires between all of them, and a relay where there is none: what the table says is what is
 * simulated. */
static void by_measured_links_the_bound_is_reached(void **state)
{
    (void)state;
    for (unsigned w = 1; w <= 5; w++, tear_down()) {
        rig_workload(&rig, w, RIG_MAX78002);
        relay(true);
        for (unsigned a = 0; a < rig.fleet.count; a++)
            for (unsigned b = 0; b < rig.fleet.count; b++)
                rig.fleet.links[a][b] = (struct syn_fleet_link){
                    .measured = true,
                    .wired = (a + b) % 2,
                    .send_ns = 100000 + 50000 * a,
                    .send_byte_ps = 3400000,
                    .receive_ns = (a + b) % 2 ? 0 : 200000,
                    .receive_byte_ps = (a + b) % 2 ? 0 : 4000000,
                };
        if (!find_plan("synergy"))
            continue;
        predict(SYN_EXECUTION_PARALLEL);
        simulate(NULL);
        print_message("W%u by links: %.4f of the bound\n", w, share());
        assert_true(share() > REACHED && share() < 1.05);
    }
}

/* ---- spans ---- */

static bool shares_a_unit(const struct syn_task_span *a, const struct syn_task_span *b)
{
    return a->device == b->device && (syn_rt_units[a->kind] & syn_rt_units[b->kind]);
}

static void assert_units_do_one_thing_at_a_time(void)
{
    for (size_t i = 0; i < simulated.span_count; i++)
        for (size_t k = i + 1; k < simulated.span_count; k++) {
            const struct syn_task_span *a = &simulated.spans[i], *b = &simulated.spans[k];
            if (b->start_ns >= a->end_ns)
                break;
            if (shares_a_unit(a, b))
                fail_msg("device %u: tasks %u and %u overlap at %ld ns", a->device, a->kind,
                         b->kind, (long)b->start_ns);
        }
}

/* Every transfer is there on both devices, at the same time. */
static void assert_transfers_have_two_ends(void)
{
    for (size_t i = 0; i < simulated.span_count; i++) {
        const struct syn_task_span *a = &simulated.spans[i];
        bool found = a->kind != SYN_TASK_SEND;
        for (size_t k = 0; !found && k < simulated.span_count; k++) {
            const struct syn_task_span *b = &simulated.spans[k];
            found = b->kind == SYN_TASK_RECEIVE && b->device == a->peer && b->peer == a->device &&
                    b->start_ns == a->start_ns && b->inference == a->inference;
        }
        assert_true(found);
    }
}

static void spans_say_what_every_unit_does(void **state)
{
    const struct syn_simulation_options options = {.trace_s = 0.5};
    (void)state;
    for (unsigned relayed = 0; relayed < 2; relayed++, tear_down()) {
        rig_workload(&rig, 4, RIG_MIXED);
        if (relayed)
            relay(false);
        assert_true(find_plan("synergy"));
        simulate(&options);
        assert_true(simulated.span_count > 50);
        for (size_t i = 0; i < simulated.span_count; i++) {
            assert_true(simulated.spans[i].start_ns < 500000000);
            assert_true(simulated.spans[i].end_ns > 0);
            assert_true(i == 0 || simulated.spans[i].start_ns >= simulated.spans[i - 1].start_ns);
        }
        assert_units_do_one_thing_at_a_time();
        assert_transfers_have_two_ends();
    }
}

/* ---- the call ---- */

static bool at_once(void *ctx)
{
    ++*(unsigned *)ctx;
    return true;
}

static void a_simulation_is_the_same_each_time_and_can_be_stopped(void **state)
{
    unsigned asked = 0;
    const struct syn_simulation_options options = {.cancelled = at_once, .ctx = &asked};
    struct syn_error error = {0};
    (void)state;
    rig_workload(&rig, 4, RIG_MIXED);
    assert_true(find_plan("synergy"));
    simulate(NULL);
    const struct syn_simulation first = simulated;
    simulate(NULL);
    assert_memory_equal(&first, &simulated, sizeof first);
    syn_simulation_clear(&simulated);
    assert_int_equal(syn_simulate(&rig.problem, &plan, &options, &simulated, &error),
                     SYN_ECANCELED);
    assert_int_equal(asked, 1);
    tear_down();
}

static void it_lasts_as_long_as_one_asks(void **state)
{
    (void)state;
    rig_workload(&rig, 2, RIG_MAX78000);
    assert_true(find_plan("synergy"));
    simulate(&(struct syn_simulation_options){.seconds = 7});
    assert_true(simulated.span_s >= 7 && simulated.span_s < 7.1);
    tear_down();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workloads_reach_97_percent_of_the_bound),
        cmocka_unit_test(random_plans_reach_their_bound_and_never_exceed_it),
        cmocka_unit_test(sequentially_a_round_and_every_latency_are_the_sums_of_tasks),
        cmocka_unit_test(work_conserving_some_go_faster_and_nobody_starves),
        cmocka_unit_test(work_conserving_the_workloads_serve_everybody),
        cmocka_unit_test(a_rate_cap_holds_the_fair_round_back_and_nothing_else_work_conserving),
        cmocka_unit_test(through_the_console_the_bound_is_reached_by_wires_and_by_its_radio),
        cmocka_unit_test(by_measured_links_the_bound_is_reached),
        cmocka_unit_test(spans_say_what_every_unit_does),
        cmocka_unit_test(a_simulation_is_the_same_each_time_and_can_be_stopped),
        cmocka_unit_test(it_lasts_as_long_as_one_asks),
    };
    return cmocka_run_group_tests_name("simulate", tests, NULL, NULL);
}
