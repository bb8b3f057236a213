/* SPDX-License-Identifier: MIT */
#include "devices/agent/events.h"

#include "devices/agent/dispatch.h"
#include "devices/agent/link.h"

enum {
    EVENT_MAX = SYN_AGENT_MESSAGE_MAX, /* counters of SYN_RT_PIPELINES_MAX pipelines */
    LOG_TEXT_MAX = 200,
    NS_PER_MS = 1000000,
};

const char *syn_agent_state(const struct syn_agent *agent)
{
    if (agent->running)
        return "running";
    if (agent->is_prepared)
        return "prepared";
    return agent->committed ? "committed" : "idle";
}

uint64_t syn_agent_energy_nj(const struct syn_agent *agent)
{
    int64_t elapsed = agent->port.now_ns(agent->port.ctx) - agent->started_ns;
    return syn_timing_energy(&agent->timing, elapsed > 0 ? (uint64_t)elapsed : 0,
                             agent->rt.counters.busy_ns);
}

/* ---- one event ---- */

struct event {
    uint8_t message[EVENT_MAX];
    struct syn_cbor_out out;
};

static void begin(struct event *e, const char *name)
{
    syn_cbor_out_init(&e->out, e->message + SYN_SMP_HEADER, sizeof e->message - SYN_SMP_HEADER);
    syn_cbor_open_map(&e->out);
    syn_cbor_pair_text(&e->out, "ev", name);
}

/* Returns the size of the message, 0 when it did not fit. */
static size_t finish(struct event *e)
{
    struct syn_smp_header h = {.version = 1,
                               .op = SYN_SMP_READ_RSP,
                               .group = SYN_GROUP_SYNERGY,
                               .seq = SYN_SMP_EVENT_SEQ,
                               .id = SYN_ID_EVENT};
    syn_cbor_close(&e->out);
    h.length = (uint16_t)e->out.length;
    syn_smp_put_header(e->message, &h);
    return e->out.error ? 0 : SYN_SMP_HEADER + e->out.length;
}

static void send(struct syn_agent_link *link, const struct event *e, size_t size)
{
    if (size == 0 || !syn_agent_link_send(link, e->message, size, false))
        link->lost_events++;
}

/* ---- counters ---- */

static void put_u64s(struct syn_cbor_out *out, const char *key, const uint64_t *v, unsigned n)
{
    syn_cbor_put_text(out, key);
    syn_cbor_put_array(out, n);
    for (unsigned i = 0; i < n; i++)
        syn_cbor_put_uint(out, v[i]);
}

static void put_u32s(struct syn_cbor_out *out, const char *key, const uint32_t *v, unsigned n)
{
    syn_cbor_put_text(out, key);
    syn_cbor_put_array(out, n);
    for (unsigned i = 0; i < n; i++)
        syn_cbor_put_uint(out, v[i]);
}

static void put_u16s(struct syn_cbor_out *out, const char *key, const uint16_t *v, unsigned n)
{
    syn_cbor_put_text(out, key);
    syn_cbor_put_array(out, n);
    for (unsigned i = 0; i < n; i++)
        syn_cbor_put_uint(out, v[i]);
}

/* Active energy spent on each pipeline. */
static void put_pipeline_energy(struct syn_cbor_out *out, const struct syn_agent *agent)
{
    syn_cbor_put_text(out, "pnj");
    syn_cbor_put_array(out, agent->rt.pipeline_count);
    for (unsigned p = 0; p < agent->rt.pipeline_count; p++)
        syn_cbor_put_uint(out,
                          syn_timing_energy(&agent->timing, 0, agent->rt.counters.pipeline_ns[p]));
}

/* Tasks by pipeline and kind: left out where they find no room, since hosts can do without. */
static void put_work(struct syn_cbor_out *out, const struct syn_agent *agent)
{
    const struct syn_cbor_out before = *out;
    const unsigned count = agent->rt.pipeline_count * SYN_RT_WORK_COUNT;
    put_u32s(out, "work", agent->rt.counters.work[0], count);
    if (out->error || out->length == out->size) /* the end of the map, too */
        *out = before;
}

static size_t make_counters(const struct syn_agent *agent, struct event *e, int64_t now)
{
    const struct syn_rt_counters *c = &agent->rt.counters;
    unsigned pipes = agent->rt.pipeline_count;
    begin(e, "count");
    syn_cbor_pair_int(&e->out, "t", now);
    put_u64s(&e->out, "busy", c->busy_ns, SYN_UNIT_COUNT);
    put_u32s(&e->out, "tasks", c->tasks, SYN_UNIT_COUNT);
    syn_cbor_pair_uint(&e->out, "late", c->late);
    syn_cbor_pair_uint(&e->out, "lns", c->late_ns);
    syn_cbor_pair_uint(&e->out, "nj", syn_agent_energy_nj(agent));
    put_u32s(&e->out, "done", c->acted, pipes);
    put_u32s(&e->out, "drop", c->dropped, pipes);
    put_u32s(&e->out, "sens", c->sensed, pipes);
    put_pipeline_energy(&e->out, agent);
    put_u16s(&e->out, "queue", c->waiting, SYN_UNIT_COUNT);
    put_work(&e->out, agent);
    return finish(e);
}

