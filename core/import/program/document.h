/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layers that were found as a document in our own format, and its weights. */
#ifndef SYN_CORE_IMPORT_PROGRAM_DOCUMENT_H
#define SYN_CORE_IMPORT_PROGRAM_DOCUMENT_H

#include "core/import/build/build.h"
#include "core/import/program/recover.h"

/* Builds imported->model; 0 or an error. */
int program_build(const struct program *p, const char *name, struct syn_imported *imported);

#endif
