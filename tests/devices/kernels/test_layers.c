/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random layers, larger than those of random models: AVX2 against the portable kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/hash.h"
#include "tests/devices/kernels/run_layer.h"
#include "tests/devices/part/random_models.h"

#define LAYERS 1500

struct random_layer {
    struct layer_case c;
    uint8_t *data[SYN_LAYER_INPUTS_MAX], *packed;
    int8_t *bias;
};

static uint8_t *random_bytes(uint32_t count, uint64_t *seed)
{
    uint8_t *bytes = malloc(count ? count : 1);
    /* Extremes more often than chance has them. */
    const bool wild = random_below(seed, 4) == 0;
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = wild && random_below(seed, 2) ? (random_below(seed, 2) ? 0x80 : 0x7f)
                                                 : (uint8_t)syn_splitmix64(seed);
    return bytes;
}

static void choose_conv(struct syn_layer *l, uint64_t *seed)
{
    static const uint8_t widths[] = {1, 2, 4, 8};
    l->op = (uint8_t)(SYN_OP_CONV2D + random_below(seed, 4));
    l->kernel_h = (uint8_t)(1 + random_below(seed, l->op == SYN_OP_CONV1D ? 9 : 4));
    l->kernel_w = (uint8_t)(1 + random_below(seed, 4));
    l->pad_h = (uint8_t)random_below(seed, 3);
    l->pad_w = (uint8_t)random_below(seed, 3);
    l->dilation_h = (uint16_t)(1 + (random_below(seed, 3) ? 0 : random_below(seed, 4)));
    l->dilation_w = (uint16_t)(1 + (random_below(seed, 3) ? 0 : random_below(seed, 4)));
    l->weight_bits = widths[random_below(seed, 4)];
    l->output_shift = (int8_t)((int)random_below(seed, 31) - 15 - (8 - l->weight_bits));
    l->activation = (uint8_t)random_below(seed, SYN_ACT_COUNT);
    l->has_bias = random_below(seed, 2);
    l->output_width = l->activation == SYN_ACT_NONE && random_below(seed, 2) ? 32 : 8;
    l->out.channels = (uint16_t)(1 + random_below(seed, random_below(seed, 4) ? 40 : 150));
    if (l->op == SYN_OP_CONV1D)
        l->kernel_w = 1, l->pad_w = 0, l->dilation_w = 1;
    if (l->op == SYN_OP_LINEAR) {
        l->kernel_h = l->kernel_w = 1;
        l->pad_h = l->pad_w = 0;
        l->dilation_h = l->dilation_w = 1;
        l->flatten = true;
    }
}

static struct syn_shape choose_shape(const struct syn_layer *l, uint64_t *seed)
{
    struct syn_shape s = {
        .channels = (uint16_t)(1 + random_below(seed, random_below(seed, 4) ? 40 : 150)),
        .height = (uint16_t)(1 + random_below(seed, random_below(seed, 4) ? 12 : 40)),
        .width = (uint16_t)(1 + random_below(seed, random_below(seed, 4) ? 12 : 40)),
    };
    if (l->op == SYN_OP_CONV1D)
        s.width = 1;
    return s;
}

/* Retries until the layer is one. */
static void random_conv(struct random_layer *r, uint64_t *seed)
{
    struct syn_layer *l = &r->c.layer;
    struct syn_shape shape;
    *r = (struct random_layer){0};
    do {
        *l = (struct syn_layer){.input_count = 1};
        choose_conv(l, seed);
        shape = choose_shape(l, seed);
        if ((l->op == SYN_OP_CONV2D || l->op == SYN_OP_CONVTRANSPOSE2D) && !random_below(seed, 4))
            l->groups = l->out.channels = shape.channels;
    } while (syn_layer_resolve(l, &shape, NULL) || syn_layer_macs(l) > 3000000);
    r->c.packed = r->packed = random_bytes(syn_layer_weight_bytes(l), seed);
    r->bias = (int8_t *)random_bytes(l->out.channels, seed);
    r->c.bias = l->has_bias ? r->bias : NULL;
    r->data[0] = random_bytes(syn_tensor_bytes(l->in, 8), seed);
    r->c.operands[0] = (const int8_t *)r->data[0];
}

