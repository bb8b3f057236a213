/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of a layer's keys. */
#include "core/import/vendor/values.h"

#include <stdio.h>
#include <string.h>

/* ---- names and maps ---- */

static int read_name(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    const char *text = syn_yaml_text(node);
    if (!*text || strlen(text) >= sizeof r->layer->name ||
        strlen(text) != node->data.scalar.length || syn_yaml_is(node, "stop") ||
        syn_yaml_is(node, "input"))
        return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error,
                              "no name for a layer: 1 to %d letters, neither 'stop' nor 'input'",
                              SYN_MODEL_NAME_MAX - 1);
    (void)snprintf(r->layer->name, sizeof r->layer->name, "%s", text);
    return 0;
}

static int read_processors(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_read_map(r->yaml, node, &r->layer->layer.processors, r->error);
}

static int read_output_processors(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_read_map(r->yaml, node, &r->layer->layer.output_processors, r->error);
}

static int read_sequence(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_integer(r, node, 0, 1000000, &r->layer->sequence);
}

/* ---- operations ---- */

static const struct syn_vendor_word eltwise_words[] = {
    {"add", SYN_ELTWISE_ADD},
    {"sub", SYN_ELTWISE_SUB},
    {"xor", SYN_ELTWISE_XOR},
    {"or", SYN_ELTWISE_OR},
};

static void set_eltwise(struct syn_vendor_layer *layer, int eltwise)
{
    layer->layer.eltwise = (uint8_t)eltwise;
    layer->operands = 2;
}

/* What the vendor's tool takes where nothing else is said. */
static void set_op(struct syn_vendor_layer *layer, enum syn_op op)
{
    struct syn_layer *l = &layer->layer;
    const bool conv = op == SYN_OP_CONV2D || op == SYN_OP_CONVTRANSPOSE2D;
    l->op = (uint8_t)op;
    l->kernel_h = op == SYN_OP_CONV1D ? 9 : conv ? 3 : 1;
    l->kernel_w = conv ? 3 : 1;
    l->pad_h = conv || op == SYN_OP_CONV1D;
    l->pad_w = conv;
}

#define ELTWISE 100 /* added to an element-wise operation without a convolution */

static int read_op(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    static const struct syn_vendor_word words[] = {
        {"conv2d", SYN_OP_CONV2D},
        {"conv1d", SYN_OP_CONV1D},
        {"convtranspose2d", SYN_OP_CONVTRANSPOSE2D},
        {"linear", SYN_OP_LINEAR},
        {"fc", SYN_OP_LINEAR},
        {"mlp", SYN_OP_LINEAR},
        {"passthrough", SYN_OP_PASSTHROUGH},
        {"none", SYN_OP_PASSTHROUGH},
        {"add", ELTWISE + SYN_ELTWISE_ADD},
        {"sub", ELTWISE + SYN_ELTWISE_SUB},
        {"xor", ELTWISE + SYN_ELTWISE_XOR},
        {"or", ELTWISE + SYN_ELTWISE_OR},
        {"bitwisexor", ELTWISE + SYN_ELTWISE_XOR},
        {"bitwise_xor", ELTWISE + SYN_ELTWISE_XOR},
        {"bitwiseor", ELTWISE + SYN_ELTWISE_OR},
        {"bitwise_or", ELTWISE + SYN_ELTWISE_OR},
    };
    int value;
    int status = CHOOSE(r, node, words, &value);
    if (status < 0)
        return status;
    if (value >= ELTWISE)
        set_eltwise(r->layer, value - ELTWISE);
    set_op(r->layer, value >= ELTWISE ? SYN_OP_PASSTHROUGH : (enum syn_op)value);
    return 0;
}

static int read_eltwise(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    int value;
    int status = CHOOSE(r, node, eltwise_words, &value);
    if (status == 0)
        set_eltwise(r->layer, value);
    return status;
}

static int read_operands(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    int64_t operands;
    if (r->layer->layer.eltwise == SYN_ELTWISE_NONE)
        return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error,
                              "operands without an element-wise operation");
    int status = syn_vendor_integer(r, node, 2, SYN_LAYER_INPUTS_MAX, &operands);
    if (status == 0)
        r->layer->operands = (unsigned)operands;
    return status;
}

