/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names, calls and storages: what a pickle can refer to, as data. */
#include "core/import/torch/machine.h"

#include <string.h>

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
    {"torch", "ComplexFloatStorage", NAME_STORAGE + SYN_DTYPE_C64},
    {"torch", "ComplexDoubleStorage", NAME_STORAGE + SYN_DTYPE_C128},
};

static int push_name(struct syn_pickle *p, struct syn_pickle_text module,
                     struct syn_pickle_text name)
{
    unsigned what = NAME_OTHER;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (syn_pickle_text_is(p, module, names[i].module) &&
            syn_pickle_text_is(p, name, names[i].name))
            what = names[i].what;
    return syn_pickle_push_integer(p, SYN_PICKLE_NAME, what);
}

static int run_global(struct syn_pickle *p)
{
    struct syn_pickle_text module, name;
    int status = syn_pickle_take_line(p, &module);
    if (status == 0)
        status = syn_pickle_take_line(p, &name);
    return status < 0 ? status : push_name(p, module, name);
}

static int run_stack_global(struct syn_pickle *p)
{
    uint32_t module, name;
    int status = syn_pickle_pop(p, &name);
    if (status == 0)
        status = syn_pickle_pop(p, &module);
    if (status != 0)
        return status;
    if (p->values[module].kind != SYN_PICKLE_TEXT || p->values[name].kind != SYN_PICKLE_TEXT)
        return syn_pickle_malformed(p, "a name is no text");
    return push_name(p, p->values[module].text, p->values[name].text);
}

/* What a call gives; nothing is called. */
static int run_reduce(struct syn_pickle *p)
{
    uint32_t function, arguments;
    int status = syn_pickle_pop(p, &arguments);
    if (status == 0)
        status = syn_pickle_pop(p, &function);
    if (status != 0)
        return status;
    const bool known = p->values[function].kind == SYN_PICKLE_NAME &&
                       p->values[arguments].kind == SYN_PICKLE_TUPLE;
    switch (known ? p->values[function].integer : NAME_OTHER) {
    case NAME_DICT:
        return syn_pickle_push(p, (struct syn_pickle_value){.kind = SYN_PICKLE_DICT});
    case NAME_TENSOR:
        return syn_pickle_push_integer(p, SYN_PICKLE_TENSOR, arguments);
    case NAME_PARAMETER:
        return syn_pickle_push_value(p, syn_pickle_item(p, arguments, 0));
    default:
        return syn_pickle_push_integer(p, SYN_PICKLE_OPAQUE, 0);
    }
}

/* Takes `count` values away and leaves an opaque one. */
static int make_opaque(struct syn_pickle *p, unsigned count)
{
    uint32_t value;
    int status = 0;
    for (unsigned i = 0; i < count && status == 0; i++)
        status = syn_pickle_pop(p, &value);
    return status < 0 ? status : syn_pickle_push_integer(p, SYN_PICKLE_OPAQUE, 0);
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
    int status = syn_pickle_pop(p, &state);
    return status < 0 ? status : syn_pickle_top(p, &object);
}

/* ---- storages ---- */

static int find_storage(struct syn_pickle *p, const struct syn_pickle_storage *wanted,
                        uint32_t *number)
{
    p->compared += p->storage_count;
    if (p->compared > SYN_PICKLE_COMPARED_MAX)
        return syn_pickle_too_much(p);
    for (uint32_t i = 0; i < p->storage_count; i++) {
        const struct syn_pickle_storage *s = &p->storages[i];
        if (s->key.size == wanted->key.size &&
            memcmp(p->bytes + s->key.at, p->bytes + wanted->key.at, s->key.size) == 0) {
            *number = i;
            return s->dtype == wanted->dtype && s->count == wanted->count
                       ? 0
                       : syn_pickle_malformed(p, "two storages have one name");
        }
    }
    if (p->storage_count >= SYN_PICKLE_STORAGES_MAX)
        return syn_pickle_too_much(p);
    int status = syn_pickle_reserve(p, &p->storages, p->storage_count, &p->storage_room,
                                    sizeof *p->storages);
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
    int status = syn_pickle_pop(p, &id);
    if (status < 0)
        return status;
    const uint32_t type = syn_pickle_item(p, id, 1), key = syn_pickle_item(p, id, 2);
    const uint32_t count = syn_pickle_item(p, id, 4), view = syn_pickle_item(p, id, 5);
    if (!syn_pickle_is(p, syn_pickle_item(p, id, 0), "storage") ||
        p->values[key].kind != SYN_PICKLE_TEXT || p->values[count].kind != SYN_PICKLE_INTEGER ||
        p->values[count].integer < 0 || p->values[view].kind != SYN_PICKLE_NONE)
        return syn_pickle_push_integer(p, SYN_PICKLE_OPAQUE, 0);
    struct syn_pickle_storage storage = {.key = p->values[key].text,
                                         .count = (uint64_t)p->values[count].integer};
    if (p->values[type].kind == SYN_PICKLE_NAME && p->values[type].integer > NAME_STORAGE)
        storage.dtype = (enum syn_pickle_dtype)(p->values[type].integer - NAME_STORAGE);
    status = find_storage(p, &storage, &number);
    return status < 0 ? status : syn_pickle_push_integer(p, SYN_PICKLE_STORAGE, number);
}

const struct syn_pickle_instruction syn_pickle_object_instructions[] = {
    {'c', run_global},     {0x93, run_stack_global}, {'R', run_reduce},     {0x81, run_newobj},
    {0x92, run_newobj_ex}, {'b', run_build},         {'Q', run_persistent}, {0, NULL},
};
