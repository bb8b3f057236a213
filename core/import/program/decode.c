/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One layer from its registers. What is not looked at here, prove.c compares. */
#include "core/import/program/recover.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "devices/base/bits.h"

struct decoder {
    struct program *p;
    const struct machine *m;
    const uint32_t *values; /* of quadrant 0, the master */
    struct unit *u;
};

#define FIELD(d, name) syn_field_get((d)->m->regs, (d)->values, SYN_FIELD_##name)

int program_refuse(const struct program *p, const struct unit *u, int code,
                   enum syn_layer_register reg, const char *fmt, ...)
{
    char words[360];
    int line = 0;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(words, sizeof words, fmt, args);
    va_end(args);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS && line == 0; q++)
        line = p->machine->lines[q][u->slot][reg];
    for (unsigned i = 0; i < SYN_LREG_COUNT && line == 0; i++)
        line = p->machine->lines[0][u->slot][i];
    syn_error_set(p->error, code, "layer %u: %s", u->slot, words);
    syn_error_where(p->error, p->machine->path, line, 0);
    return code;
}

#define REFUSE(d, code, reg, ...) program_refuse((d)->p, (d)->u, code, SYN_LREG_##reg, __VA_ARGS__)

/* What models here have no word for, and what would be nearest. */
static int unsupported(const struct decoder *d, enum syn_layer_register reg, const char *what,
                       const char *nearest)
{
    program_refuse(d->p, d->u, SYN_EUNSUP, reg, "%s", what);
    syn_error_hint(d->p->error, "nearest: %s", nearest);
    return SYN_EUNSUP;
}

static uint32_t field_of(const struct decoder *d, unsigned quadrant, enum syn_layer_field field)
{
    return syn_field_get(d->m->regs, d->m->layers[quadrant][d->u->slot], field);
}

/* A MAX78002 says where the last window is, and how far the next row. */
static bool says_windows(const struct decoder *d)
{
    return d->m->regs->number[SYN_LREG_NEXT] != SYN_REG_NONE;
}

/* ---- what is done ------------------------------------------------------------------------ */

static int decode_processors(struct decoder *d)
{
    struct unit *u = d->u;
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        u->layer.processors |= (uint64_t)field_of(d, q, SYN_FIELD_PROCESSORS) << 16 * q;
    for (unsigned i = 0; i < SYN_PART_PROCESSORS; i++)
        if (u->layer.processors >> i & 1)
            u->list[u->count++] = (uint8_t)i;
    return u->count ? 0 : REFUSE(d, SYN_EINVAL, ENABLE, "no processor works");
}

static int decode_kind(struct decoder *d)
{
    struct syn_layer *l = &d->u->layer;
    if (FIELD(d, CALC_X4))
        return unsupported(d, SYN_LREG_POST, "fourfold calculation", "the same without calcx4");
    if (FIELD(d, BYPASS))
        return unsupported(d, SYN_LREG_CONTROL, "a convolution whose kernels are bypassed",
                           "a passthrough layer, or a convolution with the kernels of an identity");
    if (FIELD(d, NEXT_LINK) && FIELD(d, NEXT_LAYER) != d->u->slot + 1)
        return unsupported(d, SYN_LREG_NEXT, "layers that do not follow each other",
                           "layers in the order in which they run");
    for (unsigned reg = SYN_LREG_STREAM_START; reg < SYN_LREG_COUNT; reg++)
        d->u->streams |= d->values[reg] != 0;
    l->groups = 1;
    l->op = FIELD(d, TIME_SLOTS) && !FIELD(d, DEPTHWISE) ? SYN_OP_PASSTHROUGH
            : FIELD(d, TRANSPOSE)                        ? SYN_OP_CONVTRANSPOSE2D
            : FIELD(d, LINE)                             ? SYN_OP_CONV1D
                                                         : SYN_OP_CONV2D;
    return 0;
}

static void decode_kernel(struct decoder *d)
{
    struct syn_layer *l = &d->u->layer;
    const uint32_t length = FIELD(d, LINE_LENGTH);
    l->dilation_h = l->dilation_w = 1;
    l->kernel_h = l->kernel_w = l->op == SYN_OP_PASSTHROUGH || length == 1 ? 1 : 3;
    if (l->op == SYN_OP_CONV1D) {
        l->kernel_h = (uint8_t)length;
        l->kernel_w = 1;
    }
    d->u->taps = (uint32_t)l->kernel_h * l->kernel_w;
    for (unsigned i = 0; i < sizeof d->u->tap; i++)
        d->u->tap[i] = (uint8_t)i;
}

