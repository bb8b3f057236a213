/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/cost.h"
#include "tests/core/plan/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { EARBUD, GLASSES, WATCH, RING };

#define MS 1000000u

/* BLE 2M: 3.75 ms and 5,704.918 ns a byte, rounded up */
static uint64_t ble_ns(uint32_t bytes)
{
    return 3750000 + ((uint64_t)bytes * 5704918 + 999) / 1000;
}

static void wearables_with(struct rig *rig, const char *model)
{
    memset(rig, 0, sizeof *rig);
    rig_wearables(rig, RIG_MAX78000);
    rig_pipeline(rig, rig_model(rig, model), "earbud", "ring");
}

static void predict(const struct rig *rig, const struct syn_plan *plan,
                    enum syn_execution execution, struct syn_prediction *prediction)
{
    struct syn_error error = {0};
    if (syn_cost_predict(&rig->problem, plan, execution, prediction, &error))
        fail_msg("%s", error.message);
}

static struct syn_plan kws_on(unsigned device)
{
    return (struct syn_plan){.pipeline_count = 1,
                             .pipelines = {{.source = EARBUD,
                                            .target = RING,
                                            .chunk_count = 1,
                                            .chunks = {{(uint8_t)device, 0, 9}}}}};
}

/* Every term by hand: the words of devices/part/PART.md 1.1, the 71,782 cycles of the vendor. */
static void the_time_of_one_pipeline_is_the_sum_of_its_tasks(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_prediction p;
    wearables_with(&rig, "kws");
    const struct syn_plan plan = kws_on(EARBUD);
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &p);
    const uint64_t load = 128 * 128 / 4 * 270;
    const uint64_t unload = 21 * 270; /* 21 classes of 32 bits */
    const uint64_t infer = 71782u * 20 + 6600;
    assert_int_equal(p.busy_ns[EARBUD][SYN_UNIT_ACCEL], load + infer + unload);
    assert_int_equal(p.busy_ns[EARBUD][SYN_UNIT_CPU], load + unload);
    assert_int_equal(p.busy_ns[EARBUD][SYN_UNIT_SENSOR], 1 * MS);
    assert_int_equal(p.busy_ns[EARBUD][SYN_UNIT_RADIO], ble_ns(64));
    assert_int_equal(p.busy_ns[RING][SYN_UNIT_RADIO], ble_ns(64));
    assert_int_equal(p.busy_ns[RING][SYN_UNIT_CPU], 1 * MS);
    assert_int_equal(p.latency_sum_ns, 2 * MS + load + infer + unload + ble_ns(64));
    assert_int_equal(p.round_ns, ble_ns(64));
    assert_int_equal(p.bottleneck_unit, SYN_UNIT_RADIO);
    assert_int_equal(p.bytes_sent, 64); /* of 84 */
    rig_free(&rig);
}

static void a_sequential_round_is_the_sum_of_all_tasks(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_prediction parallel, sequential;
    wearables_with(&rig, "kws");
    rig_pipeline(&rig, rig.models[0], "earbud", "ring")->spec.weight = 3;
    struct syn_plan plan = kws_on(EARBUD);
    plan.pipeline_count = 2;
    plan.pipelines[1] = plan.pipelines[0];
    plan.pipelines[1].chunks[0].device = RING;
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &parallel);
    predict(&rig, &plan, SYN_EXECUTION_SEQUENTIAL, &sequential);
    assert_int_equal(sequential.round_ns,
                     parallel.pipelines[0].latency_ns + 3 * parallel.pipelines[1].latency_ns);
    assert_int_equal(sequential.bound_ns, parallel.round_ns);
    assert_true(parallel.pipelines[1].throughput_ips > 2.99 * parallel.pipelines[0].throughput_ips);
    rig_free(&rig);
}

