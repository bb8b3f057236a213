/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random models as chunk images, placed side by side on a part as a device does it, run by the
 * emulator, against the plain kernels: the same outputs. SYN_SEED repeats one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/emulator/emulator.h"
#include "devices/part/exec.h"
#include "devices/part/pack.h"
#include "devices/part/route.h"
#include "tests/devices/part/random_hardware.h"
#include "tests/devices/part/random_models.h"

#define MODELS     500
#define CHUNKS_MAX 3
#define HZ         50000000u

struct resident {
    uint8_t *bytes;
    struct syn_image image;
    struct syn_layer layers[RANDOM_HARDWARE_MAX];
    struct syn_chunk chunk;
    struct syn_route routes[RANDOM_HARDWARE_MAX];
    struct syn_ports ports;
    struct syn_program program;
};

struct device {
    struct syn_emulator *emulator;
    struct resident residents[CHUNKS_MAX];
    unsigned count;
    struct syn_place places[RANDOM_HARDWARE_MAX];
    struct syn_written written;
    void *tensors[RANDOM_HARDWARE_MAX + 1];
    uint64_t cycles, predicted;
};

/* ---- images ----------------------------------------------------------------------------- */

static bool open_resident(struct resident *r, const struct random_hardware *m, unsigned first,
                          unsigned last)
{
    size_t size = syn_image_size(m->layers, m->count, first, last);

    if (size == 0)
        return false;
    r->bytes = malloc(size);
    if (syn_image_write(m->layers, m->count, first, last, m->input,
                        (const uint8_t *const *)m->weights, (const int8_t *const *)m->biases,
                        r->bytes, size) != (long)size)
        return false;
    assert_int_equal(syn_image_open(&r->image, r->bytes, size), 0);
    r->chunk = syn_image_chunk(&r->image, r->layers);
    return true;
}

/* What the plain kernels make of the whole model; NULL where it has no image. */
static void *reference(const struct random_hardware *m)
{
    struct resident *r = calloc(1, sizeof *r);
    void *memory = NULL, *result = NULL;
    struct syn_exec *exec;
    const void *out;
    size_t size;

    if (open_resident(r, m, 0, m->count)) {
        size = syn_exec_memory(&r->image);
        memory = malloc(size);
        assert_int_equal(syn_exec_init(&exec, &r->image, memory, size), 0);
        assert_int_equal(syn_exec_load(exec, 0, m->data, syn_tensor_bytes(m->input, 8)), 0);
        syn_exec_start(exec);
        while (syn_exec_step(exec, UINT64_MAX))
            ;
        out = syn_exec_output(exec, r->image.out_count - 1u, &size);
        result = malloc(size);
        memcpy(result, out, size);
    }
    free(memory);
    free(r->bytes);
    free(r);
    return result;
}

/* ---- a device --------------------------------------------------------------------------- */

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

/* NULL, or why the part does not take them. */
static const char *arrange(struct device *d, const struct random_hardware *m)
{
    struct syn_chunk chunks[CHUNKS_MAX];
    struct syn_place *places = d->places;
    struct syn_misfit misfit = {0};

    for (unsigned i = 0; i < m->count; i++)
        if (syn_place_check_layer(m->part, &m->layers[i], &misfit) < 0)
            return "a layer that the part has not";
    for (unsigned i = 0; i < d->count; i++)
        chunks[i] = d->residents[i].chunk;
    if (syn_place_chunks(m->part, chunks, d->count, d->places, &misfit) < 0)
        return "no room for weights or biases";
    for (unsigned i = 0; i < d->count; i++) {
        struct resident *r = &d->residents[i];
        int result = syn_route_chunk(m->part, &r->chunk, r->routes, &r->ports, &misfit);

        r->program = (struct syn_program){m->part, &r->chunk, places, r->routes, HZ};
        if (result == SYN_EOOR)
            return "no room for data";
        if (result < 0 || syn_program_check(&r->program, &misfit) < 0)
            return misfit.what;
        places += r->chunk.last - r->chunk.first;
    }
    return NULL;
}

