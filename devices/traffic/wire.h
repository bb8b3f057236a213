/* SPDX-License-Identifier: MIT */
/*
 * One end of a wire: a line of the device's own (a UART) that leads to another device. Tensor
 * messages cross it as COBS frames; any of them may be lost (transfer.h).
 *
 * Nobody knows beforehand where it leads. Each end says who it is twice a second, and at once where
 * that is news; flag 1 says that the other end is heard by one that uses the wire, so that one with
 * a broken direction, or whose other end is told to use another way, is no wire. Where it is used,
 * it is up while both are heard, and down after 1.6 s of silence. It may be plugged in elsewhere at
 * any time: a wire that leads to another device than when it was bound is down until it is bound
 * again.
 *
 * Times are real, of any clock. Freestanding; all memory is the caller's; one thread.
 */
#ifndef SYN_DEVICES_TRAFFIC_WIRE_H
#define SYN_DEVICES_TRAFFIC_WIRE_H

#include "devices/agent/limits.h"
#include "devices/wire/frame.h"
#include "devices/wire/tensor.h"

#define SYN_WIRE_ID_MAX 32 /* of an id, as it is told on a wire, its end included */
#define SYN_WIRE_HEARD  1  /* flag of SYN_TENSOR_WHO: the sender uses it and hears the receiver */

/* The port; callbacks come from inside syn_wire_*, and must not call them. */
struct syn_wire_port {
    void *ctx;
    size_t (*room)(void *ctx);                                   /* bytes that `write` takes now */
    void (*write)(void *ctx, const uint8_t *bytes, size_t size); /* there is room */
    void (*message)(void *ctx, const uint8_t *message, size_t size);
    void (*changed)(void *ctx, bool up);
};

/* Caller-owned; read `peer` and `up`. */
struct syn_wire {
    struct syn_wire_port port;
    const char *id;              /* of this device */
    char peer[SYN_WIRE_ID_MAX];  /* who is heard at the other end; "" = nobody */
    char bound[SYN_WIRE_ID_MAX]; /* whom it is to lead to; "": whoever is heard first */
    bool used, up;
    bool heard; /* the peer says that it hears us */
    bool news;  /* we say who we are at the next opportunity */
    int64_t heard_ns, beat_ns;
    struct syn_frame_receiver receiver;
    uint8_t buffer[SYN_TRANSFER_RELAY_MAX + SYN_FRAME_OVERHEAD];
};

/* `id` stays where it is. */
void syn_wire_init(struct syn_wire *wire, const char *id, const struct syn_wire_port *port);

void syn_wire_receive(struct syn_wire *wire, const uint8_t *bytes, size_t size, int64_t now_ns);

/* The line itself has ended, where its port can tell. */
void syn_wire_cut(struct syn_wire *wire);

/* Whether it is used, for what it leads to now. */
void syn_wire_bind(struct syn_wire *wire, bool used);

/* False where there is no room for the message now; one to a wire that is down is not sent. */
bool syn_wire_send(struct syn_wire *wire, const uint8_t *message, size_t size);

/* Does what is due; returns when to call again. */
int64_t syn_wire_poll(struct syn_wire *wire, int64_t now_ns);

/* How long a line of so many bit/s (ten for a byte) takes for a hop's bytes, framing included. */
uint64_t syn_wire_hop_ns(uint32_t bytes, uint32_t baud);

#endif
