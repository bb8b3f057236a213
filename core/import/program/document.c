/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/program/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/read.h"

/* ---- names ------------------------------------------------------------------------------- */

static bool usable(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+/";
    return *name && !name[strspn(name, allowed)] && strcmp(name, "input") != 0;
}

static const char *remark_name(const struct program *p, unsigned index)
{
    return p->source->layers[p->units[index].slot].name;
}

/* The names of the comments, where all layers have one of their own. */
static bool named(const struct program *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (!usable(remark_name(p, i)))
            return false;
        for (unsigned n = 0; n < i; n++)
            if (strcmp(remark_name(p, i), remark_name(p, n)) == 0)
                return false;
    }
    return true;
}

static void layer_name(const struct program *p, unsigned index, char name[SYN_MODEL_NAME_MAX])
{
    if (named(p))
        (void)snprintf(name, SYN_MODEL_NAME_MAX, "%s", remark_name(p, index));
    else
        (void)snprintf(name, SYN_MODEL_NAME_MAX, "layer%u", index);
}

/* ---- fields ------------------------------------------------------------------------------ */

static bool add_number(cJSON *node, const char *name, int value, int usual)
{
    return value == usual || cJSON_AddNumberToObject(node, name, value);
}

static bool add_pair(cJSON *node, const char *name, int h, int w)
{
    const int pair[] = {h, w};
    cJSON *array = cJSON_CreateIntArray(pair, 2);
    return array && cJSON_AddItemToObject(node, name, array);
}

static bool add_map(cJSON *node, const char *name, uint64_t map)
{
    char text[20];
    (void)snprintf(text, sizeof text, "0x%016llx", (unsigned long long)map);
    return cJSON_AddStringToObject(node, name, text);
}

static bool add_inputs(const struct program *p, cJSON *node, const struct syn_layer *l)
{
    cJSON *array = cJSON_AddArrayToObject(node, "inputs");
    for (unsigned n = 0; array && n < l->input_count; n++) {
        char name[SYN_MODEL_NAME_MAX] = "input";
        if (l->inputs[n] > 0)
            layer_name(p, l->inputs[n] - 1u, name);
        cJSON *item = cJSON_CreateString(name);
        if (!item || !cJSON_AddItemToArray(array, item))
            return false;
    }
    return array;
}

static bool add_pool(cJSON *node, const struct syn_layer *l)
{
    cJSON *pool;
    if (l->pool == SYN_POOL_NONE)
        return true;
    pool = cJSON_AddObjectToObject(node, "pool");
    return pool && cJSON_AddStringToObject(pool, "type", syn_model_pool_names[l->pool]) &&
           add_pair(pool, "size", l->pool_h, l->pool_w) &&
           add_pair(pool, "stride", l->pool_stride_h, l->pool_stride_w) &&
           add_pair(pool, "dilation", l->pool_dilation_h, l->pool_dilation_w) &&
           (!l->pool_round || cJSON_AddTrueToObject(pool, "round")) &&
           (l->pool_first || cJSON_AddFalseToObject(node, "pool_first"));
}

static bool add_kernel(cJSON *node, const struct syn_layer *l)
{
    if (l->op == SYN_OP_LINEAR)
        return !l->flatten || cJSON_AddTrueToObject(node, "flatten");
    return add_pair(node, "kernel", l->kernel_h, l->kernel_w) &&
           add_pair(node, "pad", l->pad_h, l->pad_w) &&
           (l->dilation_h * l->dilation_w == 1 ||
            add_pair(node, "dilation", l->dilation_h, l->dilation_w)) &&
           add_number(node, "groups", l->groups, 1);
}

static bool add_convolution(cJSON *node, const struct syn_layer *l)
{
    if (l->op == SYN_OP_PASSTHROUGH)
        return true;
    return cJSON_AddNumberToObject(node, "channels", l->out.channels) && add_kernel(node, l) &&
           cJSON_AddStringToObject(node, "activation", syn_model_activation_names[l->activation]) &&
           cJSON_AddNumberToObject(node, "weight_bits", l->weight_bits) &&
           cJSON_AddNumberToObject(node, "output_shift", l->output_shift) &&
           (!l->has_bias || cJSON_AddTrueToObject(node, "bias"));
}

