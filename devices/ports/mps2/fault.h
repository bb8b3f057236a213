/* SPDX-License-Identifier: MIT */
/*
 * What makes the board start again by itself: a fault of the core, or a main loop that stands
 * still. Where it was is kept over the reset and told to the host as a line of text.
 */
#ifndef SYN_PORTS_MPS2_FAULT_H
#define SYN_PORTS_MPS2_FAULT_H

#include <stddef.h>

#define SYN_FAULT_TEXT 96

/* From now on syn_fault_alive() has to be called at least every five seconds. */
void syn_fault_watch(void);
void syn_fault_alive(void);

/* Why the board started again, as a line with its end, once; empty where it was not a fault. */
void syn_fault_last(char text[SYN_FAULT_TEXT]);

#endif
