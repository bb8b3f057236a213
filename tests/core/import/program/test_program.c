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

#include "tests/core/import/program/apart.h"
#include "tests/devices/part/network.h"

#define MODELS 400

/* ---- recorded programs ------------------------------------------------------------------- */

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
        cmocka_unit_test(the_fixture_is_what_our_generator_makes),
    };

    return cmocka_run_group_tests_name("programs as models", tests, NULL, NULL);
}
