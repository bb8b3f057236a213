/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/vendor/layers.h"

#include "core/base/suggest.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum syn_vendor_field field;
} keys[] = {
    {"name", SYN_FIELD_NAME},
    {"sequence", SYN_FIELD_SEQUENCE},
    {"next_sequence", SYN_FIELD_NEXT},
    {"processors", SYN_FIELD_PROCESSORS},
    {"output_processors", SYN_FIELD_OUTPUT_PROCESSORS},
    {"op", SYN_FIELD_OP},
    {"operation", SYN_FIELD_OP},
    {"operator", SYN_FIELD_OP},
    {"convolution", SYN_FIELD_OP},
    {"eltwise", SYN_FIELD_ELTWISE},
    {"operands", SYN_FIELD_OPERANDS},
    {"kernel_size", SYN_FIELD_KERNEL},
    {"pad", SYN_FIELD_PAD},
    {"dilation", SYN_FIELD_DILATION},
    {"groups", SYN_FIELD_GROUPS},
    {"conv_groups", SYN_FIELD_GROUPS},
    {"stride", SYN_FIELD_STRIDE},
    {"output_pad", SYN_FIELD_OUTPUT_PAD},
    {"max_pool", SYN_FIELD_MAX_POOL},
    {"avg_pool", SYN_FIELD_AVG_POOL},
    {"pool_stride", SYN_FIELD_POOL_STRIDE},
    {"pool_dilation", SYN_FIELD_POOL_DILATION},
    {"pool_first", SYN_FIELD_POOL_FIRST},
    {"activate", SYN_FIELD_ACTIVATION},
    {"activation", SYN_FIELD_ACTIVATION},
    {"data_format", SYN_FIELD_DATA_FORMAT},
    {"flatten", SYN_FIELD_FLATTEN},
    {"output_width", SYN_FIELD_OUTPUT_WIDTH},
    {"quantization", SYN_FIELD_QUANTIZATION},
    {"output_shift", SYN_FIELD_OUTPUT_SHIFT},
    {"in_sequences", SYN_FIELD_IN_SEQUENCES},
    {"in_channels", SYN_FIELD_IN_CHANNELS},
    {"out_channels", SYN_FIELD_OUT_CHANNELS},
    {"in_dim", SYN_FIELD_IN_DIM},
    {"weight_source", SYN_FIELD_WEIGHT_SOURCE},
    {"streaming", SYN_FIELD_STREAMING},
    {"output", SYN_FIELD_OUTPUT},
    {"bypass", SYN_FIELD_BYPASS},
    {"in_crop", SYN_FIELD_IN_CROP},
    {"buffer_shift", SYN_FIELD_BUFFER_SHIFT},
    {"buffer_insert", SYN_FIELD_BUFFER_INSERT},
    {"snoop_sequence", SYN_FIELD_SNOOP},
    {"simulated_sequence", SYN_FIELD_SIMULATED},
    /* Where data and biases lie and how the part is timed: our placement decides. */
    {"in_offset", SYN_FIELD_IN_OFFSET},
    {"out_offset", SYN_FIELD_OUT_OFFSET},
    {"write_gap", SYN_FIELD_WRITE_GAP},
    {"read_gap", SYN_FIELD_READ_GAP},
    {"in_skip", SYN_FIELD_READ_GAP},
    {"in_channel_skip", SYN_FIELD_CHANNEL_SKIP},
    {"bias_group", SYN_FIELD_BIAS_GROUP},
    {"bias_quadrant", SYN_FIELD_BIAS_GROUP},
    {"readahead", SYN_FIELD_READAHEAD},
    {"tcalc", SYN_FIELD_TCALC},
    {"calcx4", SYN_FIELD_CALCX4},
};

#define KEYS (sizeof keys / sizeof *keys)

