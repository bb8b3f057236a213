/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes are a network or an error with words; what is read computes beside its file. */
#include "core/import/compare.h"
#include "core/import/onnx/onnx.h"

#include <stdlib.h>

#define MACS_MAX (1u << 20) /* of a model that is computed, so that runs stay quick */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct syn_imported *imported)
{
    struct syn_import_comparison comparison = {0};
    struct syn_error error = {0};
    int8_t *window = calloc(syn_model_tensor_bytes(imported->model, 0), 1);
    if (!window || syn_import_compare(&comparison, imported, window, 0, &error) < 0)
        abort();
    free(window);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct syn_import_options options = {0};
    struct syn_imported imported = {0};
    struct syn_error error = {0};
    int status = syn_import_onnx_parse(&imported, data, size, "fuzz.onnx", &options, &error);
    if (status < 0 && (error.code != status || !error.message[0]))
        abort();
    if (status == 0 && syn_model_macs(imported.model) < MACS_MAX &&
        syn_model_tensor_bytes(imported.model, 0) < MACS_MAX)
        compare(&imported);
    syn_imported_free(&imported);
    return 0;
}
