/* SPDX-License-Identifier: MIT */
/*
 * The rate of the line behind a host link, where the port can choose it (GROUP.md, command 11).
 *
 * Nobody is to be lost over a rate: one at which no request comes in time is left for that of the
 * start, and so is one at which bytes come that become none, as those of a host do that has
 * connected anew. Inside the agent only.
 */
#ifndef SYN_DEVICES_AGENT_LINE_H
#define SYN_DEVICES_AGENT_LINE_H

#include "devices/agent/agent.h"

/* Once the answer has been given to the port: the rate that the request chose, by its number. */
void syn_agent_line_switch(struct syn_agent *agent, unsigned link, unsigned rate);

/* Bytes come on `link`; a whole request came of them. */
void syn_agent_line_bytes(struct syn_agent *agent, unsigned link);
void syn_agent_line_request(struct syn_agent *agent, unsigned link);

/* Goes back to the rate of the start where it is due; returns when it would be. */
int64_t syn_agent_line_poll(struct syn_agent *agent, int64_t now_ns);

#endif
