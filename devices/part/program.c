/* SPDX-License-Identifier: MIT */
#include "devices/part/program.h"

#include <stddef.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/part/kind.h"
#include "devices/part/maps.h"
#include "devices/part/program_layer.h"

/* ---- the chunk as a whole --------------------------------------------------------------- */

unsigned syn_program_quadrants(const struct syn_program *p)
{
    unsigned quadrants = 1;
    uint64_t map = 0;

    for (unsigned i = p->chunk->first; i < p->chunk->last; i++) {
        int group = p->places[i - p->chunk->first].bias_group;

        map |= syn_chunk_layer(p->chunk, i)->processors;
        if (group >= 0 && group < SYN_PART_QUADRANTS)
            quadrants |= 1u << group;
    }
    map |= syn_chunk_layer(p->chunk, p->chunk->last - 1u)->output_processors;
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        if (syn_map_quadrant(map, q))
            quadrants |= 1u << q;
    return quadrants;
}

static unsigned layers_of(const struct syn_part *part, const struct syn_chunk *chunk)
{
    unsigned count = 0;

    for (unsigned i = chunk->first; i < chunk->last; i++)
        count += syn_work_needs_reset(part, chunk, i) ? 2 : 1;
    return count;
}

unsigned syn_program_layers(const struct syn_program *p)
{
    return layers_of(p->part, p->chunk);
}

/* Rounding of averages is set for all layers together. */
static bool rounding_agrees(const struct syn_chunk *chunk, bool *rounds)
{
    bool some = false, other = false;

    for (unsigned i = chunk->first; i < chunk->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(chunk, i);

        if (l->pool != SYN_POOL_AVG)
            continue;
        some |= l->pool_round;
        other |= !l->pool_round;
    }
    *rounds = some;
    return !(some && other);
}

static int refuse(struct syn_misfit *misfit, unsigned layer, const char *what)
{
    if (misfit)
        *misfit =
            (struct syn_misfit){.limit = SYN_LIMIT_FEATURE, .layer = (uint16_t)layer, .what = what};
    return SYN_EUNSUP;
}

int syn_program_check_whole(const struct syn_part *part, const struct syn_chunk *chunk,
                            struct syn_misfit *misfit)
{
    const unsigned layers = layers_of(part, chunk);
    bool rounds;

    if (!rounding_agrees(chunk, &rounds))
        return refuse(misfit, chunk->first, "averages that round and others that do not");
    if (layers <= part->layers_max)
        return 0;
    (void)syn_part_refuse(misfit, SYN_LIMIT_LAYERS, layers, part->layers_max, NULL);
    return SYN_EUNSUP;
}

int syn_program_check(const struct syn_program *p, struct syn_misfit *misfit)
{
    struct syn_work w;

    if (!syn_registers_of(p->part))
        return refuse(misfit, p->chunk->first, "no program for this part");
    if (syn_program_check_whole(p->part, p->chunk, misfit) < 0)
        return SYN_EUNSUP;
    for (unsigned i = p->chunk->first; i < p->chunk->last; i++) {
        const char *what = syn_work_init(&w, p, i);

        if (what)
            return refuse(misfit, i, what);
        for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
            if (!syn_work_registers(&w, q))
                return refuse(misfit, i, "a count or an address beyond its register");
    }
    return 0;
}

/* ---- control registers ------------------------------------------------------------------ */

static void control(const struct syn_program *p, unsigned quadrants,
                    enum syn_control_register which, uint32_t value, const struct syn_sink *sink)
{
    const struct syn_registers *r = syn_registers_of(p->part);

    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        if (quadrants >> q & 1)
            sink->word(sink->user, syn_control_address(r, q, which), value);
}

static uint32_t pipeline_bit(const struct syn_program *p)
{
    return p->part->pipeline_cycles && p->hz <= p->part->max_unpipelined_hz ? SYN_CTL_PIPELINE_OFF
                                                                            : 0;
}

/* A MAX78002 does not come up with its registers at 0. */
static bool clears(const struct syn_program *p)
{
    return p->part->pipeline_cycles > 0;
}

static void clear_registers(const struct syn_program *p, unsigned quadrants, bool biases,
                            const struct syn_sink *sink)
{
    const struct syn_registers *r = syn_registers_of(p->part);

    control(p, quadrants, SYN_REG_SRAM, SYN_SRAM_TIMING, sink);
    control(p, quadrants, SYN_REG_SRAM_TEST, biases ? SYN_TEST_CLEAR_BIAS : SYN_TEST_CLEAR, sink);
    for (unsigned q = 0; sink->wait && q < SYN_PART_QUADRANTS; q++)
        if (quadrants >> q & 1)
            sink->wait(sink->user, syn_control_address(r, q, SYN_REG_SRAM_TEST), SYN_TEST_CLEARED);
    control(p, quadrants, SYN_REG_SRAM_TEST, 0, sink);
}

