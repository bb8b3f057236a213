/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/torch/source.h"

#include <errno.h>
#include <inttypes.h>

int syn_source_open(struct syn_source *source, FILE *file, struct syn_error *error)
{
    off_t end = -1;
    if (fseeko(file, 0, SEEK_END) == 0)
        end = ftello(file);
    if (end < 0)
        return syn_error_os(error, errno, "cannot read");
    *source = (struct syn_source){.file = file, .size = (uint64_t)end};
    return 0;
}

int syn_source_read(const struct syn_source *source, uint64_t at, void *bytes, size_t size,
                    struct syn_error *error)
{
    if (at > source->size || size > source->size - at)
        return syn_error_set(error, SYN_ECORRUPT,
                             "the file ends too early: %zu bytes at %" PRIu64 " of %" PRIu64, size,
                             at, source->size);
    if (fseeko(source->file, (off_t)at, SEEK_SET) < 0)
        return syn_error_os(error, errno, "cannot read");
    if (fread(bytes, 1, size, source->file) != size)
        return syn_error_set(error, SYN_EIO, "cannot read %zu bytes at %" PRIu64, size, at);
    return 0;
}

uint16_t syn_source_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint32_t syn_source_u32(const uint8_t *bytes)
{
    return syn_source_u16(bytes) | (uint32_t)syn_source_u16(bytes + 2) << 16;
}

uint64_t syn_source_u64(const uint8_t *bytes)
{
    return syn_source_u32(bytes) | (uint64_t)syn_source_u32(bytes + 4) << 32;
}
