/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/vendor/describe.h"

#include "core/import/build/build.h"
#include "core/model/read.h"
#include "devices/base/bits.h"
#include "devices/part/place.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct describer {
    struct syn_imported *imported;
    struct syn_vendor_net *net;
    struct syn_checkpoint *checkpoint;
    struct syn_model model; /* a shell: its layers, names and input alone */
    struct syn_vendor_blob blob;
    struct syn_error *error;
};

static const struct syn_vendor_layer *layer_at(const struct describer *d, unsigned place)
{
    return &d->net->layers[d->net->order[place]];
}

static int wrong(const struct describer *d, const yaml_node_t *node, int code, const char *text)
{
    return syn_yaml_error(&d->net->yaml, node, code, d->error, "%s", text);
}

/* ---- shapes ---- */

static struct syn_shape shape_of(const struct describer *d, unsigned tensor)
{
    return tensor ? d->model.layers[tensor - 1].out : d->model.input;
}

static void shapes_text(const struct describer *d, const struct syn_layer *l, char text[160])
{
    size_t used = 0;
    for (unsigned i = 0; i < l->input_count && used < 160; i++) {
        const struct syn_shape s = shape_of(d, l->inputs[i]);
        used += (size_t)snprintf(text + used, 160 - used, "%s%ux%ux%u", i ? ", " : "", s.channels,
                                 s.height, s.width);
    }
}

/* A linear layer without flatten is a 1x1 convolution, which matters where there are more pixels;
 * data of one dimension are not pooled across. */
static void adapt(const struct describer *d, struct syn_layer *l)
{
    const struct syn_shape in = shape_of(d, l->inputs[0]);
    if (l->op == SYN_OP_LINEAR && !l->flatten && in.height * in.width > 1)
        l->op = SYN_OP_CONV2D;
    if (l->op == SYN_OP_PASSTHROUGH && in.width == 1)
        l->pool_w = l->pool_stride_w = l->pool_dilation_w = 1;
}

static int resolve(const struct describer *d, unsigned place, struct syn_layer *l)
{
    struct syn_shape shapes[SYN_LAYER_INPUTS_MAX];
    const char *why = "";
    char inputs[160] = "";
    for (unsigned i = 0; i < l->input_count; i++)
        shapes[i] = shape_of(d, l->inputs[i]);
    if (syn_layer_resolve(l, shapes, &why) == 0)
        return 0;
    shapes_text(d, l, inputs);
    return syn_yaml_error(&d->net->yaml, layer_at(d, place)->node, SYN_EINVAL, d->error,
                          "%s (input %s)", why, inputs);
}

/* ---- what is said twice must agree ---- */

static int check_said(const struct describer *d, unsigned place, const struct syn_layer *l)
{
    const struct syn_vendor_layer *v = layer_at(d, place);
    const int64_t flat = (int64_t)l->in.channels * l->in.height * l->in.width;
    if (v->in_dim[0] && (v->in_dim[0] != l->in.height || v->in_dim[1] != l->in.width)) {
        syn_yaml_error(&d->net->yaml, v->at[SYN_FIELD_IN_DIM], SYN_EUNSUP, d->error,
                       "in_dim %lldx%lld makes another shape of %ux%u", (long long)v->in_dim[0],
                       (long long)v->in_dim[1], l->in.height, l->in.width);
        syn_error_hint(d->error, "a tensor keeps its shape here; only op: linear can flatten");
        return SYN_EUNSUP;
    }
    if (v->in_channels && v->in_channels != l->in.channels && v->in_channels != flat)
        return syn_yaml_error(&d->net->yaml, v->at[SYN_FIELD_IN_CHANNELS], SYN_EINVAL, d->error,
                              "in_channels %lld, but the input has %u", (long long)v->in_channels,
                              l->in.channels);
    if (v->out_channels && v->out_channels != l->out.channels)
        return syn_yaml_error(&d->net->yaml, v->at[SYN_FIELD_OUT_CHANNELS], SYN_EINVAL, d->error,
                              "out_channels %lld, but the output has %u",
                              (long long)v->out_channels, l->out.channels);
    if (v->big_data && place > 0)
        return wrong(d, v->at[SYN_FIELD_DATA_FORMAT], SYN_EINVAL,
                     "data_format CHW after the first layer");
    if (l->output_width == 32 && place + 1 < d->net->order_count)
        return wrong(d, v->at[SYN_FIELD_OUTPUT_WIDTH], SYN_EUNSUP,
                     "32-bit output before the last layer");
    return 0;
}

