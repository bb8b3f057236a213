/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LE controllers that hear each other, in one process: hosts speak HCI (H4) to them over sockets,
 * and what one controller sends, the other gets. Legacy advertising and scanning, connections (many
 * a controller, either role), flow control, encryption by comparing keys; no real time but that of
 * advertising, supervision and, if asked for, of a limited rate.
 *
 * One thread, on the caller's loop. Memory is bounded whatever hosts send: a host that sends more
 * packets than it has credits for is told of a hardware error and cut off.
 */
#ifndef SYN_TESTBED_RADIO_AIR_H
#define SYN_TESTBED_RADIO_AIR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/loop.h"

#define SYN_AIR_CONTROLLERS  32
#define SYN_AIR_LINKS        64
#define SYN_AIR_ADDRESS_TEXT 18 /* "C0:FF:EE:00:00:01" with its end */

struct syn_air;

/* What is known of a controller. */
struct syn_air_status {
    char address[SYN_AIR_ADDRESS_TEXT]; /* the public one, or a random one if it advertises so */
    bool random, advertising, scanning, far;
    unsigned links;
};

/* NULL when there is no memory. */
struct syn_air *syn_air_new(struct syn_loop *loop);
void syn_air_free(struct syn_air *air);

/* A controller for the host at `fd`, a connected stream socket, which is the air's from now on. Its
 * public address is C0:FF:EE:00:00:NN by the order of coming, the first free NN from 01; the host
 * may write another (vendor's command 0xFC06). Returns its index or SYN_ENOMEM. When the host
 * closes the socket the controller is gone, and its peers notice by their supervision time-out. */
int syn_air_add(struct syn_air *air, int fd);

/* SYN_ENOENT where there is no controller of this index. */
int syn_air_status(const struct syn_air *air, unsigned index, struct syn_air_status *status);
/* The index of a controller by its address, as in a status, or SYN_ENOENT. */
int syn_air_find(const struct syn_air *air, const char *address);

/* Out of everybody's range: links break after their supervision time-out, unless it comes back. */
int syn_air_set_far(struct syn_air *air, unsigned index, bool far);
/* Breaks its links at once, as if they had timed out. */
int syn_air_drop(struct syn_air *air, unsigned index);
/* Payload bytes a second of each link in each direction; 0: as fast as it goes. */
void syn_air_set_rate(struct syn_air *air, uint32_t bytes_per_s);

/* Writes all packets to a file that btmon -r and Wireshark read. SYN_EIO where it cannot be made.
 */
int syn_air_trace(struct syn_air *air, const char *path);

#endif
