/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Waiting until a device is heard: which address has the name, and of which type is the address.
 * `found` is called once the controller scans no more, so that it can connect.
 */
#ifndef SYN_TRANSPORTS_BLE_FIND_H
#define SYN_TRANSPORTS_BLE_FIND_H

#include "transports/ble/scanner.h"

struct syn_ble_find;

struct syn_ble_find_options {
    struct syn_loop *loop;
    const struct syn_ble_scanner *scanner;
    const struct syn_ble_target *target; /* must live as long */
    int64_t patience_ns;
    void (*found)(void *ctx, const struct syn_ble_seen *seen);
    void (*failed)(void *ctx, const struct syn_error *error);
    void *ctx;
};

/* Either `found` or `failed` follows, once, from the loop; neither may free it. */
int syn_ble_find_start(struct syn_ble_find **find, const struct syn_ble_find_options *options,
                       struct syn_error *error);
void syn_ble_find_free(struct syn_ble_find *find); /* NULL is fine */

#endif
