/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/vendor/weights.h"

#include "core/model/read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which tensor belongs to which layer ---- */

/* LAYER.weight or LAYER.OP.weight */
static bool is_weight(const struct syn_checkpoint_tensor *t)
{
    const char *dot = strrchr(t->name, '.');
    return dot && strcmp(dot, ".weight") == 0;
}

static bool takes_weights(const struct syn_vendor_layer *l)
{
    return l->layer.op != SYN_OP_PASSTHROUGH && l->weight_source < 0;
}

int syn_vendor_assign(struct syn_vendor_net *net, const struct syn_checkpoint *checkpoint,
                      unsigned *unused, struct syn_error *error)
{
    const struct syn_checkpoint_tensor *t;
    unsigned layer = 0;
    *unused = 0;
    for (unsigned i = 0; (t = syn_checkpoint_tensor(checkpoint, i)); i++) {
        if (!is_weight(t))
            continue;
        while (layer < net->count && !takes_weights(&net->layers[layer]))
            layer++;
        if (layer < net->count)
            net->layers[layer++].weights = t;
        else
            (*unused)++;
    }
    for (; layer < net->count; layer++)
        if (takes_weights(&net->layers[layer]))
            return syn_yaml_error(&net->yaml, net->layers[layer].node, SYN_EINVAL, error,
                                  "the checkpoint has no weights left for this layer");
    return 0;
}

const struct syn_checkpoint_tensor *syn_vendor_tensor(const struct syn_vendor_net *net,
                                                      unsigned layer)
{
    const struct syn_vendor_layer *l = &net->layers[layer];
    return l->weight_source >= 0 ? net->layers[l->weight_source].weights : l->weights;
}

/* ---- reading ---- */

struct loader {
    const struct syn_vendor_net *net;
    const struct syn_vendor_layer *described; /* the layer that says how to read the tensor */
    const yaml_node_t *node;
    struct syn_checkpoint *checkpoint;
    const struct syn_checkpoint_tensor *tensor;
    struct syn_layer *layer;
    struct syn_error *error;
};

/* The tensor NAME beside the weights: of the layer (what = "output_shift"), or of its operation. */
static const struct syn_checkpoint_tensor *beside(const struct loader *l, const char *what,
                                                  bool of_layer)
{
    char name[sizeof l->tensor->name + 24];
    size_t length = (size_t)(strrchr(l->tensor->name, '.') - l->tensor->name);
    const char *dot = memrchr(l->tensor->name, '.', length);
    if (of_layer && dot)
        length = (size_t)(dot - l->tensor->name);
    (void)snprintf(name, sizeof name, "%.*s.%s", (int)length, l->tensor->name, what);
    return syn_checkpoint_find(l->checkpoint, name);
}

/* A whole number that the checkpoint keeps beside the weights; `usual` where it has none. */
static int read_number(const struct loader *l, const char *what, int usual, int *number)
{
    const struct syn_checkpoint_tensor *t = beside(l, what, true);
    float value;
    *number = usual;
    if (!t)
        return 0;
    if (t->count != 1)
        return syn_yaml_error(&l->net->yaml, l->node, SYN_ECORRUPT, l->error,
                              "%s of the checkpoint is not one number", t->name);
    int status = syn_checkpoint_values(l->checkpoint, t, &value, l->error);
    if (status < 0)
        return status;
    if (!(fabsf(value) <= 100) || rintf(value) != value)
        return syn_yaml_error(&l->net->yaml, l->node, SYN_ECORRUPT, l->error,
                              "%s of the checkpoint is %g", t->name, (double)value);
    *number = (int)value;
    return 0;
}

static int not_quantized(const struct loader *l, float value)
{
    syn_yaml_error(&l->net->yaml, l->node, SYN_EINVAL, l->error,
                   "the checkpoint is not quantized: %s has a weight of %g", l->tensor->name,
                   (double)value);
    syn_error_hint(l->error, "quantize it with the vendor's quantize.py; its files end in "
                             "-q.pth.tar");
    return SYN_EINVAL;
}

/* Whole numbers of 8 bits, or words. */
static int to_integers(const struct loader *l, const float *values, uint32_t count,
                       int8_t *integers)
{
    for (uint32_t i = 0; i < count; i++) {
        if (rintf(values[i]) != values[i] || !(fabsf(values[i]) <= 1e6F))
            return not_quantized(l, values[i]);
        if (values[i] < -128 || values[i] > 127)
            return syn_yaml_error(&l->net->yaml, l->node, SYN_EINVAL, l->error,
                                  "%s has a weight of %g, which 8 bits do not hold",
                                  l->tensor->name, (double)values[i]);
        integers[i] = (int8_t)values[i];
    }
    return 0;
}

