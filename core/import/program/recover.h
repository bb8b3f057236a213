/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From registers and memories back to layers, in steps: decode.c says what one layer does,
 * trace.c which tensor it reads, channels.c how many channels there are, weights.c what its
 * weights and biases are, prove.c that our generator makes the same program of it all; reshape.c
 * ends with what models have no word for.
 */
#ifndef SYN_CORE_IMPORT_PROGRAM_RECOVER_H
#define SYN_CORE_IMPORT_PROGRAM_RECOVER_H

#include "core/import/build/format.h"
#include "core/import/program/machine.h"
#include "devices/part/program.h"

/* A layer of the program. Addresses of data are bytes in an instance unless said otherwise. */
struct unit {
    unsigned slot;          /* hardware layer */
    struct syn_layer layer; /* shapes as the registers count them until channels.c is done */
    unsigned count;         /* of processors */
    uint8_t list[SYN_PART_PROCESSORS];

    uint32_t base, row, pixel; /* where pixel (x, y) is read: base + y row + x pixel */
    uint32_t passes;           /* words that follow each other; flattening: pixels times passes */
    uint32_t operands;
    uint32_t rows, columns; /* that are there to be read; a MAX78002 does not say all rows */
    bool flat;              /* reads pixel after pixel as passes */
    bool streams;           /* its input comes from a FIFO, or word by word from the layer before */
    bool reshaped;          /* reads as many pixels in other rows than were written */

    uint32_t word[SYN_PART_QUADRANTS], instance[SYN_PART_QUADRANTS]; /* where it begins to write */
    uint32_t out_pixel, out_pass, out_passes; /* words between pixels, between passes; passes */
    uint32_t mask_step, slot_step;            /* instances */
    uint32_t lanes;                           /* outputs of one pass */
    bool broadcast;

    uint32_t first, skip, taps; /* of the weights: bit address, bytes, weights of a kernel */
    uint32_t kernels;           /* of a processor */
    uint8_t tap[9];             /* of the hardware's kernel, for each of the layer's */
    bool biased[SYN_PART_QUADRANTS];
    uint32_t bias[SYN_PART_QUADRANTS]; /* bytes */
    int bias_quadrant;                 /* -1: none */
    unsigned bias_skip;                /* bytes between there and the first, see decode.c */

    /* of the output, once trace.c is done */
    uint64_t written; /* processors that it writes for, or may */
    uint64_t holes;   /* inputs of the last pass that nobody wrote */
    uint32_t counted; /* outputs that the registers count */
    struct syn_place place;
    struct syn_route route;
    uint8_t *weights; /* packed as core/model/FORMAT.md says; on the heap */
    int8_t *biases;   /* likewise; NULL where there are none */
};

struct program {
    struct machine *machine; /* the caller's */
    const struct source *source;
    struct syn_error *error;
    unsigned hardware; /* layers of the machine */
    bool binary;       /* weights of one bit are -1 and 1 */
    unsigned count;
    struct unit *units;            /* of SYN_PART_LAYERS_MAX */
    struct syn_imported *imported; /* takes the notes */
    struct syn_shape input;
    uint64_t input_map; /* processors that read the input */
    unsigned input_passes;
};

/* Each returns 0 or an error with words: SYN_EINVAL, SYN_EUNSUP, SYN_ENOMEM. In this order. */
int program_decode(struct program *p);
int program_trace(struct program *p);
int program_channels(struct program *p);
int program_weights(struct program *p);
int program_prove(struct program *p);
int program_reshape(struct program *p);

/* The error of a layer, with the line of one of its registers where it was written. */
int program_refuse(const struct program *p, const struct unit *u, int code,
                   enum syn_layer_register reg, const char *fmt, ...) SYN_PRINTF(5, 6);

/*
 * Kernel `index` of a processor of this layer: its weights to `taps`. False where a word of it was
 * never loaded; taps are 0 then.
 */
bool program_kernel(const struct program *p, const struct unit *u, unsigned processor,
                    uint32_t index, int8_t taps[9]);

/* Bias of output `lane` of a pass (depthwise: of processor `lane` of the layer's list). False where
 * it was never loaded; 0 where the layer has none. */
bool program_bias(const struct program *p, const struct unit *u, uint32_t pass, uint32_t lane,
                  int8_t *bias);

/* The shape that a layer takes its inputs for, each `shape` as it was written. */
static inline struct syn_shape program_view(const struct unit *u, struct syn_shape shape)
{
    if (u->reshaped) {
        shape.height = (uint16_t)u->rows;
        shape.width = (uint16_t)u->columns;
    }
    return shape;
}

/* The shape of tensor `id`: the input, or the output of layer id - 1. */
static inline struct syn_shape program_shape(const struct program *p, unsigned id)
{
    return id == 0 ? p->input : p->units[id - 1].layer.out;
}

#endif
