/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/onnx/proto.h"

#include "core/base/file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Lists of small messages take more memory than they take bytes in the file. */
#define MEMORY_FLOOR  (16u << 20)
#define MEMORY_FACTOR 6u

/* ---- memory ---- */

static void *take(void *data, size_t size)
{
    struct syn_onnx_file *file = data;
    if (size > file->left_bytes)
        return NULL;
    file->left_bytes -= size;
    return malloc(size ? size : 1);
}

static void give_back(void *data, void *memory)
{
    (void)data;
    free(memory);
}

/* ---- depth, before anything recurses ---- */

struct reader {
    const uint8_t *at, *end;
};

struct frame {
    const ProtobufCMessageDescriptor *message;
    const uint8_t *end;
};

static bool read_varint(struct reader *r, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        const uint8_t byte = *r->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool skip(struct reader *r, uint64_t size)
{
    if (size > (uint64_t)(r->end - r->at))
        return false;
    r->at += size;
    return true;
}

static const ProtobufCMessageDescriptor *message_of(const ProtobufCMessageDescriptor *in,
                                                    uint64_t key)
{
    const ProtobufCFieldDescriptor *field =
        key >> 3 > UINT32_MAX ? NULL
                              : protobuf_c_message_descriptor_get_field(in, (unsigned)(key >> 3));
    return field && field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
}

/* One field; a message inside is entered (returned through `inner` and `size`), others skipped. */
static bool pass_field(struct reader *r, const ProtobufCMessageDescriptor *in,
                       const ProtobufCMessageDescriptor **inner, uint64_t *size)
{
    uint64_t key, value;
    *inner = NULL;
    if (!read_varint(r, &key))
        return false;
    switch (key & 7) {
    case 0:
        return read_varint(r, &value);
    case 1:
        return skip(r, 8);
    case 5:
        return skip(r, 4);
    case 2:
        if (!read_varint(r, size) || *size > (uint64_t)(r->end - r->at))
            return false;
        *inner = message_of(in, key);
        return *inner || skip(r, *size);
    default:
        return false;
    }
}

static int damaged(struct syn_error *error)
{
    return syn_error_set(error, SYN_ECORRUPT,
                         "no ONNX file, or a damaged one: its fields do not "
                         "fit into each other");
}

static int check_depth(const uint8_t *bytes, size_t size, struct syn_error *error)
{
    struct frame stack[SYN_ONNX_DEPTH_MAX];
    unsigned depth = 0;
    struct reader r = {.at = bytes, .end = bytes + size};
    stack[0] = (struct frame){&onnx__model_proto__descriptor, r.end};
    for (;;) {
        const ProtobufCMessageDescriptor *inner;
        uint64_t length = 0;
        while (depth > 0 && r.at == stack[depth].end)
            depth--;
        if (r.at == bytes + size)
            return 0;
        r.end = stack[depth].end;
        if (!pass_field(&r, stack[depth].message, &inner, &length))
            return damaged(error);
        if (!inner)
            continue;
        if (++depth == SYN_ONNX_DEPTH_MAX)
            return syn_error_set(error, SYN_EINVAL,
                                 "more than %d messages in each other, which no model needs",
                                 SYN_ONNX_DEPTH_MAX);
        stack[depth] = (struct frame){inner, r.at + length};
    }
}

/* ---- files ---- */

int syn_onnx_file_parse(struct syn_onnx_file *file, const void *bytes, size_t size,
                        struct syn_error *error)
{
    *file = (struct syn_onnx_file){.left_bytes = MEMORY_FLOOR + MEMORY_FACTOR * size};
    file->allocator = (ProtobufCAllocator){take, give_back, file};
    if (size > SYN_ONNX_FILE_MAX)
        return syn_error_set(error, SYN_EINVAL, "%zu bytes; at most %u are read", size,
                             SYN_ONNX_FILE_MAX);
    int status = check_depth(bytes, size, error);
    if (status < 0)
        return status;
    file->model = onnx__model_proto__unpack(&file->allocator, size, bytes);
    if (file->model)
        return 0;
    return file->left_bytes < size
               ? syn_error_set(error, SYN_ENOMEM, "takes too much memory for a file of its size")
               : damaged(error);
}

int syn_onnx_file_read(struct syn_onnx_file *file, const char *path, struct syn_error *error)
{
    void *bytes;
    size_t size;
    *file = (struct syn_onnx_file){0};
    int status = syn_file_read(&bytes, &size, path, SYN_ONNX_FILE_MAX, error);
    if (status == 0)
        status = syn_onnx_file_parse(file, bytes, size, error);
    free(bytes);
    return status;
}

void syn_onnx_file_close(struct syn_onnx_file *file)
{
    if (file->model)
        onnx__model_proto__free_unpacked(file->model, &file->allocator);
    *file = (struct syn_onnx_file){0};
}

void syn_onnx_text(char *text, size_t size, const void *bytes, size_t count)
{
    const unsigned char *from = bytes;
    size_t i = 0;
    for (; from && i < count && i + 1 < size && from[i]; i++)
        text[i] = (char)(from[i] < ' ' || from[i] > '~' ? '?' : from[i]);
    text[i] = '\0';
}
