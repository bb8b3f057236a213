/* SPDX-License-Identifier: MIT */
#include "devices/base/bytes.h"
#include "devices/ble/gatt.h"
#include "devices/ble/internal.h"

#include <string.h>

enum opcode {
    ERROR_RESPONSE = 0x01,
    EXCHANGE_MTU = 0x02, /* a response's opcode is that of its request, plus 1 */
    FIND_INFORMATION = 0x04,
    FIND_BY_TYPE_VALUE = 0x06,
    READ_BY_TYPE = 0x08,
    READ = 0x0a,
    READ_BLOB = 0x0c,
    READ_BY_GROUP_TYPE = 0x10,
    WRITE = 0x12,
    NOTIFICATION = 0x1b,
    WRITE_COMMAND = 0x52,
};

enum { IS_COMMAND = 0x40, OPCODE = 0x3f };

enum error {
    GOOD = 0,
    INVALID_HANDLE = 0x01,
    READ_NOT_PERMITTED = 0x02,
    WRITE_NOT_PERMITTED = 0x03,
    INVALID_PDU = 0x04,
    NOT_SUPPORTED = 0x06,
    INVALID_OFFSET = 0x07,
    NOT_FOUND = 0x0a,
    INVALID_LENGTH = 0x0d,
    UNSUPPORTED_GROUP = 0x10,
    INSUFFICIENT_RESOURCES = 0x11,
};

/* A request that is being answered. */
struct request {
    struct syn_ble *ble;
    struct syn_ble_connection *c;
    const uint8_t *pdu;
    size_t size;
    uint16_t handle; /* for an error */
};

/* ---- attributes ---- */

static const struct syn_gatt_attribute *attribute_at(unsigned handle)
{
    return handle == 0 || handle > SYN_GATT_COUNT ? NULL : &syn_gatt_attributes[handle - 1];
}

static const uint8_t *value_of(const struct request *r, const struct syn_gatt_attribute *a,
                               size_t *size)
{
    switch (a->kind) {
    case SYN_GATT_NAME:
        *size = strlen(r->ble->config.name);
        return (const uint8_t *)r->ble->config.name;
    case SYN_GATT_SUBSCRIBED:
        *size = sizeof r->c->subscribed;
        return r->c->subscribed;
    default:
        *size = a->size;
        return a->value;
    }
}

/* The base of short UUIDs: 0000xxxx-0000-1000-8000-00805F9B34FB. */
static bool is_type(const struct syn_gatt_attribute *a, const uint8_t *uuid, size_t size)
{
    static const uint8_t base[12] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0};
    if (size == 2)
        return !a->uuid && syn_get_le16(uuid) == a->type;
    if (a->uuid)
        return memcmp(a->uuid, uuid, 16) == 0;
    return memcmp(uuid, base, sizeof base) == 0 && syn_get_le32(uuid + sizeof base) == a->type;
}

/* ---- responses ---- */

static size_t room(const struct request *r)
{
    return r->c->att_mtu - (size_t)r->c->reply_size;
}

static void put(const struct request *r, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(r->c->reply + r->c->reply_size, bytes, size);
    r->c->reply_size = (uint16_t)(r->c->reply_size + size);
}

static void put16(const struct request *r, unsigned value)
{
    uint8_t bytes[2];
    syn_put_le16(bytes, (uint16_t)value);
    put(r, bytes, sizeof bytes);
}

/* As much of a value as there is room for. */
static void put_cut(const struct request *r, const uint8_t *bytes, size_t size)
{
    put(r, bytes, size < room(r) ? size : room(r));
}

/* The range of handles that a request names. */
static enum error read_range(struct request *r, unsigned *first, unsigned *last)
{
    *first = syn_get_le16(r->pdu + 1);
    *last = syn_get_le16(r->pdu + 3);
    r->handle = (uint16_t)*first;
    if (*first == 0 || *first > *last)
        return INVALID_HANDLE;
    *last = *last < SYN_GATT_COUNT ? *last : SYN_GATT_COUNT;
    return GOOD;
}

static enum error found(const struct request *r, size_t head)
{
    return r->c->reply_size > head ? GOOD : NOT_FOUND;
}