static bool add_layer(const struct program *p, cJSON *layers, unsigned index)
{
    const struct syn_layer *l = &p->units[index].layer;
    char name[SYN_MODEL_NAME_MAX];
    cJSON *node = cJSON_CreateObject();
    if (!node || !cJSON_AddItemToArray(layers, node))
        return false;
    layer_name(p, index, name);
    return cJSON_AddStringToObject(node, "name", name) &&
           cJSON_AddStringToObject(node, "op", syn_model_op_names[l->op]) &&
           add_inputs(p, node, l) &&
           (l->eltwise == SYN_ELTWISE_NONE ||
            cJSON_AddStringToObject(node, "eltwise", syn_model_eltwise_names[l->eltwise])) &&
           add_pool(node, l) && add_convolution(node, l) &&
           add_number(node, "output_width", l->output_width, 8) &&
           add_map(node, "processors", l->processors) &&
           add_map(node, "output_processors", l->output_processors);
}

/* ---- the whole --------------------------------------------------------------------------- */

static bool add_input(const struct program *p, cJSON *document)
{
    cJSON *input = cJSON_AddObjectToObject(document, "input");
    const bool line = p->units[0].layer.op == SYN_OP_CONV1D && p->input.width == 1;
    return input && cJSON_AddNumberToObject(input, "channels", p->input.channels) &&
           cJSON_AddNumberToObject(input, line ? "length" : "height", p->input.height) &&
           (line || cJSON_AddNumberToObject(input, "width", p->input.width)) &&
           (!p->units[0].layer.input_chw || cJSON_AddStringToObject(input, "data_format", "CHW"));
}

static cJSON *make_document(const struct program *p, const char *name)
{
    cJSON *document = cJSON_CreateObject();
    char source[160];
    (void)snprintf(source, sizeof source, "read out of a program of the vendor's tool for a %s",
                   p->machine->part->name);
    bool ok = document && cJSON_AddStringToObject(document, "name", name) &&
              cJSON_AddStringToObject(document, "source", source) && add_input(p, document);
    cJSON *layers = ok ? cJSON_AddArrayToObject(document, "layers") : NULL;
    ok = layers;
    for (unsigned i = 0; i < p->count && ok; i++)
        ok = add_layer(p, layers, i);
    if (ok)
        return document;
    cJSON_Delete(document);
    return NULL;
}

/* Weights and biases, layer after layer. */
static uint8_t *join_weights(const struct program *p, size_t *size)
{
    uint8_t *blob, *to;
    *size = 0;
    for (unsigned i = 0; i < p->count; i++)
        *size +=
            syn_layer_weight_bytes(&p->units[i].layer) + syn_layer_bias_bytes(&p->units[i].layer);
    blob = to = malloc(*size + 1);
    for (unsigned i = 0; blob && i < p->count; i++) {
        const struct unit *u = &p->units[i];
        const size_t weights = syn_layer_weight_bytes(&u->layer);
        const size_t biases = syn_layer_bias_bytes(&u->layer);
        if (weights)
            memcpy(to, u->weights, weights);
        if (biases)
            memcpy(to + weights, u->biases, biases);
        to += weights + biases;
    }
    return blob;
}

int program_build(const struct program *p, const char *name, struct syn_imported *imported)
{
    size_t size;
    int status = SYN_ENOMEM;
    uint8_t *blob = join_weights(p, &size);
    cJSON *document = make_document(p, name);
    if (blob && document)
        status = syn_import_build(imported, document, blob, size, p->machine->path, p->error);
    else
        syn_error_set(p->error, SYN_ENOMEM, "not enough memory for a model");
    cJSON_Delete(document);
    free(blob);
    return status;
}
