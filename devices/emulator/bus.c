/* SPDX-License-Identifier: MIT */
/* From addresses to memories and registers. */
#include "devices/emulator/internal.h"

#include <string.h>

#include "devices/base/bytes.h"

enum where {
    AT_NOTHING,
    AT_CLOCK_DIVIDER,
    AT_CLOCK_DISABLE,
    AT_POWER,
    AT_ALWAYS_ON,
    AT_CONTROL,
    AT_LAYER,
    AT_RESERVED, /* registers of what is not modelled */
    AT_BIAS,
    AT_CACHE,
    AT_WEIGHTS,
    AT_DATA,
};

/* index: register, byte of bias, processor, instance; at: layer, offset, word. */
struct target {
    enum where where;
    unsigned quadrant;
    uint32_t index, at;
};

/* ---- decoding ----------------------------------------------------------------------------- */

static enum syn_layer_register by_number(const struct syn_emulator *e, uint32_t number)
{
    return number < NUMBERS ? (enum syn_layer_register)e->by_number[number] : SYN_LREG_COUNT;
}

static bool set_layer(struct target *t, enum syn_layer_register reg, uint32_t layer, uint32_t max)
{
    if (reg == SYN_LREG_COUNT || layer >= max)
        return false;
    t->where = AT_LAYER;
    t->index = reg;
    t->at = layer;
    return true;
}

/* Registers of streaming layers have a layout of their own where the others are 4 bytes apart. */
static bool find_stream(const struct syn_registers *r, uint32_t offset, struct target *t)
{
    for (unsigned reg = r->stream_from; reg < SYN_LREG_COUNT; reg++) {
        uint32_t first = r->number[reg] * r->number_stride;

        if (offset >= first && offset < first + 8 * 4)
            return set_layer(t, (enum syn_layer_register)reg, (offset - first) / 4, 8);
    }
    return false;
}

static bool find_layer(const struct syn_emulator *e, uint32_t offset, struct target *t)
{
    const struct syn_registers *r = e->regs;
    uint32_t layers = e->part->layers_max;

    if (offset < r->layer)
        return false;
    offset -= r->layer;
    if (r->layer_stride < r->number_stride)
        return set_layer(t, by_number(e, offset / r->number_stride),
                         offset % r->number_stride / r->layer_stride, layers);
    if (offset < layers * r->layer_stride)
        return set_layer(t, by_number(e, offset % r->layer_stride / r->number_stride),
                         offset / r->layer_stride, layers);
    return find_stream(r, offset, t);
}

void bus_init(struct syn_emulator *e)
{
    const struct syn_registers *r = e->regs;

    memset(e->by_number, SYN_LREG_COUNT, sizeof e->by_number);
    for (unsigned reg = SYN_LREG_COUNT; reg-- > 0;)
        if (r->number[reg] < NUMBERS)
            e->by_number[r->number[reg]] = (uint8_t)reg;
    e->memories[MEMORY_DATA] = (struct memory){r->data, r->data_stride, 4, 4 * e->data_words};
    e->memories[MEMORY_WEIGHTS] =
        (struct memory){r->weights, r->weight_stride, 16, 16 * e->weight_words};
    e->memories[MEMORY_BIAS] =
        (struct memory){r->bias, 4u * e->part->bias_bytes, 1, 4u * e->part->bias_bytes};
    e->memories[MEMORY_CACHE] = (struct memory){r->cache, r->cache_stride, 16, 4 * r->cache_words};
}

static bool find_memory(const struct syn_emulator *e, uint32_t offset, struct target *t)
{
    static const enum where places[MEMORY_COUNT] = {[MEMORY_DATA] = AT_DATA,
                                                    [MEMORY_WEIGHTS] = AT_WEIGHTS,
                                                    [MEMORY_BIAS] = AT_BIAS,
                                                    [MEMORY_CACHE] = AT_CACHE};

    for (unsigned i = 0; i < MEMORY_COUNT; i++) {
        const struct memory *m = &e->memories[i];
        uint32_t behind = offset - m->start;

        if (offset < m->start || behind >= m->stride * m->count)
            continue;
        t->where = places[i];
        t->index = behind / m->stride + t->quadrant * m->count;
        t->at = behind % m->stride;
        return t->at < m->bytes;
    }
    return false;
}

static bool is_register(const struct syn_registers *r, uint32_t offset)
{
    return offset < r->bias;
}

static struct target find_in_quadrant(const struct syn_emulator *e, uint32_t address)
{
    const struct syn_registers *r = e->regs;
    uint32_t offset = (address - r->base) % r->quadrant_stride;
    struct target t = {.quadrant = (address - r->base) / r->quadrant_stride};

