/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listening to advertisers: with the controller ourselves (hci_scan.c), or through bluetoothd
 * (bluez_scan.c). It goes on until it is told to stop; callbacks come from the loop and must not
 * close the scanner.
 */
#ifndef SYN_TRANSPORTS_BLE_SCANNER_H
#define SYN_TRANSPORTS_BLE_SCANNER_H

#include "core/base/error.h"
#include "core/base/loop.h"
#include "transports/ble/advert.h"

struct syn_ble_scan_options {
    struct syn_loop *loop;
    int adapter;                    /* -1: any */
    struct syn_ble_seen_list *list; /* of the caller; what is heard is put in */
    void (*changed)(void *ctx);     /* something was */
    /* The controller does not scan any more: told to (error NULL), or for a reason. Once. */
    void (*ended)(void *ctx, const struct syn_error *error);
    void *ctx;
};

struct syn_ble_scanner {
    int (*open)(void **state, const struct syn_ble_scan_options *options, struct syn_error *error);
    void (*stop)(void *state);  /* `ended` follows within two seconds, perhaps from inside */
    void (*close)(void *state); /* at any time; NULL is fine */
};

extern const struct syn_ble_scanner syn_ble_hci_scanner;
extern const struct syn_ble_scanner syn_ble_bluez_scanner; /* fails where there is no bluetoothd */
/* Through bluetoothd where it runs, else ourselves. */
extern const struct syn_ble_scanner syn_ble_scanner;

#endif
