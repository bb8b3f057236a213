/* SPDX-License-Identifier: MIT */
/* What a Bluetooth host (ble.h) is given, and what it calls. */
#ifndef SYN_DEVICES_BLE_PORT_H
#define SYN_DEVICES_BLE_PORT_H

#include "devices/ble/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The PSMs of our channels: hosts read theirs from the device (gatt.c), wearables know theirs. */
#define SYN_BLE_PSM_HOST 0x0081
#define SYN_BLE_PSM_PEER 0x0083

enum syn_ble_kind { SYN_BLE_GATT, SYN_BLE_HOST, SYN_BLE_PEER };

struct syn_ble_address {
    uint8_t bytes[6]; /* as they are sent: the last one first */
    bool random;
};

struct syn_ble_port {
    void *ctx;
    /* Bytes that `write` takes now. When that grows from what was too little: syn_ble_poll(). */
    size_t (*room)(void *ctx);
    void (*write)(void *ctx, const uint8_t *bytes, size_t size); /* there is room */
    /* False: there is no place for one more, and the other end is told so. */
    bool (*opened)(void *ctx, unsigned link, enum syn_ble_kind kind,
                   const struct syn_ble_address *from);
    void (*closed)(void *ctx, unsigned link);
    void (*received)(void *ctx, unsigned link, const uint8_t *bytes, size_t size);
    void (*writable)(void *ctx, unsigned link); /* where syn_ble_room() was too little */
};

struct syn_ble_config {
    struct syn_ble_port port;
    const char *name;               /* that scans show; it stays where it is */
    struct syn_ble_address address; /* used where `random` is set; else it is the controller's */
    uint16_t message_max;           /* longest message that is taken from a channel */
};

#endif
