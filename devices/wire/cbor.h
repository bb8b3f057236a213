/* SPDX-License-Identifier: MIT */
/*
 * CBOR (RFC 8949) as SMP needs it: maps, arrays, text, bytes, integers, booleans, null.
 *
 * Both directions work on a buffer of the caller and have a sticky error: after the first failure
 * every further call does nothing (a getter gives 0 or an empty span), so a caller checks once, at
 * the end. Nothing is copied: spans point into the buffer that is read. Errors: SYN_ENOMEM when the
 * output is full; SYN_EPROTO when the input is not what was asked for, is cut short or nests deeper
 * than SYN_CBOR_DEPTH.
 *
 * Maps and arrays may have a definite or an indefinite length. Text and bytes of indefinite length
 * (in pieces) can be skipped but not read; no SMP peer sends them. Floats and tags can be skipped.
 */
#ifndef SYN_DEVICES_WIRE_CBOR_H
#define SYN_DEVICES_WIRE_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/base/error.h"

#define SYN_CBOR_DEPTH 8 /* containers inside each other that skipping follows */

/* Bytes that belong to someone else. */
struct syn_span {
    const uint8_t *data;
    size_t size;
};

/* True when the span holds exactly the text `s`. */
bool syn_span_is(struct syn_span span, const char *s);
/* Copies as C string into `to`, cut to `size` - 1 bytes. */
void syn_span_text(struct syn_span span, char *to, size_t size);

/* ---- writing ---- */

struct syn_cbor_out {
    uint8_t *data;
    size_t size;
    size_t length; /* bytes written so far, whole items only */
    int error;     /* 0, or SYN_ENOMEM once an item did not fit */
};

void syn_cbor_out_init(struct syn_cbor_out *w, void *data, size_t size);

void syn_cbor_put_uint(struct syn_cbor_out *w, uint64_t v);
void syn_cbor_put_int(struct syn_cbor_out *w, int64_t v);
void syn_cbor_put_bool(struct syn_cbor_out *w, bool v);
void syn_cbor_put_null(struct syn_cbor_out *w);
void syn_cbor_put_text(struct syn_cbor_out *w, const char *s);
void syn_cbor_put_text_n(struct syn_cbor_out *w, const char *s, size_t size);
void syn_cbor_put_bytes(struct syn_cbor_out *w, const void *data, size_t size);

/* Containers of known length: `count` pairs or items must follow. */
void syn_cbor_put_map(struct syn_cbor_out *w, size_t count);
void syn_cbor_put_array(struct syn_cbor_out *w, size_t count);
/* Containers that end with syn_cbor_close. */
void syn_cbor_open_map(struct syn_cbor_out *w);
void syn_cbor_open_array(struct syn_cbor_out *w);
void syn_cbor_close(struct syn_cbor_out *w);

/* A key and its value. */
void syn_cbor_pair_uint(struct syn_cbor_out *w, const char *key, uint64_t v);
void syn_cbor_pair_int(struct syn_cbor_out *w, const char *key, int64_t v);
void syn_cbor_pair_bool(struct syn_cbor_out *w, const char *key, bool v);
void syn_cbor_pair_text(struct syn_cbor_out *w, const char *key, const char *s);
void syn_cbor_pair_bytes(struct syn_cbor_out *w, const char *key, const void *data, size_t size);

/* ---- reading ---- */

enum syn_cbor_type {
    SYN_CBOR_UINT,
    SYN_CBOR_NEGINT,
    SYN_CBOR_BYTES,
    SYN_CBOR_TEXT,
    SYN_CBOR_ARRAY,
    SYN_CBOR_MAP,
    SYN_CBOR_TAG,
    SYN_CBOR_BOOL,
    SYN_CBOR_NULL,
    SYN_CBOR_OTHER, /* floats, undefined, other simple values */
    SYN_CBOR_BREAK, /* end of an indefinite container */
    SYN_CBOR_END,   /* no bytes left, or an error before */
};

struct syn_cbor_in {
    const uint8_t *data;
    size_t size;
    size_t at;
    int error; /* 0 or SYN_EPROTO */
};

