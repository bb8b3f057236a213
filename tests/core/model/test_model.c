/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/file.h"
#include "core/model/model.h"
#include "devices/part/geometry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD "{\"format\": \"synergy-model/1\", \"name\": \"m\",\n"
#define IMAGE                                                                                      \
    "\"input\": {\"channels\": 3, \"height\": 8, \"width\": 8}, \"weights\": {\"seed\": 1},\n"
#define SOUND      "\"input\": {\"channels\": 16, \"length\": 20}, \"weights\": {\"seed\": 1},\n"
#define CONV(name) "{\"name\": \"" name "\", \"op\": \"conv2d\", \"channels\": 4, \"pad\": [1, 1]}"

static int parse(struct syn_model **model, const char *text, struct syn_error *error)
{
    const struct syn_weights_source weights = {.folder = ""};
    return syn_model_parse(model, text, strlen(text), "m.json", &weights, error);
}

static struct syn_model *must_parse(const char *text)
{
    struct syn_error error = {0};
    struct syn_model *model;
    if (parse(&model, text, &error) < 0)
        print_message("%d:%d: %s\n", error.line, error.column, error.message);
    assert_non_null(model);
    return model;
}

static void defaults_are_those_of_the_format(void **state)
{
    (void)state;
    struct syn_model *m =
        must_parse(HEAD IMAGE "\"layers\": [{\"op\": \"conv2d\", \"channels\": 4},"
                              " {\"op\": \"passthrough\"}]}");
    const struct syn_layer *l = &m->layers[0];
    assert_string_equal(m->layer_names[0], "layer0");
    assert_int_equal(l->kernel_h, 3);
    assert_int_equal(l->kernel_w, 3);
    assert_int_equal(l->pad_h, 0);
    assert_int_equal(l->dilation_h, 1);
    assert_int_equal(l->weight_bits, 8);
    assert_int_equal(l->output_width, 8);
    assert_int_equal(l->out.height, 6);
    assert_true(l->pool_first);
    assert_int_equal(l->processors, 0x7);
    assert_int_equal(l->output_processors, 0xf);
    assert_int_equal(m->layers[1].input_count, 1);
    assert_int_equal(m->layers[1].inputs[0], 1);
    assert_int_equal(m->layers[1].weight_bits, 0);
    syn_model_free(m);
}

static void one_dimensional_layers_take_numbers(void **state)
{
    (void)state;
    struct syn_model *m = must_parse(
        HEAD SOUND "\"layers\": [{\"op\": \"conv1d\", \"channels\": 4, \"kernel\": 5, \"pad\": 2,"
                   " \"pool\": {\"type\": \"max\", \"size\": 2, \"stride\": 2}}]}");
    assert_int_equal(m->layers[0].pooled.height, 10);
    assert_int_equal(m->layers[0].out.height, 10);
    assert_int_equal(m->layers[0].out.width, 1);
    syn_model_free(m);
}

static void several_inputs_are_concatenated_into_shares_of_the_readers_map(void **state)
{
    (void)state;
    struct syn_model *m = must_parse(HEAD IMAGE "\"layers\": [" CONV("a") ", " CONV(
        "b") ",\n"
             "{\"op\": \"linear\", \"flatten\": true, \"inputs\": [\"a\", \"b\"], \"channels\":"
             " 2, \"processors\": \"0xff0\", \"output_width\": 32}]}");
    assert_int_equal(m->layers[2].in.channels, 8);
    assert_int_equal(m->layers[1].output_processors, 0xf00);
    assert_int_equal(m->layers[0].output_processors, 0xf); /* b, the first reader, decides */
    assert_int_equal(syn_layer_weight_count(&m->layers[2]), 2 * 8 * 64);
    syn_model_free(m);
}

/* What the specification of seeds gives, computed here in the shortest way. */
static void seeds_give_the_numbers_of_the_format(void **state)
{
    (void)state;
    struct syn_model *m = must_parse(
        HEAD IMAGE
        "\"layers\": [{\"op\": \"conv2d\", \"channels\": 4, \"weight_bits\": 2, \"bias\":"
        " true, \"output_shift\": -6},"
        "{\"op\": \"conv2d\", \"channels\": 2, \"kernel\": [1, 1]}]}");
    uint64_t random = 1;
    int8_t weights[4 * 3 * 9];
    assert_int_equal(m->blob_size, 27 + 4 + 8);
    syn_weights_unpack(m->weights[0], 2, sizeof weights, weights);
    for (size_t i = 0; i < sizeof weights; i++)
        assert_int_equal(weights[i], (int)((syn_splitmix64(&random) >> 32) % 3) - 1);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(m->biases[0][i], (int)((syn_splitmix64(&random) >> 32) % 65) - 32);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal((int8_t)m->weights[1][i],
                         (int)((syn_splitmix64(&random) >> 32) % 127) - 63);
    assert_null(m->biases[1]);
    syn_model_free(m);
}

