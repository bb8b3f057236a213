/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A part of which a peak and a bandwidth are known, behind the same functions as the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/part/demand.h"
#include "devices/part/image.h"
#include "devices/part/place.h"
#include "tests/devices/part/random_models.h"

static struct syn_part part_of(uint32_t weight_bytes, uint32_t data_bytes, uint16_t layers)
{
    struct syn_part part = {.name = "test",
                            .kind = &syn_part_kind_peak,
                            .weight_bytes = weight_bytes,
                            .data_bytes = data_bytes,
                            .layers_max = layers,
                            .peak = {.depthwise_macs_per_kcycle = 4000,
                                     .weight_bytes_per_kcycle = 500,
                                     .data_bytes_per_kcycle = 8000,
                                     .layer_cycles = 70,
                                     .weight_bits_min = 2}};
    for (unsigned op = SYN_OP_CONV2D; op < SYN_OP_COUNT; op++)
        part.peak.macs_per_kcycle[op] = 16000;
    return part;
}

/* 16 channels of 8x8 in and out, 3x3: 2,304 weights, 147,456 MACs, 2,048 bytes of activations. */
static struct syn_layer conv(void)
{
    struct syn_layer l = {.op = SYN_OP_CONV2D,
                          .kernel_h = 3,
                          .kernel_w = 3,
                          .pad_h = 1,
                          .pad_w = 1,
                          .weight_bits = 8,
                          .out = {.channels = 16},
                          .input_count = 1};
    const struct syn_shape in = {16, 8, 8};
    assert_int_equal(syn_layer_resolve(&l, &in, NULL), 0);
    return l;
}

static uint64_t cycles_of(const struct syn_part *part, const struct syn_layer *l)
{
    const struct syn_chunk chunk = {.layers = l, .last = 1, .layer_count = 1};
    struct syn_place place;
    assert_int_equal(syn_place_chunks(part, &chunk, 1, &place, NULL), 0);
    return syn_place_cycles(part, &chunk, &place, 100000000) - 1;
}

static void a_layer_takes_the_longer_of_its_macs_and_its_bytes(void **state)
{
    (void)state;
    struct syn_part part = part_of(1 << 20, 1 << 20, 8);
    struct syn_layer l = conv();
    /* 147,456 MACs at 16 a cycle: 9,216; 2,304 bytes at half a byte a cycle and 2,048 at 8. */
    assert_int_equal(cycles_of(&part, &l), 9216 + 70);
    part.peak.macs_per_kcycle[SYN_OP_CONV2D] = 64000;
    assert_int_equal(cycles_of(&part, &l), 4608 + 256 + 70);
    l.has_bias = true; /* 16 bytes more */
    assert_int_equal(cycles_of(&part, &l), 4640 + 256 + 70);
    l.weight_bits = 1; /* stored in two bits */
    assert_int_equal(cycles_of(&part, &l), 147456 / 64 + 70);
    l.output_width = 32;
    part.peak.data_bytes_per_kcycle = 1000;
    assert_int_equal(cycles_of(&part, &l), (2304 / 4 + 16) * 2 + 1024 + 4096 + 70);
    assert_int_equal(syn_demand_cycles(&part, &l, 1), cycles_of(&part, &l));
}

static void each_kind_of_layer_has_its_own_peak_and_none_means_that_it_is_not_there(void **state)
{
    (void)state;
    struct syn_part part = part_of(1 << 20, 1 << 20, 8);
    struct syn_layer l = conv();
    struct syn_misfit misfit;
    l.groups = 16; /* a sixteenth of the MACs at a quarter of the peak */
    part.peak.weight_bytes_per_kcycle = 8000;
    assert_int_equal(cycles_of(&part, &l), 2304 + 70);
    assert_int_equal(syn_place_check_layer(&part, &l, &misfit), 0);
    part.peak.depthwise_macs_per_kcycle = 0;
    assert_int_equal(syn_place_check_layer(&part, &l, &misfit), SYN_EOOR);
    assert_int_equal(misfit.limit, SYN_LIMIT_FEATURE);
    assert_string_equal(misfit.what, "depthwise convolution");
    l.groups = 1;
    l.processors = 0; /* whatever other parts need */
    assert_int_equal(syn_place_check_layer(&part, &l, &misfit), 0);
    l.op = SYN_OP_PASSTHROUGH;
    assert_int_equal(syn_place_check_layer(&part, &l, &misfit), 0);
}

static void weights_and_layers_of_all_chunks_share_what_there_is(void **state)
{
    (void)state;
    const struct syn_layer l = conv();
    const struct syn_chunk chunk = {.layers = &l, .last = 1, .layer_count = 1};
    const struct syn_chunk three[] = {chunk, chunk, chunk};
    struct syn_part part = part_of(3 * 2304, 1 << 20, 8);
    struct syn_place places[3];
    struct syn_misfit misfit;
    assert_int_equal(syn_place_chunks(&part, three, 3, places, &misfit), 0);
    part.weight_bytes--;
    assert_int_equal(syn_place_chunks(&part, three, 3, places, &misfit), SYN_EOOR);
    assert_int_equal(misfit.limit, SYN_LIMIT_WEIGHTS);
    assert_int_equal(misfit.need, 6912);
    assert_int_equal(misfit.have, 6911);
    part.layers_max = 2;
    assert_int_equal(syn_place_chunks(&part, three, 3, places, &misfit), SYN_EOOR);
    assert_int_equal(misfit.limit, SYN_LIMIT_LAYERS);
    assert_int_equal(misfit.need, 3);
}

