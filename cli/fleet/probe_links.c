/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What transfers cost, by ordered pair and way: two sizes of messages give overhead and rate of
 * either end. */
#include "cli/fleet/links.h"
#include "cli/fleet/operation.h"
#include "cli/fleet/probe_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INFERENCES 6
#define SIZES      2
#define TURN_MS    20         /* until a channel is looked at again */
#define OPENING_NS 5000000000 /* until one is taken to be out of reach */
#define WAYS       3
#define PS_PER_NS  1000

/* One layer; what is sensed is what is sent: 256 bytes and 4 KiB. */
static const char *const models[SIZES] = {
    "{\"format\": \"synergy-model/1\", \"name\": \"probe-small\","
    " \"input\": {\"channels\": 16, \"height\": 4, \"width\": 4}, \"weights\": {\"seed\": 1},"
    " \"layers\": [{\"op\": \"conv2d\", \"channels\": 4, \"pad\": [1, 1]}]}",
    "{\"format\": \"synergy-model/1\", \"name\": \"probe-large\","
    " \"input\": {\"channels\": 16, \"height\": 16, \"width\": 16}, \"weights\": {\"seed\": 1},"
    " \"layers\": [{\"op\": \"conv2d\", \"channels\": 4, \"pad\": [1, 1]}]}"};
static const enum syn_way ways[WAYS] = {SYN_WAY_CONSOLE, SYN_WAY_WIRE, SYN_WAY_BLE};
static const double sizes[SIZES] = {256, 4096};

/* A turn: pairs that do not disturb each other, all in one direction and by one way. */
struct links_turn {
    struct syn_bench *bench;
    enum syn_way way;
    unsigned count; /* pairs */
    uint8_t from[SYN_DEVICES_MAX], to[SYN_DEVICES_MAX];
    struct syn_member *members[SYN_DEVICES_MAX];
    bool reached[SYN_DEVICES_MAX]; /* by that way, whenever it was to be */
    double send_ns[SYN_DEVICES_MAX][SIZES], receive_ns[SYN_DEVICES_MAX][SIZES];
};

static int new_workload(struct links_turn *t, unsigned size, struct syn_workload **workload,
                        struct syn_error *error)
{
    struct syn_workload *w = *workload = calloc(1, sizeof *w);
    if (!w)
        return syn_error_set(error, SYN_ENOMEM, "no memory to measure");
    syn_bench_fleet(t->bench, &w->fleet, w->members);
    w->problem.fleet = &w->fleet;
    const int rc =
        syn_model_parse(&w->models[0], models[size], strlen(models[size]), "probe", NULL, error);
    w->model_count = rc == 0;
    for (unsigned i = 0; rc == 0 && i < t->count; i++)
        syn_probe_pipeline(w, w->models[0], t->from[i], t->to[i]);
    return rc;
}

static void plan_turn(const struct links_turn *t, struct syn_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    plan->pipeline_count = t->count;
    for (unsigned i = 0; i < t->count; i++)
        plan->pipelines[i] =
            (struct syn_execution_plan){.source = t->from[i],
                                        .target = t->to[i],
                                        .chunk_count = 1,
                                        .chunks = {{.device = t->to[i], .last = 1}}};
}

static double each_ns(const struct syn_device_sample *seen)
{
    const uint64_t tasks = seen->tasks[SYN_UNIT_RADIO];
    return tasks ? (double)seen->busy_ns[SYN_UNIT_RADIO] / (double)tasks : 0;
}

/* ---- channels: until they are up ---- */

static void look(void *ctx, const struct syn_answer *answer)
{
    bool *up = ctx;
    *up = true;
    for (unsigned i = 0; i < answer->links.count; i++)
        *up &= !answer->links.peers[i].address[0] || answer->links.peers[i].up;
}

static int await_channel(struct links_turn *t, unsigned pair, int64_t end_ns,
                         struct syn_error *error)
{
    struct syn_member *member = t->members[t->from[pair]];
    bool up = false;
    int rc = 0;
    while (rc == 0 && !up && syn_loop_now() < end_ns && !syn_console_stopped(t->bench->console)) {
        struct syn_operation op = {.answer = look, .ctx = &up};
        syn_console_turn(t->bench->console, TURN_MS);
        rc = syn_operation_started(
            &op, member, syn_session_links(member->session, syn_operation_done, &op), error);
        if (rc == 0)
            rc = syn_operation_wait(&op, t->bench->console, error);
    }
    t->reached[pair] &= up;
    return rc;
}

