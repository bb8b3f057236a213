/* SPDX-License-Identifier: MIT */
#include "fleet.h"

#include "devices/agent/plan.h"
#include "devices/base/hash.h"
#include "devices/part/exec.h"
#include "devices/sensors/sensor.h"
#include "devices/wire/smp.h"
#include "devices/wire/tensor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define STORE_BYTES (512u << 10)
#define KIND        "camera"

/* ---- the reference ---- */

static uint32_t input_bytes(const struct fleet_pipe *p)
{
    return 3 * p->chain.size * p->chain.size;
}

/* Hash of the whole model's output for a window. */
static uint64_t reference(const struct fleet_pipe *p, uint32_t inference)
{
    static uint8_t bytes[STORE_BYTES];
    struct syn_image image;
    struct syn_exec *exec;
    int8_t window[16384];
    size_t size = chain_image(p->chain, 0, p->chain.layers, bytes, sizeof bytes);
    assert_int_equal(syn_image_open(&image, bytes, size), 0);
    size_t needed = syn_exec_memory(&image);
    void *memory = malloc(needed);
    assert_int_equal(syn_exec_init(&exec, &image, memory, needed), 0);
    syn_sensor_seeded(KIND, inference - 1, input_bytes(p), window);
    assert_int_equal(syn_exec_load(exec, 0, window, input_bytes(p)), 0);
    syn_exec_start(exec);
    assert_false(syn_exec_step(exec, UINT64_MAX));
    const void *out = syn_exec_output(exec, 0, &size);
    uint64_t hash = syn_fnv1a(SYN_FNV1A_START, out, size);
    free(memory);
    return hash;
}

/* ---- a look at what is completed ---- */

static void on_begin(void *ctx, const struct syn_task *task, int64_t start_ns)
{
    struct fleet_device *d = ctx;
    d->port.begin(d->port.ctx, task, start_ns);
}

static void on_credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    struct fleet_device *d = ctx;
    d->port.credit(d->port.ctx, pipeline, stage, peer, at_ns);
}

static void on_completed(void *ctx, uint8_t pipeline, const struct syn_token *token,
                         int64_t acted_ns)
{
    struct fleet_device *d = ctx;
    struct fleet *f = d->fleet;
    int64_t now = d->agent->port.now_ns(d->agent->port.ctx);
    if (f->acted[pipeline]++ == 0)
        f->first_ns[pipeline] = now;
    f->last_ns[pipeline] = now;
    if (token->inference % 4 == 1 &&
        token->output_hash != reference(&f->plan[pipeline], token->inference))
        f->wrong++;
    d->port.completed(d->port.ctx, pipeline, token, acted_ns);
}

static uint64_t on_duration(void *ctx, const struct syn_task *task)
{
    const struct fleet_device *d = ctx;
    return syn_deployment_duration(&d->agent->deployment, &d->agent->timing, task);
}

static void on_wake(void *ctx, int64_t at_ns)
{
    const struct fleet_device *d = ctx;
    d->port.wake(d->port.ctx, at_ns);
}

static void look_in_between(struct fleet_device *d)
{
    d->port = d->agent->rt.port;
    d->agent->rt.port =
        (struct syn_rt_port){d, on_begin, on_credit, on_completed, on_duration, on_wake};
}

/* ---- deployments ---- */

static void put_hash(struct syn_cbor_out *out, const struct fleet_pipe *p, unsigned chunk,
                     struct syn_agent *agent)
{
    static uint8_t bytes[STORE_BYTES];
    uint8_t hash[SYN_SHA256_SIZE];
    unsigned last = chunk + 1 < p->chunk_count ? p->cuts[chunk + 1] : p->chain.layers;
    size_t size = chain_image(p->chain, p->cuts[chunk], last, bytes, sizeof bytes);
    syn_sha256(bytes, size, hash);
    assert_int_equal(syn_store_put(&agent->store, hash, 0, (uint32_t)size, bytes, size), size);
    syn_cbor_pair_bytes(out, "h", hash, sizeof hash);
}

/* The hops of pipeline `id` have streams 16 id, 16 id + 1, ... */
static void put_chunk(struct syn_cbor_out *out, const struct fleet_pipe *p, unsigned id,
                      unsigned chunk, struct syn_agent *agent)
{
    bool last = chunk + 1 == p->chunk_count;
    syn_cbor_put_text(out, "chunk");
    syn_cbor_put_map(out, 6);
    put_hash(out, p, chunk, agent);
    syn_cbor_pair_uint(out, "hop", chunk);
    syn_cbor_pair_uint(out, "from", chunk == 0 ? p->source : p->devices[chunk - 1]);
    syn_cbor_pair_uint(out, "to", last ? p->target : p->devices[chunk + 1]);
    syn_cbor_pair_uint(out, "in", 16 * id + chunk);
    syn_cbor_pair_uint(out, "out", 16 * id + chunk + 1);
}

