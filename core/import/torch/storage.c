/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/torch/storage.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t element_bytes[SYN_DTYPE_COUNT] = {
    [SYN_DTYPE_F32] = 4, [SYN_DTYPE_F64] = 8, [SYN_DTYPE_F16] = 2,   [SYN_DTYPE_BF16] = 2,
    [SYN_DTYPE_I8] = 1,  [SYN_DTYPE_U8] = 1,  [SYN_DTYPE_I16] = 2,   [SYN_DTYPE_I32] = 4,
    [SYN_DTYPE_I64] = 8, [SYN_DTYPE_C64] = 8, [SYN_DTYPE_C128] = 16,
};

void syn_storages_free(struct syn_storages *storages)
{
    syn_zip_close(&storages->zip);
    free(storages->at);
    free(storages->bytes);
    *storages = (struct syn_storages){0};
}

/* ---- the older form ---- */

/* Number of the storage with this key, -1 where no tensor uses it. */
static int number_of(const struct syn_pickle *object, const struct syn_pickle *keys, uint32_t key)
{
    const struct syn_pickle_text text = keys->values[key].text;
    for (uint32_t i = 0; i < object->storage_count; i++) {
        const struct syn_pickle_text other = object->storages[i].key;
        if (other.size == text.size &&
            memcmp(object->bytes + other.at, keys->bytes + text.at, text.size) == 0)
            return (int)i;
    }
    return -1;
}

int syn_storages_locate(struct syn_storages *storages, const struct syn_pickle *object,
                        const struct syn_pickle *keys, struct syn_error *error)
{
    uint64_t at = keys->at;
    uint8_t count[8];
    int status = 0;
    storages->at = calloc(object->storage_count + 1u, sizeof *storages->at);
    if (!storages->at)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a checkpoint");
    if (syn_pickle_kind(keys, keys->root) != SYN_PICKLE_LIST ||
        keys->values[keys->root].list.count > object->storage_count)
        return syn_error_set(error, SYN_ECORRUPT, "the list of its storages is wrong");
    for (uint32_t cell = keys->values[keys->root].list.first; cell && status == 0;
         cell = keys->cells[cell].next) {
        const uint32_t key = keys->cells[cell].value;
        const int i =
            syn_pickle_kind(keys, key) == SYN_PICKLE_TEXT ? number_of(object, keys, key) : -1;
        status = syn_source_read(&storages->source, at, count, sizeof count, error);
        if (status < 0)
            return status;
        if (i < 0 || element_bytes[object->storages[i].dtype] == 0 ||
            syn_source_u64(count) != object->storages[i].count ||
            syn_source_u64(count) > UINT32_MAX)
            return syn_error_set(error, SYN_ECORRUPT, "a storage is not what its tensors expect");
        storages->at[i] = at + sizeof count;
        at += sizeof count + syn_source_u64(count) * element_bytes[object->storages[i].dtype];
    }
    return status;
}

/* ---- bytes of a storage ---- */

static int read_zip(struct syn_storages *s, const struct syn_pickle *object, uint32_t number,
                    size_t wanted, struct syn_error *error)
{
    char name[80];
    size_t size;
    const struct syn_pickle_text key = object->storages[number].key;
    (void)snprintf(name, sizeof name, "data/%.*s", (int)(key.size < 64 ? key.size : 64),
                   (const char *)object->bytes + key.at);
    const struct syn_zip_entry *entry = syn_zip_find(&s->zip, s->prefix, s->prefix_size, name);
    if (!entry || entry->size != wanted)
        return syn_error_set(error, SYN_ECORRUPT, "%s of the archive %s", name,
                             entry ? "is of another size than its tensors expect" : "is missing");
    return syn_zip_read(&s->zip, entry, SYN_CHECKPOINT_STORAGE, &s->bytes, &size, error);
}

static int read_legacy(struct syn_storages *s, uint32_t number, size_t wanted,
                       struct syn_error *error)
{
    if (!s->at[number])
        return syn_error_set(error, SYN_ECORRUPT, "the numbers of a tensor are missing");
    s->bytes = malloc(wanted + 1);
    if (!s->bytes)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for %zu bytes", wanted);
    return syn_source_read(&s->source, s->at[number], s->bytes, wanted, error);
}

