/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A folder that the vendor's tool wrote: cnn.c and weights.h, read as data, taken apart into the
 * layers that they are the program of (IMPORT.md).
 */
#ifndef SYN_CORE_IMPORT_PROGRAM_PROGRAM_H
#define SYN_CORE_IMPORT_PROGRAM_PROGRAM_H

#include "core/import/build/format.h"

extern const struct syn_import_format syn_import_program;

/* The same from memory; paths are for messages and, without a name in `code`, for the name. */
int syn_import_program_text(struct syn_imported *imported, const char *code_path, const void *code,
                            size_t code_size, const char *weights_path, const void *weights,
                            size_t weights_size, const struct syn_import_options *options,
                            struct syn_error *error);

#endif