static void prepare(struct device *d, const struct random_hardware *m, const struct syn_sink *sink)
{
    unsigned quadrants = 0;

    syn_emulator_enable(d->emulator);
    for (unsigned i = 0; i < d->count; i++)
        quadrants |= syn_program_quadrants(&d->residents[i].program) |
                     syn_ports_quadrants(&d->residents[i].ports);
    syn_program_init(&d->residents[0].program, quadrants, true, sink);
    for (unsigned i = 0; i < d->count; i++)
        syn_pack_chunk(m->part, &d->residents[i].chunk, d->residents[i].program.places, sink);
}

static void infer(struct device *d, const struct random_hardware *m, struct resident *r,
                  const struct syn_sink *sink)
{
    const struct syn_registers *regs = syn_registers_of(m->part);
    const struct syn_source source = {read_word, d->emulator};

    syn_program_configure(&r->program, &d->written, sink);
    for (unsigned i = 0; i < r->ports.in_count; i++)
        syn_transfer_load(regs, &r->ports.in[i], d->tensors[r->ports.in_ids[i]], sink);
    syn_transfer_pad(&r->program, sink);
    syn_program_start(&r->program, sink);
    while (syn_emulator_step(d->emulator, UINT64_MAX))
        ;
    d->cycles += syn_emulator_cycles(d->emulator);
    d->predicted += syn_place_cycles(m->part, &r->chunk, r->program.places, HZ);
    for (unsigned i = 0; i < r->ports.out_count; i++) {
        const struct syn_tensor_place *place = &r->ports.out[i];
        void **tensor = &d->tensors[r->ports.out_ids[i]];

        if (!*tensor)
            *tensor = calloc(1, syn_tensor_bytes(place->shape, place->width));
        syn_transfer_unload(regs, place, &source, *tensor);
    }
}

/*
 * Cycles that the emulator cannot know: registers do not say how many rows a layer flattens, which
 * counts where it has one output; of the layer that resets averages there is no figure.
 */
static bool can_be_predicted(const struct random_hardware *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        const struct syn_layer *l = &m->layers[i];

        if ((l->flatten && l->out.channels == 1) ||
            (m->part->depthwise && i > 0 && l->pool == SYN_POOL_AVG &&
             m->layers[i - 1].eltwise != SYN_ELTWISE_NONE))
            return false;
    }
    return true;
}

static bool runs_alike(struct device *d, const struct random_hardware *m, const void *expected)
{
    const struct syn_sink sink = {write_word, write_byte, NULL, d->emulator};
    const struct syn_layer *last = &m->layers[m->count - 1];
    const struct syn_emulator_fault *fault;
    bool in_time;

    prepare(d, m, &sink);
    d->tensors[0] = malloc(syn_tensor_bytes(m->input, 8));
    memcpy(d->tensors[0], m->data, syn_tensor_bytes(m->input, 8));
    for (unsigned i = 0; i < d->count && !syn_emulator_fault(d->emulator); i++)
        infer(d, m, &d->residents[i], &sink);
    fault = syn_emulator_fault(d->emulator);
    if (fault)
        print_message("%s: %s (layer %d quadrant %d address %08x)\n",
                      syn_emulator_fault_name(fault->kind), fault->words, fault->layer,
                      fault->quadrant, fault->address);
    in_time = d->cycles == d->predicted || !can_be_predicted(m);
    if (!fault && !in_time)
        print_message("%llu cycles, predicted %llu\n", (unsigned long long)d->cycles,
                      (unsigned long long)d->predicted);
    return !fault && in_time &&
           memcmp(d->tensors[m->count], expected,
                  syn_tensor_bytes(last->out, last->output_width)) == 0;
}

/* ---- one model -------------------------------------------------------------------------- */

struct tally {
    unsigned run, failed, refused, layers;
    struct {
        const char *what;
        unsigned count;
    } reasons[24];
};

