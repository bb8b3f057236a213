/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The input's zero point. A convolution without padding takes it into its bias; padding, which is
 * zero on the part, would be something else there, and element-wise operations know no bias. For
 * those a layer in front copies the input with zero in its place.
 */
#include "core/import/onnx/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has_zero(const struct syn_onnx_network *n)
{
    return fabs(n->zero) > 0;
}

/* Whether a layer can read the input as it is. */
static bool takes_zero(const struct syn_layer *part)
{
    return part->op != SYN_OP_PASSTHROUGH && part->op != SYN_OP_CONVTRANSPOSE2D &&
           part->input_count == 1 && part->pad_h == 0 && part->pad_w == 0;
}

bool syn_onnx_needs_front(const struct syn_onnx_network *n)
{
    for (unsigned i = 0; i < n->layer_count; i++)
        for (unsigned k = 0; k < n->layers[i].part.input_count; k++)
            if (n->layers[i].part.inputs[k] == 0 && has_zero(n) && !takes_zero(&n->layers[i].part))
                return true;
    return false;
}

static void make_room(struct syn_onnx_network *n)
{
    memmove(&n->layers[1], &n->layers[0], n->layer_count * sizeof *n->layers);
    memmove(&n->tensors[2], &n->tensors[1], n->layer_count * sizeof *n->tensors);
    n->layer_count++;
    for (unsigned i = 1; i < n->layer_count; i++)
        for (unsigned k = 0; k < n->layers[i].part.input_count; k++)
            n->layers[i].part.inputs[k]++;
    n->tensors[1] = n->tensors[0];
    n->layers[0] = syn_onnx_plain_layer(1);
    (void)strcpy(n->layers[0].name, "zero-point");
}

int syn_onnx_add_front(struct syn_onnx_network *n, struct syn_imported *imported,
                       struct syn_error *error)
{
    const double spread = fmax((127 - n->zero) / 127.5, (n->zero + 128) / 128);
    make_room(n);
    n->tensors[1].scale = n->tensors[0].scale * spread;
    int status = syn_onnx_make_identity(n, 0, error);
    if (status < 0)
        return status;
    return syn_imported_note(imported,
                             "layer zero-point, a 1x1 convolution, is added in front: it moves the "
                             "input's zero from %g to 0 and takes steps of %.3g for 1",
                             n->zero, spread);
}
