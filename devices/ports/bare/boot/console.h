/* SPDX-License-Identifier: MIT */
/* What a board gives to its boot loader beside flash.h. */
#ifndef SYN_PORTS_BARE_BOOT_CONSOLE_H
#define SYN_PORTS_BARE_BOOT_CONSOLE_H

/* Clocks; the first thing that is called. */
void syn_boot_start(void);

/* A line for whoever listens to the console's UART; returns when it has left. The UART need not
 * have been started. */
void syn_boot_say(const char *line);

#endif
