/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proof: our generator makes the program again out of the layers that were found, for the same
 * places, and every register, weight and bias must come out as they were read. What may differ is
 * listed in IMPORT.md.
 */
#include "core/import/program/recover.h"

#include <stdlib.h>
#include <string.h>

#include "devices/part/columns.h"
#include "devices/part/pack.h"
#include "devices/part/program.h"

/* Bits of CTL that go with a FIFO: streaming, which FIFO, who starts whom. */
#define CONTROL_FIFO                                                                               \
    (SYN_CTL_STREAMING | SYN_CTL_FIFO | 1u << 19 | 1u << 22 | 1u << 23 | UINT32_C(1) << 31)

/* What our program writes. */
struct ours {
    const struct syn_registers *regs;
    const struct syn_part *part;
    uint32_t start[SYN_PART_QUADRANTS];
    uint32_t layers[SYN_PART_QUADRANTS][SYN_PART_LAYERS_MAX][SYN_LREG_COUNT];
    unsigned processor, column, filled; /* of the stream of weights */
    uint8_t word[SYN_WEIGHT_BYTES];     /* that it fills; it is written when it is full */
    uint8_t weights[SYN_PART_PROCESSORS][MACHINE_WORDS_MAX][SYN_WEIGHT_BYTES];
    bool weighted[SYN_PART_PROCESSORS][MACHINE_WORDS_MAX];
    uint8_t bias[SYN_PART_QUADRANTS][MACHINE_BIAS_MAX];
    bool biased[SYN_PART_QUADRANTS][MACHINE_BIAS_MAX];
};

struct proof {
    struct program *p;
    struct ours *ours;
    struct syn_chunk chunk;
    struct syn_program program;
    struct syn_layer layers[SYN_PART_LAYERS_MAX];
    struct syn_place places[SYN_PART_LAYERS_MAX];
    struct syn_route routes[SYN_PART_LAYERS_MAX];
};

/* ---- taking down what our generator writes ----------------------------------------------- */

static void take_register(void *user, uint32_t address, uint32_t value)
{
    struct ours *o = user;
    const struct syn_registers *g = o->regs;
    const uint32_t quadrant = (address - g->base) / g->quadrant_stride;
    const uint32_t offset = (address - g->base) % g->quadrant_stride;
    if (address < g->base || quadrant >= SYN_PART_QUADRANTS)
        return;
    if (offset == 4 * SYN_REG_CTL)
        o->start[quadrant] = value;
    for (unsigned reg = 0; reg < SYN_LREG_STREAM_START; reg++) {
        const uint32_t base = g->layer + g->number[reg] * g->number_stride;
        if (g->number[reg] == SYN_REG_NONE || offset < base || (offset - base) % g->layer_stride ||
            (offset - base) / g->layer_stride >= o->part->layers_max)
            continue;
        o->layers[quadrant][(offset - base) / g->layer_stride][reg] = value;
        return;
    }
}

static void take_open(void *user, uint32_t address, uint8_t value)
{
    struct ours *o = user;
    (void)value;
    o->filled = 0;
    for (o->processor = 0; o->processor < SYN_PART_PROCESSORS; o->processor++) {
        const uint32_t base = syn_weight_address(o->regs, o->processor);
        o->column = (address - base) / 4;
        if (address >= base && address - base < o->regs->weight_stride)
            return;
    }
}

static void take_weights(void *user, uint32_t address, uint32_t value)
{
    struct ours *o = user;
    (void)address;
    for (int shift = 24; shift >= 0; shift -= 8) {
        if (o->processor >= SYN_PART_PROCESSORS || o->column >= MACHINE_WORDS_MAX)
            return;
        o->word[o->filled++] = (uint8_t)(value >> shift);
        if (o->filled < SYN_WEIGHT_BYTES)
            continue;
        memcpy(o->weights[o->processor][o->column], o->word, SYN_WEIGHT_BYTES);
        o->weighted[o->processor][o->column++] = true;
        o->filled = 0;
    }
}

static void take_bias(void *user, uint32_t address, uint32_t value)
{
    struct ours *o = user;
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        const uint32_t base = syn_bias_address(o->regs, q, 0);
        if (address < base || address - base >= 4 * MACHINE_BIAS_MAX)
            continue;
        o->bias[q][(address - base) / 4] = (uint8_t)value;
        o->biased[q][(address - base) / 4] = true;
    }
}

