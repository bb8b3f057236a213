/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a link is made of: a driver for each scheme of URIs.
 *
 * Drivers know nothing of queues: they open, read, write and close a port without blocking. One
 * that has more to do than to move bytes has the loop, works there on one end of a socket pair, and
 * gives the other as its port (fault.c, ble.c). To add a driver, add its file and a line to the
 * table in link.c.
 */
#ifndef SYN_TRANSPORTS_LINKS_DRIVER_H
#define SYN_TRANSPORTS_LINKS_DRIVER_H

#include "transports/links/link.h"

/* An open port; the driver fills it. */
struct syn_link_port {
    struct syn_loop *loop; /* given; for drivers that work on their own */
    int fd;                /* to poll; a driver may change it in `connected` */
    bool connecting;       /* not usable yet: `connected` is called once `fd` is ready */
    unsigned awaits;       /* for what, then: SYN_LOOP_*; 0 is SYN_LOOP_WRITE */
    enum syn_link_kind kind;
    char identity[SYN_LINK_URI_MAX]; /* empty: the URI */
    char place[SYN_LINK_URI_MAX];    /* empty: the URI */
    char note[128]; /* what a person may want to know of how it is connected; may be empty */
    unsigned baud, max_baud; /* of a line: at first, and at most; 0: it has no rate */
    void *state;             /* the driver's own */
};

struct syn_link_driver {
    const char *scheme;
    const char *usage; /* "unix:PATH" */
    const char *help;  /* what it connects to */
    /* `address` is what follows "scheme:" and is not empty. */
    int (*open)(struct syn_link_port *port, const char *address, struct syn_error *error);
    /* A step of `connecting`: 0 when the port is usable, 1 when it goes on (by `awaits` and `fd`),
     * or negative with words. NULL: never needed. */
    int (*connected)(struct syn_link_port *port, struct syn_error *error);
    /* Bytes moved; 0 when none can be moved now; negative, with words, when the link is over. Of
     * packets, `read` gives one, and `write` gets the rest of one message. */
    int (*read)(struct syn_link_port *port, void *data, size_t size, struct syn_error *error);
    int (*write)(struct syn_link_port *port, const void *data, size_t size,
                 struct syn_error *error);
    /* Another rate of the line, or words for why not, and the one before stays. NULL: no rates. */
    int (*set_baud)(struct syn_link_port *port, unsigned baud, struct syn_error *error);
    void (*close)(struct syn_link_port *port);
};

/* Ends with NULL. */
extern const struct syn_link_driver *const syn_link_drivers[];

extern const struct syn_link_driver syn_link_unix;
extern const struct syn_link_driver syn_link_pty;
extern const struct syn_link_driver syn_link_tcp;
extern const struct syn_link_driver syn_link_exec;
extern const struct syn_link_driver syn_link_serial;
extern const struct syn_link_driver syn_link_qemu;
extern const struct syn_link_driver syn_link_ble;
extern const struct syn_link_driver syn_link_fault;

/* What drivers on plain descriptors share. */
int syn_link_fd_read(struct syn_link_port *port, void *data, size_t size, struct syn_error *error);
int syn_link_fd_write(struct syn_link_port *port, const void *data, size_t size,
                      struct syn_error *error);
void syn_link_fd_close(struct syn_link_port *port);
/* The same for drivers of programs that speak on their standard input and output (exec.c). */
int syn_link_program_open(struct syn_link_port *port, const char *const *argv,
                          struct syn_error *error);
int syn_link_program_read(struct syn_link_port *port, void *data, size_t size,
                          struct syn_error *error);
int syn_link_program_write(struct syn_link_port *port, const void *data, size_t size,
                           struct syn_error *error);
void syn_link_program_close(struct syn_link_port *port);
/* Non-blocking and not inherited by children. */
int syn_link_fd_prepare(int fd, struct syn_error *error);

#endif
