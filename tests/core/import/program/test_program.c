/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs taken apart again: those of our generator for random models, in all forms of the
 * vendor's tool, and the recorded ones of the vendor. SYN_SEED repeats a random model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/import/import.h"
#include "core/import/program/program.h"
#include "devices/part/exec.h"
#include "devices/part/image.h"
#include "devices/part/route.h"
#include "tests/core/import/program/printer.h"
#include "tests/devices/part/network.h"
#include "tests/devices/part/random_hardware.h"

#define MODELS 400
#define HZ     50000000u

static int import(struct syn_imported *imported, const struct printed *text,
                  struct syn_error *error)
{
    const struct syn_import_options options = {.name = NULL};

    *imported = (struct syn_imported){.model = NULL};
    *error = (struct syn_error){.code = 0};
    return syn_import_program_text(imported, "folder/cnn.c", text->code, text->code_size,
                                   "folder/weights.h", text->weights, text->weights_size, &options,
                                   error);
}

/* ---- recorded programs ------------------------------------------------------------------- */

static void same(const char *name, unsigned layer, const char *what, unsigned long ours,
                 unsigned long theirs)
{
    if (ours != theirs)
        fail_msg("%s: layer %u: %s is %lx, recorded %lx", name, layer, what, ours, theirs);
}

static void same_layer(const char *name, unsigned index, const struct syn_layer *a,
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

static void same_weights(const char *name, unsigned index, const struct syn_model *ours,
                         const struct model *theirs)
{
    const struct syn_layer *l = &ours->layers[index];

    if (l->weight_bits)
        assert_memory_equal(ours->weights[index], theirs->weights[index],
                            syn_layer_weight_bytes(l));
    if (l->has_bias)
        assert_memory_equal(ours->biases[index], theirs->biases[index], l->out.channels);
    (void)name;
}

static void same_output(const struct syn_model *ours, const struct model *theirs)
{
    struct syn_error error = {.code = 0};
    const unsigned last = theirs->count - 1;
    void *output;
    size_t size;

    assert_int_equal(syn_model_infer(ours, theirs->input, syn_tensor_bytes(theirs->shape, 8),
                                     &output, &size, &error),
                     0);
    assert_int_equal(size,
                     syn_tensor_bytes(theirs->layers[last].out, theirs->layers[last].output_width));
    assert_memory_equal(output, theirs->outputs[last], size);
    free(output);
}

static void compare_recorded(const char *part, const char *name, bool remarks)
{
    char folder[512];
    struct printed text = {.code = NULL};
    struct syn_imported imported;
    struct vendor_program *program;
    struct syn_error error;
    struct network *n;

    snprintf(folder, sizeof folder, "%s/max7800x/networks/%s/%s", data_folder(), part, name);
    assert_true(print_recorded(&text, folder, remarks));
    if (import(&imported, &text, &error) < 0)
        fail_msg("%s: %d: %s", name, error.line, error.message);
    program = vendor_program_read(folder);
    n = network_read(folder, name, syn_part_find(part), program);
    assert_int_equal(imported.model->layer_count, n->model->count);
    for (unsigned i = 0; i < n->model->count; i++) {
        same_layer(name, i, &imported.model->layers[i], &n->model->layers[i]);
        same_weights(name, i, imported.model, n->model);
    }
    same_output(imported.model, n->model);
    print_message("%-36s %2u layers, %s comments: layers, weights and output are equal\n", name,
                  n->model->count, remarks ? "with" : "without");
    network_free(n);
    vendor_program_free(program);
    syn_imported_free(&imported);
    printed_free(&text);
}

static void recorded_programs_are_the_networks_they_were_made_of(void **state)
{
    static const char *const networks[][2] = {
        {"MAX78000", "mnist"},
        {"MAX78000", "kws20_v3"},
        {"MAX78000", "cifar-10"},
        {"MAX78000", "cifar-100-residual-rand"},
        {"MAX78000", "cifar-100-mixed-rand"},
        {"MAX78000", "cifar-100-simplewide2x-mixed-rand"},
        {"MAX78000", "camvid_unet"},
        {"MAX78002", "cifar-100-effnet2-custom-rand"},
    };

    (void)state;
    if (!data_folder())
        skip();
    for (unsigned i = 0; i < sizeof networks / sizeof *networks; i++) {
        compare_recorded(networks[i][0], networks[i][1], true);
        compare_recorded(networks[i][0], networks[i][1], false);
    }
}

/* Layer 5 of this one writes where layer 6 is to copy from: its known answer knows no memory. */
static void a_recorded_program_that_spoils_its_own_data_is_refused(void **state)
{
    char folder[512];
    struct printed text = {.code = NULL};
    struct syn_imported imported;
    struct syn_error error;

    (void)state;
    if (!data_folder())
        skip();
    snprintf(folder, sizeof folder, "%s/max7800x/networks/MAX78002/cifar-100-mobilenet-custom-rand",
             data_folder());
    assert_true(print_recorded(&text, folder, true));
    assert_int_equal(import(&imported, &text, &error), SYN_EUNSUP);
    assert_non_null(strstr(error.message, "layer 6: processor 0 reads what other layers have "
                                          "written over"));
    assert_true(error.line > 0);
    syn_imported_free(&imported);
    printed_free(&text);
}

/* ---- programs of our own ----------------------------------------------------------------- */

struct placed {
    struct syn_chunk chunk;
    struct syn_place places[RANDOM_HARDWARE_MAX];
    struct syn_route routes[RANDOM_HARDWARE_MAX];
    struct syn_program program;
};

/* False where the part does not take the model. */
static bool place(struct placed *p, const struct random_hardware *m)
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

static void computes_alike(const struct syn_model *model, const struct random_hardware *m)
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

struct tally {
    unsigned tried, same, refused;
};

static void take_apart(uint64_t seed, struct tally *tally)
{
    const struct syn_part *part = seed % 2 ? &syn_part_max78000 : &syn_part_max78002;
    struct random_hardware *m = calloc(1, sizeof *m);
    struct placed *p = calloc(1, sizeof *p);
    struct printed text = {.code = NULL};
    struct syn_imported imported;
    struct syn_error error;

    random_hardware_make(m, part, seed);
    if (place(p, m)) {
        tally->tried++;
        print_program(&text, &p->program, m->layers, (const uint8_t *const *)m->weights,
                      (const int8_t *const *)m->biases,
                      (enum printed_form)(seed / 2 % PRINTED_FORMS), true);
        if (import(&imported, &text, &error) == 0) {
            computes_alike(imported.model, m);
            tally->same++;
        } else {
            if (getenv("SYN_VERBOSE"))
                print_message("seed %llu: %d: %s\n", (unsigned long long)seed, error.line,
                              error.message);
            tally->refused++;
        }
        syn_imported_free(&imported);
    }
    printed_free(&text);
    random_hardware_free(m);
    free(p);
    free(m);
}

static void what_our_generator_makes_is_taken_apart_again(void **state)
{
    const char *one = getenv("SYN_SEED");
    struct tally tally = {.tried = 0};

    (void)state;
    if (one) {
        take_apart(strtoull(one, NULL, 0), &tally);
        return;
    }
    for (uint64_t seed = 1; seed <= MODELS; seed++)
        take_apart(seed, &tally);
    print_message("%u programs: %u models compute the same, %u are refused\n", tally.tried,
                  tally.same, tally.refused);
    assert_true(tally.same > MODELS / 4);
}

/* ---- dilated conv1d ---------------------------------------------------------------------- */

static void fill(int8_t *bytes, size_t size, uint32_t seed)
{
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (int8_t)(seed >> 24);
    }
}

