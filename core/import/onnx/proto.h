/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An ONNX file as protobuf-c reads it, within bounds: of the file, of how deeply messages lie in
 * each other, and of the memory that they take.
 */
#ifndef SYN_CORE_IMPORT_ONNX_PROTO_H
#define SYN_CORE_IMPORT_ONNX_PROTO_H

#include "core/base/error.h"

#include <onnx.pb-c.h>

#define SYN_ONNX_FILE_MAX  (64u << 20) /* bytes; ten times the largest part's weights in floats */
#define SYN_ONNX_DEPTH_MAX 16          /* messages in messages; plain models need 8 */

struct syn_onnx_file {
    Onnx__ModelProto *model;
    ProtobufCAllocator allocator;
    size_t left_bytes; /* that may still be allocated */
};

/* Both return 0; SYN_EINVAL, SYN_ECORRUPT, SYN_ENOMEM or what the operating system says, with
 * words. The caller ends with syn_onnx_file_close(), also after an error; `file` does not move
 * between, since its allocator points to it. */
int syn_onnx_file_read(struct syn_onnx_file *file, const char *path, struct syn_error *error);
int syn_onnx_file_parse(struct syn_onnx_file *file, const void *bytes, size_t size,
                        struct syn_error *error);
void syn_onnx_file_close(struct syn_onnx_file *file);

/* A field of bytes as text: cut to `size`, always ended; characters that no terminal should get
 * become '?'. `bytes` may be NULL. */
void syn_onnx_text(char *text, size_t size, const void *bytes, size_t count);

#endif
