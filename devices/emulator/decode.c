/* SPDX-License-Identifier: MIT */
/* From the registers of a layer to what it does. */
#include "devices/emulator/internal.h"

#include <string.h>

/* A layer being decoded. */
struct decoder {
    const struct syn_emulator *e;
    const uint32_t *values; /* of the master's registers of this layer */
    unsigned layer;
    struct plan *plan;
    struct syn_emulator_fault *fault;
};

#define FIELD(d, name) syn_field_get((d)->e->regs, (d)->values, SYN_FIELD_##name)

static int refuse(const struct decoder *d, enum syn_emulator_fault_kind kind,
                  enum syn_layer_register reg, const char *words)
{
    *d->fault =
        fault_make(kind, (int)d->layer, (int)d->plan->master,
                   syn_layer_address(d->e->regs, d->plan->master, d->layer, reg), "%s", words);
    return SYN_EINVAL;
}

static uint32_t field_of(const struct decoder *d, unsigned quadrant, enum syn_layer_field field)
{
    return syn_field_get(d->e->regs, d->e->quadrants[quadrant].layers[d->layer], field);
}

static bool counts_last_window(const struct decoder *d)
{
    return d->e->regs->number[SYN_LREG_NEXT] != SYN_REG_NONE;
}

/* ---- who works ---------------------------------------------------------------------------- */

static int decode_processors(const struct decoder *d)
{
    struct plan *p = d->plan;

    for (unsigned q = 0; q < QUADRANTS; q++)
        if (d->e->run.participants >> q & 1)
            p->processors |= (uint64_t)field_of(d, q, SYN_FIELD_PROCESSORS) << 16 * q;
    for (unsigned i = 0; i < PROCESSORS; i++)
        if (p->processors >> i & 1)
            p->list[p->count++] = (uint8_t)i;
    if (p->count == 0)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_ENABLE, "no processor is enabled");
    return 0;
}

static int decode_kind(const struct decoder *d)
{
    d->plan->kind = FIELD(d, DEPTHWISE)    ? PLAN_DEPTHWISE
                    : FIELD(d, TIME_SLOTS) ? PLAN_COPY
                                           : PLAN_CONV;
    if (FIELD(d, CALC_X4))
        return refuse(d, SYN_FAULT_UNMODELLED, SYN_LREG_POST, "fourfold calculation (x4)");
    if (FIELD(d, BYPASS))
        return refuse(d, SYN_FAULT_UNMODELLED, SYN_LREG_CONTROL, "a convolution that is bypassed");
    if (!FIELD(d, GLOBAL_WRITE))
        return refuse(d, SYN_FAULT_UNMODELLED, SYN_LREG_CONTROL, "writes local to a quadrant");
    if (FIELD(d, WIDE) && d->plan->kind == PLAN_COPY)
        return refuse(d, SYN_FAULT_UNMODELLED, SYN_LREG_CONTROL, "32 bits without a convolution");
    return 0;
}

/* ---- kernel, pooling, operands ------------------------------------------------------------ */

static int decode_kernel(const struct decoder *d)
{
    struct syn_layer *l = &d->plan->layer;
    uint32_t length = FIELD(d, LINE_LENGTH);

    l->kernel_h = l->kernel_w = d->plan->kind == PLAN_COPY || length == 1 ? 1 : 3;
    if (FIELD(d, LINE)) {
        l->kernel_h = (uint8_t)length;
        l->kernel_w = 1;
    }
    if (l->kernel_h == 0 || l->kernel_h > 9 || (!FIELD(d, LINE) && length > 1))
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_ONED, "no kernel has this length");
    if (d->e->regs->field[SYN_FIELD_KERNEL_ROWS_LAST].width && d->plan->kind != PLAN_COPY &&
        (FIELD(d, KERNEL_ROWS_LAST) + 1 != l->kernel_h ||
         FIELD(d, KERNEL_COLUMNS_LAST) + 1 != l->kernel_w))
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_CONTROL,
                      "the size of the kernel is not that of 1D");
    l->op = SYN_OP_CONV2D;
    if (d->plan->kind == PLAN_COPY)
        l->op = SYN_OP_PASSTHROUGH;
    else if (FIELD(d, TRANSPOSE))
        l->op = SYN_OP_CONVTRANSPOSE2D;
    if (l->op == SYN_OP_CONVTRANSPOSE2D && l->kernel_w != 3)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_ONED,
                      "a transposed convolution without a 3x3 kernel");
    return 0;
}

