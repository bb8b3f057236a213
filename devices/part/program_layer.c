/* SPDX-License-Identifier: MIT */
#include "devices/part/program_layer.h"

#include <stddef.h>
#include <string.h>

#include "devices/base/bits.h"
#include "devices/part/maps.h"
#include "devices/part/max7800x.h"
#include "devices/part/padding.h"

/* ---- what the hardware sees ------------------------------------------------------------- */

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* Time slots: words that a quadrant writes one after the other, less 1. */
static unsigned slots_last(const struct syn_work *w)
{
    const struct syn_layer *l = w->layer;
    unsigned most = 0;

    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        unsigned count = syn_bits_count(syn_map_quadrant(l->processors, q));

        if (count == 0)
            continue;
        if (w->op == SYN_OP_PASSTHROUGH)
            most = larger(most, (count * l->output_width / 8 - 1) / 4);
        else if (w->broadcast)
            most = larger(most, (count < 4 ? count : 4) * (l->output_width / 8) - 1);
        else if (l->groups > 1)
            most = larger(most, (count * l->output_width + 7) / 8 - 1);
    }
    return most;
}

static bool is_pooled(const struct syn_layer *l)
{
    return l->pool_h > 1 || l->pool_w > 1;
}

/* Bytes of the row that a conv1d over rows writes before its output. */
static uint32_t row_before(const struct syn_work *w)
{
    const struct syn_layer *l = w->layer;

    if (!w->over_rows || l->kernel_h < 3)
        return 0;
    return 4u * l->dilation_h * w->out_passes * (l->output_width / 8u);
}

/* ---- what it cannot do ------------------------------------------------------------------ */

static const char *check_work(const struct syn_work *w)
{
    if (w->op == SYN_OP_PASSTHROUGH && w->out_passes > 1 && w->route->pixel_gap > 0)
        return "a multi-pass copy into a part of a concatenation";
    if (w->padding * 4 * w->passes > w->route->in_offset)
        return "no room for the padding of a conv1d";
    if (w->route->read_gap > 0 && (!w->part->depthwise || w->passes > 1))
        return "reading with gaps";
    if (w->route->out_offset < row_before(w))
        return "no room in front of the output of a dilated conv1d";
    return NULL;
}

static void init(struct syn_work *w, const struct syn_part *part, const struct syn_layer *l,
                 const struct syn_route *route)
{
    *w = (struct syn_work){
        .part = part,
        .regs = syn_registers_of(part),
        .layer = l,
        .route = route,
        .op = (enum syn_op)l->op,
        .passes = syn_part_expand(l->in.channels),
        .out_passes = syn_part_expand(l->out.channels),
        .operands = l->eltwise == SYN_ELTWISE_NONE ? 1 : l->input_count,
        .broadcast = l->groups > 1 && l->processors == l->output_processors,
    };
    syn_columns_hw(l, &w->hw);
    w->over_rows = l->op == SYN_OP_CONV1D && w->hw.kernel_w > 1;
    if (w->over_rows)
        w->op = SYN_OP_CONV2D;
    if (l->op == SYN_OP_CONVTRANSPOSE2D) {
        w->hw.pad_h = (uint8_t)(l->kernel_h - 1 - l->pad_h);
        w->hw.pad_w = (uint8_t)(l->kernel_w - 1 - l->pad_w);
    }
    w->padding = syn_padding_pixels(w->part, l);
    if (w->padding > 0)
        w->hw.pad_h = 0;
    if (l->flatten) {
        uint32_t steps = w->passes * l->pooled.height * l->pooled.width;

        w->flat = steps > 16 ? steps - 1 : 0;
    }
    w->rows_for_passes = syn_max7800x_passes_as_rows(w->part, l);
    w->slots_last = slots_last(w);
}

