/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What parts are known to do wrong without a word, and outputs over inputs that are not read yet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/part/overlap.h"
#include "tests/devices/emulator/tiny.h"

static const struct syn_part *const parts[] = {&syn_part_max78000, &syn_part_max78002};

#define EACH_PART(part)                                                                            \
    for (const struct syn_part *const *at = parts, *part = *at; at < parts + 2;                    \
         part = ++at < parts + 2 ? *at : NULL)

#define F(name) SYN_FIELD_##name
#define ADD                                                                                        \
    {F(ELTWISE), 1}, {F(ELTWISE_FN), SYN_ELT_ADD},                                                 \
    {                                                                                              \
        F(ELTWISE_CONV), 1                                                                         \
    }
#define EIGHT                                                                                      \
    {F(OUTPUT_BITS), 3 * 8},                                                                       \
    {                                                                                              \
        F(MASK_LAST), 7 * 8                                                                        \
    }
#define LINE3                                                                                      \
    {F(LINE), 1}, {F(LINE_LENGTH), 3}, {F(CACHE_LAST), 0}, {F(COLUMNS_LAST), 0},                   \
    {                                                                                              \
        F(COLUMNS_PAD), 0                                                                          \
    }
#define COPY                                                                                       \
    {F(TIME_SLOTS), 1}, {F(LINE_LENGTH), 1}, {F(CACHE_LAST), 0}, {F(MASKS), 0}, {F(MASK_LAST), 0}, \
        {F(ROWS_PAD), 0},                                                                          \
    {                                                                                              \
        F(COLUMNS_PAD), 0                                                                          \
    }

/* Each begins as 3x3 over 5 x 6 pixels of four channels. */
static const struct {
    const struct syn_part *part;
    const char *what;
    struct {
        uint8_t field;
        uint32_t value;
    } fields[16];
} limits[] = {
    {&syn_part_max78000,
     "pooling behind",
     {ADD, {F(OPERANDS_LAST), 2}, {F(POOL), 1}, {F(POOL_ROWS_LAST), 1}}},
    {&syn_part_max78000, "conv1d of several operands", {LINE3, ADD, {F(OPERANDS_LAST), 1}}},
    {&syn_part_max78000, "copy with an activation", {COPY, {F(RELU), 1}}},
    {&syn_part_max78000,
     "operands or passes",
     {ADD, EIGHT, {F(OPERANDS_LAST), 2}, {F(PASSES_LAST), 1}}},
    {&syn_part_max78000,
     "pooling in a copy",
     {COPY,
      {F(MASK_LAST), 8},
      {F(PASSES_LAST), 1},
      {F(POOL), 1},
      {F(POOL_ROWS_LAST), 1},
      {F(WRITE_PASS_STEP), 1}}},
    {&syn_part_max78002,
     "padded conv1d",
     {LINE3,
      EIGHT,
      {F(COLUMNS_PADDED), 0},
      {F(KERNEL_COLUMNS_LAST), 0},
      {F(PASSES_LAST), 1},
      {F(OUTPUTS_LAST), 7},
      {F(STRIDE_WORDS), 2},
      {F(ROWS_STEP), 2}}},
    {&syn_part_max78002,
     "and a bias",
     {ADD,
      EIGHT,
      {F(OPERANDS_LAST), 1},
      {F(PASSES_LAST), 1},
      {F(OUTPUTS_LAST), 7},
      {F(STRIDE_WORDS), 4},
      {F(ROWS_STEP), 4},
      {F(BIAS), 1}}},
    {&syn_part_max78002,
     "gap in an input",
     {EIGHT, {F(PASSES_LAST), 1}, {F(OUTPUTS_LAST), 7}, {F(STRIDE_WORDS), 4}, {F(ROWS_STEP), 4}}},
    {&syn_part_max78002,
     "two blocks",
     {{F(DEPTHWISE), 1},
      {F(BROADCAST), 1},
      {F(PASSES_LAST), 1},
      {F(MASK_FIRST), 1023 * 8},
      {F(MASK_LAST), 1024 * 8},
      {F(STRIDE_WORDS), 2},
      {F(ROWS_STEP), 2},
      {F(WRITE_SKIP), 1},
      {F(WRITE_PASS_STEP), 1}}},
};

static void what_a_part_is_known_to_do_wrong(void **state)
{
    struct tiny t;

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        tiny_open_small(&t, limits[i].part);
        for (unsigned f = 0; f < 16; f++)
            if (limits[i].fields[f].field || limits[i].fields[f].value)
                tiny_set(&t, (enum syn_layer_field)limits[i].fields[f].field,
                         limits[i].fields[f].value);
        tiny_run_small(&t);
        tiny_assert_fault(&t, SYN_FAULT_LIMIT, 0, 0);
        assert_non_null(strstr(syn_emulator_fault(t.emulator)->words, limits[i].what));
        tiny_close(&t);
    }
}

