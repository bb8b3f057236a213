/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/serial_address.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transports/links/ports.h"

enum { DEFAULT_BAUD = 115200, DEFAULT_MAX = 3000000, MAX_BAUD = 12000000, LIST_SIZE = 200 };

/* ---- options ---- */

static int refuse_options(struct syn_error *error)
{
    (void)syn_error_set(error, SYN_EINVAL, "no such options of a serial port");
    syn_error_hint(error, "serial:PORT?baud=N&max=N, N from 1 to %d; max=baud stays at baud",
                   MAX_BAUD);
    return SYN_EINVAL;
}

static int read_baud(unsigned *baud, const char *text, size_t size, struct syn_error *error)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || end != text + size || n == 0 || n > MAX_BAUD)
        return refuse_options(error);
    *baud = (unsigned)n;
    return 0;
}

static bool is_key(const char *text, const char *key)
{
    return strncmp(text, key, strlen(key)) == 0;
}

static int read_options(struct syn_serial_address *a, const char *options, struct syn_error *error)
{
    bool stay = false, bound = false;
    int rc = 0;
    a->baud = DEFAULT_BAUD;
    a->max_baud = DEFAULT_MAX;
    while (rc == 0 && *options) {
        const char *text = options + 1; /* behind '?' or '&' */
        size_t size = strcspn(text, "&");
        if (is_key(text, "baud=")) {
            rc = read_baud(&a->baud, text + 5, size - 5, error);
        } else if (size == 8 && is_key(text, "max=baud")) {
            stay = true;
        } else if (is_key(text, "max=")) {
            bound = true;
            rc = read_baud(&a->max_baud, text + 4, size - 4, error);
        } else {
            rc = refuse_options(error);
        }
        options = text + size;
    }
    if (rc == 0 && bound && a->max_baud < a->baud)
        rc = syn_error_set(error, SYN_EINVAL, "max=%u is less than baud=%u", a->max_baud, a->baud);
    if (stay || a->max_baud < a->baud)
        a->max_baud = a->baud;
    return rc;
}

/* ---- by USB ---- */

struct usb {
    int vid, pid;
    const char *serial; /* empty: any */
};

struct search {
    struct usb usb;
    unsigned found;
    struct syn_serial_address *address;
    char list[LIST_SIZE];  /* of those that match */
    char there[LIST_SIZE]; /* of those that are of USB */
};

/* One to four digits in hex, then `end` or the end of the text; returns what follows, or NULL. */
static const char *read_hex(const char *text, int *value)
{
    size_t n = strspn(text, "0123456789abcdefABCDEF");
    if (n < 1 || n > 4 || (text[n] != ':' && text[n] != 0))
        return NULL;
    *value = (int)strtol(text, NULL, 16);
    return text + n;
}

static bool read_usb(struct usb *usb, const char *name)
{
    const char *rest = read_hex(name, &usb->vid);
    if (!rest || *rest != ':' || !(rest = read_hex(rest + 1, &usb->pid)))
        return false;
    usb->serial = *rest == ':' ? rest + 1 : rest;
    return true;
}

static bool matches(const struct usb *usb, const struct syn_port *port)
{
    return port->vid == usb->vid && port->pid == usb->pid &&
           (!usb->serial[0] || strcmp(usb->serial, port->serial) == 0);
}

static void add_name(char list[LIST_SIZE], const struct syn_port *port)
{
    size_t n = strlen(list);
    (void)snprintf(list + n, LIST_SIZE - n, "%s%04x:%04x%s%s at %s", n ? ", " : "",
                   (unsigned)port->vid, (unsigned)port->pid, port->serial[0] ? ":" : "",
                   port->serial, port->name);
}

static void look_for_usb(void *ctx, const struct syn_port *port)
{
    struct search *search = ctx;
    if (port->vid < 0)
        return;
    add_name(search->there, port);
    if (!matches(&search->usb, port))
        return;
    search->found++;
    add_name(search->list, port);
    (void)snprintf(search->address->path, sizeof search->address->path, "%s", port->name);
}

static int find_usb(struct syn_serial_address *a, const struct usb *usb, struct syn_error *error)
{
    struct search search = {.usb = *usb, .address = a};
    int rc = syn_ports_each(look_for_usb, &search, error);
    if (rc != 0 || search.found == 1)
        return rc;
    if (search.found > 1) {
        rc = syn_error_set(error, SYN_EINVAL, "several ports match: %s", search.list);
        syn_error_hint(error, "name one by serial:VID:PID:SERIAL, or by its link in "
                              "/dev/serial/by-id ('port list')");
        return rc;
    }
    rc = syn_error_set(error, SYN_ENOENT, "no such USB adapter is plugged in");
    if (search.there[0])
        syn_error_hint(error, "there are %s", search.there);
    return rc;
}

/* ---- by path or name ---- */

static int find_path(struct syn_serial_address *a, const char *name, struct syn_error *error)
{
    char path[SYN_LINK_URI_MAX], resolved[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s%s", name[0] == '/' || name[0] == '.' ? "" : "/dev/",
                   name);
    if (!realpath(path, resolved)) {
        if (errno != ENOENT)
            return syn_error_os(error, errno, "cannot be looked at");
        (void)syn_error_set(error, SYN_ENOENT, "no such port");
        syn_error_hint(error, "'port list' lists those that there are");
        return SYN_ENOENT;
    }
    if (strlen(resolved) >= sizeof a->path)
        return syn_error_set(error, SYN_EINVAL, "path too long");
    memcpy(a->path, resolved, strlen(resolved) + 1);
    return 0;
}

/* ---- identity ---- */

struct identity {
    struct syn_serial_address *address;
    const char *options;
};

static void identify(void *ctx, const struct syn_port *port)
{
    const struct identity *identity = ctx;
    struct syn_serial_address *a = identity->address;
    if (!port->stays || strcmp(port->name, a->path) != 0 || strchr(port->uri, '?'))
        return;
    int n = snprintf(a->identity, sizeof a->identity, "%s%s", port->uri, identity->options);
    if (n >= (int)sizeof a->identity)
        a->identity[0] = 0;
}

int syn_serial_address_read(struct syn_serial_address *a, const char *address,
                            struct syn_error *error)
{
    char name[SYN_LINK_URI_MAX];
    struct usb usb;
    size_t size = strcspn(address, "?");
    if (size == 0 || size >= sizeof name)
        return syn_error_set(error, SYN_EINVAL, "which port? write serial:PATH");
    memcpy(name, address, size);
    name[size] = 0;
    int rc = read_options(a, address + size, error);
    if (rc == 0)
        rc = read_usb(&usb, name) ? find_usb(a, &usb, error) : find_path(a, name, error);
    a->identity[0] = 0;
    if (rc == 0)
        (void)syn_ports_each(identify, &(struct identity){a, address + size}, NULL);
    return rc;
}
