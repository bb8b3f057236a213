/* SPDX-License-Identifier: MIT */
/* What a plan reaches, against what there is; and what quadrants say of the same layer. */
#include "devices/emulator/internal.h"

static int refuse(const struct syn_emulator *e, unsigned layer, int quadrant,
                  enum syn_layer_register reg, enum syn_emulator_fault_kind kind, const char *words,
                  struct syn_emulator_fault *fault)
{
    *fault = fault_make(kind, (int)layer, quadrant,
                        syn_layer_address(e->regs, (unsigned)quadrant, layer, reg), "%s", words);
    return SYN_EINVAL;
}

/* ---- quadrants ---------------------------------------------------------------------------- */

/* Fields in which quadrants may differ. */
static const uint8_t own[] = {SYN_FIELD_READ_WORD, SYN_FIELD_SOURCES,    SYN_FIELD_BIAS,
                              SYN_FIELD_BIAS_BYTE, SYN_FIELD_PROCESSORS, SYN_FIELD_MASKS};

static bool may_differ(const struct plan *p, unsigned field)
{
    bool each_writes = p->kind == PLAN_COPY || (p->kind == PLAN_DEPTHWISE && !p->write.broadcast);

    for (unsigned i = 0; i < sizeof own; i++)
        if (own[i] == field)
            return true;
    return each_writes && (field == SYN_FIELD_WRITE_WORD || field == SYN_FIELD_WRITE_INSTANCE);
}

static int same_fields(const struct syn_emulator *e, unsigned layer, const struct plan *p,
                       unsigned quadrant, struct syn_emulator_fault *fault)
{
    const uint32_t *of_master = e->quadrants[p->master].layers[layer];
    const uint32_t *values = e->quadrants[quadrant].layers[layer];

    for (unsigned f = 0; f < SYN_FIELD_COUNT; f++) {
        enum syn_layer_field field = (enum syn_layer_field)f;

        if (!may_differ(p, f) &&
            syn_field_get(e->regs, of_master, field) != syn_field_get(e->regs, values, field))
            return refuse(e, layer, (int)quadrant, (enum syn_layer_register)e->regs->field[f].reg,
                          SYN_FAULT_QUADRANTS,
                          "a quadrant that works says something else than its master", fault);
    }
    return 0;
}

static uint32_t field_of(const struct syn_emulator *e, unsigned layer, unsigned quadrant,
                         enum syn_layer_field field)
{
    return syn_field_get(e->regs, e->quadrants[quadrant].layers[layer], field);
}

/* Sums of a quadrant count only where the master listens. */
static int heard(const struct syn_emulator *e, unsigned layer, const struct plan *p,
                 struct syn_emulator_fault *fault)
{
    uint32_t sources = field_of(e, layer, p->master, SYN_FIELD_SOURCES);
    unsigned biases = 0;

    for (unsigned q = 0; q < QUADRANTS; q++) {
        bool works = p->processors >> 16 * q & 0xffff || p->weights.biased[q];

        biases += p->weights.biased[q];
        if (q != p->master && works && !(sources >> q & 1))
            return refuse(e, layer, (int)q, SYN_LREG_CONTROL, SYN_FAULT_QUADRANTS,
                          "the master does not add the sums of a quadrant that works", fault);
        if (sources >> q & 1 && !(e->run.participants >> q & 1))
            return refuse(e, layer, (int)q, SYN_LREG_CONTROL, SYN_FAULT_QUADRANTS,
                          "the master adds the sums of a quadrant that was not started", fault);
    }
    if (biases > 1)
        return refuse(e, layer, p->weights.bias_quadrant, SYN_LREG_POST, SYN_FAULT_QUADRANTS,
                      "more than one quadrant adds a bias", fault);
    return 0;
}

int plan_agrees(const struct syn_emulator *e, unsigned layer, const struct plan *plan,
                struct syn_emulator_fault *fault)
{
    for (unsigned q = 0; q < QUADRANTS; q++)
        if (q != plan->master && plan->processors >> 16 * q & 0xffff) {
            int rc = same_fields(e, layer, plan, q, fault);

            if (rc)
                return rc;
        }
    return plan->kind == PLAN_CONV ? heard(e, layer, plan, fault) : 0;
}

/* ---- reading ------------------------------------------------------------------------------ */

static int input_in_range(const struct syn_emulator *e, unsigned layer, const struct plan *p,
                          struct syn_emulator_fault *fault)
{
    const struct plan_read *r = &p->read;
    const struct syn_shape *in = &p->layer.in;
    uint64_t bytes = 4ull * e->data_words, elements;
    uint64_t last = (uint64_t)(in->height - 1u) * r->row + (uint64_t)(in->width - 1u) * r->pixel;

