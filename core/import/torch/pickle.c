/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/torch/pickle.h"

#include "core/import/torch/source.h"

#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

static int too_much(struct syn_pickle *p)
{
    return syn_error_set(p->error, SYN_EINVAL,
                         "a pickle of more than %u objects: no checkpoint of a small network",
                         SYN_PICKLE_VALUES_MAX);
}

static int malformed(struct syn_pickle *p, const char *what)
{
    syn_error_set(p->error, SYN_ECORRUPT, "a damaged pickle: %s before byte %zu", what, p->at);
    return SYN_ECORRUPT;
}

/* Room for one more element of `size` bytes in *array. */
static int reserve(struct syn_pickle *p, void *array, uint32_t count, uint32_t *room, size_t size)
{
    void *old, *grown;
    if (count < *room)
        return 0;
    if (count >= 2 * SYN_PICKLE_VALUES_MAX)
        return too_much(p);
    const uint32_t wanted = count < 64 ? 64 : 2 * count;
    memcpy(&old, array, sizeof old);
    grown = realloc(old, wanted * size);
    if (!grown)
        return syn_error_set(p->error, SYN_ENOMEM, "not enough memory for a pickle");
    memset((char *)grown + *room * size, 0, (wanted - *room) * size);
    memcpy(array, &grown, sizeof grown);
    *room = wanted;
    return 0;
}

static int push_number(struct syn_pickle *p, uint32_t value)
{
    int status = reserve(p, &p->stack, p->depth, &p->stack_room, sizeof *p->stack);
    if (status == 0)
        p->stack[p->depth++] = value;
    return status;
}

static int push(struct syn_pickle *p, struct syn_pickle_value value)
{
    if (p->value_count >= SYN_PICKLE_VALUES_MAX)
        return too_much(p);
    int status = reserve(p, &p->values, p->value_count, &p->value_room, sizeof *p->values);
    if (status < 0)
        return status;
    p->values[p->value_count] = value;
    return push_number(p, p->value_count++);
}

static int push_integer(struct syn_pickle *p, enum syn_pickle_kind kind, int64_t integer)
{
    return push(p, (struct syn_pickle_value){.kind = kind, .integer = integer});
}

static uint32_t floor_of(const struct syn_pickle *p)
{
    return p->mark_count ? p->marks[p->mark_count - 1] : 0;
}

/* Items below the last mark belong to an outer list. */
static int pop(struct syn_pickle *p, uint32_t *value)
{
    if (p->depth <= floor_of(p))
        return malformed(p, "its stack is empty");
    *value = p->stack[--p->depth];
    return 0;
}

static int top(struct syn_pickle *p, uint32_t *value)
{
    int status = pop(p, value);
    if (status == 0)
        p->depth++;
    return status;
}

static int append(struct syn_pickle *p, uint32_t list, uint32_t item)
{
    int status = reserve(p, &p->cells, p->cell_count, &p->cell_room, sizeof *p->cells);
    if (status < 0)
        return status;
    struct syn_pickle_list *l = &p->values[list].list;
    const uint32_t cell = p->cell_count++;
    p->cells[cell] = (struct syn_pickle_cell){.value = item};
    if (l->last)
        p->cells[l->last].next = cell;
    else
        l->first = cell;
    l->last = cell;
    l->count++;
    return 0;
}

/* ---- operands in the byte stream ---- */

static int take(struct syn_pickle *p, size_t size, const uint8_t **bytes)
{
    if (size > p->size - p->at)
        return malformed(p, "it ends too early");
    *bytes = p->bytes + p->at;
    p->at += size;
    return 0;
}

/* A little-endian number of 1, 2, 4 or 8 bytes. */
static int take_number(struct syn_pickle *p, unsigned size, uint64_t *number)
{
    const uint8_t *bytes;
    int status = take(p, size, &bytes);
    if (status == 0)
        *number = size == 1   ? bytes[0]
                  : size == 2 ? syn_source_u16(bytes)
                  : size == 4 ? syn_source_u32(bytes)
                              : syn_source_u64(bytes);
    return status;
}

static int take_line(struct syn_pickle *p, struct syn_pickle_text *line)
{
    const uint8_t *from = p->bytes + p->at;
    const uint8_t *end = memchr(from, '\n', p->size - p->at);
    if (!end)
        return malformed(p, "a name has no end");
    *line = (struct syn_pickle_text){.at = (uint32_t)p->at, .size = (uint32_t)(end - from)};
    p->at += (size_t)(end - from) + 1;
    return 0;
}

