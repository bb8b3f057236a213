/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last step of every reader: a document in our own format (core/model/FORMAT.md) and the bytes
 * of its weights become a model, so that what is imported passes the same checks as what is
 * written by hand, and `model export` gives it back.
 */
#ifndef SYN_CORE_IMPORT_BUILD_BUILD_H
#define SYN_CORE_IMPORT_BUILD_BUILD_H

#include "core/import/build/format.h"

#include <cjson/cJSON.h>

/*
 * Makes imported->model from `document`, an object with everything but "format" and "weights",
 * which are added here. `blob` are the packed weights and biases, layer after layer. Both stay the
 * caller's. An error speaks of `path`, without a line: the document has none that the user wrote.
 */
int syn_import_build(struct syn_imported *imported, cJSON *document, const void *blob, size_t size,
                     const char *path, struct syn_error *error);

/*
 * The name that a model gets: options->name, else `said` (may be NULL or empty), else the file's
 * name without folder and last extension; letters, digits and . _ - + stay, others become '-'.
 */
void syn_import_name(char name[SYN_MODEL_NAME_MAX], const struct syn_import_options *options,
                     const char *said, const char *path);

/* "3x32x32" or "128x128", whose last axis is then its length. SYN_EINVAL with words. */
int syn_import_shape(const char *text, struct syn_shape *shape, struct syn_error *error);

#endif
