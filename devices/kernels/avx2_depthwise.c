/* SPDX-License-Identifier: MIT */
/* Depthwise: sixteen channels of a pixel at a time, two taps in one multiply-and-add. */
#include "devices/kernels/avx2_conv.h"

static inline __m256i load(const int16_t *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* Sums of channels 0-3 and 8-11 in `low`, of the others in `high`, as interleaving gives them. */
struct sums {
    __m256i low, high;
};

static inline struct sums add_taps(struct sums s, __m256i x, __m256i y, __m256i v, __m256i w)
{
    s.low = _mm256_add_epi32(
        s.low, _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), _mm256_unpacklo_epi16(v, w)));
    s.high = _mm256_add_epi32(
        s.high, _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), _mm256_unpackhi_epi16(v, w)));
    return s;
}

static struct sums sum_pixel(const struct syn_conv_part *part, const int16_t *from,
                             const int16_t *weights, uint32_t apart)
{
    const struct syn_walk_tap *tap = part->taps, *end = tap + part->tap_count;
    struct sums s = {_mm256_setzero_si256(), _mm256_setzero_si256()};

    for (; end - tap >= 2; tap += 2)
        s = add_taps(s, load(from + tap[0].from), load(from + tap[1].from),
                     load(weights + (size_t)tap[0].run * apart),
                     load(weights + (size_t)tap[1].run * apart));
    if (tap < end)
        s = add_taps(s, load(from + tap->from), _mm256_setzero_si256(),
                     load(weights + (size_t)tap->run * apart), _mm256_setzero_si256());
    return s;
}

void syn_avx2_depthwise(const struct syn_conv_part *part)
{
    const uint32_t apart = (part->outputs + 15) / 16 * 16;

    for (uint32_t o = 0; o < part->outputs; o += 16) {
        const __m256i *biases = (const __m256i *)(const void *)(part->biases + o);
        const __m256i low = _mm256_loadu_si256(biases), high = _mm256_loadu_si256(biases + 1);

        for (const struct syn_walk_pixel *at = part->pixels; at < part->pixels + part->pixel_count;
             at++) {
            const struct sums s = sum_pixel(part, part->band + at->from + o,
                                            (const int16_t *)part->weights + o, apart);

            store_pixel(&part->finish, part->out, at->to * part->outputs + o,
                        _mm256_add_epi32(low, _mm256_permute2x128_si256(s.low, s.high, 0x20)),
                        _mm256_add_epi32(high, _mm256_permute2x128_si256(s.low, s.high, 0x31)),
                        part->outputs - o);
        }
    }
}
