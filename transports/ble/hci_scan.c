/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scanning by HCI commands on a raw socket. A controller with extended advertising must not be
 * given legacy commands beside those that the kernel gives it, so it is asked first which it is.
 */
#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/hci_lib.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/ble/l2cap.h"
#include "transports/ble/scanner.h"
#include "transports/ble/trouble.h"

#define COMMAND_NS 2000000000LL

enum { EVENTS_PER_TURN = 32, EXTENDED_BYTE = 1, EXTENDED_BIT = 0x10 /* feature 12 */ };

enum { READ_FEATURES = 0x2003 };

/* 10 ms of every 10 ms, active; extended: the same on the 1M PHY. */
static const uint8_t legacy_setup[] = {1, 0x10, 0, 0x10, 0, 0, 0},
                     extended_setup[] = {0, 0, 1, 1, 0x10, 0, 0x10, 0}, legacy_on[] = {1, 1},
                     legacy_off[] = {0, 0}, extended_on[] = {1, 1, 0, 0, 0, 0},
                     extended_off[] = {0, 0, 0, 0, 0, 0};

/* In the order in which they are given; those of both kinds of controller side by side. */
enum step { FEATURES, BEFORE, SETUP, ON, SCANNING, OFF };

static const struct command {
    uint16_t opcode;
    uint8_t size;
    const uint8_t *parameters;
} commands[2][6] = {
    {[FEATURES] = {READ_FEATURES, 0, NULL},
     [BEFORE] = {0x200c, sizeof legacy_off, legacy_off},
     [SETUP] = {0x200b, sizeof legacy_setup, legacy_setup},
     [ON] = {0x200c, sizeof legacy_on, legacy_on},
     [OFF] = {0x200c, sizeof legacy_off, legacy_off}},
    {[FEATURES] = {READ_FEATURES, 0, NULL},
     [BEFORE] = {0x2042, sizeof extended_off, extended_off},
     [SETUP] = {0x2041, sizeof extended_setup, extended_setup},
     [ON] = {0x2042, sizeof extended_on, extended_on},
     [OFF] = {0x2042, sizeof extended_off, extended_off}},
};

struct hci_scan {
    struct syn_ble_scan_options options;
    struct syn_loop_watch watch;
    struct syn_loop_timer timer; /* of the command that is on its way */
    int fd;
    enum step step;
    bool extended, stop, over;
};

/* ---- the end ---- */

static void end(struct hci_scan *s, const struct syn_error *error)
{
    if (s->over)
        return;
    s->over = true;
    syn_loop_watch_stop(&s->watch);
    syn_loop_timer_stop(&s->timer);
    s->options.ended(s->options.ctx, error);
}

static void fail_os(struct hci_scan *s, int os_errno)
{
    struct syn_error error = {0};
    (void)syn_ble_trouble_socket(&error, os_errno);
    end(s, &error);
}

/* ---- commands ---- */

static int send_command(const struct hci_scan *s, const struct command *c)
{
    uint8_t packet[1 + HCI_COMMAND_HDR_SIZE + 8] = {HCI_COMMAND_PKT, (uint8_t)c->opcode,
                                                    (uint8_t)(c->opcode >> 8), c->size};
    if (c->size > 0)
        memcpy(packet + 4, c->parameters, c->size);
    return write(s->fd, packet, 4u + c->size) < 0 ? errno : 0;
}

static void on_late(void *ctx)
{
    struct syn_error error = {0};
    (void)syn_error_set(&error, SYN_ETIMEOUT, "the Bluetooth adapter does not answer");
    syn_error_hint(&error, "unplug it and plug it in again");
    end(ctx, &error);
}

static void enter(struct hci_scan *s, enum step step)
{
    s->step = step;
    if (step == SCANNING) {
        syn_loop_timer_stop(&s->timer);
        return;
    }
    syn_loop_timer_start(s->options.loop, &s->timer, COMMAND_NS, 0, on_late, s);
    int os_errno = send_command(s, &commands[s->extended][step]);
    if (os_errno)
        fail_os(s, os_errno);
}

/* That scanning cannot be ended which was not begun, or that features are not told, is no trouble.
 */
static bool may_fail(enum step step)
{
    return step == FEATURES || step == BEFORE || step == OFF;
}

