/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers and text. */
#include "core/import/torch/machine.h"

#include <string.h>

static int push_bytes(struct syn_pickle *p, unsigned length_size, enum syn_pickle_kind kind)
{
    uint64_t size;
    const uint8_t *bytes;
    int status = syn_pickle_take_number(p, length_size, &size);
    const size_t at = p->at;
    if (status == 0)
        status = size > p->size ? syn_pickle_malformed(p, "it ends too early")
                                : syn_pickle_take(p, size, &bytes);
    if (status < 0)
        return status;
    const struct syn_pickle_text text = {.at = (uint32_t)at, .size = (uint32_t)size};
    return syn_pickle_push(p, (struct syn_pickle_value){.kind = kind, .text = text});
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
    int status = syn_pickle_take_number(p, size, &number);
    return status < 0
               ? status
               : syn_pickle_push_integer(p, SYN_PICKLE_INTEGER,
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
    int status = syn_pickle_take_number(p, 1, &size);
    if (status == 0)
        status = syn_pickle_take(p, size, &bytes);
    if (status != 0)
        return status;
    if (size > 8)
        return syn_pickle_push_integer(p, SYN_PICKLE_OPAQUE, 0);
    if (size > 0 && bytes[size - 1] & 0x80)
        number = UINT64_MAX;
    for (uint64_t i = size; i-- > 0;)
        number = number << 8 | bytes[i];
    return syn_pickle_push_integer(p, SYN_PICKLE_INTEGER, (int64_t)number);
}

static int run_float(struct syn_pickle *p)
{
    const uint8_t *bytes;
    uint64_t bits = 0;
    struct syn_pickle_value value = {.kind = SYN_PICKLE_FLOAT};
    int status = syn_pickle_take(p, 8, &bytes);
    if (status < 0)
        return status;
    for (unsigned i = 0; i < 8; i++)
        bits = bits << 8 | bytes[i];
    memcpy(&value.number, &bits, sizeof bits);
    return syn_pickle_push(p, value);
}

static int run_none(struct syn_pickle *p)
{
    return syn_pickle_push_value(p, 0);
}

static int run_true(struct syn_pickle *p)
{
    return syn_pickle_push_integer(p, SYN_PICKLE_INTEGER, 1);
}

static int run_false(struct syn_pickle *p)
{
    return syn_pickle_push_integer(p, SYN_PICKLE_INTEGER, 0);
}

const struct syn_pickle_instruction syn_pickle_scalar_instructions[] = {
    {'N', run_none},   {0x88, run_true},   {0x89, run_false},  {'K', run_int_1},
    {'M', run_int_2},  {'J', run_int_4},   {0x8a, run_long_1}, {'G', run_float},
    {'X', run_text_4}, {0x8c, run_text_1}, {0x8d, run_text_8}, {'T', run_text_4},
    {'U', run_text_1}, {'B', run_bytes_4}, {'C', run_bytes_1}, {0x8e, run_bytes_8},
    {0, NULL},
};
