/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an LE channel to a device of ours carries by itself: messages of the length of an upload's,
 * which are no requests, so that the device takes them and does nothing else, by a socket of this
 * kernel, as many at once as it holds. The last is a request; the time ends with its answer, when
 * the device has taken them all. Prints one row. scripts/bench ble compares it with uploads.
 *
 * --bytes is rounded up to whole messages.
 *
 * usage: bench_channel [--json] [--bytes N] [--message N] ble:ADDR?type=random
 */
#include "core/base/loop.h"
#include "devices/ble/port.h"
#include "devices/wire/smp.h"
#include "transports/ble/l2cap.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, USAGE_EXIT = 2 };

struct options {
    bool json;
    size_t bytes, message;
    struct syn_ble_target target;
};

/* Waits for `events` on the channel; a channel that stands still is an error. */
static int await(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    int rc = poll(&p, 1, PATIENCE_MS);
    if (rc == 0)
        errno = ETIMEDOUT;
    return rc > 0 ? 0 : -1;
}

static int connect_to(const struct options *o, struct syn_error *error)
{
    int fd = syn_l2cap_kernel.connect(&o->target, o->target.address, o->target.type,
                                      SYN_BLE_PSM_HOST, error);
    if (fd < 0)
        return fd;
    int rc = await(fd, POLLOUT) ? errno : syn_l2cap_kernel.result(fd);
    if (rc == 0)
        return fd;
    (void)close(fd);
    return syn_error_os(error, rc, "%s", o->target.address);
}

static int put(int fd, const uint8_t *message, size_t size)
{
    while (send(fd, message, size, MSG_NOSIGNAL) < 0)
        if (errno != EAGAIN || await(fd, POLLOUT))
            return -1;
    return 0;
}

/* An answer that nobody waits for; its header is all that is read. */
static void make_message(uint8_t *message, size_t size)
{
    memset(message, 0, size);
    syn_smp_put_header(message,
                       &(struct syn_smp_header){.version = 1,
                                                .op = SYN_SMP_WRITE_RSP,
                                                .length = (uint16_t)(size - SYN_SMP_HEADER),
                                                .group = SYN_GROUP_OS,
                                                .id = SYN_OS_ECHO});
}

/* Returns once the device has taken all that was sent before. */
static int await_end(int fd)
{
    static const uint8_t map[] = {0xa1, 0x61, 'd', 0x61, 'x'}; /* {"d": "x"} */
    uint8_t message[SYN_SMP_HEADER + sizeof map], answer[SYN_L2CAP_SDU_MAX];
    syn_smp_put_header(message, &(struct syn_smp_header){.version = 1,
                                                         .op = SYN_SMP_WRITE,
                                                         .length = sizeof map,
                                                         .group = SYN_GROUP_OS,
                                                         .id = SYN_OS_ECHO,
                                                         .seq = 1});
    memcpy(message + SYN_SMP_HEADER, map, sizeof map);
    if (put(fd, message, sizeof message) || await(fd, POLLIN))
        return -1;
    return recv(fd, answer, sizeof answer, 0) > 0 ? 0 : -1;
}

/* Fills the time in seconds. */
static int carry(int fd, const struct options *o, double *seconds)
{
    uint8_t message[SYN_L2CAP_SDU_MAX];
    make_message(message, o->message);
    if (await_end(fd)) /* connected, at both ends */
        return -1;
    int64_t start_ns = syn_loop_now();
    for (size_t at = 0; at < o->bytes; at += o->message)
        if (put(fd, message, o->message))
            return -1;
    int rc = await_end(fd);
    *seconds = (double)(syn_loop_now() - start_ns) / 1e9;
    return rc;
}

static int run(const struct options *o)
{
    struct syn_error error = {0};
    double seconds = 0;
    int fd = connect_to(o, &error);
    if (fd < 0) {
        (void)fprintf(stderr, "bench_channel: %s\n", error.message);
        return 1;
    }
    int rc = carry(fd, o, &seconds);
    if (rc)
        perror("bench_channel");
    else
        printf(o->json ? "{\"address\":\"%s\",\"message_bytes\":%zu,\"bytes\":%zu,"
                         "\"seconds\":%.6f,\"bytes_per_s\":%.1f}\n"
                       : "%s: messages of %zu: %zu bytes in %.3f s, %.0f bytes/s\n",
               o->target.address, o->message, o->bytes, seconds, (double)o->bytes / seconds);
    (void)close(fd);
    return rc ? 1 : 0;
}

static int refuse(void)
{
    (void)fputs("usage: bench_channel [--json] [--bytes N] [--message N] ble:ADDR?type=random\n",
                stderr);
    return USAGE_EXIT;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"json", 0, NULL, 'j'},
                                          {"bytes", 1, NULL, 'b'},
                                          {"message", 1, NULL, 'm'},
                                          {NULL, 0, NULL, 0}};
    struct options o = {.bytes = 442368, .message = 2048};
    struct syn_error error = {0};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'j')
            o.json = true;
        else if (option == 'b')
            o.bytes = strtoull(optarg, NULL, 10);
        else if (option == 'm')
            o.message = strtoull(optarg, NULL, 10);
        else
            return refuse();
    }
    if (o.message >= SYN_SMP_HEADER) /* whole ones */
        o.bytes = (o.bytes + o.message - 1) / o.message * o.message;
    if (optind + 1 != argc || strncmp(argv[optind], "ble:", 4) != 0 || o.bytes == 0 ||
        o.message < SYN_SMP_HEADER || o.message > SYN_L2CAP_SDU_MAX)
        return refuse();
    if (syn_ble_target_parse(&o.target, argv[optind] + 4, &error)) {
        (void)fprintf(stderr, "bench_channel: %s\n", error.message);
        return 1;
    }
    return run(&o);
}