enum global {
    GLOBAL_ARCH,
    GLOBAL_DATASET,
    GLOBAL_LAYERS,
    GLOBAL_OUTPUT_MAP,
    GLOBAL_DATA_BUFFER,
    GLOBAL_UNLOAD,
    GLOBAL_BIAS,
    GLOBAL_WEIGHTS,
    GLOBAL_SNOOP,
    GLOBAL_COUNT
};

static const char *const globals[] = {"arch",   "dataset", "layers",  "output_map", "data_buffer",
                                      "unload", "bias",    "weights", "snoop"};

/* ---- mappings ---- */

static int unknown_key(const struct syn_yaml *yaml, const yaml_node_t *key,
                       struct syn_suggest *suggest, const char *where, struct syn_error *error)
{
    syn_yaml_error(yaml, key, SYN_EINVAL, error, "unknown key '%.40s' of %s", syn_yaml_text(key),
                   where);
    if (suggest->best && suggest->distance <= 3)
        syn_error_hint(error, "did you mean '%s'?", suggest->best);
    else
        syn_error_hint(error, "core/import/IMPORT.md lists the keys");
    return SYN_EINVAL;
}

static int find_global(const struct syn_yaml *yaml, const yaml_node_t *key, unsigned *slot,
                       struct syn_error *error)
{
    struct syn_suggest suggest = {.word = syn_yaml_text(key)};
    for (unsigned i = 0; i < GLOBAL_COUNT; i++) {
        syn_suggest_offer(&suggest, globals[i]);
        if (strcmp(syn_yaml_text(key), globals[i]) == 0) {
            *slot = i;
            return 0;
        }
    }
    return unknown_key(yaml, key, &suggest, "the description", error);
}

static int find_field(const struct syn_yaml *yaml, const yaml_node_t *key, unsigned *slot,
                      struct syn_error *error)
{
    struct syn_suggest suggest = {.word = syn_yaml_text(key)};
    for (size_t i = 0; i < KEYS; i++) {
        syn_suggest_offer(&suggest, keys[i].name);
        if (strcmp(syn_yaml_text(key), keys[i].name) == 0) {
            *slot = keys[i].field;
            return 0;
        }
    }
    return unknown_key(yaml, key, &suggest, "a layer", error);
}

/* The values of a mapping into `slots`, each at most once. */
static int read_mapping(const struct syn_yaml *yaml, const yaml_node_t *node,
                        int (*find)(const struct syn_yaml *, const yaml_node_t *, unsigned *,
                                    struct syn_error *),
                        const yaml_node_t **slots, struct syn_error *error)
{
    unsigned slot = 0, count = 0;
    if (node->type != YAML_MAPPING_NODE)
        return syn_yaml_error(yaml, node, SYN_EINVAL, error, "'key: value' lines are expected");
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = syn_yaml_node(yaml, pair->key);
        int status = find(yaml, key, &slot, error);
        if (status < 0)
            return status;
        if (slots[slot] || ++count > SYN_YAML_KEYS_MAX)
            return syn_yaml_error(yaml, key, SYN_EINVAL, error,
                                  "'%.40s' says again what line %zu says", syn_yaml_text(key),
                                  slots[slot]->start_mark.line + 1);
        slots[slot] = syn_yaml_node(yaml, pair->value);
    }
    return 0;
}

/* ---- the description ---- */

static int check_globals(struct syn_vendor_net *net, const yaml_node_t *const *slots,
                         struct syn_error *error)
{
    const yaml_node_t *root = syn_yaml_root(&net->yaml);
    if (!slots[GLOBAL_LAYERS] || !slots[GLOBAL_ARCH])
        return syn_yaml_error(&net->yaml, root, SYN_EINVAL, error,
                              "no network description: it has no '%s'",
                              slots[GLOBAL_LAYERS] ? "arch" : "layers");
    if (slots[GLOBAL_DATA_BUFFER]) {
        syn_yaml_error(&net->yaml, slots[GLOBAL_DATA_BUFFER], SYN_EUNSUP, error,
                       "rolling buffers keep data from one inference to the next");
        syn_error_hint(error, "a model here is computed from one window; give it a window that "
                              "holds all");
        return SYN_EUNSUP;
    }
    net->arch = slots[GLOBAL_ARCH];
    net->dataset = slots[GLOBAL_DATASET];
    net->output_node = slots[GLOBAL_OUTPUT_MAP];
    if (slots[GLOBAL_OUTPUT_MAP])
        return syn_vendor_read_map(&net->yaml, slots[GLOBAL_OUTPUT_MAP], &net->output_map, error);
    return 0;
}

