/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By sockets of our own, where no bluetoothd holds the adapter: the attribute channel, GATT on it,
 * and beside it the LE channel that our agents offer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/ble/find.h"
#include "transports/ble/gatt.h"
#include "transports/ble/trouble.h"
#include "transports/ble/way.h"

enum { PACKETS_PER_TURN = 32 };

static const int64_t again_ns = 100000000; /* pause before connecting once more */

struct pipe {
    int fd; /* -1: closed */
    struct syn_loop_watch watch;
    bool connecting;
    bool full; /* somebody waits until it can be written */
};

struct own {
    struct syn_ble_options options;
    struct syn_ble_find *find; /* where only the name is known, or not the type of the address */
    struct syn_gatt gatt;
    struct syn_gatt_events gatt_events;
    struct pipe att, channel;
    struct syn_loop_timer timer;
    int64_t connect_by_ns;
    size_t channel_max; /* longest packet */
    uint16_t psm;
    bool ready, paused, over;
};

/* ---- the end ---- */

static void shut(struct pipe *p)
{
    syn_loop_watch_stop(&p->watch);
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
}

static void shut_all(struct own *o)
{
    shut(&o->channel);
    shut(&o->att);
    syn_loop_timer_stop(&o->timer);
}

static void fail(struct own *o, const struct syn_error *error)
{
    if (o->over)
        return;
    o->over = true;
    shut_all(o);
    o->options.events.failed(o->options.events.ctx, error);
}

static void broken(struct own *o, int os_errno)
{
    struct syn_error error = {0};
    (void)syn_ble_trouble_broken(&error, os_errno);
    fail(o, &error);
}

/* ---- what is waited for ---- */

static bool by_channel(const struct own *o)
{
    return o->channel.fd >= 0 && !o->channel.connecting;
}

static unsigned interest_of(const struct pipe *p, bool paused, bool output)
{
    if (p->connecting)
        return SYN_LOOP_WRITE;
    return (paused ? 0 : SYN_LOOP_READ) | (p->full || output ? SYN_LOOP_WRITE : 0);
}

static void on_timer(void *ctx);

static void set_timer(struct own *o)
{
    bool connecting = o->att.connecting || o->channel.connecting;
    int64_t by = connecting ? o->connect_by_ns : syn_att_client_deadline(&o->gatt.att);
    int64_t now = syn_loop_now();
    if (by == INT64_MAX)
        syn_loop_timer_stop(&o->timer);
    else
        syn_loop_timer_start(o->options.loop, &o->timer, by > now ? by - now : 0, 0, on_timer, o);
}

static void set_interest(struct own *o)
{
    const uint8_t *pdu;
    if (o->over || o->att.fd < 0)
        return;
    bool output = !o->att.connecting && syn_att_client_output(&o->gatt.att, &pdu) > 0;
    if (o->channel.fd >= 0)
        syn_loop_watch_interest(&o->channel.watch, interest_of(&o->channel, o->paused, false));
    syn_loop_watch_interest(&o->att.watch,
                            interest_of(&o->att, o->paused && !by_channel(o), output));
    set_timer(o);
}

/* ---- connecting ---- */

static int connect_pipe(struct own *o, struct pipe *p, uint16_t psm,
                        void (*ready)(void *, unsigned), struct syn_error *error)
{
    const struct syn_ble_target *t = &o->options.target;
    int fd = o->options.l2cap->connect(t, t->address, t->type, psm, error);
    if (fd < 0)
        return fd;
    p->fd = fd;
    p->connecting = true;
    o->connect_by_ns = syn_loop_now() + SYN_BLE_PATIENCE_NS;
    syn_loop_watch_start(o->options.loop, &p->watch, fd, SYN_LOOP_WRITE, ready, o);
    return 0;
}

static void begin(struct own *o)
{
    o->ready = true;
    o->options.events.ready(o->options.events.ctx);
}

/* ---- the attribute channel ---- */

static void on_att(void *ctx, unsigned events);

