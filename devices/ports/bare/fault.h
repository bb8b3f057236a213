/* SPDX-License-Identifier: MIT */
/*
 * What makes the board start again: a request, a fault of the core, a stack that is full, or a
 * watchdog (board.h) that saw the main loop stand still. What and where is kept over the reset, for
 * the agent to tell; and how often, since power came.
 */
#ifndef SYN_PORTS_BARE_FAULT_H
#define SYN_PORTS_BARE_FAULT_H

#include "devices/agent/agent.h"

#define SYN_FAULT_TEXT 80

/* Why the board started, once; `words` becomes its text, e.g. "power", "a fault of the core at
 * 0x2100089a, status 0x00010000". */
struct syn_agent_start syn_fault_start(char words[SYN_FAULT_TEXT]);

/* The reset that comes is one that was asked for. */
void syn_fault_requested(void);

/* For a board that was reset by its watchdog, which may have come without an interrupt: before
 * syn_fault_start(). */
void syn_fault_bitten(void);

#endif
