/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far output may run into input, against a pixel by pixel replay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/part/overlap.h"
#include "tests/devices/part/random_models.h"

static int lower(int a, int b)
{
    return a < b ? a : b;
}

/* Raster index of the last pooled pixel that output (y, x) needs; -1 where it is all padding. */
static int last_pooled(const struct syn_layer *l, int y, int x)
{
    int last = -1;

    for (int i = 0; i < l->kernel_h; i++)
        for (int j = 0; j < l->kernel_w; j++) {
            int row = y + i * l->dilation_h - l->pad_h, column = x + j * l->dilation_w - l->pad_w;

            if (l->op == SYN_OP_CONVTRANSPOSE2D) {
                row = y + i * l->dilation_h - (l->dilation_h * (l->kernel_h - 1) - l->pad_h);
                column = x + j * l->dilation_w - (l->dilation_w * (l->kernel_w - 1) - l->pad_w);
                if (row < 0 || column < 0 || row % 2 || column % 2)
                    continue;
                row /= 2;
                column /= 2;
            }
            if (row < 0 || column < 0)
                continue;
            row = lower(row, l->pooled.height - 1);
            column = lower(column, l->pooled.width - 1);
            if (row * l->pooled.width + column > last)
                last = row * l->pooled.width + column;
        }
    return last;
}

/* The last pooled pixel whose window holds input pixel (y, x); -1 where none does. */
static int last_window(const struct syn_layer *l, int y, int x)
{
    for (int at = l->pooled.height * l->pooled.width - 1; at >= 0; at--) {
        int dy = y - at / l->pooled.width * l->pool_stride_h;
        int dx = x - at % l->pooled.width * l->pool_stride_w;

        if (dy >= 0 && dx >= 0 && dy <= (l->pool_h - 1) * l->pool_dilation_h &&
            dx <= (l->pool_w - 1) * l->pool_dilation_w)
            return at;
    }
    return -1;
}

/* Is an input byte overwritten before it is read, with the input `distance` above the output? */
static bool harms(const struct syn_layer *l, int in_stride, int out_stride, int64_t distance)
{
    int pixels = l->in.height * l->in.width, read = -1,
        *until = malloc(sizeof *until * (size_t)pixels);
    bool harm = false;

    for (int q = 0; q < pixels; q++)
        until[q] = last_window(l, q / l->in.width, q % l->in.width);
    for (int p = 0; p < l->out.height * l->out.width && !harm; p++) {
        int needed = last_pooled(l, p / l->out.width, p % l->out.width);

        read = needed > read ? needed : read;
        for (int q = 0; q < pixels && !harm; q++) {
            int64_t from = distance + (int64_t)q * in_stride;

            harm = until[q] > read && from < (int64_t)(p + 1) * out_stride &&
                   from + in_stride > (int64_t)p * out_stride;
        }
    }
    free(until);
    return harm;
}

static bool random_single(struct syn_layer *l, uint64_t *seed)
{
    struct random_model m;

    random_model_make(&m, seed);
    *l = m.layers[0];
    random_model_free(&m);
    return l->input_count == 1 && !l->flatten;
}

static void no_input_is_overwritten_before_it_is_read(void **state)
{
    uint64_t seed = 11;
    unsigned layers = 0, tight = 0;

    (void)state;
    while (layers < 600 / SYN_FEWER) {
        int in_stride = 4 << random_below(&seed, 3), out_stride = 4 << random_below(&seed, 3);
        struct syn_layer l;
        int64_t distance;

        if (!random_single(&l, &seed))
            continue;
        distance = syn_overlap_distance(&l, (uint32_t)in_stride, (uint32_t)out_stride);
        for (int more = 0; more <= 64; more += 4)
            assert_false(harms(&l, in_stride, out_stride, distance + more));
        tight += harms(&l, in_stride, out_stride, distance - 4);
        layers++;
    }
    printf("%u of %u distances cannot be shorter\n", tight, layers);
    assert_true(tight > layers / 4);
}

static void a_convolution_of_the_same_size_works_in_place(void **state)
{
    const struct syn_shape in = {64, 88, 88};
    struct syn_layer l = {.op = SYN_OP_CONV2D,
                          .kernel_h = 3,
                          .kernel_w = 3,
                          .pad_h = 1,
                          .pad_w = 1,
                          .weight_bits = 8,
                          .input_count = 1,
                          .out.channels = 64};

    (void)state;
    assert_int_equal(syn_layer_resolve(&l, &in, NULL), 0);
    assert_true(syn_overlap_distance(&l, 4, 4) <= 0);
    /* Four times as wide an output needs the input above it. */
    assert_int_equal(syn_overlap_distance(&l, 4, 16), 88 * 88 * 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_input_is_overwritten_before_it_is_read),
        cmocka_unit_test(a_convolution_of_the_same_size_works_in_place),
    };

    return cmocka_run_group_tests_name("overlap", tests, NULL, NULL);
}
