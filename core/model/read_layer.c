/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/suggest.h"
#include "core/model/read.h"
#include "devices/base/bits.h"
#include "devices/part/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const syn_model_op_names[] = {"passthrough",     "conv2d", "conv1d",
                                          "convtranspose2d", "linear", NULL};
const char *const syn_model_pool_names[] = {"none", "max", "avg", NULL};
const char *const syn_model_eltwise_names[] = {"none", "add", "sub", "xor", "or", NULL};
const char *const syn_model_activation_names[] = {"none", "relu", "abs", NULL};

/* One layer as it stands in the file. */
struct raw_layer {
    struct syn_layer layer;
    char name[SYN_MODEL_NAME_MAX];
    const cJSON *node;
    const cJSON *inputs, *pool, *kernel, *pad, *dilation;
};

#define AT(member) SYN_JSON_AT(struct raw_layer, member)

static const struct syn_json_field layer_fields[] = {
    {"name", SYN_JSON_NAME, AT(name)},
    {"op", SYN_JSON_ENUM, .required = true, AT(layer.op), .names = syn_model_op_names},
    {"inputs", SYN_JSON_NODE, AT(inputs)},
    {"eltwise", SYN_JSON_ENUM, AT(layer.eltwise), .names = syn_model_eltwise_names},
    {"pool", SYN_JSON_NODE, AT(pool)},
    {"pool_first", SYN_JSON_BOOL, AT(layer.pool_first)},
    {"channels", SYN_JSON_INT, AT(layer.out.channels), .min = 1, .max = 2048},
    {"kernel", SYN_JSON_NODE, AT(kernel)},
    {"pad", SYN_JSON_NODE, AT(pad)},
    {"dilation", SYN_JSON_NODE, AT(dilation)},
    {"groups", SYN_JSON_INT, AT(layer.groups), .min = 1, .max = 2048},
    {"flatten", SYN_JSON_BOOL, AT(layer.flatten)},
    {"activation", SYN_JSON_ENUM, AT(layer.activation), .names = syn_model_activation_names},
    {"weight_bits", SYN_JSON_INT, AT(layer.weight_bits), .min = 1, .max = 8},
    {"output_shift", SYN_JSON_INT, AT(layer.output_shift), .min = -22, .max = 15},
    {"output_width", SYN_JSON_INT, AT(layer.output_width), .min = 8, .max = 32},
    {"bias", SYN_JSON_BOOL, AT(layer.has_bias)},
    {"processors", SYN_JSON_HEX64, AT(layer.processors)},
    {"output_processors", SYN_JSON_HEX64, AT(layer.output_processors)},
};

#define OP(name) (1u << SYN_OP_##name)
#define CONVS    (OP(CONV2D) | OP(CONV1D) | OP(CONVTRANSPOSE2D))

/* Fields that only some operations have. */
static const struct {
    const char *field;
    unsigned ops;
    unsigned required; /* ops that must have it */
} op_fields[] = {
    {"channels", CONVS | OP(LINEAR), CONVS | OP(LINEAR)},
    {"kernel", CONVS, OP(CONV1D)},
    {"pad", CONVS, 0},
    {"dilation", CONVS, 0},
    {"groups", CONVS, 0},
    {"flatten", OP(LINEAR), 0},
    {"activation", CONVS | OP(LINEAR), 0},
    {"weight_bits", CONVS | OP(LINEAR), 0},
    {"output_shift", CONVS | OP(LINEAR), 0},
    {"bias", CONVS | OP(LINEAR), 0},
};

static int check_op_fields(const struct syn_json *doc, const struct raw_layer *raw,
                           struct syn_error *error)
{
    unsigned op = 1u << raw->layer.op;
    const char *name = syn_model_op_names[raw->layer.op];
    for (size_t i = 0; i < sizeof op_fields / sizeof *op_fields; i++) {
        const cJSON *field = syn_json_get(raw->node, op_fields[i].field);
        if (field && !(op_fields[i].ops & op))
            return syn_json_error(doc, field, SYN_EINVAL, error, "%s has no %s", name,
                                  op_fields[i].field);
        if (!field && (op_fields[i].required & op))
            return syn_json_error(doc, raw->node, SYN_EINVAL, error, "%s needs \"%s\"", name,
                                  op_fields[i].field);
    }
    return 0;
}

