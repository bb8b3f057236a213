/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/import/program/apart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/part/exec.h"
#include "devices/part/image.h"
#include "devices/part/route.h"

#define HZ 50000000u

int import(struct syn_imported *imported, const struct printed *text, struct syn_error *error)
{
    const struct syn_import_options options = {.name = NULL};

    *imported = (struct syn_imported){.model = NULL};
    *error = (struct syn_error){.code = 0};
    return syn_import_program_text(imported, "folder/cnn.c", text->code, text->code_size,
                                   "folder/weights.h", text->weights, text->weights_size, &options,
                                   error);
}

static void same(const char *name, unsigned layer, const char *what, unsigned long ours,
                 unsigned long theirs)
{
    if (ours != theirs)
        fail_msg("%s: layer %u: %s is %lx, recorded %lx", name, layer, what, ours, theirs);
}

void same_layer(const char *name, unsigned index, const struct syn_layer *a,
                const struct syn_layer *b)
{
#define SAME(field) same(name, index, #field, (unsigned long)a->field, (unsigned long)b->field)
    SAME(op);
    SAME(eltwise);
    SAME(pool);
    SAME(activation);
    SAME(pool_first);
    SAME(pool_round);
    SAME(flatten);
    SAME(has_bias);
    SAME(input_chw);
    SAME(weight_bits);
    SAME(output_width);
    SAME(output_shift);
    SAME(kernel_h);
    SAME(kernel_w);
    SAME(pad_h);
    SAME(pad_w);
    SAME(dilation_h);
    SAME(dilation_w);
    SAME(pool_h);
    SAME(pool_w);
    SAME(pool_stride_h);
    SAME(pool_stride_w);
    SAME(pool_dilation_h);
    SAME(pool_dilation_w);
    SAME(groups);
    SAME(input_count);
    for (unsigned n = 0; n < a->input_count; n++)
        SAME(inputs[n]);
    SAME(in.channels);
    SAME(in.height);
    SAME(in.width);
    SAME(out.channels);
    SAME(out.height);
    SAME(out.width);
    SAME(processors);
    SAME(output_processors);
#undef SAME
}

bool place(struct placed *p, const struct random_hardware *m)
{
    p->chunk = (struct syn_chunk){
        .layers = m->layers, .last = (uint16_t)m->count, .layer_count = (uint16_t)m->count};
    p->program = (struct syn_program){m->part, &p->chunk, p->places, p->routes, HZ};
    for (unsigned i = 0; i < m->count; i++)
        if (syn_place_check_layer(m->part, &m->layers[i], NULL) < 0)
            return false;
    return syn_place_chunks(m->part, &p->chunk, 1, p->places, NULL) == 0 &&
           syn_route_chunk(m->part, &p->chunk, p->routes, NULL, NULL) == 0 &&
           syn_program_check(&p->program, NULL) == 0;
}

/* What the plain kernels make of the model. */
static void *reference(const struct random_hardware *m)
{
    const size_t size = syn_image_size(m->layers, m->count, 0, m->count);
    uint8_t *bytes = malloc(size);
    struct syn_image image;
    struct syn_exec *exec;
    size_t output_size;
    void *memory, *result;
    const void *output;

    assert_true(size > 0);
    assert_int_equal(syn_image_write(m->layers, m->count, 0, m->count, m->input,
                                     (const uint8_t *const *)m->weights,
                                     (const int8_t *const *)m->biases, bytes, size),
                     (long)size);
    assert_int_equal(syn_image_open(&image, bytes, size), 0);
    memory = malloc(syn_exec_memory(&image));
    assert_int_equal(syn_exec_init(&exec, &image, memory, syn_exec_memory(&image)), 0);
    assert_int_equal(syn_exec_load(exec, 0, m->data, syn_tensor_bytes(m->input, 8)), 0);
    syn_exec_start(exec);
    while (syn_exec_step(exec, UINT64_MAX))
        ;
    output = syn_exec_output(exec, image.out_count - 1u, &output_size);
    result = malloc(output_size);
    memcpy(result, output, output_size);
    free(memory);
    free(bytes);
    return result;
}

void computes_alike(const struct syn_model *model, const struct random_hardware *m)
{
    struct syn_error error = {.code = 0};
    void *expected = reference(m), *output;
    size_t size;

    assert_int_equal(syn_tensor_bytes(model->input, 8), syn_tensor_bytes(m->input, 8));
    assert_int_equal(
        syn_model_infer(model, m->data, syn_tensor_bytes(m->input, 8), &output, &size, &error), 0);
    assert_int_equal(
        size, syn_tensor_bytes(m->layers[m->count - 1].out, m->layers[m->count - 1].output_width));
    assert_memory_equal(output, expected, size);
    free(output);
    free(expected);
}
