/* SPDX-License-Identifier: MIT */
/*
 * A small host for a Bluetooth LE controller (BLE.md): it makes a device a peripheral that consoles
 * find and talk to, and connects it to other wearables.
 *
 * It speaks HCI in its framing for UARTs (H4): bytes from the controller go in, bytes for it come
 * out through the port, and syn_ble_poll() is called when something is due. What users see are
 * links, which keep messages apart:
 *
 *   GATT   the SMP service: a host subscribed to its notifications
 *   HOST   an L2CAP channel that a host opened
 *   PEER   an L2CAP channel from or to another wearable
 *
 * A link's number stays the same while it is open. What is received is handed on as it comes, in
 * pieces of a message; a message that is sent leaves in as many packets as the other end's limits
 * ask for, none of which carries bytes of two. devices/wire/pieces.h puts them together.
 *
 * Freestanding, without allocation or globals; the caller owns struct syn_ble, whose fields are
 * private. One thread. Whatever bytes controller and peers send, memory stays bounded; a peer that
 * breaks the rules of a channel is disconnected, a controller that falls silent is reset. Callbacks
 * come from inside syn_ble_receive(), syn_ble_poll(), syn_ble_start() and syn_ble_send(); they may
 * send, but call none of the others. Times are nanoseconds of any monotonic clock.
 */
#ifndef SYN_DEVICES_BLE_BLE_H
#define SYN_DEVICES_BLE_BLE_H

#include "devices/ble/state.h"

/* Sends nothing yet. */
void syn_ble_init(struct syn_ble *ble, const struct syn_ble_config *config);

/* There is a controller, in whatever state: resets it, and advertises once that is done. Also where
 * there was one: all links are closed. */
void syn_ble_start(struct syn_ble *ble, int64_t now_ns);
/* The controller is gone: all links are closed, nothing is sent. */
void syn_ble_stop(struct syn_ble *ble);

/* The controller has answered, and has been set up. */
bool syn_ble_ready(const struct syn_ble *ble);

/* Ours, where others connect to; NULL: not known yet. */
const struct syn_ble_address *syn_ble_own_address(const struct syn_ble *ble);

/* Bytes from the controller, in pieces of any size. */
void syn_ble_receive(struct syn_ble *ble, const uint8_t *bytes, size_t size, int64_t now_ns);

/* Does what is due and what there is room for; returns the time of the next thing to do, INT64_MAX:
 * none. Call it after each of the other functions that have a time, too. */
int64_t syn_ble_poll(struct syn_ble *ble, int64_t now_ns);

/* Does the link take a message of `size` bytes now? */
bool syn_ble_room(struct syn_ble *ble, unsigned link, size_t size);
/* Queues a message: 0, SYN_EBUSY (no room), SYN_EINVAL (longer than any room, or empty) or
 * SYN_ELINK (not open). */
int syn_ble_send(struct syn_ble *ble, unsigned link, const uint8_t *bytes, size_t size);

/* Opens a channel to another wearable (kind PEER), over the connection to it that there is or a new
 * one. Returns the link's number, which `opened` tells once it can be used and `closed` where it
 * comes to nothing, or SYN_EBUSY (as many as there can be) or SYN_ESTATE (no controller). */
int syn_ble_open(struct syn_ble *ble, const struct syn_ble_address *to);
/* Closes a link of any kind, without a callback; what waits is lost. */
void syn_ble_close(struct syn_ble *ble, unsigned link);

/* Ends all connections once what is queued has been sent, or after half a second, without a
 * callback: the links are closed for the caller at once. The controller stays set up. */
void syn_ble_leave(struct syn_ble *ble, int64_t now_ns);
/* Nothing waits to be sent or to be confirmed by the controller. */
bool syn_ble_drained(const struct syn_ble *ble);

#endif