/* Height and width from [h, w], or from one number where data are one-dimensional. */
static int read_pair(const struct syn_model_reader *r, const cJSON *node, bool one_d, int min,
                     int max, int *h, int *w, struct syn_error *error)
{
    int64_t value = 0;
    int result;
    if (!node)
        return 0;
    if (one_d && cJSON_IsNumber(node)) {
        result = syn_json_int(r->doc, node, min, max, &value, error);
        *h = (int)value;
        return result;
    }
    if (!cJSON_IsArray(node) || cJSON_GetArraySize(node) != 2)
        return syn_json_error(r->doc, node, SYN_EINVAL, error, "%s is expected",
                              one_d ? "a number" : "a pair [height, width]");
    result = syn_json_int(r->doc, node->child, min, max, &value, error);
    *h = (int)value;
    if (result == 0)
        result = syn_json_int(r->doc, node->child->next, min, max, &value, error);
    *w = (int)value;
    return result;
}

static int read_kernel(const struct syn_model_reader *r, struct raw_layer *raw,
                       struct syn_error *error)
{
    struct syn_layer *l = &raw->layer;
    bool one_d = l->op == SYN_OP_CONV1D;
    bool two_d = l->op == SYN_OP_CONV2D || l->op == SYN_OP_CONVTRANSPOSE2D;
    int h = two_d ? 3 : 1, w = h;
    int result = read_pair(r, raw->kernel, one_d, 1, one_d ? 9 : 255, &h, &w, error);
    if (result < 0)
        return result;
    bool ok = one_d ? w == 1 : h == w && (h == 3 || (h == 1 && l->op != SYN_OP_CONVTRANSPOSE2D));
    if (raw->kernel && !ok)
        return syn_json_error(r->doc, raw->kernel, SYN_EINVAL, error,
                              "%dx%d is not possible: %s has %s kernels", h, w,
                              syn_model_op_names[l->op],
                              one_d                    ? "1 to 9 (x1)"
                              : l->op == SYN_OP_CONV2D ? "1x1 and 3x3"
                                                       : "3x3");
    l->kernel_h = (uint8_t)h;
    l->kernel_w = (uint8_t)w;
    return 0;
}

static int read_geometry(const struct syn_model_reader *r, struct raw_layer *raw,
                         struct syn_error *error)
{
    struct syn_layer *l = &raw->layer;
    bool one_d = l->op == SYN_OP_CONV1D;
    int pad_h = 0, pad_w = 0, dilation_h = 1, dilation_w = 1;
    int result = read_kernel(r, raw, error);
    if (result == 0)
        result = read_pair(r, raw->pad, one_d, 0, 2, &pad_h, &pad_w, error);
    if (result == 0)
        result = read_pair(r, raw->dilation, one_d, 1, 1023, &dilation_h, &dilation_w, error);
    l->pad_h = (uint8_t)pad_h;
    l->pad_w = (uint8_t)pad_w;
    l->dilation_h = (uint16_t)dilation_h;
    l->dilation_w = (uint16_t)dilation_w;
    return result;
}

struct raw_pool {
    uint8_t type;
    bool round;
    const cJSON *size, *stride, *dilation;
};

#define POOL_AT(member) SYN_JSON_AT(struct raw_pool, member)

static const struct syn_json_field pool_fields[] = {
    {"type", SYN_JSON_ENUM, .required = true, POOL_AT(type), .names = syn_model_pool_names},
    {"size", SYN_JSON_NODE, .required = true, POOL_AT(size)},
    {"stride", SYN_JSON_NODE, POOL_AT(stride)},
    {"dilation", SYN_JSON_NODE, POOL_AT(dilation)},
    {"round", SYN_JSON_BOOL, POOL_AT(round)},
};

