/* SPDX-License-Identifier: MIT */
/*
 * The UART of a board that may be wired to another device's, for wires.c: boards whose traffic is
 * compiled with SYN_TRAFFIC_WIRES have it. Bytes may be lost. From the main loop only.
 */
#ifndef SYN_PORTS_BARE_PAIR_H
#define SYN_PORTS_BARE_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_PAIR_NUMBER 2 /* of "uart:2" */

void syn_pair_start(void);

/* Bytes that have come, at most `size`. */
size_t syn_pair_read(uint8_t *bytes, size_t size);

/* Bytes that syn_pair_write() takes now. */
size_t syn_pair_room(void);
void syn_pair_write(const uint8_t *bytes, size_t size); /* there is room */

/* Nothing has come that was not read. */
bool syn_pair_quiet(void);

#endif