static void put_ends(struct syn_cbor_out *out, const struct fleet_pipe *p, unsigned id,
                     unsigned self)
{
    if (p->source == self) {
        syn_cbor_put_text(out, "sense");
        syn_cbor_put_map(out, 4);
        syn_cbor_pair_text(out, "s", KIND);
        syn_cbor_pair_uint(out, "bytes", input_bytes(p));
        syn_cbor_pair_uint(out, "to", p->devices[0]);
        syn_cbor_pair_uint(out, "out", 16 * id);
    }
    if (p->target == self) {
        syn_cbor_put_text(out, "act");
        syn_cbor_put_map(out, 3);
        syn_cbor_pair_text(out, "a", "haptic");
        syn_cbor_pair_uint(out, "from", p->devices[p->chunk_count - 1]);
        syn_cbor_pair_uint(out, "in", 16 * id + p->chunk_count);
    }
}

static void put_pipe(struct syn_cbor_out *out, const struct fleet *f, unsigned id, unsigned self)
{
    const struct fleet_pipe *p = &f->plan[id];
    syn_cbor_open_map(out);
    syn_cbor_pair_uint(out, "id", id);
    syn_cbor_pair_uint(out, "w", p->weight);
    for (unsigned c = 0; c < p->chunk_count; c++)
        if (p->devices[c] == self)
            put_chunk(out, p, id, c, f->device[self].agent);
    put_ends(out, p, id, self);
    syn_cbor_close(out);
}

static void deploy(struct fleet *f, unsigned self, unsigned depth)
{
    uint8_t blob[4096], hash[SYN_SHA256_SIZE];
    struct syn_agent *agent = f->device[self].agent;
    struct syn_cbor_out out;
    struct syn_refusal refusal = {.text = ""};
    syn_cbor_out_init(&out, blob, sizeof blob);
    syn_cbor_put_map(&out, 5);
    syn_cbor_pair_uint(&out, "v", 1);
    syn_cbor_pair_uint(&out, "self", self);
    syn_cbor_pair_uint(&out, "dev", f->devices);
    syn_cbor_pair_uint(&out, "k", depth);
    syn_cbor_put_text(&out, "pipes");
    syn_cbor_put_array(&out, f->pipes);
    for (unsigned i = 0; i < f->pipes; i++)
        put_pipe(&out, f, i, self);
    assert_int_equal(out.error, 0);
    syn_sha256(blob, out.length, hash);
    assert_int_equal(syn_store_put(&agent->store, hash, 0, (uint32_t)out.length, blob, out.length),
                     out.length);
    if (!syn_agent_plan_prepare(agent, 1, hash, &refusal))
        fail_msg("device %u: %s", self, refusal.text);
    assert_int_equal(syn_agent_plan_commit(agent, 1, &refusal), 0);
    look_in_between(&f->device[self]);
}

/* ---- the host ---- */

static void carry(struct fleet *f, unsigned to, const uint8_t *frame, size_t size)
{
    struct fleet_frame *m = malloc(sizeof *m + size);
    m->next = NULL;
    m->to = to;
    m->size = size;
    memcpy(m->bytes, frame, size);
    *f->frames_end = m;
    f->frames_end = &m->next;
}

/* What a wearable relays goes to all others, some of it lost. */
static void on_relayed(void *ctx, enum syn_framing framing, const uint8_t *message, size_t size)
{
    struct fleet_device *from = ctx;
    struct fleet *f = from->fleet;
    uint8_t frame[2 * SYN_AGENT_MESSAGE_MAX];
    struct syn_smp_header h;
    assert_int_equal(syn_smp_get_header(&h, message, size), 0);
    if (h.group != SYN_GROUP_SYNERGY || h.id != SYN_ID_TENSOR)
        return;
    if (f->lose_every != 0 && ++f->relayed % f->lose_every == 0)
        return;
    int n = syn_frame_encode(framing, message, size, frame, sizeof frame);
    for (unsigned i = 0; i < f->devices; i++)
        if (i != from->index)
            carry(f, i, frame, (size_t)n);
}

static void deliver(struct fleet *f)
{
    struct fleet_frame *m;
    while ((m = f->frames) != NULL) {
        f->frames = m->next;
        if (!f->frames)
            f->frames_end = &f->frames;
        if (f->device[m->to].wearable)
            syn_wearable_receive(f->device[m->to].wearable, 0, m->bytes, m->size);
        free(m);
    }
}

static int step(struct fleet *f, int64_t timeout_ns)
{
    deliver(f);
    return syn_loop_step(f->loop, timeout_ns);
}

