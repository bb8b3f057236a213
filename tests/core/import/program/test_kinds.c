/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What programs have in another form than models: dilated conv1d, weights of -1 and 1, streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/import/program/apart.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros_in_kernels_and_rows_of_samples_are_dilation),
        cmocka_unit_test(binary_weights_become_weights_of_two_bits),
        cmocka_unit_test(biases_of_a_layer_that_streams_begin_behind_a_zero),
    };

    return cmocka_run_group_tests_name("kinds of programs", tests, NULL, NULL);
}
