/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The models that come with the project, cut anywhere: what a part has room for is programmed by
 * the generator and computed by the emulator as by the executor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/model.h"
#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "devices/emulator/resident.h"
#include "devices/kernels/choose.h"
#include "devices/part/exec.h"

#define HZ       50000000u
#define CUTS_MAX 12 /* of a model; the others are tried by random models */

static const char *const models[] = {"convnet5",     "convnet5-fold2", "kws",
                                     "ressimplenet", "simplenet",      "widenet",
                                     "unet",         "efficientnetv2", "mobilenetv2"};

struct tally {
    unsigned equal, wrong, no_room;
};

/* An image with an executor. */
struct reference {
    uint8_t *bytes;
    struct syn_image image;
    struct syn_exec *exec;
    void *memory;
    int8_t *input; /* of all that enters, one after the other */
};

static int8_t *random_input(const struct syn_image *image, uint64_t seed)
{
    size_t size = 0;
    int8_t *input;

    for (unsigned i = 0; i < image->in_count; i++)
        size += syn_tensor_bytes(syn_image_in(image, i).shape, syn_image_in(image, i).width);
    input = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        input[i] = (int8_t)(syn_splitmix64(&seed) >> 40);
    return input;
}

static void open_reference(struct reference *r, const struct syn_model *m, unsigned first,
                           unsigned last)
{
    struct syn_error error = {0};
    size_t size, memory;

    assert_int_equal(syn_model_image(m, first, last, &r->bytes, &size, &error), 0);
    assert_int_equal(syn_image_open(&r->image, r->bytes, size), 0);
    memory = syn_exec_memory_with(&r->image, syn_kernels_fastest());
    r->memory = malloc(memory);
    assert_int_equal(
        syn_exec_init_with(&r->exec, &r->image, syn_kernels_fastest(), r->memory, memory), 0);
    r->input = random_input(&r->image, 1000 * first + last);
}

static void close_reference(struct reference *r)
{
    free(r->input);
    free(r->memory);
    free(r->bytes);
}

static void run_reference(struct reference *r)
{
    const int8_t *at = r->input;

    for (unsigned i = 0; i < r->image.in_count; i++) {
        size_t size =
            syn_tensor_bytes(syn_image_in(&r->image, i).shape, syn_image_in(&r->image, i).width);

        assert_int_equal(syn_exec_load(r->exec, i, at, size), 0);
        at += size;
    }
    syn_exec_start(r->exec);
    while (syn_exec_step(r->exec, UINT64_MAX))
        ;
}

static bool runs_alike(struct syn_resident *resident, struct reference *r)
{
    bool alike = true;

    run_reference(r);
    (void)syn_resident_load(resident, 0, r->input);
    syn_resident_start(resident);
    while (syn_resident_step(resident, UINT64_MAX))
        ;
    for (unsigned i = 0; i < r->image.out_count; i++) {
        size_t size, expected_size;
        const void *expected = syn_exec_output(r->exec, i, &expected_size);
        const void *out = syn_resident_output(resident, i, &size);

        alike = alike && out && size == expected_size && memcmp(out, expected, size) == 0;
    }
    return alike;
}

static void try_chunk(struct tally *t, struct syn_resident *resident, const struct syn_model *m,
                      unsigned first, unsigned last)
{
    struct reference r = {0};
    const struct syn_emulator_fault *fault;
    struct syn_misfit misfit;
    int rc;

    open_reference(&r, m, first, last);
    rc = syn_resident_deploy(resident, (const struct syn_image *[]){&r.image}, 1, HZ, &misfit);
    if (rc == SYN_EOOR) {
        t->no_room++;
    } else if (rc == 0 && runs_alike(resident, &r)) {
        t->equal++;
    } else {
        fault = syn_emulator_fault(syn_resident_emulator(resident));
        printf("%s [%u,%u): %s\n", m->name, first, last,
               fault         ? fault->words
               : misfit.what ? misfit.what
                             : "differs");
        t->wrong++;
    }
    close_reference(&r);
}

static void try_model(struct tally *t, struct syn_resident *resident, const char *name)
{
    struct syn_error error = {0};
    struct syn_model *m;
    unsigned step;
    char path[256];

    (void)snprintf(path, sizeof path, "%s/devices/models/%s.json", SYN_SOURCE_DIR, name);
    assert_int_equal(syn_model_read(&m, path, &error), 0);
    step = m->layer_count / CUTS_MAX + 1;
    try_chunk(t, resident, m, 0, m->layer_count);
    for (unsigned cut = step; cut < m->layer_count; cut += step) {
        try_chunk(t, resident, m, 0, cut);
        try_chunk(t, resident, m, cut, m->layer_count);
    }
    syn_model_free(m);
}

static void try_models(const struct syn_part *part)
{
    struct syn_resident *resident;
    struct tally t = {0};

    assert_int_equal(syn_resident_new(&resident, part, syn_kernels_fastest()), 0);
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        try_model(&t, resident, models[i]);
    syn_resident_free(resident);
    printf("%s: %u chunks equal, %u wrong, %u without room\n", part->name, t.equal, t.wrong,
           t.no_room);
    assert_true(t.equal > 0);
    assert_int_equal(t.wrong, 0);
}

static void chunks_of_the_zoo_run_on_a_max78000(void **state)
{
    (void)state;
    try_models(&syn_part_max78000);
}

static void chunks_of_the_zoo_run_on_a_max78002(void **state)
{
    (void)state;
    try_models(&syn_part_max78002);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_of_the_zoo_run_on_a_max78000),
        cmocka_unit_test(chunks_of_the_zoo_run_on_a_max78002),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
