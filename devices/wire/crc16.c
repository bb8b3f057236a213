/* SPDX-License-Identifier: MIT */
#include "devices/wire/crc16.h"

static uint16_t take_nibble(uint16_t crc, unsigned nibble)
{
    /* crc16 of each nibble; 32 bytes of table cost a device less flash than 512 */
    static const uint16_t table[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5,
                                       0x60c6, 0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b,
                                       0xc18c, 0xd1ad, 0xe1ce, 0xf1ef};
    return (uint16_t)((unsigned)crc << 4 ^ table[(crc >> 12 ^ nibble) & 15]);
}

uint16_t syn_crc16(uint16_t crc, const void *data, size_t size)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i++) {
        crc = take_nibble(crc, p[i] >> 4);
        crc = take_nibble(crc, p[i] & 15);
    }
    return crc;
}