    if (offset < 4 * CONTROLS) {
        t.where = AT_CONTROL;
        t.index = offset / 4;
    } else if (is_register(r, offset)) {
        if (!find_layer(e, offset, &t))
            t.where = AT_RESERVED;
    } else if (!find_memory(e, offset, &t)) {
        t.where = AT_NOTHING;
    }
    if (t.where == AT_WEIGHTS && t.at >= 16 * weight_room(e, t.index))
        t.where = AT_NOTHING;
    return t;
}

static struct target find(const struct syn_emulator *e, uint32_t address)
{
    const struct syn_registers *r = e->regs;

    if (address >= SYN_REG_POWER && address < SYN_REG_POWER + 4 * POWER_WORDS)
        return (struct target){.where = AT_POWER, .index = (address - SYN_REG_POWER) / 4};
    if (address >= r->base && address - r->base < QUADRANTS * r->quadrant_stride)
        return find_in_quadrant(e, address);
    switch (address & ~3u) {
    case SYN_EMULATOR_CLOCK_DIVIDER:
        return (struct target){.where = AT_CLOCK_DIVIDER};
    case SYN_EMULATOR_CLOCK_DISABLE:
        return (struct target){.where = AT_CLOCK_DISABLE};
    case SYN_REG_AON:
        return (struct target){.where = AT_ALWAYS_ON};
    default:
        return (struct target){.where = AT_NOTHING};
    }
}

bool syn_emulator_owns(const struct syn_emulator *emulator, uint32_t address)
{
    enum where where = find(emulator, address).where;

    return where != AT_NOTHING && where != AT_CLOCK_DIVIDER && where != AT_CLOCK_DISABLE;
}

uint32_t data_address(const struct syn_emulator *e, unsigned instance, uint32_t word)
{
    return syn_data_address(e->regs, instance) + 4 * word;
}

/* ---- gates -------------------------------------------------------------------------------- */

enum { POWER_ON, POWER_MASKS, POWER_ISOLATED, POWER_RESET };

static bool powered(const struct syn_emulator *e, unsigned quadrant)
{
    uint32_t bit = 1u << quadrant;

    return e->power[POWER_ON] & bit && e->power[POWER_MASKS] & bit &&
           !(e->power[POWER_ISOLATED] & bit) && !(e->power[POWER_RESET] & bit) &&
           !(e->always_on >> 12 & bit);
}

enum syn_emulator_fault_kind gate_closed(const struct syn_emulator *e, unsigned quadrant)
{
    if (!powered(e, quadrant))
        return SYN_FAULT_POWER;
    if (e->clock_disable & SYN_CLOCK_GATE)
        return SYN_FAULT_CLOCK;
    return SYN_FAULT_NONE;
}

static const char *gate_words(enum syn_emulator_fault_kind kind)
{
    return kind == SYN_FAULT_POWER ? "a quadrant without power, isolated or in reset is used"
                                   : "a quadrant is used without its clock";
}

/* The control register itself needs no clock of the quadrant: it is where that is turned on. */
static bool gate_pass(struct syn_emulator *e, const struct target *t, uint32_t address)
{
    enum syn_emulator_fault_kind kind = SYN_FAULT_NONE;
    struct syn_emulator_fault fault;

    if (t->where >= AT_CONTROL)
        kind = gate_closed(e, t->quadrant);
    if (!kind && t->where > AT_CONTROL &&
        !(e->quadrants[t->quadrant].control[SYN_REG_CTL] & SYN_CTL_CLOCKS))
        kind = SYN_FAULT_CLOCK;
    if (!kind)
        return true;
    fault = fault_make(kind, NOT_THERE, (int)t->quadrant, address, "%s", gate_words(kind));
    fault_raise(e, &fault);
    return false;
}

static void lose(struct syn_emulator *e, unsigned quadrant, bool weights_only)
{
    size_t weights = (size_t)16 * e->weight_words;

    e->generation++;
    memset(e->weight_state + quadrant * weights, 0, weights);
    if (weights_only)
        return;
    for (uint32_t word = 0; word < e->data_words; word++)
        memset(e->data_state + data_cell(4 * quadrant, word), 0, 4);
    memset(e->bias_state + (size_t)quadrant * e->part->bias_bytes, 0, e->part->bias_bytes);
}

/* Quadrants that have just gone dark lose what they held. */
static void write_power(struct syn_emulator *e, unsigned index, uint32_t value)
{
    uint32_t off = e->power[index] & ~value, on = ~e->power[index] & value;

    e->power[index] = value;
    for (unsigned q = 0; q < QUADRANTS; q++) {
        if (off >> q & 1 && index <= POWER_MASKS)
            lose(e, q, index == POWER_MASKS);
        if (on >> q & 1 && index == POWER_RESET)
            memset(&e->quadrants[q], 0, sizeof e->quadrants[q]);
    }
}

/* ---- control ------------------------------------------------------------------------------ */

