/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the comments of cnn.c say beside the program: a last resort, which is checked. */
#ifndef SYN_CORE_IMPORT_PROGRAM_REMARKS_H
#define SYN_CORE_IMPORT_PROGRAM_REMARKS_H

#include "core/import/program/source.h"

/* Takes what it knows; anything else is passed over. */
void remarks_take(struct source *source, const struct text_token *comment);

#endif
