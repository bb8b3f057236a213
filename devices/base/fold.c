/* SPDX-License-Identifier: MIT */
#include "devices/base/fold.h"

/* Of each group that becomes one; its rows are `by`. */
static size_t columns(const struct syn_fold *fold)
{
    return fold->width == 1 ? 1 : fold->by;
}

bool syn_fold_fits(const struct syn_fold *fold, size_t bytes)
{
    size_t row = (size_t)fold->channels * fold->width, across = columns(fold);

    if (fold->by <= 1)
        return true;
    return fold->by <= (across > 1 ? SYN_FOLD_MAX : SYN_FOLD_SAMPLES_MAX) && row > 0 && bytes > 0 &&
           fold->width % across == 0 && bytes % (row * fold->by) == 0;
}

/* One channel of the window: its pixels go to by x by (samples: by) channels of the result. */
static void fold_plane(const struct syn_fold *fold, size_t height, const int8_t *plane,
                       size_t channel, int8_t *folded)
{
    size_t by = fold->by, across = columns(fold), wide = fold->width / across;
    size_t area = wide * (height / by);

    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < fold->width; x++) {
            size_t to = (y % by * across + x % across) * fold->channels + channel;

            folded[to * area + y / by * wide + x / across] = plane[y * fold->width + x];
        }
}

void syn_fold_window(const struct syn_fold *fold, size_t bytes, const int8_t *window,
                     int8_t *folded)
{
    size_t plane;

    if (fold->by <= 1) {
        for (size_t i = 0; i < bytes; i++)
            folded[i] = window[i];
        return;
    }
    plane = bytes / fold->channels;
    for (size_t c = 0; c < fold->channels; c++)
        fold_plane(fold, plane / fold->width, window + c * plane, c, folded);
}