static int decode_pool(const struct decoder *d)
{
    struct syn_layer *l = &d->plan->layer;
    uint32_t rows = FIELD(d, POOL_ROWS_LAST), columns = FIELD(d, POOL_COLUMNS_LAST);
    uint32_t down = FIELD(d, POOL_ROWS_GAP) + 1, across = FIELD(d, POOL_COLUMNS_GAP) + 1;

    l->pool_stride_h = l->pool_stride_w = (uint8_t)(FIELD(d, STRIDE_LAST) + 1);
    l->pool_dilation_h = (uint8_t)down;
    l->pool_dilation_w = (uint8_t)across;
    if (rows % down || columns % across || (!FIELD(d, POOL) && (rows || columns)))
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_POOL_ROWS,
                      "the pooling window is not a multiple of its dilation, or pooling is off");
    l->pool_h = (uint8_t)(rows / down + 1);
    l->pool_w = (uint8_t)(columns / across + 1);
    if (FIELD(d, POOL))
        l->pool = FIELD(d, POOL_MAX) ? SYN_POOL_MAX : SYN_POOL_AVG;
    l->pool_round = d->e->quadrants[d->plan->master].control[SYN_REG_CTL] & SYN_CTL_POOL_ROUND;
    if (l->op == SYN_OP_CONVTRANSPOSE2D && (l->pool || l->pool_stride_h > 1))
        return refuse(d, SYN_FAULT_UNMODELLED, SYN_LREG_POST,
                      "pooling before a transposed convolution");
    return 0;
}

static int decode_operands(const struct decoder *d)
{
    static const uint8_t functions[] = {
        [SYN_ELT_SUB] = SYN_ELTWISE_SUB,
        [SYN_ELT_ADD] = SYN_ELTWISE_ADD,
        [SYN_ELT_OR] = SYN_ELTWISE_OR,
        [SYN_ELT_XOR] = SYN_ELTWISE_XOR,
    };
    struct syn_layer *l = &d->plan->layer;

    l->input_count = 1;
    l->pool_first = true;
    if (!FIELD(d, ELTWISE))
        return 0;
    l->input_count = (uint8_t)(FIELD(d, OPERANDS_LAST) + 1);
    l->eltwise = functions[FIELD(d, ELTWISE_FN)];
    l->pool_first = !l->pool || FIELD(d, POOL_FIRST);
    if (FIELD(d, ELTWISE_CONV) != (d->plan->kind != PLAN_COPY))
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_ONED,
                      "whether a convolution follows the operands is said twice and not the same");
    return 0;
}

/* ---- the input ---------------------------------------------------------------------------- */

/* One axis: what the counters say, and what follows from it. */
struct axis {
    uint32_t last, pad, pool, dilation, stride;
    uint32_t size;   /* MAX78000: of the input, with the zeros of a transposed convolution */
    uint32_t pooled; /* windows; with those zeros */
    uint32_t extent; /* of the input that is read */
};

static bool solve_axis(struct axis *a, bool last_window)
{
    uint32_t window = (a->pool - 1) * a->dilation + 1;

    if (last_window) {
        if (a->last % a->stride)
            return false;
        a->pooled = a->last / a->stride + 1;
    } else {
        if (a->last + 1 <= 2 * a->pad || a->last + 1 - 2 * a->pad < window)
            return false;
        a->size = a->last + 1 - 2 * a->pad;
        a->pooled = (a->size - window) / a->stride + 1;
    }
    a->extent = (a->pooled - 1) * a->stride + window;
    return true;
}

static uint32_t decode_pad(const struct decoder *d, enum syn_layer_field pad,
                           enum syn_layer_field padded)
{
    if (!counts_last_window(d))
        return syn_field_get(d->e->regs, d->values, pad);
    return syn_field_get(d->e->regs, d->values, padded)
               ? syn_field_get(d->e->regs, d->values, pad) + 1
               : 0;
}

/* The MAX78002 says how far the windows lie apart, the MAX78000 how wide the input is. */
static int decode_pitch(const struct decoder *d, const struct axis *columns, uint32_t halved)
{
    struct plan_read *r = &d->plan->read;
    uint32_t unit = r->chw ? 1 : 4, stride = columns->stride;

    if (!counts_last_window(d)) {
        r->pixel = r->chw ? 1 : 4 * r->passes * r->operands;
        r->row = columns->size / halved * r->pixel;
        return 0;
    }
    r->pixel = FIELD(d, STRIDE_WORDS) / stride * unit;
    r->row = (FIELD(d, ROWS_STEP) * unit + columns->last * r->pixel) / stride / halved;
    if (FIELD(d, STRIDE_WORDS) % stride)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_STRIDE,
                      "the distance of two windows is not a multiple of the stride");
    return 0;
}