static int check_map(const struct describer *d, const yaml_node_t *node, uint64_t map,
                     unsigned channels)
{
    const unsigned have = syn_bits_count(map), want = syn_part_processors(channels);
    if (have == want)
        return 0;
    return syn_yaml_error(&d->net->yaml, node, SYN_EINVAL, d->error,
                          "%u processors for %u channels; %u are needed%s", have, channels, want,
                          syn_part_expand(channels) > 1 ? " in each pass" : "");
}

/* Beyond both parts: with what the larger one lacks. */
static int check_parts(const struct describer *d, unsigned place, const struct syn_layer *l)
{
    struct syn_misfit misfit = {0};
    if (syn_place_check_layer(&syn_part_max78000, l, &misfit) == 0 ||
        syn_place_check_layer(&syn_part_max78002, l, &misfit) == 0)
        return 0;
    const struct syn_vendor_layer *v = layer_at(d, place);
    if (misfit.what)
        syn_yaml_error(&d->net->yaml, v->node, SYN_EUNSUP, d->error, "no part has it: %s",
                       misfit.what);
    else
        syn_yaml_error(&d->net->yaml, v->node, SYN_EUNSUP, d->error,
                       "no part has it: needs %u, at most %u are possible", misfit.need,
                       misfit.have);
    if (v->streaming)
        syn_error_hint(d->error, "the layer streams its input, which here must lie in data "
                                 "memory whole: make the input smaller, or fold it");
    return SYN_EUNSUP;
}

/* ---- weights ---- */

static const char *tensor_text(const struct syn_checkpoint_tensor *t, char text[80])
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < t->dims && used < 80; i++)
        used += (size_t)snprintf(text + used, 80 - used, "%s%u", i ? "x" : "", t->shape[i]);
    return text;
}

static bool kernel_agrees(const struct syn_checkpoint_tensor *t, const struct syn_layer *l)
{
    switch (t->dims) {
    case 2:
        return l->kernel_h == 1 && l->kernel_w == 1;
    case 3:
        return t->shape[2] == l->kernel_h && l->kernel_w == 1;
    case 4:
        return t->shape[2] == l->kernel_h && t->shape[3] == l->kernel_w;
    default:
        return false;
    }
}

/* Output channels, which the tensor alone says. */
static int take_channels(const struct describer *d, unsigned place, struct syn_layer *l)
{
    const struct syn_checkpoint_tensor *t = syn_vendor_tensor(d->net, d->net->order[place]);
    const yaml_node_t *node = layer_at(d, place)->node;
    const bool transposed = l->op == SYN_OP_CONVTRANSPOSE2D;
    if (t->count == 0)
        return syn_yaml_error(&d->net->yaml, node, SYN_EUNSUP, d->error,
                              "weights %s are no plain tensor of 1 to %u numbers", t->name,
                              SYN_CHECKPOINT_ELEMENTS);
    if (t->dims == 1) {
        syn_yaml_error(&d->net->yaml, node, SYN_EINVAL, d->error,
                       "%s has one dimension: no weights of a convolution", t->name);
        syn_error_hint(d->error, "fold batch normalisation into the layers before it, as the "
                                 "vendor's training does");
        return SYN_EINVAL;
    }
    const uint64_t out =
        t->dims < 2 ? 0 : (transposed ? (uint64_t)t->shape[1] * l->groups : t->shape[0]);
    if (out == 0 || out > 2048)
        return syn_yaml_error(&d->net->yaml, node, SYN_EUNSUP, d->error,
                              "weights %s with %llu output channels: a layer has 1 to 2048",
                              t->name, (unsigned long long)out);
    l->out.channels = (uint16_t)out;
    l->weight_bits = 8;
    return 0;
}

