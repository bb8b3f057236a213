/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Beside a running bluetoothd, which owns adapter and connections: it finds, connects and resolves;
 * data go through the descriptors that it hands out for the SMP characteristic (or, where it has
 * none, by calls and signals), or through an LE channel of our own on its connection. Where no
 * bluetoothd runs, everything goes to the way of our own sockets.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/ble/att.h"
#include "transports/ble/bluez.h"
#include "transports/ble/trouble.h"
#include "transports/ble/way.h"

enum { PACKETS_PER_TURN = 32, CALLS_MAX = 4, PSM_MAX = 0xff };

enum step { BEGIN, FINDING, QUIETING, CONNECTING, RESOLVING, OPENING, READY };

struct pipe {
    int fd; /* -1: closed */
    struct syn_loop_watch watch;
    bool connecting, full;
};

struct bluez_way {
    struct syn_ble_options options;
    void *own; /* the other way's, where there is no bluetoothd */
    struct syn_bluez *bluez;
    struct syn_loop_timer timer; /* of the present step */
    char adapter[SYN_BLUEZ_PATH], device[SYN_BLUEZ_PATH], data[SYN_BLUEZ_PATH];
    char address[SYN_BLE_ADDRESS];
    const char *what;    /* the present step, for words */
    struct pipe in, out; /* a channel is `in` alone */
    size_t packet_max;
    unsigned calls; /* writes on their way, where they go by call */
    uint16_t psm;
    enum step step;
    bool connected_by_us, channel, paused, waits, over;
};

/* ---- the end ---- */

static void shut(struct pipe *p)
{
    syn_loop_watch_stop(&p->watch);
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
}

static void fail(struct bluez_way *w, const struct syn_error *error)
{
    if (w->over)
        return;
    w->over = true;
    shut(&w->in);
    shut(&w->out);
    syn_loop_timer_stop(&w->timer);
    w->options.events.failed(w->options.events.ctx, error);
}

static void fail_bus(struct bluez_way *w, const sd_bus_error *from)
{
    struct syn_error error = {0};
    (void)syn_bluez_explain(from, w->what, w->address, &error);
    fail(w, &error);
}

static void broken(struct bluez_way *w, int os_errno)
{
    struct syn_error error = {0};
    (void)syn_ble_trouble_broken(&error, os_errno);
    fail(w, &error);
}

/* A call that could not even be sent. */
static void check_sent(struct bluez_way *w, int rc)
{
    struct syn_error error = {0};
    if (rc)
        fail(w, (syn_error_set(&error, rc, "%s: bluetoothd cannot be asked", w->what), &error));
}

static void on_late(void *ctx);

static void enter(struct bluez_way *w, enum step step, const char *what)
{
    w->step = step;
    w->what = what;
    syn_loop_timer_start(w->options.loop, &w->timer, SYN_BLE_PATIENCE_NS, 0, on_late, w);
}

static void begin(struct bluez_way *w)
{
    w->step = READY;
    syn_loop_timer_stop(&w->timer);
    w->options.events.ready(w->options.events.ctx);
}

/* ---- descriptors ---- */

static void set_interest(struct bluez_way *w)
{
    bool both = w->out.fd < 0; /* one descriptor for both */
    struct pipe *out = both ? &w->in : &w->out;
    unsigned read = w->paused || w->in.connecting ? 0 : SYN_LOOP_READ;
    unsigned write = out->full || out->connecting ? SYN_LOOP_WRITE : 0;
    if (w->in.fd >= 0)
        syn_loop_watch_interest(&w->in.watch, read | (both ? write : 0));
    if (w->out.fd >= 0)
        syn_loop_watch_interest(&w->out.watch, SYN_LOOP_READ | write);
}

static void hear(struct bluez_way *w)
{
    uint8_t packet[SYN_L2CAP_SDU_MAX];
    for (int i = 0; i < PACKETS_PER_TURN && !w->over && !w->paused; i++) {
        ssize_t n = recv(w->in.fd, packet, sizeof packet, MSG_DONTWAIT);
        if (n > 0)
            w->options.events.received(w->options.events.ctx, packet, (size_t)n);
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        else
            broken(w, n < 0 ? errno : 0);
    }
}

static void tell_writable(struct bluez_way *w)
{
    struct pipe *p = w->out.fd >= 0 ? &w->out : &w->in;
    if (w->over || w->step != READY || !p->full)
        return;
    p->full = false;
    w->options.events.writable(w->options.events.ctx);
}