static int by_sequence(const void *a, const void *b)
{
    const int64_t x = ((const struct syn_vendor_layer *)a)->sequence;
    const int64_t y = ((const struct syn_vendor_layer *)b)->sequence;
    return (x > y) - (x < y);
}

/* Layers that are numbered sort by their numbers; the others follow the one before them. */
static int sort(struct syn_vendor_net *net, struct syn_error *error)
{
    int64_t sequence = 0;
    for (unsigned i = 0; i < net->count; i++) {
        struct syn_vendor_layer *l = &net->layers[i];
        if (!l->at[SYN_FIELD_SEQUENCE])
            l->sequence = sequence;
        sequence = l->sequence + 1;
    }
    qsort(net->layers, net->count, sizeof *net->layers, by_sequence);
    for (unsigned i = 1; i < net->count; i++)
        if (net->layers[i].sequence == net->layers[i - 1].sequence)
            return syn_yaml_error(&net->yaml, net->layers[i].node, SYN_EINVAL, error,
                                  "two layers have sequence %lld",
                                  (long long)net->layers[i].sequence);
    return 0;
}

static int read_layers(struct syn_vendor_net *net, const yaml_node_t *list, struct syn_error *error)
{
    const unsigned count = syn_yaml_count(list);
    int status = 0;
    if (list->type != YAML_SEQUENCE_NODE || count == 0 || count > SYN_MODEL_LAYERS_MAX)
        return syn_yaml_error(&net->yaml, list, SYN_EINVAL, error,
                              "%u layers: a list of 1 to %d is expected",
                              list->type == YAML_SEQUENCE_NODE ? count : 0, SYN_MODEL_LAYERS_MAX);
    net->layers = calloc(count, sizeof *net->layers);
    if (!net->layers)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for %u layers", count);
    for (; net->count < count && status == 0; net->count++) {
        struct syn_vendor_layer *layer = &net->layers[net->count];
        layer->node = syn_yaml_item(&net->yaml, list, net->count);
        status = read_mapping(&net->yaml, layer->node, find_field, layer->at, error);
        if (status == 0)
            status = syn_vendor_read_fields(&net->yaml, layer, error);
    }
    return status < 0 ? status : sort(net, error);
}

int syn_vendor_read(struct syn_vendor_net *net, struct syn_error *error)
{
    const yaml_node_t *slots[GLOBAL_COUNT] = {0};
    int status = read_mapping(&net->yaml, syn_yaml_root(&net->yaml), find_global, slots, error);
    if (status == 0)
        status = check_globals(net, slots, error);
    if (status == 0 && slots[GLOBAL_LAYERS])
        status = read_layers(net, slots[GLOBAL_LAYERS], error);
    return status < 0 ? status : syn_vendor_read_order(net, error);
}

void syn_vendor_free(struct syn_vendor_net *net)
{
    free(net->layers);
    syn_yaml_free(&net->yaml);
    *net = (struct syn_vendor_net){0};
}

const char *syn_vendor_key(enum syn_vendor_field field)
{
    size_t i = 0;
    while (i + 1 < KEYS && keys[i].field != field)
        i++;
    return keys[i].name;
}

const char *syn_vendor_name(const struct syn_vendor_net *net, unsigned layer,
                            char text[SYN_MODEL_NAME_MAX])
{
    if (net->layers[layer].name[0])
        return net->layers[layer].name;
    (void)snprintf(text, SYN_MODEL_NAME_MAX, "layer%lld", (long long)net->layers[layer].sequence);
    return text;
}
