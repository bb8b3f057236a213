/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input of the model: what the first layer reads. */
#include "core/import/program/trace.h"

/* Does the remark say what the registers say? Rows that pooling drops only it knows. */
static bool agrees(const struct source_remark *r, const struct unit *u)
{
    if (r->width != u->columns || syn_part_processors(r->channels) != u->count)
        return false;
    return r->height == u->rows ||
           (r->height > u->rows && r->height - u->rows < u->layer.pool_stride_h);
}

static bool agrees_flat(const struct source_remark *r, const struct unit *u)
{
    return trace_is_point(u) && syn_part_processors(r->channels) == u->count &&
           (uint32_t)r->height * r->width * syn_part_expand(r->channels) == u->passes;
}

/* Registers do not say what an input is like that is flattened, nor rows that pooling drops. */
static int shape_input(struct program *p, struct unit *u)
{
    const struct source_remark *r = &p->source->layers[u->slot];
    p->input = (struct syn_shape){(uint16_t)(u->count * u->passes), (uint16_t)u->rows,
                                  (uint16_t)u->columns};
    p->input_passes = u->passes;
    p->input_map = u->layer.processors;
    if (!r->there)
        return 0;
    if (agrees_flat(r, u) && r->height * r->width > 1) {
        u->flat = true;
        p->input_passes = syn_part_expand(r->channels);
        p->input = (struct syn_shape){r->channels, r->height, r->width};
        return 0;
    }
    if (!agrees(r, u))
        return program_refuse(p, u, SYN_EUNSUP, SYN_LREG_ROWS,
                              "reads %u processors of %ux%u pixels in %u passes, but the comments "
                              "speak of an input of %ux%ux%u",
                              u->count, (unsigned)u->rows, (unsigned)u->columns,
                              (unsigned)u->passes, r->channels, r->height, r->width);
    p->input.height = r->height;
    return 0;
}

static int place_pixels(struct tracer *t, struct unit *u)
{
    struct program *p = t->p;
    if (u->operands > 1) {
        program_refuse(p, u, SYN_EUNSUP, SYN_LREG_ONED, "several inputs");
        syn_error_hint(p->error, "nearest: one input, of which layers make the operands");
        return SYN_EUNSUP;
    }
    u->flat = trace_counts_outputs(u);
    const int status = shape_input(p, u);
    if (status < 0)
        return status;
    t->maps[0] = p->input_map;
    for (unsigned i = 0; i < u->count; i++)
        for (uint32_t pass = 0; pass < u->passes; pass++)
            for (uint32_t pixel = 0; pixel < u->rows * u->columns; pixel++) {
                struct owner *o = owner_at(t, u->list[i], trace_address(u, pixel) + 4 * pass);
                *o = (struct owner){.pass = (uint16_t)pass, .pixel = pixel};
                if (u->flat) {
                    o->pass = (uint16_t)(pass % p->input_passes);
                    o->pixel = pass / p->input_passes;
                }
            }
    return 0;
}

/* The layer before keeps no more than is still to be read, in a ring at the place it writes to. */
static int stream_layer(struct tracer *t, struct unit *u)
{
    const struct unit *before = u - 1;
    const unsigned tensor = (unsigned)(u - t->p->units);
    const uint64_t map = u->layer.processors;
    if (!before->streams || u->base != 4 * before->word[0] || u->passes != before->out_passes ||
        (before->written & map) != map)
        return program_refuse(t->p, u, SYN_EUNSUP, SYN_LREG_STREAM_START,
                              "streams from something else than the layer before");
    t->maps[tensor] = map;
    u->layer.inputs[0] = (uint16_t)tensor;
    return 0;
}

int trace_stream(struct tracer *t, struct unit *u)
{
    u->layer.input_count = 1;
    if (u->operands > 1 || trace_counts_outputs(u))
        return program_refuse(t->p, u, SYN_EUNSUP, SYN_LREG_STREAM_START,
                              "streaming of what is no single image");
    if (u > t->p->units)
        return stream_layer(t, u);
    const int status = shape_input(t->p, u);
    t->maps[0] = t->p->input_map;
    return status;
}

/* A processor has an instance of its own, and its pixels there one after the other. */
static int place_planes(struct tracer *t, struct unit *u)
{
    uint32_t used = 0;
    if (u != t->p->units || u->passes > 1 || u->operands > 1)
        return program_refuse(t->p, u, SYN_EUNSUP, SYN_LREG_CONTROL,
                              "planes of pixels (CHW) behind the first layer, or in passes");
    const int status = shape_input(t->p, u);
    if (status < 0)
        return status;
    t->maps[0] = t->p->input_map;
    for (unsigned i = 0; i < u->count; i++) {
        struct owner *owners = &t->owners[(size_t)(u->list[i] / 4) * t->bytes + u->base];
        if (used >> u->list[i] / 4 & 1)
            return program_refuse(t->p, u, SYN_EINVAL, SYN_LREG_ENABLE,
                                  "two planes of pixels in one instance");
        used |= 1u << u->list[i] / 4;
        for (uint32_t n = 0; n < u->rows * u->columns; n++)
            owners[n].tensor = TRACE_UNKNOWN;
    }
    u->layer.input_count = 1;
    u->layer.inputs[0] = 0;
    return 0;
}

int trace_place_input(struct tracer *t, struct unit *u)
{
    return u->layer.input_chw ? place_planes(t, u) : place_pixels(t, u);
}
