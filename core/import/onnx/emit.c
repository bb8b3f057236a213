/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network as a document of ours (core/model/FORMAT.md) and the bytes of its weights. */
#include "core/import/build/build.h"
#include "core/import/onnx/network.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIXELS_HWC_MAX   8192 /* of a MAX78000 */
#define CHANNELS_CHW_MAX 16

static void add_pair(cJSON *object, const char *name, bool one_d, unsigned h, unsigned w)
{
    const int both[] = {(int)h, (int)w};
    if (one_d)
        (void)cJSON_AddNumberToObject(object, name, both[0]);
    else
        (void)cJSON_AddItemToObject(object, name, cJSON_CreateIntArray(both, 2));
}

static void add_pool(cJSON *object, const struct syn_layer *part, bool one_d)
{
    if (part->pool == SYN_POOL_NONE)
        return;
    cJSON *pool = cJSON_AddObjectToObject(object, "pool");
    (void)cJSON_AddStringToObject(pool, "type", part->pool == SYN_POOL_AVG ? "avg" : "max");
    add_pair(pool, "size", one_d, part->pool_h, part->pool_w);
    add_pair(pool, "stride", one_d, part->pool_stride_h, part->pool_stride_w);
    add_pair(pool, "dilation", one_d, part->pool_dilation_h, part->pool_dilation_w);
    if (part->pool_round)
        (void)cJSON_AddTrueToObject(pool, "round");
    if (!part->pool_first)
        (void)cJSON_AddFalseToObject(object, "pool_first");
}

/* More pixels than HWC takes lie channel by channel, each in a memory of its own. */
static bool is_chw(const struct syn_onnx_tensor *in)
{
    return (uint64_t)in->height * in->width > PIXELS_HWC_MAX && in->channels <= CHANNELS_CHW_MAX;
}

static void add_processors(cJSON *object, const struct syn_onnx_network *n,
                           const struct syn_layer *part)
{
    char text[24];
    uint64_t map = 0;
    if (part->input_count != 1 || part->inputs[0] != 0 || !is_chw(&n->tensors[0]))
        return;
    for (unsigned c = 0; c < n->tensors[0].channels; c++)
        map |= (uint64_t)1 << 4 * c;
    (void)snprintf(text, sizeof text, "0x%016" PRIx64, map);
    (void)cJSON_AddStringToObject(object, "processors", text);
}

static void add_inputs(cJSON *object, const struct syn_onnx_network *n,
                       const struct syn_layer *part)
{
    cJSON *list = cJSON_AddArrayToObject(object, "inputs");
    for (unsigned i = 0; i < part->input_count; i++) {
        const unsigned tensor = part->inputs[i];
        (void)cJSON_AddItemToArray(
            list, cJSON_CreateString(tensor == 0 ? "input" : n->layers[tensor - 1].name));
    }
    if (part->eltwise != SYN_ELTWISE_NONE)
        (void)cJSON_AddStringToObject(object, "eltwise",
                                      part->eltwise == SYN_ELTWISE_ADD ? "add" : "sub");
}

static void add_sums(cJSON *object, const struct syn_onnx_layer *layer)
{
    const struct syn_layer *part = &layer->part;
    const bool one_d = part->op == SYN_OP_CONV1D;
    (void)cJSON_AddNumberToObject(object, "channels", part->out.channels);
    if (part->op != SYN_OP_LINEAR) {
        add_pair(object, "kernel", one_d, part->kernel_h, part->kernel_w);
        add_pair(object, "pad", one_d, part->pad_h, part->pad_w);
        add_pair(object, "dilation", one_d, part->dilation_h, part->dilation_w);
        (void)cJSON_AddNumberToObject(object, "groups", part->groups);
    }
    if (part->flatten)
        (void)cJSON_AddTrueToObject(object, "flatten");
    if (part->activation != SYN_ACT_NONE)
        (void)cJSON_AddStringToObject(object, "activation",
                                      part->activation == SYN_ACT_RELU ? "relu" : "abs");
    (void)cJSON_AddNumberToObject(object, "output_shift", layer->shift);
    if (part->has_bias)
        (void)cJSON_AddTrueToObject(object, "bias");
    if (part->output_width == 32)
        (void)cJSON_AddNumberToObject(object, "output_width", 32);
}

