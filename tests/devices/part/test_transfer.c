/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs and outputs in data memory: where the vendor's tool loads them and expects them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/part/transfer.h"
#include "tests/devices/part/network.h"

#define INSTANCE_WORDS 0x8000 /* the larger part's stride */

struct memory {
    const struct syn_registers *regs;
    struct cell {
        uint32_t value, uses;
        bool there;
    } cells[SYN_PART_INSTANCES][INSTANCE_WORDS];
};

static struct cell *cell_at(struct memory *m, uint32_t address)
{
    assert_int_equal(address % 4, 0);
    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++) {
        uint32_t base = syn_data_address(m->regs, i);

        if (address >= base && address < base + m->regs->data_stride)
            return &m->cells[i][(address - base) / 4];
    }
    fail_msg("%08x is not in data memory", address);
    return NULL;
}

static void store(void *user, uint32_t address, uint32_t value)
{
    struct cell *cell = cell_at(user, address);

    assert_false(cell->there);
    cell->there = true;
    cell->value = value;
}

static uint32_t fetch(void *user, uint32_t address)
{
    struct cell *cell = cell_at(user, address);

    if (!cell->there)
        fail_msg("nothing was expected at %08x", address);
    cell->uses++;
    return cell->value;
}

static struct memory *new_memory(const struct syn_part *part)
{
    struct memory *m = calloc(1, sizeof *m);

    m->regs = syn_registers_of(part);
    return m;
}

static unsigned compare_input(const struct network *n, const char *folder,
                              const struct vendor_program *program)
{
    struct memory *m = new_memory(n->program.part);
    struct syn_sink sink = {.word = store, .user = m};
    struct vendor_arrays *arrays = vendor_arrays_read(folder, "sampledata.h");
    struct syn_tensor_place place;
    unsigned words = 0, ours = 0;

    syn_transfer_input(&n->model->layers[0], &n->routes[0], 0, &place);
    syn_transfer_load(m->regs, &place, n->model->input, &sink);
    for (unsigned i = 0; i < program->count; i++) {
        const struct vendor_line *line = &program->lines[i];
        const struct vendor_array *data = vendor_arrays_find(arrays, line->symbol);

        for (uint32_t k = 0; line->kind == VENDOR_COPY_WORDS && k < line->count; k++, words++)
            assert_int_equal(fetch(m, line->address + 4 * k), data->values[k]);
    }
    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++)
        for (unsigned k = 0; k < INSTANCE_WORDS; k++)
            ours += m->cells[i][k].there;
    assert_int_equal(ours, words);
    vendor_arrays_free(arrays);
    free(m);
    return words;
}

/* Values in words that the vendor lists, one by one: the list of a large output ends early. */
static unsigned compare_listed(struct memory *m, const struct syn_tensor_place *place,
                               const int8_t *expected)
{
    uint32_t pixels = (uint32_t)place->shape.height * place->shape.width;
    unsigned compared = 0;

    for (uint32_t i = 0; i < place->shape.channels * pixels; i++) {
        uint32_t at = syn_transfer_address(m->regs, place, i / pixels, i % pixels);
        struct cell *cell = cell_at(m, at & ~3u);

        if (!cell->there)
            continue;
        cell->uses++;
        compared++;
        assert_int_equal((int8_t)(cell->value >> 8 * (at & 3)), expected[i]);
    }
    return compared;
}

