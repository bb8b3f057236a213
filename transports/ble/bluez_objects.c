/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/ble/bluez_objects.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- the list ---- */

static struct syn_bluez_object *find(const struct syn_bluez_objects *o, const char *path)
{
    for (unsigned i = 0; i < o->count; i++)
        if (strcmp(o->items[i].path, path) == 0)
            return &o->items[i];
    return NULL;
}

const struct syn_bluez_object *syn_bluez_object(const struct syn_bluez_objects *o, const char *path)
{
    return find(o, path);
}

static bool below(const char *path, const char *parent)
{
    size_t n = strlen(parent);
    return strncmp(path, parent, n) == 0 && path[n] == '/';
}

const struct syn_bluez_object *syn_bluez_adapter(const struct syn_bluez_objects *o, int wanted)
{
    const struct syn_bluez_object *best = NULL;
    char name[16];
    (void)snprintf(name, sizeof name, "/hci%d", wanted);
    for (unsigned i = 0; i < o->count; i++) {
        const struct syn_bluez_object *a = &o->items[i];
        const char *last = strrchr(a->path, '/');
        if (a->kind != SYN_BLUEZ_IS_ADAPTER || (wanted >= 0 && strcmp(last, name) != 0))
            continue;
        if (!best || (a->powered && !best->powered))
            best = a;
    }
    return best;
}

const struct syn_bluez_object *syn_bluez_device(const struct syn_bluez_objects *o,
                                                const char *adapter,
                                                const struct syn_ble_target *target)
{
    for (unsigned i = 0; i < o->count; i++) {
        const struct syn_bluez_object *d = &o->items[i];
        if (d->kind == SYN_BLUEZ_IS_DEVICE && below(d->path, adapter) &&
            syn_ble_seen_is(&d->seen, target))
            return d;
    }
    return NULL;
}

const struct syn_bluez_object *syn_bluez_characteristic(const struct syn_bluez_objects *o,
                                                        const char *device, const char *uuid)
{
    for (unsigned i = 0; i < o->count; i++) {
        const struct syn_bluez_object *c = &o->items[i];
        if (c->kind == SYN_BLUEZ_IS_CHARACTERISTIC && below(c->path, device) &&
            strcasecmp(c->uuid, uuid) == 0)
            return c;
    }
    return NULL;
}

/* ---- properties ---- */

enum form { TEXT, FLAG, SHORT, WORD, PRESENT };

static const struct property {
    const char *name;
    enum form form;
    size_t offset, size;
} properties[] = {
#define AT(field)                                                                                  \
    offsetof(struct syn_bluez_object, field), sizeof((struct syn_bluez_object *)0)->field
    {"Powered", FLAG, AT(powered)},
    {"Address", TEXT, AT(seen.address)},
    {"Name", TEXT, AT(seen.name)},
    {"RSSI", SHORT, AT(seen.rssi_dbm)},
    {"Connected", FLAG, AT(connected)},
    {"ServicesResolved", FLAG, AT(resolved)},
    {"UUID", TEXT, AT(uuid)},
    {"WriteAcquired", PRESENT, AT(acquires_write)},
    {"NotifyAcquired", PRESENT, AT(acquires_notify)},
    {"MTU", WORD, AT(mtu)},
#undef AT
};

static int take_text(sd_bus_message *m, char *to, size_t size)
{
    const char *text = NULL;
    int rc = sd_bus_message_read(m, "v", "s", &text);
    if (rc > 0)
        (void)snprintf(to, size, "%s", text);
    return rc;
}

static int take_flag(sd_bus_message *m, bool *to, bool present)
{
    int value = 0;
    int rc = sd_bus_message_read(m, "v", "b", &value);
    if (rc > 0)
        *to = value || present;
    return rc;
}

