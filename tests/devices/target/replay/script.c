/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/target/replay/script.h"

#include "devices/base/bytes.h"
#include "devices/ports/bare/clock.h"
#include "devices/ports/bare/uart.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "synergy replay 1\n"

enum { HEAD_BYTES = 12, LINKS = 2 };

#define LINGER_NS 3000000000 /* after the last byte */

static struct {
    uint8_t *bytes;
    size_t size, at;                   /* `at` the record that comes next, or is being read */
    size_t taken;                      /* bytes of it */
    int64_t now_ns, alarm_ns, last_ns; /* when the last byte came */
    struct {
        uint64_t frames, bytes;
    } written[LINKS];
} script = {.alarm_ns = INT64_MAX};

/* ---- the recording: u64 ns, u16 size, u8 link, u8 0, bytes; little endian ---- */

static uint64_t due_ns(void)
{
    return syn_get_le64(script.bytes + script.at);
}

static unsigned size_of(void)
{
    return syn_get_le16(script.bytes + script.at + 8);
}

static bool at_end(void)
{
    return script.at >= script.size;
}

static bool is_due(void)
{
    return !at_end() && (int64_t)due_ns() <= script.now_ns;
}

void script_open(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    const size_t skip = strlen(MAGIC);
    if (size < (long)skip || fseek(file, 0, SEEK_SET) != 0)
        script_end("there is no recording");
    script.size = (size_t)size;
    script.bytes = malloc(script.size);
    if (!script.bytes || fread(script.bytes, 1, script.size, file) != script.size ||
        memcmp(script.bytes, MAGIC, skip) != 0)
        script_end("this is no recording");
    (void)fclose(file);
    script.at = skip;
}

_Noreturn void script_end(const char *why)
{
    for (unsigned i = 0; i < LINKS; i++)
        printf("link %u: %" PRIu64 " pieces, %" PRIu64 " bytes\n", i, script.written[i].frames,
               script.written[i].bytes);
    printf("%" PRId64 " %s\n", script.now_ns, why);
    exit(at_end() && script.size > 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

void script_sleep(void)
{
    int64_t next = at_end() ? INT64_MAX : (int64_t)due_ns();
    if (at_end() && script.now_ns > script.last_ns + LINGER_NS)
        script_end("end");
    next = script.alarm_ns < next ? script.alarm_ns : next;
    script.now_ns = next > script.now_ns ? next : script.now_ns;
}

/* ---- clock.h ---- */

void syn_clock_start(void)
{
}

int64_t syn_clock_now_ns(void)
{
    return script.now_ns;
}

void syn_clock_alarm(int64_t at_ns)
{
    script.alarm_ns = at_ns;
}

/* ---- uart.h ---- */

unsigned syn_uart_links(void)
{
    return LINKS;
}

void syn_uart_start(void)
{
}

size_t syn_uart_read(unsigned link, uint8_t *bytes, size_t size)
{
    if (!is_due() || script.bytes[script.at + 10] != link)
        return 0;
    size_t left = size_of() - script.taken;
    size_t n = left < size ? left : size;
    memcpy(bytes, script.bytes + script.at + HEAD_BYTES + script.taken, n);
    script.taken += n;
    script.last_ns = script.now_ns;
    if (n == left) {
        script.at += HEAD_BYTES + size_of();
        script.taken = 0;
    }
    return n;
}

size_t syn_uart_room(unsigned link)
{
    return link < LINKS ? 4096 : 0;
}

bool syn_uart_write(unsigned link, const uint8_t *bytes, size_t size)
{
    if (link >= LINKS)
        return false;
    script.written[link].frames++;
    script.written[link].bytes += size;
    printf("%" PRId64 " %u ", script.now_ns, link);
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    printf("\n");
    return true;
}

const uint32_t *syn_uart_rates(unsigned link)
{
    (void)link;
    return NULL;
}

void syn_uart_set_rate(unsigned link, uint32_t baud)
{
    (void)link;
    (void)baud;
}

bool syn_uart_quiet(void)
{
    return !is_due();
}

bool syn_uart_drained(void)
{
    return true;
}
