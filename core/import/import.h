/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Models that others wrote. A format is recognised by content, read by its reader, and becomes a
 * model of ours, checked as any other (IMPORT.md). Nothing that a file contains is executed; what
 * is read is bounded.
 *
 * To add a format: a folder of core/import with a `struct syn_import_format`, and its line in
 * import.c. No globals, no locks: different calls may come from different threads.
 */
#ifndef SYN_CORE_IMPORT_IMPORT_H
#define SYN_CORE_IMPORT_IMPORT_H

#include "core/import/build/format.h"

/*
 * Recognises and reads `path`, a file or a folder. Returns 0; SYN_EINVAL, SYN_ECORRUPT,
 * SYN_EUNSUP (what the part or we cannot do), SYN_ENOENT ... with words, file, line where there is
 * one and hint. The caller ends with syn_imported_free(), also after an error.
 */
int syn_import_read(struct syn_imported *imported, const char *path,
                    const struct syn_import_options *options, struct syn_error *error);

/* The formats, for lists in manuals; NULL after the last. */
const struct syn_import_format *syn_import_format(unsigned index);

#endif