static int check_tensor(const struct describer *d, unsigned place, const struct syn_layer *l)
{
    char text[80];
    const struct syn_checkpoint_tensor *t = syn_vendor_tensor(d->net, d->net->order[place]);
    const bool transposed = l->op == SYN_OP_CONVTRANSPOSE2D;
    const uint32_t pixels = l->flatten ? (uint32_t)l->pooled.height * l->pooled.width : 1;
    const uint32_t in = l->pooled.channels * pixels;
    const uint64_t have = transposed ? t->shape[0] : (uint64_t)t->shape[1] * l->groups;
    if (have == in && kernel_agrees(t, l))
        return 0;
    return syn_yaml_error(&d->net->yaml, layer_at(d, place)->node, SYN_EINVAL, d->error,
                          "weights %s are %s; the layer needs %u channels in, kernel %ux%u%s",
                          t->name, tensor_text(t, text), in / (transposed ? 1 : l->groups),
                          l->kernel_h, l->kernel_w, transposed ? " (in x out x kernel)" : "");
}

static int note(const struct describer *d, const char *text, const char *what)
{
    return syn_imported_note(d->imported, "%s: %s", what, text) < 0
               ? syn_error_set(d->error, SYN_ENOMEM, "not enough memory for notes")
               : 0;
}

static int load_weights(struct describer *d, unsigned place, struct syn_layer *l)
{
    bool binary = false;
    int status = check_tensor(d, place, l);
    if (status == 0)
        status = syn_vendor_load(d->net, d->net->order[place], d->checkpoint, l, &d->blob, &binary,
                                 d->error);
    if (status == 0 && binary)
        status = note(d, "weights of -1 and 1 are stored in 2 bits", d->model.layer_names[place]);
    return status;
}

/* ---- layers ---- */

static int name_layer(const struct describer *d, unsigned place)
{
    char text[SYN_MODEL_NAME_MAX];
    char *name = d->model.layer_names[place];
    (void)snprintf(name, SYN_MODEL_NAME_MAX, "%s",
                   syn_vendor_name(d->net, d->net->order[place], text));
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-+", *c))
            *c = '_';
    for (unsigned i = 0; i < place; i++)
        if (strcmp(d->model.layer_names[i], name) == 0)
            return wrong(d, layer_at(d, place)->node, SYN_EINVAL,
                         "its name is that of another layer");
    return 0;
}

static int add_layer(struct describer *d, unsigned place)
{
    const struct syn_vendor_layer *v = layer_at(d, place);
    struct syn_layer *l = &d->model.layers[place];
    const bool weighted = v->layer.op != SYN_OP_PASSTHROUGH;
    *l = v->layer;
    l->input_chw = place == 0 && v->big_data;
    adapt(d, l);
    int status = name_layer(d, place);
    if (status == 0 && weighted)
        status = take_channels(d, place, l);
    if (status == 0)
        status = resolve(d, place, l);
    if (status == 0)
        status = check_said(d, place, l);
    if (status == 0)
        status = check_map(d, v->at[SYN_FIELD_PROCESSORS], l->processors, l->in.channels);
    if (status == 0)
        status = check_parts(d, place, l);
    if (status == 0 && weighted)
        status = load_weights(d, place, l);
    return status;
}

static bool is_read(const struct describer *d, unsigned tensor)
{
    for (unsigned i = tensor; i < d->model.layer_count; i++)
        for (unsigned k = 0; k < d->model.layers[i].input_count; k++)
            if (d->model.layers[i].inputs[k] == tensor)
                return true;
    return false;
}