/* A link that is full now and then. */
static bool has_room(void *ctx, unsigned link, size_t size)
{
    struct fleet_device *d = ctx;
    (void)link;
    (void)size;
    return syn_splitmix64(&d->fleet->seed) % 8 != 0;
}

static void on_write(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct fleet_device *d = ctx;
    (void)link;
    if (size > 0)
        syn_frame_feed(&d->receiver, bytes, size, syn_loop_now());
}

static void on_reset(void *ctx)
{
    (void)ctx;
}

/* ---- opening and closing ---- */

static void open_device(struct fleet *f, unsigned index)
{
    struct fleet_device *d = &f->device[index];
    const struct syn_frame_events events = {.message = on_relayed, .ctx = d};
    d->fleet = f;
    d->index = index;
    syn_frame_receiver_init(&d->receiver, &events, d->buffer, sizeof d->buffer, NULL, 0);
    (void)snprintf(d->path, sizeof d->path, "%s/%u", f->folder, index);
    const struct syn_wearable_config config = {
        .loop = f->loop,
        .identity = {.id = d->path, .profile = "max78000-feather", .speed_permille = FLEET_SPEED},
        .timing = feather_timing(),
        .radio_path = f->relay ? NULL : d->path,
        .store_size = STORE_BYTES,
        .ctx = d,
        .room = has_room,
        .write = on_write,
        .reset = on_reset};
    assert_int_equal(syn_wearable_new(&d->wearable, &config, NULL), 0);
    d->agent = syn_wearable_agent(d->wearable);
}

static void link_up(struct fleet *f, unsigned self)
{
    struct syn_agent *agent = f->device[self].agent;
    agent->self = (uint8_t)self;
    for (unsigned i = 0; i < f->devices; i++) {
        struct syn_agent_peer *peer = &agent->peers[i];
        peer->used = true;
        (void)snprintf(peer->name, sizeof peer->name, "%u", i);
        if (!f->relay)
            (void)snprintf(peer->address, sizeof peer->address, "%s", f->device[i].path);
    }
    agent->port.peers(agent->port.ctx, self, agent->peers, f->devices);
    if (f->relay)
        syn_wearable_opened(f->device[self].wearable, 0);
}