static int take_known(sd_bus_message *m, const struct property *p, struct syn_bluez_object *o)
{
    char *to = (char *)o + p->offset;
    int16_t number = 0;
    uint16_t word = 0;
    int rc;
    switch (p->form) {
    case TEXT:
        return take_text(m, to, p->size);
    case FLAG:
    case PRESENT:
        return take_flag(m, (bool *)to, p->form == PRESENT);
    case WORD:
        rc = sd_bus_message_read(m, "v", "q", &word);
        if (rc > 0)
            memcpy(to, &word, sizeof word);
        return rc;
    case SHORT:
    default:
        rc = sd_bus_message_read(m, "v", "n", &number);
        if (rc > 0)
            memcpy(to, &(int){number}, sizeof(int));
        return rc;
    }
}

static int take_type(sd_bus_message *m, struct syn_bluez_object *o)
{
    char type[16] = "";
    int rc = take_text(m, type, sizeof type);
    o->seen.type = strcmp(type, "random") == 0 ? SYN_BLE_RANDOM : SYN_BLE_PUBLIC;
    return rc;
}

static int take_uuids(sd_bus_message *m, struct syn_bluez_object *o)
{
    const char *uuid;
    int rc = sd_bus_message_enter_container(m, 'v', "as");
    if (rc > 0)
        rc = sd_bus_message_enter_container(m, 'a', "s");
    while (rc > 0 && (rc = sd_bus_message_read(m, "s", &uuid)) > 0)
        syn_ble_seen_service(&o->seen, uuid);
    if (rc >= 0)
        rc = sd_bus_message_exit_container(m);
    return rc >= 0 ? sd_bus_message_exit_container(m) : rc;
}

/* What is notified, where nobody has a descriptor for it. */
struct value {
    uint8_t *bytes;
    size_t room, size;
};

static int take_value(sd_bus_message *m, struct value *value)
{
    const void *bytes = NULL;
    size_t size = 0;
    int rc = sd_bus_message_enter_container(m, 'v', "ay");
    if (rc > 0)
        rc = sd_bus_message_read_array(m, 'y', &bytes, &size);
    if (rc >= 0 && size <= value->room) {
        value->size = size;
        if (size > 0)
            memcpy(value->bytes, bytes, size);
    }
    return rc >= 0 ? sd_bus_message_exit_container(m) : rc;
}

static int take_property(sd_bus_message *m, const char *name, struct syn_bluez_object *o,
                         struct value *value)
{
    if (strcmp(name, "AddressType") == 0)
        return take_type(m, o);
    if (strcmp(name, "UUIDs") == 0)
        return take_uuids(m, o);
    if (strcmp(name, "Value") == 0 && value)
        return take_value(m, value);
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        if (strcmp(name, properties[i].name) == 0)
            return take_known(m, &properties[i], o);
    return sd_bus_message_skip(m, "v");
}

