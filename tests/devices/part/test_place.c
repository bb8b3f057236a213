/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory: the vendor's own offsets, and the facts that planning rests on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "devices/base/error.h"
#include "devices/part/place.h"
#include "tests/devices/part/recorded.h"

static struct model *read_model(const char *part, const char *name, bool maps)
{
    const char *data = data_folder(), *why;
    struct model *m;
    char path[512];

    if (!data)
        skip();
    snprintf(path, sizeof path, "%s/max7800x/networks/%s/%s", data, part, name);
    m = model_read(path, &why);
    if (!m)
        fail_msg("%s: %s", path, why);
    if (maps)
        assert_int_equal(model_read_maps(m, path), m->count);
    return m;
}

static struct syn_chunk chunk_of(const struct model *m, unsigned first, unsigned last)
{
    return (struct syn_chunk){
        .layers = m->layers,
        .first = (uint16_t)first,
        .last = (uint16_t)last,
        .layer_count = (uint16_t)m->count,
    };
}

static unsigned recorded_offsets(const char *name, uint32_t offsets[SYN_MODEL_LAYERS_MAX])
{
    char path[512], line[640];
    unsigned count = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/max7800x/networks/MAX78000/%s/latency.txt", data_folder(),
             name);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strstr(line, "kern_offs="))
            offsets[count++] = (uint32_t)strtoul(strstr(line, "kern_offs=") + 10, NULL, 10);
    if (file)
        fclose(file);
    return count;
}

static void kernels_lie_where_the_vendor_puts_them(void **state)
{
    static const char *const names[] = {"mnist",
                                        "kws20_v3",
                                        "cifar-100-residual-rand",
                                        "cifar-10",
                                        "camvid_unet",
                                        "cifar-100-mixed-rand",
                                        "cifar-100-simplewide2x-mixed-rand"};
    uint32_t offsets[SYN_MODEL_LAYERS_MAX];
    struct table_row rows[SYN_MODEL_LAYERS_MAX];

    (void)state;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct model *m = read_model("MAX78000", names[i], true);
        struct syn_chunk chunk = chunk_of(m, 0, m->count);
        struct syn_place places[SYN_PART_PLACEMENTS_MAX];

        if (table_read(names[i], rows) == m->count)
            model_set_bits(m, rows);
        assert_int_equal(recorded_offsets(names[i], offsets), m->count);
        assert_int_equal(syn_place_chunks(&syn_part_max78000, &chunk, 1, places, NULL), 0);
        for (unsigned n = 0; n < m->count; n++)
            if (places[n].kernel_words > 0 && places[n].kernel_column != offsets[n])
                fail_msg("%s layer %u lies at %u, not %u", names[i], n, places[n].kernel_column,
                         offsets[n]);
        model_free(m);
    }
}

static void residual_simplenet_reaches_word_766_of_768(void **state)
{
    struct model *m = read_model("MAX78000", "cifar-100-residual-rand", true);
    struct syn_chunk chunk = chunk_of(m, 0, m->count);
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    unsigned end = 0;

    (void)state;
    assert_int_equal(syn_place_chunks(&syn_part_max78000, &chunk, 1, places, NULL), 0);
    for (unsigned n = 0; n < m->count; n++)
        if (places[n].kernel_column + places[n].kernel_words > (int)end)
            end = places[n].kernel_column + places[n].kernel_words;
    assert_int_equal(end, 766);
    model_free(m);
}

static void mobilenet_needs_more_data_memory_than_a_max78000_has(void **state)
{
    struct model *m = read_model("MAX78002", "cifar-100-mobilenet-custom-rand", false);
    struct syn_chunk all = chunk_of(m, 0, m->count), tail = chunk_of(m, 42, 52);
    struct syn_misfit misfit;

    (void)state;
    assert_int_equal(syn_place_data(&syn_part_max78000, &all, NULL, &misfit), SYN_EOOR);
    assert_int_equal(misfit.limit, SYN_LIMIT_DATA);
    assert_int_equal(misfit.layer, 44);
    assert_int_equal(misfit.need, 573440);
    assert_int_equal(misfit.have, 524288);
    assert_null(misfit.what);
    assert_int_equal(syn_place_data(&syn_part_max78000, &tail, NULL, &misfit), SYN_EOOR);
    assert_int_equal(misfit.layer, 44);
    assert_int_equal(syn_place_data(&syn_part_max78002, &all, NULL, &misfit), 0);
    model_free(m);
}