static void add_line(struct random_hardware *m, unsigned kernel, unsigned dilation)
{
    struct syn_layer *l = &m->layers[m->count];
    const struct syn_shape in = m->count ? l[-1].out : m->input;
    const char *why = "";

    *l = (struct syn_layer){.op = SYN_OP_CONV1D,
                            .pool_first = true,
                            .weight_bits = 8,
                            .output_shift = -4,
                            .kernel_h = (uint8_t)kernel,
                            .dilation_h = (uint16_t)dilation,
                            .input_count = 1,
                            .inputs = {(uint16_t)m->count},
                            .out.channels = 12};
    assert_int_equal(syn_layer_resolve(l, &in, &why), 0);
    m->weights[m->count] = malloc(syn_layer_weight_bytes(l));
    fill((int8_t *)m->weights[m->count], syn_layer_weight_bytes(l), 7 * kernel + dilation);
    m->count++;
}

static void take_dilated_apart(unsigned kernel, unsigned dilation)
{
    struct random_hardware *m = calloc(1, sizeof *m);
    struct placed *p = calloc(1, sizeof *p);
    struct printed text = {.code = NULL};
    struct syn_imported imported;
    struct syn_error error;

    m->part = &syn_part_max78000;
    m->input = (struct syn_shape){5, 111, 1};
    m->data = malloc(syn_tensor_bytes(m->input, 8));
    fill(m->data, syn_tensor_bytes(m->input, 8), 1);
    add_line(m, kernel, dilation);
    add_line(m, kernel, dilation);
    assert_true(place(p, m));
    print_program(&text, &p->program, m->layers, (const uint8_t *const *)m->weights,
                  (const int8_t *const *)m->biases, PRINTED_RECORDS, true);
    if (import(&imported, &text, &error) < 0)
        fail_msg("kernel %u, dilation %u: %d: %s", kernel, dilation, error.line, error.message);
    for (unsigned i = 0; i < m->count; i++)
        same_layer("dilated", i, &imported.model->layers[i], &m->layers[i]);
    computes_alike(imported.model, m);
    syn_imported_free(&imported);
    printed_free(&text);
    random_hardware_free(m);
    free(p);
    free(m);
}

