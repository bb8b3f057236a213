/* SPDX-License-Identifier: MIT */
/*
 * Channels of a virtual wearable to others, by Bluetooth (bluetooth.h), which reach whom its link
 * table names by "ble:" and an address.
 *
 * Of a pair, the one with the lower index opens the channel, says who it is (an ASK with the flag
 * SYN_RADIO_HELLO, inference = index), and tries again with growing pauses while the other is out
 * of reach. The other answers likewise once its table names the first; then the channel is up on
 * both sides. Who opens one and is not up within SYN_CHANNELS_PATIENCE_NS is closed. Messages are
 * whole ones of tensors. What a channel holds when it goes is lost.
 *
 * A channel has its peer's SYN_AGENT_CHANNEL as number. One thread.
 */
#ifndef SYN_PORTS_POSIX_CHANNELS_H
#define SYN_PORTS_POSIX_CHANNELS_H

#include "devices/agent/agent.h"
#include "devices/ports/posix/bluetooth.h"

#define SYN_CHANNELS_PATIENCE_NS 5000000000

struct syn_channels;

/* Called from the loop only. */
struct syn_channels_events {
    void *ctx;
    void (*message)(void *ctx, const uint8_t *message, size_t size);
    void (*up)(void *ctx, unsigned channel, bool up);
};

/* Takes all links to peers of `bluetooth`, which must outlive the channels. 0 or SYN_ENOMEM. */
int syn_channels_new(struct syn_channels **channels, struct syn_loop *loop,
                     struct syn_bluetooth *bluetooth, const struct syn_channels_events *events);
/* Closes all, without a callback. NULL is fine, here and below: there are none. */
void syn_channels_free(struct syn_channels *channels);

/* Where others reach this one; false: not known yet. */
bool syn_channels_address(const struct syn_channels *channels, char address[SYN_BLUETOOTH_ADDRESS]);

/* The link table: channels that it still names stay up; of the others no event comes. */
void syn_channels_set(struct syn_channels *channels, unsigned self,
                      const struct syn_agent_peer *table, unsigned count);

bool syn_channels_up(const struct syn_channels *channels, unsigned channel);
/* False: no room now, or not up. */
bool syn_channels_send(struct syn_channels *channels, unsigned channel, const uint8_t *message,
                       size_t size);

#endif
