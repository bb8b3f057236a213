/* SPDX-License-Identifier: GPL-3.0-or-later */
/* radio [-c CONTROL] [-t TRACE] SOCKET: every connection to SOCKET is one LE controller. */
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/testbed/radio/control.h"

static int stop_fd;

static void stop(int signal)
{
    const uint64_t one = 1;
    (void)signal;
    if (write(stop_fd, &one, sizeof one) < 0)
        _exit(1);
}

static int usage(void)
{
    fputs("usage: radio [-c CONTROL] [-t TRACE] SOCKET\n"
          "Every connection to SOCKET is an LE controller (HCI, H4) that hears the others.\n"
          "  -c CONTROL  socket for one line a connection: list, far ADDRESS, near ADDRESS,\n"
          "              drop ADDRESS, rate BYTES_PER_S\n"
          "  -t TRACE    write all packets, for btmon -r\n",
          stderr);
    return 2;
}

static int serve(struct syn_loop *loop, struct syn_air *air, const char *path, const char *control)
{
    struct syn_control sockets = {.air = NULL};
    struct syn_error error = {.code = 0};
    if (syn_control_open(&sockets, loop, air, path, control, &error) < 0) {
        fprintf(stderr, "radio: %s\n", error.message);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    int rc;
    do
        rc = syn_loop_step(loop, SYN_LOOP_FOREVER);
    while (rc >= 0);
    syn_control_close(&sockets);
    unlink(path);
    if (control)
        unlink(control);
    return rc == SYN_ECANCELED ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *control = NULL, *trace = NULL;
    for (int option; (option = getopt(argc, argv, "c:t:")) > 0;) {
        if (option == 'c')
            control = optarg;
        else if (option == 't')
            trace = optarg;
        else
            return usage();
    }
    if (optind + 1 != argc)
        return usage();
    struct syn_loop *loop = syn_loop_new();
    struct syn_air *air = loop ? syn_air_new(loop) : NULL;
    stop_fd = eventfd(0, EFD_CLOEXEC);
    int rc = 1;
    if (air && trace && syn_air_trace(air, trace) < 0)
        perror(trace);
    else if (air) {
        syn_loop_set_cancel(loop, stop_fd);
        signal(SIGINT, stop);
        signal(SIGTERM, stop);
        rc = serve(loop, air, argv[optind], control);
    }
    syn_air_free(air);
    syn_loop_free(loop);
    return rc;
}
