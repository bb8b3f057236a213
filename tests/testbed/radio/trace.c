/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All packets in the format of BlueZ's monitor (btsnoop, data link type 2001). */
#include <string.h>
#include <time.h>

#include "tests/testbed/radio/parts.h"

/* Microseconds from the year 0, where the format begins to count, to 1970. */
#define EPOCH_US INT64_C(0x00dcddb30f2f8000)

enum { MONITOR = 2001, COMMAND = 2, EVENT = 3, ACL_SENT = 4, ACL_RECEIVED = 5 };

static void put32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

int syn_air_trace(struct syn_air *air, const char *path)
{
    air->trace = fopen(path, "wb");
    if (!air->trace)
        return SYN_EIO;
    uint8_t head[16] = "btsnoop";
    put32(head + 8, 1);
    put32(head + 12, MONITOR);
    fwrite(head, sizeof head, 1, air->trace);
    return 0;
}

static uint32_t kind(bool from_host, uint8_t type)
{
    if (type == SYN_H4_ACL)
        return from_host ? ACL_SENT : ACL_RECEIVED;
    return type == SYN_H4_COMMAND ? COMMAND : EVENT;
}

void trace_packet(const struct controller *c, bool from_host, const uint8_t *packet, size_t size)
{
    if (!c->air->trace)
        return;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t us = EPOCH_US + (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    uint8_t head[24] = {0};
    put32(head, (uint32_t)size - 1);
    put32(head + 4, (uint32_t)size - 1);
    put32(head + 8, c->index << 16 | kind(from_host, packet[0]));
    put32(head + 16, (uint32_t)(us >> 32));
    put32(head + 20, (uint32_t)us);
    fwrite(head, sizeof head, 1, c->air->trace);
    fwrite(packet + 1, size - 1, 1, c->air->trace);
    fflush(c->air->trace);
}
