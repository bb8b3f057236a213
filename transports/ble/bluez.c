/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/ble/bluez.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "transports/ble/trouble.h"

#define BLUEZ   "org.bluez"
#define DBUS    "org.freedesktop.DBus"
#define MANAGER "org.freedesktop.DBus.ObjectManager"

enum { MESSAGES_PER_TURN = 64, VALUE_MAX = 512 };

struct syn_bluez {
    struct syn_loop *loop;
    struct syn_bluez_events events;
    sd_bus *bus;
    struct syn_loop_watch watch;
    struct syn_loop_timer timer;
    struct syn_bluez_objects objects;
    bool loaded, over;
};

/* What a call gets back; freed with its slot. */
struct call {
    struct syn_bluez *bluez;
    syn_bluez_done done;
};

/* ---- the end ---- */

static void stop(struct syn_bluez *b)
{
    syn_loop_watch_stop(&b->watch);
    syn_loop_timer_stop(&b->timer);
}

static void end(struct syn_bluez *b, const struct syn_error *error)
{
    if (b->over)
        return;
    b->over = true;
    stop(b);
    if (b->loaded)
        b->events.lost(b->events.ctx, error);
    else
        b->events.absent(b->events.ctx);
}

static void ended(struct syn_bluez *b, const char *why)
{
    struct syn_error error = {0};
    (void)syn_error_set(&error, SYN_ELINK, "%s", why);
    syn_error_hint(&error, "systemctl start bluetooth");
    end(b, &error);
}

/* ---- on the loop ---- */

static void process(struct syn_bluez *b);

static void on_ready(void *ctx, unsigned events)
{
    (void)events;
    process(ctx);
}

static void on_timer(void *ctx)
{
    process(ctx);
}

/* What the bus waits for may have changed with every call and message. */
static void set_interest(struct syn_bluez *b, bool more)
{
    uint64_t until_us = UINT64_MAX;
    int events = b->over ? -1 : sd_bus_get_events(b->bus);
    if (events < 0)
        return;
    (void)sd_bus_get_timeout(b->bus, &until_us);
    syn_loop_watch_interest(&b->watch, (events & POLLIN ? SYN_LOOP_READ : 0) |
                                           (events & POLLOUT ? SYN_LOOP_WRITE : 0));
    int64_t now_ns = syn_loop_now();
    int64_t wait_ns = more                          ? 0
                      : until_us > INT64_MAX / 1000 ? INT64_MAX
                                                    : (int64_t)until_us * 1000 - now_ns;
    if (wait_ns == INT64_MAX)
        syn_loop_timer_stop(&b->timer);
    else
        syn_loop_timer_start(b->loop, &b->timer, wait_ns > 0 ? wait_ns : 0, 0, on_timer, b);
}

static void process(struct syn_bluez *b)
{
    int rc = 1;
    for (int i = 0; i < MESSAGES_PER_TURN && rc > 0 && !b->over; i++)
        rc = sd_bus_process(b->bus, NULL);
    if (rc < 0)
        ended(b, "the system bus ended the connection");
    set_interest(b, rc > 0);
}

/* ---- calls ---- */

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
    struct call *call = userdata;
    (void)unused;
    if (!call->bluez->over && call->done)
        call->done(call->bluez->events.ctx, m, sd_bus_message_get_error(m));
    return 1;
}

/* Takes `m`, sends it, and its answer to `done` (with `handler`'s signature); the call is freed
 * when the answer came or the bus is closed. */
static int dispatch(struct syn_bluez *b, sd_bus_message *m, sd_bus_message_handler_t handler,
                    syn_bluez_done done)
{
    sd_bus_slot *slot = NULL;
    struct call *call = malloc(sizeof *call);
    int rc = -ENOMEM;
    if (call) {
        *call = (struct call){b, done};
        rc = sd_bus_call_async(b->bus, &slot, m, handler, call, SYN_BLUEZ_CALL_NS / 1000);
    }
    (void)sd_bus_message_unref(m);
    if (rc < 0) {
        free(call);
        return SYN_ELINK;
    }
    (void)sd_bus_slot_set_destroy_callback(slot, free);
    (void)sd_bus_slot_set_floating(slot, 1);
    (void)sd_bus_slot_unref(slot);
    set_interest(b, false);
    return 0;
}