static int read_values(const struct loader *l, const struct syn_checkpoint_tensor *tensor,
                       float **values)
{
    *values = malloc((tensor->count + 1u) * sizeof **values);
    if (!*values)
        return syn_error_set(l->error, SYN_ENOMEM, "not enough memory for %s", tensor->name);
    int status = syn_checkpoint_values(l->checkpoint, tensor, *values, l->error);
    if (status < 0) {
        free(*values);
        *values = NULL;
    }
    return status;
}

/* ---- width and shift ---- */

struct range {
    int low, high;
    bool zero; /* a weight is 0 */
};

static struct range range_of(const int8_t *weights, uint32_t count)
{
    struct range range = {.low = 127, .high = -128};
    for (uint32_t i = 0; i < count; i++) {
        range.low = weights[i] < range.low ? weights[i] : range.low;
        range.high = weights[i] > range.high ? weights[i] : range.high;
        range.zero |= weights[i] == 0;
    }
    return range;
}

/* As the vendor's tool: what the description says, else what the checkpoint says. */
static int set_width(const struct loader *l, struct range range, int said_bits, bool *binary)
{
    int bits = l->described->quantization;
    *binary = bits == -1;
    if (*binary)
        bits = 2;
    else if (bits == 0)
        bits = range.low == 0 && range.high == 0 ? 1 : said_bits;
    const yaml_node_t *said = l->described->at[SYN_FIELD_QUANTIZATION];
    const yaml_node_t *node = said ? said : l->node;
    if (bits != 1 && bits != 2 && bits != 4 && bits != 8)
        return syn_yaml_error(&l->net->yaml, node, SYN_EUNSUP, l->error,
                              "%d-bit weights; there are 1, 2, 4 and 8 bits", bits);
    if (*binary && (range.low < -1 || range.high > 1 || range.zero))
        return syn_yaml_error(&l->net->yaml, node, SYN_EINVAL, l->error,
                              "binary weights are -1 and 1; %s has others", l->tensor->name);
    if (range.low < -(1 << (bits - 1)) || range.high >= 1 << (bits - 1))
        return syn_yaml_error(&l->net->yaml, node, SYN_EINVAL, l->error,
                              "%d-bit weights; those of %s are %d to %d", bits, l->tensor->name,
                              range.low, range.high);
    l->layer->weight_bits = (uint8_t)bits;
    return 0;
}

/* Binary weights are shifted as 1-bit ones by the vendor's tool, and have 2 bits here. */
static int set_shift(const struct loader *l, bool binary)
{
    int shift;
    int status = read_number(l, "output_shift", 0, &shift);
    if (status < 0)
        return status;
    const yaml_node_t *said = l->described->at[SYN_FIELD_OUTPUT_SHIFT];
    if (said)
        shift = (int)l->described->output_shift;
    shift += binary;
    const int total = shift + 8 - l->layer->weight_bits;
    if (total < -15 || total > 15)
        return syn_yaml_error(&l->net->yaml, said ? said : l->node, SYN_EUNSUP, l->error,
                              "a total shift of %d; the part shifts by -15 to 15", total);
    l->layer->output_shift = (int8_t)shift;
    return 0;
}

/* ---- into the blob ---- */

static int grow(struct syn_vendor_blob *blob, size_t size, struct syn_error *error)
{
    if (size > SYN_MODEL_WEIGHTS_MAX - blob->size)
        return syn_error_set(error, SYN_EUNSUP, "more than %u MiB of weights",
                             SYN_MODEL_WEIGHTS_MAX >> 20);
    if (blob->size + size <= blob->room)
        return 0;
    const size_t room = 2 * blob->room + size;
    uint8_t *bytes = realloc(blob->bytes, room);
    if (!bytes)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for the weights");
    blob->bytes = bytes;
    blob->room = room;
    return 0;
}

/* A transposed convolution becomes one that correlates: turned by 180 degrees, in and out swapped.
 */