/* What is left of a container that is being read. */
struct syn_cbor_scope {
    uint64_t left;   /* items (of a map: pairs); unused when indefinite */
    bool indefinite; /* ends with a break */
};

void syn_cbor_in_init(struct syn_cbor_in *r, const void *data, size_t size);

/* Type of the next item; nothing is consumed. */
enum syn_cbor_type syn_cbor_peek(const struct syn_cbor_in *r);

uint64_t syn_cbor_get_uint(struct syn_cbor_in *r);
int64_t syn_cbor_get_int(struct syn_cbor_in *r); /* both signs; must fit */
bool syn_cbor_get_bool(struct syn_cbor_in *r);
struct syn_span syn_cbor_get_text(struct syn_cbor_in *r);
struct syn_span syn_cbor_get_bytes(struct syn_cbor_in *r);
/* Skips one item of any type, nested ones included; returns its encoding. */
struct syn_span syn_cbor_skip(struct syn_cbor_in *r);

struct syn_cbor_scope syn_cbor_get_map(struct syn_cbor_in *r);
struct syn_cbor_scope syn_cbor_get_array(struct syn_cbor_in *r);
/* True while an item (of an array) follows; false at the end, which is consumed, and on error. */
bool syn_cbor_next(struct syn_cbor_in *r, struct syn_cbor_scope *scope);
/* The same for a map: reads the key too. Pairs whose key is not text are skipped. The caller reads
 * or skips the value. */
bool syn_cbor_next_key(struct syn_cbor_in *r, struct syn_cbor_scope *scope, struct syn_span *key);

/* ---- maps as tables ---- */

enum syn_cbor_kind {
    SYN_KEY_U8,    /* uint8_t; a number out of range is an error, for all of these */
    SYN_KEY_U16,   /* uint16_t */
    SYN_KEY_U32,   /* uint32_t */
    SYN_KEY_U64,   /* uint64_t */
    SYN_KEY_I32,   /* int32_t */
    SYN_KEY_I64,   /* int64_t */
    SYN_KEY_BOOL,  /* bool */
    SYN_KEY_STR,   /* char[size], cut and terminated */
    SYN_KEY_HASH,  /* uint8_t[size]; exactly that many bytes */
    SYN_KEY_TEXT,  /* struct syn_span of the text */
    SYN_KEY_BYTES, /* struct syn_span of the bytes; null gives an empty one */
    SYN_KEY_ITEM,  /* struct syn_span of the encoded item, to read with a reader of its own */
    SYN_KEY_U16S,  /* uint16_t[size]; further items are ignored, missing ones left alone */
    SYN_KEY_U32S,  /* uint32_t[size], the same */
    SYN_KEY_U64S,  /* uint64_t[size], the same */
};

struct syn_cbor_field {
    const char *key;
    enum syn_cbor_kind kind;
    uint16_t offset; /* of the member in the structure */
    uint16_t size;   /* bytes (STR, HASH) or elements (arrays) */
};

/* Rows of a table of fields. */
#define SYN_FIELD(kind_, type, member, key_)                                                       \
    {                                                                                              \
        .key = (key_), .kind = (kind_), .offset = (uint16_t)offsetof(type, member),                \
        .size = (uint16_t)sizeof(((type *)0)->member)                                              \
    }
#define SYN_FIELD_ARRAY(kind_, type, member, key_)                                                 \
    {                                                                                              \
        .key = (key_), .kind = (kind_), .offset = (uint16_t)offsetof(type, member),                \
        .size = (uint16_t)(sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]))           \
    }

/*
 * Reads a map into the structure at `out` by a table of at most 32 rows. Members whose key is
 * absent keep their value; unknown keys are skipped. Returns 0 or SYN_EPROTO; `seen` (may be NULL)
 * gets bit i for row i. An empty input counts as an empty map: SMP allows an empty payload.
 */
int syn_cbor_get_fields(struct syn_cbor_in *r, const struct syn_cbor_field *fields, size_t count,
                        void *out, uint32_t *seen);

#endif