const char *syn_work_check(const struct syn_part *part, const struct syn_layer *layer,
                           const struct syn_route *route)
{
    const struct syn_place nowhere = {.bias_group = -1};
    const char *what;
    struct syn_work w;

    init(&w, part, layer, route);
    w.place = &nowhere;
    if ((what = check_work(&w)))
        return what;
    if (!w.regs || syn_work_registers(&w, 0)) /* nobody programs a part that is only thought of */
        return NULL;
    return "a count or an address beyond its register";
}

const char *syn_work_init(struct syn_work *w, const struct syn_program *p, unsigned index)
{
    const struct syn_layer *l = syn_chunk_layer(p->chunk, index);
    const char *what;

    init(w, p->part, l, &p->routes[index - p->chunk->first]);
    w->place = &p->places[index - p->chunk->first];
    if (!w->regs)
        return "no program for this part";
    what = check_work(w);
    return what ? what : syn_max7800x_refusal(p->part, l);
}

/* ---- fields ----------------------------------------------------------------------------- */

static void set(struct syn_work *w, enum syn_layer_field field, uint32_t value)
{
    if (!syn_field_set(w->regs, w->values, field, value))
        w->fits = false;
}

static bool has(const struct syn_work *w, enum syn_layer_field field)
{
    return w->regs->field[field].width > 0;
}

struct extent {
    uint32_t rows, columns; /* that are read, with the zeros between for a convtranspose2d */
};

static struct extent extent_of(const struct syn_work *w)
{
    const struct syn_layer *l = w->layer;

    if (l->flatten)
        return (struct extent){l->pool_h, l->pool_w};
    if (w->over_rows)
        return (struct extent){w->hw.in_h, w->hw.in_w};
    if (w->op == SYN_OP_CONVTRANSPOSE2D)
        return (struct extent){2u * l->in.height, 2u * l->in.width};
    if (w->padding > 0)
        return (struct extent){(uint32_t)l->pooled.height * l->pool_stride_h + 2 * w->padding, 1};
    return (struct extent){w->rows_for_passes ? l->in.height * w->passes : l->in.height,
                           l->in.width};
}

/* Where the last pooling window begins. */
static uint32_t last_window(uint32_t size, unsigned pool, unsigned dilation, unsigned stride)
{
    return (size - ((pool - 1) * dilation + 1)) / stride * stride;
}

/* Words that one step of the reader goes on. */
static uint32_t step_words(const struct syn_work *w)
{
    return (w->route->read_gap + 1u) * w->operands * w->passes;
}

/* A MAX78000 counts all rows, a MAX78002 the windows, and how far the next row of them is. */
static void set_size(struct syn_work *w)
{
    const struct syn_layer *l = w->layer;
    struct extent e = extent_of(w);
    uint32_t row = last_window(e.rows, l->pool_h, l->pool_dilation_h, l->pool_stride_h);
    uint32_t column = last_window(e.columns, l->pool_w, l->pool_dilation_w, l->pool_stride_w);
    uint32_t behind = w->op == SYN_OP_CONV1D ? 1 : e.columns - column;

    if (!has(w, SYN_FIELD_ROWS_STEP)) {
        set(w, SYN_FIELD_ROWS_LAST, e.rows - 1 + 2u * w->hw.pad_h);
        set(w, SYN_FIELD_ROWS_PAD, w->hw.pad_h);
        set(w, SYN_FIELD_COLUMNS_LAST, e.columns - 1 + 2u * w->hw.pad_w);
        set(w, SYN_FIELD_COLUMNS_PAD, w->hw.pad_w);
        return;
    }
    set(w, SYN_FIELD_ROWS_LAST, row);
    set(w, SYN_FIELD_ROWS_STEP, (behind + (l->pool_stride_h - 1u) * e.columns) * step_words(w));
    set(w, SYN_FIELD_ROWS_PADDED, w->hw.pad_h > 0);
    set(w, SYN_FIELD_ROWS_PAD, w->hw.pad_h > 0 ? w->hw.pad_h - 1u : 0);
    set(w, SYN_FIELD_COLUMNS_LAST, column);
    set(w, SYN_FIELD_COLUMNS_STEP, e.columns - column);
    set(w, SYN_FIELD_COLUMNS_PADDED, w->hw.pad_w > 0);
    set(w, SYN_FIELD_COLUMNS_PAD, w->hw.pad_w > 0 ? w->hw.pad_w - 1u : 0);
}

