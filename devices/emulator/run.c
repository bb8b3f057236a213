/* SPDX-License-Identifier: MIT */
/* Layers one after the other, in steps. */
#include "devices/emulator/internal.h"

#include <stdlib.h>
#include <string.h>

#include "devices/part/cycles.h"

void *aligned_bytes(size_t size)
{
    return aligned_alloc(ALIGNMENT, (size + ALIGNMENT) / ALIGNMENT * ALIGNMENT);
}

int buffer_need(struct buffer *buffer, size_t size)
{
    if (buffer->bytes && size <= buffer->size)
        return 0;
    free(buffer->bytes);
    buffer->bytes = aligned_bytes(size);
    buffer->size = buffer->bytes ? size : 0;
    return buffer->bytes ? 0 : SYN_ENOMEM;
}

/* ---- start -------------------------------------------------------------------------------- */

static bool waits_for(const struct syn_emulator *e, unsigned quadrant, unsigned master)
{
    uint32_t control = e->quadrants[quadrant].control[SYN_REG_CTL];
    uint32_t waiting = SYN_CTL_ENABLE | SYN_CTL_EXT_SYNC;

    return (control & waiting) == waiting && (control >> 9 & 3) == master;
}

static uint32_t last_register(const struct syn_emulator *e, unsigned quadrant)
{
    return e->quadrants[quadrant].control[SYN_REG_LAST];
}

static int check_layers(const struct syn_emulator *e, unsigned quadrant,
                        struct syn_emulator_fault *fault)
{
    uint32_t value = last_register(e, quadrant), last = value & 0xff, first = value >> 8;
    bool may_begin_anywhere = e->regs->number[SYN_LREG_NEXT] != SYN_REG_NONE;
    const char *words = NULL;

    if (value != last_register(e, e->run.master)) {
        *fault = fault_make(SYN_FAULT_QUADRANTS, NOT_THERE, (int)quadrant,
                            syn_control_address(e->regs, quadrant, SYN_REG_LAST),
                            "quadrants that run together have other last layers");
        return SYN_EINVAL;
    }
    if (last >= e->part->layers_max)
        words = "the last layer is behind the last that there is";
    else if (first > last)
        words = "the first layer is behind the last";
    else if (first > 0 && !may_begin_anywhere)
        words = "this part begins with layer 0";
    if (!words)
        return 0;
    *fault = fault_make(SYN_FAULT_LAYERS, (int)last, (int)quadrant,
                        syn_control_address(e->regs, quadrant, SYN_REG_LAST), "%s", words);
    return SYN_EINVAL;
}

static int check_quadrant(const struct syn_emulator *e, unsigned quadrant,
                          struct syn_emulator_fault *fault)
{
    enum syn_emulator_fault_kind closed = gate_closed(e, quadrant);

    if (!closed && !(e->quadrants[quadrant].control[SYN_REG_CTL] & SYN_CTL_CLOCKS))
        closed = SYN_FAULT_CLOCK;
    if (!closed)
        return check_layers(e, quadrant, fault);
    *fault = fault_make(closed, NOT_THERE, (int)quadrant,
                        syn_control_address(e->regs, quadrant, SYN_REG_CTL), "started without %s",
                        closed == SYN_FAULT_POWER ? "power" : "clock");
    return SYN_EINVAL;
}

void run_start(struct syn_emulator *e, unsigned master)
{
    struct syn_emulator_fault fault;

    if (e->fault.kind || syn_emulator_running(e))
        return;
    e->run = (struct run){.stage = STAGE_BEGIN, .master = master, .cycles = 1};
    e->suspect = (struct syn_emulator_fault){.kind = SYN_FAULT_NONE};
    for (unsigned q = 0; q < QUADRANTS; q++)
        if (q == master || waits_for(e, q, master))
            e->run.participants |= 1u << q;
    for (unsigned q = 0; q < QUADRANTS; q++)
        if (e->run.participants >> q & 1 && check_quadrant(e, q, &fault)) {
            fault_raise(e, &fault);
            return;
        }
    e->run.layer = last_register(e, master) >> 8;
}

/* ---- a layer begins ----------------------------------------------------------------------- */

static size_t elements(struct syn_shape shape)
{
    return (size_t)shape.channels * shape.height * shape.width;
}

static bool pools(const struct syn_layer *l)
{
    return l->pool != SYN_POOL_NONE || l->pool_stride_h > 1;
}

static int make_room(struct syn_emulator *e, const struct plan *p)
{
    const struct syn_layer *l = &p->layer;
    size_t pooled = elements(l->pooled) * p->read.operands;

    if (!pools(l))
        pooled = elements(l->in);
    if (buffer_need(&e->pooled, pooled) ||
        buffer_need(&e->output, elements(l->out) * l->output_width / 8))
        return SYN_ENOMEM;
    return p->kind == PLAN_COPY ? 0
                                : buffer_need(&e->scratch, (size_t)e->kernels->scratch_bytes(l));
}

/* Pooling and element-wise functions, in the order of the layer, from e->input to e->pooled;
 * without either, the input stays where it is. */
