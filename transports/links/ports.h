/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The serial ports of this machine, with what USB says of them (libserialport). */
#ifndef SYN_TRANSPORTS_LINKS_PORTS_H
#define SYN_TRANSPORTS_LINKS_PORTS_H

#include <stdbool.h>

#include "core/base/error.h"

struct syn_port {
    const char *name;        /* "/dev/ttyUSB0" */
    const char *description; /* never NULL, as all texts; "" where not known */
    const char *serial;
    const char *by_id; /* the link that udev made: "/dev/serial/by-id/usb-..." */
    const char *uri;   /* that finds it: where it can, wherever it is plugged in */
    bool stays;        /* `uri` does */
    int vid, pid;      /* of USB; -1 for others */
};

/* Calls `each` for every port, in order of their names; texts are valid until it returns. */
int syn_ports_each(void (*each)(void *ctx, const struct syn_port *port), void *ctx,
                   struct syn_error *error);

#endif