static void set_pool(struct syn_work *w)
{
    const struct syn_layer *l = w->layer;

    set(w, SYN_FIELD_POOL_ROWS_LAST, (l->pool_h - 1u) * l->pool_dilation_h);
    set(w, SYN_FIELD_POOL_ROWS_GAP, l->pool_dilation_h - 1u);
    set(w, SYN_FIELD_POOL_COLUMNS_LAST, (l->pool_w - 1u) * l->pool_dilation_w);
    set(w, SYN_FIELD_POOL_COLUMNS_GAP, l->pool_dilation_w - 1u);
    if (w->op != SYN_OP_CONVTRANSPOSE2D)
        set(w, SYN_FIELD_STRIDE_LAST, l->pool_stride_h - 1u);
    if (has(w, SYN_FIELD_STRIDE_WORDS))
        set(w, SYN_FIELD_STRIDE_WORDS, l->pool_stride_h * step_words(w));
}

/* ---- data memory ------------------------------------------------------------------------ */

/* Depthwise from other processors than it writes: each quadrant has its own place to begin. */
static bool moving_instance(const struct syn_work *w, unsigned quadrant, unsigned *instance)
{
    unsigned start = syn_map_first(w->layer->processors), first = start / 16, to;

    if (quadrant < first)
        return false;
    to = (quadrant - first) * 16 + syn_map_first(w->layer->output_processors);
    *instance = (quadrant > first ? to - start % 16 : to) / 4;
    return true;
}

/* The instance where this quadrant begins to write; false where it writes nothing. */
static bool write_instance(const struct syn_work *w, unsigned quadrant, unsigned *instance)
{
    uint64_t map = w->layer->output_processors;

    if (w->layer->groups > 1 && !w->broadcast)
        return moving_instance(w, quadrant, instance);
    if (w->op == SYN_OP_PASSTHROUGH)
        map &= UINT64_C(0xffff) << 16 * quadrant;
    *instance = map ? syn_map_first(map) / 4 : 0;
    return true;
}

/* Distance in the unit of write pointers between words that follow each other in time. */
static uint32_t slot_step(const struct syn_work *w)
{
    const uint32_t instance = UINT32_C(1) << w->regs->instance_shift;

    if (w->op == SYN_OP_PASSTHROUGH)
        return syn_bits_count(w->layer->processors) > 4 || (w->operands > 1 && w->passes > 1)
                   ? instance
                   : instance / 4;
    if (w->layer->groups > 1)
        return w->broadcast ? 0 : instance;
    return (w->op == SYN_OP_CONV2D || w->op == SYN_OP_LINEAR) && w->hw.kernel_h == 1;
}

static void set_pointers(struct syn_work *w, unsigned quadrant)
{
    const struct syn_layer *l = w->layer;
    const struct syn_route *r = w->route;
    unsigned instance;

    if (write_instance(w, quadrant, &instance)) {
        set(w, SYN_FIELD_WRITE_WORD, (r->out_offset - row_before(w)) / 4);
        set(w, SYN_FIELD_WRITE_INSTANCE, instance);
    }
    set(w, SYN_FIELD_WRITE_SLOT_STEP, slot_step(w));
    if (w->op != SYN_OP_PASSTHROUGH)
        set(w, SYN_FIELD_WRITE_MASK_STEP, UINT32_C(1) << w->regs->instance_shift);
    if (w->out_passes > 1)
        set(w, SYN_FIELD_WRITE_PASS_STEP, l->output_width / 8u * (r->write_gap + 1u));
    set(w, SYN_FIELD_READ_WORD, r->in_offset / 4 - w->padding * w->passes);
}

