/* SPDX-License-Identifier: MIT */
/*
 * Convolution as a product of two matrices: outputs by taps, and pixels by taps. The input rows
 * that the kernel covers lie in a ring with channels innermost, so that the taps of a pixel are
 * gathered in runs; then two outputs and four pixels at a time are summed, which compilers turn
 * into multiply-add-pairs instructions.
 */
#include "devices/part/kernels.h"

#include <string.h>

#define PIXELS  4u /* of one tile */
#define OUTPUTS 2u

/* From sum to result: (sum + round) >> down, or sum << up, clamped. */
struct finish {
    int32_t round, low;
    uint8_t down, up;
    bool absolute, wide;
};

struct conv {
    const struct syn_layer *layer;
    const int8_t *in;
    const int16_t *weights;
    const int8_t *bias;
    void *out;
    struct finish finish;
    int16_t *taps; /* of PIXELS pixels, `stride` apart */
    int16_t *ring; /* `slots` rows of the input, channels innermost */
    uint32_t stride;
    uint32_t channels, height, width; /* of the input; flattened: one pixel */
    uint32_t slots;
    uint32_t loaded; /* the next row of the input to go into the ring */
};

static uint32_t padded_fan_in(const struct syn_layer *layer)
{
    return (syn_layer_fan_in(layer) + SYN_KERNEL_ALIGN - 1) / SYN_KERNEL_ALIGN * SYN_KERNEL_ALIGN;
}

uint64_t syn_kernel_weight_bytes(const struct syn_layer *layer)
{
    if (layer->op == SYN_OP_PASSTHROUGH)
        return 0;
    return (uint64_t)layer->out.channels * padded_fan_in(layer) * sizeof(int16_t);
}

static int16_t packed_weight(const uint8_t *packed, unsigned bits, uint32_t index)
{
    uint32_t bit = index * bits;
    unsigned field = (unsigned)packed[bit / 8] >> bit % 8 << (8 - bits) & 0xff;

    return (int16_t)((int8_t)field >> (8 - bits));
}

void syn_kernel_prepare(const struct syn_layer *layer, const uint8_t *packed, void *prepared)
{
    int16_t *weights = prepared;
    uint32_t fan_in = syn_layer_fan_in(layer), stride = padded_fan_in(layer);
    uint32_t taps = (uint32_t)layer->kernel_h * layer->kernel_w;
    uint32_t channels = fan_in / taps, index = 0;

    memset(weights, 0, (size_t)syn_kernel_weight_bytes(layer));
    for (uint32_t o = 0; o < layer->out.channels; o++, weights += stride)
        for (uint32_t c = 0; c < channels; c++)
            for (uint32_t t = 0; t < taps; t++)
                weights[t * channels + c] = packed_weight(packed, layer->weight_bits, index++);
}

/* ---- the sums --------------------------------------------------------------------------- */

static void sum_tile(const int16_t *restrict a, const int16_t *restrict w0,
                     const int16_t *restrict w1, uint32_t stride, int32_t sums[8])
{
    const int16_t *restrict b = a + stride, *restrict c = b + stride, *restrict d = c + stride;
    int32_t a0 = 0, b0 = 0, c0 = 0, d0 = 0, a1 = 0, b1 = 0, c1 = 0, d1 = 0;

    for (uint32_t i = 0; i < stride / SYN_KERNEL_ALIGN * SYN_KERNEL_ALIGN; i++) {
        a0 += a[i] * w0[i];
        b0 += b[i] * w0[i];
        c0 += c[i] * w0[i];
        d0 += d[i] * w0[i];
        a1 += a[i] * w1[i];
        b1 += b[i] * w1[i];
        c1 += c[i] * w1[i];
        d1 += d[i] * w1[i];
    }
    sums[0] = a0, sums[1] = b0, sums[2] = c0, sums[3] = d0;
    sums[4] = a1, sums[5] = b1, sums[6] = c1, sums[7] = d1;
}

static int32_t sum_one(const int16_t *restrict a, const int16_t *restrict w, uint32_t stride)
{
    int32_t sum = 0;

    for (uint32_t i = 0; i < stride / SYN_KERNEL_ALIGN * SYN_KERNEL_ALIGN; i++)
        sum += a[i] * w[i];
    return sum;
}

/* ---- results ---------------------------------------------------------------------------- */

static struct finish make_finish(const struct syn_layer *l)
{
    int shift = l->output_shift + 8 - l->weight_bits;

    return (struct finish){
        .round = shift < 7 ? 1 << (6 - shift) : 0,
        .low = l->activation == SYN_ACT_RELU ? 0 : -128,
        .down = (uint8_t)(shift < 7 ? 7 - shift : 0),
        .up = (uint8_t)(shift < 7 ? 0 : shift - 7),
        .absolute = l->activation == SYN_ACT_ABS,
        .wide = l->output_width == 32,
    };
}