/* ---- requests ---- */

static enum error exchange_mtu(struct request *r)
{
    if (r->size != 3)
        return INVALID_PDU;
    unsigned mtu = syn_get_le16(r->pdu + 1);
    put16(r, SYN_BLE_MTU);
    mtu = mtu < SYN_BLE_MTU ? mtu : SYN_BLE_MTU;
    r->c->att_mtu = (uint16_t)(mtu > SYN_BLE_MTU_MIN ? mtu : SYN_BLE_MTU_MIN);
    return GOOD;
}

static enum error find_information(struct request *r)
{
    unsigned first, last;
    if (r->size != 5)
        return INVALID_PDU;
    enum error e = read_range(r, &first, &last);
    if (e)
        return e;
    for (unsigned h = first; h <= last; h++) {
        const struct syn_gatt_attribute *a = attribute_at(h);
        const uint8_t format = a->uuid ? 2 : 1;
        if (h == first)
            put(r, &format, 1);
        if (r->c->reply[1] != format || room(r) < (a->uuid ? 18 : 4))
            break;
        put16(r, h);
        if (a->uuid)
            put(r, a->uuid, 16);
        else
            put16(r, a->type);
    }
    return found(r, 2);
}

static enum error find_by_type_value(struct request *r)
{
    unsigned first, last;
    if (r->size < 7)
        return INVALID_PDU;
    enum error e = read_range(r, &first, &last);
    if (e)
        return e;
    for (unsigned h = first; h <= last && room(r) >= 4; h++) {
        const struct syn_gatt_attribute *a = attribute_at(h);
        size_t size;
        const uint8_t *value = value_of(r, a, &size);
        if (!is_type(a, r->pdu + 5, 2) || !value || size != r->size - 7 ||
            memcmp(value, r->pdu + 7, size) != 0)
            continue;
        put16(r, h);
        put16(r, a->end ? a->end : h);
    }
    return found(r, 1);
}

/* Attributes of a type with their values, which all have the size of the first; of services, with
 * their last handle. */
static enum error put_matching(struct request *r, unsigned first, unsigned last, bool groups)
{
    const unsigned head = groups ? 4 : 2;
    for (unsigned h = first; h <= last; h++) {
        const struct syn_gatt_attribute *a = attribute_at(h);
        size_t size;
        if (!is_type(a, r->pdu + 5, r->size - 5))
            continue;
        const uint8_t *value = value_of(r, a, &size);
        bool is_first = r->c->reply_size == 1;
        r->handle = (uint16_t)h;
        if (is_first && !(a->access & SYN_GATT_READ))
            return READ_NOT_PERMITTED;
        const size_t entry = size + head, most = room(r) - (is_first ? 1 : 0);
        const uint8_t fits = (uint8_t)(entry < most ? entry : most);
        if (is_first)
            put(r, &fits, 1);
        else if (r->c->reply[1] != entry || most < entry)
            break;
        put16(r, h);
        if (groups)
            put16(r, a->end);
        put(r, value, r->c->reply[1] - head);
    }
    return GOOD;
}

static enum error read_by(struct request *r, bool groups)
{
    unsigned first, last;
    if (r->size != 7 && r->size != 21)
        return INVALID_PDU;
    enum error e = read_range(r, &first, &last);
    if (e)
        return e;
    if (groups && (r->size != 7 || (syn_get_le16(r->pdu + 5) != SYN_GATT_PRIMARY_SERVICE &&
                                    syn_get_le16(r->pdu + 5) != SYN_GATT_SECONDARY_SERVICE)))
        return UNSUPPORTED_GROUP;
    e = put_matching(r, first, last, groups);
    return e ? e : found(r, 1);
}

static enum error read_value(struct request *r, size_t offset)
{
    size_t size;
    r->handle = syn_get_le16(r->pdu + 1);
    const struct syn_gatt_attribute *a = attribute_at(r->handle);
    if (!a)
        return INVALID_HANDLE;
    if (!(a->access & SYN_GATT_READ))
        return READ_NOT_PERMITTED;
    const uint8_t *value = value_of(r, a, &size);
    if (offset > size)
        return INVALID_OFFSET;
    put_cut(r, value + offset, size - offset);
    return GOOD;
}

