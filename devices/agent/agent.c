/* SPDX-License-Identifier: MIT */
#include "devices/agent/agent.h"

#include "devices/agent/events.h"
#include "devices/agent/line.h"
#include "devices/agent/link.h"
#include "devices/base/error.h"

#include <string.h>

static bool complete(const struct syn_agent_port *p)
{
    return p->now_ns && p->room && p->write && p->deploy && p->peers && p->begin && p->credit &&
           p->beacon && p->relayed && p->reset;
}

/* Texts that the port leaves out are empty. */
static struct syn_agent_identity filled(struct syn_agent_identity id)
{
    const char **texts[] = {&id.profile, &id.firmware, &id.sensors, &id.actuators};
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!*texts[i])
            *texts[i] = "";
    return id;
}

int syn_agent_init(struct syn_agent *agent, const struct syn_agent_identity *identity,
                   const struct syn_timing *timing, const struct syn_agent_port *port,
                   const struct syn_agent_memory *memory)
{
    if (!timing->part || !identity->id || !complete(port))
        return SYN_EINVAL;
    if (memory->arena_size < timing->arena_bytes)
        return SYN_ENOMEM;
    memset(agent, 0, sizeof *agent);
    agent->identity = filled(*identity);
    agent->timing = *timing;
    agent->port = *port;
    agent->memory = *memory;
    agent->started_ns = port->now_ns(port->ctx);
    syn_store_init(&agent->store, memory->flash);
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++)
        syn_agent_link_init(agent, i);
    return 0;
}

/* ---- what is due ---- */

static void beacon(struct syn_agent *agent, int64_t now)
{
    agent->beacon_due = false;
    agent->port.beacon(agent->port.ctx, agent->rt.done, agent->rt.pipeline_count, now);
}

/* Peers need the counts until the last inference has drained. */
static int64_t poll_beacon(struct syn_agent *agent, int64_t now)
{
    if (!agent->running && syn_rt_idle(&agent->rt))
        return INT64_MAX;
    if (agent->next_beacon_ns <= now) {
        beacon(agent, now);
        agent->next_beacon_ns = now + SYN_AGENT_BEACON_NS;
    }
    return agent->next_beacon_ns;
}

int64_t syn_agent_poll(struct syn_agent *agent)
{
    int64_t now = agent->port.now_ns(agent->port.ctx);
    syn_agent_flush(agent);
    syn_agent_event_start(agent);
    int64_t counters = syn_agent_event_counters(agent, now);
    int64_t beacons = poll_beacon(agent, now);
    int64_t line = syn_agent_line_poll(agent, now);
    int64_t next = counters < beacons ? counters : beacons;
    return next < line ? next : line;
}

/* ---- reports from the port ---- */

void syn_agent_task_ended(struct syn_agent *agent, const struct syn_task *task, int64_t start_ns,
                          int64_t end_ns, int64_t late_ns, const struct syn_tensor_result *result)
{
    agent->result = result;
    syn_rt_ended(&agent->rt, task, start_ns, end_ns, late_ns);
    agent->result = NULL;
    if (agent->beacon_due)
        beacon(agent, end_ns);
}

void syn_agent_infer_failed(struct syn_agent *agent, const struct syn_task *task, int64_t start_ns,
                            int64_t end_ns, const char *text)
{
    if (agent->rt.counters.faults == 0 || end_ns - agent->fault_ns >= SYN_AGENT_FAULT_NS) {
        syn_agent_fault(agent, task->pipeline, text);
        agent->fault_ns = end_ns;
    }
    syn_rt_infer_abort(&agent->rt, task, start_ns, end_ns);
}

void syn_agent_woken(struct syn_agent *agent)
{
    if (agent->committed)
        syn_rt_woken(&agent->rt, agent->port.now_ns(agent->port.ctx));
}

static struct syn_agent_link *relay(struct syn_agent *agent)
{
    if (agent->links[agent->relay_link].open)
        return &agent->links[agent->relay_link];
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++)
        if (agent->links[i].open)
            return &agent->links[i];
    return NULL;
}

bool syn_agent_relay(struct syn_agent *agent, const uint8_t *message, size_t size)
{
    struct syn_agent_link *link = relay(agent);
    return link && syn_agent_link_send(link, message, size);
}

void syn_agent_peer_up(struct syn_agent *agent, unsigned index, bool up)
{
    if (index < SYN_AGENT_PEERS_MAX)
        agent->peers[index].up = up;
}