/* Periods that were missed are not made up for. */
static void next_period(struct syn_agent_subscription *s, int64_t now)
{
    int64_t period = (int64_t)s->counters_ms * NS_PER_MS;
    s->next_ns += period * ((now - s->next_ns) / period + 1);
}

int64_t syn_agent_event_counters(struct syn_agent *agent, int64_t now)
{
    int64_t next = INT64_MAX;
    struct event e;
    size_t size = 0;
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++) {
        struct syn_agent_link *link = &agent->links[i];
        struct syn_agent_subscription *s = &link->subscription;
        if (s->counters_ms == 0)
            continue;
        if (s->next_ns <= now) {
            size = size > 0 ? size : make_counters(agent, &e, now);
            send(link, &e, size);
            next_period(s, now);
        }
        next = s->next_ns < next ? s->next_ns : next;
    }
    return next;
}

/* ---- results, log, faults ---- */

static size_t make_result(struct event *e, unsigned pipeline, const struct syn_token *token,
                          int64_t acted_ns, const struct syn_tensor_result *result)
{
    begin(e, "res");
    syn_cbor_pair_uint(&e->out, "p", pipeline);
    syn_cbor_pair_uint(&e->out, "n", token->inference);
    if (result) {
        syn_cbor_pair_uint(&e->out, "best", result->best);
        syn_cbor_pair_int(&e->out, "val", result->value);
        syn_cbor_pair_int(&e->out, "sec", result->second);
    }
    syn_cbor_pair_uint(&e->out, "ih", token->input_hash);
    syn_cbor_pair_uint(&e->out, "oh", token->output_hash);
    syn_cbor_pair_int(&e->out, "s", token->sensed_ns);
    syn_cbor_pair_int(&e->out, "a", acted_ns);
    return finish(e);
}

void syn_agent_event_result(struct syn_agent *agent, unsigned pipeline,
                            const struct syn_token *token, int64_t acted_ns)
{
    struct event e;
    size_t size = 0;
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++) {
        struct syn_agent_link *link = &agent->links[i];
        if (!link->subscription.results)
            continue;
        size = size > 0 ? size : make_result(&e, pipeline, token, acted_ns, agent->result);
        send(link, &e, size);
    }
}

/* Log lines and faults go to whoever asked for the log. */
static void send_to_logs(struct syn_agent *agent, const struct event *e, size_t size)
{
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++)
        if (agent->links[i].subscription.logs)
            send(&agent->links[i], e, size);
}

static void put_text(struct syn_cbor_out *out, const char *key, const char *text)
{
    size_t n = 0;
    while (text[n] && n < LOG_TEXT_MAX)
        n++;
    syn_cbor_put_text(out, key);
    syn_cbor_put_text_n(out, text, n);
}

void syn_agent_log(struct syn_agent *agent, unsigned level, const char *text)
{
    struct event e;
    begin(&e, "log");
    syn_cbor_pair_uint(&e.out, "lvl", level);
    put_text(&e.out, "msg", text);
    send_to_logs(agent, &e, finish(&e));
}

void syn_agent_fault(struct syn_agent *agent, int pipeline, const char *text)
{
    struct event e;
    begin(&e, "fault");
    put_text(&e.out, "msg", text);
    if (pipeline >= 0)
        syn_cbor_pair_uint(&e.out, "p", (unsigned)pipeline);
    send_to_logs(agent, &e, finish(&e));
}

/* ---- subscribing ---- */

void syn_agent_subscribe(struct syn_agent_call *call)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U32, struct syn_agent_subscription, counters_ms, "cnt"),
        SYN_FIELD(SYN_KEY_BOOL, struct syn_agent_subscription, results, "res"),
        SYN_FIELD(SYN_KEY_BOOL, struct syn_agent_subscription, logs, "log"),
    };
    struct syn_agent_subscription *s = &call->agent->links[call->link].subscription;
    struct syn_agent_subscription wanted = *s;
    if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], &wanted, NULL))
        return;
    wanted.next_ns =
        call->agent->port.now_ns(call->agent->port.ctx) + (int64_t)wanted.counters_ms * NS_PER_MS;
    *s = wanted;
}
