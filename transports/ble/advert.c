/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/ble/advert.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "transports/ble/uuid.h"

/* ---- what was seen ---- */

struct syn_ble_seen *syn_ble_seen_get(struct syn_ble_seen_list *list, const char *address,
                                      enum syn_ble_type type)
{
    for (unsigned i = 0; i < list->count; i++)
        if (strcmp(list->items[i].address, address) == 0 && list->items[i].type == type)
            return &list->items[i];
    if (list->count == SYN_BLE_SEEN_MAX) {
        list->dropped++;
        return NULL;
    }
    struct syn_ble_seen *seen = &list->items[list->count++];
    *seen = (struct syn_ble_seen){.type = type, .rssi_dbm = SYN_BLE_RSSI_NONE};
    (void)snprintf(seen->address, sizeof seen->address, "%s", address);
    return seen;
}

void syn_ble_seen_service(struct syn_ble_seen *seen, const char *uuid)
{
    seen->smp |= strcasecmp(uuid, SYN_UUID_SMP) == 0;
    seen->ours |= strcasecmp(uuid, SYN_UUID_AGENT) == 0;
}

bool syn_ble_seen_is(const struct syn_ble_seen *seen, const struct syn_ble_target *target)
{
    if (!target->address[0])
        return strcmp(seen->name, target->name) == 0;
    return strcmp(seen->address, target->address) == 0 &&
           (target->type == SYN_BLE_ANY || target->type == seen->type);
}

enum {
    AD_SOME_UUIDS = 0x06, /* of 128 bits */
    AD_ALL_UUIDS = 0x07,
    AD_SHORT_NAME = 0x08,
    AD_NAME = 0x09,
};

static void take_uuids(struct syn_ble_seen *seen, const uint8_t *data, size_t size)
{
    for (; size >= sizeof(struct syn_uuid); size -= sizeof(struct syn_uuid)) {
        struct syn_uuid uuid;
        char text[SYN_UUID_TEXT];
        memcpy(uuid.bytes, data, sizeof uuid.bytes);
        syn_ble_seen_service(seen, syn_uuid_text(&uuid, text));
        data += sizeof uuid.bytes;
    }
}

/* A short name never takes the place of a whole one. */
static void take_name(struct syn_ble_seen *seen, const uint8_t *data, size_t size, bool whole)
{
    if (seen->name[0] && !whole)
        return;
    (void)snprintf(seen->name, sizeof seen->name, "%.*s", (int)size, (const char *)data);
}

void syn_ble_seen_take(struct syn_ble_seen *seen, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at + 1 < size && data[at] != 0; at += 1u + data[at]) {
        size_t n = data[at]; /* with its type */
        if (n > size - at - 1)
            return;
        const uint8_t *value = data + at + 2;
        uint8_t type = data[at + 1];
        if (type == AD_SOME_UUIDS || type == AD_ALL_UUIDS)
            take_uuids(seen, value, n - 1);
        else if (type == AD_NAME || type == AD_SHORT_NAME)
            take_name(seen, value, n - 1, type == AD_NAME);
    }
}

/* ---- reports ---- */

enum {
    REPORT = 0x02, /* subevents of LE meta */
    EXTENDED_REPORT = 0x0d,
    LEGACY_HEAD = 9,    /* kind, type of address, address, length; data and RSSI follow */
    EXTENDED_HEAD = 24, /* kind (2), type, address, PHYs (2), set, power, RSSI, interval (2),
                           type and address (7), length; data follow */
};

static enum syn_ble_type type_of(uint8_t type)
{
    return type & 1 ? SYN_BLE_RANDOM : SYN_BLE_PUBLIC; /* 2 and 3: the same, resolved */
}

static void take_report(struct syn_ble_seen_list *list, uint8_t type, const uint8_t *a, int8_t rssi,
                        bool connectable, const uint8_t *data, size_t size)
{
    char address[SYN_BLE_ADDRESS];
    (void)snprintf(address, sizeof address, "%02X:%02X:%02X:%02X:%02X:%02X", a[5], a[4], a[3], a[2],
                   a[1], a[0]);
    struct syn_ble_seen *seen = syn_ble_seen_get(list, address, type_of(type));
    if (!seen)
        return;
    if (rssi != SYN_BLE_RSSI_NONE)
        seen->rssi_dbm = rssi;
    seen->connectable |= connectable;
    syn_ble_seen_take(seen, data, size);
}

/* Bytes of the report at `r`; 0 when it is not whole. */
static size_t take_legacy(struct syn_ble_seen_list *list, const uint8_t *r, size_t size)
{
    if (size < LEGACY_HEAD + 1 || size < LEGACY_HEAD + 1u + r[8])
        return 0;
    size_t n = r[8];
    take_report(list, r[1], r + 2, (int8_t)r[LEGACY_HEAD + n], r[0] <= 1, r + LEGACY_HEAD, n);
    return LEGACY_HEAD + n + 1;
}

static size_t take_extended(struct syn_ble_seen_list *list, const uint8_t *r, size_t size)
{
    if (size < EXTENDED_HEAD || size < (size_t)EXTENDED_HEAD + r[23])
        return 0;
    size_t n = r[23];
    take_report(list, r[2], r + 3, (int8_t)r[13], r[0] & 1, r + EXTENDED_HEAD, n);
    return EXTENDED_HEAD + n;
}

unsigned syn_ble_advert_take(struct syn_ble_seen_list *list, const uint8_t *event, size_t size)
{
    unsigned taken = 0;
    if (size < 2 || (event[0] != REPORT && event[0] != EXTENDED_REPORT))
        return 0;
    size_t at = 2;
    while (taken < event[1]) {
        size_t n = event[0] == REPORT ? take_legacy(list, event + at, size - at)
                                      : take_extended(list, event + at, size - at);
        if (n == 0)
            break;
        at += n;
        taken++;
    }
    return taken;
}