static void decode_passes(const struct decoder *d)
{
    struct plan_read *r = &d->plan->read;

    r->passes = FIELD(d, PASSES_LAST) + 1;
    d->plan->spread = FIELD(d, FLATTEN);
    if (d->plan->spread)
        r->passes += FIELD(d, FLATTEN_HIGH) << 4;
    r->operands = d->plan->layer.input_count;
    r->chw = FIELD(d, CHW);
    for (unsigned q = 0; q < QUADRANTS; q++)
        r->base[q] = 4 * field_of(d, q, SYN_FIELD_READ_WORD);
}

static void set_shapes(struct plan *p, const struct axis *rows, const struct axis *columns,
                       uint32_t halved)
{
    struct syn_layer *l = &p->layer;
    uint16_t channels = (uint16_t)(p->read.passes * p->count);

    p->pad_h = rows->pad;
    p->pad_w = columns->pad;
    l->pad_h = (uint8_t)(halved == 2 ? 2 - rows->pad : rows->pad);
    l->pad_w = (uint8_t)(halved == 2 ? 2 - columns->pad : columns->pad);
    l->in = (struct syn_shape){channels, (uint16_t)(rows->extent / halved),
                               (uint16_t)(columns->extent / halved)};
    l->pooled = (struct syn_shape){channels, (uint16_t)(rows->pooled / halved),
                                   (uint16_t)(columns->pooled / halved)};
    l->out.height = (uint16_t)(rows->pooled + 2 * rows->pad - (l->kernel_h - 1u));
    l->out.width = (uint16_t)(columns->pooled + 2 * columns->pad - (l->kernel_w - 1u));
}

/* Rows that follow each other without a gap are one line. */
static void set_lines(struct plan *p)
{
    struct plan_read *r = &p->read;

    r->lines = p->layer.in.height;
    r->length = p->layer.in.width;
    if (r->row != r->length * r->pixel)
        return;
    r->length *= r->lines;
    r->lines = 1;
}

static int decode_input(const struct decoder *d)
{
    struct plan *p = d->plan;
    const struct syn_layer *l = &p->layer;
    uint32_t halved = l->op == SYN_OP_CONVTRANSPOSE2D ? 2 : 1;
    struct axis rows = {
        .last = FIELD(d, ROWS_LAST),
        .pad = decode_pad(d, SYN_FIELD_ROWS_PAD, SYN_FIELD_ROWS_PADDED),
        .pool = l->pool_h,
        .dilation = l->pool_dilation_h,
        .stride = l->pool_stride_h,
    };
    struct axis columns = {
        .last = FIELD(d, COLUMNS_LAST),
        .pad = decode_pad(d, SYN_FIELD_COLUMNS_PAD, SYN_FIELD_COLUMNS_PADDED),
        .pool = l->pool_w,
        .dilation = l->pool_dilation_w,
        .stride = l->pool_stride_w,
    };

    if (!solve_axis(&rows, counts_last_window(d)) || !solve_axis(&columns, counts_last_window(d)))
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_ROWS,
                      "the input is smaller than its padding or its pooling window");
    if (rows.pooled + 2 * rows.pad < l->kernel_h || columns.pooled + 2 * columns.pad < l->kernel_w)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_ROWS, "the kernel is larger than the input");
    if (halved == 2 && (rows.pooled % 2 || columns.pooled % 2 || rows.pad > 2 || columns.pad > 2))
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_ROWS,
                      "a transposed convolution that does not double its input");
    decode_passes(d);
    set_shapes(p, &rows, &columns, halved);
    if (decode_pitch(d, &columns, halved))
        return SYN_EINVAL;
    set_lines(p);
    return 0;
}

/* ---- weights and bias --------------------------------------------------------------------- */

static void decode_bias(const struct decoder *d)
{
    struct plan_weights *w = &d->plan->weights;

    w->bias_quadrant = NOT_THERE;
    for (unsigned q = 0; q < QUADRANTS; q++) {
        if (!(d->e->run.participants >> q & 1) || !field_of(d, q, SYN_FIELD_BIAS))
            continue;
        w->biased[q] = true;
        w->bias[q] = field_of(d, q, SYN_FIELD_BIAS_BYTE);
        w->bias_quadrant = (int)q;
    }
}