    last += r->chw ? 0 : 4ull * (r->passes * r->operands - 1) + 3;
    for (unsigned q = 0; q < QUADRANTS; q++)
        if (p->processors >> 16 * q & 0xffff && r->base[q] + last >= bytes)
            return refuse(e, layer, (int)q, SYN_LREG_READ_BASE, SYN_FAULT_RANGE,
                          "the input ends behind its data memory", fault);
    elements = (uint64_t)in->channels * in->height * in->width * r->operands;
    if (elements > bytes * INSTANCES)
        return refuse(e, layer, (int)p->master, SYN_LREG_READ_BASE, SYN_FAULT_REGISTERS,
                      "more is read than there is data memory", fault);
    for (unsigned i = 0; r->chw && i + 1 < p->count; i++)
        if (p->list[i] / 4 == p->list[i + 1] / 4)
            return refuse(e, layer, p->list[i] / 16, SYN_LREG_ENABLE, SYN_FAULT_REGISTERS,
                          "two channels of CHW data in one instance", fault);
    if (r->chw && r->passes * r->operands > 1)
        return refuse(e, layer, (int)p->master, SYN_LREG_CONTROL, SYN_FAULT_REGISTERS,
                      "CHW data in several passes or operands", fault);
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------ */

struct place write_place(const struct plan *plan, uint32_t pass, uint32_t lane)
{
    const struct plan_write *w = &plan->write;
    unsigned processor = plan->list[lane < plan->count ? lane : 0], q = plan->master;
    uint32_t index = lane;
    struct place at = {0};

    if (plan->kind != PLAN_CONV) {
        q = processor / 16;
        index = 0;
        for (unsigned i = 0; i < lane; i++)
            index += plan->list[i] / 16 == q;
    }
    if (plan->kind == PLAN_DEPTHWISE && w->broadcast) {
        q = plan->master;
        at.instance = w->instance[q] + processor / 4 - plan->list[0] / 4;
        at.byte = processor % 4;
    } else {
        at.instance =
            w->instance[q] + index / 4 * (plan->kind == PLAN_CONV ? w->mask_step : w->slot_step);
        at.byte = index % 4;
    }
    at.word = w->word[q] + pass * w->pass_step + (w->wide ? at.byte : 0);
    at.quadrant = q;
    return at;
}

/* Two outputs of one layer in the same place. */
static bool writes_twice(const struct plan *p)
{
    const struct plan_write *w = &p->write;
    uint32_t unit = w->wide ? 4 : 1, span = (w->passes - 1) * w->pass_step + unit;

    if (w->passes > 1 && w->pass_step < unit)
        return true;
    return w->pixel < span || (p->kind == PLAN_CONV && w->lanes > 4 && w->mask_step == 0) ||
           (p->kind == PLAN_DEPTHWISE && !w->broadcast && w->slot_step == 0 && p->count > 4);
}

static int output_in_range(const struct syn_emulator *e, unsigned layer, const struct plan *p,
                           struct syn_emulator_fault *fault)
{
    const struct plan_write *w = &p->write;
    uint64_t pixels = (uint64_t)p->layer.out.height * p->layer.out.width;

    if (writes_twice(p))
        return refuse(e, layer, (int)p->master, SYN_LREG_WRITE_BASE, SYN_FAULT_OVERWRITE,
                      "two outputs of the layer go to the same word", fault);
    for (uint32_t lane = 0; lane < w->lanes; lane++) {
        struct place at = write_place(p, w->passes - 1, lane);

        if (lane >= p->layer.out.channels)
            break;
        if (at.instance >= INSTANCES || at.word + (pixels - 1) * w->pixel >= e->data_words)
            return refuse(e, layer, (int)at.quadrant, SYN_LREG_WRITE_BASE, SYN_FAULT_RANGE,
                          "the output ends behind the data memories", fault);
    }
    return 0;
}

/* ---- weights and bias --------------------------------------------------------------------- */

static int weights_in_range(const struct syn_emulator *e, unsigned layer, const struct plan *p,
                            struct syn_emulator_fault *fault)
{
    const struct plan_weights *w = &p->weights;
    uint64_t kernels = p->kind == PLAN_DEPTHWISE ? p->read.passes
                                                 : (uint64_t)p->layer.out.channels * p->read.passes;
    uint64_t last = (w->first + (kernels - 1) * w->bits) / 8;
    uint64_t word = (last * w->taps + w->skip + w->taps - 1) / SYN_WEIGHT_BYTES;

    for (unsigned i = 0; i < p->count; i++)
        if (word >= weight_room(e, p->list[i]))
            return refuse(e, layer, p->list[i] / 16,
                          e->regs->number[SYN_LREG_MASK] == SYN_REG_NONE ? SYN_LREG_MASK_LAST
                                                                         : SYN_LREG_MASK,
                          SYN_FAULT_RANGE, "the weights end behind their memory", fault);
    return 0;
}

static int bias_in_range(const struct syn_emulator *e, unsigned layer, const struct plan *p,
                         struct syn_emulator_fault *fault)
{
    for (unsigned q = 0; q < QUADRANTS; q++)
        if (p->kind == PLAN_CONV && p->weights.biased[q] &&
            p->weights.bias[q] + p->layer.out.channels > e->part->bias_bytes)
            return refuse(e, layer, (int)q, SYN_LREG_POST, SYN_FAULT_RANGE,
                          "the bias ends behind its memory", fault);
    return 0;
}

int plan_in_range(const struct syn_emulator *e, unsigned layer, const struct plan *plan,
                  struct syn_emulator_fault *fault)
{
    int rc = input_in_range(e, layer, plan, fault);

    if (rc == 0)
        rc = output_in_range(e, layer, plan, fault);
    if (rc == 0 && plan->kind != PLAN_COPY)
        rc = weights_in_range(e, layer, plan, fault);
    return rc ? rc : bias_in_range(e, layer, plan, fault);
}
