/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/model/model.h"

#include "devices/part/exec.h"

#include <stdlib.h>
#include <string.h>

void syn_model_free(struct syn_model *model)
{
    if (!model)
        return;
    for (unsigned i = 0; i < model->label_count; i++)
        free(model->labels[i]);
    free(model->labels);
    for (unsigned i = 0; i < model->measured_count; i++)
        free(model->measured[i].source);
    free(model->measured);
    free(model->description);
    free(model->source);
    free(model->layers);
    free(model->layer_names);
    free(model->weights);
    free(model->biases);
    free(model->blob);
    free(model);
}

struct syn_shape syn_model_tensor_shape(const struct syn_model *model, unsigned tensor)
{
    return tensor == 0 ? model->input : model->layers[tensor - 1].out;
}

unsigned syn_model_tensor_width(const struct syn_model *model, unsigned tensor)
{
    return tensor == 0 ? 8 : model->layers[tensor - 1].output_width;
}

uint32_t syn_model_tensor_bytes(const struct syn_model *model, unsigned tensor)
{
    return syn_tensor_bytes(syn_model_tensor_shape(model, tensor),
                            syn_model_tensor_width(model, tensor));
}

int syn_model_cut(const struct syn_model *model, unsigned at, struct syn_cut *cut)
{
    memset(cut, 0, sizeof *cut);
    cut->at = at;
    if (at > model->layer_count)
        return SYN_EINVAL;
    int count = syn_live_tensors(model->layers, model->layer_count, at, cut->live);
    if (count < 0)
        return count;
    cut->live_count = (unsigned)count;
    for (unsigned i = 0; i < cut->live_count; i++) {
        unsigned t = cut->live[i];
        cut->bytes += syn_model_tensor_bytes(model, t);
        cut->words +=
            syn_tensor_words(syn_model_tensor_shape(model, t), syn_model_tensor_width(model, t),
                             t == 0 && model->input_chw);
    }
    return 0;
}

struct syn_fold syn_model_fold(const struct syn_model *model)
{
    const unsigned by = model->input_fold > 1 ? model->input_fold : 1;
    const unsigned columns = model->input.width == 1 ? 1 : by;
    return (struct syn_fold){.by = (uint8_t)by,
                             .channels = (uint16_t)(model->input.channels / (by * columns)),
                             .width = (uint16_t)(model->input.width * columns)};
}

uint32_t syn_model_weight_bytes(const struct syn_model *model)
{
    return (uint32_t)model->blob_size;
}

uint64_t syn_model_macs(const struct syn_model *model)
{
    uint64_t macs = 0;
    for (unsigned i = 0; i < model->layer_count; i++)
        macs += syn_layer_macs(&model->layers[i]);
    return macs;
}

uint64_t syn_model_data_intensity(const struct syn_model *model)
{
    uint64_t bytes = 0;
    for (unsigned t = 1; t <= model->layer_count; t++)
        bytes += syn_model_tensor_bytes(model, t);
    return model->layer_count ? bytes / model->layer_count : 0;
}

int syn_model_image(const struct syn_model *model, unsigned first, unsigned last, uint8_t **bytes,
                    size_t *size, struct syn_error *error)
{
    *bytes = NULL;
    *size = 0;
    if (first >= last || last > model->layer_count)
        return syn_error_set(error, SYN_EINVAL, "%s has no layers [%u, %u)", model->name, first,
                             last);
    size_t capacity = syn_image_size(model->layers, model->layer_count, first, last);
    uint8_t *image = capacity ? malloc(capacity) : NULL;
    if (capacity && !image)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a chunk of %zu bytes",
                             capacity);
    long written =
        capacity ? syn_image_write(model->layers, model->layer_count, first, last, model->input,
                                   model->weights, model->biases, image, capacity)
                 : SYN_EOOR;
    if (written < 0) {
        free(image);
        return syn_error_set(error, (int)written,
                             "layers [%u, %u) of %s make no chunk: more than %d tensors cross",
                             first, last, model->name, SYN_LIVE_MAX);
    }
    *bytes = image;
    *size = (size_t)written;
    return 0;
}

static int take_output(const struct syn_exec *exec, void **output, size_t *output_size)
{
    size_t size;
    const void *data = syn_exec_output(exec, 0, &size);
    *output = malloc(size ? size : 1);
    if (!*output)
        return SYN_ENOMEM;
    memcpy(*output, data, size);
    *output_size = size;
    return 0;
}

static int run_image(const struct syn_image *image, const void *input, size_t input_size,
                     void **output, size_t *output_size)
{
    struct syn_exec *exec;
    size_t size = syn_exec_memory(image);
    void *memory = malloc(size);
    int result = memory ? syn_exec_init(&exec, image, memory, size) : SYN_ENOMEM;
    if (result == 0)
        result = syn_exec_load(exec, 0, input, input_size);
    if (result == 0) {
        syn_exec_start(exec);
        while (syn_exec_step(exec, UINT64_MAX))
            ;
        result = take_output(exec, output, output_size);
    }
    free(memory);
    return result;
}

int syn_model_infer(const struct syn_model *model, const void *input, size_t input_size,
                    void **output, size_t *output_size, struct syn_error *error)
{
    struct syn_image image;
    uint8_t *bytes;
    size_t size;
    *output = NULL;
    *output_size = 0;
    if (input_size != syn_model_tensor_bytes(model, 0))
        return syn_error_set(error, SYN_EINVAL, "%zu bytes of input; %s takes %u", input_size,
                             model->name, syn_model_tensor_bytes(model, 0));
    int result = syn_model_image(model, 0, model->layer_count, &bytes, &size, error);
    if (result < 0)
        return result;
    result = syn_image_open(&image, bytes, size);
    if (result == 0)
        result = run_image(&image, input, input_size, output, output_size);
    free(bytes);
    if (result < 0)
        syn_error_set(error, result, "%s did not run: %s", model->name, syn_errno_text(result));
    return result;
}
