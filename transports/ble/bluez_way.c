/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Beside a running bluetoothd, which owns adapter and connections: it finds, connects and resolves.
 * Where none runs, everything goes to the way of our own sockets.
 */
#include "transports/ble/bluez_way.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transports/ble/trouble.h"

/* ---- the end ---- */

void syn_bluez_way_fail(struct syn_bluez_way *w, const struct syn_error *error)
{
    if (w->over)
        return;
    w->over = true;
    syn_bluez_data_shut(w);
    syn_loop_timer_stop(&w->timer);
    w->options.events.failed(w->options.events.ctx, error);
}

void syn_bluez_way_fail_bus(struct syn_bluez_way *w, const sd_bus_error *from)
{
    struct syn_error error = {0};
    (void)syn_bluez_explain(from, w->what, w->address, &error);
    syn_bluez_way_fail(w, &error);
}

void syn_bluez_way_broken(struct syn_bluez_way *w, int os_errno)
{
    struct syn_error error = {0};
    (void)syn_ble_trouble_broken(&error, os_errno);
    syn_bluez_way_fail(w, &error);
}

/* A call that could not even be sent. */
void syn_bluez_way_check_sent(struct syn_bluez_way *w, int rc)
{
    struct syn_error error = {0};
    if (rc)
        syn_bluez_way_fail(
            w, (syn_error_set(&error, rc, "%s: bluetoothd cannot be asked", w->what), &error));
}

static void on_late(void *ctx);

void syn_bluez_way_enter(struct syn_bluez_way *w, enum syn_bluez_step step, const char *what)
{
    w->step = step;
    w->what = what;
    syn_loop_timer_start(w->options.loop, &w->timer, SYN_BLE_PATIENCE_NS, 0, on_late, w);
}

void syn_bluez_way_begin(struct syn_bluez_way *w)
{
    w->step = READY;
    syn_loop_timer_stop(&w->timer);
    w->options.events.ready(w->options.events.ctx);
}

/* ---- connecting ---- */

static void on_connected(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct syn_bluez_way *w = ctx;
    (void)reply;
    if (w->over)
        return;
    if (error && strcmp(error->name, "org.bluez.Error.AlreadyConnected") != 0) {
        syn_bluez_way_fail_bus(w, error);
        return;
    }
    const struct syn_bluez_object *d = syn_bluez_object(syn_bluez_objects(w->bluez), w->device);
    syn_bluez_way_enter(w, RESOLVING, "the device's services");
    if (d && d->resolved)
        syn_bluez_data_open(w);
}

static void connect_device(struct syn_bluez_way *w)
{
    const struct syn_bluez_object *d = syn_bluez_object(syn_bluez_objects(w->bluez), w->device);
    syn_bluez_way_enter(w, CONNECTING, "connecting");
    if (d && d->connected) {
        on_connected(w, NULL, NULL);
        return;
    }
    w->connected_by_us = true;
    syn_bluez_way_check_sent(
        w, syn_bluez_call(w->bluez, w->device, SYN_BLUEZ_DEVICE, "Connect", on_connected, ""));
}

/* ---- finding ---- */

/* bluetoothd connects to nothing as long as it scans for us. */
static void on_quiet(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct syn_bluez_way *w = ctx;
    (void)reply;
    (void)error;
    if (!w->over && w->step == QUIETING)
        connect_device(w);
}

static bool take_device(struct syn_bluez_way *w)
{
    const struct syn_bluez_object *d =
        syn_bluez_device(syn_bluez_objects(w->bluez), w->adapter, &w->options.target);
    if (!d)
        return false;
    memcpy(w->device, d->path, sizeof w->device);
    memcpy(w->address, d->seen.address, sizeof w->address);
    w->options.events.found(w->options.events.ctx, d->seen.address, d->seen.type);
    return true;
}

static void on_changed(void *ctx, const struct syn_bluez_object *object)
{
    struct syn_bluez_way *w = ctx;
    if (w->over)
        return;
    if (w->step == FINDING && object->kind == SYN_BLUEZ_IS_DEVICE && take_device(w)) {
        syn_bluez_way_enter(w, QUIETING, "connecting");
        syn_bluez_way_check_sent(w, syn_bluez_discover(w->bluez, w->adapter, false, on_quiet));
        return;
    }
    if (!w->device[0] || strcmp(object->path, w->device) != 0)
        return;
    if (w->step == RESOLVING && object->resolved)
        syn_bluez_data_open(w);
    else if (w->step >= RESOLVING && !object->connected)
        syn_bluez_way_broken(w, 0);
}