#define NOT_MODELLED (SYN_CTL_STREAMING | SYN_CTL_FIFO | 1u << 19 | 1u << 22 | 1u << 23 | 1u << 7)

static void write_run_control(struct syn_emulator *e, unsigned quadrant, uint32_t value)
{
    uint32_t before = e->quadrants[quadrant].control[SYN_REG_CTL];
    struct syn_emulator_fault fault;

    e->quadrants[quadrant].control[SYN_REG_CTL] = value;
    if (value & NOT_MODELLED) {
        fault = fault_make(SYN_FAULT_UNMODELLED, NOT_THERE, (int)quadrant,
                           syn_control_address(e->regs, quadrant, SYN_REG_CTL),
                           "streaming, FIFOs and snooping are not modelled");
        fault_raise(e, &fault);
        return;
    }
    if (syn_emulator_running(e) && e->run.participants >> quadrant & 1 &&
        !(value & SYN_CTL_ENABLE)) {
        e->run.stage = STAGE_REST;
        return;
    }
    if (value & ~before & SYN_CTL_ENABLE && !(value & SYN_CTL_EXT_SYNC))
        run_start(e, quadrant);
}

static void write_test(struct syn_emulator *e, unsigned quadrant, uint32_t value)
{
    struct quadrant *q = &e->quadrants[quadrant];
    size_t bias = e->part->bias_bytes;

    q->control[SYN_REG_SRAM_TEST] = value;
    if ((value & SYN_TEST_CLEAR) == SYN_TEST_CLEAR)
        memset(q->layers, 0, sizeof q->layers);
    if ((value & SYN_TEST_CLEAR_BIAS) == SYN_TEST_CLEAR_BIAS) {
        e->generation++;
        memset(e->bias + quadrant * bias, 0, bias);
        memset(e->bias_state + quadrant * bias, 1, bias);
    }
}

static void write_control(struct syn_emulator *e, unsigned quadrant, uint32_t index, uint32_t value)
{
    if (index == SYN_REG_CTL)
        write_run_control(e, quadrant, value);
    else if (index == SYN_REG_SRAM_TEST)
        write_test(e, quadrant, value);
    else
        e->quadrants[quadrant].control[index] = value;
}

/* ---- the bus ------------------------------------------------------------------------------ */

static void bus_fault(struct syn_emulator *e, enum syn_emulator_fault_kind kind, uint32_t address,
                      const char *words)
{
    struct syn_emulator_fault fault = fault_make(kind, NOT_THERE, NOT_THERE, address, "%s", words);

    fault_raise(e, &fault);
}

/* What layers read while they run, but for data: that is loaded for the next run meanwhile. */
static bool busy(const struct syn_emulator *e, const struct target *t)
{
    if (!syn_emulator_running(e) || !(e->run.participants >> t->quadrant & 1))
        return false;
    return t->where == AT_LAYER || t->where == AT_BIAS || t->where == AT_WEIGHTS ||
           (t->where == AT_CONTROL && t->index != SYN_REG_CTL);
}

static void write_data(struct syn_emulator *e, size_t cell, uint32_t value)
{
    syn_put_le32(e->data + 4 * cell, value);
    e->data_state[cell] = DEFINED_ALL;
}

static void write_bias(struct syn_emulator *e, const struct target *t, uint32_t value)
{
    size_t at = (size_t)t->quadrant * e->part->bias_bytes + t->at / 4;

    e->bias[at] = (int8_t)value;
    e->bias_state[at] = 1;
}

static void open_window(struct syn_emulator *e, const struct target *t, uint32_t address)
{
    e->window =
        (struct window){.start = address - t->at, .bytes = 4 * e->data_words, .instance = t->index};
}

/* The cell of an address in the window; false where a closer look is needed. */
static bool in_window(const struct syn_emulator *e, uint32_t address, size_t *cell)
{
    uint32_t offset = address - e->window.start;

    *cell = data_cell(e->window.instance, offset / 4);
    return offset < e->window.bytes && offset % 4 == 0;
}

static void write_target(struct syn_emulator *e, const struct target *t, uint32_t address,
                         uint32_t value)
{
    if (t->where != AT_DATA)
        e->window.bytes = 0;
    switch (t->where) {
    case AT_CLOCK_DIVIDER:
        e->clock_divider = value;
        break;
    case AT_CLOCK_DISABLE:
        e->clock_disable = value;
        break;
    case AT_POWER:
        write_power(e, t->index, value);
        break;
    case AT_ALWAYS_ON:
        e->always_on = value;
        break;
    case AT_CONTROL:
        write_control(e, t->quadrant, t->index, value);
        break;
    case AT_LAYER:
        e->quadrants[t->quadrant].layers[t->at][t->index] = value;
        break;
    case AT_BIAS:
        write_bias(e, t, value);
        break;
    case AT_WEIGHTS:
        weight_write(e, t->index, t->at, value);
        break;
    case AT_DATA:
        write_data(e, data_cell(t->index, t->at / 4), value);
        open_window(e, t, address);
        break;
    case AT_CACHE:
        break;
    default:
        if (t->where == AT_NOTHING)
            bus_fault(e, SYN_FAULT_ADDRESS, address, "written to, but there is nothing");
        else if (value != 0)
            bus_fault(e, SYN_FAULT_UNMODELLED, address, "a register that is not modelled");
    }
}

