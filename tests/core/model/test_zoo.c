/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reference models against the totals of the vendor's tool (devices/part/PART.md 3). */
#include "core/model/model.h"
#include "devices/part/cycles.h"
#include "devices/part/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct reference {
    const char *file, *name;
    unsigned layers;
    uint32_t weight_bytes, bias_bytes;
    uint64_t cycles; /* unpipelined, 1 for the start included; where they fit on one MAX78000 */
} references[] = {
    {"ressimplenet", "ResSimpleNet", 17, 381792, 0, 144043},
    {"unet", "UNet", 19, 278176, 908, 1408913},
    {"unet-88", "UNet-88", 19, 278176, 908, 4729258},
    {"kws", "KWS", 9, 169472, 0, 71782},
    {"simplenet", "SimpleNet", 14, 165228, 1220, 129319},
    {"widenet", "WideNet", 14, 312200, 1500, 190694},
    {"efficientnetv2", "EfficientNetV2", 29, 623968, 3252, 1927576},
    {"mobilenetv2", "MobileNetV2", 56, 815496, 5668, 16593805},
    {"convnet5", "ConvNet5", 5, 71148, 10, 70157},
};

#define REFERENCES (sizeof references / sizeof *references)

static struct syn_model *read_model(const char *file)
{
    char path[256];
    struct syn_error error = {0};
    struct syn_model *model;
    (void)snprintf(path, sizeof path, SYN_SOURCE_DIR "/devices/models/%s.json", file);
    if (syn_model_read(&model, path, &error) < 0)
        print_message("%s:%d:%d: %s\n", error.file, error.line, error.column, error.message);
    return model;
}

static void bytes_and_layers_are_those_of_the_vendors_tool(void **state)
{
    (void)state;
    for (size_t i = 0; i < REFERENCES; i++) {
        struct syn_model *m = read_model(references[i].file);
        assert_non_null(m);
        uint32_t weights = 0, biases = 0;
        for (unsigned k = 0; k < m->layer_count; k++) {
            weights += syn_layer_weight_bytes(&m->layers[k]);
            biases += syn_layer_bias_bytes(&m->layers[k]);
        }
        assert_string_equal(m->name, references[i].name);
        assert_int_equal(m->layer_count, references[i].layers);
        assert_int_equal(weights, references[i].weight_bytes);
        assert_int_equal(biases, references[i].bias_bytes);
        assert_int_equal(syn_model_weight_bytes(m), weights + biases);
        syn_model_free(m);
    }
}

/* Chunks of at most `most` layers that each fit on the part; returns their cycles, less the start.
 */
static uint64_t cycles_of(const struct syn_model *m, const struct syn_part *part)
{
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_misfit misfit = {0};
    struct syn_chunk chunk = {.layers = m->layers,
                              .last = (uint16_t)m->layer_count,
                              .layer_count = (uint16_t)m->layer_count};
    if (syn_place_chunks(part, &chunk, 1, places, &misfit) < 0) {
        print_message("%s: limit %d layer %d need %u have %u\n", m->name, (int)misfit.limit,
                      misfit.layer, misfit.need, misfit.have);
        return 0;
    }
    return syn_place_cycles(part, &chunk, places, 50000000);
}

static void cycles_are_those_of_the_vendors_tool(void **state)
{
    (void)state;
    for (size_t i = 0; i < REFERENCES; i++) {
        struct syn_model *m = read_model(references[i].file);
        assert_non_null(m);
        const struct syn_part *part = syn_model_weight_bytes(m) > syn_part_max78000.weight_bytes
                                          ? &syn_part_max78002
                                          : &syn_part_max78000;
        assert_int_equal(cycles_of(m, part), references[i].cycles);
        syn_model_free(m);
    }
}

