/* SPDX-License-Identifier: MIT */
/* What bounds the memory of a Bluetooth host: struct syn_ble holds all of it. The values here are
 * those of virtual wearables; firmware is compiled with smaller ones. */
#ifndef SYN_DEVICES_BLE_LIMITS_H
#define SYN_DEVICES_BLE_LIMITS_H

#ifndef SYN_BLE_CONNECTIONS_MAX /* a hub, and peers */
#define SYN_BLE_CONNECTIONS_MAX 8
#endif
#ifndef SYN_BLE_LINKS_MAX
#define SYN_BLE_LINKS_MAX 10
#endif
#ifndef SYN_BLE_QUEUE_BYTES /* of messages that wait to be sent, for each link */
#define SYN_BLE_QUEUE_BYTES 16384
#endif
#ifndef SYN_BLE_CREDITS /* packets that a peer may have on their way to a channel */
#define SYN_BLE_CREDITS 40
#endif

/* A packet of L2CAP, header included, is one packet of a controller that has the longest (251). */
#define SYN_BLE_MTU      247 /* of ATT, and of a piece of a channel's message */
#define SYN_BLE_MTU_MIN  23
#define SYN_BLE_NAME_MAX 29 /* characters that a scan response holds */

#endif
