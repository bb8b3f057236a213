/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/line.h"

#include "devices/base/error.h"

#include <asm/termbits.h> /* the only ones with rates as numbers; not with termios.h */
#include <stdlib.h>
#include <sys/ioctl.h>

enum { SEED = 0x5eed, MAX_BAUD = 12000000 };

int syn_line_read(struct syn_line *line, const char *text)
{
    for (unsigned i = 0; i + 1 < SYN_LINE_RATES; i++) {
        char *end;
        unsigned long baud = strtoul(text, &end, 10);
        if (*text < '1' || *text > '9' || baud > MAX_BAUD || (*end && *end != ',') ||
            (i > 0 && baud <= line->rates[i - 1]))
            return SYN_EINVAL;
        line->rates[i] = (uint32_t)baud;
        line->rates[i + 1] = 0;
        if (!*end)
            return 0;
        text = end + 1;
    }
    return SYN_EINVAL;
}

void syn_line_start(struct syn_line *line)
{
    line->baud = line->rates[0];
    line->noise = SEED;
}

static uint8_t noise(struct syn_line *line)
{
    line->noise ^= line->noise << 13;
    line->noise ^= line->noise >> 17;
    line->noise ^= line->noise << 5;
    return (uint8_t)line->noise;
}

void syn_line_pass(struct syn_line *line, int terminal, uint8_t *bytes, size_t size)
{
    struct termios2 t;
    if (line->rates[0] == 0 || (ioctl(terminal, TCGETS2, &t) == 0 && t.c_ospeed == line->baud))
        return;
    for (size_t i = 0; i < size; i++)
        bytes[i] = noise(line);
}
