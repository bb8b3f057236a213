/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random models for property tests, reproducible from a seed. */
#ifndef SYN_TESTS_DEVICES_PART_RANDOM_MODELS_H
#define SYN_TESTS_DEVICES_PART_RANDOM_MODELS_H

#include "devices/part/layer.h"

#define RANDOM_LAYERS_MAX 8

struct random_model {
    struct syn_layer layers[RANDOM_LAYERS_MAX];
    uint8_t *weights[RANDOM_LAYERS_MAX];
    int8_t *biases[RANDOM_LAYERS_MAX];
    struct syn_shape input;
    int8_t *data; /* for the input */
    unsigned count;
};

/* A number below `limit`. */
unsigned random_below(uint64_t *seed, unsigned limit);

void random_model_make(struct random_model *m, uint64_t *seed);
void random_model_free(struct random_model *m);

/* Shape of a tensor of the model. */
struct syn_shape random_model_shape(const struct random_model *m, unsigned id);

#endif