void syn_emulator_write(struct syn_emulator *emulator, uint32_t address, uint32_t value)
{
    struct target t;
    size_t cell;

    if (in_window(emulator, address, &cell)) {
        write_data(emulator, cell, value);
        return;
    }
    t = find(emulator, address);
    if (address % 4 != 0) {
        bus_fault(emulator, SYN_FAULT_ADDRESS, address, "not a multiple of 4");
        return;
    }
    if (!gate_pass(emulator, &t, address))
        return;
    if (busy(emulator, &t)) {
        bus_fault(emulator, SYN_FAULT_BUSY, address, "written while layers run");
        return;
    }
    if (t.where == AT_WEIGHTS || t.where == AT_BIAS)
        emulator->generation++;
    write_target(emulator, &t, address, value);
}

void syn_emulator_write_byte(struct syn_emulator *emulator, uint32_t address, uint8_t value)
{
    struct target t = find(emulator, address);

    if (!gate_pass(emulator, &t, address))
        return;
    if (busy(emulator, &t))
        bus_fault(emulator, SYN_FAULT_BUSY, address, "written while layers run");
    else if (t.where == AT_WEIGHTS)
        weight_open(emulator, t.index, t.at, value);
    else
        bus_fault(emulator, SYN_FAULT_ADDRESS, address, "a single byte is written");
}

static uint32_t read_control(const struct syn_emulator *e, const struct target *t)
{
    uint32_t value = e->quadrants[t->quadrant].control[t->index];

    if (t->index == SYN_REG_SRAM_TEST && (value & SYN_TEST_CLEAR) == SYN_TEST_CLEAR)
        value |= SYN_TEST_CLEARED;
    return value;
}

static uint32_t read_target(const struct syn_emulator *e, const struct target *t)
{
    switch (t->where) {
    case AT_CLOCK_DIVIDER:
        return e->clock_divider;
    case AT_CLOCK_DISABLE:
        return e->clock_disable;
    case AT_POWER:
        return e->power[t->index];
    case AT_ALWAYS_ON:
        return e->always_on;
    case AT_CONTROL:
        return read_control(e, t);
    case AT_LAYER:
        return e->quadrants[t->quadrant].layers[t->at][t->index];
    case AT_BIAS:
        return (uint8_t)e->bias[(size_t)t->quadrant * e->part->bias_bytes + t->at / 4];
    case AT_WEIGHTS:
        return weight_read(e, t->index, t->at);
    case AT_DATA:
        return syn_get_le32(e->data + 4 * data_cell(t->index, t->at / 4));
    default:
        return 0;
    }
}

uint32_t syn_emulator_peek(const struct syn_emulator *emulator, uint32_t address)
{
    struct target t = find(emulator, address & ~3u);

    return read_target(emulator, &t);
}

/* A word of which no byte has a value: why it has none is the fault. */
static void check_value(struct syn_emulator *e, size_t cell, uint32_t address)
{
    uint8_t state = e->data_state[cell];

    if (state & DEFINED_ALL)
        return;
    if (state & TAINTED_ALL && e->suspect.kind != SYN_FAULT_NONE)
        fault_raise(e, &e->suspect);
    else
        bus_fault(e, SYN_FAULT_UNWRITTEN, address, "read, but nobody has written it");
}

uint32_t syn_emulator_read(struct syn_emulator *emulator, uint32_t address)
{
    struct target t;
    size_t cell;

    if (in_window(emulator, address, &cell)) {
        check_value(emulator, cell, address);
        return syn_get_le32(emulator->data + 4 * cell);
    }
    t = find(emulator, address);
    if (address % 4 != 0) {
        bus_fault(emulator, SYN_FAULT_ADDRESS, address, "not a multiple of 4");
        return 0;
    }
    if (!gate_pass(emulator, &t, address))
        return 0;
    if (t.where == AT_NOTHING)
        bus_fault(emulator, SYN_FAULT_ADDRESS, address, "read, but there is nothing");
    else if (t.where == AT_RESERVED)
        bus_fault(emulator, SYN_FAULT_UNMODELLED, address, "a register that is not modelled");
    else if (t.where == AT_DATA) {
        check_value(emulator, data_cell(t.index, t.at / 4), address);
        open_window(emulator, &t, address);
    }
    return read_target(emulator, &t);
}
