/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers of initializers: raw bytes or typed lists, as many as their shape says. */
#include "core/import/onnx/build.h"
#include "core/import/onnx/proto.h"
#include "devices/base/bytes.h"

#include <stdlib.h>
#include <string.h>

static double from_float(const uint8_t *p)
{
    const uint32_t bits = syn_get_le32(p);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double from_double(const uint8_t *p)
{
    const uint64_t bits = syn_get_le64(p);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double from_uint8(const uint8_t *p)
{
    return *p;
}

static double from_int8(const uint8_t *p)
{
    return (int8_t)*p;
}

static double from_int32(const uint8_t *p)
{
    return (int32_t)syn_get_le32(p);
}

static double from_int64(const uint8_t *p)
{
    return (double)(int64_t)syn_get_le64(p);
}

static const struct kind {
    int type;
    unsigned bytes;
    double (*read)(const uint8_t *p);
} kinds[] = {
    {SYN_ONNX_FLOAT, 4, from_float},   {SYN_ONNX_UINT8, 1, from_uint8},
    {SYN_ONNX_INT8, 1, from_int8},     {SYN_ONNX_INT32, 4, from_int32},
    {SYN_ONNX_INT64, 8, from_int64},   {SYN_ONNX_BOOL, 1, from_uint8},
    {SYN_ONNX_DOUBLE, 8, from_double},
};

static const struct kind *kind_of(int type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].type == type)
            return &kinds[i];
    return NULL;
}

/* How many numbers the typed list of its type has, and the n-th of them. */
static size_t typed_count(const Onnx__TensorProto *t)
{
    switch (t->data_type) {
    case SYN_ONNX_FLOAT:
        return t->n_float_data;
    case SYN_ONNX_DOUBLE:
        return t->n_double_data;
    case SYN_ONNX_INT64:
        return t->n_int64_data;
    default:
        return t->n_int32_data;
    }
}

static double typed_number(const Onnx__TensorProto *t, size_t i)
{
    switch (t->data_type) {
    case SYN_ONNX_FLOAT:
        return t->float_data[i];
    case SYN_ONNX_DOUBLE:
        return t->double_data[i];
    case SYN_ONNX_INT64:
        return (double)t->int64_data[i];
    default:
        return t->int32_data[i];
    }
}

static bool in_range(int type, double number)
{
    if (type == SYN_ONNX_UINT8)
        return number >= 0 && number <= 255;
    return type != SYN_ONNX_INT8 || (number >= -128 && number <= 127);
}

static int check_place(const Onnx__TensorProto *t, const char *name, struct syn_error *error)
{
    if (t->n_external_data || t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL) {
        syn_error_set(error, SYN_EUNSUP, "'%s' lies in another file (external data)", name);
        syn_error_hint(error, "save the model with its weights inside: "
                              "onnx.save(onnx.load(FILE), FILE2)");
        return SYN_EUNSUP;
    }
    if (t->segment)
        return syn_error_set(error, SYN_EUNSUP, "'%s' is stored in segments", name);
    if (!kind_of(t->data_type))
        return syn_error_set(error, SYN_EUNSUP,
                             "'%s' has ONNX type %d; float, int8, uint8 and int32 are read", name,
                             t->data_type);
    return 0;
}

static int check_count(const Onnx__TensorProto *t, const char *name, size_t count,
                       struct syn_error *error)
{
    const unsigned bytes = kind_of(t->data_type)->bytes;
    const size_t have = t->has_raw_data ? t->raw_data.len : typed_count(t);
    const size_t want = t->has_raw_data ? count * bytes : count;
    if (have == want)
        return 0;
    return syn_error_set(error, SYN_ECORRUPT, "'%s' holds %zu %s; its dimensions ask for %zu", name,
                         have, t->has_raw_data ? "bytes" : "numbers", want);
}

static int fill(struct syn_onnx_value *value, const Onnx__TensorProto *t, const char *name,
                struct syn_error *error)
{
    const struct kind *kind = kind_of(t->data_type);
    for (size_t i = 0; i < value->count; i++) {
        value->data[i] =
            t->has_raw_data ? kind->read(t->raw_data.data + i * kind->bytes) : typed_number(t, i);
        if (!in_range(value->type, value->data[i]))
            return syn_error_set(error, SYN_ECORRUPT, "'%s' holds %g, which its type has not", name,
                                 value->data[i]);
    }
    return 0;
}

int syn_onnx_read_number(const Onnx__TensorProto *t, double *number, int *type,
                         struct syn_error *error)
{
    struct syn_onnx_value value = {.type = (uint8_t)t->data_type, .count = 1, .data = number};
    int status = check_place(t, "value", error);
    if (status == 0)
        status = check_count(t, "value", 1, error);
    *type = t->data_type;
    return status < 0 ? status : fill(&value, t, "value", error);
}

int syn_onnx_read_tensor(struct syn_onnx_graph *g, int index, const Onnx__TensorProto *t,
                         struct syn_error *error)
{
    char name[SYN_ONNX_NAME_MAX];
    syn_onnx_text(name, sizeof name, t->name, t->name ? strlen(t->name) : 0);
    int status = check_place(t, name, error);
    if (status == 0)
        status = syn_onnx_shape_value(g, index, t->data_type,
                                      t->n_dims > UINT8_MAX ? UINT8_MAX : (unsigned)t->n_dims,
                                      t->dims, error);
    if (status < 0)
        return status;
    struct syn_onnx_value *value = &g->values[index];
    if ((status = check_count(t, name, value->count, error)) < 0)
        return status;
    if (value->count > SYN_ONNX_CONSTANT_MAX - g->constants)
        return syn_error_set(error, SYN_EINVAL, "more than %u constant numbers",
                             SYN_ONNX_CONSTANT_MAX);
    value->data = malloc((value->count + 1) * sizeof *value->data);
    if (!value->data)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for '%s'", name);
    g->constants += value->count;
    value->constant = true;
    return fill(value, t, name, error);
}
