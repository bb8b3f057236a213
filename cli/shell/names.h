/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that exist now: for completion, and so that an argument may be the beginning of one. */
#ifndef SYN_CLI_SHELL_NAMES_H
#define SYN_CLI_SHELL_NAMES_H

#include "cli/shell/command.h"
#include "cli/shell/words.h"

/* Names of devices, models, apps or plans; nothing for other kinds of values. */
void syn_names_list(struct syn_console *console, enum syn_kind_of_value kind,
                    struct syn_words *names);

/*
 * The name that `given` is the only beginning of, out of `names`; NULL where it is a name itself,
 * or no or several names begin so. Case is ignored.
 */
const char *syn_names_complete(const struct syn_words *names, const char *given);

#endif
