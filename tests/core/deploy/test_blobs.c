/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is built here is what a device understands: every blob is opened by the agent's own code,
 * and the device then knows the same routes, streams, bytes and times as the planner.
 */
#include "core/cost/cost.h"
#include "core/deploy/deploy.h"
#include "core/plan/planner.h"
#include "core/schedule/routes.h"
#include "devices/agent/deployment.h"
#include "devices/flash/ram.h"
#include "tests/core/plan/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STORE_BYTES  (8u << 20)
#define SENSOR_BYTES (1u << 20)

/* ---- devices that were given their blobs ---------------------------------------------------- */

struct receiver {
    struct syn_store store;
    struct syn_flash flash;
    uint8_t *memory, *arena, *sensor;
    struct syn_deployment deployment;
    bool opened;
};

struct bench {
    struct rig rig;
    struct syn_plan plan;
    struct syn_prediction prediction;
    struct syn_deploy *deploy;
    struct receiver receivers[SYN_DEVICES_MAX];
};

static int open_blob(struct receiver *r, const struct syn_blob *blob, const struct syn_timing *t,
                     struct syn_refusal *refusal)
{
    static _Alignas(8) uint8_t scratch[SYN_DEPLOYMENT_SCRATCH(SYN_PART_PLACEMENTS_MAX)];
    const struct syn_deployment_memory memory = {r->arena, r->sensor, SENSOR_BYTES, scratch,
                                                 sizeof scratch};
    return syn_deployment_open(&r->deployment, syn_store_bytes(&r->store, blob), blob->length,
                               &r->store, t, &memory, refusal);
}

static void receive(struct bench *b, const struct syn_deploy_action *action)
{
    struct receiver *r = &b->receivers[action->device];
    const struct syn_timing *t = &b->rig.fleet.devices[action->device].profile.timing;
    struct syn_refusal refusal;
    if (action->verb == SYN_DEPLOY_PUT)
        assert_int_equal(syn_store_put(&r->store, action->hash, 0, (uint32_t)action->size,
                                       action->bytes, action->size),
                         (long)action->size);
    if (action->verb != SYN_DEPLOY_PREPARE)
        return;
    const struct syn_blob *blob = syn_store_find(&r->store, action->hash);
    assert_non_null(blob);
    if (open_blob(r, blob, t, &refusal))
        fail_msg("%s refuses: %s", b->rig.fleet.devices[action->device].name, refusal.text);
    r->opened = true;
}

static void start(struct bench *b)
{
    struct syn_deploy_action action;
    struct syn_error error = {0};
    for (unsigned d = 0; d < b->rig.fleet.count; d++) {
        struct receiver *r = &b->receivers[d];
        r->memory = calloc(1, STORE_BYTES);
        r->arena = malloc(b->rig.fleet.devices[d].profile.timing.arena_bytes);
        r->sensor = malloc(SENSOR_BYTES);
        syn_flash_ram_init(&r->flash, r->memory, STORE_BYTES);
        syn_store_init(&r->store, &r->flash);
    }
    if (syn_deploy_new(&b->deploy, &b->rig.problem, &b->plan, 1, 0, NULL, &error))
        fail_msg("%s", error.message);
    while (syn_deploy_next(b->deploy, &action)) {
        receive(b, &action);
        syn_deploy_report(b->deploy, &action, 0, NULL);
    }
    assert_int_equal(syn_deploy_state(b->deploy), SYN_DEPLOY_DONE);
}

static void set_up(struct bench *b, unsigned workload, enum rig_set set)
{
    struct syn_search_result result;
    struct syn_error error = {0};
    memset(b, 0, sizeof *b);
    rig_workload(&b->rig, workload, set);
    b->rig.problem.pipelines[0].spec.weight = 3;
    if (syn_planner_find("synergy")->search(&b->rig.problem, NULL, &result, &error))
        fail_msg("%s", error.message);
    b->plan = result.plan;
    assert_int_equal(
        syn_cost_predict(&b->rig.problem, &b->plan, SYN_EXECUTION_PARALLEL, &b->prediction, &error),
        0);
    start(b);
}

