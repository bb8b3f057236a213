/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exit classes: what the shell of the user and `class` in JSON errors get to see. */
#ifndef SYN_CLI_SHELL_EXITCLASS_H
#define SYN_CLI_SHELL_EXITCLASS_H

enum syn_exit {
    SYN_EXIT_OK = 0,
    SYN_EXIT_FAILED = 1, /* the device refused or failed */
    SYN_EXIT_USAGE = 2,
    SYN_EXIT_MISSING = 3,    /* no such device, app, model, plan, file */
    SYN_EXIT_CONNECTION = 4, /* or time-out */
    SYN_EXIT_PROTOCOL = 5,   /* or corrupt data */
    SYN_EXIT_INFEASIBLE = 6, /* out of resource */
    SYN_EXIT_BUSY = 7,       /* or locked */
    SYN_EXIT_ACCESS = 8,     /* not authorised */
    SYN_EXIT_TIMEOUT = 124,  /* --timeout */
    SYN_EXIT_INTERRUPTED = 130
};

struct syn_exit_meaning {
    enum syn_exit exit;
    const char *meaning;
};

/* For the manual page; ends at a NULL meaning. */
extern const struct syn_exit_meaning syn_exit_meanings[];

/* The class of a SYN_E... code. */
enum syn_exit syn_exit_class(int code);

/* "ENOENT" for SYN_ENOENT: the `code` in JSON errors. */
const char *syn_exit_code_name(int code);

#endif