static void zeros_in_kernels_and_rows_of_samples_are_dilation(void **state)
{
    static const unsigned shapes[][2] = {{2, 2}, {3, 2}, {3, 4}, {2, 8}, {2, 13}, {3, 9}, {3, 20}};

    (void)state;
    for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; i++)
        take_dilated_apart(shapes[i][0], shapes[i][1]);
}

/* ---- weights of -1 and 1 ----------------------------------------------------------------- */

/* Sets a bit in all values that are written to CTL by cnn_start(). */
static void set_start_bit(struct printed *text, uint32_t bit)
{
    char *at = strstr(text->code, "int cnn_start");

    while ((at = strstr(at, "00000) = 0x")) != NULL) {
        char digits[9];
        uint32_t value;

        at += strlen("00000) = 0x");
        value = (uint32_t)strtoul(at, NULL, 16) | bit;
        snprintf(digits, sizeof digits, "%08x", (unsigned)value);
        memcpy(at, digits, 8);
    }
}

/* The same model with two bits for each weight of one. False where there is none. */
static bool widen(struct random_hardware *m)
{
    bool some = false;

    for (unsigned i = 0; i < m->count; i++) {
        struct syn_layer *l = &m->layers[i];
        const uint32_t count = syn_layer_weight_count(l);
        int8_t *plain;

        if (l->weight_bits != 1)
            continue;
        some = true;
        plain = malloc(count);
        syn_weights_unpack(m->weights[i], 1, count, plain);
        for (uint32_t n = 0; n < count; n++)
            plain[n] = plain[n] ? -1 : 1;
        l->weight_bits = 2;
        l->output_shift++;
        m->weights[i] = realloc(m->weights[i], syn_layer_weight_bytes(l));
        syn_weights_pack(plain, 2, count, m->weights[i]);
        free(plain);
    }
    return some;
}

static unsigned take_binary_apart(uint64_t seed)
{
    struct random_hardware *m = calloc(1, sizeof *m);
    struct placed *p = calloc(1, sizeof *p);
    struct printed text = {.code = NULL};
    struct syn_imported imported = {.model = NULL};
    struct syn_error error;
    unsigned count = 0;

    random_hardware_make(m, &syn_part_max78002, seed);
    if (place(p, m)) {
        print_program(&text, &p->program, m->layers, (const uint8_t *const *)m->weights,
                      (const int8_t *const *)m->biases, PRINTED_RECORDS, true);
        set_start_bit(&text, SYN_CTL_BINARY);
        if (widen(m) && import(&imported, &text, &error) == 0) {
            assert_non_null(strstr(imported.notes, "-1 and 1"));
            computes_alike(imported.model, m);
            count = 1;
        }
    }
    syn_imported_free(&imported);
    printed_free(&text);
    random_hardware_free(m);
    free(p);
    free(m);
    return count;
}

static void binary_weights_become_weights_of_two_bits(void **state)
{
    unsigned count = 0;

    (void)state;
    for (uint64_t seed = 2; seed <= 100; seed += 2)
        count += take_binary_apart(seed);
    assert_true(count > 8);
}

/* ---- streams ----------------------------------------------------------------------------- */

/* Puts `words` behind the place where `before` ends. */
static void insert(char **text, size_t *size, const char *before, const char *words)
{
    char *at = strstr(*text, before), *whole;

    assert_non_null(at);
    at += strlen(before);
    whole = calloc(1, *size + strlen(words) + 1);
    memcpy(whole, *text, (size_t)(at - *text));
    strcat(whole, words);
    strcat(whole, at);
    free(*text);
    *text = whole;
    *size = strlen(whole);
}

