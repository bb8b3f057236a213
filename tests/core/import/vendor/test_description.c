/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vendor's description language: what its keys mean, and which lines are wrong. */
#include "core/import/vendor/datasets.h"
#include "core/import/vendor/describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "arch: net\ndataset: mnist\nlayers:\n"

static int parse(struct syn_vendor_net *net, const char *text, struct syn_error *error)
{
    *net = (struct syn_vendor_net){0};
    *error = (struct syn_error){0};
    int status = syn_yaml_parse(&net->yaml, text, strlen(text), "net.yaml", error);
    return status < 0 ? status : syn_vendor_read(net, error);
}

static struct syn_vendor_net must_parse(const char *text)
{
    struct syn_vendor_net net;
    struct syn_error error;
    if (parse(&net, text, &error) < 0)
        fail_msg("%d:%d: %s", error.line, error.column, error.message);
    return net;
}

static void what_is_not_said_is_as_in_the_vendors_tool(void **state)
{
    (void)state;
    struct syn_vendor_net net = must_parse(HEAD "- processors: 1\n"
                                                "- {processors: 1, op: conv1d, max_pool: 2}\n"
                                                "- {processors: 1, op: mlp}\n"
                                                "- {processors: 1, op: none}\n");
    const struct syn_layer *conv2d = &net.layers[0].layer, *conv1d = &net.layers[1].layer;
    assert_int_equal(conv2d->op, SYN_OP_CONV2D);
    assert_int_equal(conv2d->kernel_h, 3);
    assert_int_equal(conv2d->pad_w, 1);
    assert_int_equal(conv2d->activation, SYN_ACT_NONE);
    assert_int_equal(conv1d->kernel_h, 9);
    assert_int_equal(conv1d->kernel_w, 1);
    assert_int_equal(conv1d->pad_h, 1);
    assert_int_equal(conv1d->pad_w, 0);
    assert_int_equal(conv1d->pool_h, 2);
    assert_int_equal(conv1d->pool_w, 1);
    assert_int_equal(conv1d->pool_stride_h, 1);
    assert_int_equal(net.layers[2].layer.op, SYN_OP_LINEAR);
    assert_int_equal(net.layers[3].layer.op, SYN_OP_PASSTHROUGH);
    syn_vendor_free(&net);
}

static void a_map_of_processors_is_written_in_many_ways(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t map;
    } maps[] = {
        {"0x000000000000000f", 15},
        {"0x0000.0000.0000.ffff", 65535},
        {"'ffff.ffff.ffff.ffff'", UINT64_MAX},
        {"0xffffffffffffffff", UINT64_MAX},
        {"0x0000_0000_0000_0111", 0x111},
        {"15", 15},
        {"0x00000000000000000000ff", 255},
    };
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, HEAD "- processors: %s\n", maps[i].text);
        struct syn_vendor_net net = must_parse(text);
        assert_true(net.layers[0].layer.processors == maps[i].map);
        syn_vendor_free(&net);
    }
}

static void inputs_are_named_by_number_by_name_or_are_the_layer_before(void **state)
{
    (void)state;
    struct syn_vendor_net net =
        must_parse(HEAD "- {processors: 1, name: First}\n"
                        "- {processors: 1, in_sequences: -1}\n"
                        "- {processors: 1, in_sequences: [first, 1, input], op: add, operands: 3}\n"
                        "- {processors: 1}\n");
    assert_int_equal(net.layers[0].layer.inputs[0], 0);
    assert_int_equal(net.layers[1].layer.inputs[0], 0);
    assert_int_equal(net.layers[2].layer.input_count, 3);
    assert_int_equal(net.layers[2].layer.inputs[0], 1);
    assert_int_equal(net.layers[2].layer.inputs[1], 2);
    assert_int_equal(net.layers[2].layer.inputs[2], 0);
    assert_int_equal(net.layers[3].layer.inputs[0], 3);
    syn_vendor_free(&net);
}

