/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any writes to the accelerator, in any order, with starts between them: bounded work, no crash,
 * and two emulators that compute with different kernels are always in the same state.
 *
 * The input is a list of operations of 8 bytes: what, which, where (2), value (4).
 */
#include <stdlib.h>
#include <string.h>

#include "devices/base/bytes.h"
#include "devices/emulator/emulator.h"
#include "devices/kernels/choose.h"
#include "devices/part/registers.h"

#define OPERATION_BYTES 8
#define MACS_MAX        2000000u /* of one run */
#define LAYERS          4u       /* that operations on fields choose among */

struct twins {
    const struct syn_registers *regs;
    struct syn_emulator *one, *other;
};

static void put(struct twins *t, uint32_t address, uint32_t value)
{
    syn_emulator_write(t->one, address, value);
    syn_emulator_write(t->other, address, value);
}

static void put_byte(struct twins *t, uint32_t address, uint8_t value)
{
    syn_emulator_write_byte(t->one, address, value);
    syn_emulator_write_byte(t->other, address, value);
}

static void get(struct twins *t, uint32_t address)
{
    if (syn_emulator_read(t->one, address) != syn_emulator_read(t->other, address))
        abort();
    (void)syn_emulator_owns(t->one, address);
}

/* A field of a layer in quadrants whose bit is set; the others keep what they have. */
static void set_field(struct twins *t, uint8_t which, uint16_t where, uint32_t value)
{
    enum syn_layer_field field = (enum syn_layer_field)(which % SYN_FIELD_COUNT);
    const struct syn_field *f = &t->regs->field[field];
    unsigned layer = where % LAYERS;

    if (f->width == 0)
        return;
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        uint32_t address = syn_layer_address(t->regs, q, layer, (enum syn_layer_register)f->reg);
        uint32_t mask = (UINT32_MAX >> (32 - f->width)) << f->bit;

        if (where >> (4 + q) & 1)
            put(t, address,
                (syn_emulator_peek(t->one, address) & ~mask) | (value << f->bit & mask));
    }
}

/* Columns of weights of one processor. */
static void load_weights(struct twins *t, uint8_t processor, uint16_t column, uint32_t value)
{
    uint32_t base = syn_weight_address(t->regs, processor % SYN_PART_PROCESSORS);

    put_byte(t, (base + 4u * (column % 800)) | 1, 1);
    for (uint32_t i = 0; i < 9 * (value % 16 + 1); i++)
        put(t, base + 4 * i, value * (i + 1));
}

static void load_data(struct twins *t, uint8_t instance, uint16_t word, uint32_t value)
{
    uint32_t base = syn_data_address(t->regs, instance % SYN_PART_INSTANCES);

    for (uint32_t i = 0; i < value % 512 + 1; i++)
        put(t, base + 4 * (word % 8192u + i), value * (i + 3));
}

static void load_bias(struct twins *t, uint8_t quadrant, uint16_t byte, uint32_t value)
{
    for (uint32_t i = 0; i < value % 64 + 1; i++)
        put(t, syn_bias_address(t->regs, quadrant % 4, byte % 512u + i), value + i);
}

static void run(struct twins *t)
{
    uint64_t spent = 0;

    while (syn_emulator_running(t->one)) {
        uint64_t next = syn_emulator_next(t->one);

        if (next != syn_emulator_next(t->other) || (next > 0 && spent + next > MACS_MAX))
            break;
        spent += next;
        if (syn_emulator_step(t->one, 1) != syn_emulator_step(t->other, 1))
            abort();
    }
}

static void start(struct twins *t, uint8_t which, uint16_t last, uint32_t bits)
{
    uint32_t control = SYN_CTL_MEXPRESS | SYN_CTL_CLOCKS |
                       (bits & (SYN_CTL_POOL_ROUND | SYN_CTL_BINARY | SYN_CTL_PIPELINE_OFF));

    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        put(t, syn_control_address(t->regs, q, SYN_REG_CTL), control);
        put(t, syn_control_address(t->regs, q, SYN_REG_LAST), last);
        put(t, syn_control_address(t->regs, q, SYN_REG_CTL),
            control | SYN_CTL_EXT_SYNC | (which >> q & 1));
    }
    put(t, syn_control_address(t->regs, 0, SYN_REG_CTL), control | SYN_CTL_ENABLE);
    run(t);
}

