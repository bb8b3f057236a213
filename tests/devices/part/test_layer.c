/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layers: shapes, defaults, what is refused and in which words; parts; packed weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "devices/part/geometry.h"
#include "devices/part/layer.h"
#include "devices/part/place.h"

static struct syn_layer conv3x3(uint16_t channels)
{
    return (struct syn_layer){
        .op = SYN_OP_CONV2D,
        .kernel_h = 3,
        .kernel_w = 3,
        .pad_h = 1,
        .pad_w = 1,
        .weight_bits = 8,
        .input_count = 1,
        .pool_first = true,
        .out.channels = channels,
    };
}

static void assert_shape(struct syn_shape s, unsigned channels, unsigned height, unsigned width)
{
    assert_int_equal(s.channels, channels);
    assert_int_equal(s.height, height);
    assert_int_equal(s.width, width);
}

static void a_convolution_pools_first_and_keeps_its_size_when_padded(void **state)
{
    struct syn_layer l = conv3x3(16);
    const struct syn_shape in = {3, 33, 20};

    (void)state;
    l.pool = SYN_POOL_MAX;
    l.pool_h = l.pool_w = l.pool_stride_h = l.pool_stride_w = 2;
    assert_int_equal(syn_layer_resolve(&l, &in, NULL), 0);
    assert_shape(l.pooled, 3, 16, 10);
    assert_shape(l.out, 16, 16, 10);
    assert_int_equal(syn_layer_weight_count(&l), 16 * 3 * 9);
    assert_int_equal(syn_layer_macs(&l), 16 * 3 * 9 * 160);
    assert_true(l.processors == 0x7);
    assert_true(l.output_processors == 0xffff);
    assert_int_equal(l.output_width, 8);
    assert_int_equal(l.groups, 1);
}

static void a_transposed_convolution_doubles(void **state)
{
    struct syn_layer l = conv3x3(4);
    const struct syn_shape in = {8, 6, 5};

    (void)state;
    l.op = SYN_OP_CONVTRANSPOSE2D;
    assert_int_equal(syn_layer_resolve(&l, &in, NULL), 0);
    assert_shape(l.pooled, 8, 6, 5);
    assert_shape(l.out, 4, 12, 10);
    l.pad_h = l.pad_w = 0;
    assert_int_equal(syn_layer_resolve(&l, &in, NULL), 0);
    assert_shape(l.out, 4, 14, 12);
    l.pad_h = l.pad_w = 2;
    assert_int_equal(syn_layer_resolve(&l, &in, NULL), 0);
    assert_shape(l.out, 4, 10, 8);
}

static void inputs_are_concatenated_or_combined(void **state)
{
    const struct syn_shape two[2] = {{56, 12, 12}, {56, 12, 12}};
    struct syn_layer concat = conv3x3(56), sum = {.eltwise = SYN_ELTWISE_ADD};

    (void)state;
    concat.input_count = sum.input_count = 2;
    assert_int_equal(syn_layer_resolve(&concat, two, NULL), 0);
    assert_shape(concat.in, 112, 12, 12);
    assert_true(concat.processors == (UINT64_C(1) << 56) - 1);
    assert_int_equal(syn_layer_resolve(&sum, two, NULL), 0);
    assert_shape(sum.out, 56, 12, 12);
    assert_int_equal(syn_layer_weight_bytes(&sum), 0);
}

static void linear_flattens(void **state)
{
    const struct syn_shape in = {12, 4, 4};
    struct syn_layer l = {.op = SYN_OP_LINEAR,
                          .flatten = true,
                          .weight_bits = 4,
                          .has_bias = true,
                          .input_count = 1,
                          .out.channels = 10};
    const char *why;

    (void)state;
    assert_int_equal(syn_layer_resolve(&l, &in, NULL), 0);
    assert_shape(l.out, 10, 1, 1);
    assert_int_equal(syn_layer_weight_bytes(&l), 960);
    assert_int_equal(syn_layer_bias_bytes(&l), 10);
    l.flatten = false;
    assert_int_equal(syn_layer_resolve(&l, &in, &why), SYN_EINVAL);
    assert_string_equal(why, "linear without flatten needs an input of one pixel");
}

