/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs as files in the layout of the vendor's tool: those of our generator, and those that were
 * recorded. Texts are on the heap.
 */
#ifndef SYN_TESTS_CORE_IMPORT_PROGRAM_PRINTER_H
#define SYN_TESTS_CORE_IMPORT_PROGRAM_PRINTER_H

#include <stddef.h>

#include "devices/part/program.h"

/* How weights are brought to their memories: the vendor's forms of several years. */
enum printed_form {
    PRINTED_RECORDS, /* one array of addresses, lengths and words */
    PRINTED_ARRAYS,  /* an array for each stream */
    PRINTED_SLOTS,   /* the same, slot by slot */
    PRINTED_FORMS
};

struct printed {
    char *code, *weights; /* cnn.c, weights.h */
    size_t code_size, weights_size;
};

/* What our generator writes for a whole model; `remarks`: with the comments that name shapes. */
void print_program(struct printed *printed, const struct syn_program *program,
                   const struct syn_layer *layers, const uint8_t *const *weights,
                   const int8_t *const *biases, enum printed_form form, bool remarks);

/* folder/program.tsv and folder/weights.h; false where they are missing. */
bool print_recorded(struct printed *printed, const char *folder, bool remarks);

void printed_free(struct printed *printed);

#endif
