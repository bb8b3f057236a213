/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/emulator/tiny.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define OUTPUT_WORD 1024

void tiny_set(struct tiny *t, enum syn_layer_field field, uint32_t value)
{
    assert_true(syn_field_set(t->regs, t->values, field, value));
}

static void set_axis(struct tiny *t, uint32_t size, enum syn_layer_field last,
                     enum syn_layer_field pad, enum syn_layer_field padded)
{
    bool counts_window = t->part == &syn_part_max78002;

    tiny_set(t, last, counts_window ? size - 1 : size - 1 + 2 * t->pad);
    tiny_set(t, pad, counts_window && t->pad > 0 ? t->pad - 1 : t->pad);
    if (counts_window)
        tiny_set(t, padded, t->pad > 0);
}

static void set_78002(struct tiny *t)
{
    if (t->part != &syn_part_max78002)
        return;
    tiny_set(t, SYN_FIELD_ROWS_STEP, 1);
    tiny_set(t, SYN_FIELD_COLUMNS_STEP, 1);
    tiny_set(t, SYN_FIELD_STRIDE_WORDS, 1);
    tiny_set(t, SYN_FIELD_OUTPUTS_LAST, 3);
    tiny_set(t, SYN_FIELD_KERNEL_ROWS_LAST, t->kernel - 1);
    tiny_set(t, SYN_FIELD_KERNEL_COLUMNS_LAST, t->kernel - 1);
}

static void set_all(struct tiny *t)
{
    const struct {
        enum syn_layer_field field;
        uint32_t value;
    } fields[] = {
        {SYN_FIELD_LINE_LENGTH, t->kernel == 1},
        {SYN_FIELD_WRITE_WORD, OUTPUT_WORD},
        {SYN_FIELD_WRITE_SLOT_STEP, t->kernel == 1},
        {SYN_FIELD_WRITE_MASK_STEP, 1u << t->regs->instance_shift},
        {SYN_FIELD_ALWAYS, 1},
        {SYN_FIELD_POOL_MAX, 1},
        {SYN_FIELD_GLOBAL_WRITE, 1},
        {SYN_FIELD_OUTPUT_BITS, 3 * 8},
        {SYN_FIELD_MASK_LAST, 3 * 8},
        {SYN_FIELD_CACHE_LAST, t->kernel == 1 ? 0 : t->width + 2 * t->pad - 3},
        {SYN_FIELD_PROCESSORS, 0xf},
        {SYN_FIELD_MASKS, 0xf},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        tiny_set(t, fields[i].field, fields[i].value);
    set_axis(t, t->height, SYN_FIELD_ROWS_LAST, SYN_FIELD_ROWS_PAD, SYN_FIELD_ROWS_PADDED);
    set_axis(t, t->width, SYN_FIELD_COLUMNS_LAST, SYN_FIELD_COLUMNS_PAD, SYN_FIELD_COLUMNS_PADDED);
    set_78002(t);
}

void tiny_create(struct tiny *t, const struct syn_part *part, unsigned kernel, unsigned pad,
                 unsigned height, unsigned width)
{
    *t = (struct tiny){.part = part,
                       .regs = syn_registers_of(part),
                       .height = height,
                       .width = width,
                       .kernel = kernel,
                       .pad = pad};
    assert_int_equal(syn_emulator_new(&t->emulator, part), 0);
    set_all(t);
}

void tiny_init(struct tiny *t)
{
    syn_emulator_enable(t->emulator);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        syn_emulator_write(t->emulator, syn_control_address(t->regs, q, SYN_REG_CTL),
                           SYN_CTL_MEXPRESS | SYN_CTL_CLOCKS);
}

/* Kernel o of processor p: its middle tap is 64 where o = p. Nine bytes of a 3x3 kernel fill a
 * word; four of 1x1 kernels lie at the end of one, the first last. */
static void kernel_bytes(const struct tiny *t, unsigned processor, uint8_t bytes[40])
{
    for (unsigned i = 0; i < 40; i++)
        bytes[i] = 0;
    if (t->kernel == 3)
        bytes[9 * processor + 4] = 64;
    else
        bytes[8 - processor] = 64;
}

void tiny_load_weights(struct tiny *t)
{
    for (unsigned p = 0; p < 4; p++) {
        uint32_t base = syn_weight_address(t->regs, p);
        uint8_t b[40];

        kernel_bytes(t, p, b);
        syn_emulator_write_byte(t->emulator, base | 1, 1);
        for (uint32_t i = 0; i < 36; i += 4)
            syn_emulator_write(t->emulator, base + i,
                               (uint32_t)b[i] << 24 | (uint32_t)b[i + 1] << 16 |
                                   (uint32_t)b[i + 2] << 8 | b[i + 3]);
    }
}

void tiny_load_input(struct tiny *t)
{
    for (uint32_t i = 0; i < t->height * t->width; i++)
        syn_emulator_write(t->emulator, syn_data_address(t->regs, 0) + 4 * i,
                           (i % 100) * 0x01010101);
}

void tiny_open(struct tiny *t, const struct syn_part *part, unsigned kernel, unsigned pad,
               unsigned height, unsigned width)
{
    tiny_create(t, part, kernel, pad, height, width);
    tiny_init(t);
    tiny_load_weights(t);
    tiny_load_input(t);
    assert_null(syn_emulator_fault(t->emulator));
}

void tiny_close(struct tiny *t)
{
    syn_emulator_free(t->emulator);
}

void tiny_configure(struct tiny *t, unsigned quadrant, unsigned layer)
{
    for (unsigned reg = 0; reg < SYN_LREG_STREAM_START; reg++)
        if (t->regs->number[reg] != SYN_REG_NONE)
            syn_emulator_write(
                t->emulator,
                syn_layer_address(t->regs, quadrant, layer, (enum syn_layer_register)reg),
                t->values[reg]);
}

void tiny_run(struct tiny *t, unsigned others, uint32_t last)
{
    uint32_t control = SYN_CTL_MEXPRESS | SYN_CTL_CLOCKS;

    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        syn_emulator_write(t->emulator, syn_control_address(t->regs, q, SYN_REG_LAST), last);
        syn_emulator_write(t->emulator, syn_control_address(t->regs, q, SYN_REG_CTL),
                           control | SYN_CTL_EXT_SYNC | (others >> q & 1));
    }
    syn_emulator_write(t->emulator, syn_control_address(t->regs, 0, SYN_REG_CTL),
                       control | SYN_CTL_ENABLE);
    while (syn_emulator_step(t->emulator, 1))
        ;
}

uint32_t tiny_word(const struct tiny *t, uint32_t word)
{
    return syn_emulator_peek(t->emulator, syn_data_address(t->regs, 0) + 4 * word);
}

void tiny_assert_fault(const struct tiny *t, enum syn_emulator_fault_kind kind, int layer,
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

void tiny_open_small(struct tiny *t, const struct syn_part *part)
{
    tiny_open(t, part, 3, 1, 5, 6);
}

void tiny_run_small(struct tiny *t)
{
    tiny_configure(t, 0, 0);
    tiny_run(t, 0, 0);
}
