/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What silicon would do wrong without a word: every kind of fault, and that it names the place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/devices/emulator/tiny.h"

static const struct syn_part *const parts[] = {&syn_part_max78000, &syn_part_max78002};

#define EACH_PART(part)                                                                            \
    for (const struct syn_part *const *at = parts, *part = *at; at < parts + 2;                    \
         part = ++at < parts + 2 ? *at : NULL)

static void a_right_program_has_no_fault(void **state)
{
    struct tiny t;

    (void)state;
    EACH_PART(part)
    for (unsigned kernel = 1; kernel <= 3; kernel += 2) {
        tiny_open(&t, part, kernel, kernel / 2, 5, 6);
        tiny_run_small(&t);
        assert_null(syn_emulator_fault(t.emulator));
        assert_true(syn_emulator_interrupt(t.emulator));
        for (uint32_t i = 0; i < 30; i++)
            assert_int_equal(tiny_word(&t, 1024 + i), (i + 1) / 2 * 0x01010101);
        tiny_close(&t);
    }
}

static void a_memory_that_is_not_there_is_a_fault(void **state)
{
    static const uint32_t addresses[] = {0, 0x50102000, 0x50400002, 0x50420000, 0x60000000};
    struct tiny t;

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        tiny_open_small(&t, &syn_part_max78000);
        (void)syn_emulator_read(t.emulator, addresses[i]);
        assert_non_null(syn_emulator_fault(t.emulator));
        assert_int_equal(syn_emulator_fault(t.emulator)->address, addresses[i]);
        syn_emulator_clear_fault(t.emulator);
        syn_emulator_write(t.emulator, addresses[i], 1);
        assert_non_null(syn_emulator_fault(t.emulator));
        assert_int_equal(syn_emulator_peek(t.emulator, addresses[i] & ~3u), 0);
        tiny_close(&t);
    }
}

static void nothing_answers_without_power_or_clock(void **state)
{
    struct tiny t;

    (void)state;
    EACH_PART(part)
    {
        tiny_create(&t, part, 1, 0, 2, 2);
        syn_emulator_write(t.emulator, syn_data_address(t.regs, 5), 1);
        tiny_assert_fault(&t, SYN_FAULT_POWER, -1, 1);
        syn_emulator_clear_fault(t.emulator);
        syn_emulator_enable(t.emulator);
        syn_emulator_write(t.emulator, syn_data_address(t.regs, 5), 1);
        tiny_assert_fault(&t, SYN_FAULT_CLOCK, -1, 1);
        syn_emulator_clear_fault(t.emulator);
        syn_emulator_write(t.emulator, SYN_EMULATOR_CLOCK_DISABLE, 1u << 25);
        syn_emulator_write(t.emulator, syn_control_address(t.regs, 2, SYN_REG_CTL), 8);
        tiny_assert_fault(&t, SYN_FAULT_CLOCK, -1, 2);
        tiny_close(&t);
    }
}

static void layers_do_not_start_in_a_quadrant_without_clock(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open_small(&t, &syn_part_max78000);
    tiny_configure(&t, 0, 0);
    syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL), SYN_CTL_ENABLE);
    tiny_assert_fault(&t, SYN_FAULT_CLOCK, -1, 0);
    tiny_close(&t);
}

static void a_quadrant_that_lost_power_forgets(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open_small(&t, &syn_part_max78000);
    syn_emulator_write(t.emulator, SYN_REG_POWER, 0xe);
    syn_emulator_write(t.emulator, SYN_REG_POWER, 0xf);
    tiny_run_small(&t);
    tiny_assert_fault(&t, SYN_FAULT_UNWRITTEN, 0, 0);
    tiny_close(&t);
}

static void registers_are_not_written_while_layers_run(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open_small(&t, &syn_part_max78000);
    tiny_configure(&t, 0, 0);
    syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL),
                       SYN_CTL_CLOCKS | SYN_CTL_ENABLE);
    assert_true(syn_emulator_running(t.emulator));
    assert_true(syn_emulator_step(t.emulator, 1));
    syn_emulator_write(t.emulator, syn_data_address(t.regs, 9), 5); /* data may be */
    assert_null(syn_emulator_fault(t.emulator));
    tiny_configure(&t, 0, 1);
    tiny_assert_fault(&t, SYN_FAULT_BUSY, -1, -1);
    tiny_close(&t);
}

static void more_layers_than_there_are(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open_small(&t, &syn_part_max78000);
    tiny_configure(&t, 0, 0);
    tiny_run(&t, 0, 32);
    tiny_assert_fault(&t, SYN_FAULT_LAYERS, 32, 0);
    syn_emulator_clear_fault(t.emulator);
    tiny_run(&t, 0, 1 << 8 | 1); /* this part begins with layer 0 */
    tiny_assert_fault(&t, SYN_FAULT_LAYERS, 1, 0);
    tiny_close(&t);
}

