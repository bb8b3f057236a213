/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/vendor/weights.h"

#include "core/import/vendor/quantize.h"
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
    struct syn_vendor_blob *blob;
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

/* Whole numbers of 8 bits, or words. */
static int to_integers(const struct loader *l, const float *values, uint32_t count,
                       int8_t *integers)
{
    for (uint32_t i = 0; i < count; i++) {
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
static int set_shift(const struct loader *l, int shift, bool binary)
{
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

/* ---- quantizing ---- */

/* A layer's numbers as the checkpoint has them, then as integers. */
struct numbers {
    float *weights, *bias; /* bias NULL where it has none; owned */
    uint32_t bias_count;
    int said_bits; /* weight_bits of the checkpoint */
    int shift;
};

/* Are the weights whole numbers, as quantizing leaves them? */
static int look_at(const struct loader *l, const float *weights, bool *whole, bool *large)
{
    *whole = true;
    *large = false;
    for (uint32_t i = 0; i < l->tensor->count; i++) {
        if (!(fabsf(weights[i]) <= 1e6F))
            return syn_yaml_error(&l->net->yaml, l->node, SYN_EINVAL, l->error,
                                  "%s has a weight of %g", l->tensor->name, (double)weights[i]);
        *whole &= rintf(weights[i]) == weights[i];
        *large |= fabsf(weights[i]) > 1;
    }
    return 0;
}

static int in_part(const struct loader *l)
{
    syn_yaml_error(&l->net->yaml, l->node, SYN_EINVAL, l->error,
                   "the checkpoint is quantized in part: the weights of %s are%s whole numbers, "
                   "unlike those before",
                   l->tensor->name, l->blob->checkpoint == SYN_VENDOR_TRAINED ? "" : " no");
    syn_error_hint(l->error, "quantize it with the vendor's quantize.py; its files end in "
                             "-q.pth.tar");
    return SYN_EINVAL;
}

static int quantize(const struct loader *l, struct numbers *n)
{
    float quantile = 1;
    const struct syn_checkpoint_tensor *t = beside(l, "shift_quantile", true);
    const int bits = l->described->quantization ? l->described->quantization : n->said_bits;
    int status =
        t && t->count == 1 ? syn_checkpoint_values(l->checkpoint, t, &quantile, l->error) : 0;
    if (status < 0)
        return status;
    if (bits < 1 || !(quantile >= 0 && quantile <= 1))
        return syn_yaml_error(&l->net->yaml, l->node, SYN_EUNSUP, l->error,
                              bits < 1 ? "binary weights that are not quantized yet"
                                       : "a shift_quantile that is not between 0 and 1");
    return syn_vendor_quantize(n->weights, l->tensor->count, n->bias, n->bias_count, (unsigned)bits,
                               quantile, &n->shift, l->error);
}

/* Quantized biases stand in the checkpoint in units of the accumulator; rounded down as the tool
 * does, since older ones are no whole multiples. */
static void scale_bias(struct numbers *n)
{
    for (uint32_t i = 0; i < n->bias_count; i++)
        n->bias[i] = floorf(ldexpf(n->bias[i], 1 - n->said_bits));
}

/* All layers are of one kind; the first tells which. */
static int make_whole(const struct loader *l, struct numbers *n)
{
    bool whole, large;
    int status = look_at(l, n->weights, &whole, &large);
    if (status < 0)
        return status;
    if (l->blob->checkpoint == SYN_VENDOR_UNKNOWN)
        l->blob->checkpoint = whole ? SYN_VENDOR_QUANTIZED : SYN_VENDOR_TRAINED;
    const bool trained = l->blob->checkpoint == SYN_VENDOR_TRAINED;
    if (trained ? whole && large : !whole)
        return in_part(l);
    if (trained)
        return quantize(l, n);
    scale_bias(n);
    return read_number(l, "output_shift", 0, &n->shift);
}

static int read_bias(const struct loader *l, struct numbers *n)
{
    const struct syn_checkpoint_tensor *bias = beside(l, "bias", false);
    if (!bias)
        return 0;
    if (bias->dims != 1 || bias->count != l->layer->out.channels)
        return syn_yaml_error(&l->net->yaml, l->node, SYN_EINVAL, l->error,
                              "%s has %u numbers for %u output channels", bias->name, bias->count,
                              l->layer->out.channels);
    int status = read_values(l, bias, &n->bias);
    n->bias_count = status < 0 ? 0 : bias->count;
    for (uint32_t i = 0; i < n->bias_count && status == 0; i++)
        if (!(fabsf(n->bias[i]) <= 1e9F))
            status = syn_yaml_error(&l->net->yaml, l->node, SYN_EINVAL, l->error,
                                    "%s has a bias of %g", bias->name, (double)n->bias[i]);
    return status;
}

static int read_all(const struct loader *l, struct numbers *n)
{
    int status = read_number(l, "weight_bits", 8, &n->said_bits);
    if (n->said_bits == 0)
        n->said_bits = 8;
    if (status == 0 && (n->said_bits < 1 || n->said_bits > 8))
        return syn_yaml_error(&l->net->yaml, l->node, SYN_EUNSUP, l->error,
                              "%d-bit weights; there are 1, 2, 4 and 8 bits", n->said_bits);
    if (status == 0)
        status = read_values(l, l->tensor, &n->weights);
    if (status == 0)
        status = read_bias(l, n);
    return status < 0 ? status : make_whole(l, n);
}

/* ---- a layer ---- */

static int load_weights(const struct loader *l, const struct numbers *n, bool *binary)
{
    int8_t *weights = calloc(l->tensor->count + 1u, 1);
    if (!weights)
        return syn_error_set(l->error, SYN_ENOMEM, "not enough memory for the weights");
    int status = !n->weights ? SYN_ENOMEM : to_integers(l, n->weights, l->tensor->count, weights);
    if (status == 0)
        status = set_width(l, range_of(weights, l->tensor->count), n->said_bits, binary);
    if (status == 0)
        status = set_shift(l, n->shift, *binary);
    if (status == 0)
        status = pack(l, weights, l->blob);
    free(weights);
    return status;
}

static int load_bias(const struct loader *l, const struct numbers *n)
{
    int status = n->bias_count ? grow(l->blob, n->bias_count, l->error) : 0;
    for (uint32_t i = 0; i < n->bias_count && status == 0; i++) {
        if (!(n->bias[i] >= -128 && n->bias[i] <= 127))
            status = syn_yaml_error(&l->net->yaml, l->node, SYN_EINVAL, l->error,
                                    "the bias of %s has %g, which 8 bits do not hold",
                                    l->tensor->name, (double)n->bias[i]);
        else
            l->blob->bytes[l->blob->size + i] = (uint8_t)(int8_t)n->bias[i];
    }
    l->blob->size += status == 0 ? n->bias_count : 0;
    l->layer->has_bias = n->bias_count > 0;
    return status;
}

int syn_vendor_load(const struct syn_vendor_net *net, unsigned layer,
                    struct syn_checkpoint *checkpoint, struct syn_layer *l,
                    struct syn_vendor_blob *blob, bool *binary, struct syn_error *error)
{
    const int source = net->layers[layer].weight_source;
    struct numbers numbers = {0};
    const struct loader loader = {.net = net,
                                  .described = &net->layers[source >= 0 ? source : (int)layer],
                                  .node = net->layers[layer].node,
                                  .checkpoint = checkpoint,
                                  .tensor = syn_vendor_tensor(net, layer),
                                  .layer = l,
                                  .blob = blob,
                                  .error = error};
    int status = read_all(&loader, &numbers);
    if (status == 0)
        status = load_weights(&loader, &numbers, binary);
    if (status == 0)
        status = load_bias(&loader, &numbers);
    free(numbers.weights);
    free(numbers.bias);
    return status;
}
