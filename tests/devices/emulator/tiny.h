/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program of one convolution written register by register: small enough to be read, and to be
 * spoiled in one place by a test.
 */
#ifndef SYN_TESTS_DEVICES_EMULATOR_TINY_H
#define SYN_TESTS_DEVICES_EMULATOR_TINY_H

#include "devices/emulator/emulator.h"
#include "devices/part/registers.h"

struct tiny {
    struct syn_emulator *emulator;
    const struct syn_part *part;
    const struct syn_registers *regs;
    uint32_t values[SYN_LREG_COUNT]; /* of layer 0 in quadrant 0 */
    unsigned height, width, kernel, pad;
};

/*
 * A square kernel of 1 or 3 over `height` x `width` pixels of four channels, on processors 0 to 3,
 * from word 0, to four channels at word 1,024. Output o is half of input o (its middle tap is 64),
 * rounded up. Everything is loaded (input: pixel number) but not configured yet.
 */
void tiny_open(struct tiny *t, const struct syn_part *part, unsigned kernel, unsigned pad,
               unsigned height, unsigned width);
void tiny_close(struct tiny *t);

/* Parts of tiny_open(), for tests that leave one out. */
void tiny_create(struct tiny *t, const struct syn_part *part, unsigned kernel, unsigned pad,
                 unsigned height, unsigned width);
void tiny_init(struct tiny *t);
void tiny_load_weights(struct tiny *t);
void tiny_load_input(struct tiny *t);

/* Sets a field of the layer's registers; to be called before tiny_configure(). */
void tiny_set(struct tiny *t, enum syn_layer_field field, uint32_t value);
/* Writes the registers of layer `layer` in `quadrant`. */
void tiny_configure(struct tiny *t, unsigned quadrant, unsigned layer);
/* Starts quadrant 0 as master of those in `others` (bit q), with `last` layer, and runs to the end
 * or to a fault. */
void tiny_run(struct tiny *t, unsigned others, uint32_t last);

/* The one of most tests: a kernel of 3 over 5 x 6 pixels, on quadrant 0, as layer 0. */
void tiny_open_small(struct tiny *t, const struct syn_part *part);
void tiny_run_small(struct tiny *t);

/* It stopped with that fault, there. */
void tiny_assert_fault(const struct tiny *t, enum syn_emulator_fault_kind kind, int layer,
                       int quadrant);

/* A word of instance 0 of data memory. */
uint32_t tiny_word(const struct tiny *t, uint32_t word);

#endif
