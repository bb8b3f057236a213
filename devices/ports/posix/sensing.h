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
 * Feeds `kind` from `path` (empty: from a seed), beginning with window `first`. Returns the number
 * of windows of `bytes` bytes (0 where bytes is 0, not known yet, or seeded), or a negative error
 * with words in `why`; then the feed is as before.
 */
long syn_sensing_feed(struct syn_sensing *sensing, const char *kind, const char *path,
                      uint32_t first, uint32_t bytes, char *why, size_t why_size);

/* Can `kind` give windows of `bytes` bytes? Returns 0 or SYN_EINVAL. */
int syn_sensing_check(const struct syn_sensing *sensing, const char *kind, uint32_t bytes);

/* The window of an inference (from 1). Returns 0 or SYN_EINVAL. */
int syn_sensing_window(const struct syn_sensing *sensing, const char *kind, uint32_t inference,
                       uint32_t bytes, uint8_t *window);

#endif
