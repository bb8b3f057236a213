/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bluetoothd says of its objects: adapters, devices, and SMP's and our characteristics. */
#ifndef SYN_TRANSPORTS_BLE_BLUEZ_OBJECTS_H
#define SYN_TRANSPORTS_BLE_BLUEZ_OBJECTS_H

#include <systemd/sd-bus.h>

#include "transports/ble/advert.h"
#include "transports/ble/uuid.h"

#define SYN_BLUEZ_PATH        128
#define SYN_BLUEZ_OBJECTS_MAX 512

enum syn_bluez_kind {
    SYN_BLUEZ_OTHER,
    SYN_BLUEZ_IS_ADAPTER,
    SYN_BLUEZ_IS_DEVICE,
    SYN_BLUEZ_IS_CHARACTERISTIC
};

struct syn_bluez_object {
    char path[SYN_BLUEZ_PATH];
    enum syn_bluez_kind kind;
    bool powered;                         /* of an adapter */
    struct syn_ble_seen seen;             /* of a device; RSSI as long as it is heard */
    bool connected, resolved;             /* of a device: its services are known */
    char uuid[SYN_UUID_TEXT];             /* of a characteristic */
    bool acquires_write, acquires_notify; /* it gives descriptors for that */
    uint16_t mtu;                         /* of its attribute channel; 0: not told */
};

struct syn_bluez_objects {
    struct syn_bluez_object *items; /* SYN_BLUEZ_OBJECTS_MAX */
    unsigned count;
};

/* Takes the answer of GetManagedObjects. Negative errno when it is none. */
int syn_bluez_objects_load(struct syn_bluez_objects *o, sd_bus_message *m);
/* Takes signals; `*changed` is the object, NULL where it is none that is kept. A value that is
 * notified is left in `value` (of `*size` bytes at most, then what it has; 0: none). */
int syn_bluez_objects_added(struct syn_bluez_objects *o, sd_bus_message *m,
                            const struct syn_bluez_object **changed);
int syn_bluez_objects_changed(struct syn_bluez_objects *o, sd_bus_message *m,
                              const struct syn_bluez_object **changed, uint8_t *value,
                              size_t *size);
void syn_bluez_objects_removed(struct syn_bluez_objects *o, sd_bus_message *m);

/* "hciN", or -1 the first that is powered, else the first; NULL: none. */
const struct syn_bluez_object *syn_bluez_adapter(const struct syn_bluez_objects *o, int wanted);
/* The device below `adapter` that `target` names. */
const struct syn_bluez_object *syn_bluez_device(const struct syn_bluez_objects *o,
                                                const char *adapter,
                                                const struct syn_ble_target *target);
const struct syn_bluez_object *syn_bluez_characteristic(const struct syn_bluez_objects *o,
                                                        const char *device, const char *uuid);
const struct syn_bluez_object *syn_bluez_object(const struct syn_bluez_objects *o,
                                                const char *path);

#endif
