/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/torch/zip.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define END_SIZE    22u /* of the record at the end, without its comment */
#define ENTRY_SIZE  46u /* of an entry in the directory, without name, extra field, comment */
#define HEADER_SIZE 30u /* of an entry's own header, without name and extra field */
#define TAIL_MAX    (END_SIZE + 65535u)
#define ENCRYPTED   1u
#define ZIP64       UINT32_MAX

enum { STORED = 0, DEFLATED = 8 };

static int corrupt(struct syn_error *error, const char *what)
{
    return syn_error_set(error, SYN_ECORRUPT, "a damaged or truncated ZIP archive: %s", what);
}

/* The record at the end of `tail`: its signature, and a comment that ends where the file does. */
static const uint8_t *find_end(const uint8_t *tail, size_t size)
{
    for (size_t at = size - END_SIZE + 1; at-- > 0;)
        if (memcmp(tail + at, "PK\5\6", 4) == 0 &&
            syn_source_u16(tail + at + 20) == size - at - END_SIZE)
            return tail + at;
    return NULL;
}

static int read_entry(struct syn_zip *zip, const uint8_t *at, size_t left, size_t *used,
                      struct syn_error *error)
{
    struct syn_zip_entry *e = &zip->entries[zip->count];
    if (left < ENTRY_SIZE || memcmp(at, "PK\1\2", 4) != 0)
        return corrupt(error, "its list of entries is wrong");
    *e = (struct syn_zip_entry){
        .name = (const char *)at + ENTRY_SIZE,
        .name_size = syn_source_u16(at + 28),
        .method = syn_source_u16(at + 10),
        .crc = syn_source_u32(at + 16),
        .packed = syn_source_u32(at + 20),
        .size = syn_source_u32(at + 24),
        .at = syn_source_u32(at + 42),
    };
    *used = ENTRY_SIZE + e->name_size + syn_source_u16(at + 30) + syn_source_u16(at + 32);
    if (*used > left)
        return corrupt(error, "its list of entries is cut off");
    if (syn_source_u16(at + 8) & ENCRYPTED)
        return syn_error_set(error, SYN_EUNSUP, "an encrypted ZIP archive");
    if (e->packed == ZIP64 || e->size == ZIP64 || e->at == ZIP64)
        return syn_error_set(error, SYN_EUNSUP, "an entry of 4 GiB or more in a ZIP archive");
    zip->count++;
    return 0;
}

static int read_directory(struct syn_zip *zip, const uint8_t *end, struct syn_error *error)
{
    const unsigned count = syn_source_u16(end + 10);
    const uint32_t size = syn_source_u32(end + 12), at = syn_source_u32(end + 16);
    size_t done = 0, used = 0;
    if (syn_source_u16(end + 4) || syn_source_u16(end + 6) || syn_source_u16(end + 8) != count)
        return syn_error_set(error, SYN_EUNSUP, "a ZIP archive in several parts");
    if (count == UINT16_MAX || at == ZIP64)
        return syn_error_set(error, SYN_EUNSUP, "a ZIP archive of 65535 entries or 4 GiB");
    if (size > SYN_ZIP_DIRECTORY_MAX)
        return syn_error_set(error, SYN_EINVAL, "a ZIP archive with a list of entries of %u MiB",
                             size >> 20);
    zip->directory = malloc(size + 1);
    zip->entries = calloc(count + 1u, sizeof *zip->entries);
    if (!zip->directory || !zip->entries)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a ZIP archive");
    int status = syn_source_read(&zip->source, at, zip->directory, size, error);
    while (status == 0 && zip->count < count) {
        status = read_entry(zip, zip->directory + done, size - done, &used, error);
        done += used;
    }
    return status;
}

int syn_zip_open(struct syn_zip *zip, const struct syn_source *source, struct syn_error *error)
{
    *zip = (struct syn_zip){.source = *source};
    const size_t size = source->size < TAIL_MAX ? (size_t)source->size : TAIL_MAX;
    if (size < END_SIZE)
        return corrupt(error, "it is too short");
    uint8_t *tail = malloc(size);
    if (!tail)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a ZIP archive");
    int status = syn_source_read(source, source->size - size, tail, size, error);
    const uint8_t *end = status == 0 ? find_end(tail, size) : NULL;
    if (status == 0)
        status = end ? read_directory(zip, end, error)
                     : corrupt(error, "its list of entries is missing at the end");
    free(tail);
    return status;
}

void syn_zip_close(struct syn_zip *zip)
{
    free(zip->directory);
    free(zip->entries);
    *zip = (struct syn_zip){0};
}

const struct syn_zip_entry *syn_zip_find(const struct syn_zip *zip, const char *prefix,
                                         size_t prefix_size, const char *name)
{
    const size_t name_size = strlen(name);
    for (unsigned i = 0; i < zip->count; i++) {
        const struct syn_zip_entry *e = &zip->entries[i];
        if (e->name_size == prefix_size + name_size && memcmp(e->name, prefix, prefix_size) == 0 &&
            memcmp(e->name + prefix_size, name, name_size) == 0)
            return e;
    }
    return NULL;
}

/* Unpacks at most `size` bytes and no more, whatever the stream holds. */
static bool inflate_all(const uint8_t *packed, uint32_t packed_size, uint8_t *bytes, uint32_t size)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed, .avail_in = packed_size};
    stream.next_out = bytes;
    stream.avail_out = size;
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return false;
    const int status = inflate(&stream, Z_FINISH);
    (void)inflateEnd(&stream);
    return status == Z_STREAM_END && stream.total_out == size;
}

static int unpack(const struct syn_zip_entry *e, uint8_t **bytes, struct syn_error *error)
{
    uint8_t *unpacked = malloc(e->size + 1u);
    if (!unpacked)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for %u bytes", e->size);
    const bool ok = inflate_all(*bytes, e->packed, unpacked, e->size);
    free(*bytes);
    *bytes = unpacked;
    return ok ? 0 : corrupt(error, "an entry does not unpack to its size");
}

int syn_zip_read(const struct syn_zip *zip, const struct syn_zip_entry *entry, size_t max,
                 uint8_t **bytes, size_t *size, struct syn_error *error)
{
    uint8_t header[HEADER_SIZE];
    *bytes = NULL;
    *size = entry->size;
    if (entry->size > max || entry->packed > max)
        return syn_error_set(error, SYN_EINVAL, "%.*s unpacks to %u bytes; at most %zu are read",
                             (int)(entry->name_size > 80 ? 80 : entry->name_size), entry->name,
                             entry->size, max);
    if (entry->method != DEFLATED && (entry->method != STORED || entry->packed != entry->size))
        return syn_error_set(error, SYN_EUNSUP, "a ZIP archive packed in way %u", entry->method);
    int status = syn_source_read(&zip->source, entry->at, header, sizeof header, error);
    if (status < 0)
        return status;
    if (memcmp(header, "PK\3\4", 4) != 0)
        return corrupt(error, "an entry is not where its list says");
    const uint64_t at = (uint64_t)entry->at + HEADER_SIZE + syn_source_u16(header + 26) +
                        syn_source_u16(header + 28);
    *bytes = malloc(entry->packed + 1u);
    if (!*bytes)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for %u bytes", entry->packed);
    status = syn_source_read(&zip->source, at, *bytes, entry->packed, error);
    if (status == 0 && entry->method == DEFLATED)
        status = unpack(entry, bytes, error);
    if (status == 0 && crc32(0, *bytes, entry->size) != entry->crc)
        status = corrupt(error, "an entry's checksum is wrong");
    if (status < 0) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}
