/* SPDX-License-Identifier: MIT */
/* What the agent tells its hosts without being asked, and the live figures behind it; inside the
 * agent only. */
#ifndef SYN_DEVICES_AGENT_EVENTS_H
#define SYN_DEVICES_AGENT_EVENTS_H

#include "devices/agent/agent.h"

/* "idle", "prepared", "committed" or "running". */
const char *syn_agent_state(const struct syn_agent *agent);

/* Energy since the start of the run, nanojoule. */
uint64_t syn_agent_energy_nj(const struct syn_agent *agent);

/* An inference was completed here: to every host that asked for results. */
void syn_agent_event_result(struct syn_agent *agent, unsigned pipeline,
                            const struct syn_token *token, int64_t acted_ns);

/* Tells the fault that the device started after to hosts that have not heard of it. */
void syn_agent_event_start(struct syn_agent *agent);

/* Sends the counters that are due at `now`; returns when the next are. */
int64_t syn_agent_event_counters(struct syn_agent *agent, int64_t now);

#endif
