/* SPDX-License-Identifier: MIT */
/* Maps read by a table of their keys. */
#include "devices/wire/cbor.h"

#include <string.h>

static uint64_t get_bounded(struct syn_cbor_in *r, uint64_t max)
{
    uint64_t v = syn_cbor_get_uint(r);
    if (v > max) {
        r->error = SYN_EPROTO;
        v = 0;
    }
    return v;
}

static void get_i32(struct syn_cbor_in *r, void *to)
{
    int64_t v = syn_cbor_get_int(r);
    if (v < INT32_MIN || v > INT32_MAX)
        r->error = SYN_EPROTO;
    else
        *(int32_t *)to = (int32_t)v;
}

static void get_hash(struct syn_cbor_in *r, void *to, size_t size)
{
    struct syn_span span = syn_cbor_get_bytes(r);
    if (span.size != size)
        r->error = SYN_EPROTO;
    else
        memcpy(to, span.data, size);
}

static void get_bytes_or_null(struct syn_cbor_in *r, struct syn_span *to)
{
    *to = (struct syn_span){0};
    if (syn_cbor_peek(r) == SYN_CBOR_NULL)
        (void)syn_cbor_skip(r);
    else
        *to = syn_cbor_get_bytes(r);
}

static void get_array(struct syn_cbor_in *r, const struct syn_cbor_field *f, void *to)
{
    struct syn_cbor_scope scope = syn_cbor_get_array(r);
    for (size_t i = 0; syn_cbor_next(r, &scope); i++) {
        if (i >= f->size)
            (void)syn_cbor_skip(r);
        else if (f->kind == SYN_KEY_U16S)
            ((uint16_t *)to)[i] = (uint16_t)get_bounded(r, UINT16_MAX);
        else if (f->kind == SYN_KEY_U32S)
            ((uint32_t *)to)[i] = (uint32_t)get_bounded(r, UINT32_MAX);
        else
            ((uint64_t *)to)[i] = syn_cbor_get_uint(r);
    }
}

static void get_value(struct syn_cbor_in *r, const struct syn_cbor_field *f, void *to)
{
    switch (f->kind) {
    case SYN_KEY_U8:
        *(uint8_t *)to = (uint8_t)get_bounded(r, UINT8_MAX);
        break;
    case SYN_KEY_U16:
        *(uint16_t *)to = (uint16_t)get_bounded(r, UINT16_MAX);
        break;
    case SYN_KEY_U32:
        *(uint32_t *)to = (uint32_t)get_bounded(r, UINT32_MAX);
        break;
    case SYN_KEY_U64:
        *(uint64_t *)to = syn_cbor_get_uint(r);
        break;
    case SYN_KEY_I32:
        get_i32(r, to);
        break;
    case SYN_KEY_I64:
        *(int64_t *)to = syn_cbor_get_int(r);
        break;
    case SYN_KEY_BOOL:
        *(bool *)to = syn_cbor_get_bool(r);
        break;
    case SYN_KEY_STR:
        syn_span_text(syn_cbor_get_text(r), to, f->size);
        break;
    case SYN_KEY_HASH:
        get_hash(r, to, f->size);
        break;
    case SYN_KEY_TEXT:
        *(struct syn_span *)to = syn_cbor_get_text(r);
        break;
    case SYN_KEY_BYTES:
        get_bytes_or_null(r, to);
        break;
    case SYN_KEY_ITEM:
        *(struct syn_span *)to = syn_cbor_skip(r);
        break;
    case SYN_KEY_U16S:
    case SYN_KEY_U32S:
    case SYN_KEY_U64S:
        get_array(r, f, to);
        break;
    }
}

static size_t find(const struct syn_cbor_field *fields, size_t count, struct syn_span key)
{
    size_t i = 0;
    while (i < count && !syn_span_is(key, fields[i].key))
        i++;
    return i;
}

int syn_cbor_get_fields(struct syn_cbor_in *r, const struct syn_cbor_field *fields, size_t count,
                        void *out, uint32_t *seen)
{
    uint32_t mask = 0;
    if (r->size > r->at || r->error) {
        struct syn_span key;
        struct syn_cbor_scope scope = syn_cbor_get_map(r);
        while (syn_cbor_next_key(r, &scope, &key)) {
            size_t i = find(fields, count, key);
            if (i == count) {
                (void)syn_cbor_skip(r);
                continue;
            }
            get_value(r, &fields[i], (uint8_t *)out + fields[i].offset);
            mask |= UINT32_C(1) << i;
        }
    }
    if (seen)
        *seen = mask;
    return r->error;
}