static void layers_run_by_their_numbers_and_as_next_sequence_says(void **state)
{
    (void)state;
    struct syn_vendor_net net = must_parse(HEAD "- {processors: 1, sequence: 10, name: c}\n"
                                                "- {processors: 1, next_sequence: stop, name: d}\n"
                                                "- {processors: 1, sequence: 2, name: a}\n"
                                                "- {processors: 1, next_sequence: 11, name: b}\n"
                                                "- {processors: 1, name: skipped}\n");
    static const char *const names[] = {"a", "b", "d"};
    assert_int_equal(net.order_count, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(net.layers[net.order[i]].name, names[i]);
    assert_int_equal(net.layers[net.order[2]].layer.inputs[0], 2);
    syn_vendor_free(&net);
}

static const struct {
    const char *layer;
    int code, line;
    const char *words;
} mistakes[] = {
    {"- {op: conv2d}", SYN_EINVAL, 4, "without 'processors'"},
    {"- {processors: 0}", SYN_EINVAL, 4, "map of processors"},
    {"- {processors: 0x1ffffffffffffffff}", SYN_EINVAL, 4, "map of processors"},
    {"- processors: 1\n  op: conv3d", SYN_EINVAL, 5, "op: 'conv3d' is not known"},
    {"- processors: 1\n  kernel_size: 5x5", SYN_EINVAL, 5, "kernel_size: '5x5'"},
    {"- {processors: 1, op: conv1d, kernel_size: 10}", SYN_EINVAL, 4, "kernel_size"},
    {"- {processors: 1, op: convtranspose2d, kernel_size: 1x1}", SYN_EINVAL, 4, "kernel_size"},
    {"- {processors: 1, op: mlp, kernel_size: 3x3}", SYN_EINVAL, 4, "without a convolution"},
    {"- {processors: 1, pad: -1}", SYN_EINVAL, 4, "pad: a whole number of 0 to 2"},
    {"- {processors: 1, pad: true}", SYN_EINVAL, 4, "pad: a whole number"},
    {"- {processors: 1, op: none, pad: 1}", SYN_EINVAL, 4, "padding without a convolution"},
    {"- {processors: 1, op: none, activate: ReLU}", SYN_EINVAL, 4, "an activation without"},
    {"- {processors: 1, max_pool: 17}", SYN_EINVAL, 4, "max_pool: a whole number of 1 to 16"},
    {"- {processors: 1, max_pool: [1, 2, 3]}", SYN_EINVAL, 4, "max_pool: a number or"},
    {"- {processors: 1, max_pool: 2, avg_pool: 2}", SYN_EINVAL, 4, "both max_pool and avg_pool"},
    {"- {processors: 1, pool_dilation: 2}", SYN_EINVAL, 4, "pool_dilation without"},
    {"- {processors: 1, pool_first: false}", SYN_EINVAL, 4, "pool_first: false needs"},
    {"- {processors: 1, pool_first: maybe}", SYN_EINVAL, 4, "pool_first: true or false"},
    {"- {processors: 1, operands: 2}", SYN_EINVAL, 4, "operands without"},
    {"- {processors: 1, op: add, operands: 17}", SYN_EINVAL, 4, "operands: a whole number"},
    {"- {processors: 1, op: add}", SYN_EUNSUP, 4, "2 operands with 1 input"},
    {"- {processors: 1, op: add, in_sequences: [-1, -1, -1]}", SYN_EINVAL, 4, "with 3 inputs"},
    {"- {processors: 1, in_sequences: []}", SYN_EINVAL, 4, "1 to 16 layers"},
    {"- {processors: 1, in_sequences: 0}", SYN_EINVAL, 4, "does not run before"},
    {"- {processors: 1, quantization: 3}", SYN_EINVAL, 4, "quantization: '3' is not known"},
    {"- {processors: 1, output_width: 16}", SYN_EINVAL, 4, "output_width: '16'"},
    {"- {processors: 1, output_shift: 16}", SYN_EINVAL, 4, "output_shift"},
    {"- {processors: 1, flatten: true}", SYN_EUNSUP, 4, "flatten without op: linear"},
    {"- {processors: 1, stride: 2}", SYN_EUNSUP, 4, "stride 2x2: the part has only 1"},
    {"- {processors: 1, op: convtranspose2d, stride: 1}", SYN_EUNSUP, 4, "has only 2"},
    {"- {processors: 1, op: convtranspose2d, output_pad: 0}", SYN_EUNSUP, 4, "output_pad 0"},
    {"- {processors: 1, bypass: true}", SYN_EUNSUP, 4, "bypass"},
    {"- {processors: 1, in_crop: [1, 1]}", SYN_EUNSUP, 4, "in_crop"},
    {"- {processors: 1, in_channel_skip: 4}", SYN_EUNSUP, 4, "in_channel_skip"},
    {"- {processors: 1, buffer_shift: 1}", SYN_EUNSUP, 4, "rolling buffers"},
    {"- {processors: 1, snoop_sequence: 0}", SYN_EUNSUP, 4, "snooping"},
    {"- {processors: 1, name: stop}", SYN_EINVAL, 4, "no name for a layer"},
    {"- {processors: 1, name: a}\n- {processors: 1, name: A}", SYN_EINVAL, 5, "called 'A'"},
    {"- {processors: 1, sequence: 1}\n- {processors: 1, sequence: 1}", SYN_EINVAL, 5,
     "two layers have sequence 1"},
    {"- {processors: 1, name: a}\n- {processors: 1, next_sequence: a}", SYN_EINVAL, 5,
     "for the second time"},
    {"- {processors: 1, weight_source: 0}", SYN_EINVAL, 4, "weight_source"},
    {"- {processors: 1, weight_source: 1}\n- {processors: 1, op: none}", SYN_EINVAL, 4,
     "no layer with weights"},
    {"- {processors: 1, <<: {pad: 1}}", SYN_EINVAL, 4, "unknown key '<<'"},
    {"- 7", SYN_EINVAL, 4, "'key: value' lines are expected"},
    {" {}", SYN_EINVAL, 4, "0 layers"},
    {"- {processors: 1}\ndata_buffer: []", SYN_EUNSUP, 5, "rolling buffers"},
    {"- {processors: 1}\nlayer: []", SYN_EINVAL, 5, "unknown key 'layer' of the description"},
    {"- {processors: 1}\n---\na: b", SYN_EINVAL, 0, "several YAML documents"},
    {"- {processors: *x}", SYN_EINVAL, 4, "undefined alias"},
};

static void every_mistake_is_told_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char text[300];
        struct syn_vendor_net net;
        struct syn_error error;
        (void)snprintf(text, sizeof text, HEAD "%s\n", mistakes[i].layer);
        int status = parse(&net, text, &error);
        if (status != mistakes[i].code || error.line != mistakes[i].line ||
            !strstr(error.message, mistakes[i].words))
            fail_msg("%s: code %d, line %d: %s", mistakes[i].layer, status, error.line,
                     error.message);
        if (net.count || net.yaml.document.nodes.start)
            syn_vendor_free(&net);
    }
}

