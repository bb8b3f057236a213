/* SPDX-License-Identifier: MIT */
#include "devices/agent/events.h"

#include "devices/agent/dispatch.h"
#include "devices/agent/link.h"

enum {
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

/* ---- one event, made in agent->message ---- */

/* Which links (bits) have subscribed to something. */
typedef bool (*subscribed)(const struct syn_agent_subscription *s, int64_t now);

static unsigned links_with(const struct syn_agent *agent, subscribed to, int64_t now)
{
    unsigned links = 0;
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++)
        links |= to(&agent->links[i].subscription, now) ? 1u << i : 0;
    return links;
}

static unsigned open_links(const struct syn_agent *agent)
{
    unsigned links = 0;
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++)
        links |= agent->links[i].open ? 1u << i : 0;
    return links;
}

/* False, and counted, where the event cannot be made now. */
static bool begin(struct syn_agent *agent, struct syn_cbor_out *out, unsigned links,
                  const char *name)
{
    unsigned takers = links & open_links(agent);
    bool can = takers > 0 && syn_agent_message_free(agent, takers);
    for (unsigned i = 0; !can && i < SYN_AGENT_LINKS_MAX; i++)
        agent->links[i].lost_events += links >> i & 1;
    if (!can)
        return false;
    syn_cbor_out_init(out, agent->message + SYN_SMP_HEADER, sizeof agent->message - SYN_SMP_HEADER);
    syn_cbor_open_map(out);
    syn_cbor_pair_text(out, "ev", name);
    return true;
}

static void send(struct syn_agent *agent, struct syn_cbor_out *out, unsigned links)
{
    struct syn_smp_header h = {.version = 1,
                               .op = SYN_SMP_READ_RSP,
                               .group = SYN_GROUP_SYNERGY,
                               .seq = SYN_SMP_EVENT_SEQ,
                               .id = SYN_ID_EVENT};
    syn_cbor_close(out);
    h.length = (uint16_t)out->length;
    syn_smp_put_header(agent->message, &h);
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++) {
        if (!(links >> i & 1))
            continue;
        if (out->error ||
            !syn_agent_link_send(&agent->links[i], agent->message, SYN_SMP_HEADER + out->length))
            agent->links[i].lost_events++;
    }
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

static void put_counters(struct syn_cbor_out *out, const struct syn_agent *agent, int64_t now)
{
    const struct syn_rt_counters *c = &agent->rt.counters;
    unsigned pipes = agent->rt.pipeline_count;
    syn_cbor_pair_int(out, "t", now);
    put_u64s(out, "busy", c->busy_ns, SYN_UNIT_COUNT);
    put_u32s(out, "tasks", c->tasks, SYN_UNIT_COUNT);
    syn_cbor_pair_uint(out, "late", c->late);
    syn_cbor_pair_uint(out, "lns", c->late_ns);
    syn_cbor_pair_uint(out, "nj", syn_agent_energy_nj(agent));
    put_u32s(out, "done", c->acted, pipes);
    put_u32s(out, "drop", c->dropped, pipes);
    put_u32s(out, "sens", c->sensed, pipes);
    put_pipeline_energy(out, agent);
    put_u16s(out, "queue", c->waiting, SYN_UNIT_COUNT);
    put_work(out, agent);
}

static bool counters_due(const struct syn_agent_subscription *s, int64_t now)
{
    return s->counters_ms > 0 && s->next_ns <= now;
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
    struct syn_cbor_out out;
    const unsigned due = links_with(agent, counters_due, now);
    if (begin(agent, &out, due, "count")) {
        put_counters(&out, agent, now);
        agent->counters_bytes = (uint16_t)(SYN_SMP_HEADER + out.length + 1);
        send(agent, &out, due);
    }
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++) {
        struct syn_agent_subscription *s = &agent->links[i].subscription;
        if (due >> i & 1)
            next_period(s, now);
        if (s->counters_ms > 0 && s->next_ns < next)
            next = s->next_ns;
    }
    return next;
}

