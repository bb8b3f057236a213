/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs, weights and addresses of our own on the emulator: every layer of every recorded
 * network as recorded, whole and cut, several chunks resident side by side.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/emulator/emulator.h"
#include "devices/part/geometry.h"
#include "devices/part/maps.h"
#include "devices/part/pack.h"
#include "devices/part/route.h"
#include "tests/devices/part/description.h"
#include "tests/devices/part/recorded.h"

#define MHZ        1000000u
#define CHUNKS_MAX 4

/* ---- a board with chunks on it ---------------------------------------------------------- */

struct chunk {
    struct syn_chunk chunk;
    struct syn_place *places;
    struct syn_route routes[SYN_MODEL_LAYERS_MAX];
    struct syn_ports ports;
    struct syn_program program;
};

struct board {
    const struct syn_part *part;
    const struct model *model;
    struct syn_emulator *emulator;
    struct syn_place places[SYN_MODEL_LAYERS_MAX];
    struct chunk chunks[CHUNKS_MAX];
    unsigned count;
    struct syn_misfit misfit;
    struct syn_written written;
    void *tensors[SYN_MODEL_LAYERS_MAX + 1]; /* what the chunks hand on, dense */
    unsigned wrong;                          /* layers that are not as recorded */
};

static void write_word(void *user, uint32_t address, uint32_t value)
{
    syn_emulator_write(user, address, value);
}

static void write_byte(void *user, uint32_t address, uint8_t value)
{
    syn_emulator_write_byte(user, address, value);
}

static uint32_t read_word(void *user, uint32_t address)
{
    return syn_emulator_read(user, address);
}

static void wait_for(void *user, uint32_t address, uint32_t mask)
{
    assert_int_equal(syn_emulator_read(user, address) & mask, mask);
}

static struct syn_sink sink_of(struct board *b)
{
    return (struct syn_sink){write_word, write_byte, wait_for, b->emulator};
}

/* Cuts the model at `cuts` (count of them) and places all chunks together. */
static int place(struct board *b, const unsigned *cuts, unsigned cut_count,
                 const struct syn_route *given)
{
    struct syn_chunk chunks[CHUNKS_MAX];
    unsigned first = 0;
    int result;

    b->count = cut_count + 1;
    for (unsigned i = 0; i < b->count; i++) {
        unsigned last = i < cut_count ? cuts[i] : b->model->count;

        chunks[i] = (struct syn_chunk){b->model->layers, (uint16_t)first, (uint16_t)last,
                                       (uint16_t)b->model->count, NULL};
        b->chunks[i].chunk = chunks[i];
        b->chunks[i].places = &b->places[first];
        first = last;
    }
    result = syn_place_chunks(b->part, chunks, b->count, b->places, &b->misfit);
    for (unsigned i = 0; i < b->count && result == 0; i++) {
        struct chunk *c = &b->chunks[i];

        result = syn_route_chunk(b->part, &c->chunk, c->routes, &c->ports, &b->misfit);
        if (given) {
            memcpy(c->routes, given + c->chunk.first, b->model->count * sizeof *given);
            syn_transfer_input(&b->model->layers[0], &given[0], 0, &c->ports.in[0]);
            syn_transfer_output(&b->model->layers[b->model->count - 1], &given[b->model->count - 1],
                                &c->ports.out[0]);
        }
        c->program = (struct syn_program){b->part, &c->chunk, c->places, c->routes, 50 * MHZ};
        if (result == 0)
            result = syn_program_check(&c->program, &b->misfit);
    }
    return result;
}

