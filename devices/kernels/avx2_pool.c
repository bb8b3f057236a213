/* SPDX-License-Identifier: MIT */
/* Pooling and element-wise operations, sixteen channels or elements at a time. */
#include "devices/kernels/avx2.h"
#include "devices/kernels/avx2_finish.h"
#include "devices/part/kernels.h"

static __m128i load(const int8_t *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* ---- pooling ---------------------------------------------------------------------------- */

/* The input under one output pixel, from some channel on. */
struct window {
    const struct syn_layer *layer;
    const int8_t *at;
    size_t row, column; /* elements from tap to tap */
};

static __m128i window_max(const struct window *w)
{
    __m128i best = _mm_set1_epi8(-128);

    for (unsigned i = 0; i < w->layer->pool_h; i++)
        for (unsigned j = 0; j < w->layer->pool_w; j++)
            best = _mm_max_epi8(best, load(w->at + i * w->row + j * w->column));
    return best;
}

/*
 * Of eight sums, towards zero. Floats are exact enough: below 2^24 a quotient that is no whole
 * number is farther from the next one than it is rounded.
 */
static __m256i quotients(__m256i sums, const struct syn_layer *l)
{
    const int32_t count = l->pool_h * l->pool_w;

    if (l->pool_round)
        sums = _mm256_add_epi32(sums, _mm256_sign_epi32(_mm256_set1_epi32(count / 2), sums));
    return _mm256_cvttps_epi32(
        _mm256_div_ps(_mm256_cvtepi32_ps(sums), _mm256_set1_ps((float)count)));
}

/* The sum of a row of a window, at most 255 bytes, fits into words. */
static __m256i row_sum(const struct window *w, unsigned i)
{
    __m256i sum = _mm256_setzero_si256();

    for (unsigned j = 0; j < w->layer->pool_w; j++)
        sum = _mm256_add_epi16(sum, _mm256_cvtepi8_epi16(load(w->at + i * w->row + j * w->column)));
    return sum;
}

static __m128i window_average(const struct window *w)
{
    __m256i low = _mm256_setzero_si256(), high = low, words;

    for (unsigned i = 0; i < w->layer->pool_h; i++) {
        words = row_sum(w, i);
        low = _mm256_add_epi32(low, _mm256_cvtepi16_epi32(_mm256_castsi256_si128(words)));
        high = _mm256_add_epi32(high, _mm256_cvtepi16_epi32(_mm256_extracti128_si256(words, 1)));
    }
    words = _mm256_packs_epi32(quotients(low, w->layer), quotients(high, w->layer));
    words = _mm256_permute4x64_epi64(words, 0xd8);
    return _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

/* As the others, for a channel near the end of the tensor, where 16 bytes cannot be read. */
static int8_t window_of_one(const struct window *w)
{
    const struct syn_layer *l = w->layer;
    int32_t best = -128, sum = 0, count = l->pool_h * l->pool_w;

    for (unsigned i = 0; i < l->pool_h; i++)
        for (unsigned j = 0; j < l->pool_w; j++) {
            const int32_t value = w->at[i * w->row + j * w->column];

            best = value > best ? value : best;
            sum += value;
        }
    if (l->pool != SYN_POOL_AVG || count < 1)
        return (int8_t)best;
    if (l->pool_round)
        sum += sum < 0 ? -(count / 2) : count / 2;
    sum /= count;
    return (int8_t)(sum > 127 ? 127 : sum < -128 ? -128 : sum);
}

/* All channels of one pixel; `spare` elements of the tensor lie behind the last tap's first. */
static void pool_pixel(struct window w, size_t spare, int8_t *out)
{
    const uint32_t channels = w.layer->in.channels;
    uint32_t c = 0;

    for (; c < channels && c + 16 <= spare; c += 16) {
        store_bytes(out + c, w.layer->pool == SYN_POOL_AVG ? window_average(&w) : window_max(&w),
                    channels - c);
        w.at += 16;
    }
    for (; c < channels; c++, w.at++)
        out[c] = window_of_one(&w);
}

void syn_avx2_pool(const struct syn_layer *layer, const int8_t *in, int8_t *out)
{
    const size_t pixel = layer->in.channels, line = pixel * layer->in.width;
    const int8_t *end = in + line * layer->in.height;
    struct window w = {.layer = layer,
                       .row = line * layer->pool_dilation_h,
                       .column = pixel * layer->pool_dilation_w};
    const size_t reach = (layer->pool_h - 1u) * w.row + (layer->pool_w - 1u) * w.column;

    for (unsigned y = 0; y < layer->pooled.height; y++)
        for (unsigned x = 0; x < layer->pooled.width; x++, out += pixel) {
            w.at = in + y * layer->pool_stride_h * line + x * layer->pool_stride_w * pixel;
            pool_pixel(w, (size_t)(end - w.at) - reach, out);
        }
}

/* ---- element-wise ----------------------------------------------------------------------- */

/* Sums of 16 operands at most fit into words. */
static __m128i add_up(const struct syn_layer *l, const int8_t *const *operands, uint32_t i)
{
    __m256i sum = _mm256_cvtepi8_epi16(load(operands[0] + i));

    for (unsigned n = 1; n < l->input_count; n++) {
        const __m256i next = _mm256_cvtepi8_epi16(load(operands[n] + i));

        sum = l->eltwise == SYN_ELTWISE_ADD ? _mm256_add_epi16(sum, next)
                                            : _mm256_sub_epi16(sum, next);
    }
    return _mm_packs_epi16(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
}

static __m128i combine_bits(const struct syn_layer *l, const int8_t *const *operands, uint32_t i)
{
    __m128i bits = load(operands[0] + i);

    for (unsigned n = 1; n < l->input_count; n++) {
        const __m128i next = load(operands[n] + i);

        bits = l->eltwise == SYN_ELTWISE_XOR ? _mm_xor_si128(bits, next) : _mm_or_si128(bits, next);
    }
    return bits;
}

void syn_avx2_eltwise(const struct syn_layer *layer, const int8_t *const *operands, uint32_t count,
                      int8_t *out)
{
    const bool sums = layer->eltwise == SYN_ELTWISE_ADD || layer->eltwise == SYN_ELTWISE_SUB;
    const int8_t *rest[SYN_LAYER_INPUTS_MAX];
    uint32_t i = 0;

    for (; i + 16 <= count; i += 16)
        store_bytes(out + i, sums ? add_up(layer, operands, i) : combine_bits(layer, operands, i),
                    16);
    for (unsigned n = 0; n < layer->input_count; n++)
        rest[n] = operands[n] + i;
    syn_kernel_eltwise(layer, rest, count - i, out + i);
}
