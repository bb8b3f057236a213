/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `port list`: what a cable could lead to. */
#include "cli/commands/commands.h"
#include "cli/console.h"
#include "cli/output/show.h"
#include "transports/links/holder.h"
#include "transports/links/ports.h"

#include <stdio.h>
#include <string.h>

struct listing {
    cJSON *list;
    struct syn_table *table;
};

static void show_holder(const struct listing *listing, cJSON *object, const struct syn_port *port)
{
    struct syn_holder holder;
    if (!syn_holder_find(port->name, &holder)) {
        (void)cJSON_AddNullToObject(object, "held_by");
        syn_table_text(listing->table, NULL);
        return;
    }
    cJSON *held = syn_show_object(object, "held_by");
    syn_show_integer(held, "pid", holder.pid);
    syn_show_text(held, "program", holder.program);
    syn_table_format(listing->table, "pid %ld (%s)", holder.pid, holder.program);
}

static void list_port(void *ctx, const struct syn_port *port)
{
    struct listing *listing = ctx;
    char usb[16] = "";
    const char *slash = strrchr(port->by_id, '/');
    if (port->vid >= 0)
        (void)snprintf(usb, sizeof usb, "%04x:%04x", (unsigned)port->vid, (unsigned)port->pid);
    cJSON *object = syn_show_object(listing->list, NULL);
    syn_show_text(object, "port", port->name);
    syn_show_text(object, "usb", usb[0] ? usb : NULL);
    syn_show_text(object, "serial", port->serial[0] ? port->serial : NULL);
    syn_show_text(object, "description", port->description);
    syn_show_text(object, "by_id", port->by_id[0] ? port->by_id : NULL);
    syn_show_text(object, "uri", port->uri);
    syn_table_text(listing->table, port->name);
    syn_table_text(listing->table, port->uri);
    syn_table_text(listing->table, port->description);
    show_holder(listing, object, port);
    syn_table_text(listing->table, slash ? slash + 1 : NULL);
}

static int run_list(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    static const struct syn_column columns[] = {{.title = "PORT"},
                                                {.title = "CONNECT WITH"},
                                                {.title = "DESCRIPTION", .shrinks = true},
                                                {.title = "HELD BY"},
                                                {.title = "BY-ID", .shrinks = true}};
    struct listing listing = {.list = syn_show_array(syn_result_json(&console->result), "ports"),
                              .table = syn_table_new(columns, 5)};
    (void)call;
    int rc = syn_ports_each(list_port, &listing, error);
    if (rc == 0 && syn_table_rows(listing.table) == 0)
        syn_result_print(&console->result, "no serial port\n");
    else if (rc == 0)
        syn_result_table(&console->result, listing.table);
    syn_table_free(listing.table);
    return rc;
}

static const struct syn_command commands[] = {
    {
        .noun = "port",
        .verb = "list",
        .summary = "list the serial ports of this machine",
        .details =
            "CONNECT WITH is the URI for 'connect': of a USB adapter the one that finds it at "
            "any port; links in\n/dev/serial/by-id do, too (serial:/dev/serial/by-id/NAME). "
            "A port that another program holds has to\nbe given up by it first.",
        .run = run_list,
    },
};

const struct syn_command_table syn_commands_port = SYN_COMMAND_TABLE("Devices", commands);
