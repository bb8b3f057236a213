/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/emulator/board.h"

#include <stdio.h>
#include <string.h>

bool board_open(struct board *b, const char *folder, const struct syn_part *part)
{
    *b = (struct board){.program = vendor_program_read(folder),
                        .weights = vendor_arrays_read(folder, "weights.h"),
                        .input = vendor_arrays_read(folder, "sampledata.h"),
                        .output = vendor_arrays_read(folder, "sampleoutput.h")};
    if (!b->program || !b->weights || !b->input || !b->output ||
        syn_emulator_new(&b->emulator, part)) {
        board_close(b);
        return false;
    }
    syn_emulator_enable(b->emulator);
    return true;
}

void board_close(struct board *b)
{
    syn_emulator_free(b->emulator);
    vendor_program_free(b->program);
    vendor_arrays_free(b->weights);
    vendor_arrays_free(b->input);
    vendor_arrays_free(b->output);
}

static void copy(struct board *b, const struct vendor_line *line)
{
    const struct vendor_array *array = vendor_arrays_find(b->weights, line->symbol);

    if (!array)
        array = vendor_arrays_find(b->input, line->symbol);
    for (uint32_t i = 0; array && i < line->count && i < array->count; i++)
        syn_emulator_write(b->emulator, line->address + 4 * i, array->values[i]);
}

void board_call(struct board *b, const char *function)
{
    for (unsigned i = 0; i < b->program->count; i++) {
        const struct vendor_line *line = &b->program->lines[i];

        if (strcmp(line->function, function) != 0)
            continue;
        if (line->kind == VENDOR_WRITE)
            syn_emulator_write(b->emulator, line->address, line->value);
        else if (line->kind != VENDOR_ADDRESS)
            copy(b, line);
    }
}

void board_load_weights(struct board *b)
{
    const struct vendor_array *kernels = vendor_arrays_find(b->weights, "KERNELS");
    struct vendor_record record;
    uint32_t at = 0;

    while (kernels && vendor_next_kernels(kernels, &at, &record)) {
        syn_emulator_write_byte(b->emulator, record.address | 1, 1);
        for (uint32_t i = 0; i < record.count; i++)
            syn_emulator_write(b->emulator, (record.address & ~3u) + 4 * i, record.words[i]);
    }
}

void board_prepare(struct board *b)
{
    board_call(b, "cnn_init");
    board_load_weights(b);
    board_call(b, "cnn_load_bias");
    board_call(b, "cnn_configure");
    board_call(b, "load_input");
}

bool board_failed(const struct board *b, const char *what)
{
    const struct syn_emulator_fault *fault = syn_emulator_fault(b->emulator);

    if (fault)
        printf("%s: fault %s, layer %d, quadrant %d, address %08x: %s\n", what,
               syn_emulator_fault_name(fault->kind), fault->layer, fault->quadrant,
               (unsigned)fault->address, fault->words);
    return fault != NULL;
}

unsigned board_wrong_words(struct board *b, unsigned *compared)
{
    const struct vendor_array *array = vendor_arrays_find(b->output, "SAMPLE_OUTPUT");
    struct vendor_expected expected;
    unsigned wrong = 0;
    uint32_t at = 0;

    *compared = 0;
    while (array && vendor_next_expected(array, &at, &expected))
        for (uint32_t i = 0; i < expected.count; i++, ++*compared) {
            uint32_t word = syn_emulator_read(b->emulator, expected.address + 4 * i);

            wrong += (word & expected.mask) != expected.words[i];
        }
    return wrong;
}