/* Bytes of the tensors that live while a layer works, by definition. */
static uint32_t live_bytes(const struct random_model *m, unsigned first, unsigned last,
                           unsigned layer)
{
    uint32_t bytes = 0;
    uint16_t leaving[SYN_LIVE_MAX], entering[SYN_LIVE_MAX];
    const int out = syn_live_tensors(m->layers, m->count, last, leaving);
    const int in = syn_live_tensors(m->layers, m->count, first, entering);
    for (unsigned id = 0; id <= layer + 1; id++) {
        bool born = id > first, wanted = id == layer + 1;
        for (int i = 0; i < in; i++)
            born |= entering[i] == id;
        for (int i = 0; i < out; i++)
            wanted |= leaving[i] == id;
        for (unsigned l = layer; l < last; l++)
            for (unsigned n = 0; n < m->layers[l].input_count; n++)
                wanted |= m->layers[l].inputs[n] == id;
        if (born && wanted)
            bytes += syn_tensor_bytes(random_model_shape(m, id),
                                      id ? m->layers[id - 1].output_width : 8);
    }
    return bytes;
}

static void check_range(const struct random_model *m, unsigned first, unsigned last)
{
    const struct syn_chunk chunk = {.layers = m->layers,
                                    .first = (uint16_t)first,
                                    .last = (uint16_t)last,
                                    .layer_count = (uint16_t)m->count};
    uint32_t most = 0, offsets[RANDOM_LAYERS_MAX + 1];
    struct syn_misfit misfit;
    for (unsigned l = first; l < last; l++) {
        const uint32_t bytes = live_bytes(m, first, last, l);
        most = bytes > most ? bytes : most;
    }
    struct syn_part part = part_of(1 << 20, most, 256);
    assert_int_equal(syn_place_data(&part, &chunk, offsets, &misfit), 0);
    assert_int_equal(syn_place_data_peak(&part, &chunk, offsets), most);
    assert_int_equal(offsets[last], 0);
    part.data_bytes--;
    assert_int_equal(syn_place_data(&part, &chunk, offsets, &misfit), SYN_EOOR);
    assert_int_equal(misfit.limit, SYN_LIMIT_DATA);
    assert_int_equal(misfit.need, most);
    assert_int_equal(live_bytes(m, first, last, misfit.layer), most);
}

/* On the device the layers come from a chunk image: nothing may differ. */
static void check_image(const struct random_model *m, unsigned first, unsigned last)
{
    const size_t size = syn_image_size(m->layers, m->count, first, last);
    uint8_t *bytes = size ? malloc(size) : NULL;
    struct syn_image image;
    struct syn_layer layers[RANDOM_LAYERS_MAX];
    if (!bytes)
        return;
    assert_int_equal(syn_image_write(m->layers, m->count, first, last, m->input,
                                     (const uint8_t *const *)m->weights,
                                     (const int8_t *const *)m->biases, bytes, size),
                     (long)size);
    assert_int_equal(syn_image_open(&image, bytes, size), 0);
    const struct syn_chunk here = {m->layers, (uint16_t)first, (uint16_t)last, (uint16_t)m->count,
                                   NULL};
    const struct syn_chunk there = syn_image_chunk(&image, layers);
    const struct syn_part part = part_of(1 << 20, 1 << 24, 256);
    struct syn_place places[RANDOM_LAYERS_MAX];
    uint32_t offsets[RANDOM_LAYERS_MAX + 1];
    assert_int_equal(syn_place_chunks(&part, &there, 1, places, NULL), 0);
    assert_int_equal(syn_place_cycles(&part, &there, places, 1),
                     syn_place_cycles(&part, &here, places, 1));
    assert_int_equal(syn_place_data(&part, &there, offsets, NULL), 0);
    assert_int_equal(syn_place_data_peak(&part, &there, offsets),
                     syn_place_data_peak(&part, &here, offsets));
    free(bytes);
}

static void activations_are_the_live_tensors_of_the_busiest_layer(void **state)
{
    (void)state;
    for (uint64_t start = 1; start <= 300; start++) {
        uint64_t seed = start;
        struct random_model m;
        print_message("%s", start == 1 ? "seeds 1 to 300\n" : "");
        random_model_make(&m, &seed);
        for (unsigned first = 0; first < m.count; first++)
            for (unsigned last = first + 1; last <= m.count; last++) {
                check_range(&m, first, last);
                check_image(&m, first, last);
            }
        random_model_free(&m);
    }
}

static void sums_bound_what_fits_and_nothing_else_does(void **state)
{
    (void)state;
    const struct syn_part part = part_of(5000, 1 << 20, 7);
    const struct syn_layer l = conv();
    struct syn_demand room, demand;
    unsigned bounded = 0;
    syn_demand_room(&part, &room);
    syn_demand_layer(&part, &l, &demand);
    for (unsigned r = 0; r < SYN_PART_RESOURCES; r++) {
        bounded += room.of[r] != SYN_DEMAND_FREE;
        assert_true(demand.of[r] == 0 || room.of[r] != SYN_DEMAND_FREE);
    }
    assert_int_equal(bounded, 2);
    assert_int_equal(syn_part_room(&part).weight_bytes, 5000);
    assert_int_equal(syn_part_room(&part).bias_bytes, SYN_PART_FREE);
    assert_int_equal(syn_part_room(&syn_part_max78000).data_bytes, 524288);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_takes_the_longer_of_its_macs_and_its_bytes),
        cmocka_unit_test(each_kind_of_layer_has_its_own_peak_and_none_means_that_it_is_not_there),
        cmocka_unit_test(weights_and_layers_of_all_chunks_share_what_there_is),
        cmocka_unit_test(activations_are_the_live_tensors_of_the_busiest_layer),
        cmocka_unit_test(sums_bound_what_fits_and_nothing_else_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
