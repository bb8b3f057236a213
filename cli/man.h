/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual page of the console as mdoc(7) source, made from the option and command tables. */
#ifndef SYN_CLI_MAN_H
#define SYN_CLI_MAN_H

#include <stdio.h>

void syn_man_write(FILE *out);

#endif
