/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A call of a command: its values, checked against the command's table.
 *
 * Values are asked for by the name that the table gives ("NAME", "--for"); asking for a name that
 * the table does not have is a mistake of the program and asserts. Strings belong to the call.
 */
#ifndef SYN_CLI_SHELL_CALL_H
#define SYN_CLI_SHELL_CALL_H

#include "cli/shell/command.h"

#include <stdint.h>

struct syn_call;

/*
 * Takes the words behind the command's name apart. `device`, where not NULL, stands for the first
 * argument of kind SYN_VALUE_DEVICE (the command `on`). Errors are SYN_EINVAL with usage as hint.
 */
int syn_call_parse(struct syn_call **call, const struct syn_command *command,
                   const char *const *words, size_t count, const char *device,
                   struct syn_error *error);
void syn_call_free(struct syn_call *call); /* NULL is fine */

/* Replaces beginnings of names (of devices, models, apps) by the names, where only one fits. */
int syn_call_resolve(struct syn_call *call, struct syn_console *console);

/* Of the command that is called. */
const char *syn_call_noun(const struct syn_call *call);

/* Was it given on the line? (A standard value does not count.) */
bool syn_call_has(const struct syn_call *call, const char *name);

/* A flag option, or any option that was given. */
bool syn_call_flag(const struct syn_call *call, const char *name);

/* The (first) value, else the standard one, else NULL. */
const char *syn_call_text(const struct syn_call *call, const char *name);

/* SYN_VALUE_NUMBER and SYN_VALUE_SECONDS; `otherwise` where there is neither value nor standard. */
double syn_call_number(const struct syn_call *call, const char *name, double otherwise);

/* SYN_VALUE_INTEGER. */
int64_t syn_call_integer(const struct syn_call *call, const char *name, int64_t otherwise);

/* SYN_VALUE_CHOICE: index into `choices`; -1 where there is neither value nor standard. */
int syn_call_choice(const struct syn_call *call, const char *name);

/* SYN_MANY and SYN_REST: how many, and one of them. */
size_t syn_call_count(const struct syn_call *call, const char *name);
const char *syn_call_at(const struct syn_call *call, const char *name, size_t index);

/* SYN_LIST: element `index` copied into `text`; false behind the last. */
bool syn_call_list(const struct syn_call *call, const char *name, size_t index, char *text,
                   size_t size);

/* Checks one value against a parameter (also used for settings). 0 or SYN_EINVAL with words. */
int syn_param_check(const struct syn_param *param, const char *value, struct syn_error *error);

/* "250ms" -> 0.25; false for what is no time. */
bool syn_seconds_parse(const char *text, double *seconds);

/* A text that passed the check of SYN_VALUE_INTEGER. */
int64_t syn_integer_parse(const char *text);

#endif