/* A layer writes for the one that runs next, the last one where output_map says. */
static int place_output(const struct describer *d, unsigned place)
{
    const struct syn_vendor_layer *v = layer_at(d, place);
    struct syn_layer *l = &d->model.layers[place];
    const bool last = place + 1 == d->model.layer_count;
    const unsigned want = syn_part_processors(l->out.channels);
    if (last && d->net->output_map) {
        l->output_processors = d->net->output_map;
        return check_map(d, d->net->output_node, l->output_processors, l->out.channels);
    }
    if (v->at[SYN_FIELD_OUTPUT_PROCESSORS])
        return check_map(d, v->at[SYN_FIELD_OUTPUT_PROCESSORS], v->layer.output_processors,
                         l->out.channels);
    l->output_processors = last ? 0 : layer_at(d, place + 1)->layer.processors;
    if (syn_bits_count(l->output_processors) != want)
        l->output_processors = syn_model_default_output(&d->model, place + 1);
    return 0;
}

/* Processors of the layer that hold the channels of its input `index`. */
static uint64_t wanted_map(const struct describer *d, const struct syn_layer *l, unsigned index)
{
    const bool concat = l->input_count > 1 && l->eltwise == SYN_ELTWISE_NONE;
    uint64_t map = l->processors, taken = 0;
    unsigned before = 0;
    if (!concat)
        return map;
    for (unsigned i = 0; i < index; i++)
        before += shape_of(d, l->inputs[i]).channels;
    for (; map && before > 0; before--)
        map &= map - 1;
    for (unsigned n = shape_of(d, l->inputs[index]).channels; map && n > 0; n--) {
        taken |= map & (~map + 1);
        map &= map - 1;
    }
    return taken;
}

/* What a layer reads has to lie where its processors are. Inputs that are put together in several
 * passes share words in ways that the placement looks at. */
static int check_sources(const struct describer *d, unsigned place)
{
    const struct syn_layer *l = &d->model.layers[place];
    const bool concat = l->input_count > 1 && l->eltwise == SYN_ELTWISE_NONE;
    for (unsigned i = 0; i < l->input_count; i++) {
        if (l->inputs[i] == 0 || (concat && syn_part_expand(l->in.channels) > 1))
            continue;
        const unsigned from = l->inputs[i] - 1U;
        const uint64_t have = d->model.layers[from].output_processors;
        const uint64_t want = wanted_map(d, l, i);
        if (have == want)
            continue;
        syn_yaml_error(&d->net->yaml, layer_at(d, place)->at[SYN_FIELD_PROCESSORS], SYN_EINVAL,
                       d->error, "%s writes for other processors than this layer reads with",
                       d->model.layer_names[from]);
        syn_error_hint(d->error, "output_processors of %s: 0x%016llx, not 0x%016llx",
                       d->model.layer_names[from], (unsigned long long)want,
                       (unsigned long long)have);
        return SYN_EINVAL;
    }
    return 0;
}

static int finish_layer(const struct describer *d, unsigned place)
{
    const struct syn_vendor_layer *v = layer_at(d, place);
    if (place + 1 < d->model.layer_count && !is_read(d, place + 1)) {
        wrong(d, v->output ? v->at[SYN_FIELD_OUTPUT] : v->node, SYN_EUNSUP,
              v->output ? "a second output of the network"
                        : "no later layer reads the output of this one");
        syn_error_hint(d->error, "a model has one output, that of its last layer; add the parts "
                                 "as models of their own");
        return SYN_EUNSUP;
    }
    return place_output(d, place);
}

/* ---- notes ---- */

static int add_notes(const struct describer *d, unsigned unused)
{
    char text[100];
    unsigned streaming = 0;
    int status = 0;
    for (unsigned i = 0; i < d->net->order_count; i++)
        streaming += layer_at(d, i)->streaming;
    if (streaming)
        status = note(d,
                      "the layers that stream read their input from data memory, which must "
                      "hold it",
                      "streaming");
    if (status == 0 && d->net->order_count < d->net->count) {
        (void)snprintf(text, sizeof text, "%u layers are never run and left out",
                       d->net->count - d->net->order_count);
        status = note(d, text, "next_sequence");
    }
    if (status == 0 && d->blob.checkpoint == SYN_VENDOR_TRAINED)
        status = note(d, "was not quantized; its weights are, as the vendor's quantize.py does it",
                      "checkpoint");
    if (status == 0 && unused) {
        (void)snprintf(text, sizeof text, "%u more weights than layers; the last are not used",
                       unused);
        status = note(d, text, "checkpoint");
    }
    return status;
}