static void generate(struct proof *f)
{
    const struct syn_part *part = f->program.part;
    const struct syn_sink registers = {.word = take_register, .user = f->ours};
    const struct syn_sink weights = {.word = take_weights, .byte = take_open, .user = f->ours};
    const struct syn_sink biases = {.word = take_bias, .user = f->ours};
    syn_program_configure(&f->program, NULL, &registers);
    syn_program_start(&f->program, &registers);
    for (unsigned i = 0; i < f->p->count; i++) {
        const struct unit *u = &f->p->units[i];
        syn_pack_weights(part, &f->layers[i], &f->places[i], u->weights, &weights);
        if (u->layer.has_bias && u->layer.groups == 1)
            syn_pack_bias(part, &f->layers[i], &f->places[i], u->biases, &biases);
    }
}

/* ---- comparing --------------------------------------------------------------------------- */

static const char *register_name(unsigned reg)
{
    static const char *const names[] = {
#define X(name, on_78000, on_78002, words) words,
        SYN_LAYER_REGISTERS(X)
#undef X
    };
    return names[reg];
}

/* The unit of a hardware layer; NULL for one that only resets averages. */
static const struct unit *unit_of(const struct program *p, unsigned slot)
{
    for (unsigned i = 0; i < p->count; i++)
        if (p->units[i].slot == slot)
            return &p->units[i];
    return NULL;
}

static uint32_t mask_of(const struct syn_registers *regs, enum syn_layer_field field, unsigned reg)
{
    const struct syn_field *f = &regs->field[field];
    return f->width && f->reg == reg ? (UINT32_MAX >> (32 - f->width)) << f->bit : 0;
}

/* Bits of a register that may differ. */
static uint32_t harmless(const struct program *p, unsigned slot, unsigned reg)
{
    const struct syn_registers *regs = p->machine->regs;
    const struct unit *u = unit_of(p, slot);
    uint32_t mask = mask_of(regs, SYN_FIELD_NEXT_LAYER, reg) |
                    mask_of(regs, SYN_FIELD_NEXT_LINK, reg) |
                    mask_of(regs, SYN_FIELD_NEXT_STOP, reg);
    if (u && u->streams && (reg >= SYN_LREG_STREAM_START || reg == SYN_LREG_CACHE))
        return UINT32_MAX; /* where its rings are; in our program the input is there whole */
    if (u && u->bias_skip > 0)
        mask |= mask_of(regs, SYN_FIELD_BIAS_BYTE, reg);
    if (u && u->out_passes == 1)
        mask |= mask_of(regs, SYN_FIELD_WRITE_PASS_STEP, reg);
    if (u && u->layer.op == SYN_OP_PASSTHROUGH)
        mask |= mask_of(regs, SYN_FIELD_WRITE_MASK_STEP, reg) |
                mask_of(regs, SYN_FIELD_OUTPUT_BITS, reg);
    if (u && u->layer.groups > 1 && u->layer.has_bias)
        mask |= mask_of(regs, SYN_FIELD_BIAS_BYTE, reg) | mask_of(regs, SYN_FIELD_BIAS, reg);
    return mask;
}

static int refuse_register(const struct program *p, unsigned q, unsigned slot, unsigned reg,
                           uint32_t read, uint32_t made)
{
    const struct unit u = {.slot = slot};
    program_refuse(p, &u, SYN_EUNSUP, (enum syn_layer_register)reg,
                   "this is not understood: quadrant %u, %s is 0x%08x, where what the layer seems "
                   "to do needs 0x%08x",
                   q, register_name(reg), (unsigned)read, (unsigned)made);
    syn_error_hint(p->error, "nearest: the network's description, or its layers as a model of "
                             "synergy's own (help model add)");
    return SYN_EUNSUP;
}

static int compare_registers(const struct proof *f)
{
    const struct machine *m = f->p->machine;
    for (unsigned slot = 0; slot < m->part->layers_max; slot++)
        for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
            for (unsigned reg = 0; reg < SYN_LREG_COUNT; reg++) {
                const uint32_t read = m->layers[q][slot][reg], made = f->ours->layers[q][slot][reg];
                if ((read ^ made) & ~harmless(f->p, slot, reg))
                    return refuse_register(f->p, q, slot, reg, read, made);
            }
    return 0;
}