static void models_are_named_by_layers_and_weights(void **state)
{
    (void)state;
    const char *other_seed = HEAD "\"input\": {\"channels\": 3, \"height\": 8, \"width\": 8},"
                                  "\"weights\": {\"seed\": 2}, \"layers\": [" CONV("a") "]}";
    struct syn_model *a = must_parse(HEAD IMAGE "\"layers\": [" CONV("a") "]}");
    struct syn_model *b = must_parse(HEAD IMAGE "\"layers\": [" CONV("b") "]}");
    struct syn_model *c = must_parse(other_seed);
    assert_memory_equal(a->hash, b->hash, sizeof a->hash);
    assert_memory_not_equal(a->hash, c->hash, sizeof a->hash);
    syn_model_free(a);
    syn_model_free(b);
    syn_model_free(c);
}

struct wrong {
    const char *text;
    int line, column;
    const char *message;
};

#define LAYERS(text) HEAD IMAGE "\"layers\": [\n" text "\n]}"

static const struct wrong wrongs[] = {
    {LAYERS("{\"op\": \"conv2d\", \"channels\": 4,\n  \"kernal\": [3, 3]}"), 5, 3,
     "layers[0].kernal: unknown field \"kernal\", did you mean \"kernel\"?"},
    {LAYERS(CONV("a") ",\n{\"op\": \"conv2d\", \"channels\": 4, \"kernel\": [5, 5]}"), 5, 33,
     "layers[1].kernel: 5x5 is not possible: conv2d has 1x1 and 3x3 kernels"},
    {LAYERS("{\"op\": \"conv2d\", \"channels\": 4, \"kernel\": 3}"), 4, 33,
     "layers[0].kernel: a pair [height, width] is expected"},
    {LAYERS("{\"op\": \"conv2d\", \"channels\": 4, \"pad\": [1, 3]}"), 4, 44,
     "layers[0].pad[1]: 3 is out of range (0 to 2)"},
    {LAYERS("{\"op\": \"linear\", \"channels\": 4, \"kernel\": [1, 1]}"), 4, 33,
     "layers[0].kernel: linear has no kernel"},
    {LAYERS("{\"op\": \"linear\", \"channels\": 4}"), 4, 1,
     "layers[0]: layer layer0: linear without flatten needs an input of one pixel (input 3x8x8 of "
     "input)"},
    {LAYERS("{\"op\": \"conv2d\"}"), 4, 1, "layers[0]: conv2d needs \"channels\""},
    {LAYERS(CONV("a") ",\n" CONV("a")), 5, 2, "layers[1].name: \"a\" names an earlier layer"},
    {LAYERS(CONV("input")), 4, 2, "layers[0].name: \"input\" names the input of the model"},
    {LAYERS(CONV("conv1") ",\n{\"op\": \"passthrough\", \"inputs\": [\"conv2\"]}"), 5, 34,
     "layers[1].inputs[0]: \"conv2\" is neither \"input\" nor an earlier layer; did you mean "
     "\"conv1\"?"},
    {LAYERS(CONV("a") ",\n{\"op\": \"passthrough\", \"inputs\": [\"a\", \"input\"],\n"
                      "\"eltwise\": \"add\"}"),
     5, 1,
     "layers[1]: layer layer1: operands of an element-wise operation differ in shape (input 4x8x8 "
     "of a, 3x8x8 of input)"},
    {LAYERS("{\"op\": \"conv2d\", \"channels\": 4, \"processors\": \"0xf\"}"), 4, 33,
     "layers[0].processors: 4 processors for 3 channels; 3 are needed"},
    {LAYERS("{\"op\": \"conv2d\", \"channels\": 96, \"output_processors\": \"0xff\"}"), 4, 34,
     "layers[0].output_processors: 8 processors for 96 channels; 48 are needed in each pass"},
    {LAYERS(CONV("a") ",\n" CONV("b") ",\n{\"op\": \"passthrough\", \"inputs\": [\"a\"]}"), 5, 1,
     "layers[1]: no later layer reads the output of b"},
    {LAYERS("{\"op\": \"conv2d\", \"channels\": 4, \"output_width\": 32},\n" CONV("b")), 4, 33,
     "layers[0].output_width: only the last layer may have 32-bit output"},
    {LAYERS("{\"op\": \"conv2d\", \"channels\": 4, \"output_width\": 16}"), 4, 1,
     "layers[0]: layer layer0: output width is neither 8 nor 32 (input 3x8x8 of input)"},
    {LAYERS("{\"op\": \"conv2d\", \"channels\": 4, \"weight_bits\": 3}"), 4, 1,
     "layers[0]: layer layer0: weights have 1, 2, 4 or 8 bits (input 3x8x8 of input)"},
    {LAYERS("{\"op\": \"passthrough\", \"pool\": {\"type\": \"max\", \"size\": [9, 9]}}"), 4, 1,
     "layers[0]: layer layer0: pooling larger than the input (input 3x8x8 of input)"},
    {LAYERS("{\"op\": \"passthrough\", \"pool\": {\"type\": \"max\", \"size\": [2, 17]}}"), 4, 59,
     "layers[0].pool.size[1]: 17 is out of range (1 to 16)"},
    {HEAD IMAGE "\"layers\": []}", 3, 1, "layers: 0 elements; 1 to 256 are allowed"},
    {HEAD
     "\"input\": {\"channels\": 3, \"height\": 8},\n\"weights\": {\"seed\": 1}, \"layers\": []}",
     2, 1, "input: either \"height\" and \"width\" or \"length\" is needed"},
    {HEAD "\"input\": {\"channels\": 8, \"height\": 8, \"width\": 8, \"fold\": 3},\n"
          "\"weights\": {\"seed\": 1}, \"layers\": []}",
     2, 51, "input.fold: 8 channels are not squares of 3 by 3 pixels"},
    {HEAD "\"input\": {\"channels\": 578, \"height\": 8, \"width\": 8, \"fold\": 17},\n"
          "\"weights\": {\"seed\": 1}, \"layers\": []}",
     2, 53, "input.fold: 17 is out of range (1 to 16)"},
    {HEAD "\"input\": {\"channels\": 8, \"length\": 8, \"fold\": 3},\n"
          "\"weights\": {\"seed\": 1}, \"layers\": []}",
     2, 39, "input.fold: 8 channels are not groups of 3 samples"},
    {HEAD "\"input\": {\"channels\": 3, \"length\": 8}, \"weights\": {}, \"layers\": [\n"
          "{\"op\": \"passthrough\"}]}",
     2, 40, "weights: either \"file\" and \"sha256\" or \"seed\" is needed"},
    {"{\"format\": \"synergy-model/2\", \"name\": \"m\",\n" IMAGE "\"layers\": []}", 1, 2,
     "format: \"synergy-model/2\" cannot be read; \"synergy-model/1\" is expected"},
    {HEAD IMAGE "\"labels\": [\"a\", \"b\"], \"layers\": [" CONV("a") "]}", 3, 1,
     "labels: 2 labels, but the last layer has 4 channels"},
    {HEAD "\"input\": {\"channels\": 3, \"height\": 8, \"width\": 8},\n"
          "\"weights\": {\"file\": \"../x\", \"sha256\": \"\"}, \"layers\": [" CONV("a") "]}",
     3, 13, "weights.file: the name of a file beside this one is expected, without folders"},
};