static void tear_down(struct bench *b)
{
    for (unsigned d = 0; d < SYN_DEVICES_MAX; d++) {
        free(b->receivers[d].memory);
        free(b->receivers[d].arena);
        free(b->receivers[d].sensor);
    }
    syn_deploy_free(b->deploy);
    rig_free(&b->rig);
}

/* ---- what they make of it -------------------------------------------------------------------- */

static uint64_t duration(const struct bench *b, unsigned device, struct syn_task task)
{
    return syn_deployment_duration(&b->receivers[device].deployment,
                                   &b->rig.fleet.devices[device].profile.timing, &task);
}

static void add_body(const struct bench *b, unsigned d, unsigned p, bool configure,
                     uint64_t busy[SYN_UNIT_COUNT])
{
    const struct syn_deployed_pipe *pipe = &b->receivers[d].deployment.pipes[p];
    const uint64_t w = pipe->route.weight;
    const uint8_t pipeline = (uint8_t)p;
    const uint64_t load = duration(
        b, d,
        (struct syn_task){.kind = SYN_TASK_LOAD, .pipeline = pipeline, .configure = configure});
    const uint64_t unload =
        duration(b, d, (struct syn_task){.kind = SYN_TASK_UNLOAD, .pipeline = pipeline});
    const uint64_t infer =
        duration(b, d, (struct syn_task){.kind = SYN_TASK_INFER, .pipeline = pipeline});
    busy[SYN_UNIT_CPU] += w * (load + unload);
    busy[SYN_UNIT_ACCEL] += w * (load + infer + unload);
}

static void add_radio(const struct bench *b, unsigned d, unsigned p, uint64_t busy[SYN_UNIT_COUNT])
{
    const struct syn_route *r = &b->receivers[d].deployment.pipes[p].route;
    const struct {
        bool used;
        uint8_t peer, stage;
        enum syn_task_kind kind;
    } hops[] = {
        {r->has_head, r->head_to, SYN_STAGE_HEAD, SYN_TASK_SEND},
        {r->has_body, r->body_from, SYN_STAGE_BODY_IN, SYN_TASK_RECEIVE},
        {r->has_body, r->body_to, SYN_STAGE_BODY_OUT, SYN_TASK_SEND},
    };
    for (unsigned i = 0; i < 3; i++)
        if (hops[i].used && hops[i].peer != SYN_RT_LOCAL)
            busy[SYN_UNIT_RADIO] +=
                r->weight * duration(b, d,
                                     (struct syn_task){.kind = (uint8_t)hops[i].kind,
                                                       .pipeline = (uint8_t)p,
                                                       .from_stage = hops[i].stage,
                                                       .to_stage = hops[i].stage});
}

/* A target does not know how long the result of another device's model is: it counts as sent. */
static uint64_t results_received(const struct bench *b, unsigned d)
{
    uint64_t ns = 0;
    for (unsigned p = 0; p < b->plan.pipeline_count; p++) {
        const struct syn_execution_plan *e = &b->plan.pipelines[p];
        const struct syn_model *model = b->rig.problem.pipelines[p].model;
        const unsigned last = e->chunks[e->chunk_count - 1].device;
        if (e->target == d && last != d)
            ns += b->rig.problem.pipelines[p].spec.weight *
                  syn_cost_transfer(
                      &b->rig.fleet, last, d,
                      syn_cost_result_bytes(syn_model_tensor_bytes(model, model->layer_count)));
    }
    return ns;
}