static bool text_is(const struct syn_pickle *p, struct syn_pickle_text text, const char *word)
{
    return text.size == strlen(word) && memcmp(p->bytes + text.at, word, text.size) == 0;
}

/* ---- names ---- */

enum name {
    NAME_OTHER,
    NAME_DICT,
    NAME_TENSOR,
    NAME_PARAMETER,
    NAME_STORAGE, /* + enum syn_pickle_dtype */
};

static const struct {
    const char *module, *name;
    unsigned what;
} names[] = {
    {"collections", "OrderedDict", NAME_DICT},
    {"torch._utils", "_rebuild_tensor", NAME_TENSOR},
    {"torch._utils", "_rebuild_tensor_v2", NAME_TENSOR},
    {"torch._utils", "_rebuild_parameter", NAME_PARAMETER},
    {"torch._utils", "_rebuild_parameter_with_state", NAME_PARAMETER},
    {"torch", "FloatStorage", NAME_STORAGE + SYN_DTYPE_F32},
    {"torch", "DoubleStorage", NAME_STORAGE + SYN_DTYPE_F64},
    {"torch", "HalfStorage", NAME_STORAGE + SYN_DTYPE_F16},
    {"torch", "BFloat16Storage", NAME_STORAGE + SYN_DTYPE_BF16},
    {"torch", "CharStorage", NAME_STORAGE + SYN_DTYPE_I8},
    {"torch", "ByteStorage", NAME_STORAGE + SYN_DTYPE_U8},
    {"torch", "BoolStorage", NAME_STORAGE + SYN_DTYPE_U8},
    {"torch", "ShortStorage", NAME_STORAGE + SYN_DTYPE_I16},
    {"torch", "IntStorage", NAME_STORAGE + SYN_DTYPE_I32},
    {"torch", "LongStorage", NAME_STORAGE + SYN_DTYPE_I64},
};

static int push_name(struct syn_pickle *p, struct syn_pickle_text module,
                     struct syn_pickle_text name)
{
    unsigned what = NAME_OTHER;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(p, module, names[i].module) && text_is(p, name, names[i].name))
            what = names[i].what;
    return push_integer(p, SYN_PICKLE_NAME, what);
}

static int run_global(struct syn_pickle *p)
{
    struct syn_pickle_text module, name;
    int status = take_line(p, &module);
    if (status == 0)
        status = take_line(p, &name);
    return status < 0 ? status : push_name(p, module, name);
}

static int run_stack_global(struct syn_pickle *p)
{
    uint32_t module, name;
    int status = pop(p, &name);
    if (status == 0)
        status = pop(p, &module);
    if (status < 0)
        return status;
    if (p->values[module].kind != SYN_PICKLE_TEXT || p->values[name].kind != SYN_PICKLE_TEXT)
        return malformed(p, "a name is no text");
    return push_name(p, p->values[module].text, p->values[name].text);
}

/* What a call gives; nothing is called. */
static int run_reduce(struct syn_pickle *p)
{
    uint32_t function, arguments;
    int status = pop(p, &arguments);
    if (status == 0)
        status = pop(p, &function);
    if (status < 0)
        return status;
    const bool known = p->values[function].kind == SYN_PICKLE_NAME &&
                       p->values[arguments].kind == SYN_PICKLE_TUPLE;
    switch (known ? p->values[function].integer : NAME_OTHER) {
    case NAME_DICT:
        return push(p, (struct syn_pickle_value){.kind = SYN_PICKLE_DICT});
    case NAME_TENSOR:
        return push_integer(p, SYN_PICKLE_TENSOR, arguments);
    case NAME_PARAMETER:
        return push_number(p, syn_pickle_item(p, arguments, 0));
    default:
        return push_integer(p, SYN_PICKLE_OPAQUE, 0);
    }
}

/* Takes `count` values away and leaves an opaque one. */
static int make_opaque(struct syn_pickle *p, unsigned count)
{
    uint32_t value;
    int status = 0;
    for (unsigned i = 0; i < count && status == 0; i++)
        status = pop(p, &value);
    return status < 0 ? status : push_integer(p, SYN_PICKLE_OPAQUE, 0);
}

static int run_newobj(struct syn_pickle *p)
{
    return make_opaque(p, 2);
}

static int run_newobj_ex(struct syn_pickle *p)
{
    return make_opaque(p, 3);
}

