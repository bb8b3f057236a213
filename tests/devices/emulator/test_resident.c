/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Images side by side on an emulated accelerator: what a planner takes for possible is deployed,
 * and run in turns gives what the executor gives; nothing else is. SYN_SEED repeats one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/emulator/resident.h"
#include "devices/kernels/choose.h"
#include "devices/part/exec.h"
#include "tests/devices/part/random_hardware.h"
#include "tests/devices/part/random_models.h"

#define MODELS     400
#define CHUNKS_MAX 3
#define HZ         50000000u

/* Seeds; behind the first, those that have found something (some only after what was there before
 * them). */
static const struct {
    uint64_t first, count;
} ranges[] = {{1000, MODELS}, {4480, 1}, {7928, 8}, {18882, 1}, {27703, 1}, {64831, 1}};

/* A model cut into chunks, each with an executor beside the accelerator. */
struct device {
    struct random_hardware model;
    struct syn_resident *resident;
    uint8_t *bytes[CHUNKS_MAX];
    struct syn_image images[CHUNKS_MAX];
    void *memory[CHUNKS_MAX];
    struct syn_exec *execs[CHUNKS_MAX];
    unsigned count;
};

static bool add_chunk(struct device *d, unsigned first, unsigned last)
{
    const struct random_hardware *m = &d->model;
    size_t size = syn_image_size(m->layers, m->count, first, last);
    struct syn_image *image = &d->images[d->count];

    if (size == 0)
        return false;
    d->bytes[d->count] = malloc(size);
    if (syn_image_write(m->layers, m->count, first, last, m->input,
                        (const uint8_t *const *)m->weights, (const int8_t *const *)m->biases,
                        d->bytes[d->count], size) != (long)size)
        return false;
    assert_int_equal(syn_image_open(image, d->bytes[d->count], size), 0);
    size = syn_exec_memory(image);
    d->memory[d->count] = malloc(size);
    assert_int_equal(syn_exec_init(&d->execs[d->count], image, d->memory[d->count], size), 0);
    d->count++;
    return true;
}

static bool cut(struct device *d)
{
    unsigned first = 0;

    while (first < d->model.count) {
        unsigned left = d->model.count - first;
        unsigned take = d->count + 1 < CHUNKS_MAX ? 1 + random_below(&d->model.seed, left) : left;

        if (!add_chunk(d, first, first + take))
            return false;
        first += take;
    }
    return d->count > 0;
}

/* Random tensors for all that enters the chunk, one after the other. */
static int8_t *random_input(struct device *d, const struct syn_image *image)
{
    size_t size = 0;
    int8_t *bytes;

    for (unsigned i = 0; i < image->in_count; i++)
        size += syn_tensor_bytes(syn_image_in(image, i).shape, syn_image_in(image, i).width);
    bytes = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (int8_t)random_below(&d->model.seed, 256);
    return bytes;
}

static void run_exec(struct device *d, unsigned chunk, const int8_t *input)
{
    const struct syn_image *image = &d->images[chunk];

    for (unsigned i = 0; i < image->in_count; i++) {
        size_t size = syn_tensor_bytes(syn_image_in(image, i).shape, syn_image_in(image, i).width);

        assert_int_equal(syn_exec_load(d->execs[chunk], i, input, size), 0);
        input += size;
    }
    syn_exec_start(d->execs[chunk]);
    while (syn_exec_step(d->execs[chunk], UINT64_MAX))
        ;
}

static bool runs_alike(struct device *d, unsigned chunk)
{
    int8_t *input = random_input(d, &d->images[chunk]);
    bool alike = true;

    run_exec(d, chunk, input);
    assert_int_equal(syn_resident_load(d->resident, chunk, input), 0);
    syn_resident_start(d->resident);
    while (syn_resident_step(d->resident, 10000))
        ;
    for (unsigned i = 0; i < d->images[chunk].out_count; i++) {
        size_t size, expected_size;
        const void *expected = syn_exec_output(d->execs[chunk], i, &expected_size);
        const void *out = syn_resident_output(d->resident, i, &size);

        alike = alike && out && size == expected_size && memcmp(out, expected, size) == 0;
    }
    free(input);
    return alike;
}

