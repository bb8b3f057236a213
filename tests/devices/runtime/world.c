/* SPDX-License-Identifier: MIT */
#include "world.h"

#include "devices/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { EVENT_END, EVENT_ARRIVED, EVENT_CREDIT, EVENT_COUNTS, EVENT_WAKE };

/* ---- events ---- */

static void push(struct world *w, struct world_event event)
{
    assert_true(w->event_count < WORLD_EVENTS);
    event.order = w->order++;
    w->events[w->event_count++] = event;
}

static bool earlier(const struct world_event *a, const struct world_event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static struct world_event pop(struct world *w)
{
    unsigned best = 0;
    for (unsigned i = 1; i < w->event_count; i++)
        if (earlier(&w->events[i], &w->events[best]))
            best = i;
    struct world_event event = w->events[best];
    w->events[best] = w->events[--w->event_count];
    return event;
}

static int64_t jitter(struct world *w)
{
    return w->jitter == 0 ? 0 : (int64_t)(syn_splitmix64(&w->seed) % (uint64_t)w->jitter);
}

/* ---- the radio ---- */

static void transfer(struct world *w, unsigned index)
{
    struct world_send send = w->sends[index];
    const struct syn_task *task = &send.task;
    w->sends[index] = w->sends[--w->send_count];
    struct world_place to = w->next[task->pipeline][send.device][task->from_stage];
    assert_int_equal(to.device, task->peer);
    int slot = syn_rt_receive_begin(&w->rt[to.device], task->pipeline, to.stage);
    assert_true(slot >= 0); /* credit promised it */
    int64_t start = send.ready;
    if (w->radio_free[send.device] > start)
        start = w->radio_free[send.device];
    if (w->radio_free[to.device] > start)
        start = w->radio_free[to.device];
    w->radio_busy[send.device] = w->radio_busy[to.device] = true;
    int64_t end = start + w->plan[task->pipeline].hop;
    w->task_time += (uint64_t)(end - start);
    push(w, (struct world_event){.at = end,
                                 .start = start,
                                 .kind = EVENT_ARRIVED,
                                 .device = send.device,
                                 .slot = (uint8_t)slot,
                                 .task = *task});
}

/* Serves, of those whose both ends are free, the one that waits for longest. */
static void serve_radio(struct world *w)
{
    for (;;) {
        int best = -1;
        for (unsigned i = 0; i < w->send_count; i++) {
            const struct world_send *s = &w->sends[i];
            if (!w->radio_busy[s->device] && !w->radio_busy[s->task.peer] &&
                (best < 0 || s->ready < w->sends[best].ready))
                best = (int)i;
        }
        if (best < 0)
            return;
        transfer(w, (unsigned)best);
    }
}

/* Source and target hear of it. */
static void tell_drop(struct world *w, const struct world_event *e)
{
    unsigned p = e->task.pipeline;
    uint32_t n = e->task.token.inference;
    syn_rt_dropped(&w->rt[w->plan[p].source], p, n, e->at);
    syn_rt_dropped(&w->rt[w->plan[p].target], p, n, e->at);
    push(w, (struct world_event){.at = e->at, .kind = EVENT_COUNTS, .device = w->plan[p].target});
}

static void drop(struct world *w, const struct world_event *e, struct world_place to)
{
    w->in_flight--;
    syn_rt_ended(&w->rt[e->device], &e->task, e->start, e->at, 0);
    syn_rt_receive_abort(&w->rt[to.device], e->task.pipeline, to.stage, e->slot,
                         e->task.token.inference, e->at);
    tell_drop(w, e);
}

static void ended(struct world *w, const struct world_event *e)
{
    struct syn_rt *rt = &w->rt[e->device];
    if (e->task.kind != SYN_TASK_INFER || w->fail_every == 0 || ++w->infers % w->fail_every != 0) {
        syn_rt_ended(rt, &e->task, e->start, e->at, 0);
        return;
    }
    w->in_flight--;
    syn_rt_infer_abort(rt, &e->task, e->start, e->at);
    tell_drop(w, e);
}

static void arrived(struct world *w, const struct world_event *e)
{
    struct world_place to = w->next[e->task.pipeline][e->device][e->task.from_stage];
    w->radio_busy[e->device] = w->radio_busy[to.device] = false;
    w->radio_free[e->device] = w->radio_free[to.device] = e->at;
    if (w->drop_every != 0 && ++w->transfers % w->drop_every == 0) {
        drop(w, e, to);
        return;
    }
    syn_rt_ended(&w->rt[e->device], &e->task, e->start, e->at, 0);
    syn_rt_receive_end(&w->rt[to.device], e->task.pipeline, to.stage, e->slot, &e->task.token,
                       e->start, e->at);
}

/* ---- the port ---- */

static int64_t duration(const struct world_pipeline *p, unsigned kind)
{
    const int64_t table[SYN_TASK_KIND_COUNT] = {
        [SYN_TASK_SENSE] = p->sense, [SYN_TASK_LOAD] = p->load,     [SYN_TASK_INFER] = p->infer,
        [SYN_TASK_ACT] = p->act,     [SYN_TASK_UNLOAD] = p->unload,
    };
    return table[kind];
}

static void on_begin(void *ctx, const struct syn_task *task, int64_t start_ns)
{
    struct world_port *port = ctx;
    struct world *w = port->world;
    if (task->kind == SYN_TASK_SENSE && ++w->in_flight > w->in_flight_max)
        w->in_flight_max = w->in_flight;
    if (task->kind == SYN_TASK_LOAD) {
        w->loads++;
        w->configures += task->configure;
    }
    if (task->kind == SYN_TASK_SEND) {
        w->sends[w->send_count++] =
            (struct world_send){.device = port->device, .ready = start_ns, .task = *task};
        return;
    }
    int64_t end = start_ns + duration(&w->plan[task->pipeline], task->kind);
    w->task_time += (uint64_t)(end - start_ns);
    push(w, (struct world_event){.at = end,
                                 .start = start_ns,
                                 .kind = EVENT_END,
                                 .device = port->device,
                                 .task = *task});
}

static uint64_t on_duration(void *ctx, const struct syn_task *task)
{
    const struct world_port *port = ctx;
    return (uint64_t)duration(&port->world->plan[task->pipeline], task->kind);
}

static void on_wake(void *ctx, int64_t at_ns)
{
    const struct world_port *port = ctx;
    push(port->world,
         (struct world_event){.at = at_ns, .kind = EVENT_WAKE, .device = port->device});
}

static void on_credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    struct world_port *port = ctx;
    struct world_place from = port->world->previous[pipeline][port->device][stage];
    assert_int_equal(from.device, peer);
    push(port->world, (struct world_event){
                          .at = at_ns,
                          .kind = EVENT_CREDIT,
                          .device = from.device,
                          .task = {.pipeline = pipeline, .from_stage = from.stage},
                      });
}