static void on_in(void *ctx, unsigned events)
{
    struct bluez_way *w = ctx;
    if (events & SYN_LOOP_READ)
        hear(w);
    if ((events & SYN_LOOP_WRITE) && w->out.fd < 0)
        tell_writable(w);
    set_interest(w);
}

/* Nothing is ever read there but its end. */
static void on_out(void *ctx, unsigned events)
{
    struct bluez_way *w = ctx;
    if (events & SYN_LOOP_HANGUP)
        broken(w, 0);
    else if (events & SYN_LOOP_WRITE)
        tell_writable(w);
    set_interest(w);
}

static void adopt(struct bluez_way *w, struct pipe *p, int fd, void (*ready)(void *, unsigned))
{
    p->fd = fd;
    syn_loop_watch_start(w->options.loop, &p->watch, fd, 0, ready, w);
    set_interest(w);
}

/* ---- data over GATT ---- */

/* "hq": a descriptor, which stays the message's, and the MTU. */
static int take_descriptor(sd_bus_message *reply, uint16_t *mtu)
{
    int fd = -1;
    if (sd_bus_message_read(reply, "hq", &fd, mtu) <= 0)
        return -1;
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static bool take_pipe(struct bluez_way *w, struct pipe *p, sd_bus_message *reply,
                      void (*ready)(void *, unsigned))
{
    uint16_t mtu = 0;
    int fd = take_descriptor(reply, &mtu);
    if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || mtu <= SYN_ATT_HEAD) {
        if (fd >= 0)
            (void)close(fd);
        broken(w, EPROTO);
        return false;
    }
    w->packet_max = mtu - (size_t)SYN_ATT_HEAD;
    adopt(w, p, fd, ready);
    return true;
}

static void on_write_acquired(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct bluez_way *w = ctx;
    if (error)
        fail_bus(w, error);
    else if (!w->over && take_pipe(w, &w->out, reply, on_out))
        begin(w);
}

/* Without a descriptor a packet is a call, and bluetoothd cuts nothing: the least MTU holds. */
static void open_writing(struct bluez_way *w)
{
    const struct syn_bluez_object *c = syn_bluez_object(syn_bluez_objects(w->bluez), w->data);
    enter(w, OPENING, "writing");
    if (c && c->acquires_write) {
        check_sent(w, syn_bluez_call(w->bluez, w->data, SYN_BLUEZ_CHARACTERISTIC, "AcquireWrite",
                                     on_write_acquired, "a{sv}", 0));
        return;
    }
    w->packet_max = SYN_ATT_MTU_MIN - SYN_ATT_HEAD;
    begin(w);
}

static void on_notify_acquired(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct bluez_way *w = ctx;
    if (error)
        fail_bus(w, error);
    else if (!w->over && take_pipe(w, &w->in, reply, on_in))
        open_writing(w);
}

static void on_notifying(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct bluez_way *w = ctx;
    (void)reply;
    if (error)
        fail_bus(w, error);
    else if (!w->over)
        open_writing(w);
}

static void open_gatt(struct bluez_way *w)
{
    const struct syn_bluez_object *c =
        syn_bluez_characteristic(syn_bluez_objects(w->bluez), w->device, SYN_UUID_SMP_DATA);
    struct syn_error error = {0};
    if (!c) {
        (void)syn_error_set(&error, SYN_EUNSUP, "the device has no SMP service");
        syn_error_hint(&error, "'ble scan' shows which devices offer SMP");
        fail(w, &error);
        return;
    }
    enter(w, OPENING, "subscribing");
    memcpy(w->data, c->path, sizeof w->data);
    check_sent(w, c->acquires_notify
                      ? syn_bluez_call(w->bluez, w->data, SYN_BLUEZ_CHARACTERISTIC, "AcquireNotify",
                                       on_notify_acquired, "a{sv}", 0)
                      : syn_bluez_call(w->bluez, w->data, SYN_BLUEZ_CHARACTERISTIC, "StartNotify",
                                       on_notifying, ""));
}

static void on_value(void *ctx, const struct syn_bluez_object *object, const uint8_t *data,
                     size_t size)
{
    struct bluez_way *w = ctx;
    if (!w->over && w->in.fd < 0 && w->data[0] && strcmp(object->path, w->data) == 0)
        w->options.events.received(w->options.events.ctx, data, size);
}

/* ---- data over a channel ---- */