static void dilated_conv1d_reaches_further(void **state)
{
    const struct syn_shape in = {5, 111, 1};
    struct syn_layer l = conv3x3(11);

    (void)state;
    l.op = SYN_OP_CONV1D;
    l.kernel_h = 2;
    l.kernel_w = 0;
    l.pad_h = l.pad_w = 0;
    l.dilation_h = 13;
    assert_int_equal(syn_layer_resolve(&l, &in, NULL), 0);
    assert_shape(l.out, 11, 98, 1);
}

/* One wrong field each, and the sentence that says so. */
static void wrong_layers_are_refused_in_words(void **state)
{
    const struct syn_shape shapes[3] = {{8, 10, 10}, {8, 10, 9}, {4, 10, 10}};
    const char *why;
    struct syn_layer l;

    (void)state;
#define REFUSED(change, sentence)                                                                  \
    l = conv3x3(8);                                                                                \
    change;                                                                                        \
    assert_int_equal(syn_layer_resolve(&l, shapes, &why), SYN_EINVAL);                             \
    assert_string_equal(why, sentence)

    REFUSED(l.op = 77, "unknown operation");
    REFUSED(l.pool = 9, "unknown pooling");
    REFUSED(l.activation = 3, "unknown activation");
    REFUSED(l.output_width = 16, "output width is neither 8 nor 32");
    REFUSED(l.input_count = 0, "a layer has 1 to 16 inputs");
    REFUSED(l.input_count = 17, "a layer has 1 to 16 inputs");
    REFUSED(l.eltwise = SYN_ELTWISE_ADD, "an element-wise operation needs at least two inputs");
    REFUSED(l.input_count = 2, "inputs differ in height or width");
    REFUSED(l.pool_h = 2, "pooling size without pooling");
    REFUSED(l.weight_bits = 3, "weights have 1, 2, 4 or 8 bits");
    REFUSED(l.output_shift = -16,
            "the total shift, output_shift + 8 - weight_bits, is not in -15..15");
    REFUSED(l.kernel_w = 0, "kernel size is missing");
    REFUSED((l.kernel_h = 13, l.kernel_w = 13), "kernel larger than the padded input");
    REFUSED(l.dilation_h = 60000, "kernel larger than the padded input");
    REFUSED(l.groups = 2, "groups must be 1 or the number of channels, in and out");
    REFUSED(l.flatten = true, "only linear can flatten");
    REFUSED(l.out.channels = 0, "number of output channels is missing");
    REFUSED((l.pool = SYN_POOL_AVG, l.pool_h = 11), "pooling larger than the input");
    REFUSED((l.output_width = 32, l.activation = SYN_ACT_RELU), "32-bit output has no activation");
    REFUSED((l.op = SYN_OP_PASSTHROUGH), "kernel, padding, dilation, groups or flattening without "
                                         "a convolution");
    REFUSED((l.out.channels = 65535, l.kernel_h = l.kernel_w = 9, l.pad_h = l.pad_w = 200),
            "tensor is too large");
#undef REFUSED
    l = (struct syn_layer){.eltwise = SYN_ELTWISE_SUB, .input_count = 2};
    assert_int_equal(syn_layer_resolve(&l, (const struct syn_shape[]){shapes[0], shapes[2]}, &why),
                     SYN_EINVAL);
    assert_string_equal(why, "operands of an element-wise operation differ in shape");
}

static void weights_of_every_width_survive_packing(void **state)
{
    static const unsigned widths[] = {1, 2, 4, 8};
    int8_t before[61], after[61];
    uint8_t packed[61];
    uint64_t seed = 5;

    (void)state;
    for (unsigned w = 0; w < 4; w++) {
        for (unsigned i = 0; i < 61; i++)
            before[i] = (int8_t)((int8_t)(syn_splitmix64(&seed) << (8 - widths[w]) & 0xff) >>
                                 (8 - widths[w]));
        memset(packed, 0xaa, sizeof packed);
        syn_weights_pack(before, widths[w], 61, packed);
        syn_weights_unpack(packed, widths[w], 61, after);
        assert_memory_equal(before, after, 61);
    }
}