/* ---- writing ---- */

static enum error subscribe(struct request *r, bool on)
{
    struct syn_ble_link *link = syn_ble_link_find(r->ble, r->c, SYN_BLE_GATT);
    r->c->subscribed[0] = on;
    if (!on && link)
        syn_ble_link_close(r->ble, link);
    if (!on || link)
        return GOOD;
    if (syn_ble_link_open(r->ble, r->c, SYN_BLE_GATT))
        return GOOD;
    r->c->subscribed[0] = 0;
    return INSUFFICIENT_RESOURCES;
}

static enum error write_value(struct request *r)
{
    r->handle = r->size >= 3 ? syn_get_le16(r->pdu + 1) : 0;
    const struct syn_gatt_attribute *a = attribute_at(r->handle);
    if (r->size < 3)
        return INVALID_PDU;
    if (!a)
        return INVALID_HANDLE;
    if (!(a->access & SYN_GATT_WRITE))
        return WRITE_NOT_PERMITTED;
    if (r->size != 5)
        return INVALID_LENGTH;
    return subscribe(r, r->pdu[3] & 1);
}

/* What does not fit is dropped: a command has no response. */
static void write_command(struct request *r)
{
    if (r->size <= 3 || syn_get_le16(r->pdu + 1) != SYN_GATT_MESSAGES_HANDLE)
        return;
    const struct syn_ble_link *link = syn_ble_link_find(r->ble, r->c, SYN_BLE_GATT);
    if (link)
        syn_ble_link_received(r->ble, link, r->pdu + 3, r->size - 3);
}

/* ---- the server ---- */

static enum error answer(struct request *r)
{
    switch (r->pdu[0]) {
    case EXCHANGE_MTU:
        return exchange_mtu(r);
    case FIND_INFORMATION:
        return find_information(r);
    case FIND_BY_TYPE_VALUE:
        return find_by_type_value(r);
    case READ_BY_TYPE:
        return read_by(r, false);
    case READ_BY_GROUP_TYPE:
        return read_by(r, true);
    case READ:
        return r->size == 3 ? read_value(r, 0) : INVALID_PDU;
    case READ_BLOB:
        return r->size == 5 ? read_value(r, syn_get_le16(r->pdu + 3)) : INVALID_PDU;
    case WRITE:
        return write_value(r);
    default:
        return NOT_SUPPORTED;
    }
}

static void put_error(struct request *r, enum error e)
{
    const uint8_t head[2] = {ERROR_RESPONSE, r->pdu[0]}, code = (uint8_t)e;
    r->c->reply_size = 0;
    put(r, head, sizeof head);
    put16(r, r->handle);
    put(r, &code, 1);
}

/* A client has one request at a time: one that comes before the response has left is dropped, as
 * are responses and confirmations, since nothing was asked of a client. */
void syn_ble_att_received(struct syn_ble *ble, struct syn_ble_connection *c, const uint8_t *pdu,
                          size_t size)
{
    struct request r = {.ble = ble, .c = c, .pdu = pdu, .size = size};
    if (size == 0)
        return;
    if (pdu[0] == WRITE_COMMAND)
        write_command(&r);
    if (pdu[0] & IS_COMMAND || pdu[0] & 1 || (pdu[0] & OPCODE) == 0x1e || c->reply_size > 0)
        return;
    const uint8_t response = (uint8_t)(pdu[0] + 1);
    put(&r, &response, 1);
    enum error e = answer(&r);
    if (e)
        put_error(&r, e);
}

size_t syn_ble_att_next(struct syn_ble_connection *c, struct syn_ble_link *link, uint8_t *pdu)
{
    const size_t most = c->att_mtu - 3u;
    size_t size = syn_ble_queue_left(&link->queue);
    if (size == 0)
        return 0;
    size = size < most ? size : most;
    pdu[0] = NOTIFICATION;
    syn_put_le16(pdu + 1, SYN_GATT_MESSAGES_HANDLE);
    syn_ble_queue_take(&link->queue, pdu + 3, size);
    return 3 + size;
}
