/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole files: read with a bound, written so that a reader sees the old or the new, never half. */
#ifndef SYN_CORE_BASE_FILE_H
#define SYN_CORE_BASE_FILE_H

#include "core/base/error.h"

#include <stddef.h>

/*
 * Reads `path` whole. *data is malloc'ed, the caller frees it; one zero byte that *size does not
 * count follows the contents. SYN_EINVAL beyond `max` bytes or where it is no regular file,
 * otherwise the code of the operating system's refusal. On error *data is NULL, *size 0.
 */
int syn_file_read(void **data, size_t *size, const char *path, size_t max, struct syn_error *error);

/* Writes a temporary file beside `path`, syncs it and renames it over `path`. */
int syn_file_write(const char *path, const void *data, size_t size, struct syn_error *error);

/* The folder of `path` with its last slash ("a/b.json" -> "a/"); malloc'ed, NULL without memory. */
char *syn_file_folder(const char *path);

#endif
