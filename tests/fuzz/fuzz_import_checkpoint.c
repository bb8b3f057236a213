/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes are a checkpoint or an error with words, and so are each of its tensors. */
#include "core/import/torch/checkpoint.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VALUES_MAX 65536

static void read_values(struct syn_checkpoint *checkpoint,
                        const struct syn_checkpoint_tensor *tensor)
{
    struct syn_error error = {0};
    if (tensor->count > VALUES_MAX)
        return;
    float *values = malloc((tensor->count + 1) * sizeof *values);
    if (!values || (syn_checkpoint_values(checkpoint, tensor, values, &error) < 0 &&
                    (error.code == 0 || !error.message[0])))
        abort();
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syn_error error = {0};
    struct syn_checkpoint *checkpoint;
    const struct syn_checkpoint_tensor *tensor;
    FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL;
    if (!file)
        return 0;
    if (syn_checkpoint_take(&checkpoint, file, &error) < 0) {
        if (checkpoint || error.code == 0 || !error.message[0])
            abort();
        return 0;
    }
    for (unsigned i = 0; (tensor = syn_checkpoint_tensor(checkpoint, i)); i++)
        read_values(checkpoint, tensor);
    syn_checkpoint_close(checkpoint);
    return 0;
}
