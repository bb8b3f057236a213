/* SPDX-License-Identifier: MIT */
/*
 * The sums of a dense convolution: up to six pixels by sixteen outputs are held in registers, and
 * two elements of each pixel meet their weights in one multiply-and-add of words, which is exact.
 */
#include "devices/kernels/avx2_conv.h"

#define PIXELS 6u

/* Two neighbouring elements in every lane. */
static inline __m256i broadcast(const int16_t *at)
{
    int32_t two;

    memcpy(&two, at, sizeof two);
    return _mm256_set1_epi32(two);
}

static inline __m256i load_weights(const int8_t *at)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)at));
}

/* `pixels` (1 to 6) and `halves` (1 or 2) are constants wherever this is inlined. */
static inline __attribute__((always_inline)) void tile(const struct syn_conv_part *part,
                                                       const struct syn_walk_pixel *at,
                                                       const unsigned pixels, const unsigned halves,
                                                       const struct syn_conv_block *block)
{
    const int16_t *from[PIXELS];
    __m256i sums[PIXELS][2];

    for (unsigned p = 0; p < pixels; p++) {
        from[p] = part->band + at[p].from;
        sums[p][0] = _mm256_loadu_si256((const __m256i *)(const void *)block->biases);
        sums[p][1] = _mm256_loadu_si256((const __m256i *)(const void *)(block->biases + 8));
    }
    for (uint32_t t = 0; t < part->tap_count; t++) {
        const int8_t *w = block->weights + (size_t)part->taps[t].run * part->pairs * halves * 16;
        const size_t start = part->taps[t].from, end = start + 2 * (size_t)part->pairs;

        for (size_t i = start; i < end; i += 2, w += (size_t)halves * 16) {
            const __m256i low = load_weights(w), high = halves == 2 ? load_weights(w + 16) : low;

            for (unsigned p = 0; p < pixels; p++) {
                const __m256i two = broadcast(from[p] + i);

                sums[p][0] = _mm256_add_epi32(sums[p][0], _mm256_madd_epi16(two, low));
                if (halves == 2)
                    sums[p][1] = _mm256_add_epi32(sums[p][1], _mm256_madd_epi16(two, high));
            }
        }
    }
    for (unsigned p = 0; p < pixels; p++)
        store_pixel(&part->finish, part->out, at[p].to * part->outputs + block->output, sums[p][0],
                    sums[p][1], block->count);
}

/* The same for a number of pixels that is not known before. */
static inline __attribute__((always_inline)) void
tiles(const struct syn_conv_part *part, const unsigned halves, const struct syn_conv_block *block)
{
    const struct syn_walk_pixel *at = part->pixels, *end = at + part->pixel_count;

    for (; end - at >= (ptrdiff_t)PIXELS; at += PIXELS)
        tile(part, at, PIXELS, halves, block);
    switch (end - at) {
    case 5:
        tile(part, at, 5, halves, block);
        break;
    case 4:
        tile(part, at, 4, halves, block);
        break;
    case 3:
        tile(part, at, 3, halves, block);
        break;
    case 2:
        tile(part, at, 2, halves, block);
        break;
    case 1:
        tile(part, at, 1, halves, block);
        break;
    default:
        break;
    }
}

void syn_avx2_dense(const struct syn_conv_part *part)
{
    const size_t padded = (size_t)part->runs * part->pairs * 2;

    for (uint32_t o = 0; o < part->outputs; o += SYN_PACK_OUTPUTS) {
        const struct syn_conv_block block = {.weights = (const int8_t *)part->weights + o * padded,
                                             .biases = part->biases + o,
                                             .output = o,
                                             .count = part->outputs - o};

        if (block.count > 8)
            tiles(part, 2, &block);
        else
            tiles(part, 1, &block);
    }
}
