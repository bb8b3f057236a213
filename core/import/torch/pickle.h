/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pickle as data. Python's pickle is a program for a small machine; this one knows the
 * instructions that torch.save writes, and no instruction does anything but build a tree: a class
 * or function is a name, and calling it gives one of the few values known here (an ordered
 * dictionary, a tensor, a parameter) or an opaque value. Objects, stack, marks and memo are
 * bounded.
 *
 * Values are numbers below `value_count`; 0 is None. Text points into the bytes that were given,
 * which must live as long as the pickle.
 */
#ifndef SYN_CORE_IMPORT_TORCH_PICKLE_H
#define SYN_CORE_IMPORT_TORCH_PICKLE_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_PICKLE_VALUES_MAX   (1u << 20)
#define SYN_PICKLE_MARKS_MAX    1024u
#define SYN_PICKLE_STORAGES_MAX (1u << 14)
#define SYN_PICKLE_COMPARED_MAX (1u << 26) /* names of storages */

enum syn_pickle_kind {
    SYN_PICKLE_NONE,
    SYN_PICKLE_INTEGER, /* also True and False */
    SYN_PICKLE_FLOAT,
    SYN_PICKLE_TEXT,
    SYN_PICKLE_TUPLE,
    SYN_PICKLE_LIST,
    SYN_PICKLE_DICT,    /* items: key, value, key, value ... */
    SYN_PICKLE_NAME,    /* of a class or function; integer: which of the few known ones, or 0 */
    SYN_PICKLE_STORAGE, /* integer: number of a storage */
    SYN_PICKLE_TENSOR,  /* integer: the tuple of storage, offset, size, stride ... */
    SYN_PICKLE_OPAQUE,  /* whatever else; nothing was done */
};

enum syn_pickle_dtype {
    SYN_DTYPE_UNKNOWN,
    SYN_DTYPE_F32,
    SYN_DTYPE_F64,
    SYN_DTYPE_F16,
    SYN_DTYPE_BF16,
    SYN_DTYPE_I8,
    SYN_DTYPE_U8,
    SYN_DTYPE_I16,
    SYN_DTYPE_I32,
    SYN_DTYPE_I64,
    SYN_DTYPE_C64, /* from here on: of known size, not read */
    SYN_DTYPE_C128,
    SYN_DTYPE_COUNT
};

struct syn_pickle_text {
    uint32_t at, size;
};

struct syn_pickle_list {
    uint32_t first, last, count; /* cells; 0 = none */
};

struct syn_pickle_value {
    enum syn_pickle_kind kind;
    union {
        int64_t integer;
        double number;
        struct syn_pickle_text text;
        struct syn_pickle_list list;
    };
};

struct syn_pickle_cell {
    uint32_t value, next;
};

/* Numbers that tensors look into; where they lie, the checkpoint knows. */
struct syn_pickle_storage {
    struct syn_pickle_text key;
    enum syn_pickle_dtype dtype;
    uint64_t count; /* elements */
};

struct syn_pickle {
    const uint8_t *bytes;
    size_t size;
    size_t at; /* behind the last instruction that was read */
    struct syn_pickle_value *values;
    struct syn_pickle_cell *cells;
    uint32_t *stack, *memo;
    struct syn_pickle_storage *storages;
    uint32_t value_count, value_room, cell_count, cell_room;
    uint32_t depth, stack_room, memo_count, memo_room, storage_count, storage_room;
    uint32_t marks[SYN_PICKLE_MARKS_MAX];
    unsigned mark_count;
    uint32_t root, compared;
    struct syn_error *error; /* while it runs */
};

/*
 * Runs the pickle that begins at bytes[at] to its end. Returns 0, SYN_ECORRUPT, SYN_EUNSUP (an
 * instruction that torch.save does not write), SYN_EINVAL (beyond a bound), SYN_ENOMEM. The caller
 * ends with syn_pickle_free(), always.
 */
int syn_pickle_load(struct syn_pickle *pickle, const uint8_t *bytes, size_t size, size_t at,
                    struct syn_error *error);
void syn_pickle_free(struct syn_pickle *pickle);

/* Item `index` of a tuple or list, 0 (None) beyond its end and for what is neither. */
uint32_t syn_pickle_item(const struct syn_pickle *pickle, uint32_t list, unsigned index);

/* The value of a text key in a dictionary, 0 where there is none. */
uint32_t syn_pickle_get(const struct syn_pickle *pickle, uint32_t dict, const char *key);

enum syn_pickle_kind syn_pickle_kind(const struct syn_pickle *pickle, uint32_t value);

/* Is it this text? */
bool syn_pickle_is(const struct syn_pickle *pickle, uint32_t value, const char *text);

#endif
