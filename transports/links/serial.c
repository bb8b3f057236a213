/* SPDX-License-Identifier: GPL-3.0-or-later */
/* serial:PORT[?OPTIONS] (serial_address.h), 8 data bits, no parity, no flow control, by
 * libserialport. */
#include <errno.h>
#include <grp.h>
#include <libserialport.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transports/links/driver.h"
#include "transports/links/holder.h"
#include "transports/links/serial_address.h"

/* Rates that differ by more than this do not understand each other. */
enum { TOLERANCE_PERMILLE = 25 };

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

/* ---- rates ---- */

/* What the driver made of the rate that was asked for: it may take any and use its nearest. 0: it
 * does not tell. */
static unsigned rate_of(struct sp_port *port)
{
    struct sp_port_config *config = NULL;
    int rate = 0;
    if (sp_new_config(&config) != SP_OK)
        return 0;
    if (sp_get_config(port, config) != SP_OK || sp_get_config_baudrate(config, &rate) != SP_OK)
        rate = 0;
    sp_free_config(config);
    return rate > 0 ? (unsigned)rate : 0;
}

static int set_rate(struct sp_port *port, unsigned baud, struct syn_error *error)
{
    char what[40];
    (void)snprintf(what, sizeof what, "%u baud", baud);
    enum sp_return sp = sp_set_baudrate(port, (int)baud);
    if (sp != SP_OK)
        return refuse_library(what, sp, error);
    unsigned is = rate_of(port);
    unsigned off = is > baud ? is - baud : baud - is;
    if (is == 0 || (uint64_t)off * 1000 <= (uint64_t)baud * TOLERANCE_PERMILLE)
        return 0;
    (void)syn_error_set(error, SYN_EUNSUP, "%s: the port makes it %u", what, is);
    syn_error_hint(error, "choose a rate that it has: ?baud=N");
    return SYN_EUNSUP;
}

static int serial_set_baud(struct syn_link_port *port, unsigned baud, struct syn_error *error)
{
    return set_rate(port->state, baud, error);
}

/* ---- opening ---- */

static int configure(struct sp_port *port, unsigned baud, struct syn_error *error)
{
    enum sp_return sp;
    int rc = set_rate(port, baud, error);
    if (rc)
        return rc;
    if ((sp = sp_set_bits(port, 8)) != SP_OK || (sp = sp_set_parity(port, SP_PARITY_NONE)) ||
        (sp = sp_set_stopbits(port, 1)) != SP_OK ||
        (sp = sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE)) != SP_OK)
        return refuse_library("line settings", sp, error);
    return 0;
}

/* flock() keeps those out who ask, root too; TIOCEXCL those who do not, but for root. */
static int prepare(struct sp_port *port, const struct syn_serial_address *a, int *fd,
                   struct syn_error *error)
{
    enum sp_return sp = sp_get_port_handle(port, fd);
    if (sp != SP_OK)
        return refuse_library("port", sp, error);
    if (flock(*fd, LOCK_EX | LOCK_NB) < 0)
        return syn_holder_refuse(a->path, 1, error);
    (void)ioctl(*fd, TIOCEXCL);
    return configure(port, a->baud, error);
}

static int refuse_open(const char *path, enum sp_return sp, struct syn_error *error)
{
    bool held = sp == SP_ERR_FAIL && sp_last_error_code() == EBUSY;
    return held ? syn_holder_refuse(path, 0, error) : refuse_library("cannot open", sp, error);
}

static int open_port(struct sp_port *port, const struct syn_serial_address *a, int *fd,
                     struct syn_error *error)
{
    enum sp_return sp = sp_open(port, SP_MODE_READ_WRITE);
    if (sp != SP_OK)
        return refuse_open(a->path, sp, error);
    int rc = prepare(port, a, fd, error);
    if (rc)
        (void)sp_close(port);
    return rc;
}

static int find_port(struct sp_port **port, struct syn_serial_address *a, const char *address,
                     struct syn_error *error)
{
    struct syn_holder holder;
    int rc = syn_serial_address_read(a, address, error);
    if (rc == 0)
        rc = check_path(a->path, error);
    if (rc)
        return rc;
    enum sp_return sp = sp_get_port_by_name(a->path, port);
    if (sp != SP_OK)
        return sp == SP_ERR_ARG ? refuse_name(a->path, error) : refuse_library("port", sp, error);
    if (!syn_holder_find(a->path, &holder))
        return 0;
    sp_free_port(*port);
    return syn_holder_refuse(a->path, 0, error);
}

static int serial_open(struct syn_link_port *out, const char *address, struct syn_error *error)
{
    struct sp_port *port = NULL;
    struct syn_serial_address a;
    int rc = find_port(&port, &a, address, error);
    if (rc)
        return rc;
    rc = open_port(port, &a, &out->fd, error);
    if (rc) {
        out->fd = -1;
        sp_free_port(port);
        return rc;
    }
    out->state = port;
    out->baud = a.baud;
    out->max_baud = a.max_baud;
    memcpy(out->identity, a.identity, sizeof out->identity);
    (void)snprintf(out->place, sizeof out->place, "%s", a.path);
    return 0;
}

/* ---- moving bytes ---- */

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
    (void)ioctl(port->fd, TIOCNXCL);
    (void)sp_close(port->state);
    sp_free_port(port->state);
}

const struct syn_link_driver syn_link_serial = {
    .scheme = "serial",
    .usage = "serial:PATH|NAME|VID:PID[:SERIAL][?baud=N&max=N]",
    .help = "a serial port; from 115200 baud up to what both ends have",
    .open = serial_open,
    .read = serial_read,
    .write = serial_write,
    .set_baud = serial_set_baud,
    .close = serial_close,
};