static int read_pool(const struct syn_model_reader *r, struct raw_layer *raw,
                     struct syn_error *error)
{
    struct syn_layer *l = &raw->layer;
    struct raw_pool p = {0};
    int h = 1, w = 1, dilation_h = 1, dilation_w = 1;
    if (!raw->pool)
        return 0;
    int result =
        syn_json_fill(r->doc, raw->pool, pool_fields, SYN_JSON_COUNT(pool_fields), &p, error);
    if (result == 0)
        result = read_pair(r, p.size, r->one_d, 1, 16, &h, &w, error);
    int stride_h = h, stride_w = w;
    if (result == 0)
        result = read_pair(r, p.stride, r->one_d, 1, 16, &stride_h, &stride_w, error);
    if (result == 0)
        result = read_pair(r, p.dilation, r->one_d, 1, 16, &dilation_h, &dilation_w, error);
    if (result == 0 && p.type == SYN_POOL_NONE)
        return syn_json_error(r->doc, raw->pool, SYN_EINVAL, error,
                              "\"type\" is \"max\" or \"avg\"");
    l->pool = p.type;
    l->pool_round = p.round;
    l->pool_h = (uint8_t)h;
    l->pool_w = (uint8_t)w;
    l->pool_stride_h = (uint8_t)stride_h;
    l->pool_stride_w = (uint8_t)stride_w;
    l->pool_dilation_h = (uint8_t)dilation_h;
    l->pool_dilation_w = (uint8_t)dilation_w;
    return result;
}

static const char *tensor_name(const struct syn_model *model, unsigned tensor)
{
    return tensor == 0 ? "input" : model->layer_names[tensor - 1];
}

/* Tensor number of a name among `known` tensors, or -1. */
static int find_tensor(const struct syn_model *model, unsigned known, const char *name)
{
    for (unsigned t = 0; t < known; t++)
        if (strcmp(tensor_name(model, t), name) == 0)
            return (int)t;
    return -1;
}

static int unknown_input(const struct syn_model_reader *r, unsigned index, const cJSON *node,
                         struct syn_error *error)
{
    struct syn_suggest s = {.word = node->valuestring};
    for (unsigned t = 0; t <= index; t++)
        syn_suggest_offer(&s, tensor_name(r->model, t));
    return syn_json_error(r->doc, node, SYN_EINVAL, error,
                          "\"%.64s\" is neither \"input\" nor an earlier layer%s%s%s",
                          node->valuestring, s.best ? "; did you mean \"" : "",
                          s.best ? s.best : "", s.best ? "\"?" : "");
}

static int read_inputs(const struct syn_model_reader *r, unsigned index, struct raw_layer *raw,
                       struct syn_error *error)
{
    struct syn_layer *l = &raw->layer;
    if (!raw->inputs) {
        l->input_count = 1;
        l->inputs[0] = (uint16_t)index;
        return 0;
    }
    int result = syn_json_array(r->doc, raw->inputs, 1, SYN_LAYER_INPUTS_MAX, error);
    if (result < 0)
        return result;
    for (const cJSON *n = raw->inputs->child; n; n = n->next) {
        if (!cJSON_IsString(n))
            return syn_json_error(r->doc, n, SYN_EINVAL, error, "the name of a layer is expected");
        int tensor = find_tensor(r->model, index + 1, n->valuestring);
        if (tensor < 0)
            return unknown_input(r, index, n, error);
        l->inputs[l->input_count++] = (uint16_t)tensor;
    }
    return 0;
}

static int read_name(const struct syn_model_reader *r, unsigned index, const struct raw_layer *raw,
                     struct syn_error *error)
{
    char *name = r->model->layer_names[index];
    if (raw->name[0])
        memcpy(name, raw->name, sizeof raw->name);
    else
        (void)snprintf(name, SYN_MODEL_NAME_MAX, "layer%u", index);
    int other = find_tensor(r->model, index + 1, name);
    if (other < 0)
        return 0;
    const cJSON *node = syn_json_get(raw->node, "name");
    return syn_json_error(
        r->doc, node ? node : raw->node, SYN_EINVAL, error,
        other == 0 ? "\"%s\" names the input of the model" : "\"%s\" names an earlier layer", name);
}

