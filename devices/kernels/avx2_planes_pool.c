/* SPDX-License-Identifier: MIT */
/* Maximum over windows of C,H,W tensors: a tap of all pixels of an output row at a time. */
#include <immintrin.h>
#include <string.h>

#include "devices/kernels/avx2.h"
#include "devices/part/kernels.h"

static __m256i load(const int8_t *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* Every second byte of 64, the first one of each pair. */
static __m256i load_even(const int8_t *at)
{
    const __m256i low = _mm256_set1_epi16(0xff);
    const __m256i bytes =
        _mm256_packus_epi16(_mm256_and_si256(load(at), low), _mm256_and_si256(load(at + 32), low));

    return _mm256_permute4x64_epi64(bytes, 0xd8);
}

/* `count` pixels of `out` become the larger of themselves and every `step`-th of `from`. */
static void keep_larger(int8_t *out, const int8_t *from, uint32_t count, uint32_t step)
{
    uint32_t x = 0;

    /* Of the last pair only the first byte is sure to be there. */
    for (; step <= 2 && x + 32 + (step - 1) <= count; x += 32)
        _mm256_storeu_si256(
            (__m256i *)(void *)(out + x),
            _mm256_max_epi8(load(out + x), step == 1 ? load(from + x) : load_even(from + 2 * x)));
    for (; x < count; x++)
        if (from[(size_t)x * step] > out[x])
            out[x] = from[(size_t)x * step];
}

static void pool_row(const struct syn_layer *l, const int8_t *in, int8_t *out)
{
    memset(out, -128, l->pooled.width);
    for (unsigned i = 0; i < l->pool_h; i++)
        for (unsigned j = 0; j < l->pool_w; j++)
            keep_larger(out,
                        in + (size_t)i * l->pool_dilation_h * l->in.width +
                            (size_t)j * l->pool_dilation_w,
                        l->pooled.width, l->pool_stride_w);
}

void syn_avx2_planes_pool(const struct syn_layer *layer, const int8_t *in, int8_t *out)
{
    const size_t width = layer->in.width, plane = width * layer->in.height;

    /* The emulator also pools where only a stride is asked for, by windows of one pixel. */
    if (layer->pool == SYN_POOL_AVG) {
        syn_kernel_pool(layer, in, out);
        return;
    }
    for (unsigned c = 0; c < layer->in.channels; c++, in += plane)
        for (unsigned y = 0; y < layer->pooled.height; y++, out += layer->pooled.width)
            pool_row(layer, in + (size_t)y * layer->pool_stride_h * width, out);
}
