/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bluetoothd, over the system bus (sd-bus): is it there, and what it knows of adapters, devices and
 * the characteristics that matter here. Nothing blocks; callbacks come from the loop and must not
 * close the session. Where DBUS_SYSTEM_BUS_ADDRESS is set, libsystemd goes there.
 */
#ifndef SYN_TRANSPORTS_BLE_BLUEZ_H
#define SYN_TRANSPORTS_BLE_BLUEZ_H

#include <systemd/sd-bus.h>

#include "core/base/error.h"
#include "core/base/loop.h"
#include "transports/ble/bluez_objects.h"

#define SYN_BLUEZ_ADAPTER        "org.bluez.Adapter1"
#define SYN_BLUEZ_DEVICE         "org.bluez.Device1"
#define SYN_BLUEZ_CHARACTERISTIC "org.bluez.GattCharacteristic1"
#define SYN_BLUEZ_CALL_NS        4500000000LL /* longer than those wait who call */

struct syn_bluez;

struct syn_bluez_events {
    void (*loaded)(void *ctx); /* it is there, and its objects are known */
    /* Instead: no bus, or no bluetoothd on it. */
    void (*absent)(void *ctx);
    void (*changed)(void *ctx, const struct syn_bluez_object *object);
    void (*value)(void *ctx, const struct syn_bluez_object *object, const uint8_t *data,
                  size_t size); /* a notification, where one goes by signal; may be NULL */
    void (*lost)(void *ctx, const struct syn_error *error); /* after `loaded` */
    void *ctx;
};

/* `ctx` and the reply, whose error is NULL where it went well. */
typedef void (*syn_bluez_done)(void *ctx, sd_bus_message *reply, const sd_bus_error *error);

/* SYN_ENOENT: no system bus. */
int syn_bluez_open(struct syn_bluez **bluez, struct syn_loop *loop,
                   const struct syn_bluez_events *events);
/* Calls on their way are sent and their answers not waited for. NULL is fine. */
void syn_bluez_close(struct syn_bluez *bluez);

const struct syn_bluez_objects *syn_bluez_objects(const struct syn_bluez *bluez);

/* Calls a method of bluetoothd; `done` (NULL: nobody waits) gets ctx of the session's events.
 * `types` and what follows are its arguments, as in sd_bus_message_append. */
int syn_bluez_call(struct syn_bluez *bluez, const char *path, const char *interface,
                   const char *method, syn_bluez_done done, const char *types, ...);

/* Writes to a characteristic, without response. */
int syn_bluez_write(struct syn_bluez *bluez, const char *path, const uint8_t *data, size_t size,
                    syn_bluez_done done);

/* Scans for LE devices with `adapter`, or ends that; `done` as above. */
int syn_bluez_discover(struct syn_bluez *bluez, const char *adapter, bool on, syn_bluez_done done);

/* Words for what a call ended with. */
int syn_bluez_explain(const sd_bus_error *from, const char *what, const char *address,
                      struct syn_error *error);

#endif
