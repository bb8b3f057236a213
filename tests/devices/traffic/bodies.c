/* SPDX-License-Identifier: MIT */
#include "bodies.h"

#include "devices/agent/plan.h"
#include "devices/agent/result.h"
#include "devices/base/hash.h"
#include "devices/sensors/sensor.h"
#include "devices/wire/smp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KIND    "camera"
#define CUT     2 /* layers of the first chunk */
#define STREAMS 4 /* of a pipeline */
#define KIND_AT 2 /* byte of a tensor message's payload */

static unsigned chance(struct bodies *b, unsigned permille)
{
    return syn_splitmix64(&b->seed) % 1000 < permille;
}

static int64_t own_time(const struct body *d)
{
    return d->all->now_ns + d->ahead_ns;
}

static uint32_t window_bytes(const struct bodies_pipe *p)
{
    return 3 * p->chain.size * p->chain.size;
}

/* ---- the reference ---- */

static uint64_t reference(const struct bodies_pipe *p, uint32_t inference)
{
    static uint8_t bytes[BODIES_STORE];
    static int8_t window[65536];
    struct syn_image image;
    struct syn_exec *exec;
    size_t size = chain_image(p->chain, 0, p->chain.layers, bytes, sizeof bytes);
    assert_int_equal(syn_image_open(&image, bytes, size), 0);
    size_t needed = syn_exec_memory(&image);
    void *memory = malloc(needed);
    assert_int_equal(syn_exec_init(&exec, &image, memory, needed), 0);
    syn_sensor_seeded(KIND, inference - 1, window_bytes(p), window);
    assert_int_equal(syn_exec_load(exec, 0, window, window_bytes(p)), 0);
    syn_exec_start(exec);
    assert_false(syn_exec_step(exec, UINT64_MAX));
    const void *out = syn_exec_output(exec, 0, &size);
    uint64_t hash = syn_fnv1a(SYN_FNV1A_START, out, size);
    free(memory);
    return hash;
}

/* ---- tasks ---- */

static void sense(const struct body *d, const struct syn_deployed_pipe *pipe, struct body_task *r)
{
    uint8_t *window = syn_deployed_slot(pipe, SYN_STAGE_HEAD, r->task.to_slot);
    struct syn_token *token = &r->task.token;
    (void)d;
    syn_sensor_seeded(pipe->sensor, token->inference - 1, pipe->sense_bytes, (int8_t *)window);
    token->sensed_ns = r->start_ns;
    token->input_hash = syn_fnv1a(SYN_FNV1A_START, window, pipe->sense_bytes);
    token->output_hash = token->input_hash;
}

static void infer(const struct body *d, const struct syn_deployed_pipe *pipe, struct body_task *r)
{
    struct syn_exec *exec = d->exec[r->task.pipeline];
    const uint8_t *data = syn_deployed_slot(pipe, r->task.from_stage, r->task.from_slot);
    const struct syn_port_tensor in = syn_image_in(&pipe->image, 0);
    assert_int_equal(syn_exec_load(exec, 0, data, syn_tensor_bytes(in.shape, in.width)), 0);
    syn_exec_start(exec);
    assert_false(syn_exec_step(exec, UINT64_MAX));
}

static void unload(struct body *d, const struct syn_deployed_pipe *pipe, struct body_task *r)
{
    const struct syn_task *task = &r->task;
    const struct syn_port_tensor out = syn_image_out(&pipe->image, 0);
    size_t size;
    const void *tensor = syn_exec_output(d->exec[task->pipeline], 0, &size);
    r->task.token.output_hash = syn_fnv1a(SYN_FNV1A_START, tensor, size);
    if (syn_deployment_is_last(pipe))
        syn_agent_result(&out, tensor,
                         syn_traffic_result(&d->traffic, task->pipeline, task->to_slot));
    else
        memcpy(syn_deployed_slot(pipe, task->to_stage, task->to_slot), tensor, size);
}

