/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The services and characteristics that matter here, as texts (D-Bus) and as on the air. */
#ifndef SYN_TRANSPORTS_BLE_UUID_H
#define SYN_TRANSPORTS_BLE_UUID_H

#include <stdint.h>

#define SYN_UUID_TEXT 37 /* with its end */

/* Least significant byte first, as ATT and advertisements have them. */
struct syn_uuid {
    uint8_t bytes[16];
};

/* SMP over GATT, of any device that has it: write without response, notify. */
#define SYN_UUID_SMP      "8d53dc1d-1db7-4cd3-868b-8a527460aa84"
#define SYN_UUID_SMP_DATA "da2e7828-fbce-4e01-ae9e-261174997c48"
/* Our agents: their own service, which they advertise, and in it the characteristic that tells the
 * L2CAP channel for data (u16, least significant byte first). */
#define SYN_UUID_AGENT   "5e5d0001-9e3b-4f3c-8d2a-5359a6b20001"
#define SYN_UUID_CHANNEL "abdd3056-28fa-441d-a470-55a75a52553a"

/* `text` is one of the above or formed like them. */
struct syn_uuid syn_uuid_of(const char *text);

/* Writes it in lower case; returns `text`. */
const char *syn_uuid_text(const struct syn_uuid *uuid, char text[SYN_UUID_TEXT]);

#endif
