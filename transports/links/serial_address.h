/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which port a serial: URI means, and how fast its line is.
 *
 *     PATH                /dev/ttyUSB0, or a symbolic link to it
 *     NAME                as udev names it in /dev
 *     VID:PID[:SERIAL]    of a USB adapter, in hex; it must be one alone
 *     ...?baud=N&max=N    the rate to begin with (115200), and up to which device and console may
 *                         agree on a higher one (3000000); max=baud: stay
 */
#ifndef SYN_TRANSPORTS_LINKS_SERIAL_ADDRESS_H
#define SYN_TRANSPORTS_LINKS_SERIAL_ADDRESS_H

#include "transports/links/link.h"

struct syn_serial_address {
    char path[SYN_LINK_URI_MAX];     /* of the port itself, not of a link to it */
    char identity[SYN_LINK_URI_MAX]; /* finds the adapter at another port; empty: not known */
    unsigned baud, max_baud;
};

/* `address` is what follows "serial:". SYN_EINVAL, also where several ports match; SYN_ENOENT. */
int syn_serial_address_read(struct syn_serial_address *a, const char *address,
                            struct syn_error *error);

#endif
