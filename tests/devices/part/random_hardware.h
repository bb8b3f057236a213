/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random models that a part can run: layers as the hardware has them, in blocks such as networks
 * are made of (a convolution, pooling, a sum with a copy, a concatenation), on processors anywhere.
 */
#ifndef SYN_TESTS_DEVICES_PART_RANDOM_HARDWARE_H
#define SYN_TESTS_DEVICES_PART_RANDOM_HARDWARE_H

#include "devices/part/geometry.h"
#include "devices/part/layer.h"

#define RANDOM_HARDWARE_MAX 20

struct random_hardware {
    const struct syn_part *part;
    uint64_t seed;
    struct syn_shape input;
    uint64_t maps[RANDOM_HARDWARE_MAX + 1]; /* of tensors: the processors that read them */
    struct syn_layer layers[RANDOM_HARDWARE_MAX];
    uint8_t *weights[RANDOM_HARDWARE_MAX];
    int8_t *biases[RANDOM_HARDWARE_MAX];
    int8_t *data;
    unsigned count;
    bool line; /* one-dimensional */
};

/* A model from `seed`, with weights and an input. */
void random_hardware_make(struct random_hardware *m, const struct syn_part *part, uint64_t seed);
void random_hardware_free(struct random_hardware *m);

#endif
