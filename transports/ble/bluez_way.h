/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way through bluetoothd, in two files: bluez_way.c finds and connects, bluez_data.c opens and
 * moves data. Private to them. */
#ifndef SYN_TRANSPORTS_BLE_BLUEZ_WAY_H
#define SYN_TRANSPORTS_BLE_BLUEZ_WAY_H

#include "transports/ble/bluez.h"
#include "transports/ble/way.h"

enum syn_bluez_step { BEGIN, FINDING, QUIETING, CONNECTING, RESOLVING, OPENING, READY };

struct syn_bluez_pipe {
    int fd; /* -1: closed */
    struct syn_loop_watch watch;
    bool connecting, full;
};

struct syn_bluez_way {
    struct syn_ble_options options;
    void *own; /* the other way's, where there is no bluetoothd */
    struct syn_bluez *bluez;
    struct syn_loop_timer timer; /* of the present step */
    char adapter[SYN_BLUEZ_PATH], device[SYN_BLUEZ_PATH], data[SYN_BLUEZ_PATH];
    char address[SYN_BLE_ADDRESS];
    const char *what;              /* the present step, for words */
    struct syn_bluez_pipe in, out; /* a channel is `in` alone */
    size_t packet_max;
    unsigned calls; /* writes on their way, where they go by call */
    uint16_t psm;
    enum syn_bluez_step step;
    bool connected_by_us, channel, paused, waits, over;
};

/* The end, once: by an error, of a call, of a descriptor (an errno; 0: the device's wish). */
void syn_bluez_way_fail(struct syn_bluez_way *w, const struct syn_error *error);
void syn_bluez_way_fail_bus(struct syn_bluez_way *w, const sd_bus_error *from);
void syn_bluez_way_broken(struct syn_bluez_way *w, int os_errno);
/* ... where a call could not even be sent. */
void syn_bluez_way_check_sent(struct syn_bluez_way *w, int rc);

/* Goes on to a step, which has SYN_BLE_PATIENCE_NS; `what` names it in words. */
void syn_bluez_way_enter(struct syn_bluez_way *w, enum syn_bluez_step step, const char *what);
/* Data can be sent. */
void syn_bluez_way_begin(struct syn_bluez_way *w);

/* Opens the channel or the SMP characteristic of a device whose services are known. */
void syn_bluez_data_open(struct syn_bluez_way *w);
/* The channel is not to be had: goes on by GATT where that is allowed. */
void syn_bluez_data_without_channel(struct syn_bluez_way *w, const char *why);
/* A notification that came by signal. */
void syn_bluez_data_value(void *ctx, const struct syn_bluez_object *object, const uint8_t *data,
                          size_t size);
/* As struct syn_ble_way has it. */
int syn_bluez_data_send(struct syn_bluez_way *w, const uint8_t *data, size_t size);
/* Listens as `paused` and what waits want it. */
void syn_bluez_data_interest(struct syn_bluez_way *w);
void syn_bluez_data_shut(struct syn_bluez_way *w);

#endif
