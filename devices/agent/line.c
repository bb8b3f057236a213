/* SPDX-License-Identifier: MIT */
#include "devices/agent/line.h"

#include "devices/agent/dispatch.h"

/* For the first request at a new rate; for bytes to become one: longer than any message takes. */
#define TRIAL_NS 1000000000
#define STRAY_NS 500000000

/* Ended by 0, the first is that of a start; NULL where the link has no choice. */
static const uint32_t *rates_of(const struct syn_agent *agent, unsigned link)
{
    const struct syn_agent_port *port = &agent->port;
    return port->rates ? port->rates(port->ctx, link) : NULL;
}

static void set_rate(const struct syn_agent *agent, unsigned link, uint32_t baud)
{
    const struct syn_agent_port *port = &agent->port;
    port->set_rate(port->ctx, link, baud);
}

void syn_agent_line_switch(struct syn_agent *agent, unsigned link, unsigned rate)
{
    const struct syn_agent_port *port = &agent->port;
    struct syn_agent_line *line = &agent->line;
    const uint32_t *rates = rates_of(agent, link);
    set_rate(agent, link, rates[rate]);
    line->baud = rate == 0 ? 0 : rates[rate];
    line->link = (uint8_t)link;
    line->until_ns = port->now_ns(port->ctx) + TRIAL_NS;
}

static bool is_chosen(const struct syn_agent *agent, unsigned link)
{
    return agent->line.baud != 0 && agent->line.link == link;
}

void syn_agent_line_bytes(struct syn_agent *agent, unsigned link)
{
    if (is_chosen(agent, link) && agent->line.until_ns == INT64_MAX)
        agent->line.until_ns = agent->port.now_ns(agent->port.ctx) + STRAY_NS;
}

void syn_agent_line_request(struct syn_agent *agent, unsigned link)
{
    if (is_chosen(agent, link))
        agent->line.until_ns = INT64_MAX;
}

int64_t syn_agent_line_poll(struct syn_agent *agent, int64_t now_ns)
{
    struct syn_agent_line *line = &agent->line;
    if (line->baud == 0)
        return INT64_MAX;
    if (now_ns < line->until_ns)
        return line->until_ns;
    const uint32_t *rates = rates_of(agent, line->link);
    line->baud = 0;
    set_rate(agent, line->link, rates[0]);
    return INT64_MAX;
}

/* ---- the command ---- */

static void tell(struct syn_agent_call *call, const uint32_t *rates)
{
    const struct syn_agent *agent = call->agent;
    struct syn_cbor_out *out = &call->out;
    syn_cbor_put_map(out, 2);
    syn_cbor_pair_uint(out, "baud", is_chosen(agent, call->link) ? agent->line.baud : rates[0]);
    syn_cbor_put_text(out, "rates");
    syn_cbor_open_array(out);
    for (; *rates; rates++)
        syn_cbor_put_uint(out, *rates);
    syn_cbor_close(out);
}

static void choose(struct syn_agent_call *call, const uint32_t *rates)
{
    struct line_map {
        uint32_t baud;
    } map = {0};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U32, struct line_map, baud, "baud"),
    };
    if (!syn_agent_read(call, fields, 1, &map, NULL))
        return;
    unsigned i = 0;
    while (rates[i] && rates[i] != map.baud)
        i++;
    if (rates[i])
        call->rate = (uint8_t)(i + 1);
    else
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID, "line: no such rate");
}

void syn_agent_line(struct syn_agent_call *call)
{
    const uint32_t *rates = rates_of(call->agent, call->link);
    if (!rates)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_NOTSUP, "this link has no rate to choose");
    else if (call->request.op == SYN_SMP_READ)
        tell(call, rates);
    else
        choose(call, rates);
}
