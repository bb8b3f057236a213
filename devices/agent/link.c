/* SPDX-License-Identifier: MIT */
#include "devices/agent/link.h"

#include "devices/agent/dispatch.h"

#include <string.h>

static void on_message(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    struct syn_agent_link *link = ctx;
    link->cobs = framing == SYN_FRAMING_COBS;
    link->requests++;
    syn_agent_dispatch(link->agent, link->index, data, size);
}

static void start_receiver(struct syn_agent_link *link)
{
    const struct syn_frame_events events = {.message = on_message, .ctx = link};
    syn_frame_receiver_init(&link->receiver, &events, link->receive_buffer,
                            sizeof link->receive_buffer, NULL, 0);
}

void syn_agent_link_init(struct syn_agent *agent, unsigned index)
{
    struct syn_agent_link *link = &agent->links[index];
    link->agent = agent;
    link->index = (uint8_t)index;
    start_receiver(link);
}

void syn_agent_link_opened(struct syn_agent *agent, unsigned link)
{
    if (link >= SYN_AGENT_LINKS_MAX)
        return;
    struct syn_agent_link *l = &agent->links[link];
    start_receiver(l);
    l->open = true;
    l->cobs = false;
    l->waiting_size = 0;
    l->subscription = (struct syn_agent_subscription){0};
}

void syn_agent_link_closed(struct syn_agent *agent, unsigned link)
{
    if (link >= SYN_AGENT_LINKS_MAX)
        return;
    agent->links[link].open = false;
    agent->links[link].waiting_size = 0;
}

void syn_agent_receive(struct syn_agent *agent, unsigned link, const uint8_t *bytes, size_t size)
{
    if (link < SYN_AGENT_LINKS_MAX && agent->links[link].open)
        syn_frame_feed(&agent->links[link].receiver, bytes, size,
                       agent->port.now_ns(agent->port.ctx));
}

void syn_agent_link_flush(struct syn_agent_link *link)
{
    const struct syn_agent_port *port = &link->agent->port;
    if (link->waiting_size > 0 &&
        port->write(port->ctx, link->index, link->waiting, link->waiting_size))
        link->waiting_size = 0;
}

bool syn_agent_link_send(struct syn_agent_link *link, const uint8_t *message, size_t size,
                         bool keep)
{
    struct syn_agent *agent = link->agent;
    enum syn_framing framing = link->cobs ? SYN_FRAMING_COBS : SYN_FRAMING_CONSOLE;
    if (!link->open)
        return false;
    int n = syn_frame_encode(framing, message, size, agent->frame, sizeof agent->frame);
    if (n < 0)
        return false;
    syn_agent_link_flush(link);
    if (link->waiting_size > 0)
        return false; /* order is kept */
    bool written = agent->port.write(agent->port.ctx, link->index, agent->frame, (size_t)n);
    if (!written && keep) {
        memcpy(link->waiting, agent->frame, (size_t)n);
        link->waiting_size = (uint16_t)n;
    }
    return written || keep;
}
