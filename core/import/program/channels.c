/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many channels there are. Registers count processors and passes; where the last pass is not
 * full, the rest are outputs of weights that are all 0. The comments say how many there are;
 * without them, those that are always 0 are taken for none. prove.c finds out if that is wrong.
 */
#include "core/import/program/recover.h"

#include <string.h>

#include "devices/base/bits.h"

static uint64_t map_of(const struct program *p, unsigned tensor)
{
    return tensor ? p->units[tensor - 1].layer.output_processors : p->input_map;
}

static unsigned passes_of(const struct program *p, unsigned tensor)
{
    return tensor ? p->units[tensor - 1].out_passes : p->input_passes;
}

/* Can there be so many, with this map and these passes? */
static bool possible(const struct program *p, unsigned tensor, unsigned channels)
{
    return channels > 0 && syn_part_expand(channels) == passes_of(p, tensor) &&
           syn_part_processors(channels) == syn_bits_count(map_of(p, tensor));
}

/* ---- what is always 0 -------------------------------------------------------------------- */

static bool kernel_is_zero(const struct program *p, const struct unit *u, unsigned processor,
                           uint32_t index)
{
    static const int8_t zeros[9];
    int8_t taps[9];
    if (p->binary && u->layer.weight_bits == 1)
        return false;
    (void)program_kernel(p, u, processor, index, taps);
    return memcmp(taps, zeros, sizeof taps) == 0;
}

static bool weights_are_zero(const struct program *p, const struct unit *u, unsigned output)
{
    for (unsigned i = 0; i < u->count && output < u->counted; i++)
        for (uint32_t n = 0; n < u->passes; n++)
            if (!kernel_is_zero(p, u, u->list[i], output * u->passes + n))
                return false;
    return true;
}

/* Of a convolution that is not depthwise and has several passes: lanes are channels. */
static bool output_is_zero(const struct program *p, const struct unit *u, unsigned output)
{
    int8_t bias;
    (void)program_bias(p, u, output / u->lanes, output % u->lanes, &bias);
    return bias == 0 && weights_are_zero(p, u, output);
}

static bool heeds(const struct program *p, const struct unit *u, unsigned channel)
{
    const unsigned processor = u->list[channel % u->count];
    if (u->layer.op == SYN_OP_PASSTHROUGH || u->layer.groups > 1 || u->flat)
        return true;
    for (uint32_t o = 0; o < u->counted; o++)
        if (!kernel_is_zero(p, u, processor, o * u->passes + channel / u->count))
            return true;
    return false;
}

/* Is a channel always 0, or without weights and heeded by nobody? */
static bool is_idle(const struct program *p, unsigned tensor, unsigned channel)
{
    if (tensor > 0 && output_is_zero(p, &p->units[tensor - 1], channel))
        return true;
    if (tensor == p->count || (tensor > 0 && !weights_are_zero(p, &p->units[tensor - 1], channel)))
        return false;
    for (unsigned i = 0; i < p->count; i++)
        for (unsigned n = 0; n < p->units[i].layer.input_count; n++)
            if (p->units[i].layer.inputs[n] == tensor &&
                (p->units[i].layer.input_count > 1 || heeds(p, &p->units[i], channel)))
                return false;
    return true;
}

/* ---- how many ---------------------------------------------------------------------------- */

static unsigned pixels_of(const struct program *p, unsigned tensor)
{
    const struct syn_shape s = program_shape(p, tensor);
    return (unsigned)s.height * s.width;
}

/* What the words that are unloaded, or else the comments say; 0 where they do not. */
static unsigned remarked(const struct program *p, unsigned tensor)
{
    const struct source_remark *r =
        &p->source->layers[tensor ? p->units[tensor - 1].slot : p->units[0].slot];
    if (tensor == p->count && p->source->unloaded > 0 &&
        p->units[tensor - 1].layer.output_width == 32)
        return p->source->unloaded / pixels_of(p, tensor);
    return r->there ? tensor ? r->out_channels : r->channels : 0;
}

