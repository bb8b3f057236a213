/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What advertisers say: reports of the controller taken apart, and what was heard of one device put
 * together. Without I/O; whatever the bytes are, it stays inside them.
 */
#ifndef SYN_TRANSPORTS_BLE_ADVERT_H
#define SYN_TRANSPORTS_BLE_ADVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transports/ble/target.h"

#define SYN_BLE_RSSI_NONE 127
#define SYN_BLE_SEEN_MAX  256 /* devices that one scan keeps */

struct syn_ble_seen {
    char address[SYN_BLE_ADDRESS];
    enum syn_ble_type type;
    char name[SYN_BLE_NAME]; /* as it came: syn_text_clean before it is shown; or empty */
    int rssi_dbm;            /* SYN_BLE_RSSI_NONE: not known */
    bool smp;                /* offers SMP */
    bool ours;               /* is one of our agents */
    bool connectable;
};

struct syn_ble_seen_list {
    struct syn_ble_seen items[SYN_BLE_SEEN_MAX];
    unsigned count;
    unsigned dropped; /* that there was no room for */
};

/* The device's entry, made when it is new; NULL when there is no room. */
struct syn_ble_seen *syn_ble_seen_get(struct syn_ble_seen_list *list, const char *address,
                                      enum syn_ble_type type);

/* Takes what AD structures (Core Specification Supplement, Part A) say of names and services. */
void syn_ble_seen_take(struct syn_ble_seen *seen, const uint8_t *data, size_t size);

/* A service, by its UUID as text. */
void syn_ble_seen_service(struct syn_ble_seen *seen, const char *uuid);

/* Is it the one that `target` names? An address that comes without type fits all types. */
bool syn_ble_seen_is(const struct syn_ble_seen *seen, const struct syn_ble_target *target);

/* The parameters of an LE meta event: takes what is in its advertising reports, legacy or extended,
 * into `list`. Returns how many reports there were; 0 for other events. */
unsigned syn_ble_advert_take(struct syn_ble_seen_list *list, const uint8_t *event, size_t size);

#endif