static void begin(void *ctx, const struct syn_task *task, int64_t start_ns, uint64_t duration_ns)
{
    struct body *d = ctx;
    const struct syn_deployed_pipe *pipe = &d->agent.deployment.pipes[task->pipeline];
    struct body_task *r = &d->tasks[task->kind];
    if (task->kind == SYN_TASK_SEND) {
        syn_traffic_send(&d->traffic, task, start_ns, duration_ns);
        return;
    }
    assert_false(r->active);
    *r = (struct body_task){true, *task, start_ns, start_ns + (int64_t)duration_ns};
    if (task->kind == SYN_TASK_SENSE)
        sense(d, pipe, r);
    else if (task->kind == SYN_TASK_LOAD)
        infer(d, pipe, r);
    else if (task->kind == SYN_TASK_UNLOAD)
        unload(d, pipe, r);
}

static void on_completed(void *ctx, uint8_t pipeline, const struct syn_token *token,
                         int64_t acted_ns)
{
    struct body *d = ctx;
    struct bodies *b = d->all;
    assert_true(b->acted_count[pipeline] < BODIES_ACTED);
    b->acted[pipeline][b->acted_count[pipeline]++] = token->inference;
    b->wrong += token->output_hash != reference(&b->plan[pipeline], token->inference);
    d->port.completed(d->port.ctx, pipeline, token, acted_ns);
}

/* ---- the agent's port ---- */

static int64_t now_ns(void *ctx)
{
    return own_time(ctx);
}

static bool room(void *ctx, unsigned link, size_t size)
{
    struct body *d = ctx;
    (void)link;
    (void)size;
    return !chance(d->all, d->all->host.full_permille);
}

static void write_host(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct body *d = ctx;
    (void)link;
    if (size > 0)
        syn_frame_feed(&d->receiver, bytes, size, d->all->now_ns);
}

static int on_deploy(void *ctx, const struct syn_deployment *deployment,
                     struct syn_refusal *refusal)
{
    struct body *d = ctx;
    (void)refusal;
    memset(d->tasks, 0, sizeof d->tasks);
    syn_traffic_reset(&d->traffic);
    for (unsigned p = 0; deployment && p < deployment->pipeline_count; p++) {
        const struct syn_image *image = &deployment->pipes[p].image;
        if (!deployment->pipes[p].route.has_body)
            continue;
        size_t needed = syn_exec_memory(image);
        free(d->memory[p]);
        d->memory[p] = malloc(needed);
        assert_int_equal(syn_exec_init(&d->exec[p], image, d->memory[p], needed), 0);
    }
    return 0;
}

static void on_peers(void *ctx, unsigned self, const struct syn_agent_peer *peers, unsigned count)
{
    struct body *d = ctx;
    (void)peers;
    (void)count;
    syn_traffic_self(&d->traffic, self);
}

static void on_credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    struct body *d = ctx;
    syn_traffic_credit(&d->traffic, pipeline, stage, peer, at_ns);
}

static void on_beacon(void *ctx, const uint32_t *done, unsigned count, int64_t at_ns)
{
    struct body *d = ctx;
    syn_traffic_counts(&d->traffic, done, count, at_ns, true);
    syn_traffic_credits_again(&d->traffic);
}

static void on_relayed(void *ctx, const uint8_t *message, size_t size)
{
    struct body *d = ctx;
    syn_traffic_message(&d->traffic, SYN_TRAFFIC_HOST, message, size);
}

static void on_reset(void *ctx)
{
    (void)ctx;
}

/* ---- the host ---- */

/* In the order of their times; those of one time in the order of sending. */
static void carry(struct bodies *b, unsigned to, const uint8_t *bytes, size_t size, bool by_wire)
{
    struct bodies_frame **at = &b->frames, *m = malloc(sizeof *m + size);
    int64_t late =
        b->host.late_ns > 0 ? (int64_t)(syn_splitmix64(&b->seed) >> 1) % b->host.late_ns : 0;
    m->to = to;
    m->due_ns = b->now_ns + late;
    m->size = size;
    m->by_wire = by_wire;
    memcpy(m->bytes, bytes, size);
    while (*at && (*at)->due_ns <= m->due_ns)
        at = &(*at)->next;
    m->next = *at;
    *at = m;
}

