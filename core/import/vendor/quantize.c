/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/vendor/quantize.h"

#include <math.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Between the two ranks that are nearest, linearly. */
static float quantile_of(float *sizes, size_t count, float quantile)
{
    const float rank = quantile * (float)(count - 1);
    const size_t below = (size_t)rank;
    qsort(sizes, count, sizeof *sizes, by_size);
    if (below + 1 >= count)
        return sizes[count - 1];
    return sizes[below] + (rank - (float)below) * (sizes[below + 1] - sizes[below]);
}

/* How far magnitudes may be shifted up before they leave -1..1. */
static int shift_of(float size, unsigned bits)
{
    const int least = -7 - (int)bits, most = 23 - (int)bits;
    const float shift = floorf(log2f(1.0F / size));
    if (!(shift < (float)most))
        return most;
    return shift < (float)least ? least : (int)shift;
}

static void round_to(float *values, size_t count, int up, unsigned bits)
{
    const float least = -ldexpf(1.0F, (int)bits - 1), most = -least - 1;
    for (size_t i = 0; i < count; i++)
        values[i] = fminf(fmaxf(floorf(ldexpf(values[i], up) + 0.5F), least), most);
}

int syn_vendor_quantize(float *weights, size_t count, float *bias, size_t bias_count, unsigned bits,
                        float quantile, int *shift, struct syn_error *error)
{
    float *sizes = malloc((count + bias_count + 1) * sizeof *sizes);
    if (!sizes)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for the weights");
    for (size_t i = 0; i < count; i++)
        sizes[i] = fabsf(weights[i]);
    for (size_t i = 0; i < bias_count; i++)
        sizes[count + i] = fabsf(bias[i]);
    *shift = -shift_of(quantile_of(sizes, count + bias_count, quantile), bits);
    free(sizes);
    round_to(weights, count, (int)bits - 1 - *shift, bits);
    round_to(bias, bias_count, (int)bits - 1 - *shift, bits);
    return 0;
}
