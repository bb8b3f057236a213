/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run_max78000 BOOT IMAGE [FLASH]: a MAX78000 with a boot loader and an image in slot 0, or with
 * what the file FLASH holds of a run before, whose UART0 is standard input and output. It keeps to
 * the time of the host where it can; errors go to standard error. */
#include "tests/devices/max78000/machine.h"

#include <poll.h>
#include <signal.h>
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

static volatile sig_atomic_t ended;

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

/* All of it or nothing. */
static bool keep(struct machine *m, const char *file)
{
    FILE *f = fopen(file, "wb");
    bool good = f && fwrite(machine_flash(m), 1, MACHINE_FLASH_SIZE, f) == MACHINE_FLASH_SIZE;
    return f && fclose(f) == 0 && good;
}

static struct machine *open_machine(int argc, char **argv)
{
    struct machine *m = argc == 3 || argc == 4 ? machine_new(argv[1]) : NULL;
    if (argc != 3 && argc != 4)
        (void)fprintf(stderr, "usage: run_max78000 BOOT IMAGE [FLASH]\n");
    bool again = argc == 4 && access(argv[3], R_OK) == 0;
    if (m && !machine_load(m, again ? argv[3] : argv[2], again ? 0 : MACHINE_SLOT0)) {
        machine_free(m);
        return NULL;
    }
    if (m)
        machine_power_cycle(m);
    return m;
}

int main(int argc, char **argv)
{
    struct machine *m = open_machine(argc, argv);
    if (!m)
        return 1;
    (void)signal(SIGTERM, end);
    (void)signal(SIGHUP, end);
    int64_t start = host_now();
    bool go = true;
    while (go && !ended && machine_run(m, SLICE_NS))
        go = give(m) && take(m, start + machine_now(m) - host_now());
    if (machine_error(m))
        (void)fprintf(stderr, "run_max78000: %s\n", machine_error(m));
    bool kept = argc < 4 || keep(m, argv[3]);
    int code = machine_error(m) || !kept ? 1 : 0;
    machine_free(m);
    return code;
}