/* A sum has at most 2^30 and the rounding 2^21, so that 32 bits hold both. */
static int8_t finished(struct finish f, int32_t sum)
{
    int32_t v = (sum + f.round) >> f.down;

    /* Clamped before it is shifted up, since that could leave 32 bits, and after. */
    v = v < -128 ? -128 : v > 127 ? 127 : v;
    v *= 1 << f.up;
    v = v < f.low ? f.low : v > 127 ? 127 : v;
    if (f.absolute && v < 0)
        v = v == -128 ? 127 : -v;
    return (int8_t)v;
}

/* Results of one output for pixels that follow each other. */
static inline void store(const struct conv *k, uint32_t output, uint32_t pixel, const int32_t *sums,
                         unsigned count)
{
    size_t at = (size_t)output * k->layer->out.height * k->layer->out.width + pixel;
    int32_t bias = k->bias ? 128 * k->bias[output] : 0;

    for (unsigned i = 0; i < count; i++)
        if (k->finish.wide)
            ((int32_t *)k->out)[at + i] = sums[i] + bias;
        else
            ((int8_t *)k->out)[at + i] = finished(k->finish, sums[i] + bias);
}

/* ---- the ring of input rows ------------------------------------------------------------- */

/* Rows of the input under the kernel, and those that the other pixels of a tile reach. */
static uint32_t ring_slots(const struct syn_layer *layer)
{
    uint32_t rows = (uint32_t)(layer->kernel_h - 1) * layer->dilation_h + 1 +
                    (PIXELS - 1 + layer->out.width - 1) / layer->out.width;

    if (layer->flatten)
        return 1;
    return rows < layer->pooled.height ? rows : layer->pooled.height;
}

static void load_row(struct conv *k, uint32_t y)
{
    size_t plane = (size_t)k->height * k->width;
    int16_t *row = k->ring + (size_t)(y % k->slots) * k->width * k->channels;

    for (uint32_t c = 0; c < k->channels; c++) {
        const int8_t *from = k->in + c * plane + (size_t)y * k->width;

        for (uint32_t x = 0; x < k->width; x++)
            row[(size_t)x * k->channels + c] = from[x];
    }
}

/*
 * The input index under tap `tap` of output `at`; negative where it is padding or lies between
 * the pixels that a transposed convolution spreads out.
 */
static int32_t under_tap(const struct syn_layer *l, uint32_t at, uint32_t tap, uint32_t kernel,
                         uint32_t pad, uint32_t dilation, uint32_t size)
{
    int32_t i = (int32_t)(at + tap * dilation);

    if (l->op == SYN_OP_CONVTRANSPOSE2D) {
        i -= (int32_t)((kernel - 1) * dilation - pad);
        if (i < 0 || i % 2 != 0)
            return -1;
        i /= 2;
    } else {
        i -= (int32_t)pad;
    }
    return i < (int32_t)size ? i : -1;
}

static int32_t input_row(const struct conv *k, uint32_t y, uint32_t tap)
{
    const struct syn_layer *l = k->layer;

    return under_tap(l, y, tap, l->kernel_h, l->pad_h, l->dilation_h, k->height);
}

/* The first row of the input that output row `y` or a later one can need. */
static uint32_t first_row(const struct syn_layer *l, uint32_t y)
{
    uint32_t before = l->pad_h;

    if (l->op != SYN_OP_CONVTRANSPOSE2D)
        return y > before ? y - before : 0;
    before = (uint32_t)(l->kernel_h - 1) * l->dilation_h - l->pad_h;
    return y > before ? (y - before) / 2 : 0;
}

/* Brings every row that output row `y` needs into the ring; rows are asked for in order. */
static void load_rows(struct conv *k, uint32_t y)
{
    int32_t highest = -1;

    for (uint32_t tap = 0; tap < k->layer->kernel_h; tap++) {
        int32_t row = input_row(k, y, tap);

        highest = row > highest ? row : highest;
    }
    for (; (int32_t)k->loaded <= highest; k->loaded++)
        load_row(k, k->loaded);
}

static void gather(const struct conv *k, uint32_t pixel, int16_t *taps)
{
    const struct syn_layer *l = k->layer;
    uint32_t y = pixel / l->out.width, x = pixel % l->out.width;
    size_t run = k->channels * sizeof(int16_t);

    for (uint32_t i = 0; i < l->kernel_h; i++) {
        int32_t row = input_row(k, y, i);

        for (uint32_t j = 0; j < l->kernel_w; j++, taps += k->channels) {
            int32_t column = under_tap(l, x, j, l->kernel_w, l->pad_w, l->dilation_w, k->width);

            if (row < 0 || column < 0)
                memset(taps, 0, run);
            else
                memcpy(taps,
                       k->ring + ((uint32_t)row % k->slots * (size_t)k->width + (uint32_t)column) *
                                     k->channels,
                       run);
        }
    }
}

