/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/ports.h"

#include <libserialport.h>

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void tell(struct sp_port *p, void (*each)(void *ctx, const struct syn_port *port), void *ctx)
{
    struct syn_port port = {
        .name = or_empty(sp_get_port_name(p)),
        .description = or_empty(sp_get_port_description(p)),
        .serial = "",
        .vid = -1,
        .pid = -1,
    };
    if (sp_get_port_transport(p) == SP_TRANSPORT_USB) {
        (void)sp_get_port_usb_vid_pid(p, &port.vid, &port.pid);
        port.serial = or_empty(sp_get_port_usb_serial(p));
    }
    each(ctx, &port);
}

int syn_ports_each(void (*each)(void *ctx, const struct syn_port *port), void *ctx,
                   struct syn_error *error)
{
    struct sp_port **ports = NULL;
    if (sp_list_ports(&ports) != SP_OK)
        return syn_error_set(error, SYN_EIO, "the serial ports cannot be listed");
    for (size_t i = 0; ports[i]; i++)
        tell(ports[i], each, ctx);
    sp_free_port_list(ports);
    return 0;
}