static void command_ended(struct hci_scan *s, uint8_t status, const uint8_t *result, size_t size)
{
    struct syn_error error = {0};
    if (status != 0 && !may_fail(s->step)) {
        (void)syn_ble_trouble_hci(&error, status, "scanning");
        end(s, &error);
        return;
    }
    if (s->step == FEATURES && status == 0 && size > EXTENDED_BYTE)
        s->extended = result[EXTENDED_BYTE] & EXTENDED_BIT;
    if (s->step == OFF)
        end(s, NULL);
    else
        enter(s, s->stop && s->step != FEATURES ? OFF : s->step + 1);
}

/* ---- events ---- */

static void take_event(struct hci_scan *s, const uint8_t *packet, size_t size)
{
    const struct command *c = &commands[s->extended][s->step];
    if (size < 3 || packet[0] != HCI_EVENT_PKT || packet[2] != size - 3)
        return;
    const uint8_t *p = packet + 3;
    size -= 3;
    if (packet[1] == EVT_LE_META_EVENT) {
        if (syn_ble_advert_take(s->options.list, p, size) > 0)
            s->options.changed(s->options.ctx);
    } else if (packet[1] == EVT_CMD_COMPLETE && size >= 4 && (p[1] | p[2] << 8) == c->opcode) {
        command_ended(s, p[3], p + 4, size - 4);
    } else if (packet[1] == EVT_CMD_STATUS && size >= 4 && p[0] != 0 &&
               (p[2] | p[3] << 8) == c->opcode) {
        command_ended(s, p[0], p + 4, 0);
    }
}

static void on_readable(void *ctx, unsigned events)
{
    struct hci_scan *s = ctx;
    uint8_t packet[1 + HCI_MAX_EVENT_SIZE];
    (void)events;
    for (int i = 0; i < EVENTS_PER_TURN && !s->over; i++) {
        ssize_t n = read(s->fd, packet, sizeof packet);
        if (n > 0)
            take_event(s, packet, (size_t)n);
        else if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        else
            fail_os(s, n < 0 ? errno : ENODEV);
    }
}

/* ---- as a scanner ---- */

static int prepare(int fd)
{
    struct hci_filter filter;
    hci_filter_clear(&filter);
    hci_filter_set_ptype(HCI_EVENT_PKT, &filter);
    hci_filter_set_event(EVT_CMD_COMPLETE, &filter);
    hci_filter_set_event(EVT_CMD_STATUS, &filter);
    hci_filter_set_event(EVT_LE_META_EVENT, &filter);
    if (setsockopt(fd, SOL_HCI, HCI_FILTER, &filter, sizeof filter) < 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return errno;
    return 0;
}

static void scan_close(void *state)
{
    struct hci_scan *s = state;
    if (!s)
        return;
    if (!s->over && s->step >= ON)
        (void)send_command(s, &commands[s->extended][OFF]);
    syn_loop_watch_stop(&s->watch);
    syn_loop_timer_stop(&s->timer);
    (void)close(s->fd);
    free(s);
}

static int scan_open(void **state, const struct syn_ble_scan_options *options,
                     struct syn_error *error)
{
    *state = NULL;
    int adapter = syn_l2cap_adapter(options->adapter, error);
    if (adapter < 0)
        return adapter;
    struct hci_scan *s = calloc(1, sizeof *s);
    if (!s)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    s->options = *options;
    s->fd = hci_open_dev(adapter);
    int os_errno = s->fd < 0 ? errno : prepare(s->fd);
    if (os_errno == 0)
        os_errno = send_command(s, &commands[0][FEATURES]);
    if (os_errno) {
        if (s->fd >= 0)
            (void)close(s->fd);
        free(s);
        return syn_ble_trouble_socket(error, os_errno);
    }
    syn_loop_watch_start(options->loop, &s->watch, s->fd, SYN_LOOP_READ, on_readable, s);
    syn_loop_timer_start(options->loop, &s->timer, COMMAND_NS, 0, on_late, s);
    *state = s;
    return 0;
}

static void scan_stop(void *state)
{
    struct hci_scan *s = state;
    s->stop = true;
    if (s->step == SCANNING && !s->over)
        enter(s, OFF);
}

const struct syn_ble_scanner syn_ble_hci_scanner = {scan_open, scan_stop, scan_close};