static void on_finding(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct syn_bluez_way *w = ctx;
    (void)reply;
    if (error && !w->over && w->step == FINDING)
        syn_bluez_way_fail_bus(w, error);
}

static void refuse_adapter(struct syn_bluez_way *w, const struct syn_bluez_object *adapter)
{
    struct syn_error error = {0};
    if (!adapter)
        (void)syn_ble_trouble_socket(&error, ENODEV);
    else if (syn_ble_trouble_rfkill(&error, SYN_RFKILL_FOLDER) == 0)
        (void)syn_ble_trouble_bus(&error, "org.bluez.Error.NotReady", "", "connecting", "");
    syn_bluez_way_fail(w, &error);
}

static void on_loaded(void *ctx)
{
    struct syn_bluez_way *w = ctx;
    const struct syn_bluez_object *adapter =
        syn_bluez_adapter(syn_bluez_objects(w->bluez), w->options.target.adapter);
    if (!adapter || !adapter->powered) {
        refuse_adapter(w, adapter);
        return;
    }
    memcpy(w->adapter, adapter->path, sizeof w->adapter);
    if (take_device(w)) {
        connect_device(w);
        return;
    }
    syn_bluez_way_enter(w, FINDING, "scanning");
    syn_bluez_way_check_sent(w, syn_bluez_discover(w->bluez, w->adapter, true, on_finding));
}

static void on_late(void *ctx)
{
    struct syn_bluez_way *w = ctx;
    struct syn_error error = {0};
    if (w->step == QUIETING) { /* it scans on for somebody else */
        connect_device(w);
        return;
    }
    if (w->in.connecting) {
        syn_bluez_data_without_channel(w, "the device's channel does not answer");
        return;
    }
    (void)syn_ble_trouble_absent(&error,
                                 w->step == FINDING      ? "the device was not heard"
                                 : w->step == CONNECTING ? "the device does not answer"
                                                         : "the device's services are not known",
                                 (double)SYN_BLE_PATIENCE_NS / 1e9);
    syn_bluez_way_fail(w, &error);
}

/* ---- as a way ---- */

static void on_absent(void *ctx)
{
    struct syn_bluez_way *w = ctx;
    struct syn_error error = {0};
    if (syn_ble_own.open(&w->own, &w->options, &error))
        syn_bluez_way_fail(w, &error);
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    syn_bluez_way_fail(ctx, error);
}

static void way_close(void *state)
{
    struct syn_bluez_way *w = state;
    if (!w)
        return;
    w->over = true;
    if (w->own)
        syn_ble_own.close(w->own);
    if (w->bluez && w->connected_by_us)
        (void)syn_bluez_call(w->bluez, w->device, SYN_BLUEZ_DEVICE, "Disconnect", NULL, "");
    syn_bluez_data_shut(w);
    syn_loop_timer_stop(&w->timer);
    syn_bluez_close(w->bluez);
    free(w);
}

static int way_open(void **state, const struct syn_ble_options *options, struct syn_error *error)
{
    struct syn_bluez_way *w = calloc(1, sizeof *w);
    *state = NULL;
    if (!w)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    const struct syn_bluez_events events = {.loaded = on_loaded,
                                            .absent = on_absent,
                                            .changed = on_changed,
                                            .value = syn_bluez_data_value,
                                            .lost = on_lost,
                                            .ctx = w};
    w->options = *options;
    w->in.fd = w->out.fd = -1;
    int rc = syn_bluez_open(&w->bluez, options->loop, &events);
    if (rc == SYN_ENOENT)
        rc = syn_ble_own.open(&w->own, options, error);
    else if (rc)
        (void)syn_error_set(error, rc, "the system bus cannot be asked for bluetoothd");
    if (rc) {
        way_close(w);
        return rc;
    }
    *state = w;
    return 0;
}

static int way_send(void *state, const uint8_t *data, size_t size)
{
    struct syn_bluez_way *w = state;
    return w->own ? syn_ble_own.send(w->own, data, size) : syn_bluez_data_send(w, data, size);
}

static void way_pause(void *state, bool pause)
{
    struct syn_bluez_way *w = state;
    if (w->own) {
        syn_ble_own.pause(w->own, pause);
        return;
    }
    w->paused = pause;
    syn_bluez_data_interest(w);
}

const struct syn_ble_way syn_ble_way = {way_open, way_send, way_pause, way_close};
