/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What silicon would do wrong without a word: every kind of fault, and that it names the place. */
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

static void assert_fault(const struct tiny *t, enum syn_emulator_fault_kind kind, int layer,
                         int quadrant)
{
    const struct syn_emulator_fault *fault = syn_emulator_fault(t->emulator);

    assert_non_null(fault);
    if (fault->kind != kind || fault->layer != layer || fault->quadrant != quadrant)
        printf("got %s, layer %d, quadrant %d: %s\n", syn_emulator_fault_name(fault->kind),
               fault->layer, fault->quadrant, fault->words);
    assert_int_equal(fault->kind, kind);
    assert_int_equal(fault->layer, layer);
    assert_int_equal(fault->quadrant, quadrant);
    assert_true(fault->words[0]);
    assert_false(syn_emulator_running(t->emulator));
    assert_false(syn_emulator_interrupt(t->emulator));
}

static void open_small(struct tiny *t, const struct syn_part *part)
{
    tiny_open(t, part, 3, 1, 5, 6);
}

static void run_small(struct tiny *t)
{
    tiny_configure(t, 0, 0);
    tiny_run(t, 0, 0);
}

static void a_right_program_has_no_fault(void **state)
{
    struct tiny t;

    (void)state;
    EACH_PART(part)
    for (unsigned kernel = 1; kernel <= 3; kernel += 2) {
        tiny_open(&t, part, kernel, kernel / 2, 5, 6);
        run_small(&t);
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
        open_small(&t, &syn_part_max78000);
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
        assert_fault(&t, SYN_FAULT_POWER, -1, 1);
        syn_emulator_clear_fault(t.emulator);
        syn_emulator_enable(t.emulator);
        syn_emulator_write(t.emulator, syn_data_address(t.regs, 5), 1);
        assert_fault(&t, SYN_FAULT_CLOCK, -1, 1);
        syn_emulator_clear_fault(t.emulator);
        syn_emulator_write(t.emulator, SYN_EMULATOR_CLOCK_DISABLE, 1u << 25);
        syn_emulator_write(t.emulator, syn_control_address(t.regs, 2, SYN_REG_CTL), 8);
        assert_fault(&t, SYN_FAULT_CLOCK, -1, 2);
        tiny_close(&t);
    }
}

static void layers_do_not_start_in_a_quadrant_without_clock(void **state)
{
    struct tiny t;

    (void)state;
    open_small(&t, &syn_part_max78000);
    tiny_configure(&t, 0, 0);
    syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL), SYN_CTL_ENABLE);
    assert_fault(&t, SYN_FAULT_CLOCK, -1, 0);
    tiny_close(&t);
}

static void a_quadrant_that_lost_power_forgets(void **state)
{
    struct tiny t;

    (void)state;
    open_small(&t, &syn_part_max78000);
    syn_emulator_write(t.emulator, SYN_REG_POWER, 0xe);
    syn_emulator_write(t.emulator, SYN_REG_POWER, 0xf);
    run_small(&t);
    assert_fault(&t, SYN_FAULT_UNWRITTEN, 0, 0);
    tiny_close(&t);
}

static void registers_are_not_written_while_layers_run(void **state)
{
    struct tiny t;

    (void)state;
    open_small(&t, &syn_part_max78000);
    tiny_configure(&t, 0, 0);
    syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL),
                       SYN_CTL_CLOCKS | SYN_CTL_ENABLE);
    assert_true(syn_emulator_running(t.emulator));
    assert_true(syn_emulator_step(t.emulator, 1));
    syn_emulator_write(t.emulator, syn_data_address(t.regs, 9), 5); /* data may be */
    assert_null(syn_emulator_fault(t.emulator));
    tiny_configure(&t, 0, 1);
    assert_fault(&t, SYN_FAULT_BUSY, -1, -1);
    tiny_close(&t);
}

static void more_layers_than_there_are(void **state)
{
    struct tiny t;

    (void)state;
    open_small(&t, &syn_part_max78000);
    tiny_configure(&t, 0, 0);
    tiny_run(&t, 0, 32);
    assert_fault(&t, SYN_FAULT_LAYERS, 32, 0);
    syn_emulator_clear_fault(t.emulator);
    tiny_run(&t, 0, 1 << 8 | 1); /* this part begins with layer 0 */
    assert_fault(&t, SYN_FAULT_LAYERS, 1, 0);
    tiny_close(&t);
}

static void an_order_of_layers_without_an_end(void **state)
{
    struct tiny t;

    (void)state;
    open_small(&t, &syn_part_max78002);
    tiny_set(&t, SYN_FIELD_NEXT_LINK, 1);
    tiny_configure(&t, 0, 0);
    tiny_run(&t, 0, 1);
    assert_fault(&t, SYN_FAULT_LAYERS, 0, 0);
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
        open_small(&t, part);
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
        assert_fault(&t, SYN_FAULT_QUADRANTS, 0, 1);
        tiny_close(&t);
    }
}