static sd_bus_message *new_call(struct syn_bluez *b, const char *path, const char *interface,
                                const char *method)
{
    sd_bus_message *m = NULL;
    if (sd_bus_message_new_method_call(b->bus, &m, BLUEZ, path, interface, method) < 0)
        return NULL;
    (void)sd_bus_message_set_auto_start(m, 0); /* whether bluetoothd runs is not ours to decide */
    return m;
}

int syn_bluez_call(struct syn_bluez *b, const char *path, const char *interface, const char *method,
                   syn_bluez_done done, const char *types, ...)
{
    va_list arguments;
    sd_bus_message *m = b->over ? NULL : new_call(b, path, interface, method);
    if (!m)
        return SYN_ELINK;
    va_start(arguments, types);
    int rc = types[0] ? sd_bus_message_appendv(m, types, arguments) : 0;
    va_end(arguments);
    if (rc < 0) {
        (void)sd_bus_message_unref(m);
        return SYN_EINVAL;
    }
    return dispatch(b, m, on_reply, done);
}

int syn_bluez_write(struct syn_bluez *b, const char *path, const uint8_t *data, size_t size,
                    syn_bluez_done done)
{
    sd_bus_message *m = b->over ? NULL : new_call(b, path, SYN_BLUEZ_CHARACTERISTIC, "WriteValue");
    if (!m)
        return SYN_ELINK;
    if (sd_bus_message_append_array(m, 'y', data, size) < 0 ||
        sd_bus_message_append(m, "a{sv}", 1, "type", "s", "command") < 0) {
        (void)sd_bus_message_unref(m);
        return SYN_ENOMEM;
    }
    return dispatch(b, m, on_reply, done);
}

int syn_bluez_discover(struct syn_bluez *b, const char *adapter, bool on, syn_bluez_done done)
{
    if (on)
        (void)syn_bluez_call(b, adapter, SYN_BLUEZ_ADAPTER, "SetDiscoveryFilter", NULL, "a{sv}", 1,
                             "Transport", "s", "le");
    return syn_bluez_call(b, adapter, SYN_BLUEZ_ADAPTER, on ? "StartDiscovery" : "StopDiscovery",
                          done, "");
}

int syn_bluez_explain(const sd_bus_error *from, const char *what, const char *address,
                      struct syn_error *error)
{
    return syn_ble_trouble_bus(error, from->name, from->message, what, address);
}

/* ---- what bluetoothd tells ---- */

static int on_added(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
    struct syn_bluez *b = userdata;
    const struct syn_bluez_object *changed = NULL;
    (void)unused;
    if (syn_bluez_objects_added(&b->objects, m, &changed) >= 0 && changed && b->loaded && !b->over)
        b->events.changed(b->events.ctx, changed);
    return 0;
}

static int on_changed(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
    struct syn_bluez *b = userdata;
    const struct syn_bluez_object *changed = NULL;
    uint8_t value[VALUE_MAX];
    size_t size = sizeof value;
    (void)unused;
    if (syn_bluez_objects_changed(&b->objects, m, &changed, value, &size) < 0 || !changed ||
        !b->loaded || b->over)
        return 0;
    if (size > 0 && b->events.value)
        b->events.value(b->events.ctx, changed, value, size);
    else
        b->events.changed(b->events.ctx, changed);
    return 0;
}

static int on_removed(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
    struct syn_bluez *b = userdata;
    (void)unused;
    syn_bluez_objects_removed(&b->objects, m);
    return 0;
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
    const char *name, *old, *now;
    (void)unused;
    if (sd_bus_message_read(m, "sss", &name, &old, &now) > 0 && now[0] == 0)
        ended(userdata, "bluetoothd ended");
    return 0;
}