/* Words between pixels that are written, less 1. */
static uint32_t write_skip(const struct syn_work *w)
{
    const struct syn_route *r = w->route;

    if (w->op == SYN_OP_PASSTHROUGH)
        return (uint32_t)r->write_gap + r->pixel_gap;
    return w->out_passes * (r->write_gap + 1u) - 1 + r->pixel_gap;
}

/* ---- control ---------------------------------------------------------------------------- */

/* Other quadrants whose sums, or bias, are added in the master. */
static uint32_t sources(const struct syn_work *w)
{
    uint32_t mask = 0;

    for (unsigned q = 1; q < SYN_PART_QUADRANTS; q++)
        if (syn_map_quadrant(w->layer->processors, q) || w->place->bias_group == (int)q)
            mask |= 1u << q;
    return mask;
}

static void set_control(struct syn_work *w, unsigned quadrant)
{
    const struct syn_layer *l = w->layer;
    bool convolves = w->op != SYN_OP_PASSTHROUGH;
    uint64_t out = l->output_processors;

    set(w, SYN_FIELD_ALWAYS, 1);
    set(w, SYN_FIELD_CHW, l->input_chw);
    set(w, SYN_FIELD_POOL, is_pooled(l));
    set(w, SYN_FIELD_POOL_MAX, l->pool != SYN_POOL_AVG);
    set(w, SYN_FIELD_RELU, l->activation == SYN_ACT_RELU);
    set(w, SYN_FIELD_GLOBAL_WRITE, 1);
    set(w, SYN_FIELD_WIDE, l->output_width != 8);
    set(w, SYN_FIELD_BROADCAST, w->broadcast);
    if (convolves && quadrant == 0 && l->groups == 1)
        set(w, SYN_FIELD_SOURCES, sources(w));
    if (convolves && has(w, SYN_FIELD_KERNEL_ROWS_LAST)) {
        set(w, SYN_FIELD_KERNEL_ROWS_LAST, w->hw.kernel_h - 1u);
        set(w, SYN_FIELD_KERNEL_COLUMNS_LAST, w->hw.kernel_w - 1u);
    }
    if (l->flatten)
        set(w, SYN_FIELD_PASSES_LAST, (w->passes * l->pooled.height * l->pooled.width - 1) & 0xf);
    else if (!w->rows_for_passes)
        set(w, SYN_FIELD_PASSES_LAST, w->passes - 1);
    set(w, SYN_FIELD_WRITE_SKIP, write_skip(w));
    if (convolves)
        set(w, SYN_FIELD_OUTPUT_BITS,
            (syn_map_last(out) - (syn_map_first(out) & ~3u)) * l->weight_bits);
}

static uint32_t eltwise_code(const struct syn_layer *l)
{
    static const uint8_t codes[SYN_ELTWISE_COUNT] = {
        [SYN_ELTWISE_ADD] = SYN_ELT_ADD,
        [SYN_ELTWISE_SUB] = SYN_ELT_SUB,
        [SYN_ELTWISE_XOR] = SYN_ELT_XOR,
        [SYN_ELTWISE_OR] = SYN_ELT_OR,
    };

    return codes[l->eltwise];
}

