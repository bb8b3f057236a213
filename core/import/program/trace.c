/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which tensor a layer reads. */
#include "core/import/program/trace.h"

#include <stdlib.h>
#include <string.h>

#include "devices/base/bits.h"

/* ---- reading ----------------------------------------------------------------------------- */

/* All a layer reads lies in its instances; nothing below looks again. */
static int check_range(const struct tracer *t, const struct unit *u)
{
    const uint64_t words = u->layer.input_chw ? 1 : 4 * u->passes * u->operands;
    const uint64_t end =
        u->base + (uint64_t)(u->rows - 1) * u->row + (uint64_t)(u->columns - 1) * u->pixel + words;
    return end > t->bytes ? trace_beyond(t, u, SYN_LREG_READ_BASE) : 0;
}

/* The tensor and pass whose pixels are read in order at (pass, processor) of an operand. */
static struct owner source_of(const struct tracer *t, const struct unit *u, unsigned operand,
                              uint32_t pass, unsigned processor)
{
    const uint32_t offset = 4 * (pass * u->operands + operand);
    const struct owner first = *owner_at(t, processor, trace_address(u, 0) + offset);
    for (uint32_t i = 1; i < u->rows * u->columns; i++) {
        const struct owner *o = owner_at(t, processor, trace_address(u, i) + offset);
        if (o->tensor != first.tensor || o->pass != first.pass || o->pixel != i + first.pixel)
            return (struct owner){.tensor = TRACE_UNKNOWN};
    }
    return first;
}

static struct owner *source_at(const struct tracer *t, uint32_t pass, unsigned index)
{
    return &t->sources[pass * SYN_PART_PROCESSORS + index];
}

static void find_sources(struct tracer *t, const struct unit *u, unsigned operand)
{
    for (uint32_t pass = 0; pass < u->passes; pass++)
        for (unsigned i = 0; i < u->count; i++)
            *source_at(t, pass, i) = source_of(t, u, operand, pass, u->list[i]);
}

static bool is_tensor(const struct owner *o)
{
    return o->tensor < TRACE_UNKNOWN;
}

static const char *tensor_words(const struct owner *o)
{
    return o->tensor == TRACE_NOBODY ? "reads memory that no layer has written"
                                     : "reads what other layers have written over";
}

static int refuse_source(const struct tracer *t, const struct unit *u, const struct owner *o,
                         unsigned index)
{
    program_refuse(t->p, u, SYN_EUNSUP, SYN_LREG_READ_BASE, "processor %u %s", u->list[index],
                   tensor_words(o));
    syn_error_hint(t->p->error, "nearest: a network of one input, whose layers leave what is "
                                "still to be read");
    return SYN_EUNSUP;
}

/* Processors of the layer that read `tensor` become the tensor's. */
static int take_map(struct tracer *t, const struct unit *u, unsigned tensor, uint64_t map)
{
    const uint64_t written = tensor ? t->p->units[tensor - 1].written : t->p->input_map;
    if (t->maps[tensor] == 0)
        t->maps[tensor] = map;
    if (t->maps[tensor] == map && (written & map) == map)
        return 0;
    return program_refuse(t->p, u, SYN_EUNSUP, SYN_LREG_ENABLE,
                          tensor ? "reads other channels of layer %u than there are"
                                 : "reads other channels of the input than there are",
                          tensor - 1);
}

static int add_input(struct tracer *t, struct unit *u, unsigned tensor, uint64_t map)
{
    struct syn_layer *l = &u->layer;
    if (l->input_count == SYN_LAYER_INPUTS_MAX)
        return program_refuse(t->p, u, SYN_EUNSUP, SYN_LREG_READ_BASE, "more than %u inputs",
                              SYN_LAYER_INPUTS_MAX);
    l->inputs[l->input_count++] = (uint16_t)tensor;
    return take_map(t, u, tensor, map);
}

static unsigned passes_of(const struct tracer *t, unsigned tensor)
{
    return tensor ? t->p->units[tensor - 1].out_passes : t->p->input_passes;
}

static int refuse_order(const struct tracer *t, const struct unit *u)
{
    return program_refuse(t->p, u, SYN_EUNSUP, SYN_LREG_READ_BASE,
                          "reads parts of tensors, or parts in an order that is no concatenation");
}

/* One pass: neighbours of the same tensor are a part. */
static int connect_parts(struct tracer *t, struct unit *u)
{
    for (unsigned i = 0, end; i < u->count; i = end) {
        const struct owner *o = source_at(t, 0, i);
        uint64_t map = 0;
        if (!is_tensor(o))
            return refuse_source(t, u, o, i);
        for (end = i; end < u->count && source_at(t, 0, end)->tensor == o->tensor; end++) {
            if (source_at(t, 0, end)->pass != 0 || source_at(t, 0, end)->pixel != 0)
                return refuse_order(t, u);
            map |= UINT64_C(1) << u->list[end];
        }
        if (passes_of(t, o->tensor) != 1)
            return refuse_order(t, u);
        const int status = add_input(t, u, o->tensor, map);
        if (status < 0)
            return status;
    }
    return 0;
}

