/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/wearable.h"

#include "devices/base/hash.h"
#include "devices/flash/ram.h"
#include "devices/ports/posix/accel.h"
#include "devices/ports/posix/channels.h"
#include "devices/ports/posix/peers.h"
#include "devices/ports/posix/sensing.h"
#include "devices/ports/posix/virtual.h"
#include "devices/traffic/traffic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On the host, not in the device's SRAM: */
#define SENSOR_BYTES (4u << 20) /* buffers of the sensors */
#define QUEUE_BYTES  65536      /* messages that wait for the host's link */

/* Real time: a loop is woken some 50 us after it asked for, and a peer that computes a slice
 * answers half a millisecond later, whatever the speed. That says nothing of the kernels here. */
#define PATIENCE_NS 1000000

/* A task that occupies its units until end_ns; one of each kind at most. */
struct running {
    struct syn_wearable *wearable;
    bool active, due;
    struct syn_task task;
    int64_t start_ns, end_ns;
    struct syn_timer timer;
};

struct syn_wearable {
    struct syn_wearable_config config;
    struct syn_agent agent;
    struct syn_virtual clock;
    struct syn_accel accel;
    struct syn_sensing sensing;
    struct syn_traffic traffic;
    struct syn_peers *peers;
    struct syn_pairs *pairs;
    struct syn_channels *channels; /* NULL: no Bluetooth yet */
    char reached[4 + SYN_BLUETOOTH_ADDRESS];
    struct running running[SYN_TASK_KIND_COUNT];
    struct { /* of the inference that holds the accelerator */
        bool done;
        int64_t from_ns; /* when it began to load: the input is there */
        int64_t handed_ns, done_ns;
    } kernels;
    int64_t weights_ns; /* when the weights of the deployment are loaded */
    struct syn_loop_timer settle;
    struct syn_timer poll;
    struct syn_timer wake; /* of the runtime */
    bool counts_due, counts_relay;
    int64_t counts_ns; /* of the last that was done */
    bool reset_due;
    struct syn_flash flash; /* of RAM: a wearable that ends keeps nothing */
    uint8_t *memory;        /* store, arena, sensors' buffers, messages for the host */
};

/* ---- afterwards: events, beacons, counts ---- */

static void settle(void *ctx);

/* Has the agent look for what is due, once the loop is done with what it is doing. */
static void settle_soon(struct syn_wearable *w)
{
    if (!syn_loop_timer_active(&w->settle))
        syn_loop_timer_start(w->config.loop, &w->settle, 0, 0, settle, w);
}

static void poll_due(void *ctx)
{
    settle_soon(ctx);
}

static void send_counts(struct syn_wearable *w)
{
    w->counts_due = false;
    if (w->agent.committed)
        syn_traffic_counts(&w->traffic, w->agent.rt.done, w->agent.rt.pipeline_count, w->counts_ns,
                           w->counts_relay);
    if (w->agent.committed && w->counts_relay)
        syn_traffic_credits_again(&w->traffic);
    w->counts_relay = false;
}

static void settle(void *ctx)
{
    struct syn_wearable *w = ctx;
    int64_t next = syn_agent_poll(&w->agent);
    if (next == INT64_MAX)
        syn_timers_stop(&w->poll);
    else
        syn_timers_start(&w->clock.timers, &w->poll, next, poll_due, w);
    if (w->counts_due)
        send_counts(w);
    if (w->reset_due) {
        w->reset_due = false;
        w->config.reset(w->config.ctx);
    }
}

static void counts_at(struct syn_wearable *w, int64_t at_ns)
{
    w->counts_due = true;
    w->counts_ns = at_ns;
    settle_soon(w);
}

/* ---- the work of a task ---- */

static const struct syn_deployed_pipe *pipe_of(const struct running *r)
{
    return &r->wearable->agent.deployment.pipes[r->task.pipeline];
}