static void a_quadrant_that_nobody_hears_or_nobody_started(void **state)
{
    struct tiny t;

    (void)state;
    open_small(&t, &syn_part_max78000);
    join_quadrant_1(&t);
    tiny_configure(&t, 0, 0);
    tiny_configure(&t, 1, 0);
    tiny_run(&t, 2, 0);
    assert_fault(&t, SYN_FAULT_QUADRANTS, 0, 1);
    syn_emulator_clear_fault(t.emulator);
    tiny_set(&t, SYN_FIELD_SOURCES, 4);
    tiny_configure(&t, 0, 0);
    tiny_run(&t, 0, 0);
    assert_fault(&t, SYN_FAULT_QUADRANTS, 0, 2);
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
        open_small(&t, &syn_part_max78000);
        tiny_set(&t, wrong[i].field, wrong[i].value);
        run_small(&t);
        assert_fault(&t, SYN_FAULT_REGISTERS, 0, 0);
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
        open_small(&t, &syn_part_max78000);
        tiny_set(&t, wrong[i].field, wrong[i].value);
        if (wrong[i].field == SYN_FIELD_WRITE_INSTANCE) {
            tiny_set(&t, SYN_FIELD_OUTPUT_BITS, 7 * 8);
            tiny_set(&t, SYN_FIELD_MASK_LAST, 7 * 8);
        }
        run_small(&t);
        assert_fault(&t, SYN_FAULT_RANGE, 0, 0);
        tiny_close(&t);
    }
    open_small(&t, &syn_part_max78000);
    tiny_set(&t, SYN_FIELD_MASK_FIRST, 765 * 8);
    tiny_set(&t, SYN_FIELD_MASK_LAST, 768 * 8);
    run_small(&t);
    assert_fault(&t, SYN_FAULT_RANGE, 0, 0);
    syn_emulator_clear_fault(t.emulator);
    tiny_set(&t, SYN_FIELD_MASK_FIRST, 0);
    tiny_set(&t, SYN_FIELD_MASK_LAST, 3 * 8);
    tiny_set(&t, SYN_FIELD_BIAS, 1);
    tiny_set(&t, SYN_FIELD_BIAS_BYTE, 509);
    run_small(&t);
    assert_fault(&t, SYN_FAULT_RANGE, 0, 0);
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
        run_small(&t);
        assert_fault(&t, SYN_FAULT_UNWRITTEN, 0, 0);
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
    run_small(&t);
    assert_fault(&t, SYN_FAULT_UNWRITTEN, 0, 0);
    assert_int_equal(syn_emulator_fault(t.emulator)->address, syn_data_address(t.regs, 0));
    tiny_close(&t);
}

static void bias_that_nobody_loaded(void **state)
{
    struct tiny t;

    (void)state;
    open_small(&t, &syn_part_max78000);
    tiny_set(&t, SYN_FIELD_BIAS, 1);
    tiny_set(&t, SYN_FIELD_BIAS_BYTE, 7);
    run_small(&t);
    assert_fault(&t, SYN_FAULT_UNWRITTEN, 0, 0);
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
    run_small(&t);
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
    open_small(&t, &syn_part_max78000);
    syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL),
                       SYN_CTL_CLOCKS | SYN_CTL_STREAMING);
    assert_fault(&t, SYN_FAULT_UNMODELLED, -1, 0);
    tiny_close(&t);
}

/* ---- what parts are known to do wrong ----------------------------------------------------- */

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
        open_small(&t, limits[i].part);
        for (unsigned f = 0; f < 16; f++)
            if (limits[i].fields[f].field || limits[i].fields[f].value)
                tiny_set(&t, (enum syn_layer_field)limits[i].fields[f].field,
                         limits[i].fields[f].value);
        run_small(&t);
        assert_fault(&t, SYN_FAULT_LIMIT, 0, 0);
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
    assert_fault(&t, SYN_FAULT_LIMIT, 1, 0);
    tiny_close(&t);
}

/* ---- overwritten inputs ------------------------------------------------------------------- */

static void an_output_over_an_unread_input(void **state)
{
    struct tiny t;

    (void)state;
    EACH_PART(part)
    {
        open_small(&t, part);
        tiny_set(&t, SYN_FIELD_WRITE_WORD, 0); /* behind what is read: allowed */
        run_small(&t);
        assert_null(syn_emulator_fault(t.emulator));
        tiny_close(&t);
        open_small(&t, part);
        tiny_set(&t, SYN_FIELD_WRITE_WORD, 8);
        run_small(&t);
        assert_fault(&t, SYN_FAULT_OVERWRITE, 0, 0);
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
    run_small(&t);
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
        cmocka_unit_test(what_a_part_is_known_to_do_wrong),
        cmocka_unit_test(an_average_behind_operands),
        cmocka_unit_test(an_output_over_an_unread_input),
        cmocka_unit_test(an_output_may_be_as_close_as_placement_puts_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
