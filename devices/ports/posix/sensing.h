/* SPDX-License-Identifier: MIT */
/* The sensors of a virtual wearable: a file for a kind where one was fed, else seeded numbers. */
#ifndef SYN_PORTS_POSIX_SENSING_H
#define SYN_PORTS_POSIX_SENSING_H

#include "devices/agent/deployment.h"
#include "devices/sensors/sensor.h"

#define SYN_SENSING_KINDS 8

struct syn_sensing {
    struct syn_sensing_feed {
        char kind[SYN_DEPLOYMENT_KIND_MAX]; /* empty = free */
        struct syn_sensor_file *file;       /* NULL = seeded */
        uint32_t first;                     /* window of inference 1 */
    } feeds[SYN_SENSING_KINDS];
};

void syn_sensing_close(struct syn_sensing *sensing);

/*
 * Feeds `kind` from `path` (empty: from a seed), beginning with window `first`. The file serves all
 * pipelines whose windows it holds; others that look at this sensor get numbers from a seed.
 * Returns the number of pictures, rows or samples (0 where seeded), or a negative error with words
 * in `why`; then the feed is as before.
 */
long syn_sensing_feed(struct syn_sensing *sensing, const char *kind, const char *path,
                      uint32_t first, char *why, size_t why_size);

/* False where `kind` reads a file that holds no window of `bytes` bytes. */
bool syn_sensing_fits(const struct syn_sensing *sensing, const char *kind, uint32_t bytes);

/* The window of an inference (from 1), folded. Returns 0, SYN_EINVAL or SYN_ENOMEM. */
int syn_sensing_window(const struct syn_sensing *sensing, const char *kind, uint32_t inference,
                       const struct syn_fold *fold, uint32_t bytes, uint8_t *window);

#endif
