/* SPDX-License-Identifier: MIT */
/* Frames from and to the hosts; inside the agent only. */
#ifndef SYN_DEVICES_AGENT_LINK_H
#define SYN_DEVICES_AGENT_LINK_H

#include "devices/agent/agent.h"

void syn_agent_link_init(struct syn_agent *agent, unsigned index);

/* Frames a message and gives it to the port. Returns false when the link cannot take it; `keep`
 * puts it aside then, if nothing else waits. */
bool syn_agent_link_send(struct syn_agent_link *link, const uint8_t *message, size_t size,
                         bool keep);

/* Tries again with what was put aside. */
void syn_agent_link_flush(struct syn_agent_link *link);

#endif