/* ---- results, log, faults ---- */

static void put_result(struct syn_cbor_out *out, unsigned pipeline, const struct syn_token *token,
                       int64_t acted_ns, const struct syn_tensor_result *result)
{
    syn_cbor_pair_uint(out, "p", pipeline);
    syn_cbor_pair_uint(out, "n", token->inference);
    if (result) {
        syn_cbor_pair_uint(out, "best", result->best);
        syn_cbor_pair_int(out, "val", result->value);
        syn_cbor_pair_int(out, "sec", result->second);
    }
    syn_cbor_pair_uint(out, "ih", token->input_hash);
    syn_cbor_pair_uint(out, "oh", token->output_hash);
    syn_cbor_pair_int(out, "s", token->sensed_ns);
    syn_cbor_pair_int(out, "a", acted_ns);
}

/* Results come by the hundred, and a link that they fill would never have room for the counters:
 * they leave that much. */
static unsigned with_room_to_spare(struct syn_agent *agent, unsigned links, size_t size)
{
    const struct syn_agent_port *port = &agent->port;
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++) {
        struct syn_agent_link *l = &agent->links[i];
        size_t bytes = syn_agent_link_bound(l, SYN_SMP_HEADER + size) +
                       syn_agent_link_bound(l, agent->counters_bytes);
        if (!(links >> i & 1) || !l->open || port->room(port->ctx, i, bytes))
            continue;
        l->lost_events++;
        links &= ~(1u << i);
    }
    return links;
}

static bool results_wanted(const struct syn_agent_subscription *s, int64_t now)
{
    (void)now;
    return s->results;
}

void syn_agent_event_result(struct syn_agent *agent, unsigned pipeline,
                            const struct syn_token *token, int64_t acted_ns)
{
    struct syn_cbor_out out;
    const unsigned links = links_with(agent, results_wanted, 0);
    if (!begin(agent, &out, links, "res"))
        return;
    put_result(&out, pipeline, token, acted_ns, agent->result);
    send(agent, &out, with_room_to_spare(agent, links, out.length + 1));
}

/* Log lines and faults go to whoever asked for the log. */
static bool logs_wanted(const struct syn_agent_subscription *s, int64_t now)
{
    (void)now;
    return s->logs;
}

static void put_text(struct syn_cbor_out *out, const char *key, const char *text)
{
    size_t n = 0;
    while (n < LOG_TEXT_MAX && text[n])
        n++;
    syn_cbor_put_text(out, key);
    syn_cbor_put_text_n(out, text, n);
}

void syn_agent_log(struct syn_agent *agent, unsigned level, const char *text)
{
    struct syn_cbor_out out;
    const unsigned links = links_with(agent, logs_wanted, 0);
    if (!begin(agent, &out, links, "log"))
        return;
    syn_cbor_pair_uint(&out, "lvl", level);
    put_text(&out, "msg", text);
    send(agent, &out, links);
}

void syn_agent_fault(struct syn_agent *agent, int pipeline, const char *text)
{
    struct syn_cbor_out out;
    const unsigned links = links_with(agent, logs_wanted, 0);
    if (!begin(agent, &out, links, "fault"))
        return;
    put_text(&out, "msg", text);
    if (pipeline >= 0)
        syn_cbor_pair_uint(&out, "p", (unsigned)pipeline);
    send(agent, &out, links);
}

static bool start_unknown(const struct syn_agent_subscription *s, int64_t now)
{
    (void)now;
    return s->logs && !s->start_told;
}

void syn_agent_event_start(struct syn_agent *agent)
{
    const struct syn_agent_start *start = agent->identity.start;
    struct syn_cbor_out out;
    if (!start || !start->fault)
        return;
    const unsigned links = links_with(agent, start_unknown, 0);
    if (!begin(agent, &out, links, "fault"))
        return;
    put_text(&out, "msg", start->why);
    send(agent, &out, links);
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++)
        agent->links[i].subscription.start_told |= links >> i & 1;
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
