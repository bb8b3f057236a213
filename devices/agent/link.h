/* SPDX-License-Identifier: MIT */
/* Frames from and to the hosts; inside the agent only. */
#ifndef SYN_DEVICES_AGENT_LINK_H
#define SYN_DEVICES_AGENT_LINK_H

#include "devices/agent/agent.h"

void syn_agent_link_init(struct syn_agent *agent, unsigned index);

/* Bytes that a message of `size` bytes becomes at most on this link. */
size_t syn_agent_link_bound(const struct syn_agent_link *link, size_t size);

/* Frames a message and gives it to the port. Returns false when the link cannot take it. */
bool syn_agent_link_send(struct syn_agent_link *link, const uint8_t *message, size_t size);

/* The same for the answer in agent->message, which is kept where it cannot be taken. */
void syn_agent_answer(struct syn_agent_link *link, size_t size);

/* Tries again with an answer that was kept. */
void syn_agent_flush(struct syn_agent *agent);

/*
 * May agent->message be written for `links` (bits)? An answer that waits there for one of several,
 * or for another, is lost; one that waits for the only one of them is not: false.
 */
bool syn_agent_message_free(struct syn_agent *agent, unsigned links);

#endif
