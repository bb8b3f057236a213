/* SPDX-License-Identifier: MIT */
/*
 * Hosts of a virtual wearable that come by Bluetooth: devices/ble on a controller that is reached,
 * in HCI's framing for UARTs (H4), at a unix socket: a radio that is emulated, or a bridge to one.
 *
 * Hosts have the agent's links from SYN_HOSTS_MAX on, and keep packets apart. A controller that
 * goes away is connected to again, with growing pauses. Callbacks come from the loop. One thread.
 */
#ifndef SYN_PORTS_POSIX_BLUETOOTH_H
#define SYN_PORTS_POSIX_BLUETOOTH_H

#include "devices/ble/ble.h"
#include "devices/ports/posix/hosts.h"

struct syn_bluetooth;

/*
 * `where` is SOCKET[,address=AA:BB:CC:DD:EE:FF][,name=NAME]; the address is a random one (its two
 * highest bits are set for it), without one it is the controller's. Scans show NAME, else `name`,
 * of at most SYN_BLE_NAME_MAX characters. Returns 0, SYN_EINVAL, SYN_ENOMEM or the error of
 * connecting.
 */
int syn_bluetooth_new(struct syn_bluetooth **bluetooth, struct syn_loop *loop, const char *where,
                      const char *name, const struct syn_hosts_events *events,
                      struct syn_error *error);
/* NULL is fine. No callback. */
void syn_bluetooth_free(struct syn_bluetooth *bluetooth);

/* Ends all links as a restart of the device does, without a callback: what waits is sent first. */
void syn_bluetooth_restart(struct syn_bluetooth *bluetooth);

/* As those of hosts.h; a message is what is written between two writes of 0 bytes. */
bool syn_bluetooth_room(struct syn_bluetooth *bluetooth, unsigned link, size_t size);
void syn_bluetooth_write(struct syn_bluetooth *bluetooth, unsigned link, const uint8_t *bytes,
                         size_t size);

/*
 * Direct links to other wearables: channels of whole messages, to and from them. Links have numbers
 * below SYN_BLE_LINKS_MAX, which are not the agent's. Who comes is told by what it says.
 */
struct syn_bluetooth_peers {
    void *ctx;
    bool (*opened)(void *ctx, unsigned link); /* by either end; false: closes it */
    void (*closed)(void *ctx, unsigned link); /* or it came to nothing */
    void (*message)(void *ctx, unsigned link, const uint8_t *message, size_t size);
    void (*writable)(void *ctx, unsigned link); /* where room was too little */
};

/* Takes links from now on. Callbacks come from the loop. */
void syn_bluetooth_take_peers(struct syn_bluetooth *bluetooth,
                              const struct syn_bluetooth_peers *peers);

#define SYN_BLUETOOTH_ADDRESS 25 /* characters of an address as below, the end included */

/* Where peers connect to, as below; false: not known yet. */
bool syn_bluetooth_address(const struct syn_bluetooth *bluetooth,
                           char address[SYN_BLUETOOTH_ADDRESS]);

/* Connects to AA:BB:CC:DD:EE:FF, which is a public address, or AA:BB:CC:DD:EE:FF/random. Returns
 * the link's number, of which `opened` or `closed` is called within a few seconds, or SYN_EINVAL
 * (no address), SYN_EBUSY (too many links) or SYN_ESTATE (no controller). */
int syn_bluetooth_open(struct syn_bluetooth *bluetooth, const char *address);
/* No callback; what waits is lost. */
void syn_bluetooth_close(struct syn_bluetooth *bluetooth, unsigned link);

bool syn_bluetooth_peer_room(struct syn_bluetooth *bluetooth, unsigned link, size_t size);
/* Queues a message: 0, SYN_EBUSY (no room), SYN_ELINK (not open). */
int syn_bluetooth_peer_send(struct syn_bluetooth *bluetooth, unsigned link, const uint8_t *message,
                            size_t size);

#endif
