/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/program/machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_BYTES 16
#define FAST_FIFO  0x400c0000u

/* Number of pixels that come through a FIFO: bytes behind a
 * quadrant's base. Of the vendor's tool (izer/tornadocnn.py). */
#define FRAME_MAX78000 0x990u
#define FRAME_MAX78002 0x108060u

/* The machine while its program runs. */
struct run {
    struct machine *m;
    const struct source *source;
    const struct arrays *arrays;
    const struct source_step *step;
    struct {
        bool open;
        unsigned column, filled;
        uint8_t bytes[SLOT_BYTES];
    } streams[SYN_PART_PROCESSORS];
};

static int refuse(const struct run *r, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(const struct run *r, int code, const char *fmt, ...)
{
    char words[400];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    syn_error_set(r->m->error, code, "%s", words);
    syn_error_where(r->m->error, r->source->path, r->step ? r->step->line : 0, 0);
    return code;
}

/* ---- weights ----------------------------------------------------------------------------- */

unsigned machine_words(const struct syn_part *part, unsigned processor)
{
    return processor % 16 == 0 ? part->kernel_words_first : part->kernel_words;
}

static int store(struct run *r, unsigned processor, unsigned column, const uint8_t *bytes)
{
    struct machine *m = r->m;
    if (column >= machine_words(m->part, processor))
        return refuse(r, SYN_EINVAL, "weights of processor %u beyond its %u words", processor,
                      machine_words(m->part, processor));
    memcpy(m->weights[processor][column], bytes, SYN_WEIGHT_BYTES);
    m->weighted[processor][column] = true;
    return 0;
}

static void put_big_endian(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static int open_stream(struct run *r, unsigned processor, uint32_t offset, uint32_t value)
{
    if (value != 1 || offset % 4 != 1)
        return refuse(r, SYN_EINVAL, "a byte that does not begin weights");
    r->streams[processor].open = true;
    r->streams[processor].column = offset / 4;
    r->streams[processor].filled = 0;
    return 0;
}

static int stream_word(struct run *r, unsigned processor, uint32_t value)
{
    uint8_t *bytes = r->streams[processor].bytes;
    unsigned *filled = &r->streams[processor].filled;
    put_big_endian(bytes + *filled, value);
    *filled += 4;
    if (*filled < SYN_WEIGHT_BYTES)
        return 0;
    const int status = store(r, processor, r->streams[processor].column++, bytes);
    *filled -= SYN_WEIGHT_BYTES;
    memmove(bytes, bytes + SYN_WEIGHT_BYTES, *filled);
    return status;
}

/* Byte 0 in the first word of a slot, the others in the next two; the fourth has none. */
static int slot_word(struct run *r, unsigned processor, uint32_t offset, uint32_t value)
{
    uint8_t *bytes = r->streams[processor].bytes;
    const unsigned word = offset % SLOT_BYTES / 4;
    if (word == 3)
        return store(r, processor, offset / SLOT_BYTES, bytes);
    if (word == 0)
        bytes[0] = (uint8_t)value;
    else
        put_big_endian(bytes + 4 * word - 3, value);
    return 0;
}

static int write_weights(struct run *r, unsigned processor, uint32_t offset, uint32_t value)
{
    if (r->step->function != SOURCE_WEIGHTS)
        return refuse(r, SYN_EUNSUP, "weights that are not loaded by cnn_load_weights()");
    if (r->m->control[processor / 16][SYN_REG_CTL] & SYN_CTL_MEXPRESS) {
        if (!r->streams[processor].open)
            return refuse(r, SYN_EINVAL, "weights of processor %u without a place to begin",
                          processor);
        return stream_word(r, processor, value);
    }
    return slot_word(r, processor, offset, value);
}

/* ---- registers and bias ------------------------------------------------------------------ */

static int write_layer(struct run *r, unsigned quadrant, unsigned layer, unsigned reg,
                       uint32_t value)
{
    int *line = &r->m->lines[quadrant][layer][reg];
    if (r->step->function != SOURCE_CONFIGURE)
        return refuse(r, SYN_EUNSUP, "a layer's register that cnn_configure() does not write");
    if (*line)
        return refuse(r, SYN_EINVAL,
                      "quadrant %u, layer %u: this register was already written in line %d",
                      quadrant, layer, *line);
    *line = r->step->line;
    r->m->layers[quadrant][layer][reg] = value;
    return 0;
}

static int write_control(struct run *r, unsigned quadrant, unsigned which, uint32_t value)
{
    const enum source_function function = r->step->function;
    if (which == SYN_REG_CTL && value & SYN_CTL_FIFO)
        r->m->fifo = true;
    if (function == SOURCE_START && which == SYN_REG_CTL)
        r->m->start[quadrant] = value;
    else if (function == SOURCE_INIT)
        r->m->control[quadrant][which] = value;
    else
        return refuse(r, SYN_EUNSUP, "a control register that is written out of turn");
    return 0;
}

static int write_bias(struct run *r, unsigned quadrant, unsigned byte, uint32_t value)
{
    if (r->step->function != SOURCE_BIAS)
        return refuse(r, SYN_EUNSUP, "biases that cnn_load_bias() does not load");
    if (byte >= r->m->part->bias_bytes || byte >= MACHINE_BIAS_MAX)
        return refuse(r, SYN_EINVAL, "biases beyond the %u bytes of a quadrant",
                      r->m->part->bias_bytes);
    r->m->bias[quadrant][byte] = (uint8_t)value;
    r->m->biased[quadrant][byte] = true;
    return 0;
}

/* Finds layer and register of an offset in a quadrant; false where there is none. */
static bool find_register(const struct machine *m, uint32_t offset, unsigned *layer, unsigned *reg)
{
    const struct syn_registers *g = m->regs;
    for (*reg = 0; *reg < SYN_LREG_COUNT; ++*reg) {
        const uint32_t stride = *reg < g->stream_from ? g->layer_stride : 4;
        const uint32_t base = g->layer + g->number[*reg] * g->number_stride;
        if (g->number[*reg] == SYN_REG_NONE || offset < base || (offset - base) % stride)
            continue;
        *layer = (offset - base) / stride;
        if (*layer < m->part->layers_max)
            return true;
    }
    return false;
}

/* ---- the bus ----------------------------------------------------------------------------- */

static int nowhere(const struct run *r, uint32_t address)
{
    return refuse(r, SYN_EINVAL, "0x%08x: nothing that a program writes lies there on a %s",
                  (unsigned)address, r->m->part->name);
}

static int write_outside(struct run *r, uint32_t address)
{
    if (address == SYN_REG_AON)
        return 0;
    if ((address & ~0xfffu) == SYN_REG_FIFO || (address & ~0xfffu) == FAST_FIFO) {
        r->m->fifo = true;
        return 0;
    }
    return nowhere(r, address);
}

static int write_word(struct run *r, uint32_t address, uint32_t value)
{
    const struct syn_registers *g = r->m->regs;
    const uint32_t quadrant = (address - g->base) / g->quadrant_stride;
    const uint32_t offset = (address - g->base) % g->quadrant_stride;
    unsigned layer, reg;
    if (address % 4)
        return refuse(r, SYN_EINVAL, "0x%08x is no address of a word", (unsigned)address);
    if (address < g->base || quadrant >= SYN_PART_QUADRANTS)
        return write_outside(r, address);
    if (offset < 4 * MACHINE_CONTROLS)
        return write_control(r, quadrant, offset / 4, value);
    if (offset >= g->weights && offset < g->weights + 16 * g->weight_stride)
        return write_weights(r, 16 * quadrant + (offset - g->weights) / g->weight_stride,
                             (offset - g->weights) % g->weight_stride, value);
    if (offset >= g->data && offset < g->data + 4 * g->data_stride)
        return refuse(r, SYN_EUNSUP, "a program that brings its own data");
    if (offset == (r->m->part == &syn_part_max78000 ? FRAME_MAX78000 : FRAME_MAX78002))
        return 0;
    if (find_register(r->m, offset, &layer, &reg))
        return write_layer(r, quadrant, layer, reg, value);
    if (offset >= g->bias && offset < g->bias + 4 * MACHINE_BIAS_MAX)
        return write_bias(r, quadrant, (offset - g->bias) / 4, value);
    return nowhere(r, address);
}

static int write_byte(struct run *r, uint32_t address, uint32_t value)
{
    const struct syn_registers *g = r->m->regs;
    const uint32_t quadrant = (address - g->base) / g->quadrant_stride;
    const uint32_t offset = (address - g->base) % g->quadrant_stride;
    if (address < g->base || quadrant >= SYN_PART_QUADRANTS || offset < g->weights ||
        offset >= g->weights + 16 * g->weight_stride || r->step->function != SOURCE_WEIGHTS)
        return nowhere(r, address);
    return open_stream(r, 16 * quadrant + (offset - g->weights) / g->weight_stride,
                       (offset - g->weights) % g->weight_stride, value);
}

/* ---- copies ------------------------------------------------------------------------------ */

static int find_array(const struct run *r, const struct array **array, size_t need)
{
    const struct source_step *s = r->step;
    *array = arrays_find(r->arrays, s->symbol);
    if (!*array)
        return refuse(r, SYN_EINVAL, "%s has no array %s", r->arrays->path, s->symbol);
    if ((*array)->count >= need)
        return 0;
    refuse(r, SYN_EINVAL, "%zu values of %s are wanted, but it has %zu", need, s->symbol,
           (*array)->count);
    syn_error_where(r->m->error, r->arrays->path, (*array)->line, 0);
    return SYN_EINVAL;
}

static int copy_words(struct run *r)
{
    const struct source_step *s = r->step;
    const struct array *array;
    int status = find_array(r, &array, s->count);
    for (uint32_t i = 0; i < s->count && status == 0; i++)
        status = write_word(r, s->address + 4 * i, array->values[i]);
    return status;
}

static int copy_bytes(struct run *r)
{
    const struct source_step *s = r->step;
    const struct array *array;
    int status = find_array(r, &array, s->count);
    for (uint32_t i = 0; i < s->count && status == 0; i++)
        status = array->values[i] > 0xff
                     ? refuse(r, SYN_EINVAL, "%s: value %u is no byte", s->symbol, i)
                     : write_word(r, s->address + 4 * i, array->values[i]);
    return status;
}

static int copy_slots(struct run *r)
{
    const struct source_step *s = r->step;
    const struct array *array;
    int status = find_array(r, &array, (size_t)s->count * 3);
    for (uint32_t i = 0; i < s->count && status == 0; i++) {
        const uint32_t address = s->address + SLOT_BYTES * i;
        for (uint32_t n = 0; n < 3 && status == 0; n++)
            status = write_word(r, address + 4 * n, array->values[3 * (size_t)i + n]);
        if (status == 0)
            status = write_word(r, address + 12, 0);
    }
    return status;
}

static int cut_off(const struct run *r, const struct array *array)
{
    refuse(r, SYN_EINVAL, "%s ends inside a record of weights: the file was cut off", array->name);
    syn_error_where(r->m->error, r->arrays->path, array->line, 0);
    return SYN_EINVAL;
}

/* Address, number of words, the words; 0 ends. */
static int copy_records(struct run *r)
{
    const struct array *array;
    int status = find_array(r, &array, 1);
    for (size_t i = 0; status == 0 && array->values[i] != 0;) {
        const uint32_t address = array->values[i];
        if (array->count - i < 2 || array->values[i + 1] >= array->count - i - 2)
            return cut_off(r, array);
        const uint32_t count = array->values[i + 1];
        if (r->step->value)
            status = write_byte(r, address | 1, 1);
        for (uint32_t n = 0; n < count && status == 0; n++)
            status = write_word(r, (address & ~UINT32_C(3)) + 4 * n, array->values[i + 2 + n]);
        i += 2 + (size_t)count;
    }
    return status;
}

static int take_step(struct run *r)
{
    const struct source_step *s = r->step;
    switch (s->kind) {
    case SOURCE_WORD:
        return write_word(r, s->address, s->value);
    case SOURCE_BYTE:
        return write_byte(r, s->address, s->value);
    case SOURCE_COPY:
        return copy_words(r);
    case SOURCE_COPY_BYTE:
        return copy_bytes(r);
    case SOURCE_COPY_SLOT:
        return copy_slots(r);
    default:
        return copy_records(r);
    }
}

/* ---- all of it --------------------------------------------------------------------------- */

/* The part whose first quadrant cnn_init() writes. */
static int find_part(struct run *r)
{
    static const struct syn_part *const parts[] = {&syn_part_max78000, &syn_part_max78002};
    for (size_t i = 0; i < r->source->count; i++) {
        const struct source_step *s = r->step = &r->source->steps[i];
        for (unsigned n = 0; n < 2 && s->function == SOURCE_INIT && s->kind == SOURCE_WORD; n++) {
            const struct syn_registers *regs = syn_registers_of(parts[n]);
            if (s->address - regs->base >= 4 * MACHINE_CONTROLS)
                continue;
            if (r->m->part && r->m->part != parts[n])
                return refuse(r, SYN_EINVAL, "registers of a %s, but also of a %s",
                              r->m->part->name, parts[n]->name);
            r->m->part = parts[n];
            r->m->regs = regs;
        }
    }
    r->step = NULL;
    if (r->m->part)
        return 0;
    return refuse(r, SYN_EINVAL, "cnn_init() starts neither a MAX78000 nor a MAX78002");
}

static int check_functions(const struct run *r)
{
    static const char *const names[SOURCE_FUNCTIONS] = {
        [SOURCE_INIT] = "cnn_init",
        [SOURCE_CONFIGURE] = "cnn_configure",
        [SOURCE_START] = "cnn_start",
    };
    for (unsigned i = 0; i < SOURCE_FUNCTIONS; i++)
        if (names[i] && !(r->source->seen >> i & 1))
            return refuse(r, SYN_EINVAL, "there is no function %s()", names[i]);
    return 0;
}

/* As the program that calls them: init, weights, biases, configure, start. */
static int run_functions(struct run *r)
{
    int status = 0;
    for (unsigned f = SOURCE_INIT; f < SOURCE_FUNCTIONS; f++)
        for (size_t i = 0; i < r->source->count && status == 0; i++) {
            r->step = &r->source->steps[i];
            if (r->step->function == (enum source_function)f)
                status = take_step(r);
        }
    for (size_t i = 0; i < r->source->count && status == 0; i++) {
        r->step = &r->source->steps[i];
        if (r->step->function == SOURCE_OTHER && r->step->address >= r->m->regs->base)
            status = refuse(r, SYN_EUNSUP,
                            "a write to the accelerator in a function of another "
                            "name than the vendor's tool gives");
    }
    return status;
}

int machine_run(struct machine **machine, const struct source *source, const struct arrays *arrays,
                struct syn_error *error)
{
    struct run *r = calloc(1, sizeof *r);
    int status = SYN_ENOMEM;
    *machine = calloc(1, sizeof **machine);
    if (!r || !*machine) {
        syn_error_set(error, SYN_ENOMEM, "not enough memory for a program");
        goto out;
    }
    (*machine)->path = source->path;
    (*machine)->arrays_path = arrays->path;
    (*machine)->error = error;
    *r = (struct run){.m = *machine, .source = source, .arrays = arrays};
    status = check_functions(r);
    if (status == 0)
        status = find_part(r);
    if (status == 0)
        status = run_functions(r);
out:
    if (status < 0) {
        free(*machine);
        *machine = NULL;
    }
    free(r);
    return status;
}