static void note_spread(struct world *w)
{
    for (unsigned p = 0; p < w->pipelines; p++)
        for (unsigned q = 0; q < w->pipelines; q++) {
            uint32_t a = w->acted[p] / w->plan[p].weight, b = w->acted[q] / w->plan[q].weight;
            if (a > b && a - b > w->spread)
                w->spread = a - b;
        }
}

static void on_completed(void *ctx, uint8_t pipeline, const struct syn_token *token,
                         int64_t acted_ns)
{
    struct world_port *port = ctx;
    struct world *w = port->world;
    assert_int_equal(port->device, w->plan[pipeline].target);
    assert_true(token->inference >= w->acted[pipeline] + 1); /* in order */
    w->acted[pipeline]++;
    w->acted_ns[pipeline] = acted_ns;
    w->in_flight--;
    note_spread(w);
    push(w, (struct world_event){.at = acted_ns, .kind = EVENT_COUNTS, .device = port->device});
}

/* ---- the plan ---- */

static void join(struct world *w, unsigned p, struct world_place from, struct world_place to)
{
    w->next[p][from.device][from.stage] = to;
    w->previous[p][to.device][to.stage] = from;
}

static uint8_t neighbour(uint8_t self, uint8_t other)
{
    return self == other ? SYN_RT_LOCAL : other;
}