static void mobilenet_in_the_authors_four_parts_fits_by_weights_and_bias(void **state)
{
    static const uint16_t cuts[] = {0, 32, 42, 52, 56};
    struct model *m = read_model("MAX78002", "cifar-100-mobilenet-custom-rand", false);
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_misfit misfit;
    struct syn_chunk chunk;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        chunk = chunk_of(m, cuts[i], cuts[i + 1]);
        assert_int_equal(syn_place_chunks(&syn_part_max78000, &chunk, 1, places, &misfit), 0);
    }
    chunk = chunk_of(m, 32, 45);
    assert_int_equal(syn_place_chunks(&syn_part_max78000, &chunk, 1, places, &misfit), SYN_EOOR);
    assert_int_equal(misfit.limit, SYN_LIMIT_BIAS);
    assert_int_equal(misfit.layer, 32);
    assert_int_equal(misfit.used[0], 480);
    assert_int_equal(misfit.used[1], 432);
    assert_int_equal(misfit.used[2], 432);
    assert_int_equal(misfit.used[3], 432);
    assert_int_equal(misfit.need, 288);
    chunk = chunk_of(m, 0, 33);
    assert_int_equal(syn_place_chunks(&syn_part_max78000, &chunk, 1, places, &misfit), SYN_EOOR);
    assert_int_equal(misfit.limit, SYN_LIMIT_LAYERS);
    assert_int_equal(misfit.need, 33);
    assert_int_equal(misfit.have, 32);
    model_free(m);
}

/* Replaces the size of a fully convolutional model and resolves it anew. */
static void resize(struct model *m, uint16_t side)
{
    m->shape.height = m->shape.width = side;
    for (unsigned i = 0; i < m->count; i++) {
        struct syn_shape shapes[SYN_LAYER_INPUTS_MAX];

        for (unsigned n = 0; n < m->layers[i].input_count; n++)
            shapes[n] =
                m->layers[i].inputs[n] ? m->layers[m->layers[i].inputs[n] - 1].out : m->shape;
        assert_int_equal(syn_layer_resolve(&m->layers[i], shapes, NULL), 0);
    }
}

static void unet_fits_because_outputs_may_overlap_inputs(void **state)
{
    struct model *m = read_model("MAX78000", "camvid_unet", true);
    struct syn_chunk chunk = chunk_of(m, 0, m->count);
    uint32_t offsets[SYN_MODEL_LAYERS_MAX];

    (void)state;
    assert_int_equal(syn_place_data(&syn_part_max78000, &chunk, NULL, NULL), 0);
    resize(m, 88);
    assert_int_equal(syn_place_data(&syn_part_max78000, &chunk, offsets, NULL), 0);
    /* Both parts of the last concatenation begin at the same offset of their instances. */
    assert_int_equal(offsets[13], offsets[4]);
    resize(m, 96);
    assert_int_equal(syn_place_data(&syn_part_max78000, &chunk, NULL, NULL), SYN_EOOR);
    model_free(m);
}

static uint16_t instances(uint64_t map)
{
    uint16_t mask = 0;

    for (unsigned p = 0; p < 64; p++)
        if (map >> p & 1)
            mask = (uint16_t)(mask | 1u << p / 4);
    return mask;
}

static int last_reader(const struct model *m, unsigned id)
{
    int last = -1;

    for (unsigned i = 0; i < m->count; i++)
        for (unsigned n = 0; n < m->layers[i].input_count; n++)
            if (m->layers[i].inputs[n] == id)
                last = (int)i;
    return last;
}

/* Bytes of an instance up to the last word of a tensor that lies by itself. */
static uint32_t span_of(const struct syn_layer *maker)
{
    return 4u * (maker->output_width / 8) * maker->out.height * maker->out.width *
           syn_part_expand(maker->out.channels);
}