/* The state of an object: of no interest in those that are known, dropped for the others. */
static int run_build(struct syn_pickle *p)
{
    uint32_t state, object;
    int status = pop(p, &state);
    return status < 0 ? status : top(p, &object);
}

/* ---- storages ---- */

static int find_storage(struct syn_pickle *p, const struct syn_pickle_storage *wanted,
                        uint32_t *number)
{
    p->compared += p->storage_count;
    if (p->compared > SYN_PICKLE_COMPARED_MAX)
        return too_much(p);
    for (uint32_t i = 0; i < p->storage_count; i++) {
        const struct syn_pickle_storage *s = &p->storages[i];
        if (s->key.size == wanted->key.size &&
            memcmp(p->bytes + s->key.at, p->bytes + wanted->key.at, s->key.size) == 0) {
            *number = i;
            return s->dtype == wanted->dtype && s->count == wanted->count
                       ? 0
                       : malformed(p, "two storages have one name");
        }
    }
    if (p->storage_count >= SYN_PICKLE_STORAGES_MAX)
        return too_much(p);
    int status = reserve(p, &p->storages, p->storage_count, &p->storage_room, sizeof *p->storages);
    if (status < 0)
        return status;
    p->storages[p->storage_count] = *wanted;
    *number = p->storage_count++;
    return 0;
}

/* ("storage", type, key, device, elements[, view]) */
static int run_persistent(struct syn_pickle *p)
{
    uint32_t id, number = 0;
    int status = pop(p, &id);
    if (status < 0)
        return status;
    const uint32_t type = syn_pickle_item(p, id, 1), key = syn_pickle_item(p, id, 2);
    const uint32_t count = syn_pickle_item(p, id, 4), view = syn_pickle_item(p, id, 5);
    if (!syn_pickle_is(p, syn_pickle_item(p, id, 0), "storage") ||
        p->values[key].kind != SYN_PICKLE_TEXT || p->values[count].kind != SYN_PICKLE_INTEGER ||
        p->values[count].integer < 0 || p->values[view].kind != SYN_PICKLE_NONE)
        return push_integer(p, SYN_PICKLE_OPAQUE, 0);
    struct syn_pickle_storage storage = {.key = p->values[key].text,
                                         .count = (uint64_t)p->values[count].integer};
    if (p->values[type].kind == SYN_PICKLE_NAME && p->values[type].integer > NAME_STORAGE)
        storage.dtype = (enum syn_pickle_dtype)(p->values[type].integer - NAME_STORAGE);
    status = find_storage(p, &storage, &number);
    return status < 0 ? status : push_integer(p, SYN_PICKLE_STORAGE, number);
}

/* ---- scalars ---- */

static int push_bytes(struct syn_pickle *p, unsigned length_size, enum syn_pickle_kind kind)
{
    uint64_t size;
    const uint8_t *bytes;
    int status = take_number(p, length_size, &size);
    const size_t at = p->at;
    if (status == 0)
        status = size > p->size ? malformed(p, "it ends too early") : take(p, size, &bytes);
    if (status < 0)
        return status;
    const struct syn_pickle_text text = {.at = (uint32_t)at, .size = (uint32_t)size};
    return push(p, (struct syn_pickle_value){.kind = kind, .text = text});
}

static int run_text_1(struct syn_pickle *p)
{
    return push_bytes(p, 1, SYN_PICKLE_TEXT);
}

static int run_text_4(struct syn_pickle *p)
{
    return push_bytes(p, 4, SYN_PICKLE_TEXT);
}

static int run_text_8(struct syn_pickle *p)
{
    return push_bytes(p, 8, SYN_PICKLE_TEXT);
}

static int run_bytes_1(struct syn_pickle *p)
{
    return push_bytes(p, 1, SYN_PICKLE_OPAQUE);
}

static int run_bytes_4(struct syn_pickle *p)
{
    return push_bytes(p, 4, SYN_PICKLE_OPAQUE);
}

static int run_bytes_8(struct syn_pickle *p)
{
    return push_bytes(p, 8, SYN_PICKLE_OPAQUE);
}

static int push_number_of(struct syn_pickle *p, unsigned size)
{
    uint64_t number;
    int status = take_number(p, size, &number);
    return status < 0 ? status
                      : push_integer(p, SYN_PICKLE_INTEGER,
                                     size == 4 ? (int64_t)(int32_t)number : (int64_t)number);
}

static int run_int_1(struct syn_pickle *p)
{
    return push_number_of(p, 1);
}