static void add_layer(cJSON *list, const struct syn_onnx_network *n, unsigned index)
{
    static const char *const ops[SYN_OP_COUNT] = {[SYN_OP_PASSTHROUGH] = "passthrough",
                                                  [SYN_OP_CONV2D] = "conv2d",
                                                  [SYN_OP_CONV1D] = "conv1d",
                                                  [SYN_OP_CONVTRANSPOSE2D] = "convtranspose2d",
                                                  [SYN_OP_LINEAR] = "linear"};
    const struct syn_onnx_layer *layer = &n->layers[index];
    const struct syn_layer *part = &layer->part;
    cJSON *object = cJSON_CreateObject();
    (void)cJSON_AddItemToArray(list, object);
    (void)cJSON_AddStringToObject(object, "name", layer->name);
    (void)cJSON_AddStringToObject(object, "op", ops[part->op]);
    add_inputs(object, n, part);
    add_pool(object, part, n->tensors[0].one_d);
    add_processors(object, n, part);
    if (part->op != SYN_OP_PASSTHROUGH)
        add_sums(object, layer);
}

static cJSON *make_document(const struct syn_onnx_network *n, const char *name,
                            const char *description)
{
    const struct syn_onnx_tensor *in = &n->tensors[0];
    cJSON *document = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(document, "name", name);
    (void)cJSON_AddStringToObject(document, "description", description);
    cJSON *input = cJSON_AddObjectToObject(document, "input");
    (void)cJSON_AddNumberToObject(input, "channels", in->channels);
    if (in->one_d) {
        (void)cJSON_AddNumberToObject(input, "length", in->height);
    } else {
        (void)cJSON_AddNumberToObject(input, "height", in->height);
        (void)cJSON_AddNumberToObject(input, "width", in->width);
    }
    if (is_chw(in))
        (void)cJSON_AddStringToObject(input, "data_format", "CHW");
    cJSON *list = cJSON_AddArrayToObject(document, "layers");
    for (unsigned i = 0; i < n->layer_count; i++)
        add_layer(list, n, i);
    return document;
}

static size_t layer_bytes(const struct syn_onnx_layer *layer, size_t *weights, size_t *biases)
{
    const size_t outs = layer->part.out.channels;
    *weights = layer->packed ? outs * layer->fan_in : 0;
    *biases = layer->packed && layer->part.has_bias ? outs : 0;
    return *weights + *biases;
}

static uint8_t *make_blob(const struct syn_onnx_network *n, size_t *size)
{
    size_t weights, biases;
    *size = 0;
    for (unsigned i = 0; i < n->layer_count; i++)
        *size += layer_bytes(&n->layers[i], &weights, &biases);
    uint8_t *blob = malloc(*size + 1), *to = blob;
    for (unsigned i = 0; blob && i < n->layer_count; i++) {
        (void)layer_bytes(&n->layers[i], &weights, &biases);
        if (weights)
            memcpy(to, n->layers[i].packed, weights);
        if (biases)
            memcpy(to + weights, n->layers[i].packed_bias, biases);
        to += weights + biases;
    }
    return blob;
}

int syn_onnx_emit(const struct syn_onnx_network *n, struct syn_imported *imported, const char *name,
                  const char *description, cJSON *labels, const char *path, struct syn_error *error)
{
    size_t size;
    uint8_t *blob = make_blob(n, &size);
    cJSON *document = make_document(n, name, description);
    if (labels)
        (void)cJSON_AddItemToObject(document, "labels", labels);
    int status = blob && document
                     ? syn_import_build(imported, document, blob, size, path, error)
                     : syn_error_set(error, SYN_ENOMEM, "not enough memory for the model");
    cJSON_Delete(document);
    free(blob);
    return status;
}
