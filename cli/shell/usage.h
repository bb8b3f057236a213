/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Usage lines and help texts, made from the command table. */
#ifndef SYN_CLI_SHELL_USAGE_H
#define SYN_CLI_SHELL_USAGE_H

#include "cli/shell/command.h"

#include <stdio.h>

/* "device ping NAME [--count N]"; returns `text`. */
const char *syn_usage(const struct syn_command *command, char *text, size_t size);

/* Usage, summary, arguments, options, details. */
void syn_usage_help(const struct syn_command *command, FILE *out);

/* All commands, one line each, under the headings of their tables. */
void syn_usage_list(FILE *out);

/* "NAME...", "[--count N]": one parameter as usage shows it. Returns `text`. */
const char *syn_usage_param(const struct syn_param *param, bool option, char *text, size_t size);

#endif
