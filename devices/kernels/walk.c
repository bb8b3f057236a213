/* SPDX-License-Identifier: MIT */
#include "devices/kernels/walk.h"

#define BAND_BYTES  (128u * 1024) /* so that a band stays in a second-level cache */
#define BAND_PIXELS 4096u

/* Spread pixels to input pixels, downwards; the shift is arithmetic. */
static int32_t gathered(const struct syn_walk *w, int32_t at)
{
    return at >> w->spread_log2;
}

static uint32_t reach(uint32_t kernel, uint32_t dilation)
{
    return (kernel - 1) * dilation;
}

/* Rows under `rows` output rows, at most. */
static uint32_t rows_under(const struct syn_walk *w, uint32_t rows)
{
    return ((rows - 1 + reach(w->layer->kernel_h, w->layer->dilation_h)) >> w->spread_log2) + 2;
}

/* As many rows as fit into a band, at least one. */
static void choose_rows(struct syn_walk *w)
{
    uint64_t row_bytes = (uint64_t)w->columns * w->channels * sizeof(int16_t);
    uint32_t room = (uint32_t)(BAND_BYTES / row_bytes), rows = BAND_PIXELS / w->layer->out.width;
    uint32_t around = reach(w->layer->kernel_h, w->layer->dilation_h) + w->spread;

    room = room << w->spread_log2 > around ? (room << w->spread_log2) - around : 1;
    rows = rows < room ? rows : room;
    rows = rows < w->layer->out.height ? rows : w->layer->out.height;
    w->rows = rows ? rows : 1;
    w->band_rows = rows_under(w, w->rows);
}

/* Where pixels follow each other, a row of the kernel is one run; else each tap is. */
static void choose_runs(struct syn_walk *w)
{
    const struct syn_layer *l = w->layer;
    bool joined = w->spread == 1 && l->dilation_w == 1 && l->groups == 1;

    w->runs = joined ? l->kernel_h : (uint32_t)l->kernel_h * l->kernel_w;
    w->run = joined ? l->kernel_w * w->channels : w->channels;
    w->pairs = (w->run + 1) / 2;
}

struct syn_walk syn_walk_make(const struct syn_layer *layer)
{
    bool flat = layer->flatten, transposed = layer->op == SYN_OP_CONVTRANSPOSE2D;
    uint32_t reach_h = reach(layer->kernel_h, layer->dilation_h);
    uint32_t reach_w = reach(layer->kernel_w, layer->dilation_w);
    struct syn_walk w = {
        .layer = layer,
        .channels = flat ? syn_layer_fan_in(layer) : layer->pooled.channels,
        .height = flat ? 1 : layer->pooled.height,
        .width = flat ? 1 : layer->pooled.width,
        .spread = transposed ? 2 : 1,
        .spread_log2 = transposed,
        .top = (int32_t)(transposed ? reach_h - layer->pad_h : layer->pad_h),
        .left = (int32_t)(transposed ? reach_w - layer->pad_w : layer->pad_w),
    };
    int32_t last = gathered(&w, (int32_t)(layer->out.width - 1u + reach_w) - w.left);

    w.lead = (uint32_t)-gathered(&w, -w.left);
    w.columns = (uint32_t)((int32_t)w.lead + last + 1);
    choose_rows(&w);
    choose_runs(&w);
    return w;
}

/* ---- scratch ---------------------------------------------------------------------------- */

static uint64_t aligned(uint64_t bytes)
{
    return (bytes + 31) / 32 * 32;
}

static uint64_t band_bytes(const struct syn_walk *w)
{
    uint64_t elements = (uint64_t)w->band_rows * w->columns * w->channels + SYN_WALK_SLACK;

    return aligned(elements * sizeof(int16_t));
}

static uint64_t bias_bytes(const struct syn_walk *w)
{
    return (w->layer->out.channels + 15u) / 16 * 16 * sizeof(int32_t);
}

