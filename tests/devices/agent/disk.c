/* SPDX-License-Identifier: MIT */
#include "tests/devices/agent/disk.h"

#include <string.h>

#include "devices/base/error.h"

static int find(const struct disk *d, const char *name)
{
    for (int i = 0; i < 2; i++)
        if (strcmp(d->files[i].name, name) == 0)
            return i;
    return -1;
}

static int64_t file_size(void *ctx, const char *name)
{
    const struct disk *d = ctx;
    int i = find(d, name);
    if (d->broken)
        return SYN_EIO;
    return i < 0 ? SYN_ENOENT : (int64_t)d->files[i].size;
}

static long read_at(void *ctx, const char *name, uint32_t offset, void *data, size_t size)
{
    const struct disk *d = ctx;
    int i = find(d, name);
    size_t n = offset < d->files[i].size ? d->files[i].size - offset : 0;
    n = n < size ? n : size;
    memcpy(data, d->files[i].bytes + offset, n);
    return (long)n;
}

static int write_at(void *ctx, const char *name, uint32_t offset, const void *data, size_t size)
{
    struct disk *d = ctx;
    int i = find(d, name);
    if (i < 0 && offset == 0)
        strcpy(d->files[i = 1].name, name);
    if (i < 0)
        return SYN_ENOENT;
    if (offset + size > DISK_ROOM)
        return SYN_ENOMEM;
    if (size > 0)
        memcpy(d->files[i].bytes + offset, data, size);
    d->files[i].size = offset + (uint32_t)size;
    return 0;
}

void disk_init(struct disk *d)
{
    *d = (struct disk){.port = {d, file_size, read_at, write_at},
                       .files = {{.name = "log.txt", .size = 1300}}};
    for (size_t i = 0; i < DISK_ROOM; i++)
        d->files[0].bytes[i] = (uint8_t)(i * 31 >> 2);
}
