/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/accel_xnnpack.h"

#ifndef BENCH_XNNPACK

struct bench_xnnpack *bench_xnnpack_new(const struct syn_layer *layer)
{
    (void)layer;
    return NULL;
}

void bench_xnnpack_run(void *xnnpack)
{
    (void)xnnpack;
}

void bench_xnnpack_free(struct bench_xnnpack *xnnpack)
{
    (void)xnnpack;
}

#else

#include <stdlib.h>
#include <string.h>
#include <xnnpack.h>

#define IN_SCALE     0.05f
#define WEIGHT_SCALE 0.02f
#define OUT_SCALE    0.5f

struct bench_xnnpack {
    xnn_operator_t op;
    int8_t *in, *out, *weights;
    int32_t *biases;
};

/* A layer as this library sees it: a flattened input is one pixel. */
struct view {
    const struct syn_layer *layer;
    size_t channels, height, width, group_in, group_out;
};

static struct view view_of(const struct syn_layer *l)
{
    const struct syn_shape s = l->pooled;
    const size_t channels = l->flatten ? syn_layer_fan_in(l) : s.channels;
    return (struct view){.layer = l,
                         .channels = channels,
                         .height = l->flatten ? 1 : s.height,
                         .width = l->flatten ? 1 : s.width,
                         .group_in = channels / l->groups,
                         .group_out = (size_t)l->out.channels / l->groups};
}

static int8_t *some_bytes(size_t count)
{
    int8_t *bytes = malloc(count + XNN_EXTRA_BYTES);
    for (size_t i = 0; bytes && i < count + XNN_EXTRA_BYTES; i++)
        bytes[i] = (int8_t)(i * 37 % 251);
    return bytes;
}

static enum xnn_status make_convolution(struct bench_xnnpack *x, const struct view *v)
{
    const struct syn_layer *l = v->layer;
    const enum xnn_status status = xnn_create_convolution2d_nhwc_qs8(
        l->pad_h, l->pad_w, l->pad_h, l->pad_w, l->kernel_h, l->kernel_w, 1, 1, l->dilation_h,
        l->dilation_w, l->groups, v->group_in, v->group_out, v->channels, l->out.channels, 0,
        IN_SCALE, WEIGHT_SCALE, x->weights, x->biases, 0, OUT_SCALE, -128, 127, 0, &x->op);
    return status != xnn_status_success ? status
                                        : xnn_setup_convolution2d_nhwc_qs8(
                                              x->op, 1, v->height, v->width, x->in, x->out, NULL);
}

static enum xnn_status make_transposed(struct bench_xnnpack *x, const struct view *v)
{
    const struct syn_layer *l = v->layer;
    const enum xnn_status status = xnn_create_deconvolution2d_nhwc_qs8(
        l->pad_h, l->pad_w, l->pad_h, l->pad_w, l->kernel_h, l->kernel_w, 2, 2, l->dilation_h,
        l->dilation_w, l->groups, v->group_in, v->group_out, v->channels, l->out.channels, 0,
        IN_SCALE, WEIGHT_SCALE, x->weights, x->biases, 0, OUT_SCALE, -128, 127, 0, &x->op);
    return status != xnn_status_success
               ? status
               : xnn_setup_deconvolution2d_nhwc_qs8(x->op, 1, v->height, v->width, 1, 1, x->in,
                                                    x->out, NULL);
}

struct bench_xnnpack *bench_xnnpack_new(const struct syn_layer *layer)
{
    struct bench_xnnpack *x = calloc(1, sizeof *x);
    const struct view v = view_of(layer);
    if (!x || xnn_initialize(NULL) != xnn_status_success) {
        free(x);
        return NULL;
    }
    x->in = some_bytes(v.channels * v.height * v.width);
    x->out = some_bytes(syn_tensor_bytes(layer->out, 8));
    x->weights = some_bytes(syn_layer_weight_count(layer));
    x->biases = calloc(layer->out.channels, sizeof *x->biases);
    if (x->in && x->out && x->weights && x->biases &&
        (layer->op == SYN_OP_CONVTRANSPOSE2D ? make_transposed : make_convolution)(x, &v) ==
            xnn_status_success)
        return x;
    bench_xnnpack_free(x);
    return NULL;
}

void bench_xnnpack_run(void *xnnpack)
{
    const struct bench_xnnpack *x = xnnpack;
    (void)xnn_run_operator(x->op, NULL);
}

void bench_xnnpack_free(struct bench_xnnpack *xnnpack)
{
    if (!xnnpack)
        return;
    if (xnnpack->op)
        (void)xnn_delete_operator(xnnpack->op);
    free(xnnpack->in);
    free(xnnpack->out);
    free(xnnpack->weights);
    free(xnnpack->biases);
    free(xnnpack);
}

#endif