static void random_pool(struct random_layer *r, uint64_t *seed)
{
    struct syn_layer *l = &r->c.layer;
    struct syn_shape shape;
    *r = (struct random_layer){0};
    do {
        const unsigned limit = random_below(seed, 8) ? 4 : 30;
        *l = (struct syn_layer){.input_count = 1};
        l->pool = (uint8_t)(1 + random_below(seed, 2));
        l->pool_h = (uint8_t)(1 + random_below(seed, limit));
        l->pool_w = (uint8_t)(1 + random_below(seed, limit));
        l->pool_stride_h = (uint8_t)(1 + random_below(seed, 4));
        l->pool_stride_w = (uint8_t)(1 + random_below(seed, 4));
        l->pool_dilation_h = (uint8_t)(1 + random_below(seed, 3));
        l->pool_dilation_w = (uint8_t)(1 + random_below(seed, 3));
        l->pool_round = random_below(seed, 2);
        shape = choose_shape(l, seed);
    } while (syn_layer_resolve(l, &shape, NULL));
    r->data[0] = random_bytes(syn_tensor_bytes(l->in, 8), seed);
    r->c.operands[0] = (const int8_t *)r->data[0];
}

static void random_eltwise(struct random_layer *r, uint64_t *seed)
{
    struct syn_layer *l = &r->c.layer;
    struct syn_shape shapes[SYN_LAYER_INPUTS_MAX];
    *r = (struct random_layer){0};
    l->input_count = (uint8_t)(2 + random_below(seed, SYN_LAYER_INPUTS_MAX - 1));
    l->eltwise = (uint8_t)(1 + random_below(seed, SYN_ELTWISE_COUNT - 1));
    l->output_width = random_below(seed, 2) ? 32 : 8;
    shapes[0] = choose_shape(l, seed);
    for (unsigned n = 0; n < l->input_count; n++) {
        shapes[n] = shapes[0];
        r->data[n] = random_bytes(syn_tensor_bytes(shapes[0], 8), seed);
        r->c.operands[n] = (const int8_t *)r->data[n];
    }
    assert_int_equal(syn_layer_resolve(l, shapes, NULL), 0);
}

static void free_layer(struct random_layer *r)
{
    for (unsigned n = 0; n < SYN_LAYER_INPUTS_MAX; n++)
        free(r->data[n]);
    free(r->packed);
    free(r->bias);
}

/* Frees both. */
static void assert_same(void *found, void *wanted, size_t bytes, const struct syn_layer *l,
                        uint64_t seed)
{
    if (memcmp(found, wanted, bytes) != 0)
        fail_msg("seed %#llx: op %u, %ux%ux%u, kernel %ux%u, %u outputs differ",
                 (unsigned long long)seed, l->op, l->in.channels, l->in.height, l->in.width,
                 l->kernel_h, l->kernel_w, l->out.channels);
    free(found);
    free(wanted);
}

static const struct syn_kernels *fast(void)
{
    const struct syn_kernels *kernels = syn_kernels_avx2();
    if (!kernels) {
        print_message("this machine has no AVX2\n");
        skip();
    }
    return kernels;
}