/* A MAX78002 does not begin an average anew behind an element-wise layer. */
static void an_average_behind_operands(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open(&t, &syn_part_max78002, 1, 0, 4, 6);
    tiny_set(&t, SYN_FIELD_POOL, 1);
    tiny_set(&t, SYN_FIELD_POOL_MAX, 0);
    tiny_set(&t, SYN_FIELD_POOL_ROWS_LAST, 1);
    tiny_configure(&t, 0, 1);
    tiny_run(&t, 0, 1 << 8 | 1);
    assert_null(syn_emulator_fault(t.emulator));
    tiny_close(&t);
    tiny_open(&t, &syn_part_max78002, 1, 0, 4, 3); /* two operands in what was loaded */
    t.width = 6;
    tiny_load_input(&t);
    tiny_set(&t, SYN_FIELD_ELTWISE, 1);
    tiny_set(&t, SYN_FIELD_ELTWISE_FN, SYN_ELT_ADD);
    tiny_set(&t, SYN_FIELD_ELTWISE_CONV, 1);
    tiny_set(&t, SYN_FIELD_OPERANDS_LAST, 1);
    tiny_set(&t, SYN_FIELD_STRIDE_WORDS, 2);
    tiny_set(&t, SYN_FIELD_ROWS_STEP, 2);
    tiny_configure(&t, 0, 0);
    tiny_set(&t, SYN_FIELD_ELTWISE, 0);
    tiny_set(&t, SYN_FIELD_ELTWISE_FN, 0);
    tiny_set(&t, SYN_FIELD_ELTWISE_CONV, 0);
    tiny_set(&t, SYN_FIELD_OPERANDS_LAST, 0);
    tiny_set(&t, SYN_FIELD_POOL, 1);
    tiny_set(&t, SYN_FIELD_POOL_MAX, 0);
    tiny_set(&t, SYN_FIELD_POOL_ROWS_LAST, 1);
    tiny_configure(&t, 0, 1);
    tiny_run(&t, 0, 1);
    tiny_assert_fault(&t, SYN_FAULT_LIMIT, 1, 0);
    tiny_close(&t);
}

/* ---- overwritten inputs ------------------------------------------------------------------- */

static void an_output_over_an_unread_input(void **state)
{
    struct tiny t;

    (void)state;
    EACH_PART(part)
    {
        tiny_open_small(&t, part);
        tiny_set(&t, SYN_FIELD_WRITE_WORD, 0); /* behind what is read: allowed */
        tiny_run_small(&t);
        assert_null(syn_emulator_fault(t.emulator));
        tiny_close(&t);
        tiny_open_small(&t, part);
        tiny_set(&t, SYN_FIELD_WRITE_WORD, 8);
        tiny_run_small(&t);
        tiny_assert_fault(&t, SYN_FAULT_OVERWRITE, 0, 0);
        assert_int_equal(syn_emulator_fault(t.emulator)->address,
                         syn_data_address(t.regs, 0) + 4 * 8);
        tiny_close(&t);
    }
}

/* Whether a layer may write `distance` words before the place from which it reads. */
static bool is_allowed(unsigned kernel, unsigned pad, unsigned height, unsigned width, int distance)
{
    struct tiny t;
    bool allowed;

    tiny_create(&t, &syn_part_max78000, kernel, pad, height, width);
    tiny_init(&t);
    tiny_load_weights(&t);
    tiny_set(&t, SYN_FIELD_READ_WORD, 2000);
    tiny_set(&t, SYN_FIELD_WRITE_WORD, (uint32_t)(2000 - distance));
    for (uint32_t i = 0; i < height * width; i++)
        syn_emulator_write(t.emulator, syn_data_address(t.regs, 0) + 4 * (2000 + i), i);
    tiny_run_small(&t);
    allowed = !syn_emulator_fault(t.emulator);
    if (!allowed)
        assert_int_equal(syn_emulator_fault(t.emulator)->kind, SYN_FAULT_OVERWRITE);
    tiny_close(&t);
    return allowed;
}

static void an_output_may_be_as_close_as_placement_puts_it(void **state)
{
    unsigned seed = 20261121;

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        unsigned kernel = (unsigned)rand_r(&seed) % 2 * 2 + 1;
        unsigned pad = kernel == 1 ? 0 : (unsigned)rand_r(&seed) % 3;
        unsigned height = 3 + (unsigned)rand_r(&seed) % 9, width = 3 + (unsigned)rand_r(&seed) % 9;
        struct syn_layer l = {.op = SYN_OP_CONV2D,
                              .kernel_h = (uint8_t)kernel,
                              .kernel_w = (uint8_t)kernel,
                              .pad_h = (uint8_t)pad,
                              .pad_w = (uint8_t)pad,
                              .weight_bits = 8,
                              .input_count = 1,
                              .out = {.channels = 4}};
        struct syn_shape in = {4, (uint16_t)height, (uint16_t)width};
        int distance;

        assert_int_equal(syn_layer_resolve(&l, &in, NULL), 0);
        distance = (int)syn_overlap_distance(&l, 4, 4) / 4;
        /* The emulator allows more: what lies beyond the input, and the rows in the cache. */
        if (!is_allowed(kernel, pad, height, width, distance) ||
            (kernel == 1 && is_allowed(kernel, pad, height, width, distance - 1)))
            fail_msg("seed 20261121, case %u: kernel %u, pad %u, %ux%u, distance %d", i, kernel,
                     pad, height, width, distance);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_part_is_known_to_do_wrong),
        cmocka_unit_test(an_average_behind_operands),
        cmocka_unit_test(an_output_over_an_unread_input),
        cmocka_unit_test(an_output_may_be_as_close_as_placement_puts_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
