/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checkpoints that PyTorch wrote (tests/tools/torch-samples), whole and damaged. */
#include "core/import/torch/checkpoint.h"

#include "core/base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SAMPLES SYN_SOURCE_DIR "/tests/data/checkpoints/"

static const char *const forms[] = {"zip", "legacy"};

static struct syn_checkpoint *must_open(const char *name, const char *form)
{
    char path[300];
    struct syn_error error = {0};
    struct syn_checkpoint *checkpoint;
    (void)snprintf(path, sizeof path, SAMPLES "%s-%s.pth.tar", name, form);
    if (syn_checkpoint_open(&checkpoint, path, &error) < 0)
        fail_msg("%s: %s", path, error.message);
    return checkpoint;
}

static void check_values(struct syn_checkpoint *checkpoint, const char *name, unsigned count,
                         const float *expected)
{
    float values[32];
    struct syn_error error = {0};
    const struct syn_checkpoint_tensor *tensor = syn_checkpoint_find(checkpoint, name);
    assert_non_null(tensor);
    assert_int_equal(tensor->count, count);
    if (syn_checkpoint_values(checkpoint, tensor, values, &error) < 0)
        fail_msg("%s: %s", name, error.message);
    for (unsigned i = 0; i < count; i++)
        if (values[i] != expected[i])
            fail_msg("%s[%u] is %g, not %g", name, i, (double)values[i], (double)expected[i]);
}

static void numbers_of_every_type_are_read(void **state)
{
    (void)state;
    static const char *const types[] = {"float32", "float64", "float16", "bfloat16",
                                        "int8",    "int16",   "int32",   "int64"};
    float count[24], unsigned_count[24];
    for (int i = 0; i < 24; i++) {
        count[i] = (float)(i - 12);
        unsigned_count[i] = (float)i;
    }
    for (size_t f = 0; f < 2; f++) {
        struct syn_checkpoint *checkpoint = must_open("types", forms[f]);
        for (size_t t = 0; t < sizeof types / sizeof *types; t++)
            check_values(checkpoint, types[t], 24, count);
        check_values(checkpoint, "uint8", 24, unsigned_count);
        assert_string_equal(syn_checkpoint_arch(checkpoint), "everything");
        syn_checkpoint_close(checkpoint);
    }
}

static void views_are_read_as_they_look(void **state)
{
    (void)state;
    static const float transposed[] = {0, 6, 12, 18, 1, 7,  13, 19, 2, 8,  14, 20,
                                       3, 9, 15, 21, 4, 10, 16, 22, 5, 11, 17, 23};
    static const float offset[] = {5, 8, 11, 14, 17, 20, 23};
    static const float expanded[] = {7, 7, 7, 8, 8, 8};
    static const float scalar[] = {-2.5F}, parameter[] = {1.5F, -1.5F};
    for (size_t f = 0; f < 2; f++) {
        struct syn_checkpoint *checkpoint = must_open("types", forms[f]);
        check_values(checkpoint, "transposed", 24, transposed);
        check_values(checkpoint, "offset", 7, offset);
        check_values(checkpoint, "expanded", 6, expanded);
        check_values(checkpoint, "scalar", 1, scalar);
        check_values(checkpoint, "parameter", 2, parameter);
        assert_int_equal(syn_checkpoint_find(checkpoint, "transposed")->shape[0], 6);
        syn_checkpoint_close(checkpoint);
    }
}

static void tensors_come_in_the_order_of_the_state_dict(void **state)
{
    (void)state;
    static const char *const names[] = {"conv1.output_shift", "conv1.weight_bits",
                                        "conv1.op.weight", "conv1.op.bias"};
    struct syn_checkpoint *checkpoint = must_open("small", "zip");
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(syn_checkpoint_tensor(checkpoint, i)->name, names[i]);
    assert_null(syn_checkpoint_tensor(checkpoint, 11));
    syn_checkpoint_close(checkpoint);
}