void fleet_open(struct fleet *f, unsigned devices, const struct fleet_pipe *plan, unsigned pipes,
                unsigned depth, bool relay)
{
    memset(f, 0, sizeof *f);
    f->loop = syn_loop_new();
    f->frames_end = &f->frames;
    f->relay = relay;
    f->devices = devices;
    f->pipes = pipes;
    memcpy(f->plan, plan, pipes * sizeof *plan);
    strcpy(f->folder, "/tmp/synergy-fleet-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    for (unsigned i = 0; i < devices; i++)
        open_device(f, i);
    for (unsigned i = 0; i < devices; i++)
        link_up(f, i);
    fleet_pass(f, 20000000);
    for (unsigned i = 0; i < devices; i++)
        deploy(f, i, depth);
}

void fleet_kill(struct fleet *f, unsigned device)
{
    syn_wearable_free(f->device[device].wearable);
    f->device[device].wearable = NULL;
}

void fleet_close(struct fleet *f)
{
    for (unsigned i = 0; i < f->devices; i++)
        fleet_kill(f, i);
    deliver(f);
    syn_loop_free(f->loop);
    assert_int_equal(rmdir(f->folder), 0); /* sockets are gone */
}

/* ---- running ---- */

void fleet_start(struct fleet *f, enum syn_rt_mode mode, uint32_t limit)
{
    for (unsigned i = 0; i < f->devices; i++) {
        syn_agent_plan_start(f->device[i].agent, mode, limit);
        syn_wearable_writable(f->device[i].wearable); /* the agent was driven from outside */
    }
}

void fleet_stop(struct fleet *f)
{
    for (unsigned i = 0; i < f->devices; i++)
        syn_agent_plan_stop(f->device[i].agent);
}

void fleet_pass(struct fleet *f, int64_t real_ns)
{
    int64_t end = syn_loop_now() + real_ns;
    for (int64_t now = syn_loop_now(); now < end; now = syn_loop_now())
        assert_true(step(f, end - now) >= 0);
}

static bool all_acted(const struct fleet *f, unsigned acted)
{
    for (unsigned p = 0; p < f->pipes; p++)
        if (f->acted[p] < acted)
            return false;
    return true;
}

void fleet_run(struct fleet *f, unsigned acted, int seconds)
{
    int64_t end = syn_loop_now() + (int64_t)seconds * 1000000000;
    while (!all_acted(f, acted)) {
        if (syn_loop_now() > end)
            fail_msg("after %d s: acted %u, %u, %u", seconds, f->acted[0], f->acted[1],
                     f->acted[2]);
        assert_true(step(f, 100000000) >= 0);
    }
}

bool fleet_idle(const struct fleet *f)
{
    for (unsigned i = 0; i < f->devices; i++)
        if (f->device[i].wearable && !syn_rt_idle(&f->device[i].agent->rt))
            return false;
    return true;
}

/* ---- figures ---- */

double fleet_rate(const struct fleet *f)
{
    double slowest = 1e18;
    for (unsigned p = 0; p < f->pipes; p++) {
        double rate = (f->acted[p] - 1) / ((double)(f->last_ns[p] - f->first_ns[p]) / 1e9);
        slowest = rate < slowest ? rate : slowest;
    }
    return slowest;
}

static double task_ns(const struct syn_agent *agent, unsigned pipeline, unsigned kind,
                      unsigned stage)
{
    struct syn_task task = {.kind = (uint8_t)kind,
                            .pipeline = (uint8_t)pipeline,
                            .from_stage = (uint8_t)stage,
                            .to_stage = (uint8_t)stage};
    unsigned chunks = 0;
    for (unsigned p = 0; p < agent->deployment.pipeline_count; p++)
        chunks += agent->deployment.pipes[p].route.has_body;
    task.configure = chunks > 1;
    return (double)syn_deployment_duration(&agent->deployment, &agent->timing, &task);
}

static bool is_peer(uint8_t device)
{
    return device != SYN_RT_LOCAL && device != SYN_RT_NOBODY;
}

/* Adds what one inference of a pipeline costs each unit of a device. */
static void add_pipe(const struct syn_agent *agent, unsigned p, double busy[SYN_UNIT_COUNT])
{
    const struct syn_route *r = &agent->deployment.pipes[p].route;
    if (r->has_head)
        busy[SYN_UNIT_SENSOR] += task_ns(agent, p, SYN_TASK_SENSE, 0);
    if (r->has_body) {
        double copy = task_ns(agent, p, SYN_TASK_LOAD, 0) + task_ns(agent, p, SYN_TASK_UNLOAD, 0);
        busy[SYN_UNIT_CPU] += copy;
        busy[SYN_UNIT_ACCEL] += copy + task_ns(agent, p, SYN_TASK_INFER, 0);
    }
    if (r->has_tail)
        busy[SYN_UNIT_CPU] += task_ns(agent, p, SYN_TASK_ACT, 0);
    if (r->has_head && is_peer(r->head_to))
        busy[SYN_UNIT_RADIO] += task_ns(agent, p, SYN_TASK_SEND, SYN_STAGE_HEAD);
    if (r->has_body && is_peer(r->body_to))
        busy[SYN_UNIT_RADIO] += task_ns(agent, p, SYN_TASK_SEND, SYN_STAGE_BODY_OUT);
    if (r->has_body && is_peer(r->body_from))
        busy[SYN_UNIT_RADIO] += task_ns(agent, p, SYN_TASK_RECEIVE, SYN_STAGE_BODY_IN);
    if (r->has_tail && is_peer(r->tail_from))
        busy[SYN_UNIT_RADIO] += task_ns(agent, p, SYN_TASK_RECEIVE, SYN_STAGE_TAIL);
}

static void add_device(const struct syn_agent *agent, double busy[SYN_UNIT_COUNT])
{
    for (unsigned p = 0; p < agent->deployment.pipeline_count; p++)
        for (unsigned n = 0; n < agent->deployment.pipes[p].route.weight; n++)
            add_pipe(agent, p, busy);
}

double fleet_bound_ns(const struct fleet *f)
{
    double most = 0, air = 0;
    for (unsigned i = 0; i < f->devices; i++) {
        double busy[SYN_UNIT_COUNT] = {0};
        add_device(f->device[i].agent, busy);
        air += busy[SYN_UNIT_RADIO] / 2;
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            most = busy[u] > most ? busy[u] : most;
    }
    /* Of three devices only two can be on the air: a transfer at a time. */
    return f->devices == 3 && air > most && !f->relay ? air : most;
}

double fleet_sum_ns(const struct fleet *f)
{
    double sum = 0;
    for (unsigned i = 0; i < f->devices; i++) {
        double busy[SYN_UNIT_COUNT] = {0};
        add_device(f->device[i].agent, busy);
        sum += busy[SYN_UNIT_SENSOR] + busy[SYN_UNIT_ACCEL] + busy[SYN_UNIT_RADIO] / 2;
        for (unsigned p = 0; p < f->pipes; p++)
            if (f->device[i].agent->deployment.pipes[p].route.has_tail)
                sum += task_ns(f->device[i].agent, p, SYN_TASK_ACT, 0);
    }
    return sum;
}

unsigned fleet_late(const struct fleet *f)
{
    unsigned late = 0;
    for (unsigned i = 0; i < f->devices; i++)
        late += f->device[i].agent->rt.counters.late;
    return late;
}