static void data_sets_are_known_however_they_are_spelt(void **state)
{
    (void)state;
    assert_int_equal(syn_vendor_dataset("CIFAR-10").channels, 3);
    assert_int_equal(syn_vendor_dataset("cifar10").width, 32);
    assert_int_equal(syn_vendor_dataset("KWS_20").width, 1);
    assert_int_equal(syn_vendor_dataset("cifar1000").channels, 0);
    assert_int_equal(syn_vendor_dataset("").channels, 0);
}

/* ---- with the weights of tests/data/checkpoints/small-zip.pth.tar ---- */

static struct syn_imported must_describe(const char *text)
{
    const struct syn_import_options options = {.input = "1x8x8", .name = "net"};
    struct syn_imported imported = {0};
    struct syn_checkpoint *checkpoint;
    struct syn_error error = {0};
    struct syn_vendor_net net = must_parse(text);
    assert_int_equal(syn_checkpoint_open(&checkpoint,
                                         SYN_SOURCE_DIR "/tests/data/checkpoints/small-zip.pth.tar",
                                         &error),
                     0);
    if (syn_vendor_describe(&imported, &net, checkpoint, &options, &error) < 0)
        fail_msg("line %d: %s", error.line, error.message);
    syn_checkpoint_close(checkpoint);
    syn_vendor_free(&net);
    return imported;
}

static void layers_that_share_weights_have_a_copy_each(void **state)
{
    (void)state;
    struct syn_imported imported = must_describe(
        "arch: SmallNet\ndataset: any\nlayers:\n"
        "- {processors: 0x1, name: conv1}\n"
        "- {processors: 0xf, name: a, max_pool: 2, pool_stride: 2, kernel_size: 1x1, pad: 0,\n"
        "   output_processors: 0xff}\n"
        "- {processors: 0xf, name: b, max_pool: 2, pool_stride: 2, kernel_size: 1x1, pad: 0,\n"
        "   in_sequences: conv1, weight_source: a}\n"
        "- {processors: 0xff, name: sum, op: add, in_sequences: [a, b]}\n"
        "- {processors: 0xff, name: fc, op: fc, flatten: true, output_width: 32}\n");
    const struct syn_model *m = imported.model;
    assert_int_equal(m->layer_count, 5);
    assert_memory_equal(m->weights[1], m->weights[2], syn_layer_weight_bytes(&m->layers[1]));
    assert_int_equal(m->layers[2].output_shift, m->layers[1].output_shift);
    assert_non_null(strstr(imported.notes, "weight_source"));
    syn_imported_free(&imported);
}

static void what_the_description_says_of_widths_and_shifts_wins(void **state)
{
    (void)state;
    struct syn_imported imported =
        must_describe("arch: smallnet\ndataset: any\nlayers:\n"
                      "- {processors: 0x1, output_shift: -4, data_format: CHW, streaming: true}\n"
                      "- {processors: 0xf, max_pool: 2, pool_stride: 2, kernel_size: 1x1, pad: 0}\n"
                      "- {processors: 0xff, op: fc, flatten: true}\n");
    const struct syn_model *m = imported.model;
    assert_int_equal(m->layers[0].output_shift, -4);
    assert_int_equal(m->layers[1].output_shift, -1);
    assert_true(m->input_chw);
    assert_true(m->layers[0].has_bias);
    assert_false(m->layers[1].has_bias);
    assert_string_equal(m->layer_names[2], "layer2");
    assert_non_null(strstr(imported.notes, "streaming"));
    syn_imported_free(&imported);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_is_as_in_the_vendors_tool),
        cmocka_unit_test(a_map_of_processors_is_written_in_many_ways),
        cmocka_unit_test(inputs_are_named_by_number_by_name_or_are_the_layer_before),
        cmocka_unit_test(layers_run_by_their_numbers_and_as_next_sequence_says),
        cmocka_unit_test(every_mistake_is_told_with_its_line),
        cmocka_unit_test(data_sets_are_known_however_they_are_spelt),
        cmocka_unit_test(layers_that_share_weights_have_a_copy_each),
        cmocka_unit_test(what_the_description_says_of_widths_and_shifts_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
