/* SPDX-License-Identifier: MIT */
#include "devices/base/bytes.h"
#include "devices/ble/internal.h"

#include <string.h>

enum { LENGTH = 2 }; /* bytes before a message */

uint16_t syn_ble_channel_cid(const struct syn_ble *ble, const struct syn_ble_link *link)
{
    return (uint16_t)(SYN_CID_FIRST + (link - ble->links));
}

static bool is_channel_of(const struct syn_ble *ble, const struct syn_ble_link *link,
                          const struct syn_ble_connection *c)
{
    return link->state != SYN_LINK_FREE && link->state != SYN_LINK_CONNECTING &&
           link->kind != SYN_BLE_GATT && link->connection == syn_ble_index(ble, c);
}

struct syn_ble_link *syn_ble_channel_ours(struct syn_ble *ble, const struct syn_ble_connection *c,
                                          uint16_t cid)
{
    if (cid < SYN_CID_FIRST || cid >= SYN_CID_FIRST + SYN_BLE_LINKS_MAX)
        return NULL;
    struct syn_ble_link *link = &ble->links[cid - SYN_CID_FIRST];
    return is_channel_of(ble, link, c) ? link : NULL;
}

struct syn_ble_link *syn_ble_channel_theirs(struct syn_ble *ble, const struct syn_ble_connection *c,
                                            uint16_t cid)
{
    for (unsigned i = 0; i < SYN_BLE_LINKS_MAX; i++)
        if (is_channel_of(ble, &ble->links[i], c) && ble->links[i].cid == cid)
            return &ble->links[i];
    return NULL;
}

/* Takes the length where a message begins; false: against the rules. */
static bool take_length(const struct syn_ble *ble, struct syn_ble_link *link, const uint8_t **bytes,
                        size_t *size)
{
    if (link->in_left > 0)
        return true;
    if (*size < LENGTH || syn_get_le16(*bytes) > ble->config.message_max)
        return false;
    link->in_left = syn_get_le16(*bytes);
    *bytes += LENGTH;
    *size -= LENGTH;
    return true;
}

void syn_ble_channel_received(struct syn_ble *ble, struct syn_ble_link *link, const uint8_t *bytes,
                              size_t size)
{
    if (link->state == SYN_LINK_CLOSING)
        return;
    if (link->granted == 0 || !take_length(ble, link, &bytes, &size) || size > link->in_left) {
        ble->connections[link->connection].wants |= SYN_WANT_DISCONNECT;
        return;
    }
    link->granted--;
    link->in_left = (uint16_t)(link->in_left - size);
    if (size > 0)
        syn_ble_link_received(ble, link, bytes, size);
}

size_t syn_ble_channel_next(struct syn_ble_link *link, uint8_t *payload)
{
    size_t at = 0, size = syn_ble_queue_left(&link->queue);
    if (size == 0 || link->credits == 0)
        return 0;
    if (link->out_left == 0) {
        link->out_left = (uint16_t)(size < link->mtu ? size : link->mtu);
        syn_put_le16(payload, link->out_left);
        at = LENGTH;
    }
    size = link->out_left < link->mps - at ? link->out_left : link->mps - at;
    syn_ble_queue_take(&link->queue, payload + at, size);
    link->out_left = (uint16_t)(link->out_left - size);
    link->credits--;
    return at + size;
}