static void the_first_weight_lies_in_the_low_bits(void **state)
{
    const int8_t four[] = {-8, 7, -1}, one[] = {-1, 0, 0, -1, 0, 0, 0, 0, -1};
    uint8_t packed[2];

    (void)state;
    syn_weights_pack(four, 4, 3, packed);
    assert_int_equal(packed[0], 0x78);
    assert_int_equal(packed[1], 0x0f);
    syn_weights_pack(one, 1, 9, packed);
    assert_int_equal(packed[0], 0x09);
    assert_int_equal(packed[1], 0x01);
}

static void parts_are_found_by_name_and_channels_expand(void **state)
{
    (void)state;
    assert_ptr_equal(syn_part_find("max78000"), &syn_part_max78000);
    assert_ptr_equal(syn_part_find("MAX78002"), &syn_part_max78002);
    assert_null(syn_part_find("MAX7800"));
    assert_null(syn_part_find("MAX780000"));
    assert_null(syn_part_find(NULL));
    assert_int_equal(syn_part_expand(64), 1);
    assert_int_equal(syn_part_expand(65), 2);
    assert_int_equal(syn_part_processors(63), 63);
    assert_int_equal(syn_part_processors(100), 52);
    assert_int_equal(syn_part_processors(432), 64);
    assert_int_equal(syn_part_processors(480), 60);
    assert_true(syn_part_default_map(64) == UINT64_MAX);
    assert_true(syn_part_default_map(72) == (UINT64_C(1) << 36) - 1);
}

static void parts_refuse_what_they_have_not_got(void **state)
{
    const struct syn_shape in = {16, 20, 20};
    struct syn_misfit misfit;
    struct syn_layer l;

    (void)state;
#define CHECKED(part, change, expected)                                                            \
    l = conv3x3(16);                                                                               \
    change;                                                                                        \
    assert_int_equal(syn_layer_resolve(&l, &in, NULL), 0);                                         \
    assert_int_equal(syn_place_check_layer(part, &l, &misfit), expected)

    CHECKED(&syn_part_max78000, (void)0, 0);
    CHECKED(&syn_part_max78000, l.groups = 16, SYN_EOOR);
    assert_string_equal(misfit.what, "depthwise convolution");
    CHECKED(&syn_part_max78002, l.groups = 16, 0);
    CHECKED(&syn_part_max78000, l.dilation_h = 2, SYN_EOOR);
    CHECKED(&syn_part_max78002, l.dilation_h = 2, SYN_EOOR);
    CHECKED(&syn_part_max78000, (l.kernel_h = l.kernel_w = 5), SYN_EOOR);
    assert_string_equal(misfit.what, "conv2d kernels are 1x1 or 3x3");
    CHECKED(&syn_part_max78000, l.processors = 0xff, SYN_EOOR);
    CHECKED(&syn_part_max78000, l.out.channels = 1025, SYN_EOOR);
    assert_int_equal(misfit.limit, SYN_LIMIT_CHANNELS);
    assert_int_equal(misfit.need, 1025);
    assert_int_equal(misfit.have, 1024);
    CHECKED(&syn_part_max78000, (l.out.channels = 513, l.has_bias = true), SYN_EOOR);
    CHECKED(&syn_part_max78000, (l.pool = SYN_POOL_MAX, l.pool_h = 17), SYN_EOOR);
#undef CHECKED
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_convolution_pools_first_and_keeps_its_size_when_padded),
        cmocka_unit_test(a_transposed_convolution_doubles),
        cmocka_unit_test(inputs_are_concatenated_or_combined),
        cmocka_unit_test(linear_flattens),
        cmocka_unit_test(dilated_conv1d_reaches_further),
        cmocka_unit_test(wrong_layers_are_refused_in_words),
        cmocka_unit_test(weights_of_every_width_survive_packing),
        cmocka_unit_test(the_first_weight_lies_in_the_low_bits),
        cmocka_unit_test(parts_are_found_by_name_and_channels_expand),
        cmocka_unit_test(parts_refuse_what_they_have_not_got),
    };

    return cmocka_run_group_tests_name("layer", tests, NULL, NULL);
}
