/* SPDX-License-Identifier: MIT */
#include "devices/part/cycles.h"

#include "devices/part/columns.h"
#include "devices/part/padding.h"

/* Cycles of one step along a row: of a padding pixel (a) and of a pixel of data (b). */
struct steps {
    int64_t a, b, repeat;
};

static struct steps make_steps(const struct syn_cycle_args *args, int64_t passes)
{
    int64_t pool = (int64_t)args->pool_h * args->pool_w, operands = args->operands;

    if (args->pool_first)
        return (struct steps){2 * passes * operands, passes * operands * (pool + 1), 1};
    return (struct steps){2 * passes, passes * (operands * pool + 1), passes};
}

static uint64_t passthrough_cycles(const struct syn_cycle_args *args)
{
    bool pooled = args->pool_h * args->pool_w > 1;
    int64_t passes = args->passes;
    struct steps s;

    if (pooled && args->pass_out > 1)
        passes = 2 * passes - 1;
    s = make_steps(args, passes);
    return (uint64_t)((int64_t)args->pooled_h * args->pooled_w *
                      (s.b + passes * (int64_t)args->time_slots));
}

/* Filling the pipeline again after padding costs as many cycles as the kernels lie deep. */
static int64_t padding_cycles(const struct syn_part *part, const struct syn_cycle_args *args)
{
    int64_t down = (int64_t)args->pooled_h + 2 * args->pad_h - args->kernel_w + 1;
    int64_t across = (int64_t)args->pooled_w + 2 * args->pad_w - args->kernel_h + 1;

    if (!part->offset_costs || args->pool_first || (args->passes == 1 && args->operands == 1))
        return 0;
    return (down * args->pad_w + across * args->pad_h - (int64_t)args->pad_h * args->pad_w) *
           args->kernel_offset;
}

static uint64_t convolution_cycles(const struct syn_part *part, const struct syn_cycle_args *args)
{
    struct steps s = make_steps(args, args->passes);
    int64_t pw = args->pad_w, ph = args->pad_h, wp = args->pooled_w, wo = args->out_w;
    int64_t right = (int64_t)args->kernel_w - 1 - pw, below = (int64_t)args->kernel_h - 1 - ph;
    int64_t co = args->out_channels;

    int64_t pad_row = 2 * pw * (s.a + 1) + s.repeat * wp * (s.a + 1);
    int64_t data_row = 2 * pw * (s.a + 1) + s.repeat * wp * (s.b + 1);
    int64_t row =
        pw * (s.a + 1) + s.repeat * right * (s.b + 1) + s.repeat * (wo - pw) * s.b + s.a * pw;
    int64_t bottom =
        pw * (s.a + 1) + s.repeat * right * (s.a + 1) + s.repeat * (wo - pw) * s.a + s.a * pw;
    int64_t out = (int64_t)args->passes * wo * co + (co == 1 && args->passes == 1 ? co : 0);

    return (uint64_t)(args->flatten + padding_cycles(part, args) + ph * pad_row + below * data_row +
                      (row + out) * ((int64_t)args->pooled_h - below) + ph * (bottom + out));
}

uint64_t syn_cycles_formula(const struct syn_part *part, const struct syn_cycle_args *args)
{
    return args->passthrough ? passthrough_cycles(args) : convolution_cycles(part, args);
}

/* Slots in which a quadrant writes: four bytes each; the slowest quadrant counts. */
static uint32_t time_slots(const struct syn_layer *layer)
{
    uint32_t most = 1;

    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        uint32_t bytes = 0;

        for (uint64_t map = layer->processors >> 16 * q & 0xffff; map; map &= map - 1)
            bytes += layer->output_width / 8;
        if (bytes > 0 && (bytes - 1) / 4 + 1 > most)
            most = (bytes - 1) / 4 + 1;
    }
    return most;
}

static void flatten_args(const struct syn_layer *layer, struct syn_cycle_args *args)
{
    args->out_w = layer->pooled.width;
    args->flatten = args->passes * layer->pooled.height * layer->pooled.width > 16;
}

uint64_t syn_cycles_layer(const struct syn_part *part, const struct syn_layer *layer,
                          uint32_t kernel_offset)
{
    unsigned scale = layer->op == SYN_OP_CONVTRANSPOSE2D ? 2 : 1;
    struct syn_hw_conv hw;

    syn_columns_hw(layer, &hw);
    struct syn_cycle_args args = {
        .passes = syn_part_expand(layer->in.channels),
        .pass_out = syn_part_expand(layer->out.channels),
        .operands = layer->eltwise == SYN_ELTWISE_NONE ? 1 : layer->input_count,
        .pool_h = layer->pool_h,
        .pool_w = layer->pool_w,
        .pad_h = hw.pad_h,
        .pad_w = hw.pad_w,
        .kernel_h = hw.kernel_h,
        .kernel_w = hw.kernel_w,
        .pooled_h = hw.in_h * scale,
        .pooled_w = hw.in_w * scale,
        .out_w = hw.out_w,
        .out_channels = syn_columns_outputs(layer),
        .kernel_offset = kernel_offset,
        .pool_first = layer->pool_first || layer->eltwise == SYN_ELTWISE_NONE ||
                      layer->pool_h * layer->pool_w == 1,
        .passthrough = layer->op == SYN_OP_PASSTHROUGH,
    };
    /* A transposed convolution pads what its kernel reaches beyond the output's padding. */
    if (layer->op == SYN_OP_CONVTRANSPOSE2D) {
        args.pad_h = (uint8_t)(layer->kernel_h - 1 - layer->pad_h);
        args.pad_w = (uint8_t)(layer->kernel_w - 1 - layer->pad_w);
    }
    /* Where the data bring their padding, its zeros are read like all others. */
    if (syn_padding_pixels(part, layer) > 0) {
        args.pooled_h += 2u * args.pad_h;
        args.pad_h = 0;
    }
    if (args.passthrough)
        args.time_slots = time_slots(layer);
    if (layer->flatten)
        flatten_args(layer, &args);
    return syn_cycles_formula(part, &args);
}

uint64_t syn_cycles_pipeline(const struct syn_part *part, const struct syn_layer *layer)
{
    if (layer->op == SYN_OP_PASSTHROUGH)
        return 0;
    return (uint64_t)part->pipeline_cycles * layer->out.height * layer->out.width;
}
