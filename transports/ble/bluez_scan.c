/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scanning through bluetoothd. What it remembers but does not hear now has no RSSI, and is left
 * out. Without bluetoothd it goes on by `fallback`, where it has one.
 */
#include <stdlib.h>
#include <string.h>

#include "transports/ble/bluez.h"
#include "transports/ble/scanner.h"
#include "transports/ble/trouble.h"

#define STOP_NS 2000000000LL

struct bluez_scan {
    struct syn_ble_scan_options options;
    struct syn_bluez *bluez;
    struct syn_loop_timer timer; /* of stopping */
    const struct syn_ble_scanner *fallback;
    void *fallback_state;
    char adapter[SYN_BLUEZ_PATH];
    bool discovering, stop, over;
};

static void end(struct bluez_scan *s, const struct syn_error *error)
{
    if (s->over)
        return;
    s->over = true;
    syn_loop_timer_stop(&s->timer);
    s->options.ended(s->options.ctx, error);
}

/* ---- what is heard ---- */

static bool take(struct bluez_scan *s, const struct syn_bluez_object *o)
{
    bool here = o->kind == SYN_BLUEZ_IS_DEVICE && o->seen.rssi_dbm != SYN_BLE_RSSI_NONE &&
                strncmp(o->path, s->adapter, strlen(s->adapter)) == 0;
    struct syn_ble_seen *seen =
        here ? syn_ble_seen_get(s->options.list, o->seen.address, o->seen.type) : NULL;
    if (seen)
        *seen = o->seen;
    return seen;
}

static void on_changed(void *ctx, const struct syn_bluez_object *object)
{
    struct bluez_scan *s = ctx;
    if (take(s, object))
        s->options.changed(s->options.ctx);
}

/* ---- beginning and stopping ---- */

static void on_stopped(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    (void)reply;
    (void)error;
    end(ctx, NULL);
}

static void on_late(void *ctx)
{
    end(ctx, NULL);
}

static void stop(struct bluez_scan *s)
{
    syn_loop_timer_start(s->options.loop, &s->timer, STOP_NS, 0, on_late, s);
    if (syn_bluez_discover(s->bluez, s->adapter, false, on_stopped))
        end(s, NULL);
}

static void on_started(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct bluez_scan *s = ctx;
    struct syn_error why = {0};
    (void)reply;
    if (error) {
        (void)syn_bluez_explain(error, "scanning", "", &why);
        end(s, &why);
        return;
    }
    s->discovering = true;
    if (s->stop)
        stop(s);
}

static void refuse(struct bluez_scan *s, const struct syn_bluez_object *adapter)
{
    struct syn_error error = {0};
    if (!adapter)
        (void)syn_error_set(&error, SYN_ELINK, "bluetoothd has no such Bluetooth adapter");
    else if (syn_ble_trouble_rfkill(&error, SYN_RFKILL_FOLDER) == 0)
        (void)syn_ble_trouble_bus(&error, "org.bluez.Error.NotReady", "", "scanning", "");
    end(s, &error);
}

static void on_loaded(void *ctx)
{
    struct bluez_scan *s = ctx;
    const struct syn_bluez_objects *o = syn_bluez_objects(s->bluez);
    const struct syn_bluez_object *adapter = syn_bluez_adapter(o, s->options.adapter);
    if (!adapter || !adapter->powered) {
        refuse(s, adapter);
        return;
    }
    memcpy(s->adapter, adapter->path, sizeof s->adapter);
    for (unsigned i = 0; i < o->count; i++)
        (void)take(s, &o->items[i]);
    if (syn_bluez_discover(s->bluez, s->adapter, true, on_started))
        refuse(s, adapter);
}

/* ---- without bluetoothd ---- */

static void on_absent(void *ctx)
{
    struct bluez_scan *s = ctx;
    struct syn_error error = {0};
    if (!s->fallback)
        (void)syn_ble_trouble_bus(&error, "org.freedesktop.DBus.Error.ServiceUnknown", "",
                                  "scanning", "");
    else if (s->fallback->open(&s->fallback_state, &s->options, &error) == 0)
        return;
    end(s, &error);
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    end(ctx, error);
}

/* ---- as a scanner ---- */

static void scan_close(void *state)
{
    struct bluez_scan *s = state;
    if (!s)
        return;
    if (s->fallback)
        s->fallback->close(s->fallback_state);
    syn_loop_timer_stop(&s->timer);
    syn_bluez_close(s->bluez); /* which ends its discovery */
    free(s);
}

static int open_with(void **state, const struct syn_ble_scan_options *options,
                     const struct syn_ble_scanner *fallback, struct syn_error *error)
{
    static const struct syn_bluez_events events = {
        .loaded = on_loaded, .absent = on_absent, .changed = on_changed, .lost = on_lost};
    struct bluez_scan *s = calloc(1, sizeof *s);
    struct syn_bluez_events mine = events;
    *state = NULL;
    if (!s)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    s->options = *options;
    s->fallback = fallback;
    mine.ctx = s;
    int rc = syn_bluez_open(&s->bluez, options->loop, &mine);
    if (rc == SYN_ENOENT && fallback)
        rc = fallback->open(&s->fallback_state, options, error);
    else if (rc)
        (void)syn_ble_trouble_bus(error, "org.freedesktop.DBus.Error.ServiceUnknown", "",
                                  "scanning", "");
    if (rc) {
        scan_close(s);
        return rc;
    }
    *state = s;
    return 0;
}

static int bluez_open(void **state, const struct syn_ble_scan_options *options,
                      struct syn_error *error)
{
    return open_with(state, options, NULL, error);
}

static int any_open(void **state, const struct syn_ble_scan_options *options,
                    struct syn_error *error)
{
    return open_with(state, options, &syn_ble_hci_scanner, error);
}

static void scan_stop(void *state)
{
    struct bluez_scan *s = state;
    s->stop = true;
    if (s->fallback_state)
        s->fallback->stop(s->fallback_state);
    else if (s->discovering)
        stop(s);
    else if (!s->bluez)
        end(s, NULL);
}

const struct syn_ble_scanner syn_ble_bluez_scanner = {bluez_open, scan_stop, scan_close};
const struct syn_ble_scanner syn_ble_scanner = {any_open, scan_stop, scan_close};
