/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The wire of an emulated board: its UART as a unix stream socket at a path that both ends name.
 * Whoever comes first listens, the other connects; an end that is lost is waited for. The other
 * may be a virtual wearable (synergy-agent --pair).
 */
#ifndef SYN_TRANSPORTS_LINKS_QEMU_PAIR_H
#define SYN_TRANSPORTS_LINKS_QEMU_PAIR_H

#include <stddef.h>

#include "core/base/error.h"

#define SYN_QEMU_PAIR_TEXT 384 /* bytes of the text below */

/* Writes the value of QEMU's -chardev, with the id "pair". *fd is the socket that QEMU listens at
 * and inherits, to be closed once it runs; -1 where it connects. */
int syn_qemu_pair_open(const char *path, int *fd, char text[SYN_QEMU_PAIR_TEXT],
                       struct syn_error *error);

#endif
