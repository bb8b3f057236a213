/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registers and memories of a part after a program has written them: what the accelerator would
 * hold when it starts. One allocation of some hundred KB to 3 MB.
 */
#ifndef SYN_CORE_IMPORT_PROGRAM_MACHINE_H
#define SYN_CORE_IMPORT_PROGRAM_MACHINE_H

#include "core/import/program/source.h"
#include "devices/part/registers.h"

#define MACHINE_CONTROLS  4
#define MACHINE_BIAS_MAX  2048
#define MACHINE_WORDS_MAX 5120

struct machine {
    const struct syn_part *part;
    const struct syn_registers *regs;
    const char *path;        /* of cnn.c, the caller's */
    const char *arrays_path; /* of weights.h, likewise */
    struct syn_error *error;
    uint32_t control[SYN_PART_QUADRANTS][MACHINE_CONTROLS]; /* as cnn_init() leaves them */
    uint32_t start[SYN_PART_QUADRANTS];                     /* CTL as cnn_start() leaves it */
    bool fifo; /* the input comes through one, and layers may stream */
    uint32_t layers[SYN_PART_QUADRANTS][SYN_PART_LAYERS_MAX][SYN_LREG_COUNT];
    int lines[SYN_PART_QUADRANTS][SYN_PART_LAYERS_MAX][SYN_LREG_COUNT]; /* 0: not written */
    uint8_t bias[SYN_PART_QUADRANTS][MACHINE_BIAS_MAX];
    bool biased[SYN_PART_QUADRANTS][MACHINE_BIAS_MAX];
    uint8_t weights[SYN_PART_PROCESSORS][MACHINE_WORDS_MAX][SYN_WEIGHT_BYTES];
    bool weighted[SYN_PART_PROCESSORS][MACHINE_WORDS_MAX];
};

/*
 * Runs the steps of a program. *machine is on the heap, to be freed with free(); NULL on error:
 * SYN_EINVAL, SYN_EUNSUP with the line, SYN_ENOMEM.
 */
int machine_run(struct machine **machine, const struct source *source, const struct arrays *arrays,
                struct syn_error *error);

/* Words of weights that this processor has. */
unsigned machine_words(const struct syn_part *part, unsigned processor);

#endif