static void on_frame(void *ctx, enum syn_framing framing, const uint8_t *message, size_t size)
{
    const struct body *from = ctx;
    struct bodies *b = from->all;
    uint8_t frame[2 * SYN_AGENT_MESSAGE_MAX];
    struct syn_smp_header h;
    assert_true(size <= SYN_TRANSFER_RELAY_MAX);
    assert_int_equal(syn_smp_get_header(&h, message, size), 0);
    if (h.group != SYN_GROUP_SYNERGY || h.id != SYN_ID_TENSOR || from->dead)
        return;
    int n = syn_frame_encode(framing, message, size, frame, sizeof frame);
    b->pieces += message[SYN_SMP_HEADER + KIND_AT] == SYN_TENSOR_DATA;
    for (unsigned i = 0; i < b->count; i++) {
        if (i == from->index)
            continue;
        b->carried++;
        const bool away = from->away || b->body[i].away;
        if (away || chance(b, b->host.lost_permille))
            b->lost++;
        else
            carry(b, i, frame, (size_t)n, false);
        if (!away && chance(b, b->host.twice_permille))
            carry(b, i, frame, (size_t)n, false);
    }
}

/* ---- wires ---- */

static bool send_by_wire(void *ctx, unsigned wire, const uint8_t *message, size_t size)
{
    const struct body *d = ctx;
    struct bodies *b = d->all;
    assert_true(wire > 0 && wire <= b->count && !b->cut && size <= SYN_TRANSFER_RELAY_MAX);
    if (chance(b, b->host.wire_full_permille))
        return false;
    b->by_wire++;
    if (!d->dead && !chance(b, b->host.wire_lost_permille))
        carry(b, wire - 1, message, size, true);
    return true;
}

static bool is_wire_up(void *ctx, unsigned wire)
{
    const struct body *d = ctx;
    (void)wire;
    return d->all->host.wires && !d->all->cut;
}

static uint64_t wire_ns(void *ctx, unsigned wire, uint32_t bytes)
{
    (void)ctx;
    (void)wire;
    (void)bytes;
    return 0;
}

void bodies_cut(struct bodies *b, bool cut)
{
    b->cut = cut;
    for (unsigned i = 0; i < b->count; i++)
        for (unsigned wire = 1; wire <= b->count; wire++)
            syn_traffic_wire_up(&b->body[i].traffic, wire, !cut);
}

static void deliver(struct bodies *b)
{
    while (b->frames && b->frames->due_ns <= b->now_ns) {
        struct bodies_frame *m = b->frames;
        b->frames = m->next;
        if (m->by_wire && !b->body[m->to].dead)
            syn_traffic_message(&b->body[m->to].traffic, SYN_TRAFFIC_WIRE, m->bytes, m->size);
        else if (!b->body[m->to].dead)
            syn_agent_receive(&b->body[m->to].agent, 0, m->bytes, m->size);
        free(m);
    }
}

/* ---- time ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static struct body_task *first_task(struct body *d)
{
    struct body_task *first = NULL;
    for (unsigned k = 0; k < SYN_TASK_KIND_COUNT; k++)
        if (d->tasks[k].active && (!first || d->tasks[k].end_ns < first->end_ns))
            first = &d->tasks[k];
    return first;
}

static void end_task(struct body *d, struct body_task *r)
{
    const struct body_task ended = *r;
    const struct syn_task *task = &ended.task;
    const struct syn_tensor_result *result = NULL;
    if (task->kind == SYN_TASK_ACT)
        result = syn_traffic_result(&d->traffic, task->pipeline, task->from_slot);
    r->active = false;
    syn_agent_task_ended(&d->agent, task, ended.start_ns, ended.end_ns, 0, result);
}

/* What is due now; returns when there is more, by the world's clock. */
static int64_t step_body(struct body *d)
{
    struct body_task *r;
    while ((r = first_task(d)) != NULL && r->end_ns <= own_time(d))
        end_task(d, r);
    int64_t next = syn_agent_poll(&d->agent);
    syn_timers_fire(&d->timers, own_time(d), 8);
    r = first_task(d);
    next = earlier(next, earlier(syn_timers_next(&d->timers), r ? r->end_ns : INT64_MAX));
    return next == INT64_MAX ? next : next - d->ahead_ns;
}

