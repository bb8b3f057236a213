/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Networks that no model can say, since they begin with several operands: each layer is a chunk of
 * its own, placed where the vendor places it, and data stay where they are between them.
 * Needs the shared data (SYN_DATA); skips without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/emulator/emulator.h"
#include "devices/part/pack.h"
#include "devices/part/transfer.h"
#include "tests/devices/part/description.h"

struct tally {
    const struct syn_part *part;
    unsigned networks, layers, wrong;
};

/* A recorded layer behind the layers that would make its operands, which are never run. */
struct alone {
    struct syn_layer layers[SYN_LAYER_INPUTS_MAX + 1];
    struct syn_chunk chunk;
    struct syn_place place;
    struct syn_route route;
    struct syn_program program;
    const struct recorded_op *first, *last; /* operators that have its input and its output */
    uint8_t *weights;
};

static struct syn_layer *layer_of(struct alone *a)
{
    return &a->layers[a->chunk.first];
}

static void write_word(void *user, uint32_t address, uint32_t value)
{
    syn_emulator_write(user, address, value);
}

static void write_byte(void *user, uint32_t address, uint8_t value)
{
    syn_emulator_write_byte(user, address, value);
}

static bool reduces(const struct recorded_op *op)
{
    return strncmp(op->kind, "pool", 4) == 0 || strncmp(op->kind, "eltwise", 7) == 0;
}

/* Operators of layer `number` as one layer; false where there are none. */
static bool read_layer(struct alone *a, const struct recorded *r, int number)
{
    struct syn_layer l = {.input_count = 0};

    memset(a, 0, sizeof *a);
    for (unsigned i = 0; i < r->count; i++) {
        const struct recorded_op *op = &r->ops[i];

        if (op->layer != number)
            continue;
        if (!a->first)
            a->first = op;
        if (op->out.there)
            a->last = op;
        if (strncmp(op->kind, "eltwise", 7) == 0)
            l.pool_first = l.pool != SYN_POOL_NONE;
        layer_from_op(op, &l);
        if (op->w.there)
            a->weights = (uint8_t *)(uintptr_t)op->w.data;
    }
    if (!a->first)
        return false;
    resolve_alone(&l, &a->first->in, reduces(a->first));
    a->chunk.first = l.input_count > 1 ? l.input_count : 0;
    for (uint16_t i = 0; i < a->chunk.first; i++) {
        l.inputs[i] = (uint16_t)(i + 1);
        a->layers[i] = (struct syn_layer){.input_count = 1};
    }
    *layer_of(a) = l;
    return true;
}

static void set_program(struct alone *a, const struct syn_part *part, const struct described *d,
                        uint64_t next, uint32_t in_offset)
{
    struct syn_layer *l = layer_of(a);
    struct syn_misfit misfit;

    l->processors = d->processors;
    l->output_processors = d->output_processors ? d->output_processors : next;
    a->chunk.layers = a->layers;
    a->chunk.last = a->chunk.layer_count = (uint16_t)(a->chunk.first + 1);
    a->route.in_offset = d->in_offset >= 0 ? (uint32_t)d->in_offset : in_offset;
    a->route.out_offset = d->out_offset >= 0 ? (uint32_t)d->out_offset : 0;
    a->program = (struct syn_program){part, &a->chunk, &a->place, &a->route, 50000000};
    assert_int_equal(syn_place_chunks(part, &a->chunk, 1, &a->place, &misfit), 0);
    if (syn_program_check(&a->program, &misfit) < 0)
        fail_msg("%s", misfit.what);
}

static void load_operands(const struct alone *a, const struct syn_sink *sink)
{
    const struct syn_layer *l = &a->layers[a->chunk.first];
    size_t each = syn_tensor_bytes(l->in, 8);

    for (unsigned n = 0; n < l->input_count; n++) {
        struct syn_tensor_place place;

        syn_transfer_input(l, &a->route, n, &place);
        syn_transfer_load(syn_registers_of(a->program.part), &place,
                          (const int8_t *)a->first->in.data + n * each, sink);
    }
}

static bool run_layer(struct alone *a, struct syn_emulator *e, struct syn_written *written,
                      const struct syn_sink *sink)
{
    const struct syn_layer *l = layer_of(a);
    struct syn_emulator_done done;

    syn_pack_weights(a->program.part, l, &a->place, a->weights, sink);
    syn_program_configure(&a->program, written, sink);
    syn_program_start(&a->program, sink);
    while (syn_emulator_step(e, UINT64_MAX))
        ;
    return !syn_emulator_fault(e) && syn_emulator_last(e, &done) &&
           memcmp(done.data, a->last->out.data, a->last->out.count) == 0;
}

static void run_all_layers(struct tally *t, const struct recorded *r, const struct description *d,
                           struct syn_emulator *e, const char *network)
{
    struct syn_sink sink = {write_word, write_byte, NULL, e};
    struct syn_written written = {0};
    uint32_t offset = 0;
    struct alone a;

    for (unsigned i = 0; i < d->count && read_layer(&a, r, (int)i); i++) {
        set_program(&a, t->part, &d->layers[i], d->layers[i + 1 < d->count ? i + 1 : i].processors,
                    offset);
        offset = a.route.out_offset;
        if (i == 0) {
            syn_emulator_enable(e);
            syn_program_init(&a.program, 0xf, true, &sink);
        }
        /* Several operands out of one tensor: the vendor's tool cuts the tensor in C,H,W order,
         * which is not how it lies in memory, so they are loaded anew. */
        if (i == 0 || layer_of(&a)->input_count > 1)
            load_operands(&a, &sink);
        t->layers++;
        if (run_layer(&a, e, &written, &sink))
            continue;
        t->wrong++;
        printf("%s: layer %u: %s\n", network, i,
               syn_emulator_fault(e) ? syn_emulator_fault(e)->words : "differs");
    }
}

static void run_folder(const char *folder, void *user)
{
    struct tally *t = user;
    struct model *m = model_read(folder, &(const char *){NULL});
    struct recorded *r = recorded_read(folder);
    struct syn_emulator *e;
    struct description d;

    if (!m && r && description_read(&d, folder)) {
        assert_int_equal(syn_emulator_new(&e, t->part), 0);
        run_all_layers(t, r, &d, e, strrchr(folder, '/') + 1);
        syn_emulator_free(e);
        t->networks++;
    }
    model_free(m);
    recorded_free(r);
}

static void operands_in_data_memory_give_the_recorded_answer(void **state)
{
    struct tally t = {.part = &syn_part_max78000};

    (void)state;
    if (!data_folder())
        skip();
    for_each_folder("unit", t.part->name, run_folder, &t);
    printf("%u networks, %u layers, %u wrong\n", t.networks, t.layers, t.wrong);
    assert_int_equal(t.wrong, 0);
    assert_true(t.networks > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operands_in_data_memory_give_the_recorded_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
