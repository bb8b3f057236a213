/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cycle formula against the vendor's tool and its RTL, and layers at their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/part/cycles.h"
#include "devices/part/place.h"
#include "tests/devices/part/recorded.h"

struct tally {
    const struct syn_part *part;
    unsigned rows, differences;
};

static uint32_t number(const char *line, const char *key)
{
    char pattern[32];
    const char *at;

    snprintf(pattern, sizeof pattern, " %s=", key);
    at = strstr(line, pattern);
    return at ? (uint32_t)strtoul(at + strlen(pattern), NULL, 10) : 0;
}

static uint32_t second(const char *line, const char *key)
{
    char pattern[32];
    const char *at;

    snprintf(pattern, sizeof pattern, " %s=", key);
    at = strstr(line, pattern);
    at = at ? strchr(at, 'x') : NULL;
    return at ? (uint32_t)strtoul(at + 1, NULL, 10) : 0;
}

static uint64_t formula_of_row(const struct syn_part *part, const char *line)
{
    struct syn_cycle_args args = {
        .passes = number(line, "multipass"),
        .pass_out = 1,
        .operands = number(line, "num_elements"),
        .pool_h = number(line, "pool"),
        .pool_w = second(line, "pool"),
        .pad_h = number(line, "padding"),
        .pad_w = second(line, "padding"),
        .kernel_h = number(line, "kernel_size"),
        .kernel_w = second(line, "kernel_size"),
        .pooled_h = number(line, "pooled_dim"),
        .pooled_w = second(line, "pooled_dim"),
        .out_w = second(line, "output_dim"),
        .out_channels = number(line, "output_chan"),
        .kernel_offset = number(line, "kern_offs"),
        .time_slots = number(line, "pass_out_chan"),
        .flatten = number(line, "flatten"),
        .pool_first = number(line, "pool_first") != 0,
        .passthrough = number(line, "passthrough") != 0,
    };

    return syn_cycles_formula(part, &args);
}

static void compare_file(const char *path, struct tally *tally)
{
    FILE *file = fopen(path, "r");
    char line[640];

    while (file && fgets(line, sizeof line, file)) {
        uint64_t cycles;

        if (line[0] != 'L')
            continue;
        cycles = formula_of_row(tally->part, line);
        tally->rows++;
        if (cycles == number(line, "cycles"))
            continue;
        tally->differences++;
        printf("differs (%llu): %s\n  %s", (unsigned long long)cycles, path, line);
    }
    if (file)
        fclose(file);
}

static void compare_folder(const char *path, void *user)
{
    char name[560];

    snprintf(name, sizeof name, "%s/latency.txt", path);
    compare_file(name, user);
    snprintf(name, sizeof name, "%s/latency-88x88.txt", path);
    compare_file(name, user);
}

static void the_formula_gives_every_recorded_latency(void **state)
{
    struct tally small = {.part = &syn_part_max78000}, large = {.part = &syn_part_max78002};

    (void)state;
    if (!data_folder())
        skip();
    for_each_folder("networks", "MAX78000", compare_folder, &small);
    for_each_folder("unit", "MAX78000", compare_folder, &small);
    for_each_folder("networks", "MAX78002", compare_folder, &large);
    for_each_folder("unit", "MAX78002", compare_folder, &large);
    printf("MAX78000: %u rows, %u differences; MAX78002: %u rows, %u differences\n", small.rows,
           small.differences, large.rows, large.differences);
    assert_int_equal(small.differences, 0);
    assert_int_equal(large.differences, 0);
    assert_true(small.rows > 250);
}

/* "1 * 4 * 4" */
static uint32_t product(const char *text)
{
    uint32_t value = 1;

    for (; *text; text++)
        if (*text >= '0' && *text <= '9')
            value *= (uint32_t)strtoul(text, (char **)(uintptr_t)&text, 10), text--;
    return value;
}

static void pair(const char *text, uint32_t *a, uint32_t *b)
{
    sscanf(text, "(%u, %u)", a, b);
}

static uint64_t total_of_vector(char *columns[16])
{
    bool transposed = strcmp(columns[11], "op.CONVTRANSPOSE2D") == 0;
    uint32_t in_h, in_w, stride_h, stride_w;
    struct syn_cycle_args args = {
        .passes = product(columns[5]),
        .pass_out = 1,
        .operands = product(columns[9]),
        .out_channels = product(columns[6]),
        .time_slots = product(columns[12]),
        .flatten = strcmp(columns[13], "True") == 0,
        .pool_first = strcmp(columns[10], "True") == 0,
        .passthrough = strcmp(columns[11], "op.NONE") == 0,
    };

    pair(columns[2], &in_h, &in_w);
    pair(columns[3], &args.pool_h, &args.pool_w);
    pair(columns[4], &stride_h, &stride_w);
    pair(columns[7], &args.kernel_h, &args.kernel_w);
    pair(columns[8], &args.pad_h, &args.pad_w);
    args.pooled_h = (in_h + stride_h - args.pool_h) / stride_h * (transposed ? 2 : 1);
    args.pooled_w = (in_w + stride_w - args.pool_w) / stride_w * (transposed ? 2 : 1);
    args.out_w = args.pooled_w + 2 * args.pad_w - args.kernel_w + 1;
    return 1 + syn_cycles_formula(&syn_part_max78000, &args);
}