static int decode_pool(struct decoder *d)
{
    struct syn_layer *l = &d->u->layer;
    const uint32_t rows = FIELD(d, POOL_ROWS_LAST), columns = FIELD(d, POOL_COLUMNS_LAST);
    const uint32_t down = FIELD(d, POOL_ROWS_GAP) + 1, across = FIELD(d, POOL_COLUMNS_GAP) + 1;
    l->pool_first = true;
    l->pool_h = (uint8_t)(rows / down + 1);
    l->pool_w = (uint8_t)(columns / across + 1);
    l->pool_dilation_h = (uint8_t)(l->pool_h > 1 ? down : 1);
    l->pool_dilation_w = (uint8_t)(l->pool_w > 1 ? across : 1);
    l->pool_stride_h = l->pool_stride_w = (uint8_t)(FIELD(d, STRIDE_LAST) + 1);
    if (FIELD(d, POOL) || !FIELD(d, POOL_MAX) || l->pool_stride_h > 1)
        l->pool = FIELD(d, POOL_MAX) ? SYN_POOL_MAX : SYN_POOL_AVG;
    l->pool_round = l->pool == SYN_POOL_AVG && d->m->start[0] & SYN_CTL_POOL_ROUND;
    if (!FIELD(d, POOL) && (rows || columns))
        return REFUSE(d, SYN_EINVAL, POOL_ROWS, "a pooling window without pooling");
    if (l->op == SYN_OP_CONVTRANSPOSE2D && l->pool != SYN_POOL_NONE)
        return unsupported(d, SYN_LREG_POST, "pooling before a transposed convolution",
                           "a passthrough layer that pools, before it");
    return 0;
}

static void decode_operands(struct decoder *d)
{
    static const uint8_t functions[] = {
        [SYN_ELT_SUB] = SYN_ELTWISE_SUB,
        [SYN_ELT_ADD] = SYN_ELTWISE_ADD,
        [SYN_ELT_OR] = SYN_ELTWISE_OR,
        [SYN_ELT_XOR] = SYN_ELTWISE_XOR,
    };
    struct syn_layer *l = &d->u->layer;
    d->u->operands = 1;
    if (!FIELD(d, ELTWISE))
        return;
    d->u->operands = FIELD(d, OPERANDS_LAST) + 1;
    l->eltwise = functions[FIELD(d, ELTWISE_FN)];
    l->pool_first = l->pool == SYN_POOL_NONE || FIELD(d, POOL_FIRST);
}

/* ---- the input --------------------------------------------------------------------------- */

/* One axis: what its register counts, and what follows. */
struct axis {
    uint32_t last, pad, pool, dilation, stride;
    uint32_t size; /* that is read */
};

static bool solve(struct axis *a, bool windows)
{
    const uint32_t window = (a->pool - 1) * a->dilation + 1;
    if (windows) {
        a->size = a->last + window;
        return a->last % a->stride == 0;
    }
    a->size = a->last + 1 - 2 * a->pad;
    return a->last + 1 > 2 * a->pad && a->size >= window;
}

static uint32_t decode_pad(const struct decoder *d, enum syn_layer_field pad,
                           enum syn_layer_field padded)
{
    const uint32_t value = syn_field_get(d->m->regs, d->values, pad);
    if (!says_windows(d))
        return value;
    return syn_field_get(d->m->regs, d->values, padded) ? value + 1 : 0;
}

static void decode_passes(struct decoder *d)
{
    struct unit *u = d->u;
    u->passes = FIELD(d, PASSES_LAST) + 1;
    if (FIELD(d, FLATTEN))
        u->passes += FIELD(d, FLATTEN_HIGH) << 4;
    u->layer.input_chw = FIELD(d, CHW);
    u->base = 4 * FIELD(d, READ_WORD);
}

