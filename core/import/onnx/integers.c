/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Real weights and biases become the part's integers (IMPORT.md). With S the scales of what a layer
 * reads and gives, a weight w becomes round(w K), K = S_in 2^(7 - s) / S_out, and a bias b becomes
 * round(b / (S_out 2^s)). The shift s is the one that loses least; a layer of 32 bits, which has
 * no S_out, chooses K among more.
 */
#include "core/import/onnx/network.h"

#include <math.h>
#include <stdlib.h>

#define SHIFT_MIN (-15)
#define SHIFT_MAX 15
#define TYPICAL                                                                                    \
    32.0 /* size of a number that a layer reads, for weighing weights against biases               \
          */

/* How a layer's numbers are rounded: a weight in units of `weight`, a bias in units of `bias`. */
struct units {
    double weight, bias;
};

static double to_int8(double x)
{
    x = rint(x);
    return x < -128 ? -128 : x > 127 ? 127 : x;
}

/* A bias with what the input's zero point takes away from every sum. */
static double bias_of(const struct syn_onnx_layer *layer, uint32_t o, double offset)
{
    double bias = layer->bias ? layer->bias[o] : 0, sum = 0;
    for (uint32_t i = 0; i < layer->fan_in; i++)
        sum += layer->weights[(size_t)o * layer->fan_in + i];
    return bias - offset * sum;
}

static double square(double x)
{
    return x * x;
}

/* What rounding costs in the outputs, squared; infinite where a bias does not fit. */
static double cost_of(const struct syn_onnx_layer *layer, const struct units *u, double scale,
                      double offset)
{
    double cost = 0;
    for (uint32_t o = 0; o < layer->part.out.channels; o++) {
        const double *w = layer->weights + (size_t)o * layer->fan_in;
        const double bias = bias_of(layer, o, offset), whole = rint(bias / u->bias);
        double lost = 0;
        if (!(whole >= -128 && whole <= 127))
            return HUGE_VAL;
        for (uint32_t i = 0; i < layer->fan_in; i++)
            lost += square(w[i] - u->weight * to_int8(w[i] / u->weight));
        cost += lost * square(scale * TYPICAL) + square(bias - whole * u->bias);
    }
    return cost;
}

static struct units units_of_shift(double in, double out, int shift)
{
    return (struct units){.weight = out / in * ldexp(1, shift - 7), .bias = ldexp(out, shift)};
}

static bool choose_shift(struct syn_onnx_layer *layer, double in, double out, double offset,
                         struct units *best)
{
    double least = HUGE_VAL;
    for (int shift = SHIFT_MIN; shift <= SHIFT_MAX; shift++) {
        const struct units u = units_of_shift(in, out, shift);
        const double cost = cost_of(layer, &u, in, offset);
        if (cost < least) {
            least = cost;
            layer->shift = shift;
            *best = u;
        }
    }
    return least < HUGE_VAL;
}

static double largest(const struct syn_onnx_layer *layer)
{
    double most = 0;
    for (size_t i = 0; i < (size_t)layer->part.out.channels * layer->fan_in; i++)
        most = fmax(most, fabs(layer->weights[i]));
    return most;
}

/* Without a scale of the output any unit will do: the file's own, or what fills 8 bits. */
static bool choose_unit(struct syn_onnx_layer *layer, double in, double offset, struct units *best)
{
    double least = HUGE_VAL;
    const double most = largest(layer);
    const double starts[] = {layer->step, most > 0 ? most / 127 : 1};
    for (size_t k = 0; k < 2; k++)
        for (int half = 0; half < 8 && starts[k] > 0; half++) {
            const double unit = ldexp(starts[k], half);
            const struct units u = {.weight = unit, .bias = 128 * unit * in};
            const double cost = cost_of(layer, &u, in, offset);
            if (cost < least) {
                least = cost;
                *best = u;
            }
        }
    layer->shift = 0;
    return least < HUGE_VAL;
}

static int pack(struct syn_onnx_layer *layer, const struct units *u, double offset,
                struct syn_error *error)
{
    const size_t outs = layer->part.out.channels, count = outs * layer->fan_in;
    double lost = 0, all = 0;
    bool biased = false;
    free(layer->packed);
    free(layer->packed_bias);
    layer->packed = malloc(count + 1);
    layer->packed_bias = malloc(outs + 1);
    if (!layer->packed || !layer->packed_bias)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for weights");
    for (size_t i = 0; i < count; i++) {
        layer->packed[i] = (int8_t)to_int8(layer->weights[i] / u->weight);
        lost += square(layer->weights[i] - u->weight * layer->packed[i]);
        all += square(layer->weights[i]);
    }
    for (uint32_t o = 0; o < outs; o++) {
        layer->packed_bias[o] = (int8_t)to_int8(bias_of(layer, o, offset) / u->bias);
        biased |= layer->packed_bias[o] != 0;
    }
    layer->part.has_bias = biased;
    layer->loss = all > 0 ? sqrt(lost / all) : 0;
    return 0;
}

static bool all_finite(const double *numbers, size_t count)
{
    bool finite = true;
    for (size_t i = 0; i < count; i++)
        finite &= isfinite(numbers[i]) != 0;
    return finite;
}

static int check_numbers(const struct syn_onnx_layer *layer, struct syn_error *error)
{
    const size_t outs = layer->part.out.channels;
    if (all_finite(layer->weights, outs * layer->fan_in) &&
        (!layer->bias || all_finite(layer->bias, outs)))
        return 0;
    syn_error_set(error, SYN_EINVAL, "layer %s: a weight or bias is NaN or infinite", layer->name);
    return SYN_EINVAL;
}

static int make_layer(struct syn_onnx_network *n, unsigned index, struct syn_error *error)
{
    struct syn_onnx_layer *layer = &n->layers[index];
    const double in = n->tensors[layer->part.inputs[0]].scale, out = n->tensors[index + 1].scale;
    const double offset = layer->part.inputs[0] == 0 ? in * n->zero : 0;
    const bool wide = layer->part.output_width == 32;
    struct units u = {0};
    int status = check_numbers(layer, error);
    if (status < 0)
        return status;
    const bool fits =
        wide ? choose_unit(layer, in, offset, &u) : choose_shift(layer, in, out, offset, &u);
    if (!fits) {
        syn_error_set(error, SYN_EOOR, "layer %s: a bias is too large for 8 bits at any shift",
                      layer->name);
        syn_error_hint(error, "nearest: smaller biases against weights, as batch normalization "
                              "before training's end gives");
        return SYN_EOOR;
    }
    layer->unit = u.weight * in;
    return pack(layer, &u, offset, error);
}

int syn_onnx_make_integers(struct syn_onnx_network *n, unsigned *at, struct syn_error *error)
{
    int status = 0;
    for (*at = 0; *at < n->layer_count; ++*at)
        if (n->layers[*at].part.op != SYN_OP_PASSTHROUGH &&
            (status = make_layer(n, *at, error)) < 0)
            break;
    return status;
}