static int run_int_2(struct syn_pickle *p)
{
    return push_number_of(p, 2);
}

static int run_int_4(struct syn_pickle *p)
{
    return push_number_of(p, 4);
}

/* A two's complement number of any length; beyond 64 bits it is nothing that is needed. */
static int run_long_1(struct syn_pickle *p)
{
    uint64_t size, number = 0;
    const uint8_t *bytes;
    int status = take_number(p, 1, &size);
    if (status == 0)
        status = take(p, size, &bytes);
    if (status < 0)
        return status;
    if (size > 8)
        return push_integer(p, SYN_PICKLE_OPAQUE, 0);
    if (size > 0 && bytes[size - 1] & 0x80)
        number = UINT64_MAX;
    for (uint64_t i = size; i-- > 0;)
        number = number << 8 | bytes[i];
    return push_integer(p, SYN_PICKLE_INTEGER, (int64_t)number);
}

static int run_float(struct syn_pickle *p)
{
    const uint8_t *bytes;
    uint64_t bits = 0;
    struct syn_pickle_value value = {.kind = SYN_PICKLE_FLOAT};
    int status = take(p, 8, &bytes);
    if (status < 0)
        return status;
    for (unsigned i = 0; i < 8; i++)
        bits = bits << 8 | bytes[i];
    memcpy(&value.number, &bits, sizeof bits);
    return push(p, value);
}

static int run_none(struct syn_pickle *p)
{
    return push_number(p, 0);
}

static int run_true(struct syn_pickle *p)
{
    return push_integer(p, SYN_PICKLE_INTEGER, 1);
}

static int run_false(struct syn_pickle *p)
{
    return push_integer(p, SYN_PICKLE_INTEGER, 0);
}

/* ---- tuples, lists, dictionaries ---- */

static int run_mark(struct syn_pickle *p)
{
    if (p->mark_count >= SYN_PICKLE_MARKS_MAX)
        return syn_error_set(p->error, SYN_EINVAL, "a pickle nested more than %u deep",
                             SYN_PICKLE_MARKS_MAX);
    p->marks[p->mark_count++] = p->depth;
    return 0;
}

static int pop_mark(struct syn_pickle *p, uint32_t *from)
{
    if (p->mark_count == 0)
        return malformed(p, "a mark is missing");
    *from = p->marks[--p->mark_count];
    return 0;
}

/* The stack from `from` on becomes the items of `list`; of what is no list, nothing. */
static int move_items(struct syn_pickle *p, uint32_t list, uint32_t from)
{
    const enum syn_pickle_kind kind = p->values[list].kind;
    const bool keeps =
        kind == SYN_PICKLE_TUPLE || kind == SYN_PICKLE_LIST || kind == SYN_PICKLE_DICT;
    int status = 0;
    for (uint32_t i = from; keeps && i < p->depth && status == 0; i++)
        status = append(p, list, p->stack[i]);
    p->depth = from;
    return status;
}

static int push_list(struct syn_pickle *p, enum syn_pickle_kind kind, uint32_t from)
{
    const uint32_t list = p->value_count;
    int status = push(p, (struct syn_pickle_value){.kind = kind});
    if (status < 0)
        return status;
    p->depth--;
    status = move_items(p, list, from);
    return status < 0 ? status : push_number(p, list);
}

static int push_tuple(struct syn_pickle *p, uint32_t count)
{
    if (p->depth < floor_of(p) + count)
        return malformed(p, "its stack is empty");
    return push_list(p, SYN_PICKLE_TUPLE, p->depth - count);
}

static int run_tuple_0(struct syn_pickle *p)
{
    return push_tuple(p, 0);
}

static int run_tuple_1(struct syn_pickle *p)
{
    return push_tuple(p, 1);
}

static int run_tuple_2(struct syn_pickle *p)
{
    return push_tuple(p, 2);
}

static int run_tuple_3(struct syn_pickle *p)
{
    return push_tuple(p, 3);
}

static int run_tuple(struct syn_pickle *p)
{
    uint32_t from;
    int status = pop_mark(p, &from);
    return status < 0 ? status : push_list(p, SYN_PICKLE_TUPLE, from);
}

static int run_list(struct syn_pickle *p)
{
    return push(p, (struct syn_pickle_value){.kind = SYN_PICKLE_LIST});
}

static int run_dict(struct syn_pickle *p)
{
    return push(p, (struct syn_pickle_value){.kind = SYN_PICKLE_DICT});
}