/* The register holds the shift in all, that for narrow weights included. */
static int decode_shift(const struct decoder *d)
{
    static const uint8_t bits[] = {
        [SYN_WIDTH_8] = 8, [SYN_WIDTH_1] = 1, [SYN_WIDTH_2] = 2, [SYN_WIDTH_4] = 4};
    struct plan *p = d->plan;
    int shift = (int)FIELD(d, SHIFT);

    p->weights.bits = bits[FIELD(d, WEIGHT_WIDTH)];
    p->weights.binary = d->e->quadrants[p->master].control[SYN_REG_CTL] & SYN_CTL_BINARY;
    p->layer.weight_bits = 8;
    shift = FIELD(d, SHIFT_RIGHT) ? -shift : shift;
    p->layer.output_shift = (int8_t)shift;
    p->layer.output_width = FIELD(d, WIDE) ? 32 : 8;
    p->layer.activation = FIELD(d, RELU)  ? SYN_ACT_RELU
                          : FIELD(d, ABS) ? SYN_ACT_ABS
                                          : SYN_ACT_NONE;
    return 0;
}

/* Kernels there are for each output, and outputs of one pass. */
static int decode_outputs(const struct decoder *d, uint32_t count)
{
    struct plan *p = d->plan;
    uint32_t bits = p->weights.bits, last = FIELD(d, OUTPUT_BITS);
    uint32_t outputs = p->kind == PLAN_DEPTHWISE ? count * p->count : count / p->read.passes;

    p->weights.inputs = p->kind == PLAN_DEPTHWISE ? 1 : p->read.passes;
    if (count % p->read.passes || (p->kind == PLAN_DEPTHWISE && count != p->read.passes))
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_CONTROL2,
                      "the kernels are not a multiple of the passes");
    if (outputs > d->e->part->channels_max)
        return refuse(d, SYN_FAULT_RANGE, SYN_LREG_CONTROL2, "more outputs than the part has");
    if (last % bits)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_CONTROL2,
                      "the last output processor is not a multiple of the weights' bits");
    p->layer.out.channels = (uint16_t)outputs;
    p->write.lanes = p->kind == PLAN_DEPTHWISE ? p->count : last / bits + 1;
    if (p->write.lanes > PROCESSORS)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_CONTROL2, "more outputs than processors");
    p->write.passes = (outputs + p->write.lanes - 1) / p->write.lanes;
    return 0;
}

static int decode_weights(const struct decoder *d)
{
    struct plan *p = d->plan;
    struct plan_weights *w = &p->weights;
    uint32_t last = FIELD(d, MASK_LAST);

    w->first = FIELD(d, MASK_FIRST);
    w->skip = FIELD(d, WEIGHT_SKIP);
    w->taps = (uint32_t)p->layer.kernel_h * p->layer.kernel_w;
    p->kernel_column = (w->first / 8 * w->taps + w->skip) / SYN_WEIGHT_BYTES;
    p->layer.groups = p->kind == PLAN_DEPTHWISE ? p->layer.in.channels : 1;
    decode_bias(d);
    if (last < w->first || (last - w->first) % w->bits)
        return refuse(d, SYN_FAULT_REGISTERS,
                      counts_last_window(d) ? SYN_LREG_MASK_LAST : SYN_LREG_MASK,
                      "the last kernel is not a number of weights behind the first");
    if (p->spread && (w->taps > 1 || p->layer.in.height > 1 || p->layer.in.width > 1))
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_POST, "flattening more than one pixel");
    for (unsigned q = 0; q < QUADRANTS; q++)
        if (d->e->run.participants >> q & 1 &&
            field_of(d, q, SYN_FIELD_MASKS) != field_of(d, q, SYN_FIELD_PROCESSORS))
            return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_ENABLE,
                          "processors without their weights, or weights without a processor");
    return decode_outputs(d, (last - w->first) / w->bits + 1);
}

/* What a layer without weights has where others say which weights are theirs. */
static int decode_copy(const struct decoder *d)
{
    struct plan *p = d->plan;
    bool counted = counts_last_window(d);
    uint32_t passes = (counted ? FIELD(d, MASK_FIRST) : FIELD(d, MASK_LAST)) / 8 + 1;

    p->weights.bias_quadrant = NOT_THERE;
    p->layer.out.channels = p->layer.in.channels;
    p->layer.groups = 1;
    p->layer.weight_bits = 0;
    p->layer.output_shift = 0;
    p->write.lanes = p->count;
    p->write.passes = p->read.passes;
    if (p->pad_h || p->pad_w)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_ROWS, "a copy with padding");
    if (passes != p->read.passes)
        return refuse(d, SYN_FAULT_REGISTERS, counted ? SYN_LREG_MASK_FIRST : SYN_LREG_MASK,
                      "a copy does not write as many passes as it reads");
    return 0;
}