static int await_channels(struct links_turn *t, struct syn_error *error)
{
    const int64_t end_ns = syn_loop_now() + OPENING_NS;
    int rc = 0;
    for (unsigned i = 0; rc == 0 && t->way == SYN_WAY_BLE && i < t->count; i++)
        rc = await_channel(t, i, end_ns, error);
    return rc;
}

static int measure_size(struct links_turn *t, unsigned size, struct syn_error *error)
{
    struct syn_workload *workload = NULL;
    struct syn_sample sample;
    struct syn_plan plan;
    int rc = new_workload(t, size, &workload, error);
    if (rc != 0) {
        syn_workload_free(workload);
        return rc;
    }
    plan_turn(t, &plan);
    rc = syn_probe_deploy(t->bench, workload, &plan, error);
    if (rc == 0)
        rc = await_channels(t, error);
    if (rc == 0)
        rc = syn_probe_sample(t->bench, INFERENCES, &sample, error);
    for (unsigned i = 0; rc == 0 && i < t->count; i++) {
        t->send_ns[i][size] = each_ns(&sample.devices[t->from[i]]);
        t->receive_ns[i][size] = each_ns(&sample.devices[t->to[i]]);
    }
    return rc;
}

/* time = overhead + bytes / rate, neither below 0. */
static void fit(const double ns[SIZES], uint32_t *overhead_ns, uint32_t *byte_ps)
{
    double rate = (ns[1] - ns[0]) / (sizes[1] - sizes[0]);
    double overhead = ns[0] - rate * sizes[0];
    if (rate < 0) {
        rate = 0;
        overhead = (ns[0] + ns[1]) / 2;
    } else if (overhead < 0) {
        overhead = 0;
        rate = ns[1] / sizes[1];
    }
    *overhead_ns = (uint32_t)fmin(round(overhead), UINT32_MAX);
    *byte_ps = (uint32_t)fmin(round(rate * PS_PER_NS), UINT32_MAX);
}

static int keep(struct links_turn *t, struct syn_error *error)
{
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < t->count; i++) {
        struct syn_fleet_link cost = {.measured = true, .wired = t->way != SYN_WAY_CONSOLE};
        fit(t->send_ns[i], &cost.send_ns, &cost.send_byte_ps);
        fit(t->receive_ns[i], &cost.receive_ns, &cost.receive_byte_ps);
        if (t->reached[i])
            rc = syn_links_set(t->bench, t->members[t->from[i]], t->members[t->to[i]], t->way,
                               &cost, error);
    }
    return rc;
}

/* The pairs of a turn that have the way, and do not share a radio. */
static void find_pairs(struct links_turn *t, unsigned turn, bool back, unsigned devices)
{
    t->count = 0;
    for (unsigned d = 0; d < devices; d++) {
        const unsigned other = syn_probe_partner(d, turn, devices);
        const unsigned from = back ? other : d, to = back ? d : other;
        if (other <= d || syn_links_has(t->members[from], t->members[to], SYN_WAY_RADIO) ||
            !syn_links_has(t->members[from], t->members[to], t->way))
            continue;
        t->reached[t->count] = true;
        t->from[t->count] = (uint8_t)from;
        t->to[t->count++] = (uint8_t)to;
    }
}

static int measure_turn(struct links_turn *t, struct syn_error *error)
{
    int rc = 0;
    t->bench->probed = t->way;
    for (unsigned size = 0; rc == 0 && t->count > 0 && size < SIZES; size++)
        rc = measure_size(t, size, error);
    t->bench->probed = SYN_WAY_COUNT;
    return rc == 0 ? keep(t, error) : rc;
}

int syn_probe_links(struct syn_bench *bench, struct syn_error *error)
{
    struct links_turn t = {.bench = bench};
    struct syn_progress progress;
    struct syn_fleet fleet;
    bool held = false;
    int rc = syn_links_refresh(bench, error);
    syn_bench_fleet(bench, &fleet, t.members);
    const unsigned turns = syn_probe_turns(fleet.count), steps = 2 * WAYS * turns;
    syn_console_progress(bench->console, &progress, "measuring links", "turns");
    for (unsigned i = 0; rc == 0 && i < steps; i++) {
        syn_progress_update(&progress, i, steps);
        t.way = ways[i % WAYS];
        find_pairs(&t, i / WAYS / 2, i / WAYS % 2, fleet.count);
        rc = measure_turn(&t, error);
    }
    syn_progress_end(&progress);
    const int cleared = syn_deployer_undeploy(bench, &held, rc == 0 ? error : NULL);
    return rc != 0 ? rc : cleared;
}