static unsigned compare_output(const struct network *n, const char *folder)
{
    const unsigned last = n->model->count - 1;
    const struct syn_layer *l = &n->model->layers[last];
    struct memory *m = new_memory(n->program.part);
    struct syn_source source = {.word = fetch, .user = m};
    struct vendor_arrays *arrays = vendor_arrays_read(folder, "sampleoutput.h");
    const struct vendor_array *output = vendor_arrays_find(arrays, "SAMPLE_OUTPUT");
    struct vendor_expected expected;
    struct syn_tensor_place place;
    size_t size = syn_tensor_bytes(l->out, l->output_width);
    void *values = malloc(size);
    uint32_t at = 0, words = 0;

    while (vendor_next_expected(output, &at, &expected))
        for (uint32_t k = 0; k < expected.count; k++, words++)
            store(m, expected.address + 4 * k, expected.words[k] & expected.mask);
    syn_transfer_output(l, &n->routes[last], &place);
    if (l->output_width == 8 && words < size / 4) {
        assert_int_equal(compare_listed(m, &place, n->model->outputs[last]), 4 * words);
    } else {
        syn_transfer_unload(m->regs, &place, &source, values);
        assert_memory_equal(values, n->model->outputs[last], size);
    }
    words = 0;
    for (unsigned i = 0; i < SYN_PART_INSTANCES; i++)
        for (unsigned k = 0; k < INSTANCE_WORDS; k++) {
            assert_true(!m->cells[i][k].there || m->cells[i][k].uses > 0);
            words += m->cells[i][k].there;
        }
    vendor_arrays_free(arrays);
    free(values);
    free(m);
    return words;
}

static void compare_network(const char *part_name, const char *name)
{
    char folder[512];
    struct vendor_program *program;
    struct network *n;

    snprintf(folder, sizeof folder, "%s/max7800x/networks/%s/%s", data_folder(), part_name, name);
    program = vendor_program_read(folder);
    n = network_read(folder, name, syn_part_find(part_name), program);
    print_message("%-36s %5u words in, ", name, compare_input(n, folder, program));
    print_message("%5u out\n", compare_output(n, folder));
    network_free(n);
    vendor_program_free(program);
}

static void inputs_and_outputs_lie_where_the_vendor_has_them(void **state)
{
    (void)state;
    network_each(compare_network);
}

/* ---- round trips ------------------------------------------------------------------------ */

/* Load, unload, and the address of every value, for one way to lie. */
static void round_trip(const struct syn_tensor_place *place)
{
    struct memory *m = new_memory(&syn_part_max78002);
    struct syn_sink sink = {.word = store, .user = m};
    struct syn_source source = {.word = fetch, .user = m};
    size_t size = syn_tensor_bytes(place->shape, 8);
    int8_t *values = malloc(size), *back = calloc(1, size);
    uint32_t pixels = (uint32_t)place->shape.height * place->shape.width;

    for (size_t i = 0; i < size; i++)
        values[i] = (int8_t)(i * 37 + i / 256);
    syn_transfer_load(m->regs, place, values, &sink);
    syn_transfer_unload(m->regs, place, &source, back);
    assert_memory_equal(values, back, size);
    for (size_t i = 0; i < size; i++) {
        uint32_t at =
            syn_transfer_address(m->regs, place, (unsigned)(i / pixels), (uint32_t)(i % pixels));
        uint32_t word = fetch(m, at & ~3u);

        assert_int_equal((int8_t)(word >> 8 * (at & 3)), values[i]);
    }
    free(values);
    free(back);
    free(m);
}

static void what_is_loaded_is_unloaded_again(void **state)
{
    static const struct syn_tensor_place places[] = {
        {0x7, 0, 1, 1, {3, 5, 7}, 8, false},
        {0x1, 16, 0, 1, {1, 5, 7}, 8, true},
        {0x111, 4, 0, 1, {3, 8, 2}, 8, true},
        {UINT64_C(0xfffffffffffff), 0x100, 2, 1, {100, 3, 3}, 8, false},
        {UINT64_C(0xff000000f0000000), 0x100, 3, 3, {12, 4, 1}, 8, false},
        {UINT64_MAX, 4, 6, 2, {190, 2, 2}, 8, false},
        {UINT64_C(0x2), 0, 1, 1, {1, 1, 1}, 8, false},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        round_trip(&places[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_and_outputs_lie_where_the_vendor_has_them),
        cmocka_unit_test(what_is_loaded_is_unloaded_again),
    };

    return cmocka_run_group_tests_name("tensors in data memory", tests, NULL, NULL);
}
