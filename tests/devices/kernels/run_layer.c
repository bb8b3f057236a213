/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/kernels/run_layer.h"

#include <stdlib.h>
#include <string.h>

static void *block(uint64_t bytes)
{
    void *memory = malloc((size_t)(bytes ? bytes : 1));
    memset(memory, 0x5a, (size_t)bytes);
    return memory;
}

/* A tensor of exactly its size, in the order of the table. */
static int8_t *inside(const struct syn_kernels *k, struct syn_shape shape, const int8_t *dense)
{
    int8_t *tensor = malloc(syn_tensor_bytes(shape, 8));
    if (k->channels_last)
        k->from_dense(shape, dense, tensor);
    else
        memcpy(tensor, dense, syn_tensor_bytes(shape, 8));
    return tensor;
}

/* Takes the tensor. */
static void *outside(const struct syn_kernels *k, struct syn_shape shape, unsigned width,
                     void *tensor)
{
    void *dense;
    if (!k->channels_last)
        return tensor;
    dense = malloc(syn_tensor_bytes(shape, width));
    k->to_dense(shape, width, tensor, dense);
    free(tensor);
    return dense;
}

void *run_conv(const struct syn_kernels *kernels, const struct layer_case *c, unsigned rows)
{
    const struct syn_layer *l = &c->layer;
    void *out = malloc(syn_tensor_bytes(l->out, l->output_width));
    void *weights = block(kernels->weight_bytes(l)), *scratch = block(kernels->scratch_bytes(l));
    int8_t *in = inside(kernels, l->pooled, c->operands[0]);
    memset(out, 0x5a, syn_tensor_bytes(l->out, l->output_width));
    kernels->prepare(l, c->packed, weights);
    for (unsigned row = 0; row < l->out.height; row += rows)
        kernels->conv(l, in, weights, c->bias, out, scratch, row,
                      row + rows < l->out.height ? row + rows : l->out.height);
    free(weights);
    free(scratch);
    free(in);
    return outside(kernels, l->out, l->output_width, out);
}

void *run_pool(const struct syn_kernels *kernels, const struct layer_case *c, unsigned operand)
{
    const struct syn_layer *l = &c->layer;
    int8_t *in = inside(kernels, l->in, c->operands[operand]);
    int8_t *out = malloc(syn_tensor_bytes(l->pooled, 8));
    kernels->pool(l, in, out);
    free(in);
    return outside(kernels, l->pooled, 8, out);
}

void *run_eltwise(const struct syn_kernels *kernels, const struct layer_case *c, uint32_t count)
{
    const struct syn_layer *l = &c->layer;
    void *out = malloc((size_t)count * l->output_width / 8);
    if (l->output_width == 32)
        kernels->eltwise32(l, c->operands, count, out);
    else
        kernels->eltwise(l, c->operands, count, out);
    return out;
}