/* " (8x4x4 of conv1, 8x2x2 of conv2)": what a person needs to see a wrong shape. */
static void describe_inputs(const struct syn_model *model, const struct syn_layer *l, char *text,
                            size_t size)
{
    size_t used = 0;
    for (unsigned i = 0; i < l->input_count && used < size; i++) {
        struct syn_shape s = syn_model_tensor_shape(model, l->inputs[i]);
        used += (size_t)snprintf(text + used, size - used, "%s%ux%ux%u of %s", i ? ", " : "",
                                 s.channels, s.height, s.width, tensor_name(model, l->inputs[i]));
    }
}

static int resolve(const struct syn_model_reader *r, unsigned index, const struct raw_layer *raw,
                   struct syn_error *error)
{
    struct syn_layer *l = &r->model->layers[index];
    struct syn_shape shapes[SYN_LAYER_INPUTS_MAX];
    const char *why = "";
    for (unsigned i = 0; i < l->input_count; i++)
        shapes[i] = syn_model_tensor_shape(r->model, l->inputs[i]);
    if (syn_layer_resolve(l, shapes, &why) == 0)
        return 0;
    char inputs[160];
    describe_inputs(r->model, l, inputs, sizeof inputs);
    return syn_json_error(r->doc, raw->node, SYN_EINVAL, error, "layer %s: %s (input %s)",
                          r->model->layer_names[index], why, inputs);
}

static int check_map(const struct syn_model_reader *r, const cJSON *layer, const char *field,
                     uint64_t map, unsigned channels, struct syn_error *error)
{
    unsigned want = syn_part_processors(channels), have = syn_bits_count(map);
    const cJSON *node = syn_json_get(layer, field);
    if (!node || have == want)
        return 0;
    return syn_json_error(r->doc, node, SYN_EINVAL, error,
                          "%u processors for %u channels; %u are needed%s", have, channels, want,
                          syn_part_expand(channels) > 1 ? " in each pass" : "");
}

/* A layer that no part can run is wrong; what one part lacks, the planner looks at. */
static int check_parts(const struct syn_model_reader *r, unsigned index, const cJSON *node,
                       struct syn_error *error)
{
    const struct syn_layer *l = &r->model->layers[index];
    struct syn_misfit misfit = {0};
    if (syn_place_check_layer(&syn_part_max78000, l, &misfit) == 0 ||
        syn_place_check_layer(&syn_part_max78002, l, &misfit) == 0)
        return 0;
    const char *name = r->model->layer_names[index];
    if (misfit.what)
        return syn_json_error(r->doc, node, SYN_EINVAL, error, "layer %s: no part has it: %s", name,
                              misfit.what);
    return syn_json_error(r->doc, node, SYN_EINVAL, error,
                          "layer %s: no part has it: needs %u, at most %u are possible", name,
                          misfit.need, misfit.have);
}

static int read_layer(const struct syn_model_reader *r, unsigned index, const cJSON *node,
                      struct syn_error *error)
{
    struct raw_layer raw = {.node = node,
                            .layer = {.pool_first = true, .groups = 1, .output_width = 8}};
    int result =
        syn_json_fill(r->doc, node, layer_fields, SYN_JSON_COUNT(layer_fields), &raw, error);
    if (result < 0 || (result = check_op_fields(r->doc, &raw, error)) < 0 ||
        (result = read_name(r, index, &raw, error)) < 0 ||
        (result = read_inputs(r, index, &raw, error)) < 0 ||
        (result = read_geometry(r, &raw, error)) < 0 || (result = read_pool(r, &raw, error)) < 0)
        return result;
    struct syn_layer *l = &r->model->layers[index];
    *l = raw.layer;
    l->input_chw = index == 0 && r->model->input_chw;
    if (l->op != SYN_OP_PASSTHROUGH && !l->weight_bits)
        l->weight_bits = 8;
    if ((result = resolve(r, index, &raw, error)) < 0 ||
        (result = check_map(r, node, "processors", l->processors, l->in.channels, error)) < 0 ||
        (result = check_map(r, node, "output_processors", l->output_processors, l->out.channels,
                            error)) < 0)
        return result;
    return check_parts(r, index, node, error);
}