static int add_sharing_notes(const struct describer *d)
{
    for (unsigned i = 0; i < d->net->order_count; i++)
        if (layer_at(d, i)->weight_source >= 0)
            return note(d, "layers that share weights have a copy each", "weight_source");
    return 0;
}

/* ---- the model ---- */

static int build(const struct describer *d, struct syn_error *error)
{
    char *text = syn_model_text(&d->model, "weights.bin");
    cJSON *document = text ? cJSON_Parse(text) : NULL;
    int status = SYN_ENOMEM;
    if (document) {
        cJSON_DeleteItemFromObject(document, "format");
        cJSON_DeleteItemFromObject(document, "weights");
        status = syn_import_build(d->imported, document, d->blob.bytes, d->blob.size,
                                  d->net->yaml.path, error);
    } else {
        syn_error_set(error, SYN_ENOMEM, "not enough memory for a model");
    }
    cJSON_Delete(document);
    cJSON_free(text);
    return status;
}

static int describe_layers(struct describer *d)
{
    int status = 0;
    const unsigned count = d->net->order_count;
    d->model.layers = calloc(count, sizeof *d->model.layers);
    d->model.layer_names = calloc(count, sizeof *d->model.layer_names);
    if (!d->model.layers || !d->model.layer_names)
        return syn_error_set(d->error, SYN_ENOMEM, "not enough memory for %u layers", count);
    for (unsigned i = 0; i < count && status == 0; i++) {
        d->model.layer_count = i + 1;
        status = add_layer(d, i);
    }
    for (unsigned i = 0; i < count && status == 0; i++)
        status = finish_layer(d, i);
    for (unsigned i = 0; i < count && status == 0; i++)
        status = check_sources(d, i);
    return status;
}

static int check_arch(const struct describer *d)
{
    const char *trained = syn_checkpoint_arch(d->checkpoint);
    if (!*trained || syn_yaml_is(d->net->arch, trained))
        return 0;
    return syn_yaml_error(&d->net->yaml, d->net->arch, SYN_EINVAL, d->error,
                          "arch '%.60s', but the checkpoint is of '%s'",
                          syn_yaml_text(d->net->arch), trained);
}

int syn_vendor_describe(struct syn_imported *imported, struct syn_vendor_net *net,
                        struct syn_checkpoint *checkpoint, const struct syn_import_options *options,
                        struct syn_error *error)
{
    char description[160];
    unsigned unused;
    struct describer d = {
        .imported = imported, .net = net, .checkpoint = checkpoint, .error = error};
    int status = check_arch(&d);
    if (status == 0)
        status = syn_vendor_assign(net, checkpoint, &unused, error);
    if (status == 0)
        status = syn_vendor_input(net, options, &d.model.input, error);
    if (status == 0)
        status = describe_layers(&d);
    if (status == 0)
        status = add_notes(&d, unused);
    if (status == 0)
        status = add_sharing_notes(&d);
    if (status == 0) {
        (void)snprintf(description, sizeof description, "%.60s for %.60s", syn_yaml_text(net->arch),
                       net->dataset ? syn_yaml_text(net->dataset) : "");
        syn_import_name(d.model.name, options, NULL, net->yaml.path);
        d.model.description = description;
        d.model.input_fold = 1;
        d.model.input_chw = d.model.layers[0].input_chw;
        status = build(&d, error);
    }
    free(d.model.layers);
    free(d.model.layer_names);
    free(d.blob.bytes);
    return status;
}
