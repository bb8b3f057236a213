/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registered devices: name, URI and profile, kept between sessions. */
#ifndef SYN_CLI_COMMANDS_DEVICE_RECORD_H
#define SYN_CLI_COMMANDS_DEVICE_RECORD_H

#include "cli/console.h"
#include "cli/shell/words.h"
#include "core/cost/problem.h"
#include "transports/links/link.h"

struct syn_device_record {
    char name[SYN_DEVICE_NAME];
    char uri[SYN_LINK_URI_MAX];
    char profile[128]; /* that the user named; empty: as the device says */
};

/* Is it a name that every command can take? SYN_EINVAL with words. */
int syn_device_name_check(const char *name, struct syn_error *error);

int syn_device_record_put(struct syn_console *console, const struct syn_device_record *record,
                          struct syn_error *error);
/* SYN_ENOENT with words where there is none. */
int syn_device_record_get(struct syn_console *console, const char *name,
                          struct syn_device_record *record, struct syn_error *error);
int syn_device_record_each(struct syn_console *console,
                           void (*each)(void *ctx, const struct syn_device_record *record),
                           void *ctx, struct syn_error *error);

#endif