static void convolutions_equal_the_portable_ones_in_any_slices(void **state)
{
    const struct syn_kernels *kernels = fast();
    uint64_t seeds = 11;
    unsigned depthwise = 0, transposed = 0;
    (void)state;
    for (unsigned n = 0; n < LAYERS; n++) {
        uint64_t seed = syn_splitmix64(&seeds), name = seed;
        struct random_layer r;
        random_conv(&r, &seed);
        const struct syn_layer *l = &r.c.layer;
        const unsigned rows = random_below(&seed, 2) ? l->out.height : 1 + random_below(&seed, 9);
        assert_same(run_conv(kernels, &r.c, rows),
                    run_conv(syn_kernels_portable(), &r.c, l->out.height),
                    syn_tensor_bytes(l->out, l->output_width), l, name);
        depthwise += l->groups > 1;
        transposed += l->op == SYN_OP_CONVTRANSPOSE2D;
        free_layer(&r);
    }
    print_message("%u layers, %u depthwise, %u transposed\n", LAYERS, depthwise, transposed);
    assert_true(depthwise > LAYERS / 40);
    assert_true(transposed > LAYERS / 20);
}

static void pooling_equals_the_portable_one(void **state)
{
    const struct syn_kernels *kernels = fast();
    uint64_t seeds = 12;
    (void)state;
    for (unsigned n = 0; n < LAYERS; n++) {
        uint64_t seed = syn_splitmix64(&seeds), name = seed;
        struct random_layer r;
        random_pool(&r, &seed);
        assert_same(run_pool(kernels, &r.c, 0), run_pool(syn_kernels_portable(), &r.c, 0),
                    syn_tensor_bytes(r.c.layer.pooled, 8), &r.c.layer, name);
        free_layer(&r);
    }
}

static void element_wise_operations_equal_the_portable_ones(void **state)
{
    const struct syn_kernels *kernels = fast();
    uint64_t seeds = 13;
    (void)state;
    for (unsigned n = 0; n < LAYERS / 5; n++) {
        uint64_t seed = syn_splitmix64(&seeds), name = seed;
        struct random_layer r;
        random_eltwise(&r, &seed);
        const uint32_t count = syn_tensor_bytes(r.c.layer.out, 8);
        assert_same(run_eltwise(kernels, &r.c, count),
                    run_eltwise(syn_kernels_portable(), &r.c, count),
                    (size_t)count * r.c.layer.output_width / 8, &r.c.layer, name);
        free_layer(&r);
    }
}

/* So many columns and channels that the input is widened in several bands, or row by row. */
static void a_convolution_of_many_bands_equals_the_portable_one(void **state)
{
    static const struct syn_shape shapes[] = {{64, 88, 88}, {20, 3, 1000}, {1000, 9, 17}};
    static const uint8_t ops[] = {SYN_OP_CONV2D, SYN_OP_CONVTRANSPOSE2D};
    const struct syn_kernels *kernels = fast();
    uint64_t seed = 14;
    (void)state;
    for (unsigned n = 0; n < 6; n++) {
        struct random_layer r = {0};
        struct syn_layer *l = &r.c.layer;
        *l = (struct syn_layer){.op = ops[n % 2],
                                .input_count = 1,
                                .kernel_h = 3,
                                .kernel_w = 3,
                                .pad_h = 1,
                                .pad_w = 1,
                                .weight_bits = 8,
                                .output_shift = -4,
                                .out.channels = 9};
        assert_int_equal(syn_layer_resolve(l, &shapes[n / 2], NULL), 0);
        r.c.packed = r.packed = random_bytes(syn_layer_weight_bytes(l), &seed);
        r.data[0] = random_bytes(syn_tensor_bytes(l->in, 8), &seed);
        r.c.operands[0] = (const int8_t *)r.data[0];
        assert_same(run_conv(kernels, &r.c, n % 3 ? l->out.height : 7),
                    run_conv(syn_kernels_portable(), &r.c, l->out.height),
                    syn_tensor_bytes(l->out, 8), l, 14);
        free_layer(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_equal_the_portable_ones_in_any_slices),
        cmocka_unit_test(a_convolution_of_many_bands_equals_the_portable_one),
        cmocka_unit_test(pooling_equals_the_portable_one),
        cmocka_unit_test(element_wise_operations_equal_the_portable_ones),
    };
    return cmocka_run_group_tests_name("kernels, layer by layer", tests, NULL, NULL);
}