static void sense(struct running *r)
{
    struct syn_wearable *w = r->wearable;
    const struct syn_deployed_pipe *pipe = pipe_of(r);
    uint8_t *window = syn_deployed_slot(pipe, SYN_STAGE_HEAD, r->task.to_slot);
    struct syn_token *token = &r->task.token;
    if (syn_sensing_window(&w->sensing, pipe->sensor, token->inference, &pipe->fold,
                           pipe->sense_bytes, window))
        syn_agent_fault(&w->agent, r->task.pipeline, "the sensor's file has no such window");
    token->sensed_ns = r->start_ns;
    token->input_hash = syn_fnv1a(SYN_FNV1A_START, window, pipe->sense_bytes);
    token->output_hash = token->input_hash;
}

static void on_computed(void *ctx);

/* Whoever loads infers next. The input is there now, so the host computes from now on; nobody sees
 * the output before the inference's window ends. */
static void load(struct running *r)
{
    struct syn_wearable *w = r->wearable;
    const uint8_t *data = syn_deployed_slot(pipe_of(r), r->task.from_stage, r->task.from_slot);
    w->kernels.done = false;
    w->kernels.from_ns = r->start_ns;
    w->kernels.handed_ns = syn_virtual_now(&w->clock);
    syn_accel_start(&w->accel, r->task.pipeline, data, on_computed, w);
}

static void unload(struct running *r)
{
    struct syn_wearable *w = r->wearable;
    const struct syn_task *task = &r->task;
    const struct syn_deployed_pipe *pipe = pipe_of(r);
    bool last = syn_deployment_is_last(pipe);
    uint8_t *data = last ? NULL : syn_deployed_slot(pipe, task->to_stage, task->to_slot);
    syn_accel_unload(&w->accel, task->pipeline, data, &r->task.token.output_hash);
    if (last)
        syn_accel_result(&w->accel, task->pipeline,
                         syn_traffic_result(&w->traffic, task->pipeline, task->to_slot));
}

static void start_work(struct running *r)
{
    switch (r->task.kind) {
    case SYN_TASK_SENSE:
        sense(r);
        break;
    case SYN_TASK_LOAD:
        load(r);
        break;
    case SYN_TASK_UNLOAD:
        unload(r);
        break;
    default:
        break;
    }
}

/* ---- tasks in their windows ---- */

/* What the task carried, for the agent's events. */
static const struct syn_tensor_result *result_of(struct syn_wearable *w,
                                                 const struct syn_task *task)
{
    if (task->kind == SYN_TASK_ACT)
        return syn_traffic_result(&w->traffic, task->pipeline, task->from_slot);
    if (task->kind == SYN_TASK_UNLOAD && task->to_stage == SYN_STAGE_TAIL)
        return syn_traffic_result(&w->traffic, task->pipeline, task->to_slot);
    return NULL;
}

/* How much longer the kernels took than their window, which goes from the beginning of loading to
 * the end of inferring; 0 = not longer. */
static int64_t lateness(const struct syn_wearable *w, int64_t end_ns)
{
    const int64_t woken_ns = w->kernels.handed_ns - w->kernels.from_ns;
    int64_t late = w->kernels.done_ns - end_ns;
    if (woken_ns > 0 && woken_ns <= syn_virtual_from_real(&w->clock, PATIENCE_NS))
        late -= woken_ns;
    return late > 0 ? late : 0;
}

/* The accelerator had a fault: there is nothing to unload. */
static void report_failure(struct running *r, const char *words)
{
    struct syn_wearable *w = r->wearable;
    struct syn_task task = r->task;
    r->active = false;
    syn_traffic_tell_drop(&w->traffic, task.pipeline, SYN_STAGE_BODY_IN, task.token.inference);
    syn_traffic_tell_drop(&w->traffic, task.pipeline, SYN_STAGE_BODY_OUT, task.token.inference);
    syn_agent_infer_failed(&w->agent, &task, r->start_ns, r->end_ns, words);
    counts_at(w, r->end_ns);
    settle_soon(w);
}