static void an_order_of_layers_without_an_end(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open_small(&t, &syn_part_max78002);
    tiny_set(&t, SYN_FIELD_NEXT_LINK, 1);
    tiny_configure(&t, 0, 0);
    tiny_run(&t, 0, 1);
    tiny_assert_fault(&t, SYN_FAULT_LAYERS, 0, 0);
    tiny_close(&t);
}

/* Quadrant 1 takes part with the same registers and its own weights and data. */
static void join_quadrant_1(struct tiny *t)
{
    for (unsigned p = 16; p < 20; p++) {
        syn_emulator_write_byte(t->emulator, syn_weight_address(t->regs, p) | 1, 1);
        for (uint32_t i = 0; i < 36; i += 4)
            syn_emulator_write(t->emulator, syn_weight_address(t->regs, p) + i, 0);
    }
    for (uint32_t i = 0; i < t->height * t->width; i++)
        syn_emulator_write(t->emulator, syn_data_address(t->regs, 4) + 4 * i, 0);
}

static void quadrants_that_disagree(void **state)
{
    struct tiny t;

    (void)state;
    EACH_PART(part)
    {
        tiny_open_small(&t, part);
        join_quadrant_1(&t);
        tiny_configure(&t, 1, 0);
        tiny_set(&t, SYN_FIELD_SOURCES, 2);
        tiny_configure(&t, 0, 0);
        tiny_run(&t, 2, 0);
        assert_null(syn_emulator_fault(t.emulator));
        tiny_set(&t, SYN_FIELD_ROWS_PAD, 0);
        tiny_set(&t, SYN_FIELD_ROWS_LAST, 9);
        tiny_configure(&t, 1, 0);
        syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL), 0x8);
        syn_emulator_write(t.emulator, syn_control_address(t.regs, 1, SYN_REG_CTL), 0x8);
        tiny_run(&t, 2, 0);
        tiny_assert_fault(&t, SYN_FAULT_QUADRANTS, 0, 1);
        tiny_close(&t);
    }
}

static void a_quadrant_that_nobody_hears_or_nobody_started(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open_small(&t, &syn_part_max78000);
    join_quadrant_1(&t);
    tiny_configure(&t, 0, 0);
    tiny_configure(&t, 1, 0);
    tiny_run(&t, 2, 0);
    tiny_assert_fault(&t, SYN_FAULT_QUADRANTS, 0, 1);
    syn_emulator_clear_fault(t.emulator);
    tiny_set(&t, SYN_FIELD_SOURCES, 4);
    tiny_configure(&t, 0, 0);
    tiny_run(&t, 0, 0);
    tiny_assert_fault(&t, SYN_FAULT_QUADRANTS, 0, 2);
    tiny_close(&t);
}

static void registers_that_contradict_each_other(void **state)
{
    static const struct {
        enum syn_layer_field field;
        uint32_t value;
    } wrong[] = {
        {SYN_FIELD_CACHE_LAST, 4},      {SYN_FIELD_MASKS, 0x7},        {SYN_FIELD_ROWS_LAST, 1},
        {SYN_FIELD_LINE_LENGTH, 5},     {SYN_FIELD_OUTPUT_BITS, 29},   {SYN_FIELD_PROCESSORS, 0},
        {SYN_FIELD_PASSES_LAST, 2},     {SYN_FIELD_POOL_ROWS_LAST, 1}, {SYN_FIELD_MASK_FIRST, 32},
        {SYN_FIELD_WRITE_MASK_STEP, 5},
    };
    struct tiny t;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tiny_open_small(&t, &syn_part_max78000);
        tiny_set(&t, wrong[i].field, wrong[i].value);
        tiny_run_small(&t);
        tiny_assert_fault(&t, SYN_FAULT_REGISTERS, 0, 0);
        tiny_close(&t);
    }
}

static void a_layer_that_reaches_beyond_a_memory(void **state)
{
    static const struct {
        enum syn_layer_field field;
        uint32_t value;
    } wrong[] = {
        {SYN_FIELD_READ_WORD, 8192 - 29},
        {SYN_FIELD_WRITE_WORD, 8192 - 29},
        {SYN_FIELD_WRITE_INSTANCE, 15}, /* with 8 outputs */
    };
    struct tiny t;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tiny_open_small(&t, &syn_part_max78000);
        tiny_set(&t, wrong[i].field, wrong[i].value);
        if (wrong[i].field == SYN_FIELD_WRITE_INSTANCE) {
            tiny_set(&t, SYN_FIELD_OUTPUT_BITS, 7 * 8);
            tiny_set(&t, SYN_FIELD_MASK_LAST, 7 * 8);
        }
        tiny_run_small(&t);
        tiny_assert_fault(&t, SYN_FAULT_RANGE, 0, 0);
        tiny_close(&t);
    }
    tiny_open_small(&t, &syn_part_max78000);
    tiny_set(&t, SYN_FIELD_MASK_FIRST, 765 * 8);
    tiny_set(&t, SYN_FIELD_MASK_LAST, 768 * 8);
    tiny_run_small(&t);
    tiny_assert_fault(&t, SYN_FAULT_RANGE, 0, 0);
    syn_emulator_clear_fault(t.emulator);
    tiny_set(&t, SYN_FIELD_MASK_FIRST, 0);
    tiny_set(&t, SYN_FIELD_MASK_LAST, 3 * 8);
    tiny_set(&t, SYN_FIELD_BIAS, 1);
    tiny_set(&t, SYN_FIELD_BIAS_BYTE, 509);
    tiny_run_small(&t);
    tiny_assert_fault(&t, SYN_FAULT_RANGE, 0, 0);
    tiny_close(&t);
}

