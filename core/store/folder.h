/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state folder: made with all its parents, for the user alone. */
#ifndef SYN_CORE_STORE_FOLDER_H
#define SYN_CORE_STORE_FOLDER_H

#include "core/base/error.h"

/* Makes `path` (mode 0700) where it does not exist. 0 or SYN_E... with words. */
int syn_folder_make(const char *path, struct syn_error *error);

#endif