static void without_channel(struct bluez_way *w, const char *why)
{
    struct syn_error error = {0};
    char note[160];
    shut(&w->in);
    w->in.connecting = false;
    if (w->options.target.via == SYN_BLE_VIA_COC) {
        (void)syn_error_set(&error, SYN_EUNSUP, "%s", why);
        syn_error_hint(&error, "leave out via=coc: GATT does as well");
        fail(w, &error);
        return;
    }
    (void)snprintf(note, sizeof note, "%s; data go by GATT", why);
    if (w->psm != 0)
        w->options.events.note(w->options.events.ctx, note);
    open_gatt(w);
}

static void on_channel(void *ctx, unsigned events)
{
    struct bluez_way *w = ctx;
    if (!w->in.connecting) {
        on_in(ctx, events);
        return;
    }
    int os_errno = w->options.l2cap->result(w->in.fd);
    w->in.connecting = false;
    if (os_errno) {
        char why[96];
        (void)snprintf(why, sizeof why, "the device's channel %u: %s", (unsigned)w->psm,
                       strerror(os_errno));
        without_channel(w, why);
        return;
    }
    w->packet_max = w->options.l2cap->packet_max(w->in.fd);
    w->channel = true;
    begin(w);
    set_interest(w);
}

static void open_channel(struct bluez_way *w)
{
    const struct syn_bluez_object *d = syn_bluez_object(syn_bluez_objects(w->bluez), w->device);
    struct syn_ble_target target = w->options.target;
    struct syn_error error = {0};
    const char *name = strrchr(w->adapter, '/'); /* "/hciN" */
    target.adapter = name ? (int)strtol(name + 4, NULL, 10) : -1;
    enter(w, OPENING, "channel");
    int fd = w->options.l2cap->connect(&target, w->address, d ? d->seen.type : SYN_BLE_PUBLIC,
                                       w->psm, &error);
    if (fd < 0) {
        without_channel(w, error.message);
        return;
    }
    w->in.connecting = true;
    adopt(w, &w->in, fd, on_channel);
}

static void on_psm(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct bluez_way *w = ctx;
    const void *bytes = NULL;
    size_t size = 0;
    if (w->over)
        return;
    if (!error && sd_bus_message_read_array(reply, 'y', &bytes, &size) > 0 && size >= 2)
        w->psm = syn_att_u16(bytes);
    if (w->psm == 0 || w->psm > PSM_MAX) {
        w->psm = 0;
        without_channel(w, "the device offers no channel for data");
    } else {
        open_channel(w);
    }
}

static void open_data(struct bluez_way *w)
{
    const struct syn_bluez_object *c =
        syn_bluez_characteristic(syn_bluez_objects(w->bluez), w->device, SYN_UUID_CHANNEL);
    if (w->options.target.via == SYN_BLE_VIA_GATT) {
        open_gatt(w);
    } else if (!c) {
        without_channel(w, "the device offers no channel for data");
    } else {
        enter(w, OPENING, "channel");
        check_sent(w, syn_bluez_call(w->bluez, c->path, SYN_BLUEZ_CHARACTERISTIC, "ReadValue",
                                     on_psm, "a{sv}", 0));
    }
}

/* ---- connecting ---- */

static void on_connected(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct bluez_way *w = ctx;
    (void)reply;
    if (w->over)
        return;
    if (error && strcmp(error->name, "org.bluez.Error.AlreadyConnected") != 0) {
        fail_bus(w, error);
        return;
    }
    const struct syn_bluez_object *d = syn_bluez_object(syn_bluez_objects(w->bluez), w->device);
    enter(w, RESOLVING, "the device's services");
    if (d && d->resolved)
        open_data(w);
}

static void connect_device(struct bluez_way *w)
{
    const struct syn_bluez_object *d = syn_bluez_object(syn_bluez_objects(w->bluez), w->device);
    enter(w, CONNECTING, "connecting");
    if (d && d->connected) {
        on_connected(w, NULL, NULL);
        return;
    }
    w->connected_by_us = true;
    check_sent(w,
               syn_bluez_call(w->bluez, w->device, SYN_BLUEZ_DEVICE, "Connect", on_connected, ""));
}

/* ---- finding ---- */

/* bluetoothd connects to nothing as long as it scans for us. */
static void on_quiet(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct bluez_way *w = ctx;
    (void)reply;
    (void)error;
    if (!w->over && w->step == QUIETING)
        connect_device(w);
}

static bool take_device(struct bluez_way *w)
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
    struct bluez_way *w = ctx;
    if (w->over)
        return;
    if (w->step == FINDING && object->kind == SYN_BLUEZ_IS_DEVICE && take_device(w)) {
        enter(w, QUIETING, "connecting");
        check_sent(w, syn_bluez_discover(w->bluez, w->adapter, false, on_quiet));
        return;
    }
    if (!w->device[0] || strcmp(object->path, w->device) != 0)
        return;
    if (w->step == RESOLVING && object->resolved)
        open_data(w);
    else if (w->step >= RESOLVING && !object->connected)
        broken(w, 0);
}