/* Tensors that are needed after layer `b` wrote keep their words, and so do those of chunk ends. */
static void what_is_needed_later_is_not_overwritten(void **state)
{
    static const char *const names[] = {"mnist", "kws20_v3", "cifar-10", "camvid_unet",
                                        "cifar-100-mixed-rand"};
    unsigned pairs = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct model *m = read_model("MAX78000", names[i], true);
        struct syn_chunk chunk = chunk_of(m, 0, m->count);
        uint32_t offsets[SYN_MODEL_LAYERS_MAX];

        if (m->shape.channels == 48)
            resize(m, 88);
        assert_int_equal(syn_place_data(&syn_part_max78000, &chunk, offsets, NULL), 0);
        for (unsigned b = 1; b < m->count; b++)
            for (unsigned a = 1; a <= b; a++) {
                const struct syn_layer *old = &m->layers[a - 1], *new = &m->layers[b];

                if (last_reader(m, a) <= (int)b ||
                    !(instances(old->output_processors) & instances(new->output_processors)))
                    continue;
                pairs++;
                /* UNet's tensors 8 and 9 alternate, word by word. */
                if (a == 8 && b == 8 && m->count == 19)
                    assert_true((offsets[8] ^ offsets[9]) == 4);
                else
                    assert_true(offsets[a] >= offsets[b + 1] + span_of(new) ||
                                offsets[b + 1] >= offsets[a] + span_of(old));
            }
        model_free(m);
    }
    printf("%u pairs\n", pairs);
    assert_true(pairs > 2);
}

static void networks_that_run_on_a_part_fit_it(void **state)
{
    static const char *const names[] = {"mnist",
                                        "kws20_v3",
                                        "cifar-100-residual-rand",
                                        "cifar-10",
                                        "cifar-100-mixed-rand",
                                        "cifar-100-simplewide2x-mixed-rand",
                                        "camvid_unet"};
    struct syn_misfit misfit;

    (void)state;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct model *m = read_model("MAX78000", names[i], true);

        for (unsigned n = 0; n < m->count; n++)
            if (syn_place_check_layer(&syn_part_max78000, &m->layers[n], &misfit) < 0)
                fail_msg("%s layer %u: limit %d %s", names[i], n, misfit.limit,
                         misfit.what ? misfit.what : "");
        for (unsigned first = 0; first < m->count; first++)
            for (unsigned last = first + 1; last <= m->count; last++) {
                struct syn_chunk chunk = chunk_of(m, first, last);

                if (syn_place_data(&syn_part_max78000, &chunk, NULL, &misfit) < 0)
                    fail_msg("%s [%u, %u): layer %u needs %u of %u bytes %s", names[i], first, last,
                             misfit.layer, misfit.need, misfit.have,
                             misfit.what ? misfit.what : "");
            }
        model_free(m);
    }
}

static void several_chunks_share_the_weight_memory(void **state)
{
    struct model *m = read_model("MAX78000", "cifar-100-residual-rand", true);
    struct syn_chunk both[2] = {chunk_of(m, 0, 6), chunk_of(m, 6, m->count)}, twice[2];
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    uint16_t used[SYN_PART_PROCESSORS], bias[SYN_PART_QUADRANTS];
    struct syn_misfit misfit;

    (void)state;
    assert_int_equal(syn_place_chunks(&syn_part_max78000, both, 2, places, NULL), 0);
    syn_place_usage(both, 2, places, used, bias);
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++)
        assert_true(used[p] <= 768);
    assert_int_equal(bias[0], 0);
    twice[0] = twice[1] = both[1];
    assert_int_equal(syn_place_chunks(&syn_part_max78000, twice, 2, places, &misfit), SYN_EOOR);
    assert_int_equal(misfit.limit, SYN_LIMIT_KERNELS);
    assert_int_equal(misfit.chunk, 1);
    assert_true(misfit.need > misfit.have);
    model_free(m);
}

static void the_words_of_a_tensor_are_those_the_cpu_moves(void **state)
{
    (void)state;
    assert_int_equal(syn_tensor_words((struct syn_shape){3, 32, 32}, 8, false), 1024);
    assert_int_equal(syn_tensor_words((struct syn_shape){1, 28, 28}, 8, true), 196);
    assert_int_equal(syn_tensor_words((struct syn_shape){128, 128, 1}, 8, false), 4096);
    assert_int_equal(syn_tensor_words((struct syn_shape){100, 1, 1}, 8, false), 25);
    assert_int_equal(syn_tensor_words((struct syn_shape){10, 1, 1}, 32, false), 10);
}