static void report_end(struct running *r)
{
    struct syn_wearable *w = r->wearable;
    struct syn_task task = r->task;
    char words[SYN_COMPUTE_WORDS];
    if (task.kind == SYN_TASK_INFER && syn_accel_failed(&w->accel, words)) {
        report_failure(r, words);
        return;
    }
    int64_t late = task.kind == SYN_TASK_INFER ? lateness(w, r->end_ns) : 0;
    r->active = false;
    syn_agent_task_ended(&w->agent, &task, r->start_ns, r->end_ns, late, result_of(w, &task));
    if (task.kind == SYN_TASK_ACT)
        counts_at(w, r->end_ns);
    settle_soon(w);
}

static void on_due(void *ctx)
{
    struct running *r = ctx;
    r->due = true;
    if (r->task.kind != SYN_TASK_INFER || r->wearable->kernels.done)
        report_end(r);
}

static void on_computed(void *ctx)
{
    struct syn_wearable *w = ctx;
    struct running *r = &w->running[SYN_TASK_INFER];
    w->kernels.done = true;
    w->kernels.done_ns = syn_virtual_now(&w->clock);
    if (r->active && r->due)
        report_end(r);
}

static void begin(void *ctx, const struct syn_task *task, int64_t start_ns, uint64_t duration_ns)
{
    struct syn_wearable *w = ctx;
    struct running *r = &w->running[task->kind];
    bool on_cpu = task->kind != SYN_TASK_SENSE && task->kind != SYN_TASK_SEND;
    if (on_cpu && start_ns < w->weights_ns)
        start_ns = w->weights_ns;
    if (task->kind == SYN_TASK_SEND) {
        syn_traffic_send(&w->traffic, task, start_ns, duration_ns);
        return;
    }
    r->wearable = w;
    r->active = true;
    r->due = false;
    r->task = *task;
    r->start_ns = start_ns;
    r->end_ns = start_ns + (int64_t)duration_ns;
    start_work(r);
    syn_timers_start(&w->clock.timers, &r->timer, r->end_ns, on_due, r);
}

/* ---- the agent's port ---- */

static int64_t now_ns(void *ctx)
{
    const struct syn_wearable *w = ctx;
    return syn_virtual_now(&w->clock);
}

static bool room(void *ctx, unsigned link, size_t size)
{
    struct syn_wearable *w = ctx;
    return w->config.room(w->config.ctx, link, size);
}

static void write_host(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct syn_wearable *w = ctx;
    w->config.write(w->config.ctx, link, bytes, size);
}

static const uint32_t *rates(void *ctx, unsigned link)
{
    struct syn_wearable *w = ctx;
    return w->config.rates ? w->config.rates(w->config.ctx, link) : NULL;
}

static void set_rate(void *ctx, unsigned link, uint32_t baud)
{
    struct syn_wearable *w = ctx;
    w->config.set_rate(w->config.ctx, link, baud);
}

static void forget_tasks(struct syn_wearable *w)
{
    for (unsigned k = 0; k < SYN_TASK_KIND_COUNT; k++) {
        syn_timers_stop(&w->running[k].timer);
        w->running[k].active = false;
    }
    syn_timers_stop(&w->wake);
    syn_accel_clear(&w->accel);
    syn_traffic_reset(&w->traffic);
    w->counts_due = false;
}

/* Loading weights occupies CPU and accelerator before anything else can. */
static int64_t weights_loaded(const struct syn_wearable *w, const struct syn_deployment *d)
{
    int64_t at = syn_virtual_now(&w->clock);
    for (unsigned p = 0; p < d->pipeline_count; p++)
        if (d->pipes[p].route.has_body)
            at += (int64_t)syn_timing_weights(&w->agent.timing, d->pipes[p].weight_bytes);
    return at;
}

