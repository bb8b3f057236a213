/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `connect` is told to connect to: URIs that there are, and what was meant by others. */
#ifndef SYN_CLI_COMMANDS_CONNECT_URI_H
#define SYN_CLI_COMMANDS_CONNECT_URI_H

#include "cli/console.h"
#include "cli/shell/words.h"

/* Is it of a kind that there is? Devices that are wrong otherwise say so themselves. SYN_EINVAL,
 * with what was meant as hint where that can be told. */
int syn_connect_uri_check(const char *uri, struct syn_error *error);

/* For completion: the kinds, virtual wearables by their profiles, the serial ports of now. */
void syn_connect_uri_words(struct syn_console *console, struct syn_words *words);

#endif