static int read_kernel(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    static const struct syn_vendor_word sizes[] = {{"3x3", 3}, {"1x1", 1}};
    struct syn_layer *l = &r->layer->layer;
    int size;
    if (l->op == SYN_OP_CONV1D)
        return syn_vendor_byte(r, node, 1, 9, &l->kernel_h);
    if (l->op == SYN_OP_LINEAR || l->op == SYN_OP_PASSTHROUGH) {
        if (syn_yaml_is(node, "1x1") || syn_yaml_is(node, "1"))
            return 0;
        return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error,
                              "a kernel size without a convolution");
    }
    int status = syn_vendor_choose(r, node, sizes, l->op == SYN_OP_CONV2D ? 2 : 1, &size);
    if (status == 0)
        l->kernel_h = l->kernel_w = (uint8_t)size;
    return status;
}

static int read_pad(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    struct syn_layer *l = &r->layer->layer;
    int64_t pad;
    int status = syn_vendor_integer(r, node, 0, 2, &pad);
    if (status < 0)
        return status;
    if (pad > 0 && (l->op == SYN_OP_LINEAR || l->op == SYN_OP_PASSTHROUGH))
        return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error, "padding without a convolution");
    l->pad_h = (uint8_t)pad;
    l->pad_w = l->op == SYN_OP_CONV1D ? 0 : (uint8_t)pad;
    return 0;
}

static int read_dilation(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    struct syn_layer *l = &r->layer->layer;
    int64_t h = 1, w = 1;
    int status = syn_vendor_pair(r, node, 1023, &h, &w);
    if (status != 0)
        return status;
    if (l->op == SYN_OP_PASSTHROUGH)
        return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error,
                              "dilation without a convolution");
    l->dilation_h = (uint16_t)h;
    l->dilation_w = l->op == SYN_OP_CONV1D ? 1 : (uint16_t)w;
    return 0;
}

static int read_groups(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    int64_t groups;
    int status = syn_vendor_integer(r, node, 1, 2048, &groups);
    if (status == 0)
        r->layer->layer.groups = (uint16_t)groups;
    return status;
}

/* The part strides in pooling alone; its transposed convolution always doubles. */
static int read_stride(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    const int64_t only = r->layer->layer.op == SYN_OP_CONVTRANSPOSE2D ? 2 : 1;
    int64_t h = 1, w = 1;
    int status = syn_vendor_pair(r, node, 1000, &h, &w);
    if (status != 0 || (h == only && w == only))
        return status;
    if (r->layer->layer.op == SYN_OP_PASSTHROUGH || r->layer->layer.op == SYN_OP_CONV1D)
        w = h;
    syn_yaml_error(r->yaml, node, SYN_EUNSUP, r->error, "stride %lldx%lld: the part has only %lld",
                   (long long)h, (long long)w, (long long)only);
    syn_error_hint(r->error, "stride by pooling: max_pool and pool_stride of this or the next "
                             "layer");
    return SYN_EUNSUP;
}

static int read_output_pad(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    int64_t pad;
    const int64_t only = r->layer->layer.op == SYN_OP_CONVTRANSPOSE2D;
    int status = syn_vendor_integer(r, node, 0, 1000, &pad);
    if (status < 0 || pad == only)
        return status;
    return syn_yaml_error(r->yaml, node, SYN_EUNSUP, r->error,
                          "output_pad %lld: a transposed convolution of the part has 1, others 0",
                          (long long)pad);
}

/* ---- pooling ---- */

static int read_max_pool(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    r->layer->layer.pool = SYN_POOL_MAX;
    return syn_vendor_byte_pair(r, node, &r->layer->layer.pool_h, &r->layer->layer.pool_w);
}

static int read_avg_pool(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    if (r->layer->at[SYN_FIELD_MAX_POOL])
        return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error, "both max_pool and avg_pool");
    r->layer->layer.pool = SYN_POOL_AVG;
    return syn_vendor_byte_pair(r, node, &r->layer->layer.pool_h, &r->layer->layer.pool_w);
}

/* A stride without pooling picks pixels: pooling of one pixel. */
static int read_pool_stride(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    struct syn_layer *l = &r->layer->layer;
    int status = syn_vendor_byte_pair(r, node, &l->pool_stride_h, &l->pool_stride_w);
    if (status == 0 && l->pool == SYN_POOL_NONE) {
        if (l->pool_stride_h == 1 && l->pool_stride_w == 1)
            return 0;
        l->pool = SYN_POOL_MAX;
    }
    return status;
}

static int read_pool_dilation(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    struct syn_layer *l = &r->layer->layer;
    if (!r->layer->at[SYN_FIELD_MAX_POOL] && !r->layer->at[SYN_FIELD_AVG_POOL])
        return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error,
                              "pool_dilation without max_pool or avg_pool");
    return syn_vendor_byte_pair(r, node, &l->pool_dilation_h, &l->pool_dilation_w);
}