/* What a planner asks of the part: it knows the model, and no image. */
static bool planner_accepts(const struct device *d, const struct syn_part *part)
{
    const struct random_hardware *m = &d->model;
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_chunk chunks[CHUNKS_MAX];

    for (unsigned i = 0; i < d->count; i++) {
        chunks[i] = (struct syn_chunk){.layers = m->layers,
                                       .first = d->images[i].first,
                                       .last = d->images[i].last,
                                       .layer_count = (uint16_t)m->count};
        for (unsigned l = chunks[i].first; l < chunks[i].last; l++)
            if (syn_place_check_layer(part, &m->layers[l], NULL) < 0)
                return false;
        if (syn_place_data(part, &chunks[i], NULL, NULL) < 0)
            return false;
    }
    return syn_place_chunks(part, chunks, d->count, places, NULL) == 0;
}

static int deploy(struct device *d, struct syn_misfit *misfit)
{
    const struct syn_image *images[CHUNKS_MAX];

    for (unsigned i = 0; i < d->count; i++)
        images[i] = &d->images[i];
    return syn_resident_deploy(d->resident, images, d->count, HZ, misfit);
}

static bool is_deployed(struct device *d, const struct syn_part *part, uint64_t seed)
{
    const bool accepted = planner_accepts(d, part);
    struct syn_misfit misfit;
    const int rc = deploy(d, &misfit);

    if (accepted != (rc == 0))
        fail_msg("%s, SYN_SEED=%llu: a planner says %s, the device %d (%s, layer %u)", part->name,
                 (unsigned long long)seed, accepted ? "yes" : "no", rc,
                 misfit.what ? misfit.what : "no room", misfit.layer);
    return accepted;
}

static void try_model(struct syn_resident *resident, const struct syn_part *part, uint64_t seed,
                      unsigned *run)
{
    struct device d = {.resident = resident};
    const struct syn_emulator_fault *fault;

    random_hardware_make(&d.model, part, seed);
    if (d.model.count > 0 && cut(&d) && is_deployed(&d, part, seed)) {
        ++*run;
        for (unsigned turn = 0; turn < 2 * d.count; turn++)
            if (!runs_alike(&d, turn % d.count)) {
                fault = syn_emulator_fault(syn_resident_emulator(resident));
                fail_msg("%s, SYN_SEED=%llu, chunk %u: %s", part->name, (unsigned long long)seed,
                         turn % d.count, fault ? fault->words : "differs");
            }
    }
    for (unsigned i = 0; i < CHUNKS_MAX; i++) {
        free(d.memory[i]);
        free(d.bytes[i]);
    }
    random_hardware_free(&d.model);
}

static void try_models(const struct syn_part *part)
{
    const char *given = getenv("SYN_SEED");
    struct syn_resident *resident;
    unsigned run = 0;

    assert_int_equal(syn_resident_new(&resident, part, syn_kernels_fastest()), 0);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        for (uint64_t seed = ranges[i].first; seed < ranges[i].first + ranges[i].count; seed++)
            try_model(resident, part, given ? strtoull(given, NULL, 0) : seed, &run);
    assert_true(run > MODELS / 2);
    syn_resident_free(resident);
}

static void resident_chunks_run_in_turns_on_a_max78000(void **state)
{
    (void)state;
    try_models(&syn_part_max78000);
}

static void resident_chunks_run_in_turns_on_a_max78002(void **state)
{
    (void)state;
    try_models(&syn_part_max78002);
}

static void a_part_without_registers_has_no_residents(void **state)
{
    struct syn_part other = syn_part_max78000;
    struct syn_resident *resident;

    (void)state;
    assert_int_equal(syn_resident_new(&resident, &other, syn_kernels_portable()), SYN_EUNSUP);
    assert_null(resident);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resident_chunks_run_in_turns_on_a_max78000),
        cmocka_unit_test(resident_chunks_run_in_turns_on_a_max78002),
        cmocka_unit_test(a_part_without_registers_has_no_residents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
