/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An ATT server for tests: a list of attributes, requests in, answers out. It does what a device
 * does, and where a test says so what none should.
 */
#ifndef SYN_TESTS_TRANSPORTS_BLE_ATT_SERVER_H
#define SYN_TESTS_TRANSPORTS_BLE_ATT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transports/ble/uuid.h"

struct att_attribute {
    uint16_t handle;
    uint16_t type16; /* 0: `type` */
    struct syn_uuid type;
    uint8_t value[24];
    uint8_t value_size;
    uint16_t group_end; /* of a service */
    uint8_t error;      /* what using it is answered by; 0: none */
};

struct att_server {
    struct att_attribute attributes[48];
    unsigned count;
    uint16_t mtu; /* that it offers; 0: it knows no other than 23 */
    uint16_t smp_handle, cccd_handle;
    bool subscribed;
    unsigned requests;
    /* a write command to the SMP characteristic */
    void (*written)(void *ctx, const uint8_t *data, size_t size);
    void *ctx;
};

/* What a device has beside; each adds to the list. */
void att_server_add_service(struct att_server *s, const char *uuid);
/* Returns the value's handle. */
uint16_t att_server_add_characteristic(struct att_server *s, const char *uuid, uint8_t properties,
                                       const uint8_t *value, uint8_t size);
uint16_t att_server_add_descriptor(struct att_server *s, uint16_t type);
/* Generic access and attributes, with 16-bit UUIDs, as all devices have. */
void att_server_add_generic(struct att_server *s);
/* SMP, with a configuration. */
void att_server_add_smp(struct att_server *s);
/* The service of our agents; tells `psm`. */
void att_server_add_agent(struct att_server *s, uint16_t psm);

struct att_attribute *att_server_find(struct att_server *s, uint16_t handle);

/* Writes what it answers to `pdu`; returns its size, 0 for nothing. */
size_t att_server_answer(struct att_server *s, const uint8_t *pdu, size_t size, uint8_t *answer);

#endif