static void weights_that_nobody_loaded(void **state)
{
    struct tiny t;

    (void)state;
    EACH_PART(part)
    {
        tiny_create(&t, part, 3, 1, 5, 6);
        tiny_init(&t);
        tiny_load_input(&t);
        tiny_run_small(&t);
        tiny_assert_fault(&t, SYN_FAULT_UNWRITTEN, 0, 0);
        assert_int_equal(syn_emulator_fault(t.emulator)->address, syn_weight_address(t.regs, 0));
        tiny_close(&t);
    }
}

static void input_that_nobody_loaded(void **state)
{
    struct tiny t;

    (void)state;
    tiny_create(&t, &syn_part_max78000, 3, 1, 5, 6);
    tiny_init(&t);
    tiny_load_weights(&t);
    tiny_run_small(&t);
    tiny_assert_fault(&t, SYN_FAULT_UNWRITTEN, 0, 0);
    assert_int_equal(syn_emulator_fault(t.emulator)->address, syn_data_address(t.regs, 0));
    tiny_close(&t);
}

static void bias_that_nobody_loaded(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open_small(&t, &syn_part_max78000);
    tiny_set(&t, SYN_FIELD_BIAS, 1);
    tiny_set(&t, SYN_FIELD_BIAS_BYTE, 7);
    tiny_run_small(&t);
    tiny_assert_fault(&t, SYN_FAULT_UNWRITTEN, 0, 0);
    assert_int_equal(syn_emulator_fault(t.emulator)->address, syn_bias_address(t.regs, 0, 7));
    tiny_close(&t);
}

/* One pixel of the input is missing: the outputs around it are, and reading one says why. */
static void a_missing_input_is_followed_to_what_depends_on_it(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open(&t, &syn_part_max78000, 3, 1, 4, 8);
    t.width = 6; /* rows of six: the last four words belong to a row that is not loaded */
    t.height = 6;
    tiny_set(&t, SYN_FIELD_ROWS_LAST, 7);
    tiny_set(&t, SYN_FIELD_COLUMNS_LAST, 7);
    tiny_set(&t, SYN_FIELD_CACHE_LAST, 5);
    tiny_run_small(&t);
    assert_null(syn_emulator_fault(t.emulator));
    (void)syn_emulator_read(t.emulator, syn_data_address(t.regs, 0) + 4 * (1024 + 6 * 3));
    assert_null(syn_emulator_fault(t.emulator));
    (void)syn_emulator_read(t.emulator, syn_data_address(t.regs, 0) + 4 * (1024 + 6 * 5 + 3));
    assert_non_null(syn_emulator_fault(t.emulator));
    assert_int_equal(syn_emulator_fault(t.emulator)->kind, SYN_FAULT_UNWRITTEN);
    assert_int_equal(syn_emulator_fault(t.emulator)->layer, 0);
    assert_int_equal(syn_emulator_fault(t.emulator)->address, syn_data_address(t.regs, 0) + 4 * 32);
    tiny_close(&t);
}

static void streaming_is_said_not_to_be_modelled(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open_small(&t, &syn_part_max78000);
    syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL),
                       SYN_CTL_CLOCKS | SYN_CTL_STREAMING);
    tiny_assert_fault(&t, SYN_FAULT_UNMODELLED, -1, 0);
    tiny_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_program_has_no_fault),
        cmocka_unit_test(a_memory_that_is_not_there_is_a_fault),
        cmocka_unit_test(nothing_answers_without_power_or_clock),
        cmocka_unit_test(layers_do_not_start_in_a_quadrant_without_clock),
        cmocka_unit_test(a_quadrant_that_lost_power_forgets),
        cmocka_unit_test(registers_are_not_written_while_layers_run),
        cmocka_unit_test(more_layers_than_there_are),
        cmocka_unit_test(an_order_of_layers_without_an_end),
        cmocka_unit_test(quadrants_that_disagree),
        cmocka_unit_test(a_quadrant_that_nobody_hears_or_nobody_started),
        cmocka_unit_test(registers_that_contradict_each_other),
        cmocka_unit_test(a_layer_that_reaches_beyond_a_memory),
        cmocka_unit_test(weights_that_nobody_loaded),
        cmocka_unit_test(input_that_nobody_loaded),
        cmocka_unit_test(bias_that_nobody_loaded),
        cmocka_unit_test(a_missing_input_is_followed_to_what_depends_on_it),
        cmocka_unit_test(streaming_is_said_not_to_be_modelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
