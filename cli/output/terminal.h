/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the terminal can do. */
#ifndef SYN_CLI_OUTPUT_TERMINAL_H
#define SYN_CLI_OUTPUT_TERMINAL_H

/* Columns of the terminal on `fd`; 0 where it is none. Ask again after a resize. */
int syn_terminal_width(int fd);

#endif
