/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's Bluetooth sockets: which adapter, connections on the attribute channel, LE
 * credit-based channels. Nothing blocks: a connection that was begun is there when its descriptor
 * can be written (syn_l2cap_result).
 *
 * `struct syn_l2cap` is what own.c uses of it, so that tests can put socket pairs in its place.
 */
#ifndef SYN_TRANSPORTS_BLE_L2CAP_H
#define SYN_TRANSPORTS_BLE_L2CAP_H

#include <stddef.h>
#include <stdint.h>

#include "transports/ble/target.h"

#define SYN_L2CAP_PSM_ATT 0 /* not a channel by number: the fixed one for attributes */
#define SYN_L2CAP_SDU_MAX 4096

struct syn_l2cap {
    /* Begins to connect to `address`; returns the descriptor or a code with words. */
    int (*connect)(const struct syn_ble_target *target, const char *address, enum syn_ble_type type,
                   uint16_t psm, struct syn_error *error);
    /* Once it can be written: 0, or the errno why it did not connect. */
    int (*result)(int fd);
    /* Longest packet that the other side of an LE channel takes. */
    size_t (*packet_max)(int fd);
};

extern const struct syn_l2cap syn_l2cap_kernel;

/* The adapter that `wanted` (-1: the first that is switched on) stands for: its number, or a code
 * with words. */
int syn_l2cap_adapter(int wanted, struct syn_error *error);

#endif