static void every_error_names_line_column_and_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        struct syn_error error = {0};
        struct syn_model *model;
        assert_int_equal(parse(&model, wrongs[i].text, &error), SYN_EINVAL);
        assert_null(model);
        if (error.line != wrongs[i].line || error.column != wrongs[i].column)
            print_message("%d:%d: %s\n", error.line, error.column, error.message);
        assert_string_equal(error.message, wrongs[i].message);
        assert_int_equal(error.line, wrongs[i].line);
        assert_int_equal(error.column, wrongs[i].column);
    }
}

static char folder[] = "/tmp/syn-model-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static const char *in_folder(const char *name)
{
    static char path[2][128];
    static int turn;
    turn = !turn;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(in_folder("m.json"));
    unlink(in_folder("m.bin"));
    return rmdir(folder);
}

static void assert_same(const struct syn_model *a, const struct syn_model *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->layer_count, b->layer_count);
    assert_memory_equal(a->layer_names, b->layer_names, a->layer_count * sizeof *a->layer_names);
    for (unsigned i = 0; i < a->layer_count; i++)
        assert_memory_equal(&a->layers[i], &b->layers[i], sizeof *a->layers);
    assert_memory_equal(a->hash, b->hash, sizeof a->hash);
    assert_memory_equal(a->weights_hash, b->weights_hash, sizeof a->weights_hash);
    assert_int_equal(a->input_chw, b->input_chw);
    assert_int_equal(a->label_count, b->label_count);
}

