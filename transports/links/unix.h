/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connecting to a unix socket, for the driver and for who waits until a device listens. */
#ifndef SYN_TRANSPORTS_LINKS_UNIX_H
#define SYN_TRANSPORTS_LINKS_UNIX_H

#include "core/base/error.h"

/* A non-blocking stream; *fd is -1 on failure. */
int syn_unix_connect(const char *path, int *fd, struct syn_error *error);

#endif