static int compare_control(const struct proof *f)
{
    const struct machine *m = f->p->machine;
    const bool slots = !(m->control[0][SYN_REG_CTL] & SYN_CTL_MEXPRESS);
    const uint32_t ignored = SYN_CTL_READY_SEL | (slots ? SYN_CTL_MEXPRESS : 0) | SYN_CTL_BINARY |
                             (m->fifo ? CONTROL_FIFO | SYN_CTL_EXT_SYNC : 0);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        if ((m->start[q] ^ f->ours->start[q]) & ~ignored)
            return syn_error_set(f->p->error, SYN_EUNSUP,
                                 "cnn_start() is not understood: quadrant %u is started with "
                                 "0x%08x, where 0x%08x is usual",
                                 q, (unsigned)m->start[q], (unsigned)f->ours->start[q]);
    return 0;
}

static int compare_weights(const struct proof *f)
{
    const struct machine *m = f->p->machine;
    for (unsigned n = 0; n < SYN_PART_PROCESSORS; n++)
        for (unsigned c = 0; c < MACHINE_WORDS_MAX; c++) {
            if (!f->ours->weighted[n][c] ||
                memcmp(f->ours->weights[n][c], m->weights[n][c], SYN_WEIGHT_BYTES) == 0)
                continue;
            return syn_error_set(f->p->error, SYN_EUNSUP,
                                 "weights of processor %u, word %u are not understood", n, c);
        }
    return 0;
}

static int compare_biases(const struct proof *f)
{
    const struct machine *m = f->p->machine;
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        for (unsigned i = 0; i < MACHINE_BIAS_MAX; i++)
            if (f->ours->biased[q][i] && f->ours->bias[q][i] != m->bias[q][i])
                return syn_error_set(f->p->error, SYN_EUNSUP,
                                     "bias %u of quadrant %u is not understood", i, q);
    return 0;
}

/* ---- all --------------------------------------------------------------------------------- */

static int prepare(struct proof *f)
{
    struct program *p = f->p;
    struct syn_misfit misfit = {.what = NULL};
    const struct syn_part *part = p->machine->part;
    const bool slow = p->machine->start[0] & SYN_CTL_PIPELINE_OFF;
    for (unsigned i = 0; i < p->count; i++) {
        struct unit *u = &p->units[i];
        u->place.kernel_words = (uint16_t)syn_columns_words(&u->layer);
        f->layers[i] = u->layer;
        f->places[i] = u->place;
        f->routes[i] = u->route;
        if (!u->streams && syn_place_check_layer(part, &u->layer, &misfit) < 0)
            return program_refuse(p, u, SYN_EUNSUP, SYN_LREG_CONTROL, "a %s has not got it: %s",
                                  part->name, misfit.what ? misfit.what : "it is too large");
    }
    f->chunk = (struct syn_chunk){
        .layers = f->layers, .last = (uint16_t)p->count, .layer_count = (uint16_t)p->count};
    f->program = (struct syn_program){.part = part,
                                      .chunk = &f->chunk,
                                      .places = f->places,
                                      .routes = f->routes,
                                      .hz = slow ? 1 : UINT32_MAX};
    if (syn_program_check(&f->program, &misfit) == 0)
        return 0;
    return program_refuse(p, &p->units[misfit.layer], SYN_EUNSUP, SYN_LREG_CONTROL,
                          "this is not understood: it seems to be %s", misfit.what);
}

int program_prove(struct program *p)
{
    struct proof *f = calloc(1, sizeof *f);
    struct ours *ours = calloc(1, sizeof *ours);
    int status = SYN_ENOMEM;
    if (!f || !ours) {
        syn_error_set(p->error, SYN_ENOMEM, "not enough memory to compare programs");
        goto out;
    }
    ours->regs = p->machine->regs;
    ours->part = p->machine->part;
    ours->processor = SYN_PART_PROCESSORS;
    f->p = p;
    f->ours = ours;
    status = prepare(f);
    if (status == 0) {
        generate(f);
        status = compare_control(f);
    }
    if (status == 0)
        status = compare_registers(f);
    if (status == 0)
        status = compare_weights(f);
    if (status == 0)
        status = compare_biases(f);
out:
    free(ours);
    free(f);
    return status;
}
