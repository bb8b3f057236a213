/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who else has a device file open: for "held by pid 4711 (tio)". */
#ifndef SYN_TRANSPORTS_LINKS_HOLDER_H
#define SYN_TRANSPORTS_LINKS_HOLDER_H

#include "core/base/error.h"

/* SYN_EBUSY with the first other process found that has `path` open, as far as /proc tells. */
int syn_holder_refuse(const char *path, struct syn_error *error);

#endif
