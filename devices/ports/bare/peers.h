/* SPDX-License-Identifier: MIT */
/* Other devices of a deployment: how far they are, by way of the host. The fair round needs that
 * even where no pipeline goes from one to the other. `ctx` is the agent. */
#ifndef SYN_PORTS_BARE_PEERS_H
#define SYN_PORTS_BARE_PEERS_H

#include "devices/agent/agent.h"

/* For the agent's port. */
void syn_peers_beacon(void *ctx, const uint32_t *done, unsigned count, int64_t at_ns);
void syn_peers_relayed(void *ctx, const uint8_t *message, size_t size);

/* Sends what a beacon asked for: not from inside the agent's callback. */
void syn_peers_step(struct syn_agent *agent);

#endif
