/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes on their way to or from a device, for commands: with progress, ended by Ctrl-C, and gone on
 * with over a link that broke.
 *
 *     struct syn_transfer t = {.console = console, .member = member, .what = "uploading",
 *                              .start = start, .ctx = &mine};
 *     rc = syn_transfer_run(&t, error);
 */
#ifndef SYN_CLI_COMMANDS_TRANSFER_H
#define SYN_CLI_COMMANDS_TRANSFER_H

#include "cli/fleet/operation.h"

struct syn_transfer {
    struct syn_console *console;
    struct syn_member *member;
    const char *what; /* "uploading" */
    /* Starts it, or what is missing of it: with syn_transfer_told, syn_operation_done and `op`. */
    int (*start)(struct syn_transfer *t, struct syn_operation *op);
    void *ctx;
    size_t held;      /* what the other end said last that it has */
    int64_t moved_ns; /* when it said so */
    struct syn_progress progress;
    double seconds; /* that it took */
};

/* For sessions: `user` is the operation. */
bool syn_transfer_told(void *user, size_t held, size_t size);

/* A link that breaks is opened again, a few times; the device says where it stands. */
int syn_transfer_run(struct syn_transfer *t, struct syn_error *error);

/* "1.2 kB/s" of so many bytes. */
double syn_transfer_rate_kb_s(const struct syn_transfer *t, size_t bytes);

#endif
