/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Data on a connection of bluetoothd's: through the descriptors that it hands out for the SMP
 * characteristic (or, where it has none, by calls and signals), or through an LE channel of our own
 * beside its channels.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/ble/att.h"
#include "transports/ble/bluez_way.h"
#include "transports/ble/trouble.h"

enum { PACKETS_PER_TURN = 32, CALLS_MAX = 4, PSM_MAX = 0xff };

/* ---- descriptors ---- */

static void shut(struct syn_bluez_pipe *p)
{
    syn_loop_watch_stop(&p->watch);
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
}

void syn_bluez_data_shut(struct syn_bluez_way *w)
{
    shut(&w->in);
    shut(&w->out);
}

void syn_bluez_data_interest(struct syn_bluez_way *w)
{
    bool both = w->out.fd < 0; /* one descriptor for both */
    struct syn_bluez_pipe *out = both ? &w->in : &w->out;
    unsigned read = w->paused || w->in.connecting ? 0 : SYN_LOOP_READ;
    unsigned write = out->full || out->connecting ? SYN_LOOP_WRITE : 0;
    if (w->in.fd >= 0)
        syn_loop_watch_interest(&w->in.watch, read | (both ? write : 0));
    if (w->out.fd >= 0)
        syn_loop_watch_interest(&w->out.watch, SYN_LOOP_READ | write);
}

static void hear(struct syn_bluez_way *w)
{
    uint8_t packet[SYN_L2CAP_SDU_MAX];
    for (int i = 0; i < PACKETS_PER_TURN && !w->over && !w->paused; i++) {
        ssize_t n = recv(w->in.fd, packet, sizeof packet, MSG_DONTWAIT);
        if (n > 0)
            w->options.events.received(w->options.events.ctx, packet, (size_t)n);
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        else
            syn_bluez_way_broken(w, n < 0 ? errno : 0);
    }
}

static void tell_writable(struct syn_bluez_way *w)
{
    struct syn_bluez_pipe *p = w->out.fd >= 0 ? &w->out : &w->in;
    if (w->over || w->step != READY || !p->full)
        return;
    p->full = false;
    w->options.events.writable(w->options.events.ctx);
}

static void on_in(void *ctx, unsigned events)
{
    struct syn_bluez_way *w = ctx;
    if (events & SYN_LOOP_READ)
        hear(w);
    if ((events & SYN_LOOP_WRITE) && w->out.fd < 0)
        tell_writable(w);
    syn_bluez_data_interest(w);
}

/* Nothing is ever read there but its end. */
static void on_out(void *ctx, unsigned events)
{
    struct syn_bluez_way *w = ctx;
    if (events & SYN_LOOP_HANGUP)
        syn_bluez_way_broken(w, 0);
    else if (events & SYN_LOOP_WRITE)
        tell_writable(w);
    syn_bluez_data_interest(w);
}

static void adopt(struct syn_bluez_way *w, struct syn_bluez_pipe *p, int fd,
                  void (*ready)(void *, unsigned))
{
    p->fd = fd;
    syn_loop_watch_start(w->options.loop, &p->watch, fd, 0, ready, w);
    syn_bluez_data_interest(w);
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

static bool take_pipe(struct syn_bluez_way *w, struct syn_bluez_pipe *p, sd_bus_message *reply,
                      void (*ready)(void *, unsigned))
{
    uint16_t mtu = 0;
    int fd = take_descriptor(reply, &mtu);
    if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || mtu <= SYN_ATT_HEAD) {
        if (fd >= 0)
            (void)close(fd);
        syn_bluez_way_broken(w, EPROTO);
        return false;
    }
    w->packet_max = mtu - (size_t)SYN_ATT_HEAD;
    adopt(w, p, fd, ready);
    return true;
}

static void on_write_acquired(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct syn_bluez_way *w = ctx;
    if (error)
        syn_bluez_way_fail_bus(w, error);
    else if (!w->over && take_pipe(w, &w->out, reply, on_out))
        syn_bluez_way_begin(w);
}

/* Without a descriptor a packet is a call, and bluetoothd cuts nothing: where it does not tell the
 * MTU, the least one holds. */
static size_t call_max(const struct syn_bluez_object *c)
{
    size_t mtu = c && c->mtu > SYN_ATT_MTU_MIN ? c->mtu : SYN_ATT_MTU_MIN;
    return (mtu < SYN_ATT_MTU_MAX ? mtu : SYN_ATT_MTU_MAX) - SYN_ATT_HEAD;
}

static void open_writing(struct syn_bluez_way *w)
{
    const struct syn_bluez_object *c = syn_bluez_object(syn_bluez_objects(w->bluez), w->data);
    syn_bluez_way_enter(w, OPENING, "writing");
    if (c && c->acquires_write) {
        syn_bluez_way_check_sent(w, syn_bluez_call(w->bluez, w->data, SYN_BLUEZ_CHARACTERISTIC,
                                                   "AcquireWrite", on_write_acquired, "a{sv}", 0));
        return;
    }
    w->packet_max = call_max(c);
    syn_bluez_way_begin(w);
}

static void on_notify_acquired(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct syn_bluez_way *w = ctx;
    if (error)
        syn_bluez_way_fail_bus(w, error);
    else if (!w->over && take_pipe(w, &w->in, reply, on_in))
        open_writing(w);
}

static void on_notifying(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct syn_bluez_way *w = ctx;
    (void)reply;
    if (error)
        syn_bluez_way_fail_bus(w, error);
    else if (!w->over)
        open_writing(w);
}