/* Of the input, or of a convolution's output. */
static unsigned count_channels(const struct program *p, unsigned tensor)
{
    const unsigned said = remarked(p, tensor), passes = passes_of(p, tensor);
    unsigned count = syn_bits_count(map_of(p, tensor)) * passes;
    if (tensor > 0 && p->units[tensor - 1].flat)
        return p->units[tensor - 1].counted;
    if (possible(p, tensor, said))
        return said;
    while (passes > 1 && possible(p, tensor, count - 1) && is_idle(p, tensor, count - 1))
        count--;
    return count;
}

/* Nobody reads the outputs of the last layer: lanes in front of the first and between others are
 * those without weights, as many as the comments leave. */
static void map_last(struct program *p)
{
    struct unit *u = &p->units[p->count - 1];
    uint64_t *map = &u->layer.output_processors;
    unsigned left = syn_bits_count(*map);
    const unsigned said = remarked(p, p->count);
    if (u->layer.op == SYN_OP_PASSTHROUGH || u->layer.groups > 1 || u->out_passes > 1 || said == 0)
        return;
    for (unsigned lane = 0; lane < u->lanes && left > said; lane++) {
        if (!weights_are_zero(p, u, lane))
            continue;
        *map &= ~(UINT64_C(1) << (4 * u->instance[0] + lane));
        left--;
    }
}

static int resolve(struct program *p, struct unit *u)
{
    struct syn_shape shapes[SYN_LAYER_INPUTS_MAX] = {{0}};
    struct syn_layer *l = &u->layer;
    const char *why = "";
    for (unsigned n = 0; n < l->input_count; n++)
        shapes[n] = program_view(u, program_shape(p, l->inputs[n]));
    if (l->groups > 1)
        l->groups = l->out.channels = shapes[0].channels;
    else if (l->op != SYN_OP_PASSTHROUGH)
        l->out.channels = (uint16_t)count_channels(p, (unsigned)(u - p->units) + 1);
    if (syn_layer_resolve(l, shapes, &why) < 0)
        return program_refuse(p, u, SYN_EUNSUP, SYN_LREG_CONTROL, "%s", why);
    if (syn_part_processors(l->in.channels) != u->count)
        return program_refuse(p, u, SYN_EUNSUP, SYN_LREG_ENABLE,
                              "%u processors for %u channels, where models have %u", u->count,
                              l->in.channels, syn_part_processors(l->in.channels));
    if (syn_part_processors(l->out.channels) != syn_bits_count(l->output_processors))
        return program_refuse(p, u, SYN_EUNSUP, SYN_LREG_CONTROL2,
                              "outputs on %u processors for %u channels, where models have %u",
                              syn_bits_count(l->output_processors), l->out.channels,
                              syn_part_processors(l->out.channels));
    return 0;
}

static bool is_read(const struct program *p, unsigned tensor)
{
    for (unsigned i = 0; i < p->count; i++)
        for (unsigned n = 0; n < p->units[i].layer.input_count; n++)
            if (p->units[i].layer.inputs[n] == tensor)
                return true;
    return false;
}

static int check_outputs(const struct program *p)
{
    for (unsigned tensor = 1; tensor < p->count; tensor++) {
        if (is_read(p, tensor))
            continue;
        program_refuse(p, &p->units[tensor - 1], SYN_EUNSUP, SYN_LREG_WRITE_BASE,
                       "no later layer reads its output: a network of several outputs");
        syn_error_hint(p->error, "nearest: a network of one output, or one for each of them");
        return SYN_EUNSUP;
    }
    return 0;
}

int program_channels(struct program *p)
{
    int status = check_outputs(p);
    if (status < 0)
        return status;
    map_last(p);
    p->input.channels = (uint16_t)count_channels(p, 0);
    for (unsigned i = 0; i < p->count && status == 0; i++)
        status = resolve(p, &p->units[i]);
    return status;
}
