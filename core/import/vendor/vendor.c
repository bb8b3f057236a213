/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/vendor/vendor.h"

#include "core/import/vendor/describe.h"

#include <string.h>

/* ---- descriptions ---- */

/* Does a line of the file's head begin with `word`? */
static bool has_line(const struct syn_import_probe *probe, const char *word)
{
    const size_t size = strlen(word);
    for (size_t i = 0; i + size <= probe->head_size; i++)
        if ((i == 0 || probe->head[i - 1] == '\n') && memcmp(probe->head + i, word, size) == 0)
            return true;
    return false;
}

static bool is_description(const struct syn_import_probe *probe)
{
    return !probe->folder &&
           (strcmp(probe->extension, "yaml") == 0 || strcmp(probe->extension, "yml") == 0 ||
            (has_line(probe, "arch:") && has_line(probe, "dataset:")));
}

static int no_weights(const char *path, struct syn_error *error)
{
    syn_error_set(error, SYN_EINVAL, "a description of layers without their weights");
    syn_error_hint(error, "name the quantized checkpoint: --weights FILE-q.pth.tar");
    syn_error_where(error, path, 0, 0);
    return SYN_EINVAL;
}

static int read_description(struct syn_imported *imported, const struct syn_import_probe *probe,
                            const struct syn_import_options *options, struct syn_error *error)
{
    struct syn_vendor_net net = {0};
    struct syn_checkpoint *checkpoint = NULL;
    int status = syn_yaml_read(&net.yaml, probe->path, error);
    if (status < 0)
        return status;
    status = syn_vendor_read(&net, error);
    if (status == 0)
        status = options->weights ? syn_checkpoint_open(&checkpoint, options->weights, error)
                                  : no_weights(probe->path, error);
    if (status == 0)
        status = syn_vendor_describe(imported, &net, checkpoint, options, error);
    syn_checkpoint_close(checkpoint);
    syn_vendor_free(&net);
    return status;
}

const struct syn_import_format syn_import_vendor = {
    .name = "vendor YAML",
    .description = "the vendor's network description: NET.yaml --weights CHECKPOINT-q.pth.tar",
    .takes_weights = true,
    .takes_input = true,
    .recognise = is_description,
    .read = read_description,
};

/* ---- a checkpoint alone ---- */

static bool is_checkpoint(const struct syn_import_probe *probe)
{
    return syn_checkpoint_looks(probe->head, probe->head_size);
}

static int refuse_checkpoint(struct syn_imported *imported, const struct syn_import_probe *probe,
                             const struct syn_import_options *options, struct syn_error *error)
{
    (void)imported;
    (void)options;
    syn_error_set(error, SYN_EINVAL, "a checkpoint has weights and no layers");
    syn_error_hint(error,
                   "name its description, and it with --weights: model add NET.yaml "
                   "--weights %s",
                   probe->path);
    return SYN_EINVAL;
}

const struct syn_import_format syn_import_checkpoint = {
    .name = "PyTorch checkpoint",
    .description = "the weights of a description; alone it is no model",
    .takes_weights = true,
    .takes_input = true,
    .recognise = is_checkpoint,
    .read = refuse_checkpoint,
};
