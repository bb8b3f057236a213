/* SPDX-License-Identifier: MIT */
#include "devices/kernels/avx2_conv.h"

#include "devices/kernels/avx2.h"

static void widen(const int8_t *from, int16_t *to, size_t count)
{
    size_t i = 0;

    for (; i + 16 <= count; i += 16)
        _mm256_storeu_si256(
            (__m256i *)(void *)(to + i),
            _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(from + i))));
    for (; i < count; i++)
        to[i] = from[i];
}

static void clear(int16_t *at, size_t count)
{
    memset(at, 0, count * sizeof *at);
}

/* One row of the input between its zeros; a kernel may leave columns at the end alone. */
static void fill_row(const struct syn_walk *w, const int8_t *in, int32_t y, int16_t *to)
{
    uint32_t room = w->columns - w->lead, columns = w->width < room ? w->width : room;
    size_t lead = (size_t)w->lead * w->channels, middle = (size_t)columns * w->channels;

    if (y < 0 || y >= (int32_t)w->height) {
        clear(to, (size_t)w->columns * w->channels);
        return;
    }
    clear(to, lead);
    widen(in + (size_t)y * w->width * w->channels, to + lead, middle);
    clear(to + lead + middle, (size_t)(room - columns) * w->channels);
}

static void fill_band(const struct syn_walk *w, const int8_t *in, int32_t first, uint32_t rows,
                      int16_t *band)
{
    size_t row = (size_t)w->columns * w->channels;

    for (uint32_t y = 0; y < rows; y++)
        fill_row(w, in, first + (int32_t)y, band + y * row);
    clear(band + rows * row, SYN_WALK_SLACK);
}

static void run_phase(const struct syn_walk *w, const struct syn_walk_scratch *s,
                      const struct syn_walk_part *at, struct syn_conv_part *part)
{
    part->tap_count = syn_walk_taps(w, at, s->taps);
    part->pixel_count = syn_walk_pixels(w, at, s->pixels);
    if (w->layer->groups > 1)
        syn_avx2_depthwise(part);
    else
        syn_avx2_dense(part);
}

static void run_band(const struct syn_walk *w, const struct syn_walk_scratch *s, const int8_t *in,
                     struct syn_walk_part *at, struct syn_conv_part *part)
{
    uint32_t rows = syn_walk_band(w, at->row, at->row_end, &at->first);

    fill_band(w, in, at->first, rows, s->band);
    for (at->odd_y = 0; at->odd_y < w->spread; at->odd_y++)
        for (at->odd_x = 0; at->odd_x < w->spread; at->odd_x++)
            run_phase(w, s, at, part);
}

void syn_avx2_conv(const struct syn_layer *layer, const int8_t *in, const void *weights,
                   const int8_t *bias, void *out, void *scratch, unsigned row, unsigned row_end)
{
    const struct syn_walk w = syn_walk_make(layer);
    const struct syn_walk_scratch s = syn_walk_scratch(&w, scratch);
    struct syn_conv_part part = {
        .band = s.band,
        .pixels = s.pixels,
        .taps = s.taps,
        .runs = w.runs,
        .pairs = w.pairs,
        .outputs = layer->out.channels,
        .weights = weights,
        .biases = s.biases,
        .out = out,
        .finish = make_finish(layer),
    };

    fill_biases(layer, bias, s.biases);
    for (; row < row_end; row += w.rows) {
        struct syn_walk_part at = {.row = row,
                                   .row_end = row_end - row < w.rows ? row_end : row + w.rows};

        run_band(&w, &s, in, &at, &part);
    }
}
