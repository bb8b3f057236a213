/* SPDX-License-Identifier: MIT */
/*
 * Whether a layer writes over its own input too early.
 *
 * The windows of the input are read in raster order, each once, rows and columns of padding taking
 * their turn; an output is written when the last window under its kernel has been read. So reading
 * and writing have one clock: the place in the padded raster. An input word may be written from the
 * turn on at which the last window that contains it is read.
 */
#include "devices/emulator/internal.h"

/* A layer's raster. */
struct raster {
    const struct plan *plan;
    uint32_t width;       /* of the padded raster */
    uint32_t spacing;     /* 2: zeros lie between the inputs of a transposed convolution */
    uint32_t instance;    /* that is looked at */
    uint32_t base;        /* of the input in it, bytes */
    uint32_t pixel_words; /* of the input; CHW: 0 */
};

static uint32_t last_window(uint32_t at, uint32_t stride, uint32_t windows)
{
    uint32_t window = at / stride;

    return window < windows ? window : windows - 1;
}

/* The turn at which input (y, x) is read for the last time. */
static uint32_t read_turn(const struct raster *r, uint32_t y, uint32_t x)
{
    const struct syn_layer *l = &r->plan->layer;
    uint32_t row = last_window(y, l->pool_stride_h, l->pooled.height);
    uint32_t column = last_window(x, l->pool_stride_w, l->pooled.width);

    return (row * r->spacing + r->plan->pad_h) * r->width + column * r->spacing + r->plan->pad_w;
}

static uint32_t write_turn(const struct raster *r, uint32_t pixel)
{
    const struct syn_layer *l = &r->plan->layer;
    uint32_t y = pixel / l->out.width, x = pixel % l->out.width;

    return (y + l->kernel_h - 1) * r->width + x + l->kernel_w - 1;
}

/* An input word: the pixel of it that is read last, and which of the pixel's words it is. */
struct input {
    uint32_t y, x, word;
};

/* False where the word at byte `at` of the instance is none of the input. */
static bool find_input(const struct raster *r, uint32_t at, struct input *input)
{
    const struct plan_read *read = &r->plan->read;
    const struct syn_shape *in = &r->plan->layer.in;
    uint32_t behind = at - r->base;

    if (at < r->base || behind / read->row >= in->height)
        return false;
    if (read->chw) /* of the four pixels of a word, the last counts */
        behind = behind + 3 < in->height * read->row ? behind + 3 : in->height * read->row - 1;
    input->y = behind / read->row;
    input->x = behind % read->row / read->pixel;
    input->word = behind % read->row % read->pixel / 4;
    if (read->chw && input->x >= in->width)
        input->x = in->width - 1u;
    return input->x < in->width && input->word < read->passes * read->operands;
}

/* Whether the word at byte `at` of the instance still waits to be read at `turn`. */
static bool is_awaited(const struct raster *r, uint32_t at, uint32_t turn, uint32_t pass)
{
    struct input input;
    uint32_t last;

    if (!find_input(r, at, &input))
        return false;
    last = read_turn(r, input.y, input.x);
    if (r->plan->spread || last > turn)
        return true;
    /* A copy writes pass by pass: those behind this one have not been read. */
    return r->plan->kind == PLAN_COPY && last == turn && input.word / r->plan->read.operands > pass;
}

static bool reaches(const struct raster *r, const struct place *at, uint32_t pixels)
{
    const struct plan_read *read = &r->plan->read;
    const struct syn_shape *in = &r->plan->layer.in;
    uint64_t last = 4 * (at->word + (uint64_t)(pixels - 1) * r->plan->write.pixel) + 3;
    uint64_t end = r->base + (uint64_t)in->height * read->row + 4;

    return last >= r->base && 4ull * at->word < end;
}

/* The first output of a lane that overwrites what is awaited; -1: none. */
static int64_t first_clash(const struct raster *r, const struct place *at, uint32_t pass)
{
    const struct syn_shape *out = &r->plan->layer.out;
    uint32_t pixels = (uint32_t)out->height * out->width;

    if (!reaches(r, at, pixels))
        return -1;
    for (uint32_t i = 0; i < pixels; i++)
        if (is_awaited(r, 4 * (at->word + i * r->plan->write.pixel), write_turn(r, i), pass))
            return i;
    return -1;
}

static struct raster raster_of(const struct plan *p)
{
    struct raster r = {.plan = p, .spacing = p->layer.op == SYN_OP_CONVTRANSPOSE2D ? 2 : 1};

    r.width = p->layer.pooled.width * r.spacing + 2 * p->pad_w;
    return r;
}

/* Whether the layer reads from this instance, and from where on. */
static bool reads_from(const struct plan *p, uint32_t instance, uint32_t *base)
{
    if (!(p->processors >> 4 * instance & 0xf))
        return false;
    *base = p->read.base[instance / 4];
    return true;
}

static int lane_is_safe(const struct syn_emulator *e, unsigned layer, const struct plan *p,
                        uint32_t pass, uint32_t lane, struct syn_emulator_fault *fault)
{
    struct raster r = raster_of(p);
    struct place at = write_place(p, pass, lane);
    int64_t clash;

    if (!reads_from(p, at.instance, &r.base))
        return 0;
    clash = first_clash(&r, &at, pass);
    if (clash < 0)
        return 0;
    *fault = fault_make(SYN_FAULT_OVERWRITE, (int)layer, (int)at.quadrant,
                        data_address(e, at.instance, at.word + (uint32_t)clash * p->write.pixel),
                        "output pixel %lld lands on an input that is still to be read",
                        (long long)clash);
    return SYN_EINVAL;
}

int plan_no_hazard(const struct syn_emulator *e, unsigned layer, const struct plan *plan,
                   struct syn_emulator_fault *fault)
{
    const struct plan_write *w = &plan->write;
    uint32_t step = w->wide || plan->kind != PLAN_CONV ? 1 : 4; /* four lanes share a word */
    int rc = 0;

    if (plan->read.row == 0 || plan->read.pixel == 0)
        return 0;
    for (uint32_t pass = 0; pass < w->passes; pass++)
        for (uint32_t lane = 0; rc == 0 && lane < w->lanes; lane += step)
            if (pass * w->lanes + lane < plan->layer.out.channels)
                rc = lane_is_safe(e, layer, plan, pass, lane, fault);
    return rc;
}
