/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "att_server.h"

#include <string.h>

#include "transports/ble/att.h"

enum { SERVICE = 0x2800, DECLARATION = 0x2803, CONFIGURATION = 0x2902 };

/* ---- attributes ---- */

static struct att_attribute *add(struct att_server *s, uint16_t type16)
{
    struct att_attribute *a = &s->attributes[s->count++];
    memset(a, 0, sizeof *a);
    a->handle = (uint16_t)(s->count > 1 ? a[-1].handle + 1 : 1);
    a->type16 = type16;
    for (unsigned i = s->count - 1; i-- > 0;)
        if (s->attributes[i].type16 == SERVICE && type16 != SERVICE) {
            s->attributes[i].group_end = a->handle;
            break;
        }
    return a;
}

void att_server_add_service(struct att_server *s, const char *uuid)
{
    struct att_attribute *a = add(s, SERVICE);
    struct syn_uuid u = syn_uuid_of(uuid);
    a->value_size = 16;
    memcpy(a->value, u.bytes, 16);
    a->group_end = a->handle;
}

uint16_t att_server_add_characteristic(struct att_server *s, const char *uuid, uint8_t properties,
                                       const uint8_t *value, uint8_t size)
{
    struct syn_uuid u = syn_uuid_of(uuid);
    struct att_attribute *a = add(s, DECLARATION);
    a->value[0] = properties;
    syn_att_put_u16(a->value + 1, (uint16_t)(a->handle + 1));
    memcpy(a->value + 3, u.bytes, 16);
    a->value_size = 19;
    a = add(s, 0);
    a->type = u;
    a->value_size = size;
    if (size > 0)
        memcpy(a->value, value, size);
    return a->handle;
}

uint16_t att_server_add_descriptor(struct att_server *s, uint16_t type)
{
    struct att_attribute *a = add(s, type);
    a->value_size = 2;
    return a->handle;
}

static void add_short(struct att_server *s, uint16_t uuid)
{
    struct att_attribute *a = add(s, DECLARATION);
    a->value[0] = 2;
    syn_att_put_u16(a->value + 1, (uint16_t)(a->handle + 1));
    syn_att_put_u16(a->value + 3, uuid);
    a->value_size = 5;
    a = add(s, uuid);
    a->value[0] = 'x';
    a->value_size = 1;
}

void att_server_add_generic(struct att_server *s)
{
    for (unsigned i = 0; i < 2; i++) {
        struct att_attribute *a = add(s, SERVICE);
        syn_att_put_u16(a->value, (uint16_t)(0x1800 + i));
        a->value_size = 2;
        a->group_end = a->handle;
        add_short(s, (uint16_t)(i ? 0x2a05 : 0x2a00));
        add_short(s, (uint16_t)(i ? 0x2b29 : 0x2a01));
    }
}

void att_server_add_smp(struct att_server *s)
{
    att_server_add_service(s, SYN_UUID_SMP);
    s->smp_handle = att_server_add_characteristic(s, SYN_UUID_SMP_DATA, 0x14, NULL, 0);
    s->cccd_handle = att_server_add_descriptor(s, CONFIGURATION);
}

void att_server_add_agent(struct att_server *s, uint16_t psm)
{
    uint8_t value[2];
    syn_att_put_u16(value, psm);
    att_server_add_service(s, SYN_UUID_AGENT);
    (void)att_server_add_characteristic(s, SYN_UUID_CHANNEL, 2, value, 2);
}

struct att_attribute *att_server_find(struct att_server *s, uint16_t handle)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->attributes[i].handle == handle)
            return &s->attributes[i];
    return NULL;
}

/* ---- requests ---- */

static size_t refuse(const uint8_t *pdu, uint16_t handle, uint8_t code, uint8_t *answer)
{
    answer[0] = SYN_ATT_ERROR;
    answer[1] = pdu[0];
    syn_att_put_u16(answer + 2, handle);
    answer[4] = code;
    return 5;
}

static bool has_type(const struct att_attribute *a, const uint8_t *type, size_t size)
{
    if (size == 2)
        return a->type16 == syn_att_u16(type);
    return a->type16 == 0 && memcmp(a->type.bytes, type, 16) == 0;
}

static size_t mtu_of(const struct att_server *s)
{
    return s->mtu > SYN_ATT_MTU_MIN ? s->mtu : SYN_ATT_MTU_MIN;
}

static size_t exchange_mtu(struct att_server *s, const uint8_t *pdu, uint8_t *answer)
{
    if (s->mtu == 0)
        return refuse(pdu, 0, SYN_ATT_NOT_SUPPORTED, answer);
    answer[0] = SYN_ATT_MTU_RESPONSE;
    syn_att_put_u16(answer + 1, s->mtu);
    return 3;
}