/* Stops the state machine and says how many layers there are, quadrant by quadrant. After a reset
 * (`fresh`) a last layer 0 need not be said, but on a MAX78000 the timing. */
static void stop(const struct syn_program *p, unsigned quadrants, bool fresh,
                 const struct syn_sink *sink)
{
    const unsigned last = syn_program_layers(p) - 1;

    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        const unsigned one = quadrants & 1u << q;

        control(p, one, SYN_REG_CTL, SYN_CTL_CLOCKS | SYN_CTL_MEXPRESS | pipeline_bit(p), sink);
        if (fresh && !clears(p))
            control(p, one, SYN_REG_SRAM, SYN_SRAM_TIMING, sink);
        if (last > 0 || !fresh)
            control(p, one, SYN_REG_LAST, last, sink);
    }
}

void syn_program_init(const struct syn_program *p, unsigned quadrants, bool biases,
                      const struct syn_sink *sink)
{
    if (clears(p))
        control(p, quadrants, SYN_REG_CTL, SYN_CTL_CLOCKS | pipeline_bit(p), sink);
    sink->word(sink->user, SYN_REG_AON, 0);
    if (clears(p))
        clear_registers(p, quadrants, biases, sink);
    stop(p, quadrants, true, sink);
}

void syn_program_start(const struct syn_program *p, const struct syn_sink *sink)
{
    const struct syn_registers *r = syn_registers_of(p->part);
    const unsigned quadrants = syn_program_quadrants(p);
    uint32_t value = SYN_CTL_CLOCKS | SYN_CTL_MEXPRESS | SYN_CTL_MASTER(0) | pipeline_bit(p);
    bool rounds;

    (void)rounding_agrees(p->chunk, &rounds);
    value |= rounds ? SYN_CTL_POOL_ROUND : 0;
    control(p, quadrants & 1, SYN_REG_CTL, value | SYN_CTL_EXT_SYNC, sink);
    control(p, quadrants & ~1u, SYN_REG_CTL, value | SYN_CTL_EXT_SYNC | SYN_CTL_ENABLE, sink);
    sink->word(sink->user, syn_control_address(r, 0, SYN_REG_CTL), value | SYN_CTL_ENABLE);
}

/* ---- layer registers -------------------------------------------------------------------- */

static void write_layer(const struct syn_work *w, unsigned quadrant, unsigned slot,
                        struct syn_written *written, const struct syn_sink *sink)
{
    const uint32_t bit = UINT32_C(1) << slot % 32;

    for (unsigned reg = 0; reg < SYN_LREG_STREAM_START; reg++) {
        uint32_t *account = written ? &written->layers[reg][quadrant][slot / 32] : NULL;
        const uint32_t value = w->values[reg];

        if (value == 0 && !(account && *account & bit))
            continue;
        sink->word(sink->user,
                   syn_layer_address(w->regs, quadrant, slot, (enum syn_layer_register)reg), value);
        if (account)
            *account = value ? *account | bit : *account & ~bit;
    }
}

/* The small layer in front of one that averages, in quadrant 0 alone. */
static void write_reset(struct syn_work *w, unsigned slot, struct syn_written *written,
                        const struct syn_sink *sink)
{
    (void)syn_work_registers(w, 0);
    syn_work_reset(w);
    write_layer(w, 0, slot, written, sink);
    memset(w->values, 0, sizeof w->values);
    for (unsigned q = 1; q < SYN_PART_QUADRANTS; q++)
        write_layer(w, q, slot, written, sink);
}

void syn_program_configure(const struct syn_program *p, struct syn_written *written,
                           const struct syn_sink *sink)
{
    const unsigned quadrants = syn_program_quadrants(p);
    struct syn_work w;
    unsigned slot = 0;

    if (written) {
        /* Those that take part no longer must not start with the others. */
        stop(p, quadrants | written->quadrants, false, sink);
        written->quadrants = (uint8_t)quadrants;
    }
    for (unsigned i = p->chunk->first; i < p->chunk->last; i++) {
        (void)syn_work_init(&w, p, i);
        if (syn_work_needs_reset(p->part, p->chunk, i))
            write_reset(&w, slot++, written, sink);
        for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
            (void)syn_work_registers(&w, q);
            if (quadrants >> q & 1)
                write_layer(&w, q, slot, written, sink);
        }
        slot++;
    }
}