/* All processors of a pass read the same tensor; only a last pass may have fewer channels. */
static int check_pass(struct tracer *t, struct unit *u, uint32_t pass, bool last,
                      const struct owner *wanted)
{
    for (unsigned i = 0; i < u->count; i++) {
        const struct owner *o = source_at(t, pass, i);
        if (o->tensor == wanted->tensor && o->pass == wanted->pass && o->pixel == wanted->pixel)
            continue;
        if (!last || i == 0)
            return is_tensor(o) ? refuse_order(t, u) : refuse_source(t, u, o, i);
        u->holes |= UINT64_C(1) << i;
    }
    return 0;
}

/* Several passes: each whole pass is of one tensor, from its first to its last. */
static int connect_passes(struct tracer *t, struct unit *u)
{
    for (uint32_t pass = 0; pass < u->passes;) {
        const struct owner *o = source_at(t, pass, 0);
        if (!is_tensor(o))
            return refuse_source(t, u, o, 0);
        const unsigned tensor = o->tensor, count = passes_of(t, tensor);
        if (count > u->passes - pass)
            return refuse_order(t, u);
        for (unsigned n = 0; n < count; n++, pass++) {
            const struct owner wanted = {.tensor = (uint16_t)tensor, .pass = (uint16_t)n};
            const int status = check_pass(t, u, pass, pass + 1 == u->passes, &wanted);
            if (status < 0)
                return status;
        }
        const int status = add_input(t, u, tensor, u->layer.processors);
        if (status < 0)
            return status;
    }
    return 0;
}

/* Flattening: pixel after pixel, in each pass after pass. */
static int connect_flat(struct tracer *t, struct unit *u)
{
    if (!is_tensor(source_at(t, 0, 0)))
        return refuse_source(t, u, source_at(t, 0, 0), 0);
    const unsigned tensor = source_at(t, 0, 0)->tensor, each = passes_of(t, tensor);
    for (uint32_t step = 0; step < u->passes; step++) {
        const struct owner wanted = {
            .tensor = (uint16_t)tensor, .pass = (uint16_t)(step % each), .pixel = step / each};
        const int status = check_pass(t, u, step, each > 1 && step % each == each - 1, &wanted);
        if (status < 0)
            return status;
    }
    return add_input(t, u, tensor, u->layer.processors);
}

static int connect_operands(struct tracer *t, struct unit *u)
{
    int status = 0;
    for (unsigned n = 0; n < u->operands && status == 0; n++) {
        const unsigned before = u->layer.input_count;
        find_sources(t, u, n);
        status = u->passes > 1 ? connect_passes(t, u) : connect_parts(t, u);
        if (status == 0 && u->layer.input_count != before + 1)
            status = refuse_order(t, u);
    }
    return status;
}

/* ---- shapes ------------------------------------------------------------------------------ */

static uint32_t pixels_of(const struct program *p, unsigned tensor)
{
    const struct syn_shape s = program_shape(p, tensor);
    return (uint32_t)s.height * s.width;
}

/* Does the layer read all pixels of a tensor as passes of one pixel? */
static bool is_flat(const struct tracer *t, const struct unit *u)
{
    const struct owner *o = owner_at(t, u->list[0], u->base);
    return trace_is_point(u) && u->passes > 1 && is_tensor(o) &&
           pixels_of(t->p, o->tensor) * passes_of(t, o->tensor) == u->passes &&
           pixels_of(t->p, o->tensor) > 1;
}

/* A MAX78000 does element-wise operations of several passes as further rows. */
static void join_rows(struct tracer *t, struct unit *u)
{
    const struct owner *o = owner_at(t, u->list[0], u->base);
    const unsigned passes = is_tensor(o) ? passes_of(t, o->tensor) : 1;
    if (t->p->machine->part->depthwise || u->operands < 2 || u->passes > 1 || passes < 2 ||
        u->layer.op != SYN_OP_PASSTHROUGH || u->rows % passes)
        return;
    u->rows /= passes;
    u->passes = u->out_passes = passes;
    u->pixel *= passes;
    u->row = u->pixel * u->columns;
    u->out_pixel *= passes;
    u->counted *= passes;
    u->route.pixel_gap = (uint8_t)(u->route.write_gap + 1 - u->out_pass);
    u->route.write_gap = (uint8_t)(u->out_pass - 1);
}