/* A MAX78000 reads without gaps, a MAX78002 says how far windows lie apart. */
static int decode_pitch(struct decoder *d, const struct axis *columns)
{
    struct unit *u = d->u;
    const uint32_t unit = u->layer.input_chw ? 1 : 4 * u->passes * u->operands;
    u->pixel = unit;
    if (says_windows(d)) {
        const uint32_t words = FIELD(d, STRIDE_WORDS);
        u->columns = columns->last + FIELD(d, COLUMNS_STEP);
        u->pixel = words / columns->stride * (u->layer.input_chw ? 1 : 4);
        if (u->rows == 1 && u->columns == 1) /* flattened, perhaps: there is no distance */
            u->pixel = unit;
        else if (words % columns->stride || u->pixel % unit || u->pixel == 0)
            return REFUSE(d, SYN_EINVAL, STRIDE, "pixels are read at no fixed distance");
    } else {
        u->columns = columns->size;
    }
    if (u->columns < columns->size)
        return REFUSE(d, SYN_EINVAL, COLUMNS, "fewer columns than are read");
    u->row = u->columns * u->pixel;
    return 0;
}

/* Twice as many rows and columns are read of a transposed convolution: zeros between. */
static int halve(struct decoder *d)
{
    struct syn_layer *l = &d->u->layer;
    if (l->op != SYN_OP_CONVTRANSPOSE2D)
        return 0;
    if (d->u->rows % 2 || d->u->columns % 2 || l->pad_h > 2 || l->pad_w > 2)
        return REFUSE(d, SYN_EINVAL, ROWS, "a transposed convolution that does not double");
    d->u->rows /= 2;
    d->u->columns /= 2;
    d->u->row = d->u->columns * d->u->pixel;
    l->pad_h = (uint8_t)(2 - l->pad_h);
    l->pad_w = (uint8_t)(2 - l->pad_w);
    return 0;
}

static int decode_input(struct decoder *d)
{
    struct unit *u = d->u;
    struct syn_layer *l = &u->layer;
    struct axis rows = {.last = FIELD(d, ROWS_LAST),
                        .pad = decode_pad(d, SYN_FIELD_ROWS_PAD, SYN_FIELD_ROWS_PADDED),
                        .pool = l->pool_h,
                        .dilation = l->pool_dilation_h,
                        .stride = l->pool_stride_h};
    struct axis columns = {.last = FIELD(d, COLUMNS_LAST),
                           .pad = decode_pad(d, SYN_FIELD_COLUMNS_PAD, SYN_FIELD_COLUMNS_PADDED),
                           .pool = l->pool_w,
                           .dilation = l->pool_dilation_w,
                           .stride = l->pool_stride_w};
    decode_passes(d);
    if (!solve(&rows, says_windows(d)) || !solve(&columns, says_windows(d)))
        return REFUSE(d, SYN_EINVAL, ROWS, "the input is smaller than its padding or window");
    l->pad_h = (uint8_t)rows.pad;
    l->pad_w = (uint8_t)columns.pad;
    u->rows = rows.size;
    const int status = decode_pitch(d, &columns);
    return status < 0 ? status : halve(d);
}

/* ---- weights, bias, output --------------------------------------------------------------- */

static void decode_bias(struct decoder *d)
{
    struct unit *u = d->u;
    u->bias_quadrant = -1;
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        u->biased[q] = field_of(d, q, SYN_FIELD_BIAS);
        u->bias[q] = field_of(d, q, SYN_FIELD_BIAS_BYTE);
        if (u->biased[q])
            u->bias_quadrant = (int)q;
    }
    u->layer.has_bias = u->bias_quadrant >= 0;
}

static int decode_weights(struct decoder *d)
{
    static const uint8_t bits[] = {
        [SYN_WIDTH_8] = 8, [SYN_WIDTH_1] = 1, [SYN_WIDTH_2] = 2, [SYN_WIDTH_4] = 4};
    struct unit *u = d->u;
    struct syn_layer *l = &u->layer;
    const int shift = (int)FIELD(d, SHIFT);
    const uint32_t last = FIELD(d, MASK_LAST);
    if (l->op == SYN_OP_PASSTHROUGH)
        return 0;
    l->weight_bits = bits[FIELD(d, WEIGHT_WIDTH)];
    l->output_shift = (int8_t)((FIELD(d, SHIFT_RIGHT) ? -shift : shift) - 8 + l->weight_bits);
    l->activation = FIELD(d, RELU) ? SYN_ACT_RELU : FIELD(d, ABS) ? SYN_ACT_ABS : SYN_ACT_NONE;
    u->first = FIELD(d, MASK_FIRST);
    u->skip = FIELD(d, WEIGHT_SKIP);
    decode_bias(d);
    if (last < u->first || (last - u->first) % l->weight_bits)
        return REFUSE(d, SYN_EINVAL, MASK, "the last kernel is no kernel behind the first");
    u->kernels = (last - u->first) / l->weight_bits + 1;
    for (unsigned i = 0; i < u->count; i++)
        if (last / 8 * u->taps + u->skip >=
            SYN_WEIGHT_BYTES * machine_words(d->m->part, u->list[i]))
            return REFUSE(d, SYN_EINVAL, MASK, "weights beyond the memory of processor %u",
                          u->list[i]);
    return 0;
}

