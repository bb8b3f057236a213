/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packed weights and biases against those of the vendor's tool: the same bytes in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/part/pack.h"
#include "tests/devices/part/network.h"

#define COLUMNS_MAX 8192
#define BIAS_MAX    2048

/* Weight memory, filled through the packed stream as registers.h describes it, and bias memory. */
struct memory {
    const struct syn_registers *regs;
    uint8_t words[SYN_PART_PROCESSORS][COLUMNS_MAX][SYN_WEIGHT_BYTES];
    bool written[SYN_PART_PROCESSORS][COLUMNS_MAX];
    uint8_t bias[SYN_PART_QUADRANTS][BIAS_MAX];
    unsigned processor, column, filled;
};

static void take_byte(void *user, uint32_t address, uint8_t value)
{
    struct memory *m = user;

    assert_int_equal(value, 1);
    assert_int_equal(address & 3, 1);
    for (m->processor = 0; m->processor < SYN_PART_PROCESSORS; m->processor++) {
        uint32_t base = syn_weight_address(m->regs, m->processor);

        if (address < base || address >= base + m->regs->weight_stride)
            continue;
        m->column = (address - base) / 4;
        m->filled = 0;
        return;
    }
    fail_msg("%08x is not in weight memory", address);
}

static void take_bias(struct memory *m, uint32_t address, uint32_t value)
{
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        uint32_t base = syn_bias_address(m->regs, q, 0);

        if (address >= base && address < base + 4 * BIAS_MAX) {
            m->bias[q][(address - base) / 4] = (uint8_t)value;
            return;
        }
    }
    fail_msg("%08x is in no memory", address);
}

static void take_word(void *user, uint32_t address, uint32_t value)
{
    struct memory *m = user;
    uint32_t base = syn_weight_address(m->regs, m->processor % SYN_PART_PROCESSORS);

    if (m->processor >= SYN_PART_PROCESSORS || address < base ||
        address >= base + m->regs->weight_stride) {
        take_bias(m, address, value);
        return;
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
        assert_true(m->column < COLUMNS_MAX);
        m->words[m->processor][m->column][m->filled++] = (uint8_t)(value >> shift);
        if (m->filled < SYN_WEIGHT_BYTES)
            continue;
        m->written[m->processor][m->column++] = true;
        m->filled = 0;
    }
}

static struct memory *new_memory(const struct syn_part *part)
{
    struct memory *m = calloc(1, sizeof *m);

    m->regs = syn_registers_of(part);
    m->processor = SYN_PART_PROCESSORS;
    return m;
}

static void fill_ours(struct memory *m, const struct network *n)
{
    struct syn_sink sink = {.word = take_word, .byte = take_byte, .user = m};

    for (unsigned i = 0; i < n->model->count; i++) {
        const struct syn_layer *l = &n->model->layers[i];

        syn_pack_weights(n->program.part, l, &n->places[i], n->model->weights[i], &sink);
        m->processor = SYN_PART_PROCESSORS;
        syn_pack_bias(n->program.part, l, &n->places[i], n->model->biases[i], &sink);
    }
}

static void fill_theirs(struct memory *m, const char *folder, const struct vendor_program *program)
{
    struct vendor_arrays *arrays = vendor_arrays_read(folder, "weights.h");
    const struct vendor_array *kernels = vendor_arrays_find(arrays, "KERNELS");
    struct vendor_record record;
    uint32_t at = 0;

    assert_non_null(kernels);
    while (vendor_next_kernels(kernels, &at, &record)) {
        take_byte(m, record.address | 1, 1);
        for (uint32_t i = 0; i < record.count; i++)
            take_word(m, syn_weight_address(m->regs, m->processor) + 4 * i, record.words[i]);
    }
    for (unsigned i = 0; i < program->count; i++) {
        const struct vendor_line *line = &program->lines[i];
        const struct vendor_array *bias = vendor_arrays_find(arrays, line->symbol);

        for (uint32_t n = 0; line->kind == VENDOR_COPY_BYTES && n < line->count; n++)
            take_bias(m, line->address + 4 * n, bias->values[n]);
    }
    vendor_arrays_free(arrays);
}

/* Words that differ; those that only one of them writes count, too. */
static unsigned compare_words(const struct memory *ours, const struct memory *theirs,
                              unsigned *equal)
{
    unsigned different = 0;

    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++)
        for (unsigned c = 0; c < COLUMNS_MAX; c++) {
            bool same = ours->written[p][c] == theirs->written[p][c] &&
                        memcmp(ours->words[p][c], theirs->words[p][c], SYN_WEIGHT_BYTES) == 0;

            if (same && !ours->written[p][c])
                continue;
            if (same)
                ++*equal;
            else if (different++ < 4)
                print_message("processor %u column %u differs (ours %d, theirs %d)\n", p, c,
                              ours->written[p][c], theirs->written[p][c]);
        }
    return different;
}

static void compare_network(const char *part_name, const char *name)
{
    const struct syn_part *part = syn_part_find(part_name);
    struct memory *ours = new_memory(part), *theirs = new_memory(part);
    struct vendor_program *program;
    unsigned equal = 0, different, biases = 0;
    struct network *n;
    char folder[512];

    snprintf(folder, sizeof folder, "%s/max7800x/networks/%s/%s", data_folder(), part_name, name);
    program = vendor_program_read(folder);
    n = network_read(folder, name, part, program);
    fill_ours(ours, n);
    fill_theirs(theirs, folder, program);
    different = compare_words(ours, theirs, &equal);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        for (unsigned i = 0; i < BIAS_MAX; i++)
            biases += ours->bias[q][i] != theirs->bias[q][i];
    print_message("%-36s %6u words of weights equal, %u differ; %u biases differ\n", name, equal,
                  different, biases);
    network_free(n);
    vendor_program_free(program);
    free(ours);
    free(theirs);
    assert_int_equal(different + biases, 0);
}

static void weights_and_biases_lie_as_the_vendor_packs_them(void **state)
{
    (void)state;
    network_each(compare_network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_and_biases_lie_as_the_vendor_packs_them),
    };

    return cmocka_run_group_tests_name("packed weights", tests, NULL, NULL);
}
