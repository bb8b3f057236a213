/* SPDX-License-Identifier: MIT */
/*
 * The accelerator of a MAX78000 or MAX78002 as the bus sees it (EMULATOR.md): power and clock
 * gates, control and layer registers, weight, bias and data memories, start, interrupt, cycles.
 *
 * What it computes comes from what was written to its addresses, and from nothing else. Where
 * silicon would do something wrong or undefined, the emulator stops with a fault.
 *
 * For hosts: one emulator is one block of the heap that _new() makes and _free() gives back; there
 * are no globals, so any number may live side by side, each used by one thread at a time.
 */
#ifndef SYN_DEVICES_EMULATOR_EMULATOR_H
#define SYN_DEVICES_EMULATOR_EMULATOR_H

#include "devices/part/geometry.h"

struct syn_emulator;
struct syn_kernels; /* devices/part/kernels.h */

/* The first three are of the processor's system, not of the accelerator; see syn_emulator_enable().
 */
#define SYN_EMULATOR_CLOCK_DIVIDER 0x40000018u
#define SYN_EMULATOR_CLOCK_DISABLE 0x40000024u /* bit 25: the accelerator has no clock */

enum syn_emulator_fault_kind {
    SYN_FAULT_NONE,
    SYN_FAULT_ADDRESS,    /* the bus asks for what is not there */
    SYN_FAULT_POWER,      /* a quadrant is used while it is off, isolated or in reset */
    SYN_FAULT_CLOCK,      /* a quadrant is used without its clock */
    SYN_FAULT_BUSY,       /* registers, weights or bias are written while layers run */
    SYN_FAULT_LAYERS,     /* more layers than there are, or an order without an end */
    SYN_FAULT_QUADRANTS,  /* quadrants disagree about a layer, or one that works is not heard */
    SYN_FAULT_REGISTERS,  /* values of a layer's registers contradict each other */
    SYN_FAULT_LIMIT,      /* what registers can say, but the part is known to do wrong */
    SYN_FAULT_RANGE,      /* a layer reaches beyond a memory */
    SYN_FAULT_OVERWRITE,  /* an input word is overwritten before it is read for the last time */
    SYN_FAULT_UNWRITTEN,  /* weights, bias or data are used that nobody has written */
    SYN_FAULT_UNMODELLED, /* silicon can, this emulator cannot: streaming, FIFOs, snooping */
    SYN_FAULT_MEMORY,     /* the host has no memory left */
    SYN_FAULT_COUNT
};

#define SYN_FAULT_WORDS 96

struct syn_emulator_fault {
    enum syn_emulator_fault_kind kind;
    int layer;        /* -1: none is concerned */
    int quadrant;     /* -1: none */
    uint32_t address; /* on the bus, 0: none */
    char words[SYN_FAULT_WORDS];
};

/* "overwrite", ...; lower case, one word. */
const char *syn_emulator_fault_name(enum syn_emulator_fault_kind kind);

/* Without power, memories never written. Returns 0, SYN_ENOMEM, or SYN_EUNSUP for a part of another
 * kind; *emulator is NULL then. */
int syn_emulator_new(struct syn_emulator **emulator, const struct syn_part *part);
void syn_emulator_free(struct syn_emulator *emulator);

/* Computes with these from now on, instead of the portable ones: for hosts that have faster ones. A
 * run under way is given up. */
void syn_emulator_use(struct syn_emulator *emulator, const struct syn_kernels *kernels);

/* As after a power cycle of the whole part. */
void syn_emulator_reset(struct syn_emulator *emulator);

/* The writes that a program does once to power all quadrants and give them their clock. */
void syn_emulator_enable(struct syn_emulator *emulator);

/* Whether this address is answered here: for a bus with other devices on it. */
bool syn_emulator_owns(const struct syn_emulator *emulator, uint32_t address);

/*
 * Words of 32 bits at multiples of 4; the only use for single bytes is to open a stream of weights
 * (registers.h). What is wrong becomes a fault; a read is 0 then.
 */
void syn_emulator_write(struct syn_emulator *emulator, uint32_t address, uint32_t value);
void syn_emulator_write_byte(struct syn_emulator *emulator, uint32_t address, uint8_t value);
uint32_t syn_emulator_read(struct syn_emulator *emulator, uint32_t address);

/* The same as a debugger does: no fault, nothing changes. */
uint32_t syn_emulator_peek(const struct syn_emulator *emulator, uint32_t address);

/*
 * A write to the control register starts the layers; they advance by step(), which works for about
 * `macs` multiply-accumulates (at least one output row; UINT64_MAX: all) and returns true while
 * there is more to do. At the end the interrupt is raised. After a fault there is nothing to do.
 */
bool syn_emulator_running(const struct syn_emulator *emulator);
bool syn_emulator_step(struct syn_emulator *emulator, uint64_t macs);

/* Right after a start: does what takes long at the first inference (plans, weights), then gives the
 * run up. A layer that can never run is a fault now; what depends on data waits for a start. */
void syn_emulator_prepare(struct syn_emulator *emulator);

/* Multiply-accumulates of the smallest step that can be taken next; 0 at rest. */
uint64_t syn_emulator_next(struct syn_emulator *emulator);

/* The interrupt line: a quadrant's DONE bit is set. Programs clear it in the control registers. */
bool syn_emulator_interrupt(const struct syn_emulator *emulator);

/* Cycles of the accelerator's clock from the last start to the end of the last finished layer. */
uint64_t syn_emulator_cycles(const struct syn_emulator *emulator);

/* The first fault since the last reset or clear; NULL: none. Nothing runs until it is cleared. */
const struct syn_emulator_fault *syn_emulator_fault(const struct syn_emulator *emulator);
void syn_emulator_clear_fault(struct syn_emulator *emulator);

/* The layer that was finished last, for whoever compares layer by layer. */
struct syn_emulator_done {
    unsigned layer;      /* number of its registers */
    unsigned finished;   /* layers since start */
    uint64_t cycles;     /* of this layer */
    struct syn_shape in; /* as read: before pooling; channels of all passes */
    struct syn_shape out;
    unsigned width;   /* 8 or 32 bits */
    const void *data; /* out, dense C,H,W; valid until the next step or start */
};

/* False where no layer has been finished since start; data is NULL where the host has no memory. */
bool syn_emulator_last(struct syn_emulator *emulator, struct syn_emulator_done *done);

#endif
