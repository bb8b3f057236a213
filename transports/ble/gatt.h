/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SMP over GATT, from the first byte of a connection to its data: MTU, the channel that our agents
 * offer, service, characteristic and its configuration, subscription. On top of att.h and, like it,
 * without descriptors, clock or allocation.
 *
 * syn_gatt_begin exchanges the MTU and, where asked to, looks for the channel; `channel` is then
 * called. syn_gatt_subscribe goes on to data over GATT; `ready` is called. Any step may end in
 * `failed`, after which nothing more is called.
 */
#ifndef SYN_TRANSPORTS_BLE_GATT_H
#define SYN_TRANSPORTS_BLE_GATT_H

#include "core/base/error.h"
#include "transports/ble/att.h"

struct syn_gatt_events {
    void (*channel)(void *ctx, uint16_t psm); /* 0: it offers none */
    void (*ready)(void *ctx);
    void (*received)(void *ctx, const uint8_t *packet, size_t size);
    void (*failed)(void *ctx, const struct syn_error *error);
    void *ctx;
};

struct syn_gatt {
    struct syn_att_client att; /* the owner moves its PDUs */

    /* private */
    const struct syn_gatt_events *events;
    const char *address; /* for words: how to pair with it */
    const struct syn_gatt_step *step;
    bool wants_channel;
    uint16_t first, last; /* handles to be searched */
    uint16_t value;       /* the characteristic's */
    uint16_t configuration;
};

/* `events` and `address` must live as long as `gatt`. */
void syn_gatt_begin(struct syn_gatt *gatt, const struct syn_gatt_events *events,
                    const char *address, bool wants_channel);
void syn_gatt_subscribe(struct syn_gatt *gatt);

#define SYN_GATT_LEAVE 5
/* Writes the request that ends the subscription; returns its size, 0: there is none. */
size_t syn_gatt_leave(const struct syn_gatt *gatt, uint8_t pdu[SYN_GATT_LEAVE]);

/* Bytes of a message that one packet holds. */
size_t syn_gatt_packet_max(const struct syn_gatt *gatt);

/* Writes the PDU that carries `size` bytes, at most syn_gatt_packet_max; returns its size. */
size_t syn_gatt_packet(const struct syn_gatt *gatt, const uint8_t *data, size_t size,
                       uint8_t pdu[SYN_ATT_MTU_MAX]);

#endif
