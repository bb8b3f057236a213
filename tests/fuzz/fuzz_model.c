/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text is a model or an error with a place; a model survives its own image. */
#include "core/model/model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct syn_weights_source weights = {.bytes = data, .size = size};
    struct syn_error error = {0};
    struct syn_model *model;
    uint8_t *bytes;
    size_t image_size;
    if (syn_model_parse(&model, (const char *)data, size, "fuzz", &weights, &error) < 0) {
        if (model || error.code == 0 || !error.message[0])
            abort();
        return 0;
    }
    if (syn_model_image(model, 0, model->layer_count, &bytes, &image_size, &error) < 0)
        abort();
    free(bytes);
    syn_model_free(model);
    return 0;
}