static void step(struct bodies *b, int64_t until_ns)
{
    int64_t next = until_ns;
    deliver(b);
    for (unsigned i = 0; i < b->count; i++)
        if (!b->body[i].dead)
            next = earlier(next, step_body(&b->body[i]));
    if (b->frames)
        next = earlier(next, b->frames->due_ns);
    b->now_ns = next > b->now_ns ? next : b->now_ns + 1000;
}

void bodies_pass(struct bodies *b, int64_t ns)
{
    for (int64_t until = b->now_ns + ns; b->now_ns < until;)
        step(b, until);
}

static bool is_over(const struct bodies *b, uint32_t each)
{
    for (unsigned p = 0; p < b->pipes; p++) {
        const struct syn_rt *target = &b->body[b->plan[p].target].agent.rt;
        const struct syn_rt *source = &b->body[b->plan[p].source].agent.rt;
        if (target->done[p] < each || source->counters.sensed[p] < each)
            return false;
    }
    for (unsigned i = 0; i < b->count; i++)
        if (!b->body[i].dead && !syn_rt_idle(&b->body[i].agent.rt))
            return false;
    return true;
}

bool bodies_run(struct bodies *b, uint32_t each, unsigned seconds)
{
    int64_t until = b->now_ns + (int64_t)seconds * 1000000000;
    while (!is_over(b, each) && b->now_ns < until)
        step(b, until);
    return is_over(b, each);
}

void bodies_start(struct bodies *b, enum syn_rt_mode mode, uint32_t limit)
{
    for (unsigned i = 0; i < b->count; i++) {
        syn_agent_plan_start(&b->body[i].agent, mode, limit);
        bodies_pass(b, 3000000); /* devices start one after the other */
    }
}

/* ---- opening and closing ---- */

static void open_body(struct bodies *b, unsigned index)
{
    struct body *d = &b->body[index];
    const struct syn_frame_events events = {.message = on_frame, .ctx = d};
    const struct syn_agent_port port = {.ctx = d,
                                        .now_ns = now_ns,
                                        .room = room,
                                        .write = write_host,
                                        .deploy = on_deploy,
                                        .peers = on_peers,
                                        .begin = begin,
                                        .credit = on_credit,
                                        .beacon = on_beacon,
                                        .relayed = on_relayed,
                                        .reset = on_reset};
    const struct syn_traffic_port traffic = {.ctx = d,
                                             .timers = &d->timers,
                                             .wire = send_by_wire,
                                             .wire_up = is_wire_up,
                                             .wire_ns = wire_ns,
                                             .queue = d->queue,
                                             .queue_bytes = sizeof d->queue};
    const struct syn_agent_memory memory = {&d->flash, d->arena, sizeof d->arena, d->sensor,
                                            sizeof d->sensor};
    const struct syn_agent_identity identity = {.id = "body", .speed_permille = 1000};
    const struct syn_timing timing = feather_timing();
    d->all = b;
    d->index = index;
    d->ahead_ns = (int64_t)(syn_splitmix64(&b->seed) % 2000000000000); /* half an hour */
    syn_flash_ram_init(&d->flash, d->store, sizeof d->store);
    syn_frame_receiver_init(&d->receiver, &events, d->buffer, sizeof d->buffer, NULL, 0);
    assert_int_equal(syn_agent_init(&d->agent, &identity, &timing, &port, &memory), 0);
    syn_traffic_init(&d->traffic, &d->agent, &traffic);
    syn_agent_link_opened(&d->agent, 0);
    for (unsigned i = 0; i < b->count; i++)
        d->agent.peers[i] =
            (struct syn_agent_peer){.used = true, .up = true, .wire = (uint8_t)(i + 1)};
}

