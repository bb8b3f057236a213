/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A way to a BLE device: by sockets of our own (own.c), or by bluetoothd (bluez_way.c).
 *
 * A way connects in the background, then moves packets. Its callbacks come from the loop; they may
 * send and pause, but must not close. `failed` comes at most once, and nothing after it.
 */
#ifndef SYN_TRANSPORTS_BLE_WAY_H
#define SYN_TRANSPORTS_BLE_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/loop.h"
#include "transports/ble/l2cap.h"
#include "transports/ble/scanner.h"
#include "transports/ble/target.h"

#define SYN_BLE_PATIENCE_NS 4000000000LL /* to be found, and to be connected, each */

struct syn_ble_events {
    void (*ready)(void *ctx);
    void (*received)(void *ctx, const uint8_t *packet, size_t size);
    void (*writable)(void *ctx); /* again, after `send` took less than it was given */
    void (*failed)(void *ctx, const struct syn_error *error);
    /* Which device it became: its address and how that is to be read. */
    void (*found)(void *ctx, const char *address, enum syn_ble_type type);
    /* Something that a person may want to know: "channel refused; data go by GATT". */
    void (*note)(void *ctx, const char *text);
    void *ctx;
};

struct syn_ble_options {
    struct syn_loop *loop;
    struct syn_ble_target target;
    struct syn_ble_events events;
    /* What it stands on; tests put others there. */
    const struct syn_l2cap *l2cap;
    const struct syn_ble_scanner *scanner; /* of own.c */
};

struct syn_ble_way {
    /* `options` are copied. On failure *state is NULL. */
    int (*open)(void **state, const struct syn_ble_options *options, struct syn_error *error);
    /* Sends from the beginning of a message, or the rest of one, one packet; how much that was, 0
     * when it must wait (`writable` follows), or SYN_ELINK (`failed` came). */
    int (*send)(void *state, const uint8_t *data, size_t size);
    /* Holds back `received`, as far as the other side can be made to wait. */
    void (*pause)(void *state, bool pause);
    void (*close)(void *state);
};

extern const struct syn_ble_way syn_ble_own; /* needs that no bluetoothd holds the adapter */
extern const struct syn_ble_way syn_ble_way; /* by bluetoothd where it runs, else our own */

#endif
