/* SPDX-License-Identifier: MIT */
/*
 * Links between the wearables of one host: unix stream sockets with COBS frames, one for each pair.
 *
 * Every wearable listens at its own path. Of a pair, the one with the lower index connects, says
 * who it is (an ASK with the flag SYN_RADIO_HELLO, inference = index), and tries again with growing
 * pauses while the other is not there. The other answers likewise once its link table names the
 * first; then the link is up on both sides, and nothing that is sent is lost for want of a table. A
 * pair that is connected costs nothing while it is silent.
 */
#ifndef SYN_PORTS_POSIX_PEERS_H
#define SYN_PORTS_POSIX_PEERS_H

#include "core/base/error.h"
#include "core/base/loop.h"
#include "devices/agent/agent.h"

struct syn_peers;

/* Called from the loop only, never from inside the functions below but syn_peers_set. */
struct syn_peers_events {
    void *ctx;
    void (*message)(void *ctx, unsigned peer, const uint8_t *message, size_t size);
    void (*up)(void *ctx, unsigned peer, bool up);
};

/* Listens at `path`. Returns SYN_ENOMEM, or what syn_listener_open() (listener.h) does. */
int syn_peers_new(struct syn_peers **peers, struct syn_loop *loop, const char *path,
                  const struct syn_peers_events *events, struct syn_error *error);
/* Closes everything and removes the path. NULL is fine. */
void syn_peers_free(struct syn_peers *peers);

/* The link table: links that it still names stay up. */
void syn_peers_set(struct syn_peers *peers, unsigned self, const struct syn_agent_peer *table,
                   unsigned count);

bool syn_peers_up(const struct syn_peers *peers, unsigned peer);

/* Sends a message or queues it; nothing where the peer is not up. Losing the link is reported
 * from the loop. */
void syn_peers_send(struct syn_peers *peers, unsigned peer, const uint8_t *message, size_t size);

#endif