static int load(struct syn_storages *s, const struct syn_pickle *object, uint32_t number,
                struct syn_error *error)
{
    const struct syn_pickle_storage *storage = &object->storages[number];
    if (s->last == number + 1)
        return 0;
    const uint64_t size =
        storage->count > UINT32_MAX ? UINT64_MAX : storage->count * element_bytes[storage->dtype];
    if (size > SYN_CHECKPOINT_STORAGE || s->spent + size > SYN_STORAGES_BUDGET)
        return syn_error_set(error, SYN_EINVAL,
                             "a storage of %" PRIu64 " numbers is more than any part holds",
                             storage->count);
    free(s->bytes);
    s->bytes = NULL;
    s->last = 0;
    s->spent += size;
    int status = s->at ? read_legacy(s, number, (size_t)size, error)
                       : read_zip(s, object, number, (size_t)size, error);
    if (status == 0)
        s->last = number + 1;
    return status;
}

/* ---- numbers ---- */

static float half(uint16_t bits)
{
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    const float sign = bits & 0x8000 ? -1.0F : 1.0F;
    if (exponent == 31)
        return mantissa ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexpf((float)(mantissa + 1024), exponent - 25)
                            : ldexpf((float)mantissa, -24));
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float from_long_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return (float)value;
}

static float number_at(const uint8_t *at, enum syn_pickle_dtype dtype)
{
    switch (dtype) {
    case SYN_DTYPE_F32:
        return from_bits(syn_source_u32(at));
    case SYN_DTYPE_F64:
        return from_long_bits(syn_source_u64(at));
    case SYN_DTYPE_F16:
        return half(syn_source_u16(at));
    case SYN_DTYPE_BF16:
        return from_bits((uint32_t)syn_source_u16(at) << 16);
    case SYN_DTYPE_I8:
        return (float)(int8_t)*at;
    case SYN_DTYPE_U8:
        return (float)*at;
    case SYN_DTYPE_I16:
        return (float)(int16_t)syn_source_u16(at);
    case SYN_DTYPE_I32:
        return (float)(int32_t)syn_source_u32(at);
    case SYN_DTYPE_I64:
        return (float)(int64_t)syn_source_u64(at);
    default:
        return NAN;
    }
}

/* Do all elements lie in the storage? Each stride and size is below 2^31: no sum overflows. */
static bool within(const struct syn_checkpoint_tensor *t, uint64_t count)
{
    if (t->offset >= count)
        return false;
    uint64_t last = t->offset;
    for (unsigned d = 0; d < t->dims; d++) {
        last += (uint64_t)(t->shape[d] - 1) * t->stride[d];
        if (last >= count)
            return false;
    }
    return true;
}

static void gather(const struct syn_checkpoint_tensor *t, const uint8_t *bytes,
                   enum syn_pickle_dtype dtype, float *values)
{
    uint32_t index[SYN_TENSOR_DIMS_MAX] = {0};
    uint64_t at = t->offset;
    for (uint32_t i = 0; i < t->count; i++) {
        values[i] = number_at(bytes + at * element_bytes[dtype], dtype);
        for (unsigned d = t->dims; d-- > 0;) {
            at += t->stride[d];
            if (++index[d] < t->shape[d])
                break;
            at -= (uint64_t)t->stride[d] * t->shape[d];
            index[d] = 0;
        }
    }
}

int syn_storages_values(struct syn_storages *storages, const struct syn_pickle *object,
                        const struct syn_checkpoint_tensor *tensor, float *values,
                        struct syn_error *error)
{
    const struct syn_pickle_storage *storage = &object->storages[tensor->storage];
    if (storage->dtype == SYN_DTYPE_UNKNOWN || storage->dtype >= SYN_DTYPE_C64)
        return syn_error_set(error, SYN_EUNSUP, "%s has numbers of a type that is not known",
                             tensor->name);
    if (!within(tensor, storage->count))
        return syn_error_set(error, SYN_ECORRUPT, "%s reaches beyond its storage", tensor->name);
    int status = load(storages, object, tensor->storage, error);
    if (status == 0 && storages->bytes)
        gather(tensor, storages->bytes, storage->dtype, values);
    return status;
}
