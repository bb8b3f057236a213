/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where layers write. */
#include "core/import/program/trace.h"

int trace_beyond(const struct tracer *t, const struct unit *u, enum syn_layer_register reg)
{
    return program_refuse(t->p, u, SYN_EINVAL, reg, "data beyond the %u bytes of an instance",
                          t->bytes);
}

/* Is the output read as it is written, and never whole in memory? */
static bool is_ring(const struct tracer *t, const struct unit *u)
{
    return u + 1 < t->p->units + t->p->count && u[1].streams;
}

/* Marks a plane of the output of a pass. */
static int write_lane(struct tracer *t, struct unit *u, unsigned instance, unsigned byte,
                      uint32_t word, uint32_t pass)
{
    const uint32_t pixels = (uint32_t)u->layer.out.height * u->layer.out.width;
    const bool wide = u->layer.output_width == 32;
    const uint64_t first = word + (uint64_t)pass * u->out_pass + (wide ? byte : 0);
    const struct owner owner = {.tensor = wide ? TRACE_UNKNOWN : (uint16_t)(u - t->p->units + 1),
                                .pass = (uint16_t)pass};
    if (instance < SYN_PART_INSTANCES && is_ring(t, u)) {
        u->written |= UINT64_C(1) << (4 * instance + byte);
        return 0;
    }
    if (instance >= SYN_PART_INSTANCES ||
        4 * (first + (uint64_t)(pixels - 1) * u->out_pixel + 1) > t->bytes)
        return trace_beyond(t, u, SYN_LREG_WRITE_BASE);
    u->written |= UINT64_C(1) << (4 * instance + byte);
    for (uint32_t i = 0; i < pixels; i++) {
        const uint32_t at = 4 * ((uint32_t)first + i * u->out_pixel);
        for (unsigned lane = 0; lane < (wide ? 4u : 1u); lane++) {
            struct owner *o = owner_at(t, 4 * instance + (wide ? lane : byte), at);
            *o = owner;
            o->pixel = i;
        }
    }
    return 0;
}

static int write_convolution(struct tracer *t, struct unit *u)
{
    int status = 0;
    for (uint32_t i = 0; i < u->counted && status == 0; i++) {
        const uint32_t lane = i % u->lanes;
        status = write_lane(t, u, u->instance[0] + lane / 4 * u->mask_step, lane % 4, u->word[0],
                            i / u->lanes);
    }
    return status;
}

/* Copies and depthwise layers: each quadrant begins at its own place. */
static int write_quadrants(struct tracer *t, struct unit *u)
{
    int status = 0;
    for (uint32_t pass = 0; pass < u->out_passes; pass++) {
        unsigned indices[SYN_PART_QUADRANTS] = {0};
        for (unsigned i = 0; i < u->count && status == 0; i++) {
            const unsigned q = u->list[i] / 16, index = indices[q]++;
            if (u->broadcast)
                status = write_lane(t, u, u->instance[0] + u->list[i] / 4u - u->list[0] / 4u,
                                    u->list[i] % 4, u->word[0], pass);
            else
                status = write_lane(t, u, u->instance[q] + index / 4 * u->slot_step, index % 4,
                                    u->word[q], pass);
        }
    }
    return status;
}

int trace_write(struct tracer *t, struct unit *u)
{
    const bool convolves = u->layer.op != SYN_OP_PASSTHROUGH && u->layer.groups == 1;
    const int status = convolves ? write_convolution(t, u) : write_quadrants(t, u);
    if (!convolves) /* what is written is exactly what there is */
        t->maps[u - t->p->units + 1] = u->written;
    return status;
}
