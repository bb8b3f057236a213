/* SPDX-License-Identifier: MIT */
/*
 * The rate of a serial line of which a pseudo-terminal is the other end. Terminals carry bytes at
 * any rate: here they become noise while the rate that is set at the terminal is not the device's,
 * so that a wrong rate is one.
 */
#ifndef SYN_PORTS_POSIX_LINE_H
#define SYN_PORTS_POSIX_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_LINE_RATES 16 /* their end included */

/* Caller-owned; all zero: a line without rates. */
struct syn_line {
    uint32_t rates[SYN_LINE_RATES]; /* in baud, ended by 0; the first is that of every start */
    uint32_t baud;                  /* of the device */
    uint32_t noise;
};

/* Reads "115200,921600,...", the first of which is the least. SYN_EINVAL. */
int syn_line_read(struct syn_line *line, const char *text);

/* The rate of a start. */
void syn_line_start(struct syn_line *line);

/* Spoils bytes between the device and who has set the rate of `terminal`, where it differs. */
void syn_line_pass(struct syn_line *line, int terminal, uint8_t *bytes, size_t size);

#endif