static void set_oned(struct syn_work *w)
{
    const struct syn_layer *l = w->layer;
    bool point = (w->op == SYN_OP_CONV2D || w->op == SYN_OP_LINEAR) && w->hw.kernel_h == 1;

    set(w, SYN_FIELD_SLOTS_LAST, w->slots_last);
    if (w->op == SYN_OP_CONV1D) {
        set(w, SYN_FIELD_LINE, 1);
        set(w, SYN_FIELD_LINE_LENGTH, w->hw.kernel_h);
    } else if (point || (w->op == SYN_OP_PASSTHROUGH && w->operands == 1)) {
        set(w, SYN_FIELD_LINE_LENGTH, 1);
    }
    if (w->operands < 2)
        return;
    set(w, SYN_FIELD_ELTWISE, 1);
    set(w, SYN_FIELD_ELTWISE_FN, eltwise_code(l));
    set(w, SYN_FIELD_OPERANDS_LAST, w->operands - 1);
    set(w, SYN_FIELD_POOL_FIRST, is_pooled(l) && l->pool_first);
    set(w, SYN_FIELD_ELTWISE_CONV, w->op != SYN_OP_PASSTHROUGH);
}

/* ---- weights ---------------------------------------------------------------------------- */

/* Kernels that one processor reads for a pixel. */
static uint32_t kernel_count(const struct syn_work *w)
{
    const struct syn_layer *l = w->layer;

    if (l->groups > 1)
        return w->passes;
    return syn_columns_outputs(l) * w->passes *
           (l->flatten ? (uint32_t)l->pooled.height * l->pooled.width : 1);
}

static void set_masks(struct syn_work *w)
{
    const struct syn_layer *l = w->layer;
    uint32_t taps = (uint32_t)w->hw.kernel_h * w->hw.kernel_w;
    uint32_t bytes = SYN_WEIGHT_BYTES * (uint32_t)w->place->kernel_column;
    bool wide = w->regs->number[SYN_LREG_MASK] == SYN_REG_NONE;

    if (w->op == SYN_OP_PASSTHROUGH) {
        if (!w->rows_for_passes)
            set(w, wide ? SYN_FIELD_MASK_FIRST : SYN_FIELD_MASK_LAST, (w->out_passes - 1) * 8);
        set(w, SYN_FIELD_OUTPUTS_LAST, wide ? w->slots_last : 0);
        return;
    }
    set(w, SYN_FIELD_MASK_FIRST, bytes / taps * 8);
    set(w, SYN_FIELD_MASK_LAST, bytes / taps * 8 + (kernel_count(w) - 1) * l->weight_bits);
    set(w, SYN_FIELD_WEIGHT_SKIP, bytes % taps);
    if (wide)
        set(w, SYN_FIELD_OUTPUTS_LAST,
            l->groups > 1 ? (w->slots_last + 1) * w->passes - 1 : kernel_count(w) - 1);
}

/* Rows of pixels that the cache keeps. */
static void set_cache(struct syn_work *w)
{
    const struct syn_layer *l = w->layer;
    int32_t width = l->pooled.width;

    if (w->op == SYN_OP_CONV1D ||
        ((w->op == SYN_OP_CONV2D || w->op == SYN_OP_LINEAR) && w->hw.kernel_h == 1)) {
        if (w->flat) {
            set(w, SYN_FIELD_CACHE_FIRST, w->flat);
            set(w, SYN_FIELD_CACHE_LAST, 2 * w->flat + 1);
        }
        return;
    }
    if (w->op == SYN_OP_PASSTHROUGH)
        return;
    if (w->over_rows)
        width = w->hw.in_w;
    if (w->op == SYN_OP_CONVTRANSPOSE2D)
        width = 2 * width; /* with the zeros between and the output padding */
    width += 2 * w->hw.pad_w - w->hw.kernel_w;
    set(w, SYN_FIELD_CACHE_LAST, width > 0 ? (uint32_t)width : 0);
}

static uint32_t width_code(unsigned bits)
{
    return bits == 1   ? SYN_WIDTH_1
           : bits == 2 ? SYN_WIDTH_2
           : bits == 4 ? SYN_WIDTH_4
                       : SYN_WIDTH_8;
}