static void compare(const struct twins *t)
{
    const struct syn_emulator_fault *a = syn_emulator_fault(t->one);
    const struct syn_emulator_fault *b = syn_emulator_fault(t->other);

    if (!a != !b || (a && (a->kind != b->kind || a->address != b->address ||
                           strlen(a->words) >= SYN_FAULT_WORDS)))
        abort();
    if (a && (syn_emulator_running(t->one) || a->kind == SYN_FAULT_MEMORY))
        abort();
    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++)
        for (uint32_t word = i; word < 8192; word += word < 1024 ? 23 : 509)
            if (syn_emulator_peek(t->one, syn_data_address(t->regs, i) + 4 * word) !=
                syn_emulator_peek(t->other, syn_data_address(t->regs, i) + 4 * word))
                abort();
}

static void operate(struct twins *t, const uint8_t *operation)
{
    uint8_t what = operation[0], which = operation[1];
    uint16_t where = syn_get_le16(operation + 2);
    uint32_t value = syn_get_le32(operation + 4);

    switch (what % 9) {
    case 0:
        put(t, t->regs->base + (uint32_t)which % 4 * t->regs->quadrant_stride + 4u * where, value);
        break;
    case 1:
        set_field(t, which, where, value);
        break;
    case 2:
        load_weights(t, which, where, value);
        break;
    case 3:
        load_data(t, which, where, value);
        break;
    case 4:
        load_bias(t, which, where, value);
        break;
    case 5:
        put(t, value & ~3u, where);
        break;
    case 6:
        get(t, value);
        break;
    case 7:
        start(t, which, where, value);
        break;
    default:
        syn_emulator_clear_fault(t->one);
        syn_emulator_clear_fault(t->other);
    }
}

/* Powered, clocked, and a layer of which fields may be changed: 3x3 over 6 x 6 pixels of eight
 * channels to eight channels. */
static void prepare(struct twins *t)
{
    static const struct {
        uint8_t field;
        uint32_t value[2];
    } fields[] = {
        {SYN_FIELD_ROWS_LAST, {7, 5}},        {SYN_FIELD_COLUMNS_LAST, {7, 5}},
        {SYN_FIELD_ROWS_PAD, {1, 0}},         {SYN_FIELD_COLUMNS_PAD, {1, 0}},
        {SYN_FIELD_ROWS_PADDED, {0, 1}},      {SYN_FIELD_COLUMNS_PADDED, {0, 1}},
        {SYN_FIELD_ROWS_STEP, {0, 1}},        {SYN_FIELD_STRIDE_WORDS, {0, 1}},
        {SYN_FIELD_WRITE_WORD, {512, 512}},   {SYN_FIELD_WRITE_MASK_STEP, {1 << 13, 1 << 15}},
        {SYN_FIELD_POOL_MAX, {1, 1}},         {SYN_FIELD_GLOBAL_WRITE, {1, 1}},
        {SYN_FIELD_KERNEL_ROWS_LAST, {0, 2}}, {SYN_FIELD_KERNEL_COLUMNS_LAST, {0, 2}},
        {SYN_FIELD_OUTPUT_BITS, {56, 56}},    {SYN_FIELD_MASK_LAST, {56, 56}},
        {SYN_FIELD_OUTPUTS_LAST, {0, 7}},     {SYN_FIELD_CACHE_LAST, {5, 5}},
        {SYN_FIELD_PROCESSORS, {0xff, 0xff}}, {SYN_FIELD_MASKS, {0xff, 0xff}},
    };
    unsigned part = t->regs == &syn_registers_max78002;

    syn_emulator_enable(t->one);
    syn_emulator_enable(t->other);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        put(t, syn_control_address(t->regs, q, SYN_REG_CTL), SYN_CTL_MEXPRESS | SYN_CTL_CLOCKS);
    for (uint8_t p = 0; p < 8; p++)
        load_weights(t, p, 0, 0x12345678 + 4099u * p);
    for (uint8_t i = 0; i < 2; i++)
        load_data(t, i, 0, 0x3456789a + 4099u * i);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        set_field(t, fields[i].field, 0xff0, fields[i].value[part]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct syn_part *part = size > 0 && data[0] & 1 ? &syn_part_max78002 : &syn_part_max78000;
    struct twins t = {.regs = syn_registers_of(part)};

    if (syn_emulator_new(&t.one, part) || syn_emulator_new(&t.other, part))
        abort();
    syn_emulator_use(t.other, syn_kernels_fastest());
    prepare(&t);
    for (size_t at = 1; at + OPERATION_BYTES <= size && at < 200 * OPERATION_BYTES;
         at += OPERATION_BYTES)
        operate(&t, data + at);
    compare(&t);
    syn_emulator_free(t.one);
    syn_emulator_free(t.other);
    return 0;
}