static int resolve(struct tracer *t, struct unit *u)
{
    struct syn_shape shapes[SYN_LAYER_INPUTS_MAX] = {{0}};
    struct syn_layer *l = &u->layer;
    const char *why = "";
    const uint64_t processors = l->processors;
    for (unsigned n = 0; n < l->input_count; n++) {
        const unsigned tensor = l->inputs[n];
        shapes[n] = program_view(u, program_shape(t->p, tensor));
        shapes[n].channels = (uint16_t)(syn_bits_count(t->maps[tensor]) * passes_of(t, tensor));
    }
    l->flatten = u->flat;
    u->route.read_gap = u->flat ? 0 : u->route.read_gap;
    if (u->flat)
        l->op = SYN_OP_LINEAR;
    if (l->groups > 1)
        l->groups = shapes[0].channels;
    l->out.channels = (uint16_t)u->counted;
    if (shapes[0].width == 1 && l->pool_w == 1)
        l->pool_stride_w = 1;
    if (syn_layer_resolve(l, shapes, &why) < 0)
        return program_refuse(t->p, u, SYN_EUNSUP, SYN_LREG_CONTROL, "%s", why);
    if (l->op == SYN_OP_CONV2D && u->taps == 1 && l->groups == 1 && !l->pad_h && !l->pad_w &&
        l->pooled.height * l->pooled.width == 1)
        l->op = SYN_OP_LINEAR;
    l->processors = processors;
    return 0;
}

/* What the tensor is like that the layer reads, as far as it matters where pixels lie. */
static int check_shape(const struct tracer *t, struct unit *u)
{
    for (unsigned n = 0; n < u->layer.input_count; n++) {
        const struct syn_shape s = program_shape(t->p, u->layer.inputs[n]);
        if (u->flat || (s.width == u->columns && s.height >= u->rows))
            continue;
        if ((uint32_t)s.height * s.width != u->rows * u->columns)
            return program_refuse(t->p, u, SYN_EUNSUP, SYN_LREG_ROWS, "reads %ux%u pixels as %ux%u",
                                  s.height, s.width, (unsigned)u->rows, (unsigned)u->columns);
        u->reshaped = true;
    }
    return 0;
}

/* ---- all --------------------------------------------------------------------------------- */

static int read_inputs(struct tracer *t, struct unit *u)
{
    int status = u->streams ? trace_stream(t, u) : check_range(t, u);
    if (status < 0 || u->streams)
        return status;
    trace_as_line(t, u);
    if (u == t->p->units || u->layer.input_chw)
        status = trace_place_input(t, u);
    else
        u->flat = is_flat(t, u) || trace_counts_outputs(u);
    if (status < 0 || u->layer.input_chw)
        return status;
    join_rows(t, u);
    if (u->operands > 1)
        return connect_operands(t, u);
    find_sources(t, u, 0);
    if (u->flat)
        return connect_flat(t, u);
    return u->passes > 1 ? connect_passes(t, u) : connect_parts(t, u);
}

static int trace_layer(struct tracer *t, struct unit *u)
{
    int status = read_inputs(t, u);
    if (status == 0)
        status = check_shape(t, u);
    if (status == 0)
        status = resolve(t, u);
    return status < 0 ? status : trace_write(t, u);
}

/* What the next layers read decides which of the lanes are channels. */
static void give_maps(const struct tracer *t)
{
    for (unsigned i = 0; i < t->p->count; i++) {
        struct unit *u = &t->p->units[i];
        u->layer.output_processors = t->maps[i + 1] ? t->maps[i + 1] : u->written;
    }
}

int program_trace(struct program *p)
{
    struct tracer *t = calloc(1, sizeof *t);
    const size_t bytes = (size_t)SYN_PART_INSTANCES * p->machine->part->data_bytes;
    int status = SYN_ENOMEM;
    if (t) {
        t->p = p;
        t->bytes = p->machine->part->data_bytes;
        t->owners = malloc((bytes + 4) * sizeof *t->owners);
        t->sources = malloc(512 * SYN_PART_PROCESSORS * sizeof *t->sources);
    }
    if (!t || !t->owners || !t->sources) {
        syn_error_set(p->error, SYN_ENOMEM, "not enough memory to follow a program");
        goto out;
    }
    for (size_t i = 0; i < bytes; i++)
        t->owners[i] = (struct owner){.tensor = TRACE_NOBODY};
    status = 0;
    for (unsigned i = 0; i < p->count && status == 0; i++)
        status = trace_layer(t, &p->units[i]);
    give_maps(t);
out:
    if (t) {
        free(t->owners);
        free(t->sources);
    }
    free(t);
    return status;
}