static void tell_misfit(struct syn_wearable *w, unsigned pipeline,
                        const struct syn_deployed_pipe *pipe)
{
    char text[160];
    (void)snprintf(text, sizeof text,
                   "the file fed to %s holds no window of %" PRIu32
                   " bytes: pipeline %u gets numbers from a seed",
                   pipe->sensor, pipe->sense_bytes, pipeline);
    syn_agent_log(&w->agent, 2, text);
}

static int deploy(void *ctx, const struct syn_deployment *deployment, struct syn_refusal *refusal)
{
    struct syn_wearable *w = ctx;
    forget_tasks(w);
    if (!deployment)
        return 0;
    for (unsigned p = 0; p < deployment->pipeline_count; p++) {
        const struct syn_deployed_pipe *pipe = &deployment->pipes[p];
        if (pipe->route.has_head && !syn_sensing_fits(&w->sensing, pipe->sensor, pipe->sense_bytes))
            tell_misfit(w, p, pipe);
    }
    w->weights_ns = weights_loaded(w, deployment);
    return syn_accel_deploy(&w->accel, deployment, refusal);
}

static bool is_wire_up(void *ctx, unsigned wire);

static void set_peers(void *ctx, unsigned self, const struct syn_agent_peer *peers, unsigned count)
{
    struct syn_wearable *w = ctx;
    unsigned wires = 0;
    for (unsigned i = 0; i < count; i++)
        wires |= peers[i].used ? 1u << peers[i].wire : 0;
    syn_traffic_self(&w->traffic, self);
    syn_pairs_bind(w->pairs, wires);
    syn_channels_set(w->channels, self, peers, count);
    for (unsigned i = 0; i < count; i++)
        if (peers[i].wire)
            syn_agent_peer_up(&w->agent, i, is_wire_up(w, peers[i].wire));
    if (w->peers)
        syn_peers_set(w->peers, self, peers, count);
}

static void credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    struct syn_wearable *w = ctx;
    syn_traffic_credit(&w->traffic, pipeline, stage, peer, at_ns);
}

static void on_wake(void *ctx)
{
    struct syn_wearable *w = ctx;
    syn_agent_woken(&w->agent);
    settle_soon(w);
}

static void wake(void *ctx, int64_t at_ns)
{
    struct syn_wearable *w = ctx;
    syn_timers_start(&w->clock.timers, &w->wake, at_ns, on_wake, w);
}

static void beacon(void *ctx, const uint32_t *done, unsigned count, int64_t at_ns)
{
    struct syn_wearable *w = ctx;
    (void)done;
    (void)count;
    w->counts_relay = true;
    counts_at(w, at_ns);
}

static void relayed(void *ctx, const uint8_t *message, size_t size)
{
    struct syn_wearable *w = ctx;
    syn_traffic_message(&w->traffic, SYN_TRAFFIC_HOST, message, size);
}

static long feed(void *ctx, const char *sensor, const char *path, uint32_t first, char *why,
                 size_t why_size)
{
    struct syn_wearable *w = ctx;
    return syn_sensing_feed(&w->sensing, sensor, path, first, why, why_size);
}

static void reset(void *ctx)
{
    struct syn_wearable *w = ctx;
    w->reset_due = true;
    settle_soon(w);
}

/* ---- peers ---- */

static void send_to_peer(void *ctx, unsigned peer, const uint8_t *message, size_t size)
{
    const struct syn_wearable *w = ctx;
    syn_peers_send(w->peers, peer, message, size);
}

static bool is_peer_up(void *ctx, unsigned peer)
{
    const struct syn_wearable *w = ctx;
    return syn_peers_up(w->peers, peer);
}

static void peer_message(void *ctx, unsigned peer, const uint8_t *message, size_t size)
{
    struct syn_wearable *w = ctx;
    syn_traffic_message(&w->traffic, peer, message, size);
    settle_soon(w);
}

static void peer_up(void *ctx, unsigned peer, bool up)
{
    struct syn_wearable *w = ctx;
    syn_traffic_up(&w->traffic, peer, up);
    settle_soon(w);
}