/* Outputs of one pass, and passes. */
static int decode_outputs(struct decoder *d)
{
    struct unit *u = d->u;
    const struct syn_layer *l = &u->layer;
    const uint32_t last = FIELD(d, OUTPUT_BITS);
    if (l->op == SYN_OP_PASSTHROUGH || FIELD(d, DEPTHWISE)) {
        u->lanes = u->count;
        u->out_passes = u->passes;
        u->counted = u->count * u->passes;
        if (FIELD(d, DEPTHWISE) && u->kernels != u->passes)
            return REFUSE(d, SYN_EINVAL, MASK, "a depthwise layer of too many kernels");
        return 0;
    }
    if (u->kernels % u->passes || last % l->weight_bits)
        return REFUSE(d, SYN_EINVAL, CONTROL2, "the kernels are no multiple of the passes");
    u->lanes = last / l->weight_bits + 1;
    u->counted = u->kernels / u->passes;
    u->out_passes = (u->counted + u->lanes - 1) / u->lanes;
    if (u->lanes > SYN_PART_PROCESSORS || u->counted > d->m->part->channels_max)
        return REFUSE(d, SYN_EINVAL, CONTROL2, "more outputs than the part has");
    return 0;
}

static int decode_output(struct decoder *d)
{
    struct unit *u = d->u;
    const uint32_t instance = 1u << d->m->regs->instance_shift;
    const uint32_t words = FIELD(d, WRITE_SKIP) + 1;
    const bool copies = u->layer.op == SYN_OP_PASSTHROUGH;
    u->layer.output_width = FIELD(d, WIDE) ? 32 : 8;
    u->broadcast = FIELD(d, BROADCAST);
    u->layer.groups = FIELD(d, DEPTHWISE) ? UINT16_MAX : 1; /* until the channels are known */
    u->out_pass = FIELD(d, WRITE_PASS_STEP);
    u->mask_step = FIELD(d, WRITE_MASK_STEP) / instance;
    u->slot_step = FIELD(d, WRITE_SLOT_STEP) / instance;
    const int status = decode_outputs(d);
    u->out_pixel = copies ? words * u->out_passes : words * u->layer.output_width / 8;
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        u->word[q] = field_of(d, q, SYN_FIELD_WRITE_WORD);
        u->instance[q] = field_of(d, q, SYN_FIELD_WRITE_INSTANCE);
    }
    return status;
}

/* ---- where things lie -------------------------------------------------------------------- */

static int decode_place(struct decoder *d)
{
    struct unit *u = d->u;
    const uint32_t bytes = u->first / 8 * u->taps + u->skip;
    u->place.bias_group = (int8_t)u->bias_quadrant;
    if (u->layer.op == SYN_OP_PASSTHROUGH) {
        u->place.bias_group = -1;
        return 0;
    }
    if (u->first % 8 || bytes % SYN_WEIGHT_BYTES)
        return REFUSE(d, SYN_EUNSUP, MASK, "weights that begin inside a word");
    u->place.kernel_column = (uint16_t)(bytes / SYN_WEIGHT_BYTES);
    if (u->bias_quadrant >= 0)
        u->place.bias_offset = (uint16_t)u->bias[u->bias_quadrant];
    if (u->bias_quadrant >= 0 && u->layer.groups > 1) {
        u->place.bias_group = SYN_BIAS_EACH;
        u->place.bias_offset = (uint16_t)(u->place.bias_offset * (u->broadcast ? 4 : 1));
    }
    return 0;
}