/* Weights of all chunks; done once. */
static void prepare(struct board *b)
{
    struct syn_sink sink = sink_of(b);
    unsigned quadrants = 0;

    syn_emulator_enable(b->emulator);
    for (unsigned i = 0; i < b->count; i++)
        quadrants |=
            syn_program_quadrants(&b->chunks[i].program) | syn_ports_quadrants(&b->chunks[i].ports);
    syn_program_init(&b->chunks[0].program, quadrants, true, &sink);
    for (unsigned i = 0; i < b->model->count; i++) {
        const struct syn_layer *l = &b->model->layers[i];

        syn_pack_weights(b->part, l, &b->places[i], b->model->weights[i], &sink);
        syn_pack_bias(b->part, l, &b->places[i], b->model->biases[i], &sink);
    }
}

static void *tensor(struct board *b, unsigned id, const struct syn_tensor_place *place)
{
    if (!b->tensors[id])
        b->tensors[id] = calloc(1, syn_tensor_bytes(place->shape, place->width));
    return b->tensors[id];
}

/* Compares what the layer that was finished last has given. */
static void check_layer(struct board *b, const struct chunk *c, unsigned finished)
{
    struct syn_emulator_done done;
    unsigned extra = syn_program_layers(&c->program) != (unsigned)(c->chunk.last - c->chunk.first);
    const struct syn_layer *l;
    const uint8_t *expected, *given;
    size_t size;

    if (extra || !syn_emulator_last(b->emulator, &done) || done.finished == finished)
        return;
    l = &b->model->layers[c->chunk.first + done.layer];
    expected = b->model->outputs[c->chunk.first + done.layer];
    size = syn_tensor_bytes(l->out, l->output_width);
    /* Outputs before the first of its four are counted, too. */
    given = (const uint8_t *)done.data +
            syn_map_first(l->output_processors) % 4 * (size / l->out.channels);
    if (expected && l->op != SYN_OP_PASSTHROUGH && l->op != SYN_OP_CONV1D &&
        memcmp(given, expected, size) != 0)
        b->wrong++;
}

static void run_chunk(struct board *b, struct chunk *c)
{
    struct syn_sink sink = sink_of(b);
    struct syn_source source = {read_word, b->emulator};
    const struct syn_registers *regs = syn_registers_of(b->part);
    struct syn_emulator_done done = {0};

    syn_program_configure(&c->program, &b->written, &sink);
    for (unsigned i = 0; i < c->ports.in_count; i++)
        syn_transfer_load(regs, &c->ports.in[i], tensor(b, c->ports.in_ids[i], &c->ports.in[i]),
                          &sink);
    syn_transfer_pad(&c->program, &sink);
    syn_program_start(&c->program, &sink);
    while (syn_emulator_running(b->emulator)) {
        unsigned before = syn_emulator_last(b->emulator, &done) ? done.finished : 0;

        (void)syn_emulator_step(b->emulator, 1);
        check_layer(b, c, before);
    }
    for (unsigned i = 0; i < c->ports.out_count; i++)
        syn_transfer_unload(regs, &c->ports.out[i], &source,
                            tensor(b, c->ports.out_ids[i], &c->ports.out[i]));
}

/*
 * A conv1d over rows reads the last row whole, beyond the end of the data; what is there meets
 * weights of 0 or outputs that nobody reads. The emulator does not let a layer read what was never
 * written.
 */
static bool reads_beyond(const char *name)
{
    return strcmp(name, "test-conv1d-dilation13-k2-pad0") == 0 ||
           strcmp(name, "test-conv1d-dilation7-pad0-128ch") == 0;
}

/* True where the output is the recorded one. */
static bool run(struct board *b, const char *name)
{
    const unsigned last = b->model->count - 1;
    const struct syn_layer *l = &b->model->layers[last];
    const struct syn_emulator_fault *fault;
    bool same;

    prepare(b);
    b->tensors[0] = malloc(syn_tensor_bytes(b->model->shape, 8));
    memcpy(b->tensors[0], b->model->input, syn_tensor_bytes(b->model->shape, 8));
    for (unsigned i = 0; i < b->count && !syn_emulator_fault(b->emulator); i++)
        run_chunk(b, &b->chunks[i]);
    fault = syn_emulator_fault(b->emulator);
    if (fault && fault->kind == SYN_FAULT_UNWRITTEN && reads_beyond(name))
        return true;
    if (fault)
        print_message("%s: %s: %s (layer %d quadrant %d address %08x)\n", name,
                      syn_emulator_fault_name(fault->kind), fault->words, fault->layer,
                      fault->quadrant, fault->address);
    same = !fault && memcmp(b->tensors[last + 1], b->model->outputs[last],
                            syn_tensor_bytes(l->out, l->output_width)) == 0;
    if (!fault && (!same || b->wrong))
        print_message("%s: output %s, %u layers differ\n", name, same ? "equal" : "differs",
                      b->wrong);
    return same && b->wrong == 0;
}

