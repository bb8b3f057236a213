/* SPDX-License-Identifier: GPL-3.0-or-later */
/* References between layers, and the order in which they run. */
#include "core/import/vendor/layers.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The layer with this name or sequence number, SYN_VENDOR_INPUT, -2 where there is none. */
static int find_layer(const struct syn_vendor_net *net, const yaml_node_t *node)
{
    int64_t number;
    if (syn_yaml_is(node, "input") || syn_yaml_is(node, "-1"))
        return SYN_VENDOR_INPUT;
    const bool numbered = syn_yaml_number(node, &number);
    for (unsigned i = 0; i < net->count; i++)
        if (numbered ? net->layers[i].sequence == number
                     : net->layers[i].name[0] && syn_yaml_is(node, net->layers[i].name))
            return (int)i;
    return -2;
}

static int must_find(const struct syn_vendor_net *net, const yaml_node_t *node, int *layer,
                     struct syn_error *error)
{
    *layer = find_layer(net, node);
    if (*layer >= SYN_VENDOR_INPUT)
        return 0;
    return syn_yaml_error(&net->yaml, node, SYN_EINVAL, error, "there is no layer '%.40s'",
                          syn_yaml_text(node));
}

static int read_next(const struct syn_vendor_net *net, unsigned index, struct syn_error *error)
{
    struct syn_vendor_layer *l = &net->layers[index];
    const yaml_node_t *node = l->at[SYN_FIELD_NEXT];
    l->next = index + 1 < net->count ? (int)index + 1 : -1;
    if (!node)
        return 0;
    if (syn_yaml_is(node, "stop") || syn_yaml_is(node, "-1")) {
        l->next = -1;
        return 0;
    }
    int status = must_find(net, node, &l->next, error);
    if (status == 0 && l->next < 0)
        return syn_yaml_error(&net->yaml, node, SYN_EINVAL, error, "the input is no layer");
    return status;
}

static int read_weight_source(const struct syn_vendor_net *net, unsigned index,
                              struct syn_error *error)
{
    struct syn_vendor_layer *l = &net->layers[index];
    const yaml_node_t *node = l->at[SYN_FIELD_WEIGHT_SOURCE];
    if (!node)
        return 0;
    int status = must_find(net, node, &l->weight_source, error);
    if (status < 0)
        return status;
    if (l->weight_source < 0 || (unsigned)l->weight_source == index ||
        net->layers[l->weight_source].at[SYN_FIELD_WEIGHT_SOURCE] ||
        net->layers[l->weight_source].layer.op == SYN_OP_PASSTHROUGH)
        return syn_yaml_error(&net->yaml, node, SYN_EINVAL, error,
                              "weight_source is no layer with weights of its own");
    return 0;
}

static int check_name(const struct syn_vendor_net *net, unsigned index, struct syn_error *error)
{
    const char *name = net->layers[index].name;
    for (unsigned i = 0; *name && i < index; i++)
        if (strcasecmp(net->layers[i].name, name) == 0)
            return syn_yaml_error(&net->yaml, net->layers[index].at[SYN_FIELD_NAME], SYN_EINVAL,
                                  error, "two layers are called '%s'", name);
    return 0;
}

/* Layers as they run, from the first on. */
static int follow(struct syn_vendor_net *net, struct syn_error *error)
{
    bool seen[SYN_MODEL_LAYERS_MAX] = {false};
    int at = 0;
    net->order_count = 0;
    while (at >= 0) {
        seen[at] = true;
        net->order[net->order_count++] = (uint16_t)at;
        const struct syn_vendor_layer *l = &net->layers[at];
        at = l->next;
        if (at >= 0 && seen[at])
            return syn_yaml_error(&net->yaml, l->at[SYN_FIELD_NEXT], SYN_EINVAL, error,
                                  "next_sequence runs a layer for the second time");
    }
    return 0;
}

/* ---- inputs ---- */

/* Place of a layer in the order, -1 where it does not run. */
static int place_of(const struct syn_vendor_net *net, int layer)
{
    for (unsigned i = 0; i < net->order_count; i++)
        if (net->order[i] == layer)
            return (int)i;
    return -1;
}

static int read_input(const struct syn_vendor_net *net, unsigned place, const yaml_node_t *node,
                      struct syn_error *error)
{
    struct syn_layer *l = &net->layers[net->order[place]].layer;
    int source;
    int status = must_find(net, node, &source, error);
    if (status < 0)
        return status;
    const int from = source == SYN_VENDOR_INPUT ? -1 : place_of(net, source);
    if (source != SYN_VENDOR_INPUT && (from < 0 || (unsigned)from >= place))
        return syn_yaml_error(&net->yaml, node, SYN_EINVAL, error,
                              "'%.40s' does not run before the layer that reads it",
                              syn_yaml_text(node));
    l->inputs[l->input_count++] = (uint16_t)(from + 1);
    return 0;
}

static int read_inputs(const struct syn_vendor_net *net, unsigned place, struct syn_error *error)
{
    struct syn_vendor_layer *v = &net->layers[net->order[place]];
    const yaml_node_t *node = v->at[SYN_FIELD_IN_SEQUENCES];
    const unsigned count = node ? syn_yaml_count(node) : 1;
    int status = 0;
    if (count == 0 || count > SYN_LAYER_INPUTS_MAX)
        return syn_yaml_error(&net->yaml, node, SYN_EINVAL, error, "1 to %d layers are expected",
                              SYN_LAYER_INPUTS_MAX);
    if (v->layer.eltwise != SYN_ELTWISE_NONE && count != v->operands) {
        syn_yaml_error(&net->yaml, node ? node : v->node, node ? SYN_EINVAL : SYN_EUNSUP, error,
                       "an element-wise operation of %u operands with %u input%s", v->operands,
                       count, count == 1 ? "" : "s");
        syn_error_hint(error, "name each operand in in_sequences; a model has one input");
        return node ? SYN_EINVAL : SYN_EUNSUP;
    }
    if (!node) {
        v->layer.inputs[v->layer.input_count++] = (uint16_t)place;
        return 0;
    }
    for (unsigned i = 0; i < count && status == 0; i++)
        status = read_input(net, place, syn_yaml_item(&net->yaml, node, i), error);
    return status;
}

int syn_vendor_read_order(struct syn_vendor_net *net, struct syn_error *error)
{
    int status = 0;
    for (unsigned i = 0; i < net->count && status == 0; i++) {
        status = check_name(net, i, error);
        if (status == 0)
            status = read_next(net, i, error);
        if (status == 0)
            status = read_weight_source(net, i, error);
    }
    if (status == 0)
        status = follow(net, error);
    for (unsigned i = 0; i < net->order_count && status == 0; i++)
        status = read_inputs(net, i, error);
    return status;
}
