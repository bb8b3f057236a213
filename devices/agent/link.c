/* SPDX-License-Identifier: MIT */
#include "devices/agent/link.h"

#include "devices/agent/dispatch.h"
#include "devices/agent/line.h"

#include <string.h>

static void on_message(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    struct syn_agent_link *link = ctx;
    link->cobs = framing == SYN_FRAMING_COBS;
    link->requests++;
    syn_agent_line_request(link->agent, link->index);
    syn_agent_dispatch(link->agent, link->index, data, size);
}

static void on_packed_message(void *ctx, const uint8_t *data, size_t size)
{
    on_message(ctx, SYN_FRAMING_CONSOLE, data, size);
}

static void start_receiver(struct syn_agent_link *link)
{
    if (link->messages) {
        syn_pieces_init(&link->pieces, on_packed_message, link, link->receive_buffer,
                        SYN_AGENT_MESSAGE_MAX);
        return;
    }
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

static void forget_answer(struct syn_agent *agent, unsigned link)
{
    if (agent->waiting_link == link)
        agent->waiting_size = 0;
}

static void open_link(struct syn_agent *agent, unsigned link, bool messages)
{
    if (link >= SYN_AGENT_LINKS_MAX)
        return;
    struct syn_agent_link *l = &agent->links[link];
    forget_answer(agent, link);
    l->messages = messages;
    start_receiver(l);
    l->open = true;
    l->cobs = false;
    l->subscription = (struct syn_agent_subscription){0};
}

void syn_agent_link_opened(struct syn_agent *agent, unsigned link)
{
    open_link(agent, link, false);
}

void syn_agent_message_link_opened(struct syn_agent *agent, unsigned link)
{
    open_link(agent, link, true);
}

void syn_agent_link_closed(struct syn_agent *agent, unsigned link)
{
    if (link >= SYN_AGENT_LINKS_MAX)
        return;
    agent->links[link].open = false;
    forget_answer(agent, link);
}

void syn_agent_receive(struct syn_agent *agent, unsigned link, const uint8_t *bytes, size_t size)
{
    if (link >= SYN_AGENT_LINKS_MAX || !agent->links[link].open)
        return;
    struct syn_agent_link *l = &agent->links[link];
    syn_agent_line_bytes(agent, link);
    int64_t now_ns = agent->port.now_ns(agent->port.ctx);
    if (l->messages)
        syn_pieces_feed(&l->pieces, bytes, size, now_ns);
    else
        syn_frame_feed(&l->receiver, bytes, size, now_ns);
}

/* ---- out ---- */

static int write_piece(void *ctx, const uint8_t *bytes, size_t size)
{
    const struct syn_agent_link *link = ctx;
    const struct syn_agent_port *port = &link->agent->port;
    port->write(port->ctx, link->index, bytes, size);
    return 0;
}

static enum syn_framing framing_of(const struct syn_agent_link *link)
{
    return link->cobs ? SYN_FRAMING_COBS : SYN_FRAMING_CONSOLE;
}

size_t syn_agent_link_bound(const struct syn_agent_link *link, size_t size)
{
    return link->messages ? size : syn_frame_bound(framing_of(link), size);
}

static bool put_frame(struct syn_agent_link *link, const uint8_t *message, size_t size)
{
    const struct syn_agent_port *port = &link->agent->port;
    if (!link->open || size > SYN_AGENT_MESSAGE_MAX ||
        !port->room(port->ctx, link->index, syn_agent_link_bound(link, size)))
        return false;
    if (link->messages)
        (void)write_piece(link, message, size);
    else
        (void)syn_frame_send(framing_of(link), message, size, write_piece,
                             link); /* neither end refuses */
    port->write(port->ctx, link->index, NULL, 0);
    return true;
}

void syn_agent_flush(struct syn_agent *agent)
{
    struct syn_agent_link *link = &agent->links[agent->waiting_link];
    if (agent->waiting_size > 0 && put_frame(link, agent->message, agent->waiting_size))
        agent->waiting_size = 0;
}

bool syn_agent_link_send(struct syn_agent_link *link, const uint8_t *message, size_t size)
{
    struct syn_agent *agent = link->agent;
    syn_agent_flush(agent);
    bool waits = agent->waiting_size > 0 && agent->waiting_link == link->index;
    return !waits && put_frame(link, message, size); /* order is kept */
}

void syn_agent_answer(struct syn_agent_link *link, size_t size)
{
    struct syn_agent *agent = link->agent;
    if (!link->open || put_frame(link, agent->message, size))
        return;
    agent->waiting_link = link->index;
    agent->waiting_size = (uint16_t)size;
}

bool syn_agent_message_free(struct syn_agent *agent, unsigned links)
{
    syn_agent_flush(agent);
    if (agent->waiting_size == 0)
        return true;
    if (links == 1u << agent->waiting_link)
        return false;
    agent->links[agent->waiting_link].lost_answers++;
    agent->waiting_size = 0;
    return true;
}