static void turn(const struct loader *l, const int8_t *from, int8_t *to)
{
    const uint32_t *shape = l->tensor->shape;
    const uint32_t in = shape[0], out = shape[1], kernel = shape[2] * shape[3];
    for (uint32_t i = 0; i < in; i++)
        for (uint32_t o = 0; o < out; o++)
            for (uint32_t k = 0; k < kernel; k++)
                to[(o * in + i) * kernel + kernel - 1 - k] = from[(i * out + o) * kernel + k];
}

static int pack(const struct loader *l, int8_t *weights, struct syn_vendor_blob *blob)
{
    const uint32_t count = l->tensor->count, bytes = syn_layer_weight_bytes(l->layer);
    int8_t *turned = NULL;
    int status = grow(blob, bytes, l->error);
    if (status == 0 && l->layer->op == SYN_OP_CONVTRANSPOSE2D) {
        turned = malloc(count);
        if (!turned)
            return syn_error_set(l->error, SYN_ENOMEM, "not enough memory for the weights");
        turn(l, weights, turned);
    }
    if (status == 0)
        syn_weights_pack(turned ? turned : weights, l->layer->weight_bits, count,
                         blob->bytes + blob->size);
    blob->size += status == 0 ? bytes : 0;
    free(turned);
    return status;
}

static int load_weights(const struct loader *l, int said_bits, struct syn_vendor_blob *blob,
                        bool *binary)
{
    float *values = NULL;
    int8_t *weights = calloc(l->tensor->count + 1u, 1);
    if (!weights)
        return syn_error_set(l->error, SYN_ENOMEM, "not enough memory for the weights");
    int status = read_values(l, l->tensor, &values);
    if (status == 0)
        status = to_integers(l, values, l->tensor->count, weights);
    free(values);
    if (status == 0)
        status = set_width(l, range_of(weights, l->tensor->count), said_bits, binary);
    if (status == 0)
        status = set_shift(l, *binary);
    if (status == 0)
        status = pack(l, weights, blob);
    free(weights);
    return status;
}

/* Quantized biases stand in the checkpoint in units of the accumulator; rounded down as the tool
 * does, since older ones are no whole multiples. */
static int load_bias(const struct loader *l, int said_bits, struct syn_vendor_blob *blob)
{
    float *values = NULL;
    const struct syn_checkpoint_tensor *bias = beside(l, "bias", false);
    const uint32_t count = l->layer->out.channels;
    if (!bias)
        return 0;
    if (bias->dims != 1 || bias->count != count)
        return syn_yaml_error(&l->net->yaml, l->node, SYN_EINVAL, l->error,
                              "%s has %u numbers for %u output channels", bias->name, bias->count,
                              count);
    int status = grow(blob, count, l->error);
    if (status == 0)
        status = read_values(l, bias, &values);
    if (!values)
        return status;
    for (uint32_t i = 0; i < count && status == 0; i++) {
        const float value = floorf(ldexpf(values[i], 1 - said_bits));
        if (!(value >= -128 && value <= 127))
            status = syn_yaml_error(&l->net->yaml, l->node, SYN_EINVAL, l->error,
                                    "%s has a bias of %g, which 8 bits do not hold", bias->name,
                                    (double)value);
        else
            blob->bytes[blob->size + i] = (uint8_t)(int8_t)value;
    }
    free(values);
    blob->size += status == 0 ? count : 0;
    l->layer->has_bias = status == 0;
    return status;
}

int syn_vendor_load(const struct syn_vendor_net *net, unsigned layer,
                    struct syn_checkpoint *checkpoint, struct syn_layer *l,
                    struct syn_vendor_blob *blob, bool *binary, struct syn_error *error)
{
    const int source = net->layers[layer].weight_source;
    const struct loader loader = {.net = net,
                                  .described = &net->layers[source >= 0 ? source : (int)layer],
                                  .node = net->layers[layer].node,
                                  .checkpoint = checkpoint,
                                  .tensor = syn_vendor_tensor(net, layer),
                                  .layer = l,
                                  .error = error};
    int said_bits;
    int status = read_number(&loader, "weight_bits", 8, &said_bits);
    if (said_bits == 0)
        said_bits = 8;
    if (status == 0 && (said_bits < 1 || said_bits > 8))
        return syn_yaml_error(&net->yaml, loader.node, SYN_EUNSUP, error,
                              "%d-bit weights; there are 1, 2, 4 and 8 bits", said_bits);
    if (status == 0)
        status = load_weights(&loader, said_bits, blob, binary);
    if (status == 0)
        status = load_bias(&loader, said_bits, blob);
    return status;
}
