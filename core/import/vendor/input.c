/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shape of the input, which a description does not say as such. */
#include "core/import/build/build.h"
#include "core/import/vendor/datasets.h"
#include "core/import/vendor/describe.h"

/* The first layer to run that reads the input alone. */
static const struct syn_vendor_layer *reader(const struct syn_vendor_net *net)
{
    for (unsigned i = 0; i < net->order_count; i++) {
        const struct syn_vendor_layer *l = &net->layers[net->order[i]];
        if (l->layer.input_count == 1 && l->layer.inputs[0] == 0)
            return l;
    }
    return NULL;
}

/* What its weights say of the channels; 0 where they say nothing. */
static uint32_t channels_of(const struct syn_vendor_layer *l)
{
    if (l->in_channels)
        return (uint32_t)l->in_channels;
    if (!l->weights || l->weights->dims < 2 || l->layer.flatten)
        return 0;
    if (l->layer.op == SYN_OP_CONVTRANSPOSE2D)
        return l->weights->shape[0];
    return l->weights->shape[1] * l->layer.groups;
}

/* in_dim of the first layer: the same pixels in another arrangement, or all that is known. */
static int apply_in_dim(const struct syn_vendor_net *net, const struct syn_vendor_layer *l,
                        struct syn_shape *shape, struct syn_error *error)
{
    const uint32_t channels = shape->channels ? shape->channels : channels_of(l);
    const uint32_t pixels = (uint32_t)(l->in_dim[0] * l->in_dim[1]);
    if (shape->channels && pixels != (uint32_t)shape->height * shape->width)
        return syn_yaml_error(&net->yaml, l->at[SYN_FIELD_IN_DIM], SYN_EINVAL, error,
                              "in_dim %lldx%lld, but the input has %ux%u pixels",
                              (long long)l->in_dim[0], (long long)l->in_dim[1], shape->height,
                              shape->width);
    if (channels == 0 || channels > UINT16_MAX)
        return 0;
    *shape = (struct syn_shape){.channels = (uint16_t)channels,
                                .height = (uint16_t)l->in_dim[0],
                                .width = (uint16_t)l->in_dim[1]};
    return 0;
}

static int unknown(const struct syn_vendor_net *net, struct syn_error *error)
{
    const yaml_node_t *node = net->dataset ? net->dataset : syn_yaml_root(&net->yaml);
    syn_yaml_error(&net->yaml, node, SYN_EINVAL, error,
                   "the shape of the input is not said: data set '%.60s' is not known",
                   net->dataset ? syn_yaml_text(net->dataset) : "");
    syn_error_hint(error, "say --input CHANNELSxHEIGHTxWIDTH, or CHANNELSxLENGTH");
    return SYN_EINVAL;
}

int syn_vendor_input(const struct syn_vendor_net *net, const struct syn_import_options *options,
                     struct syn_shape *shape, struct syn_error *error)
{
    const struct syn_vendor_layer *first = reader(net);
    int status = 0;
    *shape = (struct syn_shape){0};
    if (options->input)
        status = syn_import_shape(options->input, shape, error);
    else if (net->dataset)
        *shape = syn_vendor_dataset(syn_yaml_text(net->dataset));
    if (status == 0 && first && first->in_dim[0])
        status = apply_in_dim(net, first, shape, error);
    return status == 0 && shape->channels == 0 ? unknown(net, error) : status;
}
