/* SPDX-License-Identifier: MIT */
/* CRC-16/XMODEM (polynomial 0x1021, start 0), which closes a message in both framings. */
#ifndef SYN_DEVICES_WIRE_CRC16_H
#define SYN_DEVICES_WIRE_CRC16_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc` (0 for a new one) over `size` bytes. A message followed by its CRC gives 0. */
uint16_t syn_crc16(uint16_t crc, const void *data, size_t size);

#endif
