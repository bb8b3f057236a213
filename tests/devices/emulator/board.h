/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What firmware does with the accelerator, done to the emulator: the vendor's programs as data. */
#ifndef SYN_TESTS_DEVICES_EMULATOR_BOARD_H
#define SYN_TESTS_DEVICES_EMULATOR_BOARD_H

#include "devices/emulator/emulator.h"
#include "tests/devices/part/vendor.h"

/* A network of the vendor: its program and the arrays of its headers. */
struct board {
    struct syn_emulator *emulator;
    struct vendor_program *program;
    struct vendor_arrays *weights, *input, *output;
};

/* With the accelerator enabled, nothing loaded. False where a file is missing. */
bool board_open(struct board *b, const char *folder, const struct syn_part *part);
void board_close(struct board *b);

/* The lines of one function of the program: "cnn_init", "cnn_load_bias", "cnn_configure",
 * "load_input", "cnn_start". */
void board_call(struct board *b, const char *function);
void board_load_weights(struct board *b);
/* All of these, in the order of the vendor's main(), but for the start. */
void board_prepare(struct board *b);

/* Prints the fault; whether there was one. */
bool board_failed(const struct board *b, const char *what);

/* Words of the output that differ from the vendor's known answer, and how many were compared. */
unsigned board_wrong_words(struct board *b, unsigned *compared);

#endif
