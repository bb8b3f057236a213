/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/ports.h"

#include <dirent.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY_ID "/dev/serial/by-id"

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* The link in BY_ID that leads to port `name`; empty where there is none. */
static void find_link(const char *name, char *link, size_t size)
{
    char path[sizeof BY_ID + NAME_MAX + 1], target[PATH_MAX];
    DIR *dir = opendir(BY_ID);
    link[0] = 0;
    if (!dir)
        return;
    for (const struct dirent *d = readdir(dir); d && !link[0]; d = readdir(dir)) {
        (void)snprintf(path, sizeof path, "%s/%s", BY_ID, d->d_name);
        if (d->d_name[0] != '.' && realpath(path, target) && strcmp(target, name) == 0)
            (void)snprintf(link, size, "%s", path);
    }
    (void)closedir(dir);
}

/* As far as USB tells; texts are libserialport's. */
static struct syn_port read_port(const struct sp_port *p)
{
    struct syn_port port = {.name = or_empty(sp_get_port_name(p)),
                            .description = or_empty(sp_get_port_description(p)),
                            .serial = "",
                            .vid = -1,
                            .pid = -1};
    if (sp_get_port_transport(p) == SP_TRANSPORT_USB) {
        (void)sp_get_port_usb_vid_pid(p, &port.vid, &port.pid);
        port.serial = or_empty(sp_get_port_usb_serial(p));
    }
    return port;
}

static bool is_alone(const struct syn_port *port, struct sp_port *const *ports)
{
    unsigned same = 0;
    for (; *ports; ports++) {
        struct syn_port other = read_port(*ports);
        same += other.vid == port->vid && other.pid == port->pid &&
                strcmp(other.serial, port->serial) == 0;
    }
    return same == 1;
}

/* An adapter with several ports has one serial number: there its link says which is meant. Without
 * a serial number nothing tells it from the next of its kind. */
static void choose_uri(struct syn_port *port, struct sp_port *const *ports, char *uri, size_t size)
{
    bool alone = port->serial[0] && is_alone(port, ports);
    port->stays = alone || (port->serial[0] && port->by_id[0]);
    if (alone)
        (void)snprintf(uri, size, "serial:%04x:%04x:%s", (unsigned)port->vid, (unsigned)port->pid,
                       port->serial);
    else
        (void)snprintf(uri, size, "serial:%s", port->stays ? port->by_id : port->name);
    port->uri = uri;
}

static void tell(struct sp_port *p, struct sp_port *const *ports,
                 void (*each)(void *ctx, const struct syn_port *port), void *ctx)
{
    char link[sizeof BY_ID + NAME_MAX + 1], uri[sizeof link + sizeof "serial:"];
    struct syn_port port = read_port(p);
    find_link(port.name, link, sizeof link);
    port.by_id = link;
    choose_uri(&port, ports, uri, sizeof uri);
    each(ctx, &port);
}

static int by_name(const void *a, const void *b)
{
    return strverscmp(sp_get_port_name(*(struct sp_port *const *)a),
                      sp_get_port_name(*(struct sp_port *const *)b));
}

int syn_ports_each(void (*each)(void *ctx, const struct syn_port *port), void *ctx,
                   struct syn_error *error)
{
    struct sp_port **ports = NULL;
    size_t count = 0;
    if (sp_list_ports(&ports) != SP_OK)
        return syn_error_set(error, SYN_EIO, "the serial ports cannot be listed");
    while (ports[count])
        count++;
    qsort(ports, count, sizeof(struct sp_port *), by_name);
    for (size_t i = 0; i < count; i++)
        tell(ports[i], ports, each, ctx);
    sp_free_port_list(ports);
    return 0;
}
