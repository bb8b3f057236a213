/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any two texts are a model or an error with words; a model survives its own image. The texts are
 * parted by a byte 0. Inputs that are no C text soon end, so the corpus has whole programs.
 */
#include "core/import/program/program.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct syn_import_options options = {.name = NULL};
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    const size_t code = end ? (size_t)(end - data) : size;
    struct syn_imported imported = {.model = NULL};
    struct syn_error error = {.code = 0};
    uint8_t *bytes;
    size_t image_size;
    if (syn_import_program_text(&imported, "f/cnn.c", data, code, "f/weights.h",
                                data + code + (end != NULL), size - code - (end != NULL), &options,
                                &error) < 0) {
        if (error.code == 0 || !error.message[0] || !error.file[0])
            abort();
        syn_imported_free(&imported);
        return 0;
    }
    if (syn_model_image(imported.model, 0, imported.model->layer_count, &bytes, &image_size,
                        &error) == 0)
        free(bytes);
    syn_imported_free(&imported);
    return 0;
}