/* Sets and what is built on them: opaque. */
static int run_set(struct syn_pickle *p)
{
    return push_integer(p, SYN_PICKLE_OPAQUE, 0);
}

static int run_frozen_set(struct syn_pickle *p)
{
    uint32_t from;
    int status = pop_mark(p, &from);
    if (status < 0)
        return status;
    p->depth = from;
    return run_set(p);
}

/* The items from `from` on go to the value below them, which must take `kind`. */
static int add_items(struct syn_pickle *p, uint32_t from, enum syn_pickle_kind kind)
{
    uint32_t list;
    if (from <= floor_of(p) || from > p->depth)
        return malformed(p, "its stack is empty");
    list = p->stack[from - 1];
    const enum syn_pickle_kind is = p->values[list].kind;
    if (is != kind && is != SYN_PICKLE_OPAQUE)
        return malformed(p, "items for what is no list");
    if (kind == SYN_PICKLE_DICT && (p->depth - from) % 2)
        return malformed(p, "a key without a value");
    return move_items(p, list, from);
}

static int run_append(struct syn_pickle *p)
{
    return p->depth ? add_items(p, p->depth - 1, SYN_PICKLE_LIST)
                    : malformed(p, "its stack is empty");
}

static int run_set_item(struct syn_pickle *p)
{
    return p->depth > 1 ? add_items(p, p->depth - 2, SYN_PICKLE_DICT)
                        : malformed(p, "its stack is empty");
}

static int run_appends(struct syn_pickle *p)
{
    uint32_t from;
    int status = pop_mark(p, &from);
    return status < 0 ? status : add_items(p, from, SYN_PICKLE_LIST);
}

static int run_set_items(struct syn_pickle *p)
{
    uint32_t from;
    int status = pop_mark(p, &from);
    return status < 0 ? status : add_items(p, from, SYN_PICKLE_DICT);
}

static int run_add_items(struct syn_pickle *p)
{
    uint32_t from;
    int status = pop_mark(p, &from);
    return status < 0 ? status : add_items(p, from, SYN_PICKLE_OPAQUE);
}

static int run_pop(struct syn_pickle *p)
{
    uint32_t value;
    return pop(p, &value);
}

/* ---- memo ---- */

static int memo_put(struct syn_pickle *p, uint64_t index)
{
    uint32_t value;
    int status = top(p, &value);
    if (status < 0)
        return status;
    if (index >= SYN_PICKLE_VALUES_MAX)
        return too_much(p);
    while (status == 0 && index >= p->memo_room)
        status = reserve(p, &p->memo, p->memo_room, &p->memo_room, sizeof *p->memo);
    if (status < 0)
        return status;
    p->memo_count += p->memo[index] == 0;
    p->memo[index] = value + 1;
    return 0;
}

static int run_memoize(struct syn_pickle *p)
{
    return memo_put(p, p->memo_count);
}

static int memo_get(struct syn_pickle *p, uint64_t index)
{
    if (index >= p->memo_room || p->memo[index] == 0)
        return malformed(p, "it recalls what it never stored");
    return push_number(p, p->memo[index] - 1);
}

static int run_put_1(struct syn_pickle *p)
{
    uint64_t index;
    int status = take_number(p, 1, &index);
    return status < 0 ? status : memo_put(p, index);
}

static int run_put_4(struct syn_pickle *p)
{
    uint64_t index;
    int status = take_number(p, 4, &index);
    return status < 0 ? status : memo_put(p, index);
}

static int run_get_1(struct syn_pickle *p)
{
    uint64_t index;
    int status = take_number(p, 1, &index);
    return status < 0 ? status : memo_get(p, index);
}

static int run_get_4(struct syn_pickle *p)
{
    uint64_t index;
    int status = take_number(p, 4, &index);
    return status < 0 ? status : memo_get(p, index);
}

static int run_proto(struct syn_pickle *p)
{
    uint64_t protocol;
    int status = take_number(p, 1, &protocol);
    if (status == 0 && (protocol < 2 || protocol > 5))
        return syn_error_set(p->error, SYN_EUNSUP, "a pickle of protocol %u; torch.save writes 2",
                             (unsigned)protocol);
    return status;
}

/* Frames are for readers that fetch ahead. */
static int run_frame(struct syn_pickle *p)
{
    uint64_t size;
    return take_number(p, 8, &size);
}

/* ---- the machine ---- */

