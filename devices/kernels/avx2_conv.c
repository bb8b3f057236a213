/* SPDX-License-Identifier: MIT */
#include "devices/kernels/avx2_conv.h"

#include "devices/kernels/avx2.h"
#include "devices/kernels/avx2_order.h"

/* Rows of the input from `row` on, channels last. */
struct input {
    const int8_t *rows;
    int32_t row;
};

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
static void fill_row(const struct syn_walk *w, struct input in, int32_t y, int16_t *to)
{
    uint32_t room = w->columns - w->lead, columns = w->width < room ? w->width : room;
    size_t lead = (size_t)w->lead * w->channels, middle = (size_t)columns * w->channels;

    if (y < 0 || y >= (int32_t)w->height) {
        clear(to, (size_t)w->columns * w->channels);
        return;
    }
    clear(to, lead);
    widen(in.rows + (size_t)(y - in.row) * w->width * w->channels, to + lead, middle);
    clear(to + lead + middle, (size_t)(room - columns) * w->channels);
}

static void fill_band(const struct syn_walk *w, struct input in, int32_t first, uint32_t rows,
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

static void run_band(const struct syn_walk *w, const struct syn_walk_scratch *s, struct input in,
                     struct syn_walk_part *at, struct syn_conv_part *part)
{
    uint32_t rows = syn_walk_band(w, at->row, at->row_end, &at->first);

    fill_band(w, in, at->first, rows, s->band);
    for (at->odd_y = 0; at->odd_y < w->spread; at->odd_y++)
        for (at->odd_x = 0; at->odd_x < w->spread; at->odd_x++)
            run_phase(w, s, at, part);
}

static struct syn_conv_part make_part(const struct syn_walk *w, const struct syn_walk_scratch *s,
                                      const void *weights, const int8_t *bias)
{
    fill_biases(w->layer, bias, s->biases);
    return (struct syn_conv_part){
        .band = s->band,
        .pixels = s->pixels,
        .taps = s->taps,
        .runs = w->runs,
        .pairs = w->pairs,
        .outputs = w->layer->out.channels,
        .weights = weights,
        .biases = s->biases,
        .finish = make_finish(w->layer),
    };
}

void syn_avx2_conv(const struct syn_layer *layer, const int8_t *in, const void *weights,
                   const int8_t *bias, void *out, void *scratch, unsigned row, unsigned row_end)
{
    const struct syn_walk w = syn_walk_make(layer);
    const struct syn_walk_scratch s = syn_walk_scratch(&w, scratch);
    struct syn_conv_part part = make_part(&w, &s, weights, bias);

    part.out = out;
    for (; row < row_end; row += w.rows) {
        struct syn_walk_part at = {.row = row,
                                   .row_end = row_end - row < w.rows ? row_end : row + w.rows};

        run_band(&w, &s, (struct input){in, 0}, &at, &part);
    }
}

/* ---- tensors of planes ------------------------------------------------------------------ */

/* The rows of the input under a band; a flattened input is one row of one pixel. */
static struct input turn_in(const struct syn_walk *w, const int8_t *in,
                            const struct syn_walk_part *at, int8_t *to)
{
    const struct syn_shape shape = w->layer->pooled;
    const size_t plane = (size_t)shape.height * shape.width;
    int32_t first, end;

    if (w->layer->flatten) {
        syn_avx2_turn(in, shape.channels, plane, plane, to, shape.channels);
        return (struct input){to, 0};
    }
    end = (int32_t)syn_walk_band(w, at->row, at->row_end, &first);
    end = first + end < (int32_t)w->height ? first + end : (int32_t)w->height;
    first = first > 0 ? first : 0;
    if (first < end)
        syn_avx2_turn(in + (size_t)first * w->width, shape.channels,
                      (size_t)(end - first) * w->width, plane, to, shape.channels);
    return (struct input){to, first};
}

static void turn_out(const struct syn_layer *l, const void *from, const struct syn_walk_part *at,
                     void *out)
{
    const size_t start = (size_t)at->row * l->out.width,
                 plane = (size_t)l->out.height * l->out.width;
    const size_t pixels = (size_t)(at->row_end - at->row) * l->out.width;

    if (l->output_width == 32)
        syn_avx2_turn_wide(from, pixels, l->out.channels, (int32_t *)out + start, plane);
    else
        syn_avx2_turn(from, pixels, l->out.channels, l->out.channels, (int8_t *)out + start, plane);
}

void syn_avx2_planes_conv(const struct syn_layer *layer, const int8_t *in, const void *weights,
                          const int8_t *bias, void *out, void *scratch, unsigned row,
                          unsigned row_end)
{
    const struct syn_walk w = syn_walk_make(layer);
    const struct syn_walk_scratch s = syn_walk_scratch(&w, scratch);
    struct syn_conv_part part = make_part(&w, &s, weights, bias);

    part.out = s.out;
    for (; row < row_end; row += w.rows) {
        struct syn_walk_part at = {
            .row = row, .row_end = row_end - row < w.rows ? row_end : row + w.rows, .origin = row};

        run_band(&w, &s, turn_in(&w, in, &at, s.in), &at, &part);
        turn_out(layer, s.out, &at, out);
    }
}