static void reduce(struct syn_emulator *e, const struct plan *p)
{
    const struct syn_layer *l = &p->layer;
    bool pools_each = pools(l) && l->pool_first;
    size_t in = elements(l->in), each = pools_each ? elements(l->pooled) : in;
    int8_t *from = e->input.bytes, *to = e->pooled.bytes;
    const int8_t *operands[SYN_LAYER_INPUTS_MAX] = {from};

    for (uint32_t i = 0; i < l->input_count; i++) {
        operands[i] = pools_each ? to + i * each : from + i * in;
        if (pools_each)
            e->kernels->pool(l, from + i * in, to + i * each);
    }
    if (l->eltwise == SYN_ELTWISE_NONE)
        return;
    e->kernels->eltwise(l, operands, (uint32_t)each, pools(l) && !pools_each ? from : to);
    if (pools(l) && !pools_each)
        e->kernels->pool(l, from, to);
}

/* What reduce() left. */
static const int8_t *reduced(const struct syn_emulator *e, const struct plan *p)
{
    return pools(&p->layer) || p->layer.eltwise ? e->pooled.bytes : e->input.bytes;
}

static int find_plan(struct syn_emulator *e, struct syn_emulator_fault *fault)
{
    struct plan *p = plan_of(e, e->run.layer, fault);

    e->run.plan = p;
    if (!p || plan_may_follow(e, e->run.layer, p, fault))
        return SYN_EINVAL;
    if (p->cause.kind)
        e->suspect = *fault = p->cause;
    return p->all_hollow ? SYN_EINVAL : 0;
}

static int read_input(struct syn_emulator *e, struct syn_emulator_fault *fault)
{
    const struct plan *p = e->run.plan;
    bool all = false;
    int rc = gather(e, p);

    if (rc == 0)
        rc = make_room(e, p);
    if (rc == 0 && e->run.tainted)
        rc = taint_spread(e, p, &all);
    if (rc)
        *fault = fault_make(SYN_FAULT_MEMORY, (int)e->run.layer, NOT_THERE, 0,
                            "the host has no memory left");
    /* A copy of nothing does no harm until somebody uses it: programs reset averages so. */
    if (all && p->kind != PLAN_COPY) {
        *fault = e->suspect;
        rc = SYN_EINVAL;
    }
    return rc;
}

/* ---- a layer works and ends --------------------------------------------------------------- */

static uint64_t row_macs(const struct plan *p)
{
    if (p->kind == PLAN_COPY)
        return elements(p->layer.in) * p->read.operands;
    return (uint64_t)p->layer.out.width * p->layer.out.channels * p->layer.in.channels /
           p->layer.groups * p->weights.taps;
}

/* Returns what it cost. */
static uint64_t work(struct syn_emulator *e, uint64_t macs)
{
    const struct plan *p = e->run.plan;
    unsigned rows = p->layer.out.height, count;
    uint64_t each = row_macs(p);

    if (e->run.row == 0)
        reduce(e, p);
    if (p->kind == PLAN_COPY) {
        memcpy(e->output.bytes, reduced(e, p), elements(p->layer.out));
        e->run.row = rows;
        return each;
    }
    count = macs / each >= rows - e->run.row ? rows - e->run.row : (unsigned)(macs / each);
    count = count ? count : 1;
    e->kernels->conv(&p->layer, reduced(e, p), p->kernels, p->bias, e->output.bytes,
                     e->scratch.bytes, e->run.row, e->run.row + count);
    e->run.row += count;
    return each * count;
}

static void finish(struct syn_emulator *e)
{
    for (unsigned q = 0; q < QUADRANTS; q++)
        if (e->run.participants >> q & 1)
            e->quadrants[q].control[SYN_REG_CTL] |= SYN_CTL_DONE;
    e->run.stage = STAGE_REST;
}

/* The layer behind `layer`: in order, or as the MAX78002's registers link them. NOT_THERE: the last
 * has been reached. */
static int next_layer(const struct syn_emulator *e, unsigned layer)
{
    const uint32_t *values = e->quadrants[e->run.master].layers[layer];

    if (syn_field_get(e->regs, values, SYN_FIELD_NEXT_STOP) ||
        layer == (last_register(e, e->run.master) & 0xff))
        return NOT_THERE;
    if (syn_field_get(e->regs, values, SYN_FIELD_NEXT_LINK))
        return (int)syn_field_get(e->regs, values, SYN_FIELD_NEXT_LAYER);
    return (int)layer + 1;
}

static void note_done(struct syn_emulator *e)
{
    const struct plan *p = e->run.plan;

    e->run.cycles += p->cycles;
    e->run.finished++;
    e->run.after_operands = p->layer.eltwise != SYN_ELTWISE_NONE;
    e->run.done = (struct syn_emulator_done){
        .layer = e->run.layer,
        .finished = e->run.finished,
        .cycles = p->cycles,
        .in = p->layer.in,
        .out = p->layer.out,
        .width = p->layer.output_width,
    };
}

