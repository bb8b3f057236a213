/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chunk image: what is written is read, and nothing else opens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "devices/part/exec.h"
#include "devices/part/place.h"
#include "tests/devices/part/random_models.h"

static uint8_t *write_image(const struct random_model *m, unsigned first, unsigned last,
                            size_t *size)
{
    uint8_t *bytes;

    *size = syn_image_size(m->layers, m->count, first, last);
    if (*size == 0)
        return NULL;
    bytes = malloc(*size);
    assert_int_equal(syn_image_write(m->layers, m->count, first, last, m->input,
                                     (const uint8_t *const *)m->weights,
                                     (const int8_t *const *)m->biases, bytes, *size),
                     (long)*size);
    return bytes;
}

static void assert_layers_equal(const struct random_model *m, const struct syn_image *image)
{
    for (unsigned i = image->first; i < image->last; i++) {
        const struct syn_layer *l = &m->layers[i];
        const uint8_t *weights;
        const int8_t *bias;
        struct syn_layer read;

        syn_image_layer(image, i, &read, &weights, &bias);
        assert_int_equal(read.op, l->op);
        assert_int_equal(read.output_shift, l->output_shift);
        assert_memory_equal(&read.inputs, &l->inputs, l->input_count * sizeof l->inputs[0]);
        assert_memory_equal(&read.in, &l->in, sizeof l->in);
        assert_memory_equal(&read.pooled, &l->pooled, sizeof l->pooled);
        assert_memory_equal(&read.out, &l->out, sizeof l->out);
        assert_true(read.processors == l->processors);
        if (syn_layer_weight_bytes(l) > 0)
            assert_memory_equal(weights, m->weights[i], syn_layer_weight_bytes(l));
        else
            assert_null(weights);
        if (l->has_bias)
            assert_memory_equal(bias, m->biases[i], syn_layer_bias_bytes(l));
        else
            assert_null(bias);
    }
}

static void an_image_gives_back_what_was_written(void **state)
{
    uint64_t seed = 3;

    (void)state;
    for (unsigned n = 0; n < 300 / SYN_FEWER; n++) {
        struct random_model m;

        random_model_make(&m, &seed);
        for (unsigned first = 0; first < m.count; first++) {
            struct syn_image image;
            size_t size;
            uint8_t *bytes = write_image(&m, first, m.count, &size);

            if (!bytes)
                continue;
            assert_int_equal(syn_image_open(&image, bytes, size), 0);
            assert_int_equal(image.first, first);
            assert_int_equal(image.last, m.count);
            assert_layers_equal(&m, &image);
            free(bytes);
        }
        random_model_free(&m);
    }
}

/* Random layers may be too large for the part; then both must say the same. */
static void compare_places(const struct syn_chunk *model, const struct syn_chunk *device,
                           unsigned *compared)
{
    struct syn_place here[RANDOM_LAYERS_MAX], there[RANDOM_LAYERS_MAX];
    uint32_t offsets_here[RANDOM_LAYERS_MAX + 1], offsets_there[RANDOM_LAYERS_MAX + 1];
    int code = syn_place_chunks(&syn_part_max78002, model, 1, here, NULL);

    assert_int_equal(syn_place_chunks(&syn_part_max78002, device, 1, there, NULL), code);
    if (code < 0)
        return;
    code = syn_place_data(&syn_part_max78002, model, offsets_here, NULL);
    assert_int_equal(syn_place_data(&syn_part_max78002, device, offsets_there, NULL), code);
    if (code < 0)
        return;
    ++*compared;
    for (unsigned i = 0; i < (unsigned)(model->last - model->first); i++) {
        assert_int_equal(here[i].kernel_column, there[i].kernel_column);
        assert_int_equal(here[i].bias_offset, there[i].bias_offset);
    }
    assert_memory_equal(offsets_here, offsets_there, (model->layer_count + 1) * sizeof(uint32_t));
    assert_int_equal(syn_place_cycles(&syn_part_max78002, model, here, 200000000),
                     syn_place_cycles(&syn_part_max78002, device, there, 200000000));
}

static void a_device_places_from_the_image_as_the_planner_from_the_model(void **state)
{
    uint64_t seed = 4;
    unsigned compared = 0;

    (void)state;
    for (unsigned n = 0; n < 900 / SYN_FEWER; n++) {
        struct syn_layer layers[RANDOM_LAYERS_MAX];
        struct random_model m;
        struct syn_image image;
        unsigned first;
        uint8_t *bytes;
        size_t size;

        random_model_make(&m, &seed);
        first = random_below(&seed, m.count);
        bytes = write_image(&m, first, m.count, &size);
        if (bytes) {
            struct syn_chunk model = {m.layers, (uint16_t)first, (uint16_t)m.count,
                                      (uint16_t)m.count, NULL};
            struct syn_chunk device;

            assert_int_equal(syn_image_open(&image, bytes, size), 0);
            device = syn_image_chunk(&image, layers);
            compare_places(&model, &device, &compared);
            free(bytes);
        }
        random_model_free(&m);
    }
    assert_true(compared > 150 / SYN_FEWER);
}