static void the_formula_gives_the_totals_checked_against_rtl(void **state)
{
    const char *data = data_folder();
    unsigned rows = 0, differences = 0;
    char path[512], line[512];
    FILE *file;

    (void)state;
    if (!data)
        skip();
    snprintf(path, sizeof path, "%s/max7800x/cycle-vectors.tsv", data);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char *columns[16] = {0}, *rest = line;
        unsigned count = 0;

        if (line[0] == '#' || strncmp(line, "name", 4) == 0)
            continue;
        while (count < 16 && (columns[count] = strsep(&rest, "\t\n")))
            count++;
        rows++;
        if (total_of_vector(columns) == strtoul(columns[15], NULL, 10))
            continue;
        differences++;
        printf("differs (%llu): %s, %s\n", (unsigned long long)total_of_vector(columns), columns[0],
               columns[15]);
    }
    fclose(file);
    printf("%u RTL vectors, %u differences\n", rows, differences);
    assert_int_equal(rows, 19);
    assert_int_equal(differences, 0);
}

static const struct {
    const char *part, *name;
    uint64_t total;
} synergy_models[] = {
    {"MAX78000", "mnist", 70157},
    {"MAX78000", "cifar-100-residual-rand", 144043},
    {"MAX78000", "camvid_unet", 1408913},
    {"MAX78000", "kws20_v3", 71782},
    {"MAX78000", "cifar-100-mixed-rand", 129319},
    {"MAX78000", "cifar-100-simplewide2x-mixed-rand", 190694},
    {"MAX78002", "cifar-100-effnet2-custom-rand", 1927576},
    {"MAX78002", "cifar-100-mobilenet-custom-rand", 16593805},
};

static struct model *synergy_model(unsigned index, struct table_row rows[SYN_MODEL_LAYERS_MAX])
{
    const char *why;
    char path[512];
    struct model *m;

    snprintf(path, sizeof path, "%s/max7800x/networks/%s/%s", data_folder(),
             synergy_models[index].part, synergy_models[index].name);
    m = model_read(path, &why);
    if (!m)
        fail_msg("%s: %s", path, why);
    model_read_maps(m, path);
    assert_int_equal(table_read(synergy_models[index].name, rows), m->count);
    model_set_bits(m, rows);
    return m;
}

static void every_layer_of_the_eight_models_takes_its_cycles(void **state)
{
    struct table_row rows[SYN_MODEL_LAYERS_MAX];

    (void)state;
    if (!data_folder())
        skip();
    for (unsigned i = 0; i < sizeof synergy_models / sizeof synergy_models[0]; i++) {
        struct model *m = synergy_model(i, rows);
        struct syn_chunk chunk = {m->layers, 0, (uint16_t)m->count, (uint16_t)m->count, NULL};
        const struct syn_part *part = syn_part_find(synergy_models[i].part);
        struct syn_place places[SYN_PART_PLACEMENTS_MAX];

        assert_int_equal(syn_place_chunks(part, &chunk, 1, places, NULL), 0);
        for (unsigned n = 0; n < m->count; n++) {
            uint64_t cycles = syn_cycles_layer(part, &m->layers[n], places[n].kernel_column);

            if (cycles != rows[n].cycles)
                fail_msg("%s layer %u takes %llu, not %llu", synergy_models[i].name, n,
                         (unsigned long long)cycles, (unsigned long long)rows[n].cycles);
        }
        assert_int_equal(syn_place_cycles(part, &chunk, places, 50000000), synergy_models[i].total);
        model_free(m);
    }
}

static void the_pipeline_adds_eleven_cycles_a_pixel_above_50_mhz(void **state)
{
    struct syn_layer conv = {.op = SYN_OP_CONV2D,
                             .kernel_h = 3,
                             .kernel_w = 3,
                             .pad_h = 1,
                             .pad_w = 1,
                             .weight_bits = 8,
                             .input_count = 1,
                             .out.channels = 8};
    const struct syn_shape shape = {8, 20, 10};
    struct syn_chunk chunk = {&conv, 0, 1, 1, NULL};
    struct syn_place place;

    (void)state;
    assert_int_equal(syn_layer_resolve(&conv, &shape, NULL), 0);
    assert_int_equal(syn_cycles_pipeline(&syn_part_max78002, &conv), 11 * 200);
    assert_int_equal(syn_cycles_pipeline(&syn_part_max78000, &conv), 0);
    assert_int_equal(syn_place_chunks(&syn_part_max78002, &chunk, 1, &place, NULL), 0);
    assert_int_equal(syn_place_cycles(&syn_part_max78002, &chunk, &place, 200000000),
                     syn_place_cycles(&syn_part_max78002, &chunk, &place, 50000000) + 2200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_formula_gives_every_recorded_latency),
        cmocka_unit_test(the_formula_gives_the_totals_checked_against_rtl),
        cmocka_unit_test(every_layer_of_the_eight_models_takes_its_cycles),
        cmocka_unit_test(the_pipeline_adds_eleven_cycles_a_pixel_above_50_mhz),
    };

    return cmocka_run_group_tests_name("cycles", tests, NULL, NULL);
}