static void check_busy(const struct bench *b, unsigned d)
{
    const struct syn_deployment *dep = &b->receivers[d].deployment;
    uint64_t busy[SYN_UNIT_COUNT] = {0};
    unsigned bodies = 0;
    for (unsigned p = 0; p < dep->pipeline_count; p++)
        bodies += dep->pipes[p].route.has_body;
    for (unsigned p = 0; p < dep->pipeline_count; p++) {
        const struct syn_route *r = &dep->pipes[p].route;
        if (r->has_body)
            add_body(b, d, p, bodies > 1, busy);
        if (r->has_head)
            busy[SYN_UNIT_SENSOR] +=
                r->weight * duration(b, d, (struct syn_task){.kind = SYN_TASK_SENSE});
        if (r->has_tail)
            busy[SYN_UNIT_CPU] +=
                r->weight * duration(b, d, (struct syn_task){.kind = SYN_TASK_ACT});
        add_radio(b, d, p, busy);
    }
    busy[SYN_UNIT_RADIO] += results_received(b, d);
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        assert_int_equal(busy[u], b->prediction.busy_ns[d][u]);
}

/* Both ends of every hop name the same stream, and so does the map of whoever relays. */
/* What the simulator runs is what the device will. */
static void check_routes(const struct bench *b, unsigned d)
{
    const struct syn_deployment *dep = &b->receivers[d].deployment;
    struct syn_route routes[SYN_PIPELINES_MAX];
    struct syn_error error = {0};
    assert_int_equal(syn_routes_of(&b->rig.problem, &b->plan, d, routes, &error), 0);
    assert_int_equal(syn_routes_depth(&b->plan, b->prediction.round_ns), dep->depth);
    for (unsigned p = 0; p < dep->pipeline_count; p++) {
        const struct syn_route *r = &dep->pipes[p].route, *e = &routes[p];
        assert_true(r->used == e->used && r->has_head == e->has_head &&
                    r->has_body == e->has_body && r->has_tail == e->has_tail);
        assert_int_equal(r->weight, e->weight);
        assert_int_equal(r->gap_ns, e->gap_ns);
        assert_int_equal(r->head_to, e->head_to);
        assert_int_equal(r->body_from, e->body_from);
        assert_int_equal(r->body_to, e->body_to);
        assert_int_equal(r->tail_from, e->tail_from);
        assert_memory_equal(r->slots, e->slots, sizeof r->slots);
    }
}

static void check_hop(const struct bench *b, unsigned from, unsigned to, unsigned out, unsigned in)
{
    unsigned map_from, map_to;
    assert_int_equal(out, in);
    assert_int_equal(syn_deploy_stream(b->deploy, out, &map_from, &map_to), 0);
    assert_int_equal(map_from, from);
    assert_int_equal(map_to, to);
}

static void check_streams(const struct bench *b, unsigned p)
{
    const struct syn_execution_plan *e = &b->plan.pipelines[p];
    unsigned from = e->source;
    unsigned out = b->receivers[from].deployment.pipes[p].head_stream;
    for (unsigned k = 0; k < e->chunk_count; k++) {
        const unsigned to = e->chunks[k].device;
        const struct syn_deployed_pipe *pipe = &b->receivers[to].deployment.pipes[p];
        assert_int_equal(pipe->hop, k);
        assert_int_equal(pipe->image.first, e->chunks[k].first);
        assert_int_equal(pipe->image.last, e->chunks[k].last);
        check_hop(b, from, to, out, pipe->body_in_stream);
        from = to;
        out = pipe->body_out_stream;
    }
    check_hop(b, from, e->target, out, b->receivers[e->target].deployment.pipes[p].tail_stream);
}

static void check_numbers_follow_each_other(const struct bench *b)
{
    unsigned from, to, streams = 0;
    for (unsigned p = 0; p < b->plan.pipeline_count; p++) {
        const struct syn_execution_plan *e = &b->plan.pipelines[p];
        for (unsigned k = 0; k < e->chunk_count; k++) {
            struct syn_cut cut;
            assert_int_equal(
                syn_model_cut(b->rig.problem.pipelines[p].model, e->chunks[k].first, &cut), 0);
            streams += cut.live_count;
        }
        streams++;
    }
    assert_int_equal(syn_deploy_stream(b->deploy, streams - 1, &from, &to), 0);
    assert_int_equal(syn_deploy_stream(b->deploy, streams, &from, &to), SYN_ENOENT);
}

