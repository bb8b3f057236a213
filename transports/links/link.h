/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A link: bytes to and from one device, whatever lies between.
 *
 * Opened by URI; a table of drivers (driver.h) says which there are. Nothing blocks: bytes
 * that arrive are handed to a callback from the loop, bytes to send wait in a bounded queue. A link
 * that breaks says so once, through `lost`, and then does nothing more until it is closed.
 * Callbacks may write to the link and close it. One thread: that of the loop.
 *
 * Most links are streams; those that keep packets apart (BLE) take and hand out whole messages or
 * packets of them (enum syn_link_kind).
 */
#ifndef SYN_TRANSPORTS_LINKS_LINK_H
#define SYN_TRANSPORTS_LINKS_LINK_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/base/loop.h"

#define SYN_LINK_URI_MAX   256
#define SYN_LINK_QUEUE_MAX 65536 /* bytes that may wait to be sent */

struct syn_link;

/* What one call of `received`, and of syn_link_write, is about. */
enum syn_link_kind {
    SYN_LINK_STREAM,   /* bytes, cut anywhere; both framings of devices/wire/frame.h */
    SYN_LINK_MESSAGES, /* a write is one message; packets are received: devices/wire/pieces.h */
};

struct syn_link_events {
    void (*received)(void *ctx, const uint8_t *data, size_t size);
    void (*writable)(void *ctx); /* the queue ran empty; may be NULL */
    void (*lost)(void *ctx, const struct syn_error *error);
    void *ctx;
};

/* Opens `uri`. A connection that takes time goes on in the background: its failure comes as `lost`.
 * On failure *link is NULL and `error` says what and why. */
int syn_link_open(struct syn_link **link, struct syn_loop *loop, const char *uri,
                  const struct syn_link_events *events, struct syn_error *error);

/* Makes a link of a connected descriptor, which belongs to the link from then on. */
int syn_link_adopt(struct syn_link **link, struct syn_loop *loop, int fd, const char *name,
                   const struct syn_link_events *events, struct syn_error *error);

/* Queues all of `size` bytes or none: SYN_EBUSY when there is no room, SYN_ELINK when it broke,
 * SYN_EINVAL for what cannot be one message of a link that keeps them apart (1 to 65,535 bytes). */
int syn_link_write(struct syn_link *link, const void *data, size_t size);

/* Bytes that syn_link_write would take now. */
size_t syn_link_room(const struct syn_link *link);

/* Hands out nothing while held, so that what comes waits where it is. */
void syn_link_hold(struct syn_link *link, bool hold);

/* The URI, or the name it was adopted by. */
const char *syn_link_describe(const struct syn_link *link);

enum syn_link_kind syn_link_kind(const struct syn_link *link);

/* A URI by which the same device is found wherever it is plugged in next: the one it was opened by
 * where the driver knows no better. */
const char *syn_link_identity(const struct syn_link *link);

/* What a person may want to know of how it is connected ("the device refuses ..."); or empty. */
const char *syn_link_note(const struct syn_link *link);

/* Where that is now, for people: "/dev/ttyUSB3"; the URI where the driver knows no better. */
const char *syn_link_place(const struct syn_link *link);

/* The rate of the line in bit/s, and up to which the user lets it go; 0 where a link has none. */
unsigned syn_link_baud(const struct syn_link *link);
unsigned syn_link_max_baud(const struct syn_link *link);

/* At once: what is still queued goes out at the new rate. SYN_EUNSUP: the port does not have it, or
 * none at all, and stays as it was; SYN_ELINK: the link is gone. */
int syn_link_set_baud(struct syn_link *link, unsigned baud, struct syn_error *error);

/* Sends at once what the port takes now of what is queued: last words before a close. */
void syn_link_push(struct syn_link *link);

/* Closes and frees; what is still queued is lost. NULL is fine. */
void syn_link_close(struct syn_link *link);

/* Does `uri` name an emulated board that forgets, with its power, what it has in flash, unless it
 * is told a file for that (flash=FILE)? */
bool syn_link_forgets(const char *uri);

/* Does `uri` name an emulated board that is not told a number (number=N) to be told apart by? */
bool syn_link_unnumbered(const char *uri);

/* Does closing a link of `uri` take the device's power, and opening it give it? Then that restarts
 * it, and a request to restart before it would do so twice. */
bool syn_link_has_power(const char *uri);

/* The URI that a URI of fault: wraps, however often; any other itself. */
const char *syn_link_innermost(const char *uri);

#endif