static int read_pool_first(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_boolean(r, node, &r->layer->layer.pool_first);
}

/* ---- the rest ---- */

static int read_activation(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    static const struct syn_vendor_word words[] = {
        {"relu", SYN_ACT_RELU}, {"abs", SYN_ACT_ABS}, {"none", SYN_ACT_NONE}};
    int value;
    int status = CHOOSE(r, node, words, &value);
    if (status < 0)
        return status;
    if (value != SYN_ACT_NONE && r->layer->layer.op == SYN_OP_PASSTHROUGH)
        return syn_yaml_error(r->yaml, node, SYN_EINVAL, r->error,
                              "an activation without a convolution");
    r->layer->layer.activation = (uint8_t)value;
    return 0;
}

static int read_data_format(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    static const struct syn_vendor_word words[] = {
        {"hwc", 0}, {"chw", 1}, {"little", 0}, {"big", 1}};
    int value;
    int status = CHOOSE(r, node, words, &value);
    if (status == 0)
        r->layer->big_data = value == 1;
    return status;
}

static int read_flatten(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    struct syn_layer *l = &r->layer->layer;
    int status = syn_vendor_boolean(r, node, &l->flatten);
    if (status < 0 || !l->flatten)
        return status;
    if (l->op == SYN_OP_CONV2D && l->kernel_h == 1 && l->pad_h == 0)
        l->op = SYN_OP_LINEAR;
    if (l->op == SYN_OP_LINEAR)
        return 0;
    return syn_yaml_error(r->yaml, node, SYN_EUNSUP, r->error,
                          "flatten without op: linear, which alone can flatten");
}

static int read_output_width(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    static const struct syn_vendor_word words[] = {{"8", 8}, {"32", 32}};
    int value;
    int status = CHOOSE(r, node, words, &value);
    if (status == 0)
        r->layer->layer.output_width = (uint8_t)value;
    return status;
}

static int read_quantization(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    static const struct syn_vendor_word words[] = {{"8", 8}, {"4", 4},    {"2", 2},
                                                   {"1", 1}, {"bin", -1}, {"binary", -1}};
    return CHOOSE(r, node, words, &r->layer->quantization);
}

static int read_output_shift(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_integer(r, node, -22, 15, &r->layer->output_shift);
}

static int read_in_channels(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_integer(r, node, 1, UINT16_MAX, &r->layer->in_channels);
}

static int read_out_channels(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_integer(r, node, 1, UINT16_MAX, &r->layer->out_channels);
}

/* A number is a length; a list [height, width]. */
static int read_in_dim(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    int64_t *dim = r->layer->in_dim;
    int status = syn_vendor_pair(r, node, 4096, &dim[0], &dim[1]);
    if (status == 0 && syn_yaml_count(node) == 1)
        dim[1] = 1;
    return status;
}

static int read_streaming(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_boolean(r, node, &r->layer->streaming);
}

static int read_output(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_boolean(r, node, &r->layer->output);
}

static int read_bypass(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    bool bypass;
    int status = syn_vendor_boolean(r, node, &bypass);
    if (status < 0 || !bypass)
        return status;
    return syn_vendor_refuse(r, node, "bypass: a convolution that only copies",
                             "op: passthrough copies, without an activation");
}

static int read_in_crop(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_refuse(r, node, "in_crop: a layer here reads a tensor whole",
                             "leave rows out when the input is made, or by pooling");
}

static int read_channel_skip(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    int64_t number;
    int status = syn_vendor_integer(r, node, 0, UINT16_MAX, &number);
    if (status < 0 || number == 0)
        return status;
    return syn_vendor_refuse(r, node, "in_channel_skip: a layer here reads a tensor whole",
                             "leave channels out in the layer that makes them");
}

static int read_buffer(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_refuse(
        r, node, "rolling buffers keep data from one inference to the next",
        "a model here is computed from one window; give it a window that holds all");
}

static int read_snoop(const struct syn_vendor_reader *r, const yaml_node_t *node)
{
    return syn_vendor_refuse(r, node, "snooping changes the order of layers while the part runs",
                             "leave snoop_sequence and simulated_sequence out");
}

