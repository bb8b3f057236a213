/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recorded operators of the vendor's tool (ops.txt and tensors.bin of ../shared/data), and
 * models built from them. Everything is on the heap and freed by recorded_free().
 */
#ifndef SYN_TESTS_DEVICES_PART_RECORDED_H
#define SYN_TESTS_DEVICES_PART_RECORDED_H

#include <stdio.h>

#include "devices/part/layer.h"

#define RECORDED_OPS_MAX 256

struct blob {
    bool there;
    bool wide; /* int32 */
    unsigned dims[4], rank;
    uint32_t count; /* elements */
    const void *data;
};

struct recorded_op {
    int layer;
    char kind[24];
    char line[256]; /* the whole line, for fields and messages */
    struct blob in, w, b, out;
};

struct recorded {
    struct recorded_op ops[RECORDED_OPS_MAX];
    unsigned count;
    uint8_t *tensors;
    size_t size;
};

/* A model whose layers were put together from recorded operators. */
struct model {
    struct recorded *ops;
    struct syn_layer layers[SYN_MODEL_LAYERS_MAX];
    uint8_t *weights[SYN_MODEL_LAYERS_MAX];
    int8_t *biases[SYN_MODEL_LAYERS_MAX];
    const void *outputs[SYN_MODEL_LAYERS_MAX]; /* recorded; NULL for a passthrough copy */
    const int8_t *input;
    struct syn_shape shape; /* of the input */
    unsigned count;
};

/* Path of the data folder, or NULL with a printed reason where there is none. */
const char *data_folder(void);

/* Reads folder/ops.txt and folder/tensors.bin; NULL where they are missing. */
struct recorded *recorded_read(const char *folder);
void recorded_free(struct recorded *r);

/* Value of `key=` in an operator's line: a number, or the first of a pair "AxB". */
int field(const struct recorded_op *op, const char *key);
int field_second(const struct recorded_op *op, const char *key);
bool field_is(const struct recorded_op *op, const char *key, const char *value);

/* Fills a layer from one operator (its own shapes not resolved). */
void layer_from_op(const struct recorded_op *op, struct syn_layer *layer);

/* Resolves a layer of one input of this recorded shape. Fails the test where it cannot. */
void resolve_alone(struct syn_layer *layer, const struct blob *in, bool operands);

/* NULL where the folder's operators do not make a model; the reason goes to *why. */
struct model *model_read(const char *folder, const char **why);
void model_free(struct model *m);

/* Maps of processors from network.yaml; returns the number of layers that have one. */
unsigned model_read_maps(struct model *m, const char *folder);

/* One row of a table in synergy8-layers.md. */
struct table_row {
    unsigned bits;
    uint32_t weight_bytes;
    uint64_t cycles;
};

/* Rows of the model whose folder name stands in backquotes in the title; their number. */
unsigned table_read(const char *recorded_name, struct table_row rows[SYN_MODEL_LAYERS_MAX]);

/* Gives the layers their width in bits and packs the weights accordingly. */
void model_set_bits(struct model *m, const struct table_row *rows);

/* Calls `visit` with each sub-folder of data/max7800x/<kind>/<part>, in order of names. */
void for_each_folder(const char *kind, const char *part,
                     void (*visit)(const char *path, void *user), void *user);

#endif
