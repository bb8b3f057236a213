/* SPDX-License-Identifier: MIT */
#include "devices/part/exec.h"

#include <string.h>

#include "devices/base/error.h"

#define ALIGNMENT   16u
#define LAYERS_MAX  SYN_PART_PLACEMENTS_MAX /* of a chunk */
#define TENSORS_MAX (SYN_LIVE_MAX + LAYERS_MAX)
#define FOREVER     UINT16_MAX

/*
 * The block: this struct, prepared weights, working memory of the convolution, a stage where
 * operands are joined and pooled, tensors, outputs made dense where kernels have channels last.
 * Tensors that enter come first in `tensors`, then the output of each layer.
 */
struct syn_exec {
    struct syn_image image;
    const struct syn_kernels *kernels;
    uint8_t *base;
    size_t scratch, stage;
    size_t weights[LAYERS_MAX]; /* bytes from `base` */
    size_t tensors[TENSORS_MAX];
    size_t dense[SYN_LIVE_MAX]; /* what leaves; the tensor itself unless channels are last */
    const int8_t *ready;        /* input of the convolution of `layer`, once staged */
    uint16_t layer, row;        /* what is to do next; layer == image.last: nothing */
    bool staged;
};

/* ---- memory ----------------------------------------------------------------------------- */

struct span {
    uint64_t start, bytes;
    uint16_t birth, death;
};