static size_t find_by_type_value(struct att_server *s, const uint8_t *pdu, size_t size,
                                 uint8_t *answer)
{
    size_t n = 1;
    uint16_t first = syn_att_u16(pdu + 1), last = syn_att_u16(pdu + 3);
    answer[0] = SYN_ATT_FIND_BY_TYPE_VALUE + 1;
    for (unsigned i = 0; i < s->count; i++) {
        const struct att_attribute *a = &s->attributes[i];
        if (a->handle < first || a->handle > last || !has_type(a, pdu + 5, 2) ||
            a->value_size != size - 7 || memcmp(a->value, pdu + 7, size - 7) != 0)
            continue;
        if (a->error)
            return refuse(pdu, a->handle, a->error, answer);
        syn_att_put_u16(answer + n, a->handle);
        syn_att_put_u16(answer + n + 2, a->group_end);
        n += 4;
    }
    return n > 1 ? n : refuse(pdu, first, SYN_ATT_NOT_FOUND, answer);
}

/* Items of one answer have one length. */
static size_t read_by_type(struct att_server *s, const uint8_t *pdu, size_t size, uint8_t *answer)
{
    size_t n = 2;
    uint16_t first = syn_att_u16(pdu + 1), last = syn_att_u16(pdu + 3);
    answer[0] = SYN_ATT_READ_BY_TYPE + 1;
    answer[1] = 0;
    for (unsigned i = 0; i < s->count; i++) {
        const struct att_attribute *a = &s->attributes[i];
        size_t each = a->value_size + 2u;
        if (a->handle < first || a->handle > last || !has_type(a, pdu + 5, size - 5))
            continue;
        if (a->error && n == 2)
            return refuse(pdu, a->handle, a->error, answer);
        if (n + each > mtu_of(s) || (answer[1] != 0 && each != answer[1]))
            break;
        answer[1] = (uint8_t)each;
        syn_att_put_u16(answer + n, a->handle);
        memcpy(answer + n + 2, a->value, a->value_size);
        n += each;
    }
    return n > 2 ? n : refuse(pdu, first, SYN_ATT_NOT_FOUND, answer);
}

static size_t find_information(struct att_server *s, const uint8_t *pdu, uint8_t *answer)
{
    size_t n = 2;
    uint16_t first = syn_att_u16(pdu + 1), last = syn_att_u16(pdu + 3);
    answer[0] = SYN_ATT_FIND_INFORMATION + 1;
    answer[1] = 0;
    for (unsigned i = 0; i < s->count; i++) {
        const struct att_attribute *a = &s->attributes[i];
        uint8_t form = a->type16 ? 1 : 2;
        size_t each = form == 1 ? 4 : 18;
        if (a->handle < first || a->handle > last)
            continue;
        if (n + each > mtu_of(s) || (answer[1] != 0 && form != answer[1]))
            break;
        answer[1] = form;
        syn_att_put_u16(answer + n, a->handle);
        if (form == 1)
            syn_att_put_u16(answer + n + 2, a->type16);
        else
            memcpy(answer + n + 2, a->type.bytes, 16);
        n += each;
    }
    return n > 2 ? n : refuse(pdu, first, SYN_ATT_NOT_FOUND, answer);
}

static size_t write_request(struct att_server *s, const uint8_t *pdu, uint8_t *answer)
{
    uint16_t handle = syn_att_u16(pdu + 1);
    const struct att_attribute *a = att_server_find(s, handle);
    if (!a || a->error)
        return refuse(pdu, handle, a ? a->error : 0x01, answer);
    if (handle == s->cccd_handle)
        s->subscribed = pdu[3] & 1;
    answer[0] = SYN_ATT_WRITE_REQUEST + 1;
    return 1;
}

size_t att_server_answer(struct att_server *s, const uint8_t *pdu, size_t size, uint8_t *answer)
{
    s->requests += (pdu[0] & 0x40) == 0;
    switch (pdu[0]) {
    case SYN_ATT_MTU_REQUEST:
        return exchange_mtu(s, pdu, answer);
    case SYN_ATT_FIND_BY_TYPE_VALUE:
        return find_by_type_value(s, pdu, size, answer);
    case SYN_ATT_READ_BY_TYPE:
        return read_by_type(s, pdu, size, answer);
    case SYN_ATT_FIND_INFORMATION:
        return find_information(s, pdu, answer);
    case SYN_ATT_WRITE_REQUEST:
        return write_request(s, pdu, answer);
    case SYN_ATT_WRITE_COMMAND:
        if (size > 3 && syn_att_u16(pdu + 1) == s->smp_handle && s->written)
            s->written(s->ctx, pdu + 3, size - 3);
        return 0;
    default:
        return pdu[0] & 1 ? 0 : refuse(pdu, 0, SYN_ATT_NOT_SUPPORTED, answer);
    }
}