static int subscribe(struct syn_bluez *b)
{
    static const struct {
        const char *rule;
        sd_bus_message_handler_t handler;
    } signals[] = {
        {"type='signal',sender='" BLUEZ "',interface='" MANAGER "',member='InterfacesAdded'",
         on_added},
        {"type='signal',sender='" BLUEZ "',interface='" MANAGER "',member='InterfacesRemoved'",
         on_removed},
        {"type='signal',sender='" BLUEZ "',interface='" DBUS
         ".Properties',member='PropertiesChanged',path_namespace='/org/bluez'",
         on_changed},
        {"type='signal',sender='" DBUS "',interface='" DBUS
         "',member='NameOwnerChanged',arg0='" BLUEZ "'",
         on_owner_changed},
    };
    int rc = 0;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0] && rc >= 0; i++)
        rc = sd_bus_add_match_async(b->bus, NULL, signals[i].rule, signals[i].handler, NULL, b);
    return rc;
}

/* ---- is it there? ---- */

static int on_objects(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
    struct syn_bluez *b = ((struct call *)userdata)->bluez;
    (void)unused;
    if (b->over)
        return 1;
    if (sd_bus_message_is_method_error(m, NULL) || syn_bluez_objects_load(&b->objects, m) < 0) {
        ended(b, "bluetoothd does not tell its objects");
        return 1;
    }
    b->loaded = true;
    b->events.loaded(b->events.ctx);
    return 1;
}

static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
    struct syn_bluez *b = ((struct call *)userdata)->bluez;
    int owned = 0;
    (void)unused;
    if (b->over)
        return 1;
    if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "b", &owned) <= 0 ||
        !owned || subscribe(b) < 0) {
        ended(b, "bluetoothd is not running");
        return 1;
    }
    sd_bus_message *ask = new_call(b, "/", MANAGER, "GetManagedObjects");
    if (!ask || dispatch(b, ask, on_objects, NULL))
        ended(b, "bluetoothd is not running");
    return 1;
}

static int ask_owner(struct syn_bluez *b)
{
    sd_bus_message *m = NULL;
    if (sd_bus_message_new_method_call(b->bus, &m, DBUS, "/org/freedesktop/DBus", DBUS,
                                       "NameHasOwner") < 0)
        return SYN_ENOMEM;
    if (sd_bus_message_append(m, "s", BLUEZ) < 0) {
        (void)sd_bus_message_unref(m);
        return SYN_ENOMEM;
    }
    return dispatch(b, m, on_owner, NULL);
}

int syn_bluez_open(struct syn_bluez **bluez, struct syn_loop *loop,
                   const struct syn_bluez_events *events)
{
    struct syn_bluez *b = calloc(1, sizeof *b);
    *bluez = NULL;
    if (!b)
        return SYN_ENOMEM;
    b->loop = loop;
    b->events = *events;
    b->objects.items = calloc(SYN_BLUEZ_OBJECTS_MAX, sizeof *b->objects.items);
    int rc = !b->objects.items ? SYN_ENOMEM : sd_bus_open_system(&b->bus) < 0 ? SYN_ENOENT : 0;
    if (rc == 0) {
        syn_loop_watch_start(loop, &b->watch, sd_bus_get_fd(b->bus), 0, on_ready, b);
        rc = ask_owner(b);
    }
    if (rc) {
        syn_bluez_close(b);
        return rc;
    }
    *bluez = b;
    return 0;
}

void syn_bluez_close(struct syn_bluez *b)
{
    if (!b)
        return;
    stop(b);
    b->over = true;
    if (b->loaded)
        (void)sd_bus_flush_close_unref(b->bus);
    else
        (void)sd_bus_close_unref(b->bus); /* flushing would wait for a bus that does not answer */
    free(b->objects.items);
    free(b);
}

const struct syn_bluez_objects *syn_bluez_objects(const struct syn_bluez *b)
{
    return &b->objects;
}
