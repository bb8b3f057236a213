/* SPDX-License-Identifier: MIT */
/*
 * The UART of a board that a Bluetooth controller may be at (HCI, H4), for bluetooth.c: boards that
 * are compiled with SYN_FIRMWARE_BLE have it. No byte may be lost: where the ring is full, the
 * UART's own flow control has to hold the controller. From the main loop only.
 */
#ifndef SYN_PORTS_BARE_HCI_H
#define SYN_PORTS_BARE_HCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void syn_hci_start(void);

/* Bytes that have come, at most `size`. */
size_t syn_hci_read(uint8_t *bytes, size_t size);

/* Bytes that syn_hci_write() takes now. */
size_t syn_hci_room(void);
void syn_hci_write(const uint8_t *bytes, size_t size); /* there is room */

/* Nothing has come that was not read. */
bool syn_hci_quiet(void);

#endif
