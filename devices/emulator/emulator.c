/* SPDX-License-Identifier: MIT */
#include "devices/emulator/internal.h"

#include <stdlib.h>
#include <string.h>

static bool allocate(struct syn_emulator *e)
{
    size_t words = (size_t)INSTANCES * e->data_words;
    size_t weights = (size_t)PROCESSORS * e->weight_words;
    size_t bias = (size_t)QUADRANTS * e->part->bias_bytes;

    e->data = aligned_bytes(4 * words);
    e->data_state = malloc(words);
    e->weights = calloc(weights, SYN_WEIGHT_BYTES);
    e->weight_state = malloc(weights);
    e->bias = calloc(bias, 1);
    e->bias_state = malloc(bias);
    if (e->data)
        memset(e->data, 0, 4 * words);
    return e->data && e->data_state && e->weights && e->weight_state && e->bias && e->bias_state;
}

int syn_emulator_new(struct syn_emulator **emulator, const struct syn_part *part)
{
    const struct syn_registers *regs = syn_registers_of(part);
    struct syn_emulator *e;

    *emulator = NULL;
    if (!regs)
        return SYN_EUNSUP;
    e = calloc(1, sizeof *e);
    if (!e)
        return SYN_ENOMEM;
    e->part = part;
    e->regs = regs;
    e->kernels = syn_kernels_portable();
    e->data_words = part->data_bytes / 4;
    e->weight_words = part->kernel_words_first;
    bus_init(e);
    if (!allocate(e)) {
        syn_emulator_free(e);
        return SYN_ENOMEM;
    }
    syn_emulator_reset(e);
    *emulator = e;
    return 0;
}

void syn_emulator_free(struct syn_emulator *emulator)
{
    struct syn_emulator *e = emulator;

    if (!e)
        return;
    plans_drop(e);
    struct buffer *const buffers[] = {&e->input,        &e->pooled,     &e->taint,
                                      &e->taint_pooled, &e->taint_mask, &e->output,
                                      &e->scratch,      &e->packed,     &e->dense};
    for (unsigned i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        free(buffers[i]->bytes);
    free(e->data);
    free(e->data_state);
    free(e->weights);
    free(e->weight_state);
    free(e->bias);
    free(e->bias_state);
    free(e);
}

void syn_emulator_use(struct syn_emulator *emulator, const struct syn_kernels *kernels)
{
    plans_drop(emulator);
    emulator->kernels = kernels;
    emulator->run = (struct run){.stage = STAGE_REST};
}

void syn_emulator_reset(struct syn_emulator *emulator)
{
    struct syn_emulator *e = emulator;

    memset(e->quadrants, 0, sizeof e->quadrants);
    memset(e->power, 0, sizeof e->power);
    memset(e->streams, 0, sizeof e->streams);
    memset(e->data_state, 0, (size_t)INSTANCES * e->data_words);
    memset(e->weight_state, 0, (size_t)PROCESSORS * e->weight_words);
    memset(e->bias_state, 0, (size_t)QUADRANTS * e->part->bias_bytes);
    e->window.bytes = 0;
    e->always_on = e->clock_divider = 0;
    e->clock_disable = SYN_CLOCK_GATE;
    e->generation++;
    e->run = (struct run){.stage = STAGE_REST};
    e->suspect = (struct syn_emulator_fault){.kind = SYN_FAULT_NONE};
    syn_emulator_clear_fault(e);
}

void syn_emulator_enable(struct syn_emulator *emulator)
{
    static const struct {
        uint32_t address, value;
    } writes[] = {
        {SYN_REG_POWER + 12, 0xf}, /* into reset */
        {SYN_REG_POWER + 4, 0xf},  /* memory of weights */
        {SYN_REG_POWER, 0xf},      /* power */
        {SYN_REG_POWER + 8, 0},    /* no isolation */
        {SYN_REG_POWER + 12, 0},   /* out of reset */
        {SYN_EMULATOR_CLOCK_DIVIDER, 4u << 14},
    };

    for (unsigned i = 0; i < sizeof writes / sizeof writes[0]; i++)
        syn_emulator_write(emulator, writes[i].address, writes[i].value);
    syn_emulator_write(emulator, SYN_EMULATOR_CLOCK_DISABLE,
                       emulator->clock_disable & ~SYN_CLOCK_GATE);
}
