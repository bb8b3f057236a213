/* SPDX-License-Identifier: MIT */
/* From 16 sums of one pixel to 16 results; for the files that are compiled for AVX2. */
#ifndef SYN_DEVICES_KERNELS_AVX2_FINISH_H
#define SYN_DEVICES_KERNELS_AVX2_FINISH_H

#include <immintrin.h>
#include <string.h>

#include "devices/part/layer.h"

struct finish {
    __m128i down, up;
    __m128i low; /* of the result */
    bool absolute, wide;
};

static inline struct finish make_finish(const struct syn_layer *l)
{
    int shift = l->output_shift + 8 - l->weight_bits;

    return (struct finish){
        .down = _mm_cvtsi32_si128(shift < 7 ? 7 - shift : 0),
        .up = _mm_cvtsi32_si128(shift < 7 ? 0 : shift - 7),
        .low = _mm_set1_epi8(l->activation == SYN_ACT_RELU ? 0 : -128),
        .absolute = l->activation == SYN_ACT_ABS,
        .wide = l->output_width == 32,
    };
}

/* What is added to every sum of an output: its bias, and the half that rounds. */
static inline void fill_biases(const struct syn_layer *l, const int8_t *bias, int32_t *biases)
{
    int shift = l->output_shift + 8 - l->weight_bits;
    int32_t round = shift < 7 && l->output_width == 8 ? 1 << (6 - shift) : 0;

    for (unsigned o = 0; o < (l->out.channels + 15u) / 16 * 16; o++)
        biases[o] = round;
    for (unsigned o = 0; bias && o < l->out.channels; o++)
        biases[o] += 128 * bias[o];
}

/*
 * `sums` are sixteen shifted sums as words, saturated, which changes nothing since they are
 * clamped to bytes. At most 8 bits up, a byte still fits into a word.
 */
static inline __m128i finished_words(const struct finish *f, __m256i sums)
{
    __m128i bytes;

    sums = _mm256_max_epi16(sums, _mm256_set1_epi16(-128));
    sums = _mm256_min_epi16(sums, _mm256_set1_epi16(127));
    sums = _mm256_sll_epi16(sums, f->up);
    bytes = _mm_packs_epi16(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    bytes = _mm_max_epi8(bytes, f->low);
    /* The absolute value of -128 is 128 without a sign. */
    return f->absolute ? _mm_min_epu8(_mm_abs_epi8(bytes), _mm_set1_epi8(127)) : bytes;
}

static inline void store_bytes(int8_t *out, __m128i bytes, uint32_t count)
{
    int8_t all[16];

    if (count >= 16) {
        _mm_storeu_si128((__m128i *)(void *)out, bytes);
    } else if (count == 8) {
        _mm_storel_epi64((__m128i *)(void *)out, bytes);
    } else {
        _mm_storeu_si128((__m128i *)(void *)all, bytes);
        memcpy(out, all, count);
    }
}

static inline void store_wide(int32_t *out, __m256i low, __m256i high, uint32_t count)
{
    int32_t all[16];

    _mm256_storeu_si256((__m256i *)(void *)all, low);
    _mm256_storeu_si256((__m256i *)(void *)(all + 8), high);
    memcpy(out, all, (count < 16 ? count : 16) * sizeof(int32_t));
}

/* Outputs `low` and `high` of one pixel, eight and eight, `count` of which exist. */
static inline void store_pixel(const struct finish *f, void *out, size_t at, __m256i low,
                               __m256i high, uint32_t count)
{
    __m256i words;

    if (f->wide) {
        store_wide((int32_t *)out + at, low, high, count);
        return;
    }
    low = _mm256_sra_epi32(low, f->down);
    high = _mm256_sra_epi32(high, f->down);
    /* Packing goes by halves of a register; this puts the quarters in order. */
    words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
    store_bytes((int8_t *)out + at, finished_words(f, words), count);
}

#endif