static void tensors_that_skip_a_cut_are_live_across_it(void **state)
{
    struct model *m = read_model("MAX78000", "cifar-100-residual-rand", true);
    uint16_t ids[SYN_LIVE_MAX];

    (void)state;
    assert_int_equal(syn_live_tensors(m->layers, m->count, 0, ids), 1);
    assert_int_equal(ids[0], 0);
    assert_int_equal(syn_live_tensors(m->layers, m->count, 3, ids), 2);
    assert_int_equal(ids[0], 2);
    assert_int_equal(ids[1], 3);
    assert_int_equal(syn_live_tensors(m->layers, m->count, m->count, ids), 1);
    assert_int_equal(ids[0], m->count);
    model_free(m);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void placing_is_fast_enough_for_a_planner(void **state)
{
    struct model *m = read_model("MAX78002", "cifar-100-effnet2-custom-rand", false);
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    double start = seconds(), kernels, data;
    unsigned count = 0;

    (void)state;
    for (unsigned first = 0; first < m->count; first++)
        for (unsigned last = first + 1; last <= m->count; last++, count++) {
            struct syn_chunk chunk = chunk_of(m, first, last);

            syn_place_chunks(&syn_part_max78000, &chunk, 1, places, NULL);
        }
    kernels = seconds() - start;
    start = seconds();
    for (unsigned first = 0; first < m->count; first++)
        for (unsigned last = first + 1; last <= m->count; last++) {
            struct syn_chunk chunk = chunk_of(m, first, last);

            syn_place_data(&syn_part_max78000, &chunk, NULL, NULL);
        }
    data = seconds() - start;
    printf("%u chunks: %.1f us a placement of kernels, %.1f us of data\n", count,
           1e6 * kernels / count, 1e6 * data / count);
    assert_true(kernels + data < 5);
    model_free(m);
}

static struct syn_layer convolution(uint16_t in, uint16_t out, uint8_t kernel, uint16_t groups)
{
    return (struct syn_layer){.op = SYN_OP_CONV2D,
                              .in = {in, 4, 4},
                              .pooled = {in, 4, 4},
                              .out = {out, 4, 4},
                              .processors = syn_part_default_map(in),
                              .output_processors = syn_part_default_map(out),
                              .kernel_h = kernel,
                              .kernel_w = kernel,
                              .weight_bits = 8,
                              .groups = groups,
                              .pool_h = 1,
                              .pool_w = 1,
                              .output_width = 8,
                              .input_count = 1};
}

static void depthwise_kernels_lie_in_one_block_of_weight_memory(void **state)
{
    const struct syn_layer layers[] = {convolution(1024, 512, 1, 1), convolution(64, 104, 3, 1),
                                       convolution(1024, 1024, 3, 1024)};
    const struct syn_chunk chunk = {layers, 0, 3, 3, NULL};
    struct syn_place places[3];

    (void)state;
    assert_int_equal(syn_place_chunks(&syn_part_max78002, &chunk, 1, places, NULL), 0);
    assert_int_equal(places[1].kernel_column + places[1].kernel_words, 1016);
    assert_int_equal(places[2].kernel_words, 16);
    assert_int_equal(places[2].kernel_column, 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_lie_where_the_vendor_puts_them),
        cmocka_unit_test(residual_simplenet_reaches_word_766_of_768),
        cmocka_unit_test(mobilenet_needs_more_data_memory_than_a_max78000_has),
        cmocka_unit_test(mobilenet_in_the_authors_four_parts_fits_by_weights_and_bias),
        cmocka_unit_test(unet_fits_because_outputs_may_overlap_inputs),
        cmocka_unit_test(what_is_needed_later_is_not_overwritten),
        cmocka_unit_test(networks_that_run_on_a_part_fit_it),
        cmocka_unit_test(several_chunks_share_the_weight_memory),
        cmocka_unit_test(the_words_of_a_tensor_are_those_the_cpu_moves),
        cmocka_unit_test(tensors_that_skip_a_cut_are_live_across_it),
        cmocka_unit_test(depthwise_kernels_lie_in_one_block_of_weight_memory),
        cmocka_unit_test(placing_is_fast_enough_for_a_planner),
    };

    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
