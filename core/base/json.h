/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Strict reading of JSON files into C structures, with errors a person can act on:
 * `model.json:12:9: layers[3].kernel: a pair of whole numbers is expected`.
 *
 * A document is read whole (bounded), checked against RFC 8259, and its objects are then read by
 * tables of fields: types, ranges and choices are checked there, unknown and duplicate fields are
 * refused. A document is immutable; nodes belong to it and die with it. Line and column are
 * searched for only when an error is made.
 */
#ifndef SYN_CORE_BASE_JSON_H
#define SYN_CORE_BASE_JSON_H

#include "core/base/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_JSON_FILE_MAX    (4u << 20)
#define SYN_JSON_MEMBERS_MAX 256                /* fields of one object */
#define SYN_JSON_INT_MAX     9007199254740992.0 /* whole numbers are exact up to 2^53 */

struct syn_json;

/* Parses `size` bytes; `path` is for messages. SYN_EINVAL with its place on a syntax error. */
int syn_json_parse(struct syn_json **doc, const char *text, size_t size, const char *path,
                   struct syn_error *error);

/* Reads and parses a file of at most SYN_JSON_FILE_MAX bytes. */
int syn_json_read(struct syn_json **doc, const char *path, struct syn_error *error);

void syn_json_free(struct syn_json *doc); /* NULL is fine */

const cJSON *syn_json_root(const struct syn_json *doc);

/* Member by exact name, or NULL. */
const cJSON *syn_json_get(const cJSON *object, const char *name);

/* Sets *error to "path.of[2].node: text" at the node's place; returns `code`. */
int syn_json_error(const struct syn_json *doc, const cJSON *node, int code, struct syn_error *error,
                   const char *fmt, ...) SYN_PRINTF(5, 6);

enum syn_json_type {
    SYN_JSON_IGNORED, /* allowed, not stored */
    SYN_JSON_STRING,  /* char[size], at most size - 1 bytes, no control characters */
    SYN_JSON_NAME,    /* the same, letters, digits and . _ - + / only, not empty */
    SYN_JSON_TEXT,    /* char *, malloc'ed; the caller frees it, also after an error */
    SYN_JSON_BOOL,    /* bool */
    SYN_JSON_INT,     /* integer of `size` bytes, min..max; signed where min < 0 */
    SYN_JSON_DOUBLE,  /* double, min..max */
    SYN_JSON_ENUM,    /* index into `names`, integer of `size` bytes */
    SYN_JSON_HEX64,   /* uint64_t written "0x..." */
    SYN_JSON_NODE,    /* const cJSON *, for the caller to look at */
    SYN_JSON_CUSTOM   /* read(doc, value, member, error) */
};

struct syn_json_field {
    const char *name;
    enum syn_json_type type;
    bool required;
    size_t offset, size; /* of the member, see SYN_JSON_AT */
    double min, max;
    const char *const *names; /* NULL at the end */
    int (*read)(const struct syn_json *doc, const cJSON *value, void *member,
                struct syn_error *error);
};

/* A member that is a pointer has a pointer's size: NOLINTNEXTLINE(bugprone-sizeof-expression) */
#define SYN_JSON_SIZE(type, member) sizeof(((type *)0)->member)
#define SYN_JSON_AT(type, member)                                                                  \
    .offset = offsetof(type, member), .size = SYN_JSON_SIZE(type, member)
#define SYN_JSON_COUNT(fields) (sizeof(fields) / sizeof *(fields))

/*
 * Reads `object` into `out` by the table; members whose field is absent keep what they hold, so
 * that defaults are set before. SYN_EINVAL with place and, for an unknown field, a suggestion.
 */
int syn_json_fill(const struct syn_json *doc, const cJSON *object,
                  const struct syn_json_field *fields, size_t count, void *out,
                  struct syn_error *error);

/* Reads one value as `field` says into `member`; name, required and offset do not count. */
int syn_json_value(const struct syn_json *doc, const cJSON *node,
                   const struct syn_json_field *field, void *member, struct syn_error *error);

/* The whole number of `node` within min..max. */
int syn_json_int(const struct syn_json *doc, const cJSON *node, double min, double max,
                 int64_t *value, struct syn_error *error);

/* Refuses a node that is no array, or has not min..max elements. */
int syn_json_array(const struct syn_json *doc, const cJSON *node, int min, int max,
                   struct syn_error *error);

#endif