/* ---- the output --------------------------------------------------------------------------- */

static int decode_steps(const struct decoder *d)
{
    struct plan_write *w = &d->plan->write;
    uint32_t instance = 1u << d->e->regs->instance_shift;
    uint32_t slot = FIELD(d, WRITE_SLOT_STEP), mask = FIELD(d, WRITE_MASK_STEP);
    uint32_t words = FIELD(d, WRITE_SKIP) + 1;

    w->wide = FIELD(d, WIDE);
    w->broadcast = FIELD(d, BROADCAST);
    w->pass_step = FIELD(d, WRITE_PASS_STEP);
    w->mask_step = mask / instance;
    w->slot_step = slot / instance;
    w->pixel = d->plan->kind == PLAN_COPY ? words * w->passes : words * (w->wide ? 4 : 1);
    for (unsigned q = 0; q < QUADRANTS; q++) {
        w->word[q] = field_of(d, q, SYN_FIELD_WRITE_WORD);
        w->instance[q] = field_of(d, q, SYN_FIELD_WRITE_INSTANCE);
    }
    if (d->plan->kind == PLAN_CONV && mask % instance)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_WRITE_MASK,
                      "outputs of a pass are not a number of instances apart");
    return 0;
}

/* The slots in which a quadrant's processors write a word of four. */
static uint32_t slots_needed(const struct plan *p)
{
    uint32_t most = 0;

    for (unsigned q = 0; q < QUADRANTS; q++) {
        uint32_t used = 0;

        for (uint64_t map = p->processors >> 16 * q & 0xffff; map; map &= map - 1)
            used++;
        most = (used + 3) / 4 > most ? (used + 3) / 4 : most;
    }
    return most;
}

static int decode_slots(const struct decoder *d)
{
    struct plan *p = d->plan;
    uint32_t needed = slots_needed(p);

    p->time_slots = FIELD(d, SLOTS_LAST) + 1;
    if (p->kind == PLAN_COPY && p->time_slots != needed)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_ONED,
                      "time slots that are not those of the processors");
    if (p->kind == PLAN_COPY && needed > 1 && p->write.slot_step == 0)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_WRITE_SLOT,
                      "time slots write over each other");
    return 0;
}

/* Counters of the cache and of the outputs, which must fit what else the registers say. */
static int decode_checks(const struct decoder *d)
{
    const struct plan *p = d->plan;
    uint32_t scale = p->layer.op == SYN_OP_CONVTRANSPOSE2D ? 2 : 1;
    uint32_t flat = p->read.passes - 1, last = 0, first = 0;

    if (p->kind != PLAN_COPY && p->layer.kernel_w == 3)
        last = p->layer.pooled.width * scale + 2 * p->pad_w - 3;
    if (p->spread) {
        first = flat;
        last = 2 * flat + 1;
    }
    if (FIELD(d, CACHE_LAST) != last || FIELD(d, CACHE_FIRST) != first)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_CACHE,
                      "the cache does not hold a row of the input");
    if (d->e->regs->number[SYN_LREG_OUTPUTS] != SYN_REG_NONE && p->kind == PLAN_CONV &&
        FIELD(d, OUTPUTS_LAST) + 1 != (uint32_t)p->layer.out.channels * p->read.passes)
        return refuse(d, SYN_FAULT_REGISTERS, SYN_LREG_OUTPUTS,
                      "the number of outputs is not that of the kernels");
    return 0;
}

/* ---- all of it ---------------------------------------------------------------------------- */

int plan_decode(const struct syn_emulator *e, unsigned layer, struct plan *plan,
                struct syn_emulator_fault *fault)
{
    static int (*const steps[])(const struct decoder *) = {
        decode_processors, decode_kind,  decode_kernel, decode_pool,
        decode_operands,   decode_input, decode_shift,
    };
    unsigned master = e->run.master;
    struct decoder d = {.e = e,
                        .values = e->quadrants[master].layers[layer],
                        .layer = layer,
                        .plan = plan,
                        .fault = fault};
    int rc = 0;

    memset(plan, 0, sizeof *plan);
    plan->master = master;
    plan->layer.dilation_h = plan->layer.dilation_w = 1;
    for (unsigned i = 0; rc == 0 && i < sizeof steps / sizeof steps[0]; i++)
        rc = steps[i](&d);
    if (rc == 0)
        rc = plan->kind == PLAN_COPY ? decode_copy(&d) : decode_weights(&d);
    if (rc == 0)
        rc = decode_steps(&d);
    if (rc == 0)
        rc = decode_slots(&d);
    return rc ? rc : decode_checks(&d);
}