static void put_chunk(struct body *d, const struct bodies_pipe *p, bool second,
                      uint8_t hash[SYN_SHA256_SIZE])
{
    static uint8_t bytes[BODIES_STORE];
    unsigned first = second ? CUT : 0, last = second ? p->chain.layers : CUT;
    size_t size = chain_image(p->chain, first, last, bytes, sizeof bytes);
    syn_sha256(bytes, size, hash);
    assert_int_equal(syn_store_put(&d->agent.store, hash, 0, (uint32_t)size, bytes, size), size);
}

static struct blob_pipe pipe_at(struct body *d, unsigned id, uint8_t hash[SYN_SHA256_SIZE])
{
    const struct bodies_pipe *p = &d->all->plan[id];
    const unsigned stream = STREAMS * id, self = d->index;
    struct blob_pipe pipe = {.weight = 1, .in = stream, .out = stream + 2};
    if (p->first == self || p->second == self) {
        const bool second = p->second == self;
        put_chunk(d, p, second, hash);
        pipe.chunk = hash;
        pipe.hop = second;
        pipe.from = second ? p->first : p->source;
        pipe.to = second ? p->target : p->second;
        pipe.in = stream + second;
        pipe.out = stream + 1 + second;
    }
    pipe.sensor = p->source == self ? KIND : NULL;
    pipe.sense_bytes = window_bytes(p);
    pipe.sense_to = p->first;
    pipe.actuator = p->target == self ? "haptic" : NULL;
    pipe.act_from = p->second;
    return pipe;
}

static uint64_t on_duration(void *ctx, const struct syn_task *task)
{
    const struct body *d = ctx;
    return syn_deployment_duration(&d->agent.deployment, &d->agent.timing, task);
}

static void begin_between(void *ctx, const struct syn_task *task, int64_t start_ns)
{
    struct body *d = ctx;
    d->port.begin(d->port.ctx, task, start_ns);
}

static void credit_between(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    struct body *d = ctx;
    d->port.credit(d->port.ctx, pipeline, stage, peer, at_ns);
}

void bodies_deploy(struct bodies *b, unsigned device)
{
    struct body *d = &b->body[device];
    static uint8_t hashes[BODIES_PIPES][SYN_SHA256_SIZE];
    struct blob_pipe pipes[BODIES_PIPES];
    uint8_t blob[4096], hash[SYN_SHA256_SIZE];
    struct syn_refusal refusal = {.text = ""};
    for (unsigned i = 0; i < d->all->pipes; i++)
        pipes[i] = pipe_at(d, i, hashes[i]);
    size_t size = deployment_blob(d->index, d->all->count, pipes, d->all->pipes, blob, sizeof blob);
    syn_sha256(blob, size, hash);
    assert_int_equal(syn_store_put(&d->agent.store, hash, 0, (uint32_t)size, blob, size), size);
    d->txn++;
    if (!syn_agent_plan_prepare(&d->agent, d->txn, hash, &refusal))
        fail_msg("device %u: %s", d->index, refusal.text);
    assert_int_equal(syn_agent_plan_commit(&d->agent, d->txn, &refusal), 0);
    d->port = d->agent.rt.port;
    d->agent.rt.port = (struct syn_rt_port){.ctx = d,
                                            .begin = begin_between,
                                            .credit = credit_between,
                                            .completed = on_completed,
                                            .duration = on_duration};
}

struct bodies *bodies_new(unsigned count, const struct bodies_pipe *plan, unsigned pipes,
                          const struct bodies_host *host, uint64_t seed)
{
    struct bodies *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->seed = seed;
    b->count = count;
    b->pipes = pipes;
    b->host = *host;
    memcpy(b->plan, plan, pipes * sizeof *plan);
    for (unsigned i = 0; i < count; i++)
        open_body(b, i);
    for (unsigned i = 0; i < count; i++)
        bodies_deploy(b, i);
    return b;
}

void bodies_free(struct bodies *b)
{
    for (unsigned i = 0; i < b->count; i++)
        for (unsigned p = 0; p < b->pipes; p++)
            free(b->body[i].memory[p]);
    while (b->frames) {
        struct bodies_frame *m = b->frames;
        b->frames = m->next;
        free(m);
    }
    free(b);
}
