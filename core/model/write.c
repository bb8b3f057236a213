/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/file.h"
#include "core/model/read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cJSON gives NULL without memory; the sticky flag is looked at once, at the end. */
struct writer {
    const struct syn_model *model;
    bool failed;
};

static cJSON *add(struct writer *w, cJSON *object, const char *name, cJSON *item)
{
    if (!item || !cJSON_AddItemToObject(object, name, item)) {
        cJSON_Delete(item);
        w->failed = true;
        return NULL;
    }
    return item;
}

static void add_number(struct writer *w, cJSON *object, const char *name, double value)
{
    add(w, object, name, cJSON_CreateNumber(value));
}

static void add_text(struct writer *w, cJSON *object, const char *name, const char *text)
{
    if (text)
        add(w, object, name, cJSON_CreateString(text));
}

static void add_flag(struct writer *w, cJSON *object, const char *name, bool value, bool usual)
{
    if (value != usual)
        add(w, object, name, cJSON_CreateBool(value));
}

static void add_pair(struct writer *w, cJSON *object, const char *name, int height, int width)
{
    const int pair[] = {height, width};
    add(w, object, name, cJSON_CreateIntArray(pair, 2));
}

static void add_map(struct writer *w, cJSON *object, const char *name, uint64_t map)
{
    char text[24];
    (void)snprintf(text, sizeof text, "0x%016" PRIx64, map);
    add_text(w, object, name, text);
}

static void add_inputs(struct writer *w, cJSON *object, unsigned index)
{
    const struct syn_layer *l = &w->model->layers[index];
    if (l->input_count == 1 && l->inputs[0] == index)
        return;
    cJSON *list = add(w, object, "inputs", cJSON_CreateArray());
    for (unsigned i = 0; list && i < l->input_count; i++) {
        const char *name = l->inputs[i] ? w->model->layer_names[l->inputs[i] - 1] : "input";
        cJSON *item = cJSON_CreateString(name);
        if (!item || !cJSON_AddItemToArray(list, item))
            w->failed = true;
    }
}

static void add_pool(struct writer *w, cJSON *object, const struct syn_layer *l)
{
    if (l->pool == SYN_POOL_NONE)
        return;
    cJSON *pool = add(w, object, "pool", cJSON_CreateObject());
    if (!pool)
        return;
    add_text(w, pool, "type", syn_model_pool_names[l->pool]);
    add_pair(w, pool, "size", l->pool_h, l->pool_w);
    add_pair(w, pool, "stride", l->pool_stride_h, l->pool_stride_w);
    if (l->pool_dilation_h != 1 || l->pool_dilation_w != 1)
        add_pair(w, pool, "dilation", l->pool_dilation_h, l->pool_dilation_w);
    add_flag(w, pool, "round", l->pool_round, false);
}

static void add_geometry(struct writer *w, cJSON *object, const struct syn_layer *l)
{
    if (l->op == SYN_OP_CONV1D) {
        add_number(w, object, "kernel", l->kernel_h);
        add_number(w, object, "pad", l->pad_h);
        add_number(w, object, "dilation", l->dilation_h);
    } else {
        add_pair(w, object, "kernel", l->kernel_h, l->kernel_w);
        add_pair(w, object, "pad", l->pad_h, l->pad_w);
        add_pair(w, object, "dilation", l->dilation_h, l->dilation_w);
    }
    add_number(w, object, "groups", l->groups);
}

static void add_convolution(struct writer *w, cJSON *object, const struct syn_layer *l)
{
    add_number(w, object, "channels", l->out.channels);
    if (l->op != SYN_OP_LINEAR)
        add_geometry(w, object, l);
    add_flag(w, object, "flatten", l->flatten, false);
    add_text(w, object, "activation", syn_model_activation_names[l->activation]);
    add_number(w, object, "weight_bits", l->weight_bits);
    add_number(w, object, "output_shift", l->output_shift);
    add_flag(w, object, "bias", l->has_bias, false);
}

