/* SPDX-License-Identifier: MIT */
#include "devices/base/error.h"
#include "devices/ble/internal.h"

#include <string.h>

enum { LENGTH = 2, HALF = SYN_BLE_QUEUE_BYTES / 2 };

/* ---- queues ---- */

static void move_in(struct syn_ble_queue *q, const uint8_t *bytes, size_t size)
{
    const size_t at = (q->head + q->used) % sizeof q->bytes;
    const size_t first = size < sizeof q->bytes - at ? size : sizeof q->bytes - at;
    memcpy(q->bytes + at, bytes, first);
    memcpy(q->bytes, bytes + first, size - first);
    q->used += (uint32_t)size;
}

static void move_out(struct syn_ble_queue *q, uint8_t *bytes, size_t size)
{
    const size_t first = size < sizeof q->bytes - q->head ? size : sizeof q->bytes - q->head;
    memcpy(bytes, q->bytes + q->head, first);
    memcpy(bytes + first, q->bytes, size - first);
    q->head = (uint32_t)((q->head + size) % sizeof q->bytes);
    q->used -= (uint32_t)size;
}

size_t syn_ble_queue_left(struct syn_ble_queue *queue)
{
    if (queue->left == 0 && queue->used > 0) {
        uint8_t length[LENGTH];
        move_out(queue, length, sizeof length);
        queue->left = (uint16_t)(length[0] | length[1] << 8);
    }
    return queue->left;
}

void syn_ble_queue_take(struct syn_ble_queue *queue, uint8_t *to, size_t size)
{
    move_out(queue, to, size);
    queue->left = (uint16_t)(queue->left - size);
}

/* ---- links ---- */

static unsigned index_of(const struct syn_ble *ble, const struct syn_ble_link *link)
{
    return (unsigned)(link - ble->links);
}

static void reset(struct syn_ble_link *link)
{
    memset(link, 0, offsetof(struct syn_ble_link, queue));
    link->queue.head = link->queue.used = 0;
    link->queue.left = 0;
}

struct syn_ble_link *syn_ble_link_new(struct syn_ble *ble)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++)
        if (ble->links[i].state == SYN_LINK_FREE) {
            reset(&ble->links[i]);
            return &ble->links[i];
        }
    return NULL;
}

struct syn_ble_link *syn_ble_link_open(struct syn_ble *ble, const struct syn_ble_connection *c,
                                       enum syn_ble_kind kind)
{
    const struct syn_ble_port *port = &ble->config.port;
    struct syn_ble_link *link = syn_ble_link_new(ble);
    if (!link || !port->opened(port->ctx, index_of(ble, link), kind, &c->address))
        return NULL;
    link->state = SYN_LINK_OPEN;
    link->kind = (uint8_t)kind;
    link->connection = (uint8_t)syn_ble_index(ble, c);
    syn_ble_signal_interval(&ble->connections[link->connection]);
    return link;
}

struct syn_ble_link *syn_ble_link_find(struct syn_ble *ble, const struct syn_ble_connection *c,
                                       enum syn_ble_kind kind)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++) {
        struct syn_ble_link *link = &ble->links[i];
        if (link->state == SYN_LINK_OPEN && link->kind == kind &&
            link->connection == syn_ble_index(ble, c))
            return link;
    }
    return NULL;
}

void syn_ble_link_close(struct syn_ble *ble, struct syn_ble_link *link)
{
    const struct syn_ble_port *port = &ble->config.port;
    const bool told = link->state != SYN_LINK_FREE && !link->silent;
    const unsigned connection = link->connection;
    reset(link);
    syn_ble_peer_left(ble, connection);
    if (told)
        port->closed(port->ctx, index_of(ble, link));
}

void syn_ble_link_received(struct syn_ble *ble, const struct syn_ble_link *link,
                           const uint8_t *bytes, size_t size)
{
    const struct syn_ble_port *port = &ble->config.port;
    if (!link->silent)
        port->received(port->ctx, index_of(ble, link), bytes, size);
}

void syn_ble_link_drained(struct syn_ble *ble, struct syn_ble_link *link)
{
    const struct syn_ble_port *port = &ble->config.port;
    if (!link->refused || link->silent || link->queue.used > HALF)
        return;
    link->refused = false;
    port->writable(port->ctx, index_of(ble, link));
}

/* ---- for users ---- */

static struct syn_ble_link *usable(struct syn_ble *ble, unsigned link)
{
    if (link >= SYN_BLE_LINKS_MAX)
        return NULL;
    struct syn_ble_link *l = &ble->links[link];
    return l->state == SYN_LINK_OPEN && !l->silent ? l : NULL;
}

bool syn_ble_room(struct syn_ble *ble, unsigned link, size_t size)
{
    struct syn_ble_link *l = usable(ble, link);
    if (!l)
        return false;
    const bool fits = size + LENGTH <= sizeof l->queue.bytes - l->queue.used;
    l->refused |= !fits;
    return fits;
}

int syn_ble_send(struct syn_ble *ble, unsigned link, const uint8_t *bytes, size_t size)
{
    struct syn_ble_link *l = usable(ble, link);
    if (!l)
        return SYN_ELINK;
    if (size == 0 || size > UINT16_MAX || size + LENGTH > sizeof l->queue.bytes)
        return SYN_EINVAL;
    if (!syn_ble_room(ble, link, size))
        return SYN_EBUSY;
    const uint8_t length[LENGTH] = {(uint8_t)size, (uint8_t)(size >> 8)};
    move_in(&l->queue, length, sizeof length);
    move_in(&l->queue, bytes, size);
    return 0;
}
