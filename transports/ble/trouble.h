/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What went wrong, in words a person can act on: errors of the kernel, the controller (HCI), the
 * device (ATT) and bluetoothd (D-Bus), a table each. All return the code they set.
 */
#ifndef SYN_TRANSPORTS_BLE_TROUBLE_H
#define SYN_TRANSPORTS_BLE_TROUBLE_H

#include <stdint.h>

#include "core/base/error.h"

/* An errno of opening a Bluetooth socket, of connecting, or of a connection that broke. `address`
 * (of the device) is for words alone. */
int syn_ble_trouble_socket(struct syn_error *error, int os_errno);
int syn_ble_trouble_connect(struct syn_error *error, int os_errno, const char *address);
int syn_ble_trouble_broken(struct syn_error *error, int os_errno);

/* The status of an HCI command. */
int syn_ble_trouble_hci(struct syn_error *error, uint8_t status, const char *what);

/* What an ATT request came to: `status` as in struct syn_att_answer. */
int syn_ble_trouble_att(struct syn_error *error, int status, uint8_t att_error, const char *what,
                        const char *address);

/* An error of bluetoothd: "org.bluez.Error.NotReady" and what it says. */
int syn_ble_trouble_bus(struct syn_error *error, const char *name, const char *message,
                        const char *what, const char *address);

/* The device did not answer, or was not seen, in time. */
int syn_ble_trouble_absent(struct syn_error *error, const char *what, double seconds);

/* Is Bluetooth switched off by rfkill? `folder` is /sys/class/rfkill. 0: no; else with words. */
int syn_ble_trouble_rfkill(struct syn_error *error, const char *folder);

#define SYN_RFKILL_FOLDER "/sys/class/rfkill"

#endif
