/* SPDX-License-Identifier: MIT */
/* The attributes that a device serves, by handle: 1 .. SYN_GATT_COUNT. */
#ifndef SYN_DEVICES_BLE_GATT_H
#define SYN_DEVICES_BLE_GATT_H

#include <stdint.h>

/* UUIDs, as they are sent: the last byte first. */
extern const uint8_t syn_gatt_smp_service[16], syn_gatt_our_service[16];

enum { SYN_GATT_PRIMARY_SERVICE = 0x2800, SYN_GATT_SECONDARY_SERVICE = 0x2801 };

enum syn_gatt_access {
    SYN_GATT_READ = 1,
    SYN_GATT_WRITE = 2,   /* with a response */
    SYN_GATT_COMMAND = 4, /* without */
};

/* What is read and written where it is no constant. */
enum syn_gatt_value {
    SYN_GATT_CONSTANT,
    SYN_GATT_NAME,       /* of the device */
    SYN_GATT_MESSAGES,   /* SMP */
    SYN_GATT_SUBSCRIBED, /* to them */
};

struct syn_gatt_attribute {
    uint16_t type;        /* UUID, where it is a short one */
    const uint8_t *uuid;  /* of 16 bytes, where it is not */
    uint8_t access;       /* enum syn_gatt_access */
    uint8_t kind;         /* enum syn_gatt_value */
    uint8_t end;          /* of a service: its last handle */
    uint8_t size;         /* of `value` */
    const uint8_t *value; /* of a constant */
};

enum { SYN_GATT_MESSAGES_HANDLE = 8, SYN_GATT_COUNT = 12 };

extern const struct syn_gatt_attribute syn_gatt_attributes[SYN_GATT_COUNT];

#endif
