/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vendor's recorded operators and networks through the fastest kernels: bit for bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/part/exec.h"
#include "tests/devices/kernels/run_layer.h"
#include "tests/devices/part/recorded.h"

struct tally {
    unsigned compared, mismatches;
};

static void in_every_folder(void (*visit)(const char *path, void *user), struct tally *tally)
{
    if (!data_folder())
        skip();
    for_each_folder("networks", "MAX78000", visit, tally);
    for_each_folder("networks", "MAX78002", visit, tally);
    for_each_folder("unit", "MAX78000", visit, tally);
    for_each_folder("unit", "MAX78002", visit, tally);
}

/* ---- operators -------------------------------------------------------------------------- */

static void *run_recorded_pool(const struct layer_case *c, const struct recorded_op *op)
{
    const size_t one = op->out.count / op->in.dims[0];
    int8_t *all = malloc(op->out.count);
    for (unsigned n = 0; n < op->in.dims[0]; n++) {
        int8_t *out = run_pool(syn_kernels_fastest(), c, n);
        memcpy(all + n * one, out, one);
        free(out);
    }
    return all;
}

static void *run_recorded_conv(struct layer_case *c, const struct recorded_op *op)
{
    uint8_t *packed = malloc(op->w.count);
    syn_weights_pack(op->w.data, 8, op->w.count, packed);
    c->packed = packed;
    c->bias = op->b.there ? op->b.data : NULL;
    void *out = run_conv(syn_kernels_fastest(), c, c->layer.out.height);
    free(packed);
    return out;
}

static void *run(const struct recorded_op *op)
{
    const bool pool = strncmp(op->kind, "pool", 4) == 0, eltwise = strcmp(op->kind, "eltwise") == 0;
    const bool many = pool || eltwise;
    struct layer_case c = {.layer = {.pool_first = true}};
    layer_from_op(op, &c.layer);
    resolve_alone(&c.layer, &op->in, many);
    for (unsigned n = 0; n < (many ? op->in.dims[0] : 1); n++)
        c.operands[n] = (const int8_t *)op->in.data + (size_t)n * (op->in.count / op->in.dims[0]);
    if (pool)
        return run_recorded_pool(&c, op);
    c.layer.output_width = op->out.wide ? 32 : 8;
    return eltwise ? run_eltwise(syn_kernels_fastest(), &c, op->out.count)
                   : run_recorded_conv(&c, op);
}

static void compare_operators(const char *path, void *user)
{
    struct recorded *r = recorded_read(path);
    struct tally *tally = user;
    assert_non_null(r);
    for (unsigned i = 0; i < r->count; i++) {
        const struct recorded_op *op = &r->ops[i];
        if (!op->out.there)
            continue;
        void *out = run(op);
        tally->compared++;
        if (memcmp(out, op->out.data, (size_t)op->out.count * (op->out.wide ? 4 : 1)) != 0) {
            tally->mismatches++;
            printf("differs: %s\n  %s\n", path, op->line);
        }
        free(out);
    }
    recorded_free(r);
}

static void every_recorded_operator_is_bit_exact(void **state)
{
    struct tally tally = {0};
    (void)state;
    in_every_folder(compare_operators, &tally);
    print_message("%s: %u operators compared, %u mismatches\n", syn_kernels_fastest()->name,
                  tally.compared, tally.mismatches);
    assert_int_equal(tally.mismatches, 0);
    assert_true(tally.compared > 400);
}

/* ---- networks --------------------------------------------------------------------------- */

static bool runs_exactly(const struct syn_image *image, const struct model *m)
{
    const struct syn_kernels *kernels = syn_kernels_fastest();
    const size_t bytes = syn_exec_memory_with(image, kernels);
    void *memory = malloc(bytes);
    struct syn_exec *exec;
    size_t size;
    assert_int_equal(syn_exec_init_with(&exec, image, kernels, memory, bytes), 0);
    assert_int_equal(syn_exec_load(exec, 0, m->input, syn_tensor_bytes(m->shape, 8)), 0);
    syn_exec_start(exec);
    while (syn_exec_step(exec, 1000000))
        ;
    const void *out = syn_exec_output(exec, image->out_count - 1u, &size);
    const bool equal = memcmp(out, m->outputs[m->count - 1], size) == 0;
    free(memory);
    return equal;
}

static void compare_network(const char *path, void *user)
{
    struct tally *tally = user;
    struct syn_image image;
    const char *why;
    struct model *m = model_read(path, &why);
    if (!m)
        return; /* said in the test of the portable kernels */
    const size_t size = syn_image_size(m->layers, m->count, 0, m->count);
    uint8_t *bytes = malloc(size);
    assert_int_equal(syn_image_write(m->layers, m->count, 0, m->count, m->shape,
                                     (const uint8_t *const *)m->weights,
                                     (const int8_t *const *)m->biases, bytes, size),
                     (long)size);
    assert_int_equal(syn_image_open(&image, bytes, size), 0);
    tally->compared++;
    if (!runs_exactly(&image, m)) {
        tally->mismatches++;
        printf("differs: %s\n", path);
    }
    free(bytes);
    model_free(m);
}

static void every_recorded_network_gives_its_recorded_output(void **state)
{
    struct tally tally = {0};
    (void)state;
    in_every_folder(compare_network, &tally);
    print_message("%u networks run, %u mismatches\n", tally.compared, tally.mismatches);
    assert_int_equal(tally.mismatches, 0);
    assert_true(tally.compared > 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_operator_is_bit_exact),
        cmocka_unit_test(every_recorded_network_gives_its_recorded_output),
    };
    return cmocka_run_group_tests_name("kernels, recorded", tests, NULL, NULL);
}