static void devices_understand_the_deployment_of(unsigned workload, enum rig_set set)
{
    struct bench b;
    set_up(&b, workload, set);
    for (unsigned d = 0; d < b.rig.fleet.count; d++)
        if (b.receivers[d].opened) {
            assert_int_equal(b.receivers[d].deployment.self, d);
            assert_int_equal(b.receivers[d].deployment.pipeline_count, b.plan.pipeline_count);
            check_busy(&b, d);
            check_routes(&b, d);
        }
    for (unsigned p = 0; p < b.plan.pipeline_count; p++)
        check_streams(&b, p);
    check_numbers_follow_each_other(&b);
    tear_down(&b);
}

static void devices_and_planner_agree_about_the_workloads(void **state)
{
    (void)state;
    devices_understand_the_deployment_of(1, RIG_MAX78000);
    devices_understand_the_deployment_of(2, RIG_MAX78000);
    devices_understand_the_deployment_of(3, RIG_MIXED);
    devices_understand_the_deployment_of(4, RIG_MIXED);
    devices_understand_the_deployment_of(4, RIG_MAX78002);
}

/* The arena: one slot for each tensor that waits; one byte less is refused on both sides. */
static void devices_and_planner_agree_about_the_arena(void **state)
{
    (void)state;
    struct bench b;
    struct syn_prediction prediction;
    set_up(&b, 4, RIG_MIXED);
    for (unsigned d = 0; d < b.rig.fleet.count; d++) {
        struct receiver *r = &b.receivers[d];
        struct syn_timing *t = &b.rig.fleet.devices[d].profile.timing;
        struct syn_refusal refusal;
        uint8_t hash[SYN_SHA256_SIZE];
        uint32_t need = 0;
        if (!syn_deploy_hash(b.deploy, d, hash))
            continue;
        for (unsigned p = 0; p < b.plan.pipeline_count; p++)
            for (unsigned s = 0; s < SYN_STAGE_COUNT; s++)
                need += s == SYN_STAGE_HEAD ? 0 : r->deployment.pipes[p].slot_bytes[s];
        if (need == 0)
            continue;
        const struct syn_blob *blob = syn_store_find(&r->store, hash);
        const uint32_t before = t->arena_bytes;
        for (unsigned less = 0; less < 2; less++) {
            t->arena_bytes = need - less;
            const int host = syn_cost_predict(&b.rig.problem, &b.plan, SYN_EXECUTION_PARALLEL,
                                              &prediction, NULL);
            const int device = open_blob(r, blob, t, &refusal);
            assert_int_equal(host, less ? SYN_EOOR : 0);
            assert_int_equal(device, less ? SYN_EOOR : 0);
        }
        t->arena_bytes = before;
    }
    tear_down(&b);
}

static unsigned depth_of(const struct bench *b)
{
    for (unsigned d = 0; d < b->rig.fleet.count; d++)
        if (b->receivers[d].opened)
            return b->receivers[d].deployment.depth;
    return 0;
}

static void the_depth_covers_all_stages_and_one_beacon(void **state)
{
    (void)state;
    struct bench b;
    set_up(&b, 2, RIG_MAX78000);
    unsigned chunks = 0;
    for (unsigned p = 0; p < b.plan.pipeline_count; p++)
        if (b.plan.pipelines[p].chunk_count > chunks)
            chunks = b.plan.pipelines[p].chunk_count;
    const unsigned rounds =
        (unsigned)((100000000 + b.prediction.round_ns - 1) / b.prediction.round_ns);
    assert_int_equal(depth_of(&b), chunks + 2 + rounds);
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_and_planner_agree_about_the_workloads),
        cmocka_unit_test(devices_and_planner_agree_about_the_arena),
        cmocka_unit_test(the_depth_covers_all_stages_and_one_beacon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