static void a_chunk_is_configured_each_time_only_where_it_shares_the_accelerator(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_prediction alone, shared, apart;
    wearables_with(&rig, "kws");
    struct syn_plan plan = kws_on(EARBUD);
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &alone);
    rig_pipeline(&rig, rig.models[0], "earbud", "ring");
    plan.pipeline_count = 2;
    plan.pipelines[1] = plan.pipelines[0];
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &shared);
    assert_int_equal(shared.busy_ns[EARBUD][SYN_UNIT_ACCEL],
                     2 * (alone.busy_ns[EARBUD][SYN_UNIT_ACCEL] + 9 * 15000));
    plan.pipelines[1].chunks[0].device = WATCH;
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &apart);
    assert_int_equal(apart.busy_ns[EARBUD][SYN_UNIT_ACCEL], alone.busy_ns[EARBUD][SYN_UNIT_ACCEL]);
    rig_free(&rig);
}

static void a_relayed_transfer_keeps_the_hub_busy_twice(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_prediction direct, relayed;
    wearables_with(&rig, "kws");
    const struct syn_plan plan = kws_on(EARBUD);
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &direct);
    rig.fleet.direct[EARBUD][RING] = rig.fleet.direct[RING][EARBUD] = false;
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &relayed);
    assert_int_equal(relayed.busy_ns[EARBUD][SYN_UNIT_RADIO], ble_ns(64));
    assert_int_equal(relayed.busy_ns[RING][SYN_UNIT_RADIO], ble_ns(64));
    assert_int_equal(relayed.radio.node_ns[SYN_DEVICE_HUB], 2 * ble_ns(64));
    assert_int_equal(relayed.bottleneck_device, SYN_DEVICE_HUB);
    assert_int_equal(relayed.round_ns, 2 * ble_ns(64));
    assert_int_equal(relayed.latency_sum_ns, direct.latency_sum_ns + ble_ns(64));
    assert_int_equal(relayed.bytes_sent, 128);
    rig_free(&rig);
}

static void over_wires_of_their_own_the_hub_binds_nobody(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_prediction relayed;
    wearables_with(&rig, "kws");
    const struct syn_plan plan = kws_on(EARBUD);
    rig.fleet.direct[EARBUD][RING] = rig.fleet.direct[RING][EARBUD] = false;
    rig.fleet.hub_wired = true;
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &relayed);
    assert_int_equal(relayed.busy_ns[EARBUD][SYN_UNIT_RADIO], ble_ns(64));
    assert_int_equal(relayed.busy_ns[RING][SYN_UNIT_RADIO], ble_ns(64));
    assert_int_equal(relayed.radio.node_ns[SYN_DEVICE_HUB], 0);
    assert_true(relayed.bottleneck_device != SYN_DEVICE_HUB);
    rig_free(&rig);
}

/* One direction by a wire, the other through the console. */
static void a_measured_link_costs_what_its_entry_says_and_nothing_else(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_prediction direct, linked;
    wearables_with(&rig, "kws");
    const struct syn_plan plan = kws_on(EARBUD);
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &direct);
    rig.fleet.direct[EARBUD][RING] = false;
    rig.fleet.links[EARBUD][RING] = (struct syn_fleet_link){
        .measured = true, .wired = true, .send_ns = 100000, .send_byte_ps = 3333333};
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &linked);
    const uint64_t sent = 100000 + (64 * 3333333u + 999) / 1000;
    assert_int_equal(linked.busy_ns[EARBUD][SYN_UNIT_RADIO], sent);
    assert_int_equal(linked.busy_ns[RING][SYN_UNIT_RADIO], 0);
    assert_int_equal(linked.radio.node_ns[SYN_DEVICE_HUB], 0);
    assert_int_equal(linked.latency_sum_ns, direct.latency_sum_ns - ble_ns(64) + sent);
    assert_int_equal(linked.bytes_sent, 64);
    rig.fleet.links[EARBUD][RING].wired = false;
    rig.fleet.links[EARBUD][RING].receive_ns = 7000;
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &linked);
    assert_int_equal(linked.busy_ns[RING][SYN_UNIT_RADIO], 7000);
    assert_int_equal(linked.bytes_sent, 128);
    assert_int_equal(syn_cost_least_ns(&rig.fleet, RING, 64), 7000);
    assert_int_equal(syn_cost_least_ns(&rig.fleet, EARBUD, 64), sent);
    rig_free(&rig);
}

