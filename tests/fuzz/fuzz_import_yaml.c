/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text is a network description or an error with words; with a checkpoint of three layers. */
#include "core/import/vendor/describe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same for all inputs: opening it anew would be most of the work. */
static struct syn_checkpoint *checkpoint_of_three_layers(void)
{
    static struct syn_checkpoint *checkpoint;
    if (!checkpoint &&
        syn_checkpoint_open(&checkpoint, SYN_SOURCE_DIR "/tests/data/checkpoints/small-zip.pth.tar",
                            NULL) < 0)
        abort();
    return checkpoint;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct syn_import_options options = {.input = "1x8x8"};
    struct syn_vendor_net net = {0};
    struct syn_imported imported = {0};
    struct syn_error error = {0};
    if (size > SYN_YAML_BYTES_MAX)
        return 0;
    int status = syn_yaml_parse(&net.yaml, data, size, "fuzz.yaml", &error);
    if (status == 0) {
        status = syn_vendor_read(&net, &error);
        if (status == 0)
            status = syn_vendor_describe(&imported, &net, checkpoint_of_three_layers(), &options,
                                         &error);
        syn_vendor_free(&net);
    }
    if (status < 0 ? error.code == 0 || !error.message[0] : !imported.model)
        abort();
    syn_imported_free(&imported);
    return 0;
}
