/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/torch/pickle.h"

#include "core/import/torch/machine.h"
#include "core/import/torch/source.h"

#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

int syn_pickle_too_much(struct syn_pickle *p)
{
    return syn_error_set(p->error, SYN_EINVAL,
                         "a pickle of more than %u objects: no checkpoint of a small network",
                         SYN_PICKLE_VALUES_MAX);
}

int syn_pickle_malformed(struct syn_pickle *p, const char *what)
{
    syn_error_set(p->error, SYN_ECORRUPT, "a damaged pickle: %s before byte %zu", what, p->at);
    return SYN_ECORRUPT;
}

/* Room for one more element of `size` bytes in *array. */
int syn_pickle_reserve(struct syn_pickle *p, void *array, uint32_t count, uint32_t *room,
                       size_t size)
{
    void *old, *grown;
    if (count < *room)
        return 0;
    if (count >= 2 * SYN_PICKLE_VALUES_MAX)
        return syn_pickle_too_much(p);
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

int syn_pickle_push_value(struct syn_pickle *p, uint32_t value)
{
    int status = syn_pickle_reserve(p, &p->stack, p->depth, &p->stack_room, sizeof *p->stack);
    if (status == 0)
        p->stack[p->depth++] = value;
    return status;
}

int syn_pickle_push(struct syn_pickle *p, struct syn_pickle_value value)
{
    if (p->value_count >= SYN_PICKLE_VALUES_MAX)
        return syn_pickle_too_much(p);
    int status =
        syn_pickle_reserve(p, &p->values, p->value_count, &p->value_room, sizeof *p->values);
    if (status < 0)
        return status;
    p->values[p->value_count] = value;
    return syn_pickle_push_value(p, p->value_count++);
}

int syn_pickle_push_integer(struct syn_pickle *p, enum syn_pickle_kind kind, int64_t integer)
{
    return syn_pickle_push(p, (struct syn_pickle_value){.kind = kind, .integer = integer});
}

uint32_t syn_pickle_floor(const struct syn_pickle *p)
{
    return p->mark_count ? p->marks[p->mark_count - 1] : 0;
}

/* Items below the last mark belong to an outer list. */
int syn_pickle_pop(struct syn_pickle *p, uint32_t *value)
{
    if (p->depth <= syn_pickle_floor(p))
        return syn_pickle_malformed(p, "its stack is empty");
    *value = p->stack[--p->depth];
    return 0;
}

int syn_pickle_top(struct syn_pickle *p, uint32_t *value)
{
    int status = syn_pickle_pop(p, value);
    if (status == 0)
        p->depth++;
    return status;
}

int syn_pickle_append(struct syn_pickle *p, uint32_t list, uint32_t item)
{
    int status = syn_pickle_reserve(p, &p->cells, p->cell_count, &p->cell_room, sizeof *p->cells);
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

int syn_pickle_take(struct syn_pickle *p, size_t size, const uint8_t **bytes)
{
    if (size > p->size - p->at)
        return syn_pickle_malformed(p, "it ends too early");
    *bytes = p->bytes + p->at;
    p->at += size;
    return 0;
}

/* A little-endian number of 1, 2, 4 or 8 bytes. */
int syn_pickle_take_number(struct syn_pickle *p, unsigned size, uint64_t *number)
{
    const uint8_t *bytes;
    int status = syn_pickle_take(p, size, &bytes);
    if (status == 0)
        *number = size == 1   ? bytes[0]
                  : size == 2 ? syn_source_u16(bytes)
                  : size == 4 ? syn_source_u32(bytes)
                              : syn_source_u64(bytes);
    return status;
}

int syn_pickle_take_line(struct syn_pickle *p, struct syn_pickle_text *line)
{
    const uint8_t *from = p->bytes + p->at;
    const uint8_t *end = memchr(from, '\n', p->size - p->at);
    if (!end)
        return syn_pickle_malformed(p, "a name has no end");
    *line = (struct syn_pickle_text){.at = (uint32_t)p->at, .size = (uint32_t)(end - from)};
    p->at += (size_t)(end - from) + 1;
    return 0;
}

bool syn_pickle_text_is(const struct syn_pickle *p, struct syn_pickle_text text, const char *word)
{
    return text.size == strlen(word) && memcmp(p->bytes + text.at, word, text.size) == 0;
}

/* ---- the machine ---- */

typedef int instruction_fn(struct syn_pickle *p);

static void add_instructions(const struct syn_pickle_instruction *from, instruction_fn *to[256])
{
    for (; from->run; from++)
        to[from->code] = from->run;
}

static int run(struct syn_pickle *p)
{
    const uint8_t *instruction;
    instruction_fn *instructions[256] = {NULL};
    add_instructions(syn_pickle_object_instructions, instructions);
    add_instructions(syn_pickle_scalar_instructions, instructions);
    add_instructions(syn_pickle_list_instructions, instructions);
    for (;;) {
        int status = syn_pickle_take(p, 1, &instruction);
        if (status < 0)
            return status;
        if (*instruction == '.')
            return syn_pickle_pop(p, &p->root);
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
                     : syn_pickle_push_integer(pickle, SYN_PICKLE_NONE, 0);
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
    return v->kind == SYN_PICKLE_TEXT && syn_pickle_text_is(pickle, v->text, text);
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