/* A model of two convolutions, small enough to change every byte of its image. */
static uint8_t *small_image(size_t *size)
{
    struct syn_layer layers[2] = {
        {.op = SYN_OP_CONV2D,
         .kernel_h = 3,
         .kernel_w = 3,
         .weight_bits = 8,
         .has_bias = true,
         .input_count = 1,
         .out.channels = 2,
         .pool_first = true},
        {.op = SYN_OP_CONV2D,
         .kernel_h = 1,
         .kernel_w = 1,
         .weight_bits = 4,
         .input_count = 1,
         .inputs = {1},
         .out.channels = 3,
         .pool_first = true,
         .output_width = 32},
    };
    const struct syn_shape input = {1, 6, 5};
    static const uint8_t weights[18];
    static const int8_t bias[2];
    uint8_t *bytes;

    assert_int_equal(syn_layer_resolve(&layers[0], &input, NULL), 0);
    assert_int_equal(syn_layer_resolve(&layers[1], &layers[0].out, NULL), 0);
    *size = syn_image_size(layers, 2, 0, 2);
    bytes = malloc(*size);
    assert_int_equal(syn_image_write(layers, 2, 0, 2, input,
                                     (const uint8_t *const[]){weights, weights},
                                     (const int8_t *const[]){bias, NULL}, bytes, *size),
                     (long)*size);
    return bytes;
}

static void an_image_cut_short_or_grown_does_not_open(void **state)
{
    struct syn_image image;
    size_t size;
    uint8_t *bytes = small_image(&size);

    (void)state;
    assert_int_equal(syn_image_open(&image, bytes, size), 0);
    for (size_t n = 0; n < size; n++) {
        uint8_t *part = malloc(n + 1);

        memcpy(part, bytes, n);
        assert_int_equal(syn_image_open(&image, part, n), SYN_ECORRUPT);
        free(part);
    }
    bytes = realloc(bytes, size + 1);
    assert_int_equal(syn_image_open(&image, bytes, size + 1), SYN_ECORRUPT);
    free(bytes);
}

/* Opens, and where that succeeds, uses: a wrong length would be found by the sanitizers. */
static bool open_and_use(const uint8_t *bytes, size_t size)
{
    struct syn_image image;
    struct syn_exec *exec;
    size_t memory;
    void *block;

    if (syn_image_open(&image, bytes, size) < 0)
        return false;
    memory = syn_exec_memory(&image);
    if (memory > 1 << 22)
        return true;
    block = calloc(1, memory);
    assert_int_equal(syn_exec_init(&exec, &image, block, memory), 0);
    syn_exec_start(exec);
    syn_exec_step(exec, 1 << 20);
    free(block);
    return true;
}

static void every_changed_byte_of_head_and_records_is_noticed_or_harmless(void **state)
{
    size_t size, opened = 0;
    uint8_t *bytes = small_image(&size);

    (void)state;
    for (size_t i = 0; i < size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[i] ^= (uint8_t)(1u << bit);
            opened += open_and_use(bytes, size);
            bytes[i] ^= (uint8_t)(1u << bit);
        }
    printf("%zu of %zu changed bits leave a valid image\n", opened, size * 8);
    /* Weights and biases, maps, a few flags and sizes without effect on others. */
    assert_true(opened < size * 8 / 2);
    free(bytes);
}

static void random_changes_never_do_harm(void **state)
{
    uint64_t seed = 6;
    unsigned opened = 0, tried = 0;

    (void)state;
    for (unsigned n = 0; n < 200 / SYN_FEWER; n++) {
        struct random_model m;
        size_t size;
        uint8_t *bytes, *copy;

        random_model_make(&m, &seed);
        bytes = write_image(&m, 0, m.count, &size);
        copy = malloc(size);
        for (unsigned k = 0; k < 100; k++, tried++) {
            size_t head = 40 + 96 * m.count;

            memcpy(copy, bytes, size);
            for (unsigned c = 0; c <= random_below(&seed, 3); c++)
                copy[random_below(&seed, (unsigned)(head < size ? head : size))] =
                    (uint8_t)random_below(&seed, 256);
            opened += open_and_use(copy, size);
        }
        free(copy);
        free(bytes);
        random_model_free(&m);
    }
    printf("%u of %u changed images are valid\n", opened, tried);
    assert_true(opened < tried / 2);
}

static void what_cannot_be_a_chunk_is_not_written(void **state)
{
    uint64_t seed = 7;
    struct random_model m = {0};
    uint8_t bytes[16];
    const uint8_t *no_weights[RANDOM_LAYERS_MAX] = {0};
    const int8_t *no_biases[RANDOM_LAYERS_MAX] = {0};

    (void)state;
    do {
        random_model_free(&m);
        random_model_make(&m, &seed);
    } while (m.layers[0].op == SYN_OP_PASSTHROUGH);
    assert_int_equal(syn_image_size(m.layers, m.count, 0, 0), 0);
    assert_int_equal(syn_image_size(m.layers, m.count, 0, m.count + 1), 0);
    assert_int_equal(syn_image_write(m.layers, m.count, 1, 1, m.input, no_weights, no_biases, bytes,
                                     sizeof bytes),
                     SYN_EINVAL);
    assert_int_equal(syn_image_write(m.layers, m.count, 0, m.count, m.input, no_weights, no_biases,
                                     bytes, sizeof bytes),
                     SYN_ENOMEM);
    random_model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_gives_back_what_was_written),
        cmocka_unit_test(a_device_places_from_the_image_as_the_planner_from_the_model),
        cmocka_unit_test(an_image_cut_short_or_grown_does_not_open),
        cmocka_unit_test(every_changed_byte_of_head_and_records_is_noticed_or_harmless),
        cmocka_unit_test(random_changes_never_do_harm),
        cmocka_unit_test(what_cannot_be_a_chunk_is_not_written),
    };

    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
