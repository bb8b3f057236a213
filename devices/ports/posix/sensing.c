/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/sensing.h"

#include "devices/base/error.h"

#include <stdio.h>
#include <string.h>

static struct syn_sensing_feed *find(struct syn_sensing *sensing, const char *kind)
{
    for (unsigned i = 0; i < SYN_SENSING_KINDS; i++)
        if (strcmp(sensing->feeds[i].kind, kind) == 0)
            return &sensing->feeds[i];
    return NULL;
}

static const struct syn_sensing_feed *look(const struct syn_sensing *sensing, const char *kind)
{
    for (unsigned i = 0; i < SYN_SENSING_KINDS; i++)
        if (strcmp(sensing->feeds[i].kind, kind) == 0)
            return &sensing->feeds[i];
    return NULL;
}

void syn_sensing_close(struct syn_sensing *sensing)
{
    for (unsigned i = 0; i < SYN_SENSING_KINDS; i++)
        syn_sensor_close(sensing->feeds[i].file);
    memset(sensing, 0, sizeof *sensing);
}

/* Opens the file and counts its windows; *file is NULL for an empty path. */
static long open_file(struct syn_sensor_file **file, const char *path, uint32_t bytes, char *why,
                      size_t why_size)
{
    *file = NULL;
    int rc = path[0] ? syn_sensor_open(file, path, why, why_size) : 0;
    if (rc || !*file || bytes == 0)
        return rc;
    long windows = syn_sensor_windows(*file, bytes);
    if (windows > 0)
        return windows;
    (void)snprintf(why, why_size, "%s holds no window of %u bytes", path, bytes);
    syn_sensor_close(*file);
    *file = NULL;
    return SYN_EINVAL;
}

long syn_sensing_feed(struct syn_sensing *sensing, const char *kind, const char *path,
                      uint32_t first, uint32_t bytes, char *why, size_t why_size)
{
    struct syn_sensor_file *file;
    struct syn_sensing_feed *feed = find(sensing, kind);
    if (!feed)
        feed = find(sensing, "");
    if (!feed || strlen(kind) >= sizeof feed->kind || !kind[0]) {
        (void)snprintf(why, why_size, "no room for a sensor '%s'", kind);
        return SYN_EINVAL;
    }
    long windows = open_file(&file, path, bytes, why, why_size);
    if (windows < 0)
        return windows;
    syn_sensor_close(feed->file);
    *feed = (struct syn_sensing_feed){.file = file, .first = first};
    memcpy(feed->kind, kind, strlen(kind) + 1);
    return windows;
}

int syn_sensing_check(const struct syn_sensing *sensing, const char *kind, uint32_t bytes)
{
    const struct syn_sensing_feed *feed = look(sensing, kind);
    bool fits = !feed || !feed->file || syn_sensor_windows(feed->file, bytes) > 0;
    return fits ? 0 : SYN_EINVAL;
}

int syn_sensing_window(const struct syn_sensing *sensing, const char *kind, uint32_t inference,
                       uint32_t bytes, uint8_t *window)
{
    const struct syn_sensing_feed *feed = look(sensing, kind);
    uint64_t index = (uint64_t)inference - 1 + (feed ? feed->first : 0);
    if (feed && feed->file)
        return syn_sensor_window(feed->file, index, bytes, (int8_t *)window);
    syn_sensor_seeded(kind, index, bytes, (int8_t *)window);
    return 0;
}
