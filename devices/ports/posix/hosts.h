/* SPDX-License-Identifier: MIT */
/*
 * The hosts of a virtual wearable: consoles that connect to its unix socket, and the one at the
 * other end of a pseudo-terminal that stands for a serial port.
 *
 * At most SYN_HOSTS_MAX at once; one more is told so in a line of text and closed. A terminal
 * takes one link for good: nobody can see whether its other end is open. What a host does not read
 * waits in a buffer of SYN_HOSTS_BUFFER bytes; a frame that does not fit is refused as a whole.
 * Callbacks come from the loop. One thread.
 */
#ifndef SYN_PORTS_POSIX_HOSTS_H
#define SYN_PORTS_POSIX_HOSTS_H

#include "core/base/error.h"
#include "core/base/loop.h"
#include "devices/agent/agent.h"
#include "devices/ports/posix/line.h"
#include "devices/ports/posix/listener.h"

#define SYN_HOSTS_MAX    2 /* the first of the agent's links */
#define SYN_HOSTS_BUFFER 65536

struct syn_hosts_events {
    void *ctx;
    void (*opened)(void *ctx, unsigned link);
    void (*closed)(void *ctx, unsigned link);
    void (*received)(void *ctx, unsigned link, const uint8_t *bytes, size_t size);
    void (*drained)(void *ctx, unsigned link); /* a link that refused a frame has room again */
};

struct syn_host {
    struct syn_hosts *hosts;
    int fd; /* -1 = free */
    bool terminal;
    bool refused;       /* a frame, since the last `drained` */
    uint32_t next_baud; /* of a terminal's line, once what waits has left; 0: as it is */
    struct syn_loop_watch watch;
    uint8_t out[SYN_HOSTS_BUFFER]; /* from `begin`, `size` bytes */
    size_t begin, size;
};

/* Caller-owned; private. */
struct syn_hosts {
    struct syn_loop *loop;
    struct syn_hosts_events events;
    struct syn_listener listener;
    struct syn_loop_watch watch;
    int slave;            /* of the terminal, kept open: a master without one fails; -1 = none */
    char link[512];       /* symbolic link to the slave; empty = none */
    char terminal[64];    /* name of the slave; empty = none */
    struct syn_line line; /* of the terminal */
    struct syn_host links[SYN_HOSTS_MAX];
};

void syn_hosts_init(struct syn_hosts *hosts, struct syn_loop *loop,
                    const struct syn_hosts_events *events);

/* Closes everything; removes socket and symbolic link. No callback. */
void syn_hosts_close(struct syn_hosts *hosts);

/* Listens at `path`. Returns what syn_listener_open() does. */
int syn_hosts_listen(struct syn_hosts *hosts, const char *path, struct syn_error *error);

/*
 * Makes a pseudo-terminal in raw mode and opens it as a link. `link` (may be NULL) becomes a
 * symbolic link to its slave; one that stands there is replaced, anything else is SYN_EBUSY.
 * hosts->terminal is the name of the slave. Its line is at the first rate of `line`.
 */
int syn_hosts_terminal(struct syn_hosts *hosts, const char *link, const struct syn_line *line,
                       struct syn_error *error);

/* The rates of a link's line, ended by 0; NULL where it has none. */
const uint32_t *syn_hosts_rates(const struct syn_hosts *hosts, unsigned link);

/* One of them, once what waits to be sent has left. */
void syn_hosts_set_rate(struct syn_hosts *hosts, unsigned link, uint32_t baud);

/* Ends all links as a restart of the device does: sockets are closed, a terminal is opened anew. */
void syn_hosts_restart(struct syn_hosts *hosts);

/* Do so many bytes fit into what the link queues? False also where it is not open. */
bool syn_hosts_room(struct syn_hosts *hosts, unsigned link, size_t size);

/* Queues a piece for which there is room; 0 bytes: sends what is queued. */
void syn_hosts_write(struct syn_hosts *hosts, unsigned link, const uint8_t *bytes, size_t size);

#endif