static uint64_t tap_bytes(const struct syn_walk *w)
{
    return aligned(w->runs * sizeof(struct syn_walk_tap));
}

uint64_t syn_walk_scratch_bytes(const struct syn_layer *layer)
{
    struct syn_walk w;

    if (layer->op == SYN_OP_PASSTHROUGH)
        return 0;
    w = syn_walk_make(layer);
    return band_bytes(&w) + bias_bytes(&w) + tap_bytes(&w) +
           (uint64_t)w.rows * layer->out.width * sizeof(struct syn_walk_pixel);
}

struct syn_walk_scratch syn_walk_scratch(const struct syn_walk *walk, void *scratch)
{
    uint8_t *at = scratch;
    struct syn_walk_scratch s = {.band = scratch};

    at += band_bytes(walk);
    s.biases = (int32_t *)(void *)at;
    at += bias_bytes(walk);
    s.taps = (struct syn_walk_tap *)(void *)at;
    at += tap_bytes(walk);
    s.pixels = (struct syn_walk_pixel *)(void *)at;
    return s;
}

/* ---- the way ---------------------------------------------------------------------------- */

uint32_t syn_walk_band(const struct syn_walk *walk, uint32_t row, uint32_t row_end, int32_t *first)
{
    const struct syn_layer *l = walk->layer;
    int32_t last = (int32_t)(row_end - 1 + reach(l->kernel_h, l->dilation_h)) - walk->top;

    *first = gathered(walk, (int32_t)row - walk->top);
    return (uint32_t)(gathered(walk, last) - *first + 1);
}

/* Input pixels from the first one under an output to tap `tap`; -1 where it falls between. */
static int32_t step_to(uint32_t odd, uint32_t tap, uint32_t dilation, uint32_t spread)
{
    uint32_t at = odd + tap * dilation;

    return at % spread ? -1 : (int32_t)(at / spread);
}

uint32_t syn_walk_taps(const struct syn_walk *walk, const struct syn_walk_part *part,
                       struct syn_walk_tap *taps)
{
    const struct syn_layer *l = walk->layer;
    uint32_t across = walk->runs / l->kernel_h, count = 0;

    for (uint32_t i = 0; i < l->kernel_h; i++)
        for (uint32_t j = 0; j < across; j++) {
            int32_t y = step_to(part->odd_y, i, l->dilation_h, walk->spread);
            int32_t x = step_to(part->odd_x, j, l->dilation_w, walk->spread);

            if (y < 0 || x < 0)
                continue;
            taps[count++] = (struct syn_walk_tap){.from = ((size_t)y * walk->columns + (size_t)x) *
                                                          walk->channels,
                                                  .run = i * across + j};
        }
    return count;
}

/* The first of a phase's rows or columns from `at` on. */
static uint32_t first_of(const struct syn_walk *w, uint32_t at, uint32_t odd, int32_t padding)
{
    return at + (((at ^ (uint32_t)padding ^ odd) & 1) & w->spread_log2);
}

uint32_t syn_walk_pixels(const struct syn_walk *walk, const struct syn_walk_part *part,
                         struct syn_walk_pixel *pixels)
{
    const uint32_t width = walk->layer->out.width, step = walk->spread;
    const uint32_t left = first_of(walk, 0, part->odd_x, walk->left);
    const int32_t start = gathered(walk, (int32_t)left - walk->left) + (int32_t)walk->lead;
    uint32_t count = 0;

    for (uint32_t y = first_of(walk, part->row, part->odd_y, walk->top); y < part->row_end;
         y += step) {
        size_t row = (size_t)(gathered(walk, (int32_t)y - walk->top) - part->first);
        size_t from = (row * walk->columns + (size_t)start) * walk->channels;

        for (uint32_t x = left; x < width; x += step, from += walk->channels)
            pixels[count++] = (struct syn_walk_pixel){from, (size_t)y * width + x};
    }
    return count;
}