/* ---- wires ---- */

static const char *wired(void *ctx, unsigned wire)
{
    const struct syn_wearable *w = ctx;
    return syn_pairs_peer(w->pairs, wire);
}

static bool send_by_wire(void *ctx, unsigned wire, const uint8_t *message, size_t size)
{
    struct syn_wearable *w = ctx;
    return wire < SYN_AGENT_WIRES_MAX ? syn_pairs_send(w->pairs, wire, message, size)
                                      : syn_channels_send(w->channels, wire, message, size);
}

static bool is_wire_up(void *ctx, unsigned wire)
{
    const struct syn_wearable *w = ctx;
    return wire < SYN_AGENT_WIRES_MAX ? syn_pairs_up(w->pairs, wire)
                                      : syn_channels_up(w->channels, wire);
}

/* A channel is the wearable's radio. */
static uint64_t wire_ns(void *ctx, unsigned wire, uint32_t bytes)
{
    const struct syn_wearable *w = ctx;
    return wire < SYN_AGENT_WIRES_MAX ? syn_pairs_hop_ns(w->pairs, wire, bytes)
                                      : syn_timing_message(&w->agent.timing, bytes);
}

static void wire_message(void *ctx, const uint8_t *message, size_t size)
{
    struct syn_wearable *w = ctx;
    syn_traffic_message(&w->traffic, SYN_TRAFFIC_WIRE, message, size);
    settle_soon(w);
}

static void wire_up(void *ctx, unsigned wire, bool up)
{
    struct syn_wearable *w = ctx;
    syn_traffic_wire_up(&w->traffic, wire, up);
    settle_soon(w);
}

/* ---- channels ---- */

static const char *reached(void *ctx)
{
    struct syn_wearable *w = ctx;
    char address[SYN_BLUETOOTH_ADDRESS];
    if (!syn_channels_address(w->channels, address))
        return NULL;
    (void)snprintf(w->reached, sizeof w->reached, "ble:%s", address);
    return w->reached;
}

int syn_wearable_use_bluetooth(struct syn_wearable *w, struct syn_bluetooth *bluetooth)
{
    const struct syn_channels_events events = {w, wire_message, wire_up};
    return syn_channels_new(&w->channels, w->config.loop, bluetooth, &events);
}

/* ---- host links ---- */

struct syn_agent *syn_wearable_agent(struct syn_wearable *wearable)
{
    return &wearable->agent;
}

struct syn_accel *syn_wearable_accel(struct syn_wearable *wearable)
{
    return &wearable->accel;
}

void syn_wearable_opened(struct syn_wearable *w, unsigned link)
{
    syn_agent_link_opened(&w->agent, link);
    settle_soon(w);
}

void syn_wearable_message_opened(struct syn_wearable *w, unsigned link)
{
    syn_agent_message_link_opened(&w->agent, link);
    settle_soon(w);
}

void syn_wearable_closed(struct syn_wearable *w, unsigned link)
{
    syn_agent_link_closed(&w->agent, link);
    settle_soon(w);
}

void syn_wearable_receive(struct syn_wearable *w, unsigned link, const uint8_t *bytes, size_t size)
{
    syn_agent_receive(&w->agent, link, bytes, size);
    settle_soon(w);
}

void syn_wearable_writable(struct syn_wearable *w)
{
    settle_soon(w);
}

/* ---- life ---- */

static bool has_wires(const struct syn_wearable_config *c)
{
    for (unsigned i = 0; i < SYN_PAIRS_MAX; i++)
        if (c->pairs[i].path)
            return true;
    return false;
}

