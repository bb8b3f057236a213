/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any options of a link that fails on purpose, up to a newline, and any bytes through it: no more
 * waits than is bounded, and no more comes out than twice what went in. */
#include <stdlib.h>
#include <string.h>

#include "transports/links/fault_lane.h"

enum { HELD_MOST = 1 << 20, ROUNDS = 64, STEP_NS = 7000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t take(struct syn_fault_lane *lane, int64_t now)
{
    size_t n = 0, size;
    volatile uint8_t sink; /* both ends are there */
    const uint8_t *bytes;
    while ((bytes = syn_fault_lane_due(lane, now, &size))) {
        if (size == 0)
            abort();
        sink = bytes[0];
        sink = bytes[size - 1];
        n += size;
        syn_fault_lane_pass(lane, size);
    }
    (void)sink;
    return n;
}

static void run(const struct syn_fault_way *way, bool packets, const uint8_t *data, size_t size)
{
    struct syn_fault_lane lane;
    size_t in = 0, out = 0;
    int64_t now = 0;
    syn_fault_lane_init(&lane, way, packets, 1);
    for (unsigned i = 0; i < ROUNDS && size > 0; i++, now += STEP_NS) {
        size_t room = syn_fault_lane_room(&lane, now);
        size_t n = room < size ? room : size;
        if (n > 0 && syn_fault_lane_put(&lane, data, n, now))
            abort();
        in += n;
        out += take(&lane, now);
        if (in > HELD_MOST + out)
            abort();
    }
    out += take(&lane, INT64_MAX);
    if (out > 2 * in)
        abort();
    syn_fault_lane_free(&lane);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t length = end ? (size_t)(end - data) : size;
    struct syn_fault_options options;
    struct syn_error error = {0};
    if (syn_fault_parse(&options, (const char *)data, length, &error)) {
        if (error.message[0] == 0)
            abort();
        return 0;
    }
    run(&options.tx, false, data, size);
    run(&options.rx, true, data, size);
    return 0;
}