static void note(struct tally *t, const char *what)
{
    unsigned i = 0;

    t->refused++;
    while (i < 23 && t->reasons[i].what && strcmp(t->reasons[i].what, what) != 0)
        i++;
    t->reasons[i].what = what;
    t->reasons[i].count++;
}

static void describe(const struct random_hardware *m)
{
    for (unsigned i = 0; i < m->count; i++) {
        const struct syn_layer *l = &m->layers[i];

        print_message("  %u: op %u eltwise %u in %ux%ux%u (%u) pool %u %ux%u/%u,%u kernel %ux%u "
                      "pad %u,%u dilation %u groups %u bits %u shift %d width %u out %ux%ux%u "
                      "%016llx -> %016llx\n",
                      i, l->op, l->eltwise, l->in.channels, l->in.height, l->in.width,
                      l->input_count, l->pool, l->pool_h, l->pool_w, l->pool_stride_h,
                      l->pool_dilation_h, l->kernel_h, l->kernel_w, l->pad_h, l->pad_w,
                      l->dilation_h, l->groups, l->weight_bits, l->output_shift, l->output_width,
                      l->out.channels, l->out.height, l->out.width,
                      (unsigned long long)l->processors, (unsigned long long)l->output_processors);
    }
}

static bool cut(struct device *d, struct random_hardware *m)
{
    unsigned first = 0;

    while (first < m->count) {
        unsigned left = m->count - first;
        unsigned take = d->count + 1 < CHUNKS_MAX ? 1 + random_below(&m->seed, left) : left;

        if (!open_resident(&d->residents[d->count++], m, first, first + take))
            return false;
        first += take;
    }
    return true;
}

static void try_model(struct tally *t, const struct syn_part *part, uint64_t seed)
{
    struct random_hardware m;
    struct device *d = calloc(1, sizeof *d);
    const char *why = "no image";
    void *expected;

    random_hardware_make(&m, part, seed);
    expected = m.count > 0 ? reference(&m) : NULL;
    assert_int_equal(syn_emulator_new(&d->emulator, part), 0);
    if (expected && cut(d, &m))
        why = arrange(d, &m);
    if (why) {
        note(t, why);
    } else {
        t->run++;
        t->layers += m.count;
        if (!runs_alike(d, &m, expected)) {
            print_message("%s: SYN_SEED=%llu fails, %u chunks\n", part->name,
                          (unsigned long long)seed, d->count);
            describe(&m);
            t->failed++;
        }
    }
    for (unsigned i = 0; i < CHUNKS_MAX; i++)
        free(d->residents[i].bytes);
    for (unsigned i = 0; i <= RANDOM_HARDWARE_MAX; i++)
        free(d->tensors[i]);
    syn_emulator_free(d->emulator);
    free(d);
    free(expected);
    random_hardware_free(&m);
}

static void try_models(const struct syn_part *part)
{
    const char *given = getenv("SYN_SEED");
    struct tally t = {0};

    if (given) {
        try_model(&t, part, strtoull(given, NULL, 0));
    } else {
        for (uint64_t seed = 1; seed <= MODELS; seed++)
            try_model(&t, part, seed);
        assert_true(t.run > MODELS / 2);
    }
    print_message("%s: %u models of %u layers run, %u fail, %u are not for it\n", part->name, t.run,
                  t.layers, t.failed, t.refused);
    for (unsigned i = 0; i < 24 && t.reasons[i].what; i++)
        print_message("  %4u: %s\n", t.reasons[i].count, t.reasons[i].what);
    assert_int_equal(t.failed, 0);
}

static void random_models_run_on_a_max78000(void **state)
{
    (void)state;
    try_models(&syn_part_max78000);
}

static void random_models_run_on_a_max78002(void **state)
{
    (void)state;
    try_models(&syn_part_max78002);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_models_run_on_a_max78000),
        cmocka_unit_test(random_models_run_on_a_max78002),
    };

    return cmocka_run_group_tests_name("random programs", tests, NULL, NULL);
}