static void on_finding(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct bluez_way *w = ctx;
    (void)reply;
    if (error && !w->over && w->step == FINDING)
        fail_bus(w, error);
}

static void refuse_adapter(struct bluez_way *w, const struct syn_bluez_object *adapter)
{
    struct syn_error error = {0};
    if (!adapter)
        (void)syn_ble_trouble_socket(&error, ENODEV);
    else if (syn_ble_trouble_rfkill(&error, SYN_RFKILL_FOLDER) == 0)
        (void)syn_ble_trouble_bus(&error, "org.bluez.Error.NotReady", "", "connecting", "");
    fail(w, &error);
}

static void on_loaded(void *ctx)
{
    struct bluez_way *w = ctx;
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
    enter(w, FINDING, "scanning");
    check_sent(w, syn_bluez_discover(w->bluez, w->adapter, true, on_finding));
}

static void on_late(void *ctx)
{
    struct bluez_way *w = ctx;
    struct syn_error error = {0};
    if (w->step == QUIETING) { /* it scans on for somebody else */
        connect_device(w);
        return;
    }
    if (w->in.connecting) {
        without_channel(w, "the device's channel does not answer");
        return;
    }
    (void)syn_ble_trouble_absent(&error,
                                 w->step == FINDING      ? "the device was not heard"
                                 : w->step == CONNECTING ? "the device does not answer"
                                                         : "the device's services are not known",
                                 (double)SYN_BLE_PATIENCE_NS / 1e9);
    fail(w, &error);
}

/* ---- as a way ---- */

static void on_absent(void *ctx)
{
    struct bluez_way *w = ctx;
    struct syn_error error = {0};
    if (syn_ble_own.open(&w->own, &w->options, &error))
        fail(w, &error);
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    fail(ctx, error);
}

static void way_close(void *state)
{
    struct bluez_way *w = state;
    if (!w)
        return;
    w->over = true;
    if (w->own)
        syn_ble_own.close(w->own);
    if (w->bluez && w->connected_by_us)
        (void)syn_bluez_call(w->bluez, w->device, SYN_BLUEZ_DEVICE, "Disconnect", NULL, "");
    shut(&w->in);
    shut(&w->out);
    syn_loop_timer_stop(&w->timer);
    syn_bluez_close(w->bluez);
    free(w);
}

static int way_open(void **state, const struct syn_ble_options *options, struct syn_error *error)
{
    struct bluez_way *w = calloc(1, sizeof *w);
    *state = NULL;
    if (!w)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    const struct syn_bluez_events events = {.loaded = on_loaded,
                                            .absent = on_absent,
                                            .changed = on_changed,
                                            .value = on_value,
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

/* By call: a few may be on their way. */
static void on_written(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct bluez_way *w = ctx;
    (void)reply;
    w->calls -= w->calls > 0;
    if (error)
        fail_bus(w, error);
    else if (w->waits && !w->over) {
        w->waits = false;
        w->options.events.writable(w->options.events.ctx);
    }
}

static int send_by_call(struct bluez_way *w, const uint8_t *data, size_t size)
{
    if (w->calls >= CALLS_MAX) {
        w->waits = true;
        return 0;
    }
    if (syn_bluez_write(w->bluez, w->data, data, size, on_written))
        return SYN_ELINK;
    w->calls++;
    return (int)size;
}

static int way_send(void *state, const uint8_t *data, size_t size)
{
    struct bluez_way *w = state;
    struct pipe *p = w->out.fd >= 0 ? &w->out : &w->in;
    if (w->own)
        return syn_ble_own.send(w->own, data, size);
    if (w->over || w->step != READY)
        return w->over ? SYN_ELINK : 0;
    size = size < w->packet_max ? size : w->packet_max;
    if (!w->channel && w->out.fd < 0)
        return send_by_call(w, data, size);
    if (send(p->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        return (int)size;
    if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
        broken(w, errno);
        return SYN_ELINK;
    }
    p->full = true;
    set_interest(w);
    return 0;
}

static void way_pause(void *state, bool pause)
{
    struct bluez_way *w = state;
    if (w->own) {
        syn_ble_own.pause(w->own, pause);
        return;
    }
    w->paused = pause;
    set_interest(w);
}

const struct syn_ble_way syn_ble_way = {way_open, way_send, way_pause, way_close};