/* ---- dense convolution ------------------------------------------------------------------ */

static void multiply_pixel(const struct conv *k, uint32_t pixel, const int16_t *taps)
{
    for (uint32_t o = 0; o < k->layer->out.channels; o++) {
        int32_t sum = sum_one(taps, k->weights + (size_t)o * k->stride, k->stride);

        store(k, o, pixel, &sum, 1);
    }
}

static void multiply_tile(const struct conv *k, uint32_t pixel)
{
    uint32_t outputs = k->layer->out.channels;
    int32_t sums[PIXELS * OUTPUTS];

    for (uint32_t o = 0; o < outputs; o += OUTPUTS) {
        uint32_t next = o + 1 < outputs ? o + 1 : o;

        sum_tile(k->taps, k->weights + (size_t)o * k->stride, k->weights + (size_t)next * k->stride,
                 k->stride, sums);
        store(k, o, pixel, sums, PIXELS);
        store(k, next, pixel, sums + PIXELS, PIXELS);
    }
}

static void dense(struct conv *k, uint32_t pixel, uint32_t end)
{
    uint32_t width = k->layer->out.width;

    while (pixel < end) {
        uint32_t count = end - pixel < PIXELS ? end - pixel : PIXELS;

        for (uint32_t y = pixel / width; y <= (pixel + count - 1) / width; y++)
            load_rows(k, y);
        for (uint32_t p = 0; p < count; p++)
            gather(k, pixel + p, k->taps + (size_t)p * k->stride);
        if (count == PIXELS)
            multiply_tile(k, pixel);
        else
            for (uint32_t p = 0; p < count; p++)
                multiply_pixel(k, pixel + p, k->taps + (size_t)p * k->stride);
        pixel += count;
    }
}

/* ---- depthwise -------------------------------------------------------------------------- */

static int32_t depthwise_sum(const struct conv *k, const int8_t *plane, const int16_t *w,
                             uint32_t y, uint32_t x)
{
    const struct syn_layer *l = k->layer;
    int32_t sum = 0;

    for (uint32_t i = 0; i < l->kernel_h; i++) {
        int32_t row = input_row(k, y, i);

        if (row < 0)
            continue;
        for (uint32_t j = 0; j < l->kernel_w; j++) {
            int32_t column = under_tap(l, x, j, l->kernel_w, l->pad_w, l->dilation_w, k->width);

            if (column >= 0)
                sum += plane[(size_t)row * k->width + (size_t)column] * w[i * l->kernel_w + j];
        }
    }
    return sum;
}

static void depthwise(const struct conv *k, uint32_t row, uint32_t row_end)
{
    uint32_t width = k->layer->out.width;
    size_t plane = (size_t)k->height * k->width;

    for (uint32_t c = 0; c < k->layer->out.channels; c++) {
        const int16_t *weights = k->weights + (size_t)c * k->stride;

        for (uint32_t pixel = row * width; pixel < row_end * width; pixel++) {
            int32_t sum =
                depthwise_sum(k, k->in + c * plane, weights, pixel / width, pixel % width);

            store(k, c, pixel, &sum, 1);
        }
    }
}

/* ---- entry ------------------------------------------------------------------------------ */

uint64_t syn_kernel_scratch_bytes(const struct syn_layer *layer)
{
    uint64_t row = (uint64_t)layer->pooled.width * layer->pooled.channels;

    if (layer->op == SYN_OP_PASSTHROUGH || layer->groups > 1)
        return 0;
    if (layer->flatten)
        row *= layer->pooled.height;
    return (PIXELS * padded_fan_in(layer) + ring_slots(layer) * row) * sizeof(int16_t);
}

void syn_kernel_conv(const struct syn_layer *layer, const int8_t *in, const void *weights,
                     const int8_t *bias, void *out, void *scratch, unsigned row, unsigned row_end)
{
    struct conv k = {
        .layer = layer,
        .in = in,
        .weights = weights,
        .bias = bias,
        .out = out,
        .finish = make_finish(layer),
        .taps = scratch,
        .stride = padded_fan_in(layer),
        .channels = layer->flatten ? syn_layer_fan_in(layer) : layer->pooled.channels,
        .height = layer->flatten ? 1 : layer->pooled.height,
        .width = layer->flatten ? 1 : layer->pooled.width,
        .slots = ring_slots(layer),
    };

    if (layer->groups > 1) {
        depthwise(&k, row, row_end);
        return;
    }
    k.loaded = first_row(layer, row);
    k.ring = k.taps + (size_t)PIXELS * k.stride;
    memset(k.taps, 0, (size_t)PIXELS * k.stride * sizeof(int16_t));
    dense(&k, row * layer->out.width, row_end * layer->out.width);
}
