/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the console's own files are: installed, or in the tree that it was built from. */
#ifndef SYN_CLI_DATA_H
#define SYN_CLI_DATA_H

#include "core/base/error.h"

#include <stddef.h>

/*
 * Path of a data file: `name` itself where it has a slash or the extension of data files, else
 * KIND/NAME.json of the installed data or of the source tree (kind "profiles", "profiles/wear",
 * "models"). SYN_ENOENT names what there is.
 */
int syn_data_find(const char *kind, const char *name, char *path, size_t size,
                  struct syn_error *error);

/* Calls `each` with the name (without .json) of every file of a kind, in order of names. */
void syn_data_each(const char *kind, void (*each)(void *ctx, const char *name), void *ctx);

/* Path of a folder of the installed data or of the source tree, as "models/words". */
int syn_data_folder(const char *name, char *path, size_t size, struct syn_error *error);

/* The program of a virtual wearable: beside the console (installed), or where the build puts it. */
int syn_data_agent(char *path, size_t size, struct syn_error *error);

#endif