static struct syn_route route_of(const struct world_pipeline *p, uint8_t self)
{
    struct syn_route r = {.weight = p->weight, .gap_ns = p->gap};
    memset(r.slots, p->slots, sizeof r.slots);
    r.has_head = p->source == self;
    r.head_to = neighbour(self, p->chunks[0]);
    r.has_tail = p->target == self;
    r.tail_from = neighbour(self, p->chunks[p->chunk_count - 1]);
    for (unsigned i = 0; i < p->chunk_count; i++) {
        if (p->chunks[i] != self)
            continue;
        r.has_body = true;
        r.body_from = neighbour(self, i == 0 ? p->source : p->chunks[i - 1]);
        r.body_to = neighbour(self, i + 1 == p->chunk_count ? p->target : p->chunks[i + 1]);
    }
    r.used = r.has_head || r.has_body || r.has_tail;
    return r;
}

static void join_all(struct world *w, unsigned index)
{
    const struct world_pipeline *p = &w->plan[index];
    struct world_place from = {p->source, SYN_STAGE_HEAD};
    for (unsigned i = 0; i < p->chunk_count; i++) {
        join(w, index, from, (struct world_place){p->chunks[i], SYN_STAGE_BODY_IN});
        from = (struct world_place){p->chunks[i], SYN_STAGE_BODY_OUT};
    }
    join(w, index, from, (struct world_place){p->target, SYN_STAGE_TAIL});
}

void world_init(struct world *w, unsigned devices, const struct world_pipeline *plan,
                unsigned pipelines, unsigned depth)
{
    memset(w, 0, sizeof *w);
    w->devices = devices;
    w->pipelines = pipelines;
    memcpy(w->plan, plan, pipelines * sizeof *plan);
    for (unsigned p = 0; p < pipelines; p++)
        join_all(w, p);
    for (unsigned d = 0; d < devices; d++) {
        struct syn_route routes[SYN_RT_PIPELINES_MAX];
        for (unsigned p = 0; p < pipelines; p++)
            routes[p] = route_of(&plan[p], (uint8_t)d);
        w->ports[d] = (struct world_port){w, (uint8_t)d};
        struct syn_rt_port port = {&w->ports[d], on_begin,    on_credit,
                                   on_completed, on_duration, on_wake};
        assert_int_equal(syn_rt_init(&w->rt[d], &port, routes, pipelines, depth), 0);
    }
}

void world_start(struct world *w, enum syn_rt_mode mode, uint32_t limit)
{
    for (unsigned d = 0; d < w->devices; d++)
        syn_rt_start(&w->rt[d], mode, limit, w->now);
    serve_radio(w);
}

void world_stop(struct world *w)
{
    for (unsigned d = 0; d < w->devices; d++)
        syn_rt_stop(&w->rt[d]);
}

static void tell_counts(struct world *w, const struct world_event *e)
{
    for (unsigned d = 0; d < w->devices; d++)
        if (d != e->device)
            syn_rt_counts(&w->rt[d], w->rt[e->device].done, w->pipelines, e->at);
}

static void handle(struct world *w, const struct world_event *e)
{
    switch (e->kind) {
    case EVENT_END:
        ended(w, e);
        break;
    case EVENT_ARRIVED:
        arrived(w, e);
        break;
    case EVENT_CREDIT:
        syn_rt_credit(&w->rt[e->device], e->task.pipeline, e->task.from_stage, e->at);
        break;
    case EVENT_WAKE:
        syn_rt_woken(&w->rt[e->device], w->now);
        break;
    default:
        tell_counts(w, e);
        break;
    }
    serve_radio(w);
}

void world_run(struct world *w, int64_t until)
{
    while (w->event_count > 0) {
        struct world_event e = pop(w);
        if (e.at > until) {
            push(w, e);
            return;
        }
        w->now = e.at + jitter(w);
        handle(w, &e);
    }
}

bool world_idle(const struct world *w)
{
    for (unsigned d = 0; d < w->devices; d++)
        if (!syn_rt_idle(&w->rt[d]))
            return false;
    return w->event_count == 0 && w->send_count == 0;
}
