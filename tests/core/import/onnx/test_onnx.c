/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Networks of tests/data/onnx/good, with outputs that numpy computed: the graph gives the same, and
 * the model that was made of it stays close.
 */
#include "core/base/file.h"
#include "core/import/compare.h"
#include "core/import/import.h"
#include "core/import/onnx/onnx.h"
#include "devices/base/bytes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA SYN_SOURCE_DIR "/tests/data/onnx/"

struct expected {
    void *bytes;
    uint32_t windows, inputs, outputs;
    const int8_t *input;
    float *output;
};

static void read_expected(struct expected *e, const char *name)
{
    char path[300];
    size_t size;
    (void)snprintf(path, sizeof path, DATA "good/%s.expected", name);
    assert_int_equal(syn_file_read(&e->bytes, &size, path, 1 << 20, NULL), 0);
    const uint8_t *p = e->bytes;
    e->windows = syn_get_le32(p);
    e->inputs = syn_get_le32(p + 4);
    e->outputs = syn_get_le32(p + 8);
    e->input = (const int8_t *)p + 12;
    const size_t numbers = (size_t)e->windows * e->outputs;
    assert_int_equal(size, 12 + (size_t)e->windows * e->inputs + 4 * numbers);
    e->output = malloc(numbers * sizeof *e->output);
    assert_non_null(e->output);
    p += 12 + (size_t)e->windows * e->inputs;
    for (size_t i = 0; i < numbers; i++) {
        const uint32_t bits = syn_get_le32(p + 4 * i);
        memcpy(&e->output[i], &bits, sizeof bits);
    }
}

static void free_expected(struct expected *e)
{
    free(e->bytes);
    free(e->output);
}

static void import(struct syn_imported *imported, const char *path)
{
    struct syn_error error = {0};
    const struct syn_import_options options = {0};
    if (syn_import_read(imported, path, &options, &error) < 0)
        fail_msg("%s: %s", path, error.message);
}

static void import_good(struct syn_imported *imported, const char *name)
{
    char path[300];
    (void)snprintf(path, sizeof path, DATA "good/%s.onnx", name);
    import(imported, path);
}

static const char *const names[] = {
    "qdq",    "asymmetric", "no_padding",    "normalization", "residual",     "difference",
    "concat", "transposed", "one_dimension", "qlinear",       "qlinear_more", "integer",
    "odds",   "picture",    "branches",      "torch_static",  "torch_fake",
};

#define NAMES (sizeof names / sizeof *names)

static void check_graph(const char *name)
{
    struct syn_imported imported;
    struct expected e;
    import_good(&imported, name);
    read_expected(&e, name);
    assert_int_equal(syn_model_tensor_bytes(imported.model, 0), e.inputs);
    assert_int_equal(imported.original.outputs, e.outputs);
    float *output = malloc(e.outputs * sizeof *output);
    for (uint32_t w = 0; w < e.windows; w++) {
        assert_int_equal(imported.original.infer(imported.original.state,
                                                 e.input + (size_t)w * e.inputs, output, NULL),
                         0);
        for (uint32_t i = 0; i < e.outputs; i++)
            if (fabsf(output[i] - e.output[w * e.outputs + i]) > 1e-5f)
                fail_msg("%s, window %u, output %u: %g, not %g", name, w, i, (double)output[i],
                         (double)e.output[w * e.outputs + i]);
    }
    free(output);
    free_expected(&e);
    syn_imported_free(&imported);
}

static void a_graph_computes_what_numpy_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++)
        check_graph(names[i]);
}

/* Mean difference in shares of what the outputs are: 8 bits and shifts lose so much. */
static void check_model(const char *name)
{
    struct syn_imported imported;
    struct expected e;
    struct syn_import_comparison c = {0};
    import_good(&imported, name);
    read_expected(&e, name);
    for (uint32_t w = 0; w < e.windows; w++)
        assert_int_equal(
            syn_import_compare(&c, &imported, e.input + (size_t)w * e.inputs, -1, NULL), 0);
    print_message("%-14s %.4f apart on average, %.4f at most, of %.3f\n", name, c.mean_difference,
                  c.largest_difference, c.size);
    assert_true(c.mean_difference < 0.05 * c.size);
    assert_true(c.largest_difference < 0.4 * c.size);
    free_expected(&e);
    syn_imported_free(&imported);
}

static void a_model_stays_close_to_its_graph(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++)
        check_model(names[i]);
}

static void powers_of_two_leave_the_weights_as_they_are(void **state)
{
    (void)state;
    struct syn_imported imported;
    struct syn_model *zoo;
    import(&imported, DATA "convnet5-exact.onnx");
    assert_int_equal(syn_model_read(&zoo, SYN_SOURCE_DIR "/devices/models/convnet5.json", NULL), 0);
    assert_int_equal(imported.model->blob_size, zoo->blob_size);
    assert_memory_equal(imported.model->blob, zoo->blob, zoo->blob_size);
    for (unsigned i = 0; i < zoo->layer_count; i++)
        assert_int_equal(imported.model->layers[i].output_shift, zoo->layers[i].output_shift);
    assert_int_equal(imported.model->label_count, 10);
    assert_string_equal(imported.model->labels[9], "Ankle boot");
    syn_model_free(zoo);
    syn_imported_free(&imported);
}

static void pooling_joins_the_convolution_after_it(void **state)
{
    (void)state;
    struct syn_imported imported;
    import_good(&imported, "qdq");
    assert_int_equal(imported.model->layer_count, 3);
    assert_int_equal(imported.model->layers[1].pool, SYN_POOL_MAX);
    assert_int_equal(imported.model->layers[1].op, SYN_OP_CONV2D);
    assert_int_equal(imported.model->layers[2].op, SYN_OP_LINEAR);
    assert_true(imported.model->layers[2].flatten);
    assert_int_equal(imported.model->layers[2].output_width, 32);
    syn_imported_free(&imported);
}

static void every_prefix_of_a_file_is_refused_with_words(void **state)
{
    (void)state;
    void *bytes;
    size_t size;
    const struct syn_import_options options = {0};
    assert_int_equal(syn_file_read(&bytes, &size, DATA "good/integer.onnx", 1 << 20, NULL), 0);
    for (size_t i = 0; i < size; i++) {
        struct syn_imported imported = {0};
        struct syn_error error = {0};
        int status = syn_import_onnx_parse(&imported, bytes, i, "cut.onnx", &options, &error);
        if (status == 0 || !error.message[0])
            fail_msg("%zu of %zu bytes: %d", i, size, status);
        syn_imported_free(&imported);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_graph_computes_what_numpy_does),
        cmocka_unit_test(a_model_stays_close_to_its_graph),
        cmocka_unit_test(powers_of_two_leave_the_weights_as_they_are),
        cmocka_unit_test(pooling_joins_the_convolution_after_it),
        cmocka_unit_test(every_prefix_of_a_file_is_refused_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
