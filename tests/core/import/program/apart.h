/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of this folder share: a model placed on its part, its program read back, and
 * whether both compute the same. Fails the test where something else goes wrong. */
#ifndef SYN_TESTS_CORE_IMPORT_PROGRAM_APART_H
#define SYN_TESTS_CORE_IMPORT_PROGRAM_APART_H

#include "core/import/program/program.h"
#include "devices/part/program.h"
#include "tests/core/import/program/printer.h"
#include "tests/devices/part/random_hardware.h"

struct placed {
    struct syn_chunk chunk;
    struct syn_place places[RANDOM_HARDWARE_MAX];
    struct syn_route routes[RANDOM_HARDWARE_MAX];
    struct syn_program program;
};

/* Reads the two texts as "folder/cnn.c" and "folder/weights.h". */
int import(struct syn_imported *imported, const struct printed *text, struct syn_error *error);

/* False where the part does not take the model. */
bool place(struct placed *p, const struct random_hardware *m);

/* All fields of two layers; `name` and `layer` are for messages. */
void same_layer(const char *name, unsigned layer, const struct syn_layer *a,
                const struct syn_layer *b);

/* The same output of the same input. */
void computes_alike(const struct syn_model *model, const struct random_hardware *m);

#endif
