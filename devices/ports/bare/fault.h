/* SPDX-License-Identifier: MIT */
/*
 * What makes the board start again by itself: a fault of the core, or a watchdog (board.h) that
 * saw the main loop stand still. Where it was is kept over the reset and told to the host as a line
 * of text.
 */
#ifndef SYN_PORTS_BARE_FAULT_H
#define SYN_PORTS_BARE_FAULT_H

#define SYN_FAULT_TEXT 96

/* Why the board started again, as a line with its end, once; empty where it was not a fault. */
void syn_fault_last(char text[SYN_FAULT_TEXT]);

/* For a board that was reset by its watchdog, which may have come without an interrupt: before
 * syn_fault_last(). */
void syn_fault_bitten(void);

#endif
