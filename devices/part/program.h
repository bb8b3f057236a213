/* SPDX-License-Identifier: MIT */
/*
 * The register program of a chunk on a MAX7800x (PROGRAM.md): every write that makes the
 * accelerator run it, in sections, so that weights and biases of resident chunks are written once
 * and only the configuration when another chunk is to run:
 *
 *   once         init, and for each resident chunk syn_pack_weights(), syn_pack_bias() (pack.h)
 *   per change   configure
 *   per input    load (transfer.h), start, interrupt, unload (transfer.h)
 *
 * Nothing is stored: writes go to a sink one by one. Freestanding, no heap. The same writes in the
 * same order as the vendor's tool makes for the same placement; PROGRAM.md lists what differs.
 */
#ifndef SYN_DEVICES_PART_PROGRAM_H
#define SYN_DEVICES_PART_PROGRAM_H

#include "devices/part/place.h"
#include "devices/part/registers.h"

/* Takes the writes; the caller owns it. */
struct syn_sink {
    void (*word)(void *user, uint32_t address, uint32_t value);
    void (*byte)(void *user, uint32_t address, uint8_t value);
    /* Waits until the bits of `mask` are set; NULL where nothing needs waiting for. */
    void (*wait)(void *user, uint32_t address, uint32_t mask);
    void *user;
};

/* Where a layer reads and writes in data memory: bytes inside each instance, gaps in words. */
struct syn_route {
    uint32_t in_offset, out_offset;
    uint8_t write_gap; /* left free behind each word written: for other operands */
    uint8_t pixel_gap; /* left free behind each pixel written: for other parts of a concatenation */
    uint8_t read_gap;  /* MAX78002: skipped behind each word read */
};

/* A chunk that is placed; `places` and `routes` have an entry for each of its layers. */
struct syn_program {
    const struct syn_part *part;
    const struct syn_chunk *chunk;
    const struct syn_place *places;
    const struct syn_route *routes;
    uint32_t hz; /* clock of the accelerator: a MAX78002 runs pipelined above its limit */
};

/* Which layer registers are not 0: bit of the layer in [register][quadrant]; and the quadrants that
 * take part. All 0 after init. */
struct syn_written {
    uint32_t layers[SYN_LREG_STREAM_START][SYN_PART_QUADRANTS][(SYN_PART_LAYERS_MAX + 31) / 32];
    uint8_t quadrants;
};

/*
 * Can the part run it so? SYN_EUNSUP with *misfit (may be NULL) naming layer and reason where it
 * cannot, or the part has no program. The functions below expect a program that passed.
 */
int syn_program_check(const struct syn_program *p, struct syn_misfit *misfit);

/* Quadrants that take part, a bit each; quadrant 0 always does. */
unsigned syn_program_quadrants(const struct syn_program *p);

/* Hardware layers, at least those of the chunk (a MAX78002 needs one more here and there). */
unsigned syn_program_layers(const struct syn_program *p);

/*
 * After power-up: stops the state machine and sets memory timing and number of layers, on a
 * MAX78002 also clears registers and (with `biases`) bias memory. `p` is the first chunk to run;
 * give all quadrants in which any resident chunk works or has its ports (route.h).
 */
void syn_program_init(const struct syn_program *p, unsigned quadrants, bool biases,
                      const struct syn_sink *sink);

/*
 * Layer registers. With `written` NULL they are expected to be 0 and only what differs is written.
 * Else the chunk before is replaced: the state machine stops, the number of layers is set, and
 * what is no longer wanted becomes 0; `written` keeps the account.
 */
void syn_program_configure(const struct syn_program *p, struct syn_written *written,
                           const struct syn_sink *sink);

/* Starts an inference; it has ended when SYN_CTL_DONE is set in quadrant 0. */
void syn_program_start(const struct syn_program *p, const struct syn_sink *sink);

#endif