/* Sends what the client has to say; false when that was the end. */
static bool say(struct own *o)
{
    const uint8_t *pdu;
    size_t size;
    while ((size = syn_att_client_output(&o->gatt.att, &pdu)) > 0) {
        ssize_t n = send(o->att.fd, pdu, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (n < 0) {
            broken(o, errno);
            return false;
        }
        syn_att_client_sent(&o->gatt.att, syn_loop_now());
    }
    return true;
}

static void hear(struct own *o)
{
    uint8_t pdu[SYN_ATT_MTU_MAX + 1];
    for (int i = 0; i < PACKETS_PER_TURN && !o->over && (!o->paused || by_channel(o)); i++) {
        ssize_t n = recv(o->att.fd, pdu, sizeof pdu, MSG_DONTWAIT);
        if (n > 0)
            syn_att_client_receive(&o->gatt.att, pdu, (size_t)n);
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        else
            broken(o, n < 0 ? errno : 0);
    }
}

static bool is_old_one_ending(const struct own *o, int os_errno)
{
    return (os_errno == ECONNABORTED || os_errno == ENOTCONN || os_errno == EIO) &&
           syn_loop_now() + again_ns < o->connect_by_ns;
}

static void connect_again(struct own *o)
{
    const int64_t by_ns = o->connect_by_ns;
    struct syn_error error = {0};
    if (connect_pipe(o, &o->att, SYN_L2CAP_PSM_ATT, on_att, &error))
        fail(o, &error);
    o->connect_by_ns = by_ns;
}

/* The kernel ends a connection that nobody uses two seconds later, and who connects just then is
 * given it. */
static void on_connected(struct own *o)
{
    struct syn_error error = {0};
    int os_errno = o->options.l2cap->result(o->att.fd);
    if (is_old_one_ending(o, os_errno)) {
        shut(&o->att);
        syn_loop_timer_start(o->options.loop, &o->timer, again_ns, 0, on_timer, o);
        return;
    }
    if (os_errno) {
        (void)syn_ble_trouble_connect(&error, os_errno, o->options.target.address);
        fail(o, &error);
        return;
    }
    o->att.connecting = false;
    syn_gatt_begin(&o->gatt, &o->gatt_events, o->options.target.address,
                   o->options.target.via != SYN_BLE_VIA_GATT);
}

static void tell_writable(struct own *o, struct pipe *p)
{
    if (o->over || !p->full || !o->ready)
        return;
    p->full = false;
    o->options.events.writable(o->options.events.ctx);
}

static void on_att(void *ctx, unsigned events)
{
    struct own *o = ctx;
    if (o->att.connecting)
        on_connected(o);
    else if (events & SYN_LOOP_READ)
        hear(o);
    if (!o->over && !o->att.connecting && say(o) && (events & SYN_LOOP_WRITE))
        tell_writable(o, &o->att);
    set_interest(o);
}

/* ---- the channel for data ---- */

static void on_channel(void *ctx, unsigned events);

static void without_channel(struct own *o, const char *why)
{
    struct syn_error error = {0};
    shut(&o->channel);
    o->channel.connecting = false;
    if (o->options.target.via != SYN_BLE_VIA_COC) {
        char note[128];
        (void)snprintf(note, sizeof note, "%s; data go by GATT", why);
        if (o->psm != 0)
            o->options.events.note(o->options.events.ctx, note);
        syn_gatt_subscribe(&o->gatt);
        return;
    }
    (void)syn_error_set(&error, SYN_EUNSUP, "%s", why);
    syn_error_hint(&error, "leave out via=coc: GATT does as well");
    fail(o, &error);
}

static void refused(struct own *o, const char *why)
{
    char text[96];
    (void)snprintf(text, sizeof text, "the device's channel %u: %s", (unsigned)o->psm, why);
    without_channel(o, text);
}

static void on_offer(void *ctx, uint16_t psm)
{
    struct own *o = ctx;
    struct syn_error error = {0};
    o->psm = psm;
    if (psm == 0)
        without_channel(o, "the device offers no channel for data");
    else if (connect_pipe(o, &o->channel, psm, on_channel, &error))
        refused(o, error.message);
}

static void hear_channel(struct own *o)
{
    uint8_t packet[SYN_L2CAP_SDU_MAX];
    for (int i = 0; i < PACKETS_PER_TURN && !o->over && !o->paused; i++) {
        ssize_t n = recv(o->channel.fd, packet, sizeof packet, MSG_DONTWAIT);
        if (n > 0)
            o->options.events.received(o->options.events.ctx, packet, (size_t)n);
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        else
            broken(o, n < 0 ? errno : 0);
    }
}

static void on_channel_connected(struct own *o)
{
    int os_errno = o->options.l2cap->result(o->channel.fd);
    if (os_errno) {
        refused(o, strerror(os_errno));
        return;
    }
    o->channel.connecting = false;
    o->channel_max = o->options.l2cap->packet_max(o->channel.fd);
    begin(o);
}

static void on_channel(void *ctx, unsigned events)
{
    struct own *o = ctx;
    if (o->channel.connecting) {
        on_channel_connected(o);
        if (!o->over)
            (void)say(o); /* going on by GATT begins with a request */
    } else {
        if (events & SYN_LOOP_READ)
            hear_channel(o);
        if (events & SYN_LOOP_WRITE)
            tell_writable(o, &o->channel);
    }
    set_interest(o);
}

/* ---- time ---- */

static void on_timer(void *ctx)
{
    struct own *o = ctx;
    struct syn_error error = {0};
    if (o->att.fd < 0) {
        connect_again(o);
        set_interest(o);
        return;
    }
    if (o->att.connecting) {
        (void)syn_ble_trouble_absent(&error, "the device does not answer",
                                     (double)SYN_BLE_PATIENCE_NS / 1e9);
        fail(o, &error);
    } else if (o->channel.connecting) {
        refused(o, "no answer");
    } else {
        syn_att_client_expire(&o->gatt.att, syn_loop_now());
    }
    if (!o->over)
        (void)say(o);
    set_interest(o);
}

/* ---- finding it first ---- */

static void on_found(void *ctx, const struct syn_ble_seen *seen)
{
    struct own *o = ctx;
    struct syn_error error = {0};
    (void)snprintf(o->options.target.address, sizeof o->options.target.address, "%s",
                   seen->address);
    o->options.target.type = seen->type;
    o->options.events.found(o->options.events.ctx, seen->address, seen->type);
    if (connect_pipe(o, &o->att, SYN_L2CAP_PSM_ATT, on_att, &error))
        fail(o, &error);
    set_interest(o);
}

/* Who may not scan may connect all the same. */
static void hint_at_type(const struct own *o, struct syn_error *error)
{
    if (error && error->code == SYN_EACCESS)
        syn_error_hint(error,
                       "say which address it has: ble:%s?type=public or random; to look for it, "
                       "start bluetoothd, or: sudo setcap cap_net_raw,cap_net_admin+ep $(command "
                       "-v synergy)",
                       o->options.target.address[0] ? o->options.target.address : "ADDR");
}

static void on_not_found(void *ctx, const struct syn_error *error)
{
    struct own *o = ctx;
    struct syn_error why = *error;
    hint_at_type(o, &why);
    fail(o, &why);
}

static int find(struct own *o, struct syn_error *error)
{
    const struct syn_ble_find_options options = {.loop = o->options.loop,
                                                 .scanner = o->options.scanner,
                                                 .target = &o->options.target,
                                                 .patience_ns = SYN_BLE_PATIENCE_NS,
                                                 .found = on_found,
                                                 .failed = on_not_found,
                                                 .ctx = o};
    int rc = syn_ble_find_start(&o->find, &options, error);
    if (rc)
        hint_at_type(o, error);
    return rc;
}

/* ---- as a way ---- */

static void on_gatt_ready(void *ctx)
{
    begin(ctx);
}

static void on_gatt_received(void *ctx, const uint8_t *packet, size_t size)
{
    struct own *o = ctx;
    o->options.events.received(o->options.events.ctx, packet, size);
}

static void on_gatt_failed(void *ctx, const struct syn_error *error)
{
    fail(ctx, error);
}

/* The connection stays for a while, and with it the subscription: it would hold one of the device's
 * few links. Nobody waits for the answer. */
static void unsubscribe(const struct own *o)
{
    uint8_t pdu[SYN_GATT_LEAVE];
    if (o->ready && !o->over && syn_gatt_leave(&o->gatt, pdu) > 0)
        (void)send(o->att.fd, pdu, sizeof pdu, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void own_close(void *state)
{
    struct own *o = state;
    if (!o)
        return;
    unsubscribe(o);
    shut_all(o);
    syn_ble_find_free(o->find);
    free(o);
}

static int own_open(void **state, const struct syn_ble_options *options, struct syn_error *error)
{
    struct own *o = calloc(1, sizeof *o);
    *state = NULL;
    if (!o)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    o->options = *options;
    o->att.fd = o->channel.fd = -1;
    o->gatt_events = (struct syn_gatt_events){.channel = on_offer,
                                              .ready = on_gatt_ready,
                                              .received = on_gatt_received,
                                              .failed = on_gatt_failed,
                                              .ctx = o};
    int rc = options->target.address[0] && options->target.type != SYN_BLE_ANY
                 ? connect_pipe(o, &o->att, SYN_L2CAP_PSM_ATT, on_att, error)
                 : find(o, error);
    if (rc) {
        own_close(o);
        return rc;
    }
    set_interest(o);
    *state = o;
    return 0;
}

static int own_send(void *state, const uint8_t *data, size_t size)
{
    struct own *o = state;
    uint8_t pdu[SYN_ATT_MTU_MAX];
    bool channel = by_channel(o);
    struct pipe *p = channel ? &o->channel : &o->att;
    size_t most = channel ? o->channel_max : syn_gatt_packet_max(&o->gatt);
    if (o->over || !o->ready)
        return o->over ? SYN_ELINK : 0;
    size = size < most ? size : most;
    ssize_t n = channel ? send(p->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT)
                        : send(p->fd, pdu, syn_gatt_packet(&o->gatt, data, size, pdu),
                               MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0)
        return (int)size;
    if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) {
        p->full = true;
        set_interest(o);
        return 0;
    }
    broken(o, errno);
    return SYN_ELINK;
}

static void own_pause(void *state, bool pause)
{
    struct own *o = state;
    o->paused = pause;
    set_interest(o);
}

const struct syn_ble_way syn_ble_own = {own_open, own_send, own_pause, own_close};