static void end_layer(struct syn_emulator *e)
{
    int next = next_layer(e, e->run.layer);
    struct syn_emulator_fault fault;

    scatter(e, e->run.plan);
    note_done(e);
    e->run.stage = STAGE_BEGIN;
    if (next == NOT_THERE) {
        finish(e);
        return;
    }
    e->run.layer = (unsigned)next;
    if (e->run.finished < e->part->layers_max && e->run.layer < e->part->layers_max)
        return;
    fault = fault_make(SYN_FAULT_LAYERS, (int)e->run.done.layer, (int)e->run.master,
                       syn_control_address(e->regs, e->run.master, SYN_REG_LAST),
                       "the last layer is never reached");
    fault_raise(e, &fault);
}

static int begin(struct syn_emulator *e)
{
    struct syn_emulator_fault fault;
    int rc = find_plan(e, &fault);

    if (rc == 0)
        rc = read_input(e, &fault);
    if (rc) {
        fault_raise(e, &fault);
        return rc;
    }
    e->run.row = 0;
    e->run.stage = STAGE_ROWS;
    return 0;
}

/* ---- interface ---------------------------------------------------------------------------- */

bool syn_emulator_running(const struct syn_emulator *emulator)
{
    return emulator->run.stage != STAGE_REST;
}

bool syn_emulator_step(struct syn_emulator *emulator, uint64_t macs)
{
    struct run *run = &emulator->run;
    uint64_t spent = 0;

    while (run->stage != STAGE_REST && (spent < macs || spent == 0)) {
        if (run->stage == STAGE_BEGIN && begin(emulator))
            break;
        spent += work(emulator, macs - spent);
        if (run->row == run->plan->layer.out.height)
            end_layer(emulator);
    }
    return run->stage != STAGE_REST;
}

void syn_emulator_prepare(struct syn_emulator *emulator)
{
    struct syn_emulator_fault fault;
    int layer = (int)emulator->run.layer;

    if (emulator->run.stage != STAGE_BEGIN)
        return;
    for (unsigned i = 0; i < emulator->part->layers_max && layer != NOT_THERE &&
                         layer < (int)emulator->part->layers_max;
         i++, layer = next_layer(emulator, (unsigned)layer))
        if (!plan_of(emulator, (unsigned)layer, &fault)) {
            fault_raise(emulator, &fault);
            return;
        }
    emulator->run.stage = STAGE_REST;
}

uint64_t syn_emulator_next(struct syn_emulator *emulator)
{
    if (emulator->run.stage == STAGE_BEGIN)
        (void)begin(emulator);
    return emulator->run.stage == STAGE_ROWS ? row_macs(emulator->run.plan) : 0;
}

bool syn_emulator_interrupt(const struct syn_emulator *emulator)
{
    for (unsigned q = 0; q < QUADRANTS; q++)
        if (emulator->quadrants[q].control[SYN_REG_CTL] & SYN_CTL_DONE)
            return true;
    return false;
}

uint64_t syn_emulator_cycles(const struct syn_emulator *emulator)
{
    return emulator->run.cycles;
}

/* The output with channels first, NULL where the host has no memory left. */
static const void *dense_output(struct syn_emulator *e, const struct syn_emulator_done *done)
{
    if (!e->kernels->channels_last)
        return e->output.bytes;
    if (buffer_need(&e->dense, elements(done->out) * done->width / 8))
        return NULL;
    e->kernels->to_dense(done->out, done->width, e->output.bytes, e->dense.bytes);
    return e->dense.bytes;
}

bool syn_emulator_last(struct syn_emulator *emulator, struct syn_emulator_done *done)
{
    *done = emulator->run.done;
    if (done->finished == 0)
        return false;
    done->data = dense_output(emulator, done);
    return true;
}

uint64_t plan_cycles(const struct syn_emulator *e, const struct plan *plan)
{
    const struct syn_layer *l = &plan->layer;
    uint32_t spacing = l->op == SYN_OP_CONVTRANSPOSE2D ? 2 : 1;
    struct syn_cycle_args args = {
        .passes = plan->read.passes,
        .pass_out = plan->write.passes,
        .operands = plan->read.operands,
        .pool_h = l->pool_h,
        .pool_w = l->pool_w,
        .pad_h = plan->pad_h,
        .pad_w = plan->pad_w,
        .kernel_h = l->kernel_h,
        .kernel_w = l->kernel_w,
        .pooled_h = l->pooled.height * spacing,
        .pooled_w = l->pooled.width * spacing,
        .out_w = l->out.width,
        .out_channels = plan->kind == PLAN_DEPTHWISE ? plan->write.lanes : l->out.channels,
        .kernel_offset = plan->kernel_column,
        .time_slots = plan->time_slots,
        .flatten = plan->spread,
        .pool_first = l->pool_first,
        .passthrough = plan->kind == PLAN_COPY,
    };
    uint64_t cycles = syn_cycles_formula(e->part, &args);

    if (plan->kind != PLAN_COPY && e->part->pipeline_cycles &&
        !(e->quadrants[plan->master].control[SYN_REG_CTL] & SYN_CTL_PIPELINE_OFF))
        cycles += (uint64_t)e->part->pipeline_cycles * l->out.height * l->out.width;
    return cycles;
}
