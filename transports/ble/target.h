/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows "ble:": ADDR or NAME, and ?type=public|random&adapter=hciN&via=coc|gatt. */
#ifndef SYN_TRANSPORTS_BLE_TARGET_H
#define SYN_TRANSPORTS_BLE_TARGET_H

#include "core/base/error.h"

#define SYN_BLE_ADDRESS 18 /* "AA:BB:CC:DD:EE:FF" with its end */
#define SYN_BLE_NAME    64

enum syn_ble_type { SYN_BLE_ANY, SYN_BLE_PUBLIC, SYN_BLE_RANDOM };
enum syn_ble_via { SYN_BLE_VIA_BEST, SYN_BLE_VIA_COC, SYN_BLE_VIA_GATT };

struct syn_ble_target {
    char address[SYN_BLE_ADDRESS]; /* upper case; empty: by `name` */
    char name[SYN_BLE_NAME];
    enum syn_ble_type type;
    enum syn_ble_via via;
    int adapter; /* N of hciN; -1: any */
};

int syn_ble_target_parse(struct syn_ble_target *target, const char *text, struct syn_error *error);

/* The URI that leads to `address` of `type` with the other choices of `target`; returns `uri`. */
const char *syn_ble_target_uri(const struct syn_ble_target *target, const char *address,
                               enum syn_ble_type type, char *uri, unsigned size);

/* Is it "AA:BB:CC:DD:EE:FF"? */
int syn_ble_is_address(const char *text);

extern const char *const syn_ble_type_words[]; /* by enum syn_ble_type */

#endif