static int first_reader(const struct syn_model *model, unsigned tensor)
{
    for (unsigned i = tensor; i < model->layer_count; i++)
        for (unsigned k = 0; k < model->layers[i].input_count; k++)
            if (model->layers[i].inputs[k] == tensor)
                return (int)i;
    return -1;
}

/* `count` processors of `map` after the first `skip`. */
static uint64_t slice(uint64_t map, unsigned skip, unsigned count)
{
    uint64_t taken = 0;
    for (; map && count > 0; map &= map - 1) {
        if (skip > 0) {
            skip--;
            continue;
        }
        taken |= map & (~map + 1);
        count--;
    }
    return taken;
}

uint64_t syn_model_default_output(const struct syn_model *model, unsigned tensor)
{
    unsigned channels = syn_model_tensor_shape(model, tensor).channels;
    int reader = first_reader(model, tensor);
    if (reader < 0)
        return syn_part_default_map(channels);
    const struct syn_layer *l = &model->layers[reader];
    unsigned before = 0;
    bool concat = l->input_count > 1 && l->eltwise == SYN_ELTWISE_NONE;
    for (unsigned i = 0; concat && l->inputs[i] != tensor; i++)
        before += syn_model_tensor_shape(model, l->inputs[i]).channels;
    if (concat && syn_part_expand(l->in.channels) == 1)
        return slice(l->processors, before, channels);
    if (syn_bits_count(l->processors) == syn_part_processors(channels))
        return l->processors;
    return syn_part_default_map(channels);
}

/* What only shows when all layers are known. */
static int finish_layer(const struct syn_model_reader *r, unsigned index, const cJSON *node,
                        struct syn_error *error)
{
    struct syn_layer *l = &r->model->layers[index];
    bool last = index + 1 == r->model->layer_count;
    const char *name = r->model->layer_names[index];
    if (!last && first_reader(r->model, index + 1) < 0)
        return syn_json_error(r->doc, node, SYN_EINVAL, error,
                              "no later layer reads the output of %s", name);
    if (!last && l->output_width == 32)
        return syn_json_error(r->doc, syn_json_get(node, "output_width"), SYN_EINVAL, error,
                              "only the last layer may have 32-bit output");
    if (syn_json_get(node, "output_processors"))
        return 0;
    l->output_processors = syn_model_default_output(r->model, index + 1);
    return check_parts(r, index, node, error);
}

static int allocate(struct syn_model *model, unsigned count, struct syn_error *error)
{
    model->layers = calloc(count, sizeof *model->layers);
    model->layer_names = calloc(count, sizeof *model->layer_names);
    model->weights = calloc(count, sizeof *model->weights);
    model->biases = calloc(count, sizeof *model->biases);
    if (!model->layers || !model->layer_names || !model->weights || !model->biases) {
        syn_error_set(error, SYN_ENOMEM, "not enough memory for %u layers", count);
        return SYN_ENOMEM;
    }
    model->layer_count = count;
    return 0;
}

int syn_model_read_layers(struct syn_model_reader *reader, const cJSON *layers,
                          struct syn_error *error)
{
    int result = syn_json_array(reader->doc, layers, 1, SYN_MODEL_LAYERS_MAX, error);
    if (result < 0)
        return result;
    result = allocate(reader->model, (unsigned)cJSON_GetArraySize(layers), error);
    unsigned index = 0;
    for (const cJSON *n = layers->child; n && result == 0; n = n->next)
        result = read_layer(reader, index++, n, error);
    index = 0;
    for (const cJSON *n = layers->child; n && result == 0; n = n->next)
        result = finish_layer(reader, index++, n, error);
    return result;
}