static void a_transfer_takes_the_longer_of_its_ends(void **state)
{
    (void)state;
    struct rig rig;
    wearables_with(&rig, "kws");
    rig.fleet.devices[RING].profile.timing.byte_ps *= 2;
    assert_int_equal(syn_cost_transfer(&rig.fleet, EARBUD, RING, 100),
                     3750000 + (100ull * 2 * 5704918 + 999) / 1000);
    assert_int_equal(syn_cost_transfer(&rig.fleet, RING, EARBUD, 100),
                     syn_cost_transfer(&rig.fleet, EARBUD, RING, 100));
    assert_int_equal(syn_cost_transfer(&rig.fleet, EARBUD, EARBUD, 100), 0);
    rig_free(&rig);
}

/* Each radio is busy for two transfers, yet no two of the three can overlap. */
static void three_transfers_among_three_devices_take_three_times_one(void **state)
{
    (void)state;
    struct syn_radio_load load;
    uint32_t set = 0;
    memset(&load, 0, sizeof load);
    syn_radio_add(&load, 0, 1, 10 * MS);
    syn_radio_add(&load, 1, 2, 10 * MS);
    syn_radio_add(&load, 0, 2, 10 * MS);
    assert_int_equal(syn_radio_bound(&load, 20 * MS, &set), 30 * MS);
    assert_int_equal(set, 7);
    assert_int_equal(syn_radio_bound(&load, 30 * MS, &set), 0);
}

/* A ring of five: two at a time, no triple says more than a single radio. */
static void five_transfers_in_a_ring_take_five_halves_of_one(void **state)
{
    (void)state;
    struct syn_radio_load load;
    uint32_t set = 0;
    memset(&load, 0, sizeof load);
    for (unsigned i = 0; i < 5; i++)
        syn_radio_add(&load, i, (i + 1) % 5, 10 * MS);
    assert_int_equal(syn_radio_bound(&load, 20 * MS, &set), 25 * MS);
    assert_int_equal(set, 31);
}

static void the_tighter_bound_of_radios_is_what_is_predicted(void **state)
{
    (void)state;
    static const uint8_t ends[3][2] = {{EARBUD, GLASSES}, {GLASSES, WATCH}, {WATCH, EARBUD}};
    struct rig rig;
    struct syn_prediction p;
    struct syn_plan plan = {.pipeline_count = 3};
    memset(&rig, 0, sizeof rig);
    rig_wearables(&rig, RIG_MAX78000);
    const struct syn_model *kws = rig_model(&rig, "kws");
    for (unsigned i = 0; i < 3; i++) {
        rig_pipeline(&rig, kws, rig.fleet.devices[ends[i][0]].name,
                     rig.fleet.devices[ends[i][1]].name);
        plan.pipelines[i] = (struct syn_execution_plan){.source = ends[i][0],
                                                        .target = ends[i][1],
                                                        .chunk_count = 1,
                                                        .chunks = {{ends[i][0], 0, 9}}};
    }
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &p);
    assert_int_equal(p.busy_ns[EARBUD][SYN_UNIT_RADIO], 2 * ble_ns(64));
    assert_int_equal(p.round_ns, 3 * ble_ns(64));
    assert_int_equal(p.bottleneck_set, 7);
    rig_free(&rig);
}

static void a_rate_cap_holds_the_fair_round_back(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_prediction p;
    wearables_with(&rig, "kws");
    rig.problem.pipelines[0].spec.rate_cap_ips = 10;
    const struct syn_plan plan = kws_on(EARBUD);
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &p);
    assert_int_equal(p.round_ns, 100 * MS);
    assert_true(p.throughput_ips > 9.999 && p.throughput_ips < 10.001);
    rig_free(&rig);
}

static void a_latency_bound_refuses_slower_plans(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_prediction p;
    struct syn_error error = {0};
    wearables_with(&rig, "kws");
    const struct syn_plan plan = kws_on(EARBUD);
    rig.problem.pipelines[0].spec.latency_bound_ms = 5;
    assert_int_equal(syn_cost_predict(&rig.problem, &plan, SYN_EXECUTION_PARALLEL, &p, &error),
                     SYN_EOOR);
    assert_string_equal(error.message,
                        "pipeline KWS: latency 8.669 ms exceeds its bound of 5.000 ms");
    rig_free(&rig);
}

