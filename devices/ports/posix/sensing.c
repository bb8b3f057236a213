/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/sensing.h"

#include "devices/base/error.h"

#include <stdio.h>
#include <stdlib.h>
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

long syn_sensing_feed(struct syn_sensing *sensing, const char *kind, const char *path,
                      uint32_t first, char *why, size_t why_size)
{
    struct syn_sensor_file *file = NULL;
    struct syn_sensing_feed *feed = find(sensing, kind);
    if (!feed)
        feed = find(sensing, "");
    if (!feed || strlen(kind) >= sizeof feed->kind || !kind[0]) {
        (void)snprintf(why, why_size, "no room for a sensor '%s'", kind);
        return SYN_EINVAL;
    }
    int rc = path[0] ? syn_sensor_open(&file, path, why, why_size) : 0;
    if (rc != 0)
        return rc;
    syn_sensor_close(feed->file);
    *feed = (struct syn_sensing_feed){.file = file, .first = first};
    memcpy(feed->kind, kind, strlen(kind) + 1);
    return file ? syn_sensor_windows(file, 0) : 0;
}

bool syn_sensing_fits(const struct syn_sensing *sensing, const char *kind, uint32_t bytes)
{
    const struct syn_sensing_feed *feed = look(sensing, kind);
    return !feed || !feed->file || syn_sensor_windows(feed->file, bytes) > 0;
}

static int read_window(const struct syn_sensing *sensing, const char *kind, uint32_t inference,
                       uint32_t bytes, uint8_t *window)
{
    const struct syn_sensing_feed *feed = look(sensing, kind);
    uint64_t index = (uint64_t)inference - 1 + (feed ? feed->first : 0);
    if (feed && feed->file && syn_sensor_windows(feed->file, bytes) > 0)
        return syn_sensor_window(feed->file, index, bytes, (int8_t *)window);
    syn_sensor_seeded(kind, index, bytes, (int8_t *)window);
    return 0;
}

int syn_sensing_window(const struct syn_sensing *sensing, const char *kind, uint32_t inference,
                       const struct syn_fold *fold, uint32_t bytes, uint8_t *window)
{
    if (fold->by <= 1)
        return read_window(sensing, kind, inference, bytes, window);
    uint8_t *as_sensed = malloc(bytes);
    int rc = as_sensed ? read_window(sensing, kind, inference, bytes, as_sensed) : SYN_ENOMEM;
    if (rc == 0)
        syn_fold_window(fold, bytes, (const int8_t *)as_sensed, (int8_t *)window);
    free(as_sensed);
    return rc;
}
