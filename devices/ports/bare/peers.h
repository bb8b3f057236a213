/* SPDX-License-Identifier: MIT */
/* Other devices of a deployment, all of which are reached through the host, or by the
 * board's wire: devices/traffic on a board. */
#ifndef SYN_PORTS_BARE_PEERS_H
#define SYN_PORTS_BARE_PEERS_H

#include "devices/agent/agent.h"

/* The agent has been initialised. `id` is this board's, and stays where it is. */
void syn_peers_start(struct syn_agent *agent, const char *id);

/* For the agent's port. */
void syn_peers_set(void *ctx, unsigned self, const struct syn_agent_peer *peers, unsigned count);
void syn_peers_credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns);
void syn_peers_beacon(void *ctx, const uint32_t *done, unsigned count, int64_t at_ns);
void syn_peers_relayed(void *ctx, const uint8_t *message, size_t size);

/* For the tasks: another deployment, or none; SEND; an inference that came to nothing; the result
 * in a slot. */
void syn_peers_forget(void);
void syn_peers_send(const struct syn_task *task, int64_t start_ns, uint64_t duration_ns);
void syn_peers_dropped(const struct syn_task *task);
struct syn_tensor_result *syn_peers_result(unsigned pipeline, unsigned slot);

/* Does what is due; returns when there is something to do next, INT64_MAX: nothing. */
int64_t syn_peers_step(void);

#endif
