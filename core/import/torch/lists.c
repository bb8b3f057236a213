/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tuples, lists, dictionaries, marks and the memo. */
#include "core/import/torch/machine.h"

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
    *from = 0;
    if (p->mark_count == 0)
        return syn_pickle_malformed(p, "a mark is missing");
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
        status = syn_pickle_append(p, list, p->stack[i]);
    p->depth = from;
    return status;
}

static int push_list(struct syn_pickle *p, enum syn_pickle_kind kind, uint32_t from)
{
    const uint32_t list = p->value_count;
    int status = syn_pickle_push(p, (struct syn_pickle_value){.kind = kind});
    if (status < 0)
        return status;
    p->depth--;
    status = move_items(p, list, from);
    return status < 0 ? status : syn_pickle_push_value(p, list);
}

static int push_tuple(struct syn_pickle *p, uint32_t count)
{
    if (p->depth < syn_pickle_floor(p) + count)
        return syn_pickle_malformed(p, "its stack is empty");
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
    return syn_pickle_push(p, (struct syn_pickle_value){.kind = SYN_PICKLE_LIST});
}

static int run_dict(struct syn_pickle *p)
{
    return syn_pickle_push(p, (struct syn_pickle_value){.kind = SYN_PICKLE_DICT});
}

/* Sets and what is built on them: opaque. */
static int run_set(struct syn_pickle *p)
{
    return syn_pickle_push_integer(p, SYN_PICKLE_OPAQUE, 0);
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
    if (from <= syn_pickle_floor(p) || from > p->depth)
        return syn_pickle_malformed(p, "its stack is empty");
    list = p->stack[from - 1];
    const enum syn_pickle_kind is = p->values[list].kind;
    if (is != kind && is != SYN_PICKLE_OPAQUE)
        return syn_pickle_malformed(p, "items for what is no list");
    if (kind == SYN_PICKLE_DICT && (p->depth - from) % 2)
        return syn_pickle_malformed(p, "a key without a value");
    return move_items(p, list, from);
}

static int run_append(struct syn_pickle *p)
{
    return p->depth ? add_items(p, p->depth - 1, SYN_PICKLE_LIST)
                    : syn_pickle_malformed(p, "its stack is empty");
}

static int run_set_item(struct syn_pickle *p)
{
    return p->depth > 1 ? add_items(p, p->depth - 2, SYN_PICKLE_DICT)
                        : syn_pickle_malformed(p, "its stack is empty");
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
    return syn_pickle_pop(p, &value);
}

/* ---- memo ---- */

static int memo_put(struct syn_pickle *p, uint64_t index)
{
    uint32_t value;
    int status = syn_pickle_top(p, &value);
    if (status < 0)
        return status;
    if (index >= SYN_PICKLE_VALUES_MAX)
        return syn_pickle_too_much(p);
    while (status == 0 && index >= p->memo_room)
        status = syn_pickle_reserve(p, &p->memo, p->memo_room, &p->memo_room, sizeof *p->memo);
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
        return syn_pickle_malformed(p, "it recalls what it never stored");
    return syn_pickle_push_value(p, p->memo[index] - 1);
}

static int run_put_1(struct syn_pickle *p)
{
    uint64_t index;
    int status = syn_pickle_take_number(p, 1, &index);
    return status < 0 ? status : memo_put(p, index);
}

static int run_put_4(struct syn_pickle *p)
{
    uint64_t index;
    int status = syn_pickle_take_number(p, 4, &index);
    return status < 0 ? status : memo_put(p, index);
}

static int run_get_1(struct syn_pickle *p)
{
    uint64_t index;
    int status = syn_pickle_take_number(p, 1, &index);
    return status < 0 ? status : memo_get(p, index);
}

static int run_get_4(struct syn_pickle *p)
{
    uint64_t index;
    int status = syn_pickle_take_number(p, 4, &index);
    return status < 0 ? status : memo_get(p, index);
}

static int run_proto(struct syn_pickle *p)
{
    uint64_t protocol;
    int status = syn_pickle_take_number(p, 1, &protocol);
    if (status == 0 && (protocol < 2 || protocol > 5))
        return syn_error_set(p->error, SYN_EUNSUP, "a pickle of protocol %u; torch.save writes 2",
                             (unsigned)protocol);
    return status;
}

/* Frames are for readers that fetch ahead. */
static int run_frame(struct syn_pickle *p)
{
    uint64_t size;
    return syn_pickle_take_number(p, 8, &size);
}

const struct syn_pickle_instruction syn_pickle_list_instructions[] = {
    {0x80, run_proto},     {'(', run_mark},     {'0', run_pop},      {')', run_tuple_0},
    {0x85, run_tuple_1},   {0x86, run_tuple_2}, {0x87, run_tuple_3}, {'t', run_tuple},
    {']', run_list},       {'}', run_dict},     {0x8f, run_set},     {0x91, run_frozen_set},
    {'a', run_append},     {'e', run_appends},  {'s', run_set_item}, {'u', run_set_items},
    {0x90, run_add_items}, {'q', run_put_1},    {'r', run_put_4},    {'h', run_get_1},
    {'j', run_get_4},      {0x94, run_memoize}, {0x95, run_frame},   {0, NULL},
};
