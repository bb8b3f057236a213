/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a model, in parts: layers (read_layer.c), measured.c, and the rest (read.c). Private. */
#ifndef SYN_CORE_MODEL_READ_H
#define SYN_CORE_MODEL_READ_H

#include "core/base/json.h"
#include "core/model/model.h"

#define SYN_MODEL_WEIGHTS_MAX (64u << 20) /* bytes of one model; a MAX78002 holds 2.3 MiB */

struct syn_model_reader {
    const struct syn_json *doc;
    struct syn_model *model;
    bool one_d; /* the input has a length */
};

/* Reads the list `layers` into model->layers and names, resolved and checked. */
int syn_model_read_layers(struct syn_model_reader *reader, const cJSON *layers,
                          struct syn_error *error);

/* Reads the list `measured` (NULL: there is none) into the model. */
int syn_model_read_measured(struct syn_model_reader *reader, const cJSON *list,
                            struct syn_error *error);

/* The same list for a file; NULL without memory, or where the model has none. */
cJSON *syn_model_measured_json(const struct syn_model *model);

/* Bytes of all layers' weights and biases in the weights file; may exceed 32 bits. */
uint64_t syn_model_blob_size(const struct syn_model *model);

/* Points weights[] and biases[] into the blob. */
void syn_model_split_blob(struct syn_model *model);

/* Fills the blob from the seed. */
int syn_model_seed_blob(struct syn_model *model);

/* Names of enum values in files; NULL at the end. */
extern const char *const syn_model_op_names[];
extern const char *const syn_model_pool_names[];
extern const char *const syn_model_eltwise_names[];
extern const char *const syn_model_activation_names[];

/* Where the reader of `tensor` wants it: default of output_processors. */
uint64_t syn_model_default_output(const struct syn_model *model, unsigned tensor);

#endif