/* A small model with a weights file: the seeded one, no longer called seeded. */
static struct syn_model *model_with_file(void)
{
    struct syn_model *m = must_parse(
        HEAD IMAGE "\"source\": \"a test\", \"labels\": [\"x\", \"y\"], \"layers\": [\n"
                   "{\"name\": \"a\", \"op\": \"conv2d\", \"channels\": 4, \"pad\": [1, 1],"
                   " \"pool\": {\"type\": \"avg\", \"size\": [2, 2], \"round\": true}},\n"
                   "{\"name\": \"f\", \"op\": \"linear\", \"flatten\": true, \"channels\": 2,"
                   " \"bias\": true, \"weight_bits\": 4, \"output_width\": 32}]}");
    m->seeded = false;
    return m;
}

static void what_is_written_reads_back_the_same(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_model *a = model_with_file(), *b;
    assert_int_equal(syn_model_write(a, in_folder("m.json"), &error), 0);
    assert_int_equal(syn_model_read(&b, in_folder("m.json"), &error), 0);
    assert_same(a, b);
    assert_string_equal(b->source, "a test");
    assert_string_equal(b->labels[1], "y");
    assert_false(b->seeded);
    syn_model_free(a);
    syn_model_free(b);
}

static void every_reference_model_survives_writing(void **state)
{
    (void)state;
    static const char *const files[] = {"ressimplenet", "unet", "kws", "simplenet", "mobilenetv2"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct syn_error error = {0};
        struct syn_model *a, *b;
        char path[256];
        (void)snprintf(path, sizeof path, SYN_SOURCE_DIR "/devices/models/%s.json", files[i]);
        assert_int_equal(syn_model_read(&a, path, &error), 0);
        assert_int_equal(syn_model_write(a, in_folder("m.json"), &error), 0);
        assert_int_equal(syn_model_read(&b, in_folder("m.json"), &error), 0);
        assert_same(a, b);
        assert_int_equal(a->seed, b->seed);
        syn_model_free(a);
        syn_model_free(b);
    }
}

static void a_model_of_folded_windows_says_so_when_it_is_read_again(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_model *b;
    struct syn_model *a =
        must_parse(HEAD "\"input\": {\"channels\": 12, \"height\": 8, \"width\": 10, \"fold\": 2},"
                        "\"weights\": {\"seed\": 2}, \"layers\": [" CONV("a") "]}");
    assert_int_equal(syn_model_write(a, in_folder("m.json"), &error), 0);
    assert_int_equal(syn_model_read(&b, in_folder("m.json"), &error), 0);
    const struct syn_fold fold = syn_model_fold(b);
    assert_int_equal(fold.by, 2);
    assert_int_equal(fold.channels, 3);
    assert_int_equal(fold.width, 20);
    assert_true(syn_fold_fits(&fold, syn_model_tensor_bytes(b, 0)));
    syn_model_free(a);
    syn_model_free(b);
}

static void a_model_of_folded_sound_says_so_when_it_is_read_again(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_model *b;
    struct syn_model *a =
        must_parse(HEAD "\"input\": {\"channels\": 128, \"length\": 9, \"fold\": 64},"
                        "\"weights\": {\"seed\": 2}, \"layers\": [{\"op\": \"conv1d\", "
                        "\"channels\": 4, \"kernel\": 3}]}");
    assert_int_equal(syn_model_write(a, in_folder("m.json"), &error), 0);
    assert_int_equal(syn_model_read(&b, in_folder("m.json"), &error), 0);
    const struct syn_fold fold = syn_model_fold(b);
    assert_int_equal(fold.by, 64);
    assert_int_equal(fold.channels, 2);
    assert_int_equal(fold.width, 1);
    assert_true(syn_fold_fits(&fold, syn_model_tensor_bytes(b, 0)));
    syn_model_free(a);
    syn_model_free(b);
}

