/* SPDX-License-Identifier: MIT */
/* What is called by the core: through the vectors of start.c, and by those of the board. */
#ifndef SYN_PORTS_BARE_VECTORS_H
#define SYN_PORTS_BARE_VECTORS_H

typedef void (*syn_vector)(void);

/* Notes where the core was, and resets: faults, and a watchdog's interrupt. */
void syn_fault_interrupt(void);

int main(void);

#endif
