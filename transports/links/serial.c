/* SPDX-License-Identifier: GPL-3.0-or-later */
/* serial:PATH[?baud=N], 8 data bits, no parity, no flow control, by libserialport. */
#include <errno.h>
#include <grp.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transports/links/holder.h"
#include "transports/links/link.h"

enum { DEFAULT_BAUD = 115200, MAX_BAUD = 12000000 };

struct target {
    char path[SYN_LINK_URI_MAX];
    int baud;
};

static int parse(struct target *t, const char *address, struct syn_error *error)
{
    static const char key[] = "baud=";
    const char *options = strchr(address, '?');
    size_t n = options ? (size_t)(options - address) : strlen(address);
    if (n >= sizeof t->path)
        return syn_error_set(error, SYN_EINVAL, "path too long");
    memcpy(t->path, address, n);
    t->path[n] = 0;
    t->baud = DEFAULT_BAUD;
    if (!options)
        return 0;
    char *end = NULL;
    long baud =
        strncmp(options + 1, key, sizeof key - 1) == 0 ? strtol(options + sizeof key, &end, 10) : 0;
    if (!end || *end || baud <= 0 || baud > MAX_BAUD)
        return syn_error_set(error, SYN_EINVAL, "write serial:PATH?baud=N, N from 1 to %d",
                             MAX_BAUD);
    t->baud = (int)baud;
    return 0;
}

static int refuse_access(const char *path, struct syn_error *error)
{
    struct stat st;
    const struct group *g = stat(path, &st) == 0 ? getgrgid(st.st_gid) : NULL;
    (void)syn_error_set(error, SYN_EACCESS, "permission denied");
    syn_error_hint(error, "add yourself to group %s", g ? g->gr_name : "dialout");
    return SYN_EACCESS;
}

/* What a person can act on, before libserialport says less. */
static int check_path(const char *path, struct syn_error *error)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return errno == ENOENT ? syn_error_set(error, SYN_ENOENT, "no such port")
                               : syn_error_os(error, errno, "cannot be looked at");
    if (!S_ISCHR(st.st_mode))
        return syn_error_set(error, SYN_EINVAL, "not a serial port");
    return access(path, R_OK | W_OK) < 0 ? refuse_access(path, error) : 0;
}

/* libserialport takes no pseudo terminals. */
static int refuse_name(const char *path, struct syn_error *error)
{
    if (strncmp(path, "/dev/pts/", 9) != 0)
        return syn_error_set(error, SYN_EINVAL, "not a serial port");
    (void)syn_error_set(error, SYN_EINVAL, "a pseudo terminal, no serial port");
    syn_error_hint(error, "connect to pty:%s", path);
    return SYN_EINVAL;
}

static int refuse_library(const char *what, enum sp_return sp, struct syn_error *error)
{
    if (sp == SP_ERR_SUPP)
        return syn_error_set(error, SYN_EUNSUP, "%s: not supported by the port", what);
    if (sp == SP_ERR_MEM)
        return syn_error_set(error, SYN_ENOMEM, "%s: out of memory", what);
    return syn_error_os(error, sp_last_error_code(), "%s", what);
}

static int configure(struct sp_port *port, int baud, struct syn_error *error)
{
    enum sp_return sp = sp_set_baudrate(port, baud);
    if (sp != SP_OK) {
        char what[40];
        (void)snprintf(what, sizeof what, "%d baud", baud);
        return refuse_library(what, sp, error);
    }
    if ((sp = sp_set_bits(port, 8)) != SP_OK || (sp = sp_set_parity(port, SP_PARITY_NONE)) ||
        (sp = sp_set_stopbits(port, 1)) != SP_OK ||
        (sp = sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE)) != SP_OK)
        return refuse_library("line settings", sp, error);
    return 0;
}

/* Opening is not exclusive by itself, not even with TIOCEXCL for root. */
static int prepare(struct sp_port *port, const struct target *t, int *fd, struct syn_error *error)
{
    enum sp_return sp = sp_get_port_handle(port, fd);
    if (sp != SP_OK)
        return refuse_library("port", sp, error);
    if (flock(*fd, LOCK_EX | LOCK_NB) < 0)
        return syn_holder_refuse(t->path, error);
    return configure(port, t->baud, error);
}

static int serial_open(struct syn_link_port *out, const char *address, struct syn_error *error)
{
    struct sp_port *port = NULL;
    struct target t = {.baud = DEFAULT_BAUD};
    int fd = -1;
    int rc = parse(&t, address, error);
    if (!rc)
        rc = check_path(t.path, error);
    if (rc)
        return rc;
    enum sp_return sp = sp_get_port_by_name(t.path, &port);
    if (sp == SP_ERR_ARG)
        return refuse_name(t.path, error);
    if (sp != SP_OK)
        return refuse_library("port", sp, error);
    sp = sp_open(port, SP_MODE_READ_WRITE);
    rc = sp == SP_OK ? prepare(port, &t, &fd, error) : refuse_library("cannot open", sp, error);
    if (rc) {
        if (sp == SP_OK)
            (void)sp_close(port);
        sp_free_port(port);
        return rc;
    }
    out->fd = fd;
    out->state = port;
    return 0;
}

static int gone(struct syn_error *error)
{
    return syn_error_set(error, SYN_ELINK, "the port is gone: unplugged?");
}

/* After an unplug libserialport reads nothing, for ever and without an error; asking how much waits
 * does fail then. */
static int serial_read(struct syn_link_port *port, void *data, size_t size, struct syn_error *error)
{
    int n = (int)sp_nonblocking_read(port->state, data, size);
    if (n > 0)
        return n;
    if (n < 0 || (int)sp_input_waiting(port->state) < 0)
        return gone(error);
    return 0;
}

static int serial_write(struct syn_link_port *port, const void *data, size_t size,
                        struct syn_error *error)
{
    int n = (int)sp_nonblocking_write(port->state, data, size);
    if (n >= 0)
        return n;
    int os_errno = sp_last_error_code(); /* a full buffer comes as an error, too */
    return os_errno == EAGAIN || os_errno == EINTR ? 0 : gone(error);
}

static void serial_close(struct syn_link_port *port)
{
    (void)sp_close(port->state);
    sp_free_port(port->state);
}

const struct syn_link_driver syn_link_serial = {
    .scheme = "serial",
    .usage = "serial:PATH[?baud=N]",
    .help = "a serial port; 115200 baud unless told otherwise",
    .open = serial_open,
    .read = serial_read,
    .write = serial_write,
    .close = serial_close,
};
