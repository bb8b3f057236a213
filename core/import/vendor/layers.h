/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layers of the vendor's network description as they stand in its file: each key checked
 * alone, defaults filled in. What only shows with shapes and weights, describe.h looks at.
 */
#ifndef SYN_CORE_IMPORT_VENDOR_LAYERS_H
#define SYN_CORE_IMPORT_VENDOR_LAYERS_H

#include "core/import/torch/checkpoint.h"
#include "core/import/vendor/document.h"
#include "core/model/model.h"

#define SYN_VENDOR_INPUT (-1) /* a layer number: the input of the model */

/* What a key of a layer is about; keys that mean the same share one. In the order of reading. */
enum syn_vendor_field {
    SYN_FIELD_NAME,
    SYN_FIELD_SEQUENCE,
    SYN_FIELD_NEXT,
    SYN_FIELD_PROCESSORS,
    SYN_FIELD_OUTPUT_PROCESSORS,
    SYN_FIELD_OP,
    SYN_FIELD_ELTWISE,
    SYN_FIELD_OPERANDS,
    SYN_FIELD_KERNEL,
    SYN_FIELD_PAD,
    SYN_FIELD_DILATION,
    SYN_FIELD_GROUPS,
    SYN_FIELD_STRIDE,
    SYN_FIELD_OUTPUT_PAD,
    SYN_FIELD_MAX_POOL,
    SYN_FIELD_AVG_POOL,
    SYN_FIELD_POOL_STRIDE,
    SYN_FIELD_POOL_DILATION,
    SYN_FIELD_POOL_FIRST,
    SYN_FIELD_ACTIVATION,
    SYN_FIELD_DATA_FORMAT,
    SYN_FIELD_FLATTEN,
    SYN_FIELD_OUTPUT_WIDTH,
    SYN_FIELD_QUANTIZATION,
    SYN_FIELD_OUTPUT_SHIFT,
    SYN_FIELD_IN_SEQUENCES,
    SYN_FIELD_IN_CHANNELS,
    SYN_FIELD_OUT_CHANNELS,
    SYN_FIELD_IN_DIM,
    SYN_FIELD_WEIGHT_SOURCE,
    SYN_FIELD_STREAMING,
    SYN_FIELD_OUTPUT,
    SYN_FIELD_BYPASS,
    SYN_FIELD_IN_CROP,
    SYN_FIELD_CHANNEL_SKIP,
    SYN_FIELD_BUFFER_SHIFT,
    SYN_FIELD_BUFFER_INSERT,
    SYN_FIELD_SNOOP,
    SYN_FIELD_SIMULATED,
    SYN_FIELD_IN_OFFSET, /* from here on: known, and of no consequence here */
    SYN_FIELD_OUT_OFFSET,
    SYN_FIELD_WRITE_GAP,
    SYN_FIELD_READ_GAP,
    SYN_FIELD_BIAS_GROUP,
    SYN_FIELD_READAHEAD,
    SYN_FIELD_TCALC,
    SYN_FIELD_CALCX4,
    SYN_FIELD_COUNT
};

struct syn_vendor_layer {
    const yaml_node_t *node;                /* the whole layer */
    const yaml_node_t *at[SYN_FIELD_COUNT]; /* values; NULL where a key is not given */
    char name[SYN_MODEL_NAME_MAX];          /* "" where it has none */
    int64_t sequence;
    int64_t in_channels, out_channels; /* 0 = not said */
    int64_t in_dim[2];                 /* 0 = not said */
    unsigned operands;                 /* of an element-wise operation, else 1 */
    int quantization;                  /* bits, -1 binary, 0 not said */
    int64_t output_shift;              /* where at[SYN_FIELD_OUTPUT_SHIFT] */
    bool streaming, output, big_data;
    struct syn_layer layer; /* geometry; inputs as numbers of layers in the table, + 1 */
    int next;               /* the layer that runs next, -1 after the last */
    int weight_source;      /* the layer whose weights it shares, -1 its own */
    const struct syn_checkpoint_tensor *weights; /* NULL without */
};

struct syn_vendor_net {
    struct syn_yaml yaml;
    const yaml_node_t *arch, *dataset;
    uint64_t output_map;            /* 0 = not said */
    const yaml_node_t *output_node; /* that says it */
    unsigned count;
    struct syn_vendor_layer *layers; /* ascending by sequence */
    unsigned order_count;
    uint16_t order[SYN_MODEL_LAYERS_MAX]; /* layers as they run */
};

/*
 * Reads the layers of net->yaml, which is open. Returns 0, SYN_EINVAL, SYN_EUNSUP, SYN_ENOMEM with
 * line and words. The caller ends with syn_vendor_free(), always, which closes the file too.
 */
int syn_vendor_read(struct syn_vendor_net *net, struct syn_error *error);
void syn_vendor_free(struct syn_vendor_net *net);

/* "conv1" or "layer 3": for errors. */
const char *syn_vendor_name(const struct syn_vendor_net *net, unsigned layer,
                            char text[SYN_MODEL_NAME_MAX]);

/* The first of the keys that mean `field`. */
const char *syn_vendor_key(enum syn_vendor_field field);

/* One layer's keys; the second step of syn_vendor_read. */
int syn_vendor_read_fields(const struct syn_yaml *yaml, struct syn_vendor_layer *layer,
                           struct syn_error *error);

/* What refers to other layers, and the order in which they run; the third step. */
int syn_vendor_read_order(struct syn_vendor_net *net, struct syn_error *error);

/* A map of processors, in hexadecimal, perhaps with dots. */
int syn_vendor_read_map(const struct syn_yaml *yaml, const yaml_node_t *node, uint64_t *map,
                        struct syn_error *error);

#endif