/* One more byte of the only array of biases, a 0 in front. */
static void add_bias_byte(struct printed *text)
{
    char *at = strstr(text->code, "bias_0, sizeof(uint8_t) * ");
    char words[40];
    unsigned count;

    at += strlen("bias_0, sizeof(uint8_t) * ");
    count = (unsigned)strtoul(at, &at, 10);
    snprintf(words, sizeof words, "bias_0, sizeof(uint8_t) * %u", count);
    insert(&text->code, &text->code_size, words, " + 1");
    snprintf(words, sizeof words, "* %u + 1", count);
    at = strstr(text->code, words);
    snprintf(words, sizeof words, "* %u", count + 1);
    memset(at, ' ', strlen(words) + 4);
    memcpy(at, words, strlen(words));
    insert(&text->weights, &text->weights_size, "#define BIAS_0 { \\\n", "  0x00,\\\n");
}

static unsigned count_biases(const struct random_hardware *m)
{
    unsigned count = 0;

    for (unsigned i = 0; i < m->count; i++)
        count += m->layers[i].has_bias;
    return count;
}

/* A layer of a MAX78000 that streams has its first bias one byte further on, in programs of newer
 * versions of the tool. */
static unsigned stream_first_layer(uint64_t seed, bool skips)
{
    struct random_hardware *m = calloc(1, sizeof *m);
    struct placed *p = calloc(1, sizeof *p);
    struct printed text = {.code = NULL};
    struct syn_imported imported = {.model = NULL};
    struct syn_error error;
    unsigned count = 0;

    random_hardware_make(m, &syn_part_max78000, seed);
    if (m->layers[0].has_bias && m->layers[0].output_processors & 1 && count_biases(m) == 1 &&
        place(p, m)) {
        print_program(&text, &p->program, m->layers, (const uint8_t *const *)m->weights,
                      (const int8_t *const *)m->biases, PRINTED_RECORDS, true);
        insert(&text.code, &text.code_size, "int cnn_configure(void)\n{\n",
               "  *((volatile uint32_t *) 0x50100810) = 0x00000001;\n");
        if (skips)
            add_bias_byte(&text);
        if (import(&imported, &text, &error) < 0)
            fail_msg("seed %llu: %d: %s", (unsigned long long)seed, error.line, error.message);
        computes_alike(imported.model, m);
        count = 1;
    }
    syn_imported_free(&imported);
    printed_free(&text);
    random_hardware_free(m);
    free(p);
    free(m);
    return count;
}

static void biases_of_a_layer_that_streams_begin_behind_a_zero(void **state)
{
    unsigned count = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed += 2) {
        count += stream_first_layer(seed, false);
        count += stream_first_layer(seed, true);
    }
    assert_true(count >= 8);
}

/* ---- the folder of the black-box tests and of the fuzzer's corpus ------------------------ */

#define FIXTURE      SYN_SOURCE_DIR "/tests/core/import/program/fixture"
#define FIXTURE_SEED 203

static void check_file(const char *name, const char *text, size_t size)
{
    char path[512], *there = calloc(1, size + 2);
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", FIXTURE, name);
    if (getenv("SYN_UPDATE")) {
        file = fopen(path, "w");
        fwrite(text, 1, size, file);
        fclose(file);
    }
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(there, 1, size + 1, file), size);
    assert_memory_equal(there, text, size);
    fclose(file);
    free(there);
}

/* SYN_UPDATE=1 writes it. */
static void the_fixture_is_what_our_generator_makes(void **state)
{
    struct random_hardware *m = calloc(1, sizeof *m);
    struct placed *p = calloc(1, sizeof *p);
    struct printed text = {.code = NULL};

    (void)state;
    random_hardware_make(m, &syn_part_max78000, FIXTURE_SEED);
    assert_true(place(p, m));
    print_program(&text, &p->program, m->layers, (const uint8_t *const *)m->weights,
                  (const int8_t *const *)m->biases, PRINTED_RECORDS, true);
    check_file("cnn.c", text.code, text.code_size);
    check_file("weights.h", text.weights, text.weights_size);
    printed_free(&text);
    random_hardware_free(m);
    free(p);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_programs_are_the_networks_they_were_made_of),
        cmocka_unit_test(a_recorded_program_that_spoils_its_own_data_is_refused),
        cmocka_unit_test(what_our_generator_makes_is_taken_apart_again),
        cmocka_unit_test(zeros_in_kernels_and_rows_of_samples_are_dilation),
        cmocka_unit_test(binary_weights_become_weights_of_two_bits),
        cmocka_unit_test(biases_of_a_layer_that_streams_begin_behind_a_zero),
        cmocka_unit_test(the_fixture_is_what_our_generator_makes),
    };

    return cmocka_run_group_tests_name("programs as models", tests, NULL, NULL);
}