static void set_bias(struct syn_work *w, unsigned quadrant)
{
    const struct syn_place *place = w->place;
    bool each =
        place->bias_group == SYN_BIAS_EACH && syn_map_quadrant(w->layer->processors, quadrant) != 0;

    if (!each && place->bias_group != (int)quadrant)
        return;
    set(w, SYN_FIELD_BIAS, 1);
    set(w, SYN_FIELD_BIAS_BYTE, w->broadcast ? place->bias_offset / 4u : place->bias_offset);
}

static void set_post(struct syn_work *w, unsigned quadrant)
{
    const struct syn_layer *l = w->layer;
    int shift = l->output_shift + 8 - l->weight_bits;

    if (w->op == SYN_OP_PASSTHROUGH) {
        set(w, SYN_FIELD_TIME_SLOTS, 1);
        set(w, SYN_FIELD_PASSTHROUGH, w->operands == 1);
        return;
    }
    set(w, SYN_FIELD_WEIGHT_WIDTH, width_code(l->weight_bits));
    set(w, SYN_FIELD_SHIFT, (uint32_t)(shift < 0 ? -shift : shift));
    set(w, SYN_FIELD_SHIFT_RIGHT, shift < 0);
    set_bias(w, quadrant);
    set(w, SYN_FIELD_ABS, l->activation == SYN_ACT_ABS);
    set(w, SYN_FIELD_FLATTEN, w->flat > 0);
    set(w, SYN_FIELD_FLATTEN_HIGH, w->flat >> 4);
    set(w, SYN_FIELD_TRANSPOSE, w->op == SYN_OP_CONVTRANSPOSE2D);
    set(w, SYN_FIELD_DEPTHWISE, l->groups > 1);
    set(w, SYN_FIELD_TIME_SLOTS, l->groups > 1);
}

bool syn_work_registers(struct syn_work *w, unsigned quadrant)
{
    uint32_t map = syn_map_quadrant(w->layer->processors, quadrant);

    memset(w->values, 0, sizeof w->values);
    w->fits = true;
    set_size(w);
    set_pool(w);
    set_pointers(w, quadrant);
    set_control(w, quadrant);
    set_oned(w);
    set_masks(w);
    set_cache(w);
    set_post(w, quadrant);
    set(w, SYN_FIELD_PROCESSORS, map);
    set(w, SYN_FIELD_MASKS, w->op == SYN_OP_PASSTHROUGH ? 0 : map);
    return w->fits;
}

/* ---- average pooling behind an element-wise operation ------------------------------------ */

bool syn_work_needs_reset(const struct syn_part *part, const struct syn_chunk *chunk,
                          unsigned index)
{
    return part->depthwise && index > chunk->first &&
           syn_chunk_layer(chunk, index - 1)->eltwise != SYN_ELTWISE_NONE &&
           syn_chunk_layer(chunk, index)->pool == SYN_POOL_AVG;
}

void syn_work_reset(struct syn_work *w)
{
    const uint32_t base = w->values[SYN_LREG_WRITE_BASE], step = w->values[SYN_LREG_WRITE_SLOT];

    memset(w->values, 0, sizeof w->values);
    w->values[SYN_LREG_WRITE_BASE] = base;
    w->values[SYN_LREG_WRITE_SLOT] = step;
    set(w, SYN_FIELD_ROWS_STEP, 1);
    set(w, SYN_FIELD_COLUMNS_STEP, 1);
    set(w, SYN_FIELD_STRIDE_WORDS, 1);
    set(w, SYN_FIELD_READ_WORD, w->route->in_offset / 4);
    set(w, SYN_FIELD_ALWAYS, 1);
    set(w, SYN_FIELD_POOL_MAX, 1);
    set(w, SYN_FIELD_GLOBAL_WRITE, 1);
    set(w, SYN_FIELD_LINE_LENGTH, 1);
    set(w, SYN_FIELD_TIME_SLOTS, 1);
    set(w, SYN_FIELD_PASSTHROUGH, 1);
    set(w, SYN_FIELD_PROCESSORS, 1);
}
