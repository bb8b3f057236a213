/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ONNX files with 8-bit quantization, in QDQ and in QOperator form (core/import/IMPORT.md). */
#ifndef SYN_CORE_IMPORT_ONNX_ONNX_H
#define SYN_CORE_IMPORT_ONNX_ONNX_H

#include "core/import/build/format.h"

extern const struct syn_import_format syn_import_onnx;

/* The same from memory; `path` is for messages and for the model's name. */
int syn_import_onnx_parse(struct syn_imported *imported, const void *bytes, size_t size,
                          const char *path, const struct syn_import_options *options,
                          struct syn_error *error);

#endif
