/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who else has a device file open: for "held by pid 4711 (tio)". */
#ifndef SYN_TRANSPORTS_LINKS_HOLDER_H
#define SYN_TRANSPORTS_LINKS_HOLDER_H

#include <stdbool.h>

#include "core/base/error.h"

struct syn_holder {
    long pid;
    char program[64];
};

/* The first process but this one that has `path` open, as far as /proc tells: not those of other
 * users. One at the other end of a pseudo terminal is its device and no holder. */
bool syn_holder_find(const char *path, struct syn_holder *holder);

/* SYN_EBUSY, in words with the holder of `path`, which the caller has open `mine` times by now. */
int syn_holder_refuse(const char *path, unsigned mine, struct syn_error *error);

#endif
