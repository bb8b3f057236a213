/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tensors of a checkpoint as the weights, biases and shifts of described layers. */
#ifndef SYN_CORE_IMPORT_VENDOR_WEIGHTS_H
#define SYN_CORE_IMPORT_VENDOR_WEIGHTS_H

#include "core/import/vendor/layers.h"

/* Packed weights and biases, layer after layer, as core/model/FORMAT.md has them. */
struct syn_vendor_blob {
    uint8_t *bytes; /* owned */
    size_t size, room;
    enum {
        SYN_VENDOR_UNKNOWN,   /* before the first layer */
        SYN_VENDOR_QUANTIZED, /* by the vendor's quantize.py */
        SYN_VENDOR_TRAINED,   /* as training left it; is quantized here */
    } checkpoint;
};

/*
 * Gives each layer that has weights of its own its tensor, both in their order, as the vendor's
 * tool does. *unused is the number of tensors of weights that are left over.
 */
int syn_vendor_assign(struct syn_vendor_net *net, const struct syn_checkpoint *checkpoint,
                      unsigned *unused, struct syn_error *error);

/* The tensor of a layer with weights: its own, or that of the layer it names. */
const struct syn_checkpoint_tensor *syn_vendor_tensor(const struct syn_vendor_net *net,
                                                      unsigned layer);

/*
 * Reads weights and bias of `layer`, whose shape is known and agrees, into the end of `blob`, and
 * sets weight_bits, output_shift and has_bias. *binary tells that weights of -1 and +1 became
 * 2-bit ones.
 */
int syn_vendor_load(const struct syn_vendor_net *net, unsigned layer,
                    struct syn_checkpoint *checkpoint, struct syn_layer *l,
                    struct syn_vendor_blob *blob, bool *binary, struct syn_error *error);

#endif