static void what_is_no_plain_tensor_is_named_and_not_read(void **state)
{
    (void)state;
    static const char *const names[] = {"complex", "empty"};
    float values[8];
    for (size_t f = 0; f < 2; f++) {
        struct syn_checkpoint *checkpoint = must_open("types", forms[f]);
        for (size_t i = 0; i < 2; i++) {
            struct syn_error error = {0};
            const struct syn_checkpoint_tensor *t = syn_checkpoint_find(checkpoint, names[i]);
            assert_non_null(t);
            assert_int_equal(syn_checkpoint_values(checkpoint, t, values, &error), SYN_EUNSUP);
            assert_non_null(strstr(error.message, names[i]));
        }
        syn_checkpoint_close(checkpoint);
    }
}

static void *must_load(const char *form, size_t *size)
{
    char path[300];
    void *bytes;
    (void)snprintf(path, sizeof path, SAMPLES "small-%s.pth.tar", form);
    assert_int_equal(syn_file_read(&bytes, size, path, 1 << 20, NULL), 0);
    return bytes;
}

/* Reads all that can be read; 0 where that is everything. */
static int read_everything(void *bytes, size_t size, struct syn_error *error)
{
    float values[384];
    struct syn_checkpoint *checkpoint;
    FILE *file = fmemopen(bytes, size, "rb");
    assert_non_null(file);
    int status = syn_checkpoint_take(&checkpoint, file, error);
    const struct syn_checkpoint_tensor *t;
    for (unsigned i = 0; status == 0 && (t = syn_checkpoint_tensor(checkpoint, i)); i++)
        if (t->count <= 384)
            status = syn_checkpoint_values(checkpoint, t, values, error);
    syn_checkpoint_close(checkpoint);
    return status;
}

static void a_truncated_checkpoint_is_an_error_wherever_it_ends(void **state)
{
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        size_t size;
        uint8_t *bytes = must_load(forms[f], &size);
        assert_int_equal(read_everything(bytes, size, NULL), 0);
        for (size_t end = 1; end < size; end++) {
            struct syn_error error = {0};
            if (read_everything(bytes, end, &error) >= 0)
                fail_msg("%s: %zu of %zu bytes are taken for whole", forms[f], end, size);
            assert_true(error.message[0] != '\0');
        }
        free(bytes);
    }
}

static void a_flipped_bit_is_never_more_than_an_error(void **state)
{
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        size_t size;
        uint8_t *bytes = must_load(forms[f], &size);
        for (size_t bit = 0; bit < 8 * size; bit += 3) {
            struct syn_error error = {0};
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            if (read_everything(bytes, size, &error) < 0)
                assert_true(error.message[0] != '\0');
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        assert_int_equal(read_everything(bytes, size, NULL), 0);
        free(bytes);
    }
}

static void files_that_are_none_are_told_from_checkpoints(void **state)
{
    (void)state;
    struct syn_error error = {0};
    char text[] = "{\"format\": \"synergy-model/1\"}";
    size_t size;
    uint8_t *bytes = must_load("legacy", &size);
    assert_true(syn_checkpoint_looks(bytes, size));
    free(bytes);
    bytes = must_load("zip", &size);
    assert_true(syn_checkpoint_looks(bytes, 512));
    free(bytes);
    assert_false(syn_checkpoint_looks((uint8_t *)text, strlen(text)));
    assert_int_equal(read_everything(text, strlen(text), &error), SYN_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_type_are_read),
        cmocka_unit_test(views_are_read_as_they_look),
        cmocka_unit_test(tensors_come_in_the_order_of_the_state_dict),
        cmocka_unit_test(what_is_no_plain_tensor_is_named_and_not_read),
        cmocka_unit_test(a_truncated_checkpoint_is_an_error_wherever_it_ends),
        cmocka_unit_test(a_flipped_bit_is_never_more_than_an_error),
        cmocka_unit_test(files_that_are_none_are_told_from_checkpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