static struct board *board_new(const struct syn_part *part, const struct model *m)
{
    struct board *b = calloc(1, sizeof *b);

    b->part = part;
    b->model = m;
    assert_int_equal(syn_emulator_new(&b->emulator, part), 0);
    return b;
}

static void board_free(struct board *b)
{
    for (unsigned i = 0; i <= b->model->count; i++)
        free(b->tensors[i]);
    syn_emulator_free(b->emulator);
    free(b);
}

/* ---- recorded networks ------------------------------------------------------------------ */

struct tally {
    const struct syn_part *part;
    bool described, cut;
    unsigned run, equal, refused;
};

static void run_one(struct tally *t, const struct model *m, const char *name,
                    const struct syn_route *given, const unsigned *cuts, unsigned cut_count)
{
    struct board *b = board_new(t->part, m);

    if (place(b, cuts, cut_count, given) < 0) {
        t->refused++;
        if (cut_count == 0)
            print_message("%s: layer %u: %s\n", name, b->misfit.layer,
                          b->misfit.what ? b->misfit.what : "does not fit");
    } else {
        t->run++;
        t->equal += run(b, name);
    }
    board_free(b);
}

static void run_folder(const char *path, void *user)
{
    struct tally *t = user;
    struct syn_route given[SYN_MODEL_LAYERS_MAX];
    struct table_row rows[SYN_MODEL_LAYERS_MAX];
    const char *why, *name = strrchr(path, '/') + 1;
    struct model *m = model_read(path, &why);
    struct description d;
    bool described;

    if (!m)
        return;
    if (table_read(name, rows) == m->count)
        model_set_bits(m, rows);
    described = description_read(&d, path);
    if (described)
        description_apply(&d, m, given);
    if (!t->cut && (!t->described || described))
        run_one(t, m, name, t->described ? given : NULL, NULL, 0);
    for (unsigned cut = 1; t->cut && cut < m->count && m->count < 18; cut++)
        run_one(t, m, name, NULL, &cut, 1);
    model_free(m);
}

static void run_all(bool described, bool cut)
{
    static const char *const parts[] = {"MAX78000", "MAX78002"};
    unsigned failed = 0;

    if (!data_folder())
        skip();
    for (unsigned i = 0; i < 2; i++) {
        struct tally t = {syn_part_find(parts[i]), described, cut, 0, 0, 0};

        for_each_folder("networks", parts[i], run_folder, &t);
        for_each_folder("unit", parts[i], run_folder, &t);
        print_message("%s: %u run, %u equal, %u refused\n", parts[i], t.run, t.equal, t.refused);
        failed += t.run - t.equal;
    }
    assert_int_equal(failed, 0);
}

static void networks_run_where_the_vendor_puts_them(void **state)
{
    (void)state;
    run_all(true, false);
}

static void networks_run_where_we_put_them(void **state)
{
    (void)state;
    run_all(false, false);
}

static void two_resident_chunks_give_what_one_gives(void **state)
{
    (void)state;
    run_all(false, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_run_where_the_vendor_puts_them),
        cmocka_unit_test(networks_run_where_we_put_them),
        cmocka_unit_test(two_resident_chunks_give_what_one_gives),
    };

    return cmocka_run_group_tests_name("our own programs", tests, NULL, NULL);
}
