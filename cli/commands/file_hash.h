/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device says of a file: its size, and a hash where it has one that we know. */
#ifndef SYN_CLI_COMMANDS_FILE_HASH_H
#define SYN_CLI_COMMANDS_FILE_HASH_H

#include "cli/fleet/bench.h"
#include "transports/client/files.h"

int syn_file_size(struct syn_member *member, const char *path, size_t *bytes,
                  struct syn_error *error);

/* Its hash, of the best kind that both know; hash_size 0 and no number where there is none. */
int syn_file_state(struct syn_member *member, const char *path, struct syn_file_state *state,
                   struct syn_error *error);

/* Are the first `size` bytes of the file those at `bytes`? `kind` gets the kind of hash that says
 * so; it stays empty where there is none, and `same` as it is. */
int syn_file_same(struct syn_member *member, const char *path, const void *bytes, size_t size,
                  bool *same, char kind[16], struct syn_error *error);

/* In hexadecimal; empty where there is none. */
void syn_file_digits(const struct syn_file_state *state, char *text, size_t size);

#endif