static int (*const instructions[256])(struct syn_pickle *p) = {
    [0x80] = run_proto,      ['('] = run_mark,       ['0'] = run_pop,
    ['N'] = run_none,        [0x88] = run_true,      [0x89] = run_false,
    ['K'] = run_int_1,       ['M'] = run_int_2,      ['J'] = run_int_4,
    [0x8a] = run_long_1,     ['G'] = run_float,      ['X'] = run_text_4,
    [0x8c] = run_text_1,     [0x8d] = run_text_8,    ['T'] = run_text_4,
    ['U'] = run_text_1,      ['B'] = run_bytes_4,    ['C'] = run_bytes_1,
    [0x8e] = run_bytes_8,    [')'] = run_tuple_0,    [0x85] = run_tuple_1,
    [0x86] = run_tuple_2,    [0x87] = run_tuple_3,   ['t'] = run_tuple,
    [']'] = run_list,        ['}'] = run_dict,       [0x8f] = run_set,
    [0x91] = run_frozen_set, ['a'] = run_append,     ['e'] = run_appends,
    ['s'] = run_set_item,    ['u'] = run_set_items,  [0x90] = run_add_items,
    ['q'] = run_put_1,       ['r'] = run_put_4,      ['h'] = run_get_1,
    ['j'] = run_get_4,       ['c'] = run_global,     [0x93] = run_stack_global,
    ['R'] = run_reduce,      [0x81] = run_newobj,    [0x92] = run_newobj_ex,
    ['b'] = run_build,       ['Q'] = run_persistent, [0x94] = run_memoize,
    [0x95] = run_frame,
};

static int run(struct syn_pickle *p)
{
    const uint8_t *instruction;
    for (;;) {
        int status = take(p, 1, &instruction);
        if (status < 0)
            return status;
        if (*instruction == '.')
            return pop(p, &p->root);
        if (!instructions[*instruction])
            return syn_error_set(p->error, SYN_EUNSUP,
                                 "a pickle with instruction 0x%02x at byte %zu, which torch.save "
                                 "does not write",
                                 *instruction, p->at - 1);
        status = instructions[*instruction](p);
        if (status < 0)
            return status;
    }
}

int syn_pickle_load(struct syn_pickle *pickle, const uint8_t *bytes, size_t size, size_t at,
                    struct syn_error *error)
{
    *pickle = (struct syn_pickle){.bytes = bytes, .size = size, .at = at, .error = error};
    pickle->cell_count = 1; /* 0 means none */
    int status = size > UINT32_MAX || at > size
                     ? syn_error_set(error, SYN_EINVAL, "a pickle of %zu bytes", size)
                     : push_integer(pickle, SYN_PICKLE_NONE, 0);
    if (status == 0) {
        pickle->depth = 0;
        status = run(pickle);
    }
    pickle->error = NULL;
    return status;
}

void syn_pickle_free(struct syn_pickle *pickle)
{
    free(pickle->values);
    free(pickle->cells);
    free(pickle->stack);
    free(pickle->memo);
    free(pickle->storages);
    *pickle = (struct syn_pickle){0};
}

/* ---- what it built ---- */

enum syn_pickle_kind syn_pickle_kind(const struct syn_pickle *pickle, uint32_t value)
{
    return pickle->values[value].kind;
}

uint32_t syn_pickle_item(const struct syn_pickle *pickle, uint32_t list, unsigned index)
{
    const struct syn_pickle_value *v = &pickle->values[list];
    if (v->kind != SYN_PICKLE_TUPLE && v->kind != SYN_PICKLE_LIST)
        return 0;
    uint32_t cell = v->list.first;
    while (cell && index-- > 0)
        cell = pickle->cells[cell].next;
    return cell ? pickle->cells[cell].value : 0;
}

bool syn_pickle_is(const struct syn_pickle *pickle, uint32_t value, const char *text)
{
    const struct syn_pickle_value *v = &pickle->values[value];
    return v->kind == SYN_PICKLE_TEXT && text_is(pickle, v->text, text);
}

uint32_t syn_pickle_get(const struct syn_pickle *pickle, uint32_t dict, const char *key)
{
    uint32_t found = 0;
    const struct syn_pickle_value *v = &pickle->values[dict];
    if (v->kind != SYN_PICKLE_DICT)
        return 0;
    for (uint32_t cell = v->list.first; cell; cell = pickle->cells[pickle->cells[cell].next].next)
        if (syn_pickle_is(pickle, pickle->cells[cell].value, key))
            found = pickle->cells[pickle->cells[cell].next].value;
    return found;
}