/* a{sv} */
static int take_properties(sd_bus_message *m, struct syn_bluez_object *o, struct value *value)
{
    int rc = sd_bus_message_enter_container(m, 'a', "{sv}");
    while (rc > 0 && (rc = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
        const char *name;
        rc = sd_bus_message_read(m, "s", &name);
        if (rc > 0)
            rc = take_property(m, name, o, value);
        if (rc >= 0)
            rc = sd_bus_message_exit_container(m);
        rc = rc < 0 ? rc : 1;
    }
    return rc < 0 ? rc : sd_bus_message_exit_container(m);
}

/* ---- objects ---- */

static enum syn_bluez_kind kind_of(const char *interface)
{
    static const char *const names[] = {[SYN_BLUEZ_IS_ADAPTER] = "org.bluez.Adapter1",
                                        [SYN_BLUEZ_IS_DEVICE] = "org.bluez.Device1",
                                        [SYN_BLUEZ_IS_CHARACTERISTIC] =
                                            "org.bluez.GattCharacteristic1"};
    for (unsigned i = 1; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(interface, names[i]) == 0)
            return (enum syn_bluez_kind)i;
    return SYN_BLUEZ_OTHER;
}

static bool is_kept(const struct syn_bluez_object *o)
{
    if (o->kind != SYN_BLUEZ_IS_CHARACTERISTIC)
        return o->kind != SYN_BLUEZ_OTHER;
    return strcasecmp(o->uuid, SYN_UUID_SMP_DATA) == 0 ||
           strcasecmp(o->uuid, SYN_UUID_CHANNEL) == 0;
}

static const struct syn_bluez_object *keep(struct syn_bluez_objects *o,
                                           const struct syn_bluez_object *object)
{
    struct syn_bluez_object *place = find(o, object->path);
    if (!is_kept(object))
        return NULL;
    if (!place && o->count < SYN_BLUEZ_OBJECTS_MAX)
        place = &o->items[o->count++];
    if (place)
        *place = *object;
    return place;
}

/* oa{sa{sv}}, in its place of a message. */
static int take_object(struct syn_bluez_objects *o, sd_bus_message *m,
                       const struct syn_bluez_object **kept)
{
    const char *path, *interface;
    struct syn_bluez_object object = {.seen = {.rssi_dbm = SYN_BLE_RSSI_NONE, .connectable = true}};
    int rc = sd_bus_message_read(m, "o", &path);
    if (rc > 0)
        (void)snprintf(object.path, sizeof object.path, "%s", path);
    if (rc > 0 && find(o, object.path))
        object = *find(o, object.path);
    if (rc > 0)
        rc = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
    while (rc > 0 && (rc = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
        rc = sd_bus_message_read(m, "s", &interface);
        enum syn_bluez_kind kind = rc > 0 ? kind_of(interface) : SYN_BLUEZ_OTHER;
        if (kind != SYN_BLUEZ_OTHER)
            object.kind = kind;
        if (rc > 0)
            rc = kind == SYN_BLUEZ_OTHER ? sd_bus_message_skip(m, "a{sv}")
                                         : take_properties(m, &object, NULL);
        if (rc >= 0)
            rc = sd_bus_message_exit_container(m);
        rc = rc < 0 ? rc : 1;
    }
    if (rc < 0)
        return rc;
    *kept = keep(o, &object);
    return sd_bus_message_exit_container(m);
}

int syn_bluez_objects_load(struct syn_bluez_objects *o, sd_bus_message *m)
{
    const struct syn_bluez_object *kept;
    int rc = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");
    while (rc > 0 && (rc = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
        rc = take_object(o, m, &kept);
        if (rc >= 0)
            rc = sd_bus_message_exit_container(m);
        rc = rc < 0 ? rc : 1;
    }
    return rc < 0 ? rc : 0;
}

int syn_bluez_objects_added(struct syn_bluez_objects *o, sd_bus_message *m,
                            const struct syn_bluez_object **changed)
{
    *changed = NULL;
    return take_object(o, m, changed);
}

int syn_bluez_objects_changed(struct syn_bluez_objects *o, sd_bus_message *m,
                              const struct syn_bluez_object **changed, uint8_t *bytes, size_t *size)
{
    const char *interface;
    struct value value = {bytes, *size, 0};
    struct syn_bluez_object *object = find(o, sd_bus_message_get_path(m));
    *changed = NULL;
    *size = 0;
    int rc = sd_bus_message_read(m, "s", &interface);
    if (rc <= 0 || !object || kind_of(interface) != object->kind)
        return rc;
    rc = take_properties(m, object, &value);
    *changed = object;
    *size = value.size;
    return rc;
}

/* A device may lose one interface (its battery) and stay. */
void syn_bluez_objects_removed(struct syn_bluez_objects *o, sd_bus_message *m)
{
    const char *path, *interface;
    struct syn_bluez_object *object = sd_bus_message_read(m, "o", &path) > 0 ? find(o, path) : NULL;
    if (!object || sd_bus_message_enter_container(m, 'a', "s") <= 0)
        return;
    while (sd_bus_message_read(m, "s", &interface) > 0)
        if (kind_of(interface) == object->kind) {
            *object = o->items[--o->count];
            return;
        }
}
