/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random models: portable and fastest kernels against the plain formulas, slices and cuts against
 * the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "devices/kernels/choose.h"
#include "devices/part/exec.h"
#include "tests/devices/part/naive.h"

#define MODELS 600

struct run {
    uint8_t *bytes;
    void *memory;
    struct syn_image image;
    struct syn_exec *exec;
};

/* False where the chunk has no image: nobody reads its last output, or too many tensors live. */
static bool open_run(struct run *r, const struct random_model *m, unsigned first, unsigned last,
                     const struct syn_kernels *kernels)
{
    size_t size = syn_image_size(m->layers, m->count, first, last), memory;

    *r = (struct run){0};
    if (size == 0)
        return false;
    r->bytes = malloc(size);
    assert_int_equal(syn_image_write(m->layers, m->count, first, last, m->input,
                                     (const uint8_t *const *)m->weights,
                                     (const int8_t *const *)m->biases, r->bytes, size),
                     (long)size);
    assert_int_equal(syn_image_open(&r->image, r->bytes, size), 0);
    memory = syn_exec_memory_with(&r->image, kernels);
    r->memory = malloc(memory);
    memset(r->memory, 0x5a, memory);
    assert_int_equal(syn_exec_init_with(&r->exec, &r->image, kernels, r->memory, memory - 1),
                     SYN_ENOMEM);
    assert_int_equal(syn_exec_init_with(&r->exec, &r->image, kernels, r->memory, memory), 0);
    return true;
}

static void close_run(struct run *r)
{
    free(r->memory);
    free(r->bytes);
}

static void finish(struct run *r, uint64_t slice)
{
    syn_exec_start(r->exec);
    while (syn_exec_step(r->exec, slice))
        ;
}

static void assert_equals(const struct run *r, const struct random_model *m, const int64_t *wanted,
                          uint64_t seed)
{
    const struct syn_layer *l = &m->layers[m->count - 1];
    uint32_t count = syn_tensor_bytes(l->out, 8);
    size_t size;
    const void *out = syn_exec_output(r->exec, r->image.out_count - 1u, &size);

    assert_int_equal(size, syn_tensor_bytes(l->out, l->output_width));
    for (uint32_t i = 0; i < count; i++) {
        int64_t v = l->output_width == 32 ? ((const int32_t *)out)[i] : ((const int8_t *)out)[i];

        if (v != wanted[i])
            fail_msg("seed %llx: element %u is %lld, not %lld", (unsigned long long)seed, i,
                     (long long)v, (long long)wanted[i]);
    }
}

static void random_models_follow_the_formulas_in_any_slices(void **state)
{
    const struct syn_kernels *kernels = *state;
    uint64_t seeds = 1;
    for (unsigned n = 0; n < MODELS; n++) {
        uint64_t seed = syn_splitmix64(&seeds), name = seed;
        struct random_model m;
        struct run r;
        random_model_make(&m, &seed);
        int64_t *wanted = naive_run(&m);
        assert_true(open_run(&r, &m, 0, m.count, kernels));
        for (unsigned turn = 0; turn < 2; turn++) {
            const uint64_t slice = turn ? random_below(&seed, 5000) : UINT64_MAX;
            assert_int_equal(syn_exec_load(r.exec, 0, m.data, syn_tensor_bytes(m.input, 8)), 0);
            finish(&r, slice);
            assert_equals(&r, &m, wanted, name);
        }
        close_run(&r);
        free(wanted);
        random_model_free(&m);
    }
}

/* Loads what the first run put out. */
static void hand_over(const struct run *from, struct run *to)
{
    for (unsigned i = 0; i < to->image.in_count; i++)
        for (unsigned n = 0; n < from->image.out_count; n++) {
            size_t size;
            const void *data = syn_exec_output(from->exec, n, &size);

            if (syn_image_out(&from->image, n).id == syn_image_in(&to->image, i).id)
                assert_int_equal(syn_exec_load(to->exec, i, data, size), 0);
        }
}

static unsigned compare_cuts(const struct random_model *m, const int64_t *wanted, uint64_t seed,
                             const struct syn_kernels *kernels)
{
    unsigned cuts = 0;
    for (unsigned cut = 1; cut < m->count; cut++) {
        struct run head, tail = {0};
        if (open_run(&head, m, 0, cut, kernels) && open_run(&tail, m, cut, m->count, kernels)) {
            assert_int_equal(syn_exec_load(head.exec, 0, m->data, syn_tensor_bytes(m->input, 8)),
                             0);
            finish(&head, UINT64_MAX);
            hand_over(&head, &tail);
            finish(&tail, 700);
            assert_equals(&tail, m, wanted, seed);
            cuts++;
        }
        close_run(&head);
        close_run(&tail);
    }
    return cuts;
}

/* What crosses a cut is dense, whatever the kernels use inside. */
static void two_chunks_compute_what_one_does(void **state)
{
    uint64_t seeds = 2;
    unsigned cuts = 0;
    for (unsigned n = 0; n < MODELS / 3; n++) {
        uint64_t seed = syn_splitmix64(&seeds), name = seed;
        struct random_model m;
        random_model_make(&m, &seed);
        int64_t *wanted = naive_run(&m);
        cuts += compare_cuts(&m, wanted, name, *state);
        free(wanted);
        random_model_free(&m);
    }
    print_message("%u cuts\n", cuts);
    assert_true(cuts > 300);
}

static int test_with(const char *name, const struct syn_kernels *kernels)
{
    void *state = (void *)(uintptr_t)kernels;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(random_models_follow_the_formulas_in_any_slices, state),
        cmocka_unit_test_prestate(two_chunks_compute_what_one_does, state),
    };
    print_message("kernels: %s\n", kernels->name);
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int main(void)
{
    const struct syn_kernels *portable = syn_kernels_portable(), *fastest = syn_kernels_fastest();
    int failed = test_with("random models, portable kernels", portable);
    return failed + (fastest == portable ? 0 : test_with("random models, fastest", fastest));
}
