/* SPDX-License-Identifier: MIT */
/*
 * Deployments in two phases, by transaction; inside the agent only.
 *
 * Every verb may be repeated. What is committed serves on while another deployment is prepared, and
 * a prepare that fails leaves it as it was; a new prepare takes the place of a prepared one. Blobs
 * of both are pinned in the store.
 */
#ifndef SYN_DEVICES_AGENT_PLAN_H
#define SYN_DEVICES_AGENT_PLAN_H

#include "devices/agent/agent.h"

/* Returns the deployment as placed, or NULL with the words in `refusal`. */
const struct syn_deployment *syn_agent_plan_prepare(struct syn_agent *agent, uint32_t txn,
                                                    const uint8_t hash[SYN_SHA256_SIZE],
                                                    struct syn_refusal *refusal);

/* 0, SYN_ESTATE (not the prepared transaction), SYN_EBUSY (running), SYN_EIO (the flash failed), or
 * what the port returned, with words in `refusal`: what was committed before serves on. After 0 it
 * is committed for good, also over a reset. */
int syn_agent_plan_commit(struct syn_agent *agent, uint32_t txn, struct syn_refusal *refusal);

/* 0, or SYN_ESTATE where txn is committed already. */
int syn_agent_plan_abort(struct syn_agent *agent, uint32_t txn);

/* Drops what is prepared and what is committed: 0, SYN_EBUSY (running) or SYN_EIO. */
int syn_agent_plan_clear(struct syn_agent *agent);

void syn_agent_plan_start(struct syn_agent *agent, enum syn_rt_mode mode, uint32_t limit);
void syn_agent_plan_stop(struct syn_agent *agent);

#endif