static void decode_route(struct decoder *d)
{
    struct unit *u = d->u;
    const uint32_t skip = FIELD(d, WRITE_SKIP), wide = u->layer.output_width / 8;
    struct syn_route *r = &u->route;
    r->in_offset = u->base;
    r->out_offset = 4 * u->word[u->list[0] / 16];
    if (!u->layer.input_chw)
        r->read_gap = (uint8_t)(u->pixel / (4 * u->passes * u->operands) - 1);
    r->write_gap = (uint8_t)skip;
    if (u->out_passes == 1)
        return;
    r->write_gap = (uint8_t)(u->out_pass / wide - 1);
    r->pixel_gap = (uint8_t)(u->layer.op == SYN_OP_PASSTHROUGH
                                 ? skip - r->write_gap
                                 : skip + 1 - u->out_passes * (r->write_gap + 1u));
}

/* ---- all --------------------------------------------------------------------------------- */

static int decode_layer(struct decoder *d)
{
    int status = decode_processors(d);
    if (status == 0)
        status = decode_kind(d);
    if (status < 0)
        return status;
    decode_kernel(d);
    if ((status = decode_pool(d)) < 0)
        return status;
    decode_operands(d);
    if ((status = decode_input(d)) < 0 || (status = decode_weights(d)) < 0 ||
        (status = decode_output(d)) < 0)
        return status;
    decode_route(d);
    return decode_place(d);
}

static bool is_bias_of(const struct unit *u, unsigned quadrant, unsigned byte)
{
    return u->biased[quadrant] && byte >= u->bias[quadrant] &&
           byte < u->bias[quadrant] + u->counted;
}

/*
 * The first layer of a MAX78000, when it streams, takes its biases from one byte further on than
 * its register says. The tool writes a 0 in front of them, older versions did not; then the byte
 * behind them is nobody's.
 */
static void find_bias_skip(struct program *p)
{
    struct unit *u = &p->units[0];
    const unsigned q = (unsigned)u->bias_quadrant;
    if (p->machine->part->depthwise || !u->streams || u->bias_quadrant < 0)
        return;
    const unsigned behind = u->bias[q] + u->counted;
    if (behind >= MACHINE_BIAS_MAX || !p->machine->biased[q][behind] ||
        p->machine->bias[q][u->bias[q]] != 0)
        return;
    for (unsigned i = 1; i < p->count; i++)
        if (is_bias_of(&p->units[i], q, behind))
            return;
    u->bias_skip = 1;
    u->place.bias_offset++;
}

/* The small layer that a MAX78002 needs in front of one that averages: nothing of the model. */
static bool is_reset(const struct program *p, const struct unit *before, const struct unit *u)
{
    return p->machine->part->depthwise && before && before->operands > 1 && u->count == 1 &&
           u->list[0] == 0 && u->layer.op == SYN_OP_PASSTHROUGH && u->rows == 1 &&
           u->columns == 1 && u->slot + 1 < p->hardware;
}

static int check_control(struct program *p)
{
    const struct machine *m = p->machine;
    const uint32_t last = m->control[0][SYN_REG_LAST];
    if (last > 0xff)
        return syn_error_set(p->error, SYN_EUNSUP, "a program that does not begin at layer 0");
    if (last >= m->part->layers_max)
        return syn_error_set(p->error, SYN_EINVAL, "more layers than a %s has", m->part->name);
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        p->binary |= (m->start[q] & SYN_CTL_BINARY) != 0;
    return 0;
}

int program_decode(struct program *p)
{
    int status = check_control(p);
    p->hardware = (p->machine->control[0][SYN_REG_LAST] & 0xff) + 1;
    for (unsigned slot = 0; slot < p->hardware && status == 0; slot++) {
        struct unit *before = p->count ? &p->units[p->count - 1] : NULL;
        struct unit *u = &p->units[p->count];
        struct decoder d = {.p = p, .m = p->machine, .values = p->machine->layers[0][slot], .u = u};
        memset(u, 0, sizeof *u);
        u->slot = slot;
        u->bias_quadrant = -1;
        status = decode_layer(&d);
        if (status == 0 && !is_reset(p, before, u))
            p->count++;
    }
    if (status == 0)
        find_bias_skip(p);
    return status;
}
