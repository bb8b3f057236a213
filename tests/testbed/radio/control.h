/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sockets of a radio: one where hosts connect, one where a test tells it what to do. */
#ifndef SYN_TESTBED_RADIO_CONTROL_H
#define SYN_TESTBED_RADIO_CONTROL_H

#include <stddef.h>

#include "core/base/error.h"
#include "tests/testbed/radio/air.h"

struct syn_control { /* zero before use; stays where it is */
    struct syn_air *air;
    struct syn_loop *loop;
    struct syn_loop_watch hosts, testers;
};

/* Listens; `control_path` may be NULL. A socket file that is there is replaced. */
int syn_control_open(struct syn_control *control, struct syn_loop *loop, struct syn_air *air,
                     const char *path, const char *control_path, struct syn_error *error);
void syn_control_close(struct syn_control *control);

/* One line of a tester: "list", "far ADDRESS", "near ADDRESS", "drop ADDRESS", "rate BYTES". The
 * answer, several lines for "list", ends with "ok" or says what was wrong. */
void syn_control_line(struct syn_air *air, const char *line, char *answer, size_t size);

#endif