static uint64_t aligned(uint64_t bytes)
{
    return (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

static unsigned slot_of(const struct syn_image *image, unsigned id)
{
    unsigned i = 0;

    if (id > image->first)
        return image->in_count + id - 1 - image->first;
    while (i < image->in_count && syn_image_in(image, i).id != id)
        i++;
    return i;
}

static uint64_t operand_bytes(const struct syn_layer *l)
{
    return aligned(syn_tensor_bytes(l->in, 8));
}

/* What stage() takes; the same conditions. */
static uint64_t stage_bytes(const struct syn_layer *l)
{
    bool eltwise = l->eltwise != SYN_ELTWISE_NONE;
    uint64_t pooled = aligned(syn_tensor_bytes(l->pooled, 8)), bytes = 0;

    if (l->input_count > 1)
        bytes += operand_bytes(l);
    if (l->pool != SYN_POOL_NONE)
        bytes += pooled * (eltwise && l->pool_first ? l->input_count : 1u);
    return bytes;
}

static unsigned fill_spans(const struct syn_image *image, struct span *spans)
{
    unsigned count = image->in_count;

    for (unsigned i = 0; i < image->in_count; i++)
        spans[i] =
            (struct span){.bytes = aligned(syn_tensor_bytes(syn_image_in(image, i).shape, 8))};
    for (unsigned i = image->first; i < image->last; i++) {
        uint16_t time = (uint16_t)(i - image->first + 1);
        struct syn_layer l;

        syn_image_layer(image, i, &l, NULL, NULL);
        for (unsigned n = 0; n < l.input_count; n++)
            spans[slot_of(image, l.inputs[n])].death = time;
        spans[count++] = (struct span){.bytes = aligned(syn_tensor_bytes(l.out, l.output_width)),
                                       .birth = time,
                                       .death = time};
    }
    for (unsigned i = 0; i < image->out_count; i++)
        spans[slot_of(image, syn_image_out(image, i).id)].death = FOREVER;
    return count;
}

/* The lowest place beside those tensors before it that live at the same time. */
static void place_span(struct span *spans, unsigned index)
{
    struct span *s = &spans[index];
    bool moved = true;

    for (s->start = 0; moved;) {
        moved = false;
        for (unsigned i = 0; i < index; i++) {
            const struct span *o = &spans[i];

            if (s->birth > o->death || o->birth > s->death || s->start >= o->start + o->bytes ||
                o->start >= s->start + s->bytes)
                continue;
            s->start = o->start + o->bytes;
            moved = true;
        }
    }
}

static uint64_t lay_tensors(struct syn_exec *e, uint64_t at)
{
    struct span spans[TENSORS_MAX];
    unsigned count = fill_spans(&e->image, spans);
    uint64_t end = at;

    for (unsigned i = 0; i < count; i++) {
        place_span(spans, i);
        e->tensors[i] = (size_t)(at + spans[i].start);
        if (at + spans[i].start + spans[i].bytes > end)
            end = at + spans[i].start + spans[i].bytes;
    }
    return end;
}

static uint64_t lay_dense(struct syn_exec *e, uint64_t at)
{
    for (unsigned i = 0; i < e->image.out_count; i++) {
        const struct syn_port_tensor t = syn_image_out(&e->image, i);

        e->dense[i] = e->tensors[slot_of(&e->image, t.id)];
        if (!e->kernels->channels_last)
            continue;
        e->dense[i] = (size_t)at;
        at += aligned(syn_tensor_bytes(t.shape, t.width));
    }
    return at;
}

/* Fills the offsets; returns the bytes of the block, more than there are for too many layers. */
static uint64_t lay_out(struct syn_exec *e, const struct syn_image *image,
                        const struct syn_kernels *kernels)
{
    uint64_t at = aligned(sizeof *e), scratch = 0, staged = 0;

    if (image->last - image->first > LAYERS_MAX)
        return UINT64_MAX;
    e->image = *image;
    e->kernels = kernels;
    for (unsigned i = image->first; i < image->last; i++) {
        struct syn_layer l;
        uint64_t bytes;

        syn_image_layer(image, i, &l, NULL, NULL);
        e->weights[i - image->first] = (size_t)at;
        at += aligned(kernels->weight_bytes(&l));
        bytes = kernels->scratch_bytes(&l);
        scratch = bytes > scratch ? bytes : scratch;
        bytes = stage_bytes(&l);
        staged = bytes > staged ? bytes : staged;
    }
    e->scratch = (size_t)at;
    at += aligned(scratch);
    e->stage = (size_t)at;
    at += staged;
    return lay_dense(e, lay_tensors(e, at)) + ALIGNMENT; /* to align the start */
}

size_t syn_exec_memory_with(const struct syn_image *image, const struct syn_kernels *kernels)
{
    struct syn_exec e;
    uint64_t bytes = lay_out(&e, image, kernels);

    return bytes > SIZE_MAX ? SIZE_MAX : (size_t)bytes;
}

size_t syn_exec_memory(const struct syn_image *image)
{
    return syn_exec_memory_with(image, syn_kernels_portable());
}

int syn_exec_init_with(struct syn_exec **exec, const struct syn_image *image,
                       const struct syn_kernels *kernels, void *memory, size_t size)
{
    uint8_t *base = (uint8_t *)(uintptr_t)aligned((uintptr_t)memory);
    struct syn_exec *e = (struct syn_exec *)(void *)base;

    *exec = NULL;
    if (size < sizeof *e + ALIGNMENT || lay_out(e, image, kernels) > size)
        return SYN_ENOMEM;
    e->base = base;
    for (unsigned i = image->first; i < image->last; i++) {
        struct syn_layer l;
        const uint8_t *packed;

        syn_image_layer(image, i, &l, &packed, NULL);
        if (packed)
            kernels->prepare(&l, packed, base + e->weights[i - image->first]);
    }
    e->layer = image->last;
    *exec = e;
    return 0;
}

int syn_exec_init(struct syn_exec **exec, const struct syn_image *image, void *memory, size_t size)
{
    return syn_exec_init_with(exec, image, syn_kernels_portable(), memory, size);
}

/* ---- tensors in and out ----------------------------------------------------------------- */

static int8_t *tensor(const struct syn_exec *e, unsigned id)
{
    return (int8_t *)e->base + e->tensors[slot_of(&e->image, id)];
}

int syn_exec_load(struct syn_exec *exec, unsigned index, const void *data, size_t size)
{
    const struct syn_image *image = &exec->image;

    if (index >= image->in_count || size != syn_tensor_bytes(syn_image_in(image, index).shape, 8))
        return SYN_EINVAL;
    if (exec->kernels->channels_last)
        exec->kernels->from_dense(syn_image_in(image, index).shape, data,
                                  tensor(exec, syn_image_in(image, index).id));
    else
        memcpy(tensor(exec, syn_image_in(image, index).id), data, size);
    return 0;
}

const void *syn_exec_output(const struct syn_exec *exec, unsigned index, size_t *size)
{
    const struct syn_port_tensor t = syn_image_out(&exec->image, index);

    *size = syn_tensor_bytes(t.shape, t.width);
    return exec->base + exec->dense[index];
}

/* Brings what leaves into the order of the border, after the last layer. */
static void put_out(const struct syn_exec *e)
{
    for (unsigned i = 0; e->kernels->channels_last && i < e->image.out_count; i++) {
        const struct syn_port_tensor t = syn_image_out(&e->image, i);

        e->kernels->to_dense(t.shape, t.width, tensor(e, t.id), e->base + e->dense[i]);
    }
}

/* ---- before the convolution ------------------------------------------------------------- */

struct staging {
    const struct syn_kernels *kernels;
    const struct syn_layer *layer;
    const int8_t *operands[SYN_LAYER_INPUTS_MAX];
    unsigned count;
    int8_t *free; /* of the stage */
};

static int8_t *take(struct staging *s, struct syn_shape shape)
{
    int8_t *at = s->free;

    s->free += aligned(syn_tensor_bytes(shape, 8));
    return at;
}

static struct syn_shape shape_of(const struct syn_image *image, unsigned id)
{
    unsigned slot = slot_of(image, id);
    struct syn_layer maker;

    if (slot < image->in_count)
        return syn_image_in(image, slot).shape;
    syn_image_layer(image, id - 1u, &maker, NULL, NULL);
    return maker.out;
}

/* Channels last: a run of each pixel; else all of a tensor is one run. */
static void concatenate(const struct syn_exec *e, struct staging *s)
{
    bool last = e->kernels->channels_last;
    uint32_t pixels = (uint32_t)s->layer->in.height * s->layer->in.width;
    uint32_t step = last ? s->layer->in.channels : 0, at = 0;
    int8_t *joined = take(s, s->layer->in);

    for (unsigned n = 0; n < s->count; n++) {
        struct syn_shape shape = shape_of(&e->image, s->layer->inputs[n]);
        uint32_t run = last ? shape.channels : syn_tensor_bytes(shape, 8);

        for (uint32_t p = 0; p < (last ? pixels : 1); p++)
            memcpy(joined + at + (size_t)p * step, s->operands[n] + (size_t)p * run, run);
        at += run;
    }
    s->operands[0] = joined;
    s->count = 1;
}

static void pool(struct staging *s)
{
    for (unsigned n = 0; n < s->count; n++) {
        int8_t *out = take(s, s->layer->pooled);

        s->kernels->pool(s->layer, s->operands[n], out);
        s->operands[n] = out;
    }
}

static void combine(struct staging *s, struct syn_shape shape)
{
    int8_t *out = take(s, shape);

    s->kernels->eltwise(s->layer, s->operands, syn_tensor_bytes(shape, 8), out);
    s->operands[0] = out;
    s->count = 1;
}

/* Joins, pools and combines the operands; the result is what the convolution reads. */
static const int8_t *stage(const struct syn_exec *e, const struct syn_layer *l, void *wide)
{
    struct staging s = {.kernels = e->kernels, .layer = l, .count = l->input_count};
    bool eltwise = l->eltwise != SYN_ELTWISE_NONE;

    s.free = (int8_t *)e->base + e->stage;
    for (unsigned n = 0; n < s.count; n++)
        s.operands[n] = tensor(e, l->inputs[n]);
    if (!eltwise && s.count > 1)
        concatenate(e, &s);
    if (eltwise && !l->pool_first && l->pool != SYN_POOL_NONE)
        combine(&s, l->in);
    if (l->pool != SYN_POOL_NONE)
        pool(&s);
    if (s.count == 1)
        return s.operands[0];
    if (wide)
        e->kernels->eltwise32(l, s.operands, syn_tensor_bytes(l->pooled, 8), wide);
    else
        combine(&s, l->pooled);
    return s.operands[0];
}

/* ---- steps ------------------------------------------------------------------------------ */

void syn_exec_start(struct syn_exec *exec)
{
    exec->layer = exec->image.first;
    exec->row = 0;
    exec->staged = false;
}

static void finish_layer(struct syn_exec *e)
{
    e->layer++;
    e->row = 0;
    e->staged = false;
    if (e->layer == e->image.last)
        put_out(e);
}

/* Everything before the convolution, and all of a layer without one. Returns its cost. */
static uint64_t do_stage(struct syn_exec *e, const struct syn_layer *l)
{
    bool passthrough = l->op == SYN_OP_PASSTHROUGH, wide = passthrough && l->output_width == 32;
    int8_t *out = tensor(e, e->layer + 1u);

    e->ready = stage(e, l, wide ? out : NULL);
    e->staged = true;
    if (passthrough && !wide)
        memcpy(out, e->ready, syn_tensor_bytes(l->out, 8));
    if (passthrough)
        finish_layer(e);
    return l->input_count > 1 || l->pool != SYN_POOL_NONE || passthrough
               ? (uint64_t)syn_tensor_bytes(l->in, 8) * l->input_count
               : 0;
}

static uint64_t do_rows(struct syn_exec *e, const struct syn_layer *l, const int8_t *bias,
                        uint64_t budget)
{
    uint64_t row_macs = syn_layer_macs(l) / l->out.height + 1;
    uint64_t rows = budget / row_macs;
    unsigned left = (unsigned)(l->out.height - e->row);
    unsigned count = rows == 0 ? 1 : rows < left ? (unsigned)rows : left;

    e->kernels->conv(l, e->ready, e->base + e->weights[e->layer - e->image.first], bias,
                     tensor(e, e->layer + 1u), e->base + e->scratch, e->row, e->row + count);
    e->row = (uint16_t)(e->row + count);
    if (e->row == l->out.height)
        finish_layer(e);
    return count * row_macs;
}

bool syn_exec_step(struct syn_exec *exec, uint64_t macs)
{
    uint64_t done = 0;

    while (exec->layer < exec->image.last && (done < macs || done == 0)) {
        const int8_t *bias;
        struct syn_layer l;

        syn_image_layer(&exec->image, exec->layer, &l, NULL, &bias);
        if (!exec->staged)
            done += do_stage(exec, &l);
        else
            done += do_rows(exec, &l, bias, macs - done);
    }
    return exec->layer < exec->image.last;
}