static void open_gatt(struct syn_bluez_way *w)
{
    const struct syn_bluez_object *c =
        syn_bluez_characteristic(syn_bluez_objects(w->bluez), w->device, SYN_UUID_SMP_DATA);
    struct syn_error error = {0};
    if (!c) {
        (void)syn_error_set(&error, SYN_EUNSUP, "the device has no SMP service");
        syn_error_hint(&error, "'ble scan' shows which devices offer SMP");
        syn_bluez_way_fail(w, &error);
        return;
    }
    syn_bluez_way_enter(w, OPENING, "subscribing");
    memcpy(w->data, c->path, sizeof w->data);
    syn_bluez_way_check_sent(
        w, c->acquires_notify ? syn_bluez_call(w->bluez, w->data, SYN_BLUEZ_CHARACTERISTIC,
                                               "AcquireNotify", on_notify_acquired, "a{sv}", 0)
                              : syn_bluez_call(w->bluez, w->data, SYN_BLUEZ_CHARACTERISTIC,
                                               "StartNotify", on_notifying, ""));
}

void syn_bluez_data_value(void *ctx, const struct syn_bluez_object *object, const uint8_t *data,
                          size_t size)
{
    struct syn_bluez_way *w = ctx;
    if (!w->over && w->in.fd < 0 && w->data[0] && strcmp(object->path, w->data) == 0)
        w->options.events.received(w->options.events.ctx, data, size);
}

/* ---- data over a channel ---- */

void syn_bluez_data_without_channel(struct syn_bluez_way *w, const char *why)
{
    struct syn_error error = {0};
    char note[160];
    shut(&w->in);
    w->in.connecting = false;
    if (w->options.target.via == SYN_BLE_VIA_COC) {
        (void)syn_error_set(&error, SYN_EUNSUP, "%s", why);
        syn_error_hint(&error, "leave out via=coc: GATT does as well");
        syn_bluez_way_fail(w, &error);
        return;
    }
    (void)snprintf(note, sizeof note, "%s; data go by GATT", why);
    if (w->psm != 0)
        w->options.events.note(w->options.events.ctx, note);
    open_gatt(w);
}

static void on_channel(void *ctx, unsigned events)
{
    struct syn_bluez_way *w = ctx;
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
        syn_bluez_data_without_channel(w, why);
        return;
    }
    w->packet_max = w->options.l2cap->packet_max(w->in.fd);
    w->channel = true;
    syn_bluez_way_begin(w);
    syn_bluez_data_interest(w);
}

static void open_channel(struct syn_bluez_way *w)
{
    const struct syn_bluez_object *d = syn_bluez_object(syn_bluez_objects(w->bluez), w->device);
    struct syn_ble_target target = w->options.target;
    struct syn_error error = {0};
    const char *name = strrchr(w->adapter, '/'); /* "/hciN" */
    target.adapter = name ? (int)strtol(name + 4, NULL, 10) : -1;
    syn_bluez_way_enter(w, OPENING, "channel");
    int fd = w->options.l2cap->connect(&target, w->address, d ? d->seen.type : SYN_BLE_PUBLIC,
                                       w->psm, &error);
    if (fd < 0) {
        syn_bluez_data_without_channel(w, error.message);
        return;
    }
    w->in.connecting = true;
    adopt(w, &w->in, fd, on_channel);
}

static void on_psm(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct syn_bluez_way *w = ctx;
    const void *bytes = NULL;
    size_t size = 0;
    if (w->over)
        return;
    if (!error && sd_bus_message_read_array(reply, 'y', &bytes, &size) > 0 && size >= 2)
        w->psm = syn_att_u16(bytes);
    if (w->psm == 0 || w->psm > PSM_MAX) {
        w->psm = 0;
        syn_bluez_data_without_channel(w, "the device offers no channel for data");
    } else {
        open_channel(w);
    }
}

void syn_bluez_data_open(struct syn_bluez_way *w)
{
    const struct syn_bluez_object *c =
        syn_bluez_characteristic(syn_bluez_objects(w->bluez), w->device, SYN_UUID_CHANNEL);
    if (w->options.target.via == SYN_BLE_VIA_GATT) {
        open_gatt(w);
    } else if (!c) {
        syn_bluez_data_without_channel(w, "the device offers no channel for data");
    } else {
        syn_bluez_way_enter(w, OPENING, "channel");
        syn_bluez_way_check_sent(w, syn_bluez_call(w->bluez, c->path, SYN_BLUEZ_CHARACTERISTIC,
                                                   "ReadValue", on_psm, "a{sv}", 0));
    }
}

/* ---- sending ---- */

/* By call: a few may be on their way. */
static void on_written(void *ctx, sd_bus_message *reply, const sd_bus_error *error)
{
    struct syn_bluez_way *w = ctx;
    (void)reply;
    w->calls -= w->calls > 0;
    if (error)
        syn_bluez_way_fail_bus(w, error);
    else if (w->waits && !w->over) {
        w->waits = false;
        w->options.events.writable(w->options.events.ctx);
    }
}

static int send_by_call(struct syn_bluez_way *w, const uint8_t *data, size_t size)
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

int syn_bluez_data_send(struct syn_bluez_way *w, const uint8_t *data, size_t size)
{
    struct syn_bluez_pipe *p = w->out.fd >= 0 ? &w->out : &w->in;
    if (w->over || w->step != READY)
        return w->over ? SYN_ELINK : 0;
    size = size < w->packet_max ? size : w->packet_max;
    if (!w->channel && w->out.fd < 0)
        return send_by_call(w, data, size);
    if (send(p->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        return (int)size;
    if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
        syn_bluez_way_broken(w, errno);
        return SYN_ELINK;
    }
    p->full = true;
    syn_bluez_data_interest(w);
    return 0;
}