static int init_agent(struct syn_wearable *w)
{
    const struct syn_wearable_config *c = &w->config;
    size_t arena = c->timing.arena_bytes + SYN_DEPLOYMENT_SCRATCH(SYN_PART_PLACEMENTS_MAX);
    const struct syn_agent_port port = {.ctx = w,
                                        .now_ns = now_ns,
                                        .room = room,
                                        .write = write_host,
                                        .deploy = deploy,
                                        .peers = set_peers,
                                        .begin = begin,
                                        .credit = credit,
                                        .wake = wake,
                                        .beacon = beacon,
                                        .relayed = relayed,
                                        .feed = feed,
                                        .reset = reset,
                                        .wired = has_wires(c) ? wired : NULL,
                                        .reached = c->channels ? reached : NULL,
                                        .rates = rates,
                                        .set_rate = set_rate,
                                        .files = c->files};
    const size_t store = c->store_size / SYN_FLASH_RAM_PAGE * SYN_FLASH_RAM_PAGE;
    w->memory = calloc(1, store + arena + SENSOR_BYTES + QUEUE_BYTES);
    if (!w->memory)
        return SYN_ENOMEM;
    syn_flash_ram_init(&w->flash, w->memory, store);
    const struct syn_agent_memory memory = {.flash = &w->flash,
                                            .arena = w->memory + store,
                                            .arena_size = arena,
                                            .sensor = w->memory + store + arena,
                                            .sensor_size = SENSOR_BYTES};
    return syn_agent_init(&w->agent, &c->identity, &c->timing, &port, &memory);
}

static void init_traffic(struct syn_wearable *w)
{
    const struct syn_wearable_config *c = &w->config;
    const struct syn_traffic_port port = {.ctx = w,
                                          .timers = &w->clock.timers,
                                          .virtual_time = true,
                                          .send = c->radio_path ? send_to_peer : NULL,
                                          .is_up = is_peer_up,
                                          .wire = has_wires(c) || c->channels ? send_by_wire : NULL,
                                          .wire_up = is_wire_up,
                                          .wire_ns = wire_ns,
                                          .queue = w->agent.memory.sensor + SENSOR_BYTES,
                                          .queue_bytes = QUEUE_BYTES};
    syn_traffic_init(&w->traffic, &w->agent, &port);
}

static int init(struct syn_wearable *w, struct syn_error *error)
{
    const struct syn_wearable_config *c = &w->config;
    const struct syn_peers_events events = {w, peer_message, peer_up};
    const struct syn_pairs_events wires = {w, wire_message, wire_up};
    syn_virtual_init(&w->clock, c->loop, c->identity.speed_permille);
    int rc = syn_accel_init(&w->accel, c->loop, &c->timing);
    if (rc == 0)
        rc = init_agent(w);
    if (rc)
        return syn_error_set(error, rc, "cannot make the device: %s", syn_errno_text(rc));
    init_traffic(w);
    if (has_wires(c))
        rc = syn_pairs_new(&w->pairs, c->loop, c->identity.id, c->pairs, &wires, error);
    if (rc == 0 && c->radio_path)
        rc = syn_peers_new(&w->peers, c->loop, c->radio_path, &events, error);
    return rc;
}

int syn_wearable_new(struct syn_wearable **wearable, const struct syn_wearable_config *config,
                     struct syn_error *error)
{
    *wearable = NULL;
    if (!config->loop || !config->room || !config->write || !config->reset ||
        config->identity.speed_permille == 0)
        return syn_error_set(error, SYN_EINVAL, "a device without loop, links or speed");
    struct syn_wearable *w = calloc(1, sizeof *w);
    if (!w)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    w->config = *config;
    int rc = init(w, error);
    if (rc)
        syn_wearable_free(w);
    else
        *wearable = w;
    return rc;
}

void syn_wearable_free(struct syn_wearable *w)
{
    if (!w)
        return;
    syn_peers_free(w->peers);
    syn_pairs_free(w->pairs);
    syn_channels_free(w->channels);
    if (w->traffic.agent)
        syn_traffic_reset(&w->traffic);
    syn_accel_free(&w->accel);
    syn_sensing_close(&w->sensing);
    syn_virtual_close(&w->clock);
    syn_loop_timer_stop(&w->settle);
    free(w->memory);
    free(w);
}
