/* SPDX-License-Identifier: MIT */
/*
 * Tensors in the data memory of a MAX7800x: where each value lies, and how the CPU brings a dense
 * C,H,W tensor there and back. A word holds the same pixel of four channels, one for each
 * processor that shares the instance; further passes follow; a CHW tensor has the pixels of each
 * channel one after the other instead (PROGRAM.md 4).
 * Freestanding, no errors: the caller gives buffers of the tensor's size.
 */
#ifndef SYN_DEVICES_PART_TRANSFER_H
#define SYN_DEVICES_PART_TRANSFER_H

#include "devices/part/program.h"

struct syn_tensor_place {
    uint64_t processors;  /* that have a channel in each pass */
    uint32_t offset;      /* bytes in each instance */
    uint16_t pixel_words; /* from a pixel to the next; 0 for CHW */
    uint16_t pass_words;  /* from a pass to the next */
    struct syn_shape shape;
    uint8_t width; /* 8 or 32 */
    bool chw;
};

/* Where a layer writes its output. */
void syn_transfer_output(const struct syn_layer *layer, const struct syn_route *route,
                         struct syn_tensor_place *place);

/* Where a layer reads its input, or operand `n` of an element-wise operation. (Parts of a
 * concatenation are known to syn_route_chunk() alone.) */
void syn_transfer_input(const struct syn_layer *layer, const struct syn_route *route, unsigned n,
                        struct syn_tensor_place *place);

/* Byte address of a value; of a word where values have 32 bits. */
uint32_t syn_transfer_address(const struct syn_registers *regs,
                              const struct syn_tensor_place *place, unsigned channel,
                              uint32_t pixel);

/* Writes an 8-bit tensor word by word, by ascending address within each instance. Words that have
 * fewer than four channels get zeros for the others. */
void syn_transfer_load(const struct syn_registers *regs, const struct syn_tensor_place *place,
                       const int8_t *values, const struct syn_sink *sink);

/* Zeros between which some inputs have to lie on a MAX78002, which does not pad them itself: before
 * every start, since layers write over them afterwards. */
void syn_transfer_pad(const struct syn_program *program, const struct syn_sink *sink);

struct syn_source {
    uint32_t (*word)(void *user, uint32_t address);
    void *user;
};

/* Reads a tensor; `values` takes int8_t or, 32 bits wide, int32_t. */
void syn_transfer_unload(const struct syn_registers *regs, const struct syn_tensor_place *place,
                         const struct syn_source *source, void *values);

#endif
