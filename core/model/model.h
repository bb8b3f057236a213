/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A model: layers in execution order with their weights (FORMAT.md).
 *
 * A model is immutable after reading; it may be shared by threads. Layer and tensor numbering are
 * those of devices/part/layer.h.
 */
#ifndef SYN_CORE_MODEL_MODEL_H
#define SYN_CORE_MODEL_MODEL_H

#include "core/base/error.h"
#include "devices/base/fold.h"
#include "devices/base/hash.h"
#include "devices/part/image.h"
#include "devices/part/layer.h"

#define SYN_MODEL_NAME_MAX 64

/* What somebody measured of the whole model on a real part, and published. */
struct syn_measured {
    char part[32];      /* "MAX78000" */
    uint32_t hz;        /* clock of the accelerator */
    uint64_t infer_ns;  /* one inference, without loading */
    uint64_t energy_nj; /* of it, above idle; 0: not published */
    char *source;       /* owned */
};

struct syn_model {
    char name[SYN_MODEL_NAME_MAX];
    char *description, *source; /* owned; may be NULL */
    struct syn_shape input;
    bool input_chw;
    uint8_t input_fold; /* the input is a window that its sensing task folded by this; 1 = as is */
    unsigned layer_count;
    struct syn_layer *layers; /* owned, resolved */
    char (*layer_names)[SYN_MODEL_NAME_MAX];
    char **labels; /* owned; label_count of them, 0 where the model does not classify */
    unsigned label_count;
    struct syn_measured *measured; /* owned; measured_count of them */
    unsigned measured_count;
    bool seeded; /* weights are random numbers from `seed` */
    uint64_t seed;
    uint8_t weights_hash[SYN_SHA256_SIZE]; /* of the weights' bytes, seeded or not */
    uint8_t *blob; /* owned: weights file contents, or what the seed gives */
    size_t blob_size;
    const uint8_t **weights;       /* per layer, into blob, packed; NULL without */
    const int8_t **biases;         /* per layer, into blob; NULL without */
    uint8_t hash[SYN_SHA256_SIZE]; /* of layers and weights: names this model everywhere */
};

/* A cut point: the place before layer `at` (0 = model input, layer_count = model output). */
struct syn_cut {
    unsigned at;
    unsigned live_count;
    uint16_t live[SYN_LIVE_MAX]; /* tensor numbers, ascending */
    uint32_t bytes;              /* of all live tensors, dense */
    uint32_t words;              /* 32-bit words to load or unload them */
};

/*
 * Reads a model and its weights. On error returns SYN_EINVAL / SYN_ECORRUPT / SYN_ENOENT with
 * file, line and field in *error, and *model is NULL.
 */
int syn_model_read(struct syn_model **model, const char *path, struct syn_error *error);

/* Where the bytes of a weights file come from: memory where `bytes` is not NULL, else a folder. */
struct syn_weights_source {
    const void *bytes;
    size_t size;
    const char *folder;
};

/* The same from memory; `path` is for messages. Without `weights` (NULL) a weights file is looked
 * for in the current folder. */
int syn_model_parse(struct syn_model **model, const char *text, size_t size, const char *path,
                    const struct syn_weights_source *weights, struct syn_error *error);

void syn_model_free(struct syn_model *model); /* NULL is fine */

/* The model in JSON, its weights in a file named `file`; malloc'ed, NULL without memory. */
char *syn_model_text(const struct syn_model *model, const char *file);

/* Writes JSON (and its weights file beside it, unless seeded), atomically. */
int syn_model_write(const struct syn_model *model, const char *path, struct syn_error *error);

/* Cut point before layer `at`. Returns 0 or SYN_EOOR beyond SYN_LIVE_MAX live tensors. */
int syn_model_cut(const struct syn_model *model, unsigned at, struct syn_cut *cut);

struct syn_shape syn_model_tensor_shape(const struct syn_model *model, unsigned tensor);
unsigned syn_model_tensor_width(const struct syn_model *model, unsigned tensor);
uint32_t syn_model_tensor_bytes(const struct syn_model *model, unsigned tensor);

/* How a window becomes the model's input. */
struct syn_fold syn_model_fold(const struct syn_model *model);

uint32_t syn_model_weight_bytes(const struct syn_model *model); /* packed weights and biases */
uint64_t syn_model_macs(const struct syn_model *model);
uint64_t
syn_model_data_intensity(const struct syn_model *model); /* output bytes of all layers / layers */

/* The chunk image of [first, last); *bytes is malloc'ed, the caller frees it. */
int syn_model_image(const struct syn_model *model, unsigned first, unsigned last, uint8_t **bytes,
                    size_t *size, struct syn_error *error);

/*
 * Runs the whole model on `input` (dense C,H,W int8) with the reference kernels. *output is
 * malloc'ed: the output tensor (int32 little endian where its width is 32).
 */
int syn_model_infer(const struct syn_model *model, const void *input, size_t input_size,
                    void **output, size_t *output_size, struct syn_error *error);

#endif