static void damaged_weights_are_refused(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_model *a = model_with_file(), *b;
    void *bytes;
    size_t size;
    assert_int_equal(syn_model_write(a, in_folder("m.json"), &error), 0);
    assert_int_equal(syn_file_read(&bytes, &size, in_folder("m.bin"), 1 << 20, &error), 0);

    assert_int_equal(syn_file_write(in_folder("m.bin"), bytes, size - 1, &error), 0);
    assert_int_equal(syn_model_read(&b, in_folder("m.json"), &error), SYN_ECORRUPT);
    assert_string_equal(error.message, "weights.file: m.bin has 173 bytes; these layers need 174");

    ((uint8_t *)bytes)[size / 2] ^= 1;
    assert_int_equal(syn_file_write(in_folder("m.bin"), bytes, size, &error), 0);
    assert_int_equal(syn_model_read(&b, in_folder("m.json"), &error), SYN_ECORRUPT);
    assert_string_equal(
        error.message,
        "weights.sha256: m.bin has another hash; it is damaged or belongs to another model");

    unlink(in_folder("m.bin"));
    assert_int_equal(syn_model_read(&b, in_folder("m.json"), &error), SYN_ENOENT);
    assert_string_equal(error.file, in_folder("m.bin"));
    free(bytes);
    syn_model_free(a);
}

static void weights_may_lie_in_memory(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_model *a = model_with_file(), *b;
    void *text, *bytes;
    size_t size, bytes_size;
    assert_int_equal(syn_model_write(a, in_folder("m.json"), &error), 0);
    assert_int_equal(syn_file_read(&text, &size, in_folder("m.json"), 1 << 20, &error), 0);
    assert_int_equal(syn_file_read(&bytes, &bytes_size, in_folder("m.bin"), 1 << 20, &error), 0);
    unlink(in_folder("m.bin"));

    struct syn_weights_source source = {.bytes = bytes, .size = bytes_size};
    assert_int_equal(syn_model_parse(&b, text, size, "m.json", &source, &error), 0);
    assert_same(a, b);
    syn_model_free(b);

    source.size--;
    assert_int_equal(syn_model_parse(&b, text, size, "m.json", &source, &error), SYN_ECORRUPT);
    assert_null(b);
    free(text);
    free(bytes);
    syn_model_free(a);
}

static void a_chunk_image_has_the_range_asked_for(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_model *m = model_with_file();
    struct syn_image image;
    uint8_t *bytes;
    size_t size;
    assert_int_equal(syn_model_image(m, 1, 2, &bytes, &size, &error), 0);
    assert_int_equal(syn_image_open(&image, bytes, size), 0);
    assert_int_equal(image.first, 1);
    assert_int_equal(image.last, 2);
    free(bytes);
    assert_int_equal(syn_model_image(m, 2, 2, &bytes, &size, &error), SYN_EINVAL);
    assert_int_equal(syn_model_image(m, 0, 3, &bytes, &size, &error), SYN_EINVAL);
    assert_null(bytes);
    syn_model_free(m);
}

static void input_of_a_wrong_size_is_refused(void **state)
{
    (void)state;
    struct syn_error error = {0};
    struct syn_model *m = model_with_file();
    void *output;
    size_t size;
    assert_int_equal(syn_model_infer(m, "abc", 3, &output, &size, &error), SYN_EINVAL);
    assert_string_equal(error.message, "3 bytes of input; m takes 192");
    syn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_format),
        cmocka_unit_test(one_dimensional_layers_take_numbers),
        cmocka_unit_test(several_inputs_are_concatenated_into_shares_of_the_readers_map),
        cmocka_unit_test(seeds_give_the_numbers_of_the_format),
        cmocka_unit_test(models_are_named_by_layers_and_weights),
        cmocka_unit_test(every_error_names_line_column_and_cause),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(every_reference_model_survives_writing),
        cmocka_unit_test(a_model_of_folded_windows_says_so_when_it_is_read_again),
        cmocka_unit_test(a_model_of_folded_sound_says_so_when_it_is_read_again),
        cmocka_unit_test(damaged_weights_are_refused),
        cmocka_unit_test(weights_may_lie_in_memory),
        cmocka_unit_test(a_chunk_image_has_the_range_asked_for),
        cmocka_unit_test(input_of_a_wrong_size_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
