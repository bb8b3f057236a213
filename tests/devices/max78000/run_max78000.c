/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run_max78000 BOOT IMAGE: a MAX78000 with a boot loader and an image in slot 0, whose UART0 is
 * standard input and output. It keeps to the time of the host where it can; errors go to standard
 * error. */
#include "tests/devices/max78000/machine.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { SLICE_NS = 1000000, PIECE = 4096 };

static int64_t host_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * MACHINE_SECOND + t.tv_nsec;
}

/* Waits for the host's clock, or for bytes; false at their end. */
static bool take(struct machine *m, int64_t wait_ns)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    uint8_t bytes[PIECE];
    int ms = wait_ns > 0 ? (int)(wait_ns / 1000000) : 0;
    if (poll(&p, 1, ms) <= 0 || !(p.revents & (POLLIN | POLLHUP)))
        return true;
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n > 0)
        machine_send(m, 0, bytes, (size_t)n);
    return n > 0;
}

static bool give(struct machine *m)
{
    uint8_t bytes[PIECE];
    size_t n;
    while ((n = machine_receive(m, 0, bytes, sizeof bytes)) > 0)
        for (size_t at = 0; at < n;) {
            ssize_t w = write(STDOUT_FILENO, bytes + at, n - at);
            if (w <= 0)
                return false;
            at += (size_t)w;
        }
    return true;
}

int main(int argc, char **argv)
{
    struct machine *m = argc == 3 ? machine_new(argv[1]) : NULL;
    if (argc != 3)
        (void)fprintf(stderr, "usage: run_max78000 BOOT IMAGE\n");
    if (!m || !machine_load(m, argv[2], MACHINE_SLOT0))
        return 1;
    int64_t start = host_now();
    bool go = true;
    while (go && machine_run(m, SLICE_NS))
        go = give(m) && take(m, start + machine_now(m) - host_now());
    if (machine_error(m))
        (void)fprintf(stderr, "run_max78000: %s\n", machine_error(m));
    int code = machine_error(m) ? 1 : 0;
    machine_free(m);
    return code;
}