static cJSON *layer_object(struct writer *w, unsigned index)
{
    const struct syn_layer *l = &w->model->layers[index];
    cJSON *object = cJSON_CreateObject();
    if (!object)
        return NULL;
    add_text(w, object, "name", w->model->layer_names[index]);
    add_text(w, object, "op", syn_model_op_names[l->op]);
    add_inputs(w, object, index);
    if (l->eltwise)
        add_text(w, object, "eltwise", syn_model_eltwise_names[l->eltwise]);
    add_pool(w, object, l);
    add_flag(w, object, "pool_first", l->pool_first, true);
    if (l->op != SYN_OP_PASSTHROUGH)
        add_convolution(w, object, l);
    if (l->output_width != 8)
        add_number(w, object, "output_width", l->output_width);
    add_map(w, object, "processors", l->processors);
    add_map(w, object, "output_processors", l->output_processors);
    return object;
}

static void add_layers(struct writer *w, cJSON *root)
{
    cJSON *list = add(w, root, "layers", cJSON_CreateArray());
    for (unsigned i = 0; list && i < w->model->layer_count; i++) {
        cJSON *object = layer_object(w, i);
        if (!object || !cJSON_AddItemToArray(list, object))
            w->failed = true;
    }
}

static void add_input(struct writer *w, cJSON *root)
{
    const struct syn_shape *s = &w->model->input;
    cJSON *input = add(w, root, "input", cJSON_CreateObject());
    if (!input)
        return;
    add_number(w, input, "channels", s->channels);
    if (s->width == 1) {
        add_number(w, input, "length", s->height);
    } else {
        add_number(w, input, "height", s->height);
        add_number(w, input, "width", s->width);
    }
    add_text(w, input, "data_format", w->model->input_chw ? "CHW" : "HWC");
    if (w->model->input_fold > 1)
        add_number(w, input, "fold", w->model->input_fold);
}

static void add_weights(struct writer *w, cJSON *root, const char *file)
{
    char hash[2 * SYN_SHA256_SIZE + 1];
    cJSON *weights = add(w, root, "weights", cJSON_CreateObject());
    if (!weights)
        return;
    if (w->model->seeded) {
        add_number(w, weights, "seed", (double)w->model->seed);
        return;
    }
    for (size_t i = 0; i < SYN_SHA256_SIZE; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", w->model->weights_hash[i]);
    add_text(w, weights, "file", file);
    add_text(w, weights, "sha256", hash);
}

char *syn_model_text(const struct syn_model *model, const char *file)
{
    struct writer w = {.model = model};
    cJSON *root = cJSON_CreateObject();
    if (!root)
        return NULL;
    add_text(&w, root, "format", "synergy-model/1");
    add_text(&w, root, "name", model->name);
    add_text(&w, root, "description", model->description);
    add_text(&w, root, "source", model->source);
    add_input(&w, root);
    if (model->label_count)
        add(&w, root, "labels",
            cJSON_CreateStringArray((const char *const *)model->labels, (int)model->label_count));
    if (model->measured_count)
        add(&w, root, "measured", syn_model_measured_json(model));
    add_weights(&w, root, file);
    add_layers(&w, root);
    char *text = w.failed ? NULL : cJSON_Print(root);
    cJSON_Delete(root);
    return text;
}

/* "folder/name.json" -> "folder/name.bin" */
static char *weights_path(const char *path)
{
    size_t length = strlen(path);
    if (length > 5 && strcmp(path + length - 5, ".json") == 0)
        length -= 5;
    size_t size = length + sizeof ".bin";
    char *name = malloc(size);
    if (name)
        (void)snprintf(name, size, "%.*s.bin", (int)length, path);
    return name;
}

int syn_model_write(const struct syn_model *model, const char *path, struct syn_error *error)
{
    int result = SYN_ENOMEM;
    char *weights = weights_path(path), *text = NULL;
    if (weights) {
        const char *slash = strrchr(weights, '/');
        text = syn_model_text(model, slash ? slash + 1 : weights);
    }
    if (!text) {
        syn_error_set(error, SYN_ENOMEM, "not enough memory to write %s", path);
        goto out;
    }
    /* Weights first: a reader never finds a description whose weights are not there yet. */
    result = model->seeded ? 0 : syn_file_write(weights, model->blob, model->blob_size, error);
    if (result == 0)
        result = syn_file_write(path, text, strlen(text), error);
out:
    cJSON_free(text);
    free(weights);
    return result;
}
