/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Controllers without hardware in one process, and the air between them: each has a host of
 * devices/ble above it. A test may itself be at the other end of a connection (the "hand"), with
 * L2CAP packets as it likes them. Bytes reach the hosts in pieces of changing sizes; time passes
 * when the test says so.
 */
#ifndef SYN_TESTS_DEVICES_BLE_AIR_H
#define SYN_TESTS_DEVICES_BLE_AIR_H

#include "devices/ble/ble.h"

enum { AIR_DEVICES = 3, AIR_LINKS = 12, AIR_PACKETS = 256, AIR_BYTES = 1 << 17, AIR_HAND = -1 };

struct air_packet {
    uint16_t cid, size;
    uint8_t bytes[300];
};

struct air_device {
    struct air *air;
    struct syn_ble ble;
    struct air_link { /* of the host */
        bool open;
        enum syn_ble_kind kind;
        unsigned opened, closed, writable;
        size_t size;
        uint8_t bytes[1 << 16]; /* received */
    } links[SYN_BLE_LINKS_MAX];
    bool full; /* takes no links */

    /* the controller */
    uint8_t address[6];
    bool silent;                         /* answers no command */
    uint16_t fails;                      /* this command */
    bool advertising, initiating, holds; /* holds: packets are not sent */
    uint8_t target[6], data[32], response[32];
    uint16_t acl_bytes;
    unsigned acl_count, acl_used;
    unsigned resets;
    uint16_t commands[64];
    unsigned command_count;
    struct air_connection {
        bool used;
        int peer; /* AIR_HAND, or whose */
        unsigned theirs;
        unsigned sent; /* packets whose end the host is not told yet */
        uint8_t l2cap[600];
        size_t l2cap_size;
    } connections[AIR_LINKS];
    uint8_t to_host[AIR_BYTES];
    size_t to_host_size;
};

struct air {
    struct air_device devices[AIR_DEVICES];
    unsigned count;
    int64_t now_ns;
    uint32_t random;
    struct air_packet heard[AIR_PACKETS]; /* by the hand */
    unsigned heard_count;
};

/* `acl_bytes` and `acl_count`: the controllers' buffers. The hosts are started. */
struct air *air_new(unsigned count, uint16_t acl_bytes, unsigned acl_count);
void air_free(struct air *air);

/* Lets everything happen that can without time passing. */
void air_run(struct air *air);
/* The same after some time. */
void air_pass(struct air *air, int64_t ns);

uint32_t air_random(struct air *air, uint32_t below);

/* The hand connects to a device: the connection's handle. */
uint16_t air_connect(struct air_device *device);
void air_disconnect(struct air_device *device, uint16_t handle);
/* From the hand, in one fragment; then air_run(). */
void air_send(struct air_device *device, uint16_t handle, uint16_t cid, const void *bytes,
              size_t size);
/* What the hand heard since the last call, one packet; NULL: nothing. */
const struct air_packet *air_heard(struct air *air);
bool air_is_connected(const struct air_device *device, uint16_t handle);

/* Bytes from the controller, whatever they are. */
void air_bytes(struct air_device *device, const void *bytes, size_t size);

#endif