static void energy_is_idle_power_all_the_time_and_active_power_while_busy(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_prediction p;
    wearables_with(&rig, "kws");
    const struct syn_plan plan = kws_on(EARBUD);
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &p);
    const double round = 1e-9 * (double)p.round_ns;
    const double idle = 4 * 9.4e-3 * round;
    const double radio = 2 * 15e-3 * 1e-9 * (double)ble_ns(64);
    const double cpu = 42e-3 * 1e-9 * (double)(p.busy_ns[EARBUD][SYN_UNIT_CPU] + 1 * MS);
    const double accel = 50e-3 * 1e-9 * (double)p.busy_ns[EARBUD][SYN_UNIT_ACCEL];
    const double joules = idle + radio + cpu + accel;
    assert_true((double)p.energy_nj > 0.99999 * 1e9 * joules);
    assert_true((double)p.energy_nj < 1.00001 * 1e9 * joules);
    assert_true(p.power_mw > 0.9999 * 1e3 * joules / round);
    assert_true(p.power_mw < 1.0001 * 1e3 * joules / round);
    assert_true((double)p.pipelines[0].energy_nj < 1.00001 * 1e9 * (joules - idle));
    rig_free(&rig);
}

/* PART.md 2.1: column 556 makes layer 12 of ResSimpleNet take 5,632 cycles. */
static void a_chunk_is_predicted_from_where_its_kernels_lie(void **state)
{
    (void)state;
    struct rig rig;
    struct syn_chunk_cost whole;
    memset(&rig, 0, sizeof rig);
    rig_wearables(&rig, RIG_MAX78000);
    const struct syn_model *model = rig_model(&rig, "ressimplenet");
    assert_int_equal(syn_cost_chunk(&rig.fleet.devices[0], model, 0, 17, NULL, &whole), 0);
    assert_int_equal(whole.cycles, 144043);
    struct syn_chunk_cost layer;
    assert_int_equal(syn_cost_chunk(&rig.fleet.devices[0], model, 12, 13, NULL, &layer), 0);
    assert_int_equal(layer.cycles, 1 + 1740); /* alone it lies in column 0 */
    rig_free(&rig);
}

static void equal_plans_give_equal_predictions(void **state)
{
    (void)state;
    struct rig rig;
    static struct syn_prediction a, b;
    wearables_with(&rig, "kws");
    const struct syn_plan plan = kws_on(WATCH), same = kws_on(WATCH);
    memset(&a, 1, sizeof a);
    predict(&rig, &plan, SYN_EXECUTION_PARALLEL, &a);
    predict(&rig, &same, SYN_EXECUTION_PARALLEL, &b);
    assert_memory_equal(&a, &b, sizeof a);
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_time_of_one_pipeline_is_the_sum_of_its_tasks),
        cmocka_unit_test(a_sequential_round_is_the_sum_of_all_tasks),
        cmocka_unit_test(a_chunk_is_configured_each_time_only_where_it_shares_the_accelerator),
        cmocka_unit_test(a_relayed_transfer_keeps_the_hub_busy_twice),
        cmocka_unit_test(over_wires_of_their_own_the_hub_binds_nobody),
        cmocka_unit_test(a_measured_link_costs_what_its_entry_says_and_nothing_else),
        cmocka_unit_test(a_transfer_takes_the_longer_of_its_ends),
        cmocka_unit_test(three_transfers_among_three_devices_take_three_times_one),
        cmocka_unit_test(five_transfers_in_a_ring_take_five_halves_of_one),
        cmocka_unit_test(the_tighter_bound_of_radios_is_what_is_predicted),
        cmocka_unit_test(a_rate_cap_holds_the_fair_round_back),
        cmocka_unit_test(a_latency_bound_refuses_slower_plans),
        cmocka_unit_test(energy_is_idle_power_all_the_time_and_active_power_while_busy),
        cmocka_unit_test(a_chunk_is_predicted_from_where_its_kernels_lie),
        cmocka_unit_test(equal_plans_give_equal_predictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