static int (*const readers[SYN_FIELD_COUNT])(const struct syn_vendor_reader *r,
                                             const yaml_node_t *node) = {
    [SYN_FIELD_NAME] = read_name,
    [SYN_FIELD_SEQUENCE] = read_sequence,
    [SYN_FIELD_PROCESSORS] = read_processors,
    [SYN_FIELD_OUTPUT_PROCESSORS] = read_output_processors,
    [SYN_FIELD_OP] = read_op,
    [SYN_FIELD_ELTWISE] = read_eltwise,
    [SYN_FIELD_OPERANDS] = read_operands,
    [SYN_FIELD_KERNEL] = read_kernel,
    [SYN_FIELD_PAD] = read_pad,
    [SYN_FIELD_DILATION] = read_dilation,
    [SYN_FIELD_GROUPS] = read_groups,
    [SYN_FIELD_STRIDE] = read_stride,
    [SYN_FIELD_OUTPUT_PAD] = read_output_pad,
    [SYN_FIELD_MAX_POOL] = read_max_pool,
    [SYN_FIELD_AVG_POOL] = read_avg_pool,
    [SYN_FIELD_POOL_STRIDE] = read_pool_stride,
    [SYN_FIELD_POOL_DILATION] = read_pool_dilation,
    [SYN_FIELD_POOL_FIRST] = read_pool_first,
    [SYN_FIELD_ACTIVATION] = read_activation,
    [SYN_FIELD_DATA_FORMAT] = read_data_format,
    [SYN_FIELD_FLATTEN] = read_flatten,
    [SYN_FIELD_OUTPUT_WIDTH] = read_output_width,
    [SYN_FIELD_QUANTIZATION] = read_quantization,
    [SYN_FIELD_OUTPUT_SHIFT] = read_output_shift,
    [SYN_FIELD_IN_CHANNELS] = read_in_channels,
    [SYN_FIELD_OUT_CHANNELS] = read_out_channels,
    [SYN_FIELD_IN_DIM] = read_in_dim,
    [SYN_FIELD_STREAMING] = read_streaming,
    [SYN_FIELD_OUTPUT] = read_output,
    [SYN_FIELD_BYPASS] = read_bypass,
    [SYN_FIELD_IN_CROP] = read_in_crop,
    [SYN_FIELD_CHANNEL_SKIP] = read_channel_skip,
    [SYN_FIELD_BUFFER_SHIFT] = read_buffer,
    [SYN_FIELD_BUFFER_INSERT] = read_buffer,
    [SYN_FIELD_SNOOP] = read_snoop,
    [SYN_FIELD_SIMULATED] = read_snoop,
};

static int check(const struct syn_vendor_reader *r)
{
    const struct syn_layer *l = &r->layer->layer;
    if (!l->processors)
        return syn_yaml_error(r->yaml, r->layer->node, SYN_EINVAL, r->error,
                              "a layer without 'processors'");
    if (!l->pool_first && (l->pool == SYN_POOL_NONE || l->eltwise == SYN_ELTWISE_NONE))
        return syn_yaml_error(r->yaml, r->layer->at[SYN_FIELD_POOL_FIRST], SYN_EINVAL, r->error,
                              "pool_first: false needs pooling and an element-wise operation");
    if (l->flatten && l->pool != SYN_POOL_NONE)
        return syn_vendor_refuse(r, r->layer->at[SYN_FIELD_FLATTEN],
                                 "pooling in a layer that flattens",
                                 "pool in a layer of its own: op: passthrough");
    return 0;
}

int syn_vendor_read_fields(const struct syn_yaml *yaml, struct syn_vendor_layer *layer,
                           struct syn_error *error)
{
    struct syn_vendor_reader r = {.yaml = yaml, .layer = layer, .error = error};
    layer->layer = (struct syn_layer){.pool_first = true,
                                      .groups = 1,
                                      .output_width = 8,
                                      .pool_h = 1,
                                      .pool_w = 1,
                                      .pool_stride_h = 1,
                                      .pool_stride_w = 1,
                                      .pool_dilation_h = 1,
                                      .pool_dilation_w = 1,
                                      .dilation_h = 1,
                                      .dilation_w = 1};
    layer->operands = 1;
    layer->next = layer->weight_source = -1;
    set_op(layer, SYN_OP_CONV2D);
    int status = 0;
    for (unsigned f = 0; f < SYN_FIELD_COUNT && status == 0; f++)
        if (layer->at[f] && readers[f]) {
            r.field = (enum syn_vendor_field)f;
            status = readers[f](&r, layer->at[f]);
        }
    return status < 0 ? status : check(&r);
}