/* "1,234" -> 1234 */
static uint64_t number(const char *text)
{
    uint64_t value = 0;
    for (; *text && *text != '|'; text++)
        if (*text >= '0' && *text <= '9')
            value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

/* One row "| L | geometry | bits | bytes | bias | cycles |" against its layer. */
static void check_row(const struct syn_model *m, const struct syn_place *places, char *row)
{
    const struct syn_part *part = syn_model_weight_bytes(m) > syn_part_max78000.weight_bytes
                                      ? &syn_part_max78002
                                      : &syn_part_max78000;
    const char *cells[8] = {NULL};
    for (unsigned i = 0; i < 8; i++)
        cells[i] = strsep(&row, "|");
    unsigned index = (unsigned)number(cells[1]);
    assert_in_range(index, 0, m->layer_count - 1);
    const struct syn_layer *l = &m->layers[index];
    assert_int_equal(l->weight_bits, number(cells[3]));
    assert_int_equal(syn_layer_weight_bytes(l), number(cells[4]));
    assert_int_equal(syn_layer_bias_bytes(l), number(cells[5]));
    assert_int_equal(syn_cycles_layer(part, l, places[index].kernel_column), number(cells[6]));
}

static void place_whole(const struct syn_model *m, struct syn_place *places)
{
    struct syn_chunk chunk = {.layers = m->layers,
                              .last = (uint16_t)m->layer_count,
                              .layer_count = (uint16_t)m->layer_count};
    /* Either part will do: bytes do not depend on it, and only ResSimpleNet's cycles do on places.
     */
    if (syn_place_chunks(&syn_part_max78000, &chunk, 1, places, NULL) < 0)
        assert_int_equal(syn_place_chunks(&syn_part_max78002, &chunk, 1, places, NULL), 0);
}

/* The model of a heading "### KWS - `kws20_v3` (...)". */
static struct syn_model *model_of_heading(const char *line)
{
    for (size_t i = 0; i < REFERENCES; i++) {
        size_t length = strlen(references[i].name);
        if (strncmp(line + 4, references[i].name, length) == 0 && line[4 + length] == ' ')
            return read_model(references[i].file);
    }
    return NULL;
}

static void every_layer_is_that_of_the_vendors_tool(void **state)
{
    (void)state;
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_model *m = NULL;
    char path[512], line[512];
    unsigned rows = 0;
    const char *data = getenv("SYN_DATA");
    (void)snprintf(path, sizeof path, "%s/synergy8-layers.md",
                   data ? data : SYN_SOURCE_DIR "/../shared/data");
    FILE *file = fopen(path, "r");
    if (!file) {
        print_message("skipped: no %s (set SYN_DATA)\n", path);
        skip();
    }
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "### ", 4) == 0) {
            syn_model_free(m);
            m = model_of_heading(line);
            assert_non_null(m);
            place_whole(m, places);
        } else if (line[0] == '|' && line[2] >= '0' && line[2] <= '9') {
            check_row(m, places, line);
            rows++;
        }
    }
    syn_model_free(m);
    (void)fclose(file);
    assert_int_equal(rows, 163);
}

static uint64_t hash_of_output(const struct syn_model *m, uint64_t seed)
{
    struct syn_error error = {0};
    uint32_t size = syn_model_tensor_bytes(m, 0);
    int8_t *input = malloc(size);
    void *output = NULL;
    size_t output_size = 0;
    assert_non_null(input);
    for (uint32_t i = 0; i < size; i++)
        input[i] = (int8_t)(syn_splitmix64(&seed) >> 56);
    assert_int_equal(syn_model_infer(m, input, size, &output, &output_size, &error), 0);
    uint64_t hash = syn_fnv1a(SYN_FNV1A_START, output, output_size);
    free(output);
    free(input);
    return hash;
}

/* Otherwise comparing outputs would say nothing about what went in. */
static void different_inputs_of_seeded_models_give_different_outputs(void **state)
{
    static const char *const names[] = {"ressimplenet", "unet",           "simplenet",
                                        "widenet",      "efficientnetv2", "mobilenetv2"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct syn_model *m = read_model(names[i]);
        assert_non_null(m);
        assert_true(m->seeded);
        uint64_t first = hash_of_output(m, 1);
        assert_true(hash_of_output(m, 1) == first);
        if (hash_of_output(m, 2) == first || hash_of_output(m, 3) == first)
            fail_msg("%s gives the same output whatever it sees", names[i]);
        syn_model_free(m);
    }
}

static void cut_points_carry_every_live_tensor(void **state)
{
    (void)state;
    struct syn_cut cut;
    struct syn_model *m = read_model("ressimplenet");
    assert_non_null(m);
    assert_int_equal(syn_model_cut(m, 0, &cut), 0);
    assert_int_equal(cut.bytes, 3 * 32 * 32);
    assert_int_equal(cut.words, 1024);
    /* Before layer 4 both operands of the first residual connection are live. */
    assert_int_equal(syn_model_cut(m, 4, &cut), 0);
    assert_int_equal(cut.live_count, 2);
    assert_int_equal(cut.live[0], 3);
    assert_int_equal(cut.live[1], 4);
    assert_int_equal(cut.bytes, 2 * 20 * 32 * 32);
    assert_int_equal(syn_model_cut(m, 17, &cut), 0);
    assert_int_equal(cut.bytes, 100 * 4);
    assert_int_equal(syn_model_cut(m, 18, &cut), SYN_EINVAL);
    syn_model_free(m);
}

static void every_cut_of_every_model_exists(void **state)
{
    (void)state;
    for (size_t i = 0; i < REFERENCES; i++) {
        struct syn_model *m = read_model(references[i].file);
        assert_non_null(m);
        for (unsigned at = 0; at <= m->layer_count; at++) {
            struct syn_cut cut;
            assert_int_equal(syn_model_cut(m, at, &cut), 0);
            assert_in_range(cut.live_count, 1, SYN_LIVE_MAX);
        }
        syn_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_and_layers_are_those_of_the_vendors_tool),
        cmocka_unit_test(cycles_are_those_of_the_vendors_tool),
        cmocka_unit_test(every_layer_is_that_of_the_vendors_tool),
        cmocka_unit_test(different_inputs_of_seeded_models_give_different_outputs),
        cmocka_unit_test(cut_points_carry_every_live_tensor),
        cmocka_unit_test(every_cut_of_every_model_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
