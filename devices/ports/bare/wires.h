/* SPDX-License-Identifier: MIT */
/*
 * The wire of a board to another device: devices/traffic/wire.h on the UART of pair.h, where a
 * board has one and traffic is compiled for it. From the main loop only.
 */
#ifndef SYN_PORTS_BARE_WIRES_H
#define SYN_PORTS_BARE_WIRES_H

#include "devices/traffic/traffic.h"
#include "devices/wire/smp.h"

#if SYN_TRAFFIC_WIRES

#define SYN_WIRES_FEATURE SYN_FEATURE_WIRES
#define SYN_WIRES_PEER    syn_wires_peer

/* `id` is this board's, and stays where it is. */
void syn_wires_start(struct syn_traffic *traffic, const char *id);
/* The link table was written. */
void syn_wires_bind(const struct syn_agent_peer *peers, unsigned count);
/* Does what is due; returns when the next thing is. */
int64_t syn_wires_step(void);
bool syn_wires_quiet(void); /* nothing has come that was not read */

/* As `wired` of struct syn_agent_port, and as those of struct syn_traffic_port. */
const char *syn_wires_peer(void *ctx, unsigned wire);
bool syn_wires_send(void *ctx, unsigned wire, const uint8_t *message, size_t size);
bool syn_wires_up(void *ctx, unsigned wire);
uint64_t syn_wires_hop_ns(void *ctx, unsigned wire, uint32_t bytes);

#else

#define SYN_WIRES_FEATURE 0
#define SYN_WIRES_PEER    NULL

static inline void syn_wires_start(struct syn_traffic *traffic, const char *id)
{
    (void)traffic;
    (void)id;
}

static inline void syn_wires_bind(const struct syn_agent_peer *peers, unsigned count)
{
    (void)peers;
    (void)count;
}

static inline int64_t syn_wires_step(void)
{
    return INT64_MAX;
}

static inline bool syn_wires_quiet(void)
{
    return true;
}

#endif

#endif
