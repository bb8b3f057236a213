/* SPDX-License-Identifier: MIT */
/*
 * Wires of a virtual wearable (devices/traffic/wire.h): each is a unix stream socket at a path that
 * both ends name, in place of two UARTs that are wired to each other. Whoever comes first listens,
 * the other connects; an end that is lost is waited for. The other end may be an emulated board.
 *
 * They are named "uart:2" and so on, in their order.
 */
#ifndef SYN_PORTS_POSIX_PAIRS_H
#define SYN_PORTS_POSIX_PAIRS_H

#include "core/base/error.h"
#include "core/base/loop.h"
#include "devices/traffic/wire.h"

#define SYN_PAIRS_MAX   4
#define SYN_PAIRS_FIRST 2 /* number of the first */

struct syn_pair_config {
    const char *path; /* NULL: no such wire */
    uint32_t baud;    /* what the line would do: transfers take that long */
};

struct syn_pairs;

/* Called from the loop, and from syn_pairs_bind(). */
struct syn_pairs_events {
    void *ctx;
    void (*message)(void *ctx, const uint8_t *message, size_t size);
    void (*up)(void *ctx, unsigned wire, bool up);
};

/* Texts must outlive the wires. Returns 0, SYN_ENOMEM, or why no socket can be at a path
 * (listener.h); *pairs is NULL then. */
int syn_pairs_new(struct syn_pairs **pairs, struct syn_loop *loop, const char *id,
                  const struct syn_pair_config config[SYN_PAIRS_MAX],
                  const struct syn_pairs_events *events, struct syn_error *error);
void syn_pairs_free(struct syn_pairs *pairs); /* NULL is fine */

/* Who is at the other end: "" = nobody; NULL: no such wire. */
const char *syn_pairs_peer(const struct syn_pairs *pairs, unsigned wire);

/* Those wires are used, bit by number, for what they lead to now. */
void syn_pairs_bind(struct syn_pairs *pairs, unsigned wires);

bool syn_pairs_up(const struct syn_pairs *pairs, unsigned wire);
/* False: no room now, or not up. */
bool syn_pairs_send(struct syn_pairs *pairs, unsigned wire, const uint8_t *message, size_t size);
/* Of a hop of so many bytes; 0 where there is no such wire. */
uint64_t syn_pairs_hop_ns(const struct syn_pairs *pairs, unsigned wire, uint32_t bytes);

#endif
