/* SPDX-License-Identifier: MIT */
#include "devices/flash/writer.h"

#include "devices/base/error.h"

#include <string.h>

void syn_flash_writer_init(struct syn_flash_writer *writer, const struct syn_flash *flash,
                           uint32_t at)
{
    writer->flash = flash;
    writer->at = at;
    writer->held = 0;
}

static int program(struct syn_flash_writer *w, const uint8_t *bytes, size_t size)
{
    int rc = w->flash->program(w->flash->ctx, w->at, bytes, size);
    w->at += (uint32_t)size;
    return rc;
}

/* Fills the unit that waits; returns the bytes taken. */
static size_t fill(struct syn_flash_writer *w, const uint8_t *bytes, size_t size)
{
    size_t room = w->flash->unit_bytes - w->held;
    size_t n = size < room ? size : room;
    memcpy(w->unit + w->held, bytes, n);
    w->held = (uint8_t)(w->held + n);
    return n;
}

int syn_flash_write(struct syn_flash_writer *writer, const uint8_t *bytes, size_t size)
{
    const uint32_t unit = writer->flash->unit_bytes;
    size_t at = writer->held > 0 ? fill(writer, bytes, size) : 0;
    if (writer->held == unit) {
        writer->held = 0;
        if (program(writer, writer->unit, unit))
            return SYN_EIO;
    }
    size_t whole = (size - at) & ~(size_t)(unit - 1);
    if (whole > 0 && program(writer, bytes + at, whole))
        return SYN_EIO;
    if (at + whole < size)
        (void)fill(writer, bytes + at + whole, size - at - whole);
    return 0;
}

int syn_flash_flush(struct syn_flash_writer *writer)
{
    if (writer->held == 0)
        return 0;
    memset(writer->unit + writer->held, SYN_FLASH_ERASED, writer->flash->unit_bytes - writer->held);
    writer->held = 0;
    return program(writer, writer->unit, writer->flash->unit_bytes);
}
