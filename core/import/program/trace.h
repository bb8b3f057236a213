/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Following layers through data memory: every byte knows whose value it holds. Processor p owns
 * byte p mod 4 of the words of instance p / 4, so that only tensor, pass and pixel have to be kept.
 * Internal to trace*.c.
 */
#ifndef SYN_CORE_IMPORT_PROGRAM_TRACE_H
#define SYN_CORE_IMPORT_PROGRAM_TRACE_H

#include "core/import/program/recover.h"

#define TRACE_NOBODY  UINT16_MAX       /* never written */
#define TRACE_UNKNOWN (UINT16_MAX - 1) /* written, but no tensor that can be read like this */

struct owner {
    uint16_t tensor, pass;
    uint32_t pixel;
};

struct tracer {
    struct program *p;
    uint32_t bytes;        /* of an instance */
    struct owner *owners;  /* [instance][byte] */
    struct owner *sources; /* of the layer at work: [pass][processor] of one operand */
    uint64_t maps[SYN_PART_LAYERS_MAX + 1]; /* of tensors: processors that read it; 0: not known */
};

static inline struct owner *owner_at(const struct tracer *t, unsigned processor, uint32_t byte)
{
    return &t->owners[(size_t)(processor / 4) * t->bytes + byte + processor % 4];
}

/* Where a layer reads a pixel: bytes in its instances. */
static inline uint32_t trace_address(const struct unit *u, uint32_t pixel)
{
    return u->base + pixel / u->columns * u->row + pixel % u->columns * u->pixel;
}

/* May the layer flatten what it reads? Those that do count the outputs that there are, even where
 * there is but one pixel. */
static inline bool trace_is_point(const struct unit *u)
{
    return u->layer.op == SYN_OP_CONV2D && u->taps == 1 && u->rows == 1 && u->columns == 1 &&
           u->operands == 1;
}

static inline bool trace_counts_outputs(const struct unit *u)
{
    return trace_is_point(u) && u->counted != u->lanes * u->out_passes;
}

/* Each returns 0 or an error. The output of a layer, once its shape is known: */
int trace_write(struct tracer *t, struct unit *u);
/* The input of the model, which the first layer reads: p->input and where it lies. */
int trace_place_input(struct tracer *t, struct unit *u);
/* An input that comes as a stream, from a FIFO or the layer before. */
int trace_stream(struct tracer *t, struct unit *u);
/* A conv1d of large dilation runs as a conv2d over rows of so many samples, one of small dilation
 * with zeros in its kernel: both become what they were, where the kernels agree. */
void trace_as_line(struct tracer *t, struct unit *u);
/* "data beyond ..." */
int trace_beyond(const struct tracer *t, const struct unit *u, enum syn_layer_register reg);

#endif
