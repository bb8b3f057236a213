/* SPDX-License-Identifier: MIT */
/*
 * A virtual wearable: the agent on a virtual clock, with sensors, an accelerator that computes for
 * real, and a radio shared with the other wearables of the host.
 *
 * A task starts at the time that the runtime says and ends at start + duration of the virtual
 * clock; its results are not released before. The host computes an inference from when it begins to
 * load, and one whose real work takes longer than loading and inferring do is reported as late; the
 * time until the loop is woken is not its work, up to a real millisecond. Nothing wakes the process
 * while nothing is deployed and running.
 *
 * Host links are the caller's: it passes on what they bring, and writes what it is given.
 */
#ifndef SYN_PORTS_POSIX_WEARABLE_H
#define SYN_PORTS_POSIX_WEARABLE_H

#include "core/base/loop.h"
#include "devices/agent/agent.h"
#include "devices/ports/posix/bluetooth.h"
#include "devices/ports/posix/pairs.h"

struct syn_accel;
struct syn_wearable;

struct syn_wearable_config {
    struct syn_loop *loop;
    struct syn_agent_identity identity; /* texts must outlive the wearable; speed_permille > 0 */
    struct syn_timing timing;
    const char *radio_path; /* unix socket to listen at for peers; NULL = relay by the host only */
    struct syn_pair_config pairs[SYN_PAIRS_MAX]; /* wires; of path NULL: none */
    bool channels;                       /* it will have Bluetooth: syn_wearable_use_bluetooth() */
    size_t store_size;                   /* of the chunk store, bytes */
    const struct syn_agent_files *files; /* NULL: none */
    void *ctx;
    /* Frames for the host on `link`, as in struct syn_agent_port. */
    bool (*room)(void *ctx, unsigned link, size_t size);
    void (*write)(void *ctx, unsigned link, const uint8_t *bytes, size_t size);
    void (*reset)(void *ctx); /* from the loop, after the response was written */
    /* As in struct syn_agent_port; both or none. */
    const uint32_t *(*rates)(void *ctx, unsigned link);
    void (*set_rate)(void *ctx, unsigned link, uint32_t baud);
};

/* Returns 0, SYN_EINVAL, SYN_ENOMEM, or why it cannot listen at radio_path or where a wire ends
 * (listener.h). */
int syn_wearable_new(struct syn_wearable **wearable, const struct syn_wearable_config *config,
                     struct syn_error *error);
/* NULL is fine. */
void syn_wearable_free(struct syn_wearable *wearable);

/* For channels to other wearables, as long as this one lives. Returns 0 or SYN_ENOMEM. */
int syn_wearable_use_bluetooth(struct syn_wearable *wearable, struct syn_bluetooth *bluetooth);

struct syn_agent *syn_wearable_agent(struct syn_wearable *wearable);
struct syn_accel *syn_wearable_accel(struct syn_wearable *wearable); /* accel.h; for tests */

/* Host links, 0 .. SYN_AGENT_LINKS_MAX - 1. */
void syn_wearable_opened(struct syn_wearable *wearable, unsigned link);
/* One that keeps packets apart. */
void syn_wearable_message_opened(struct syn_wearable *wearable, unsigned link);
void syn_wearable_closed(struct syn_wearable *wearable, unsigned link);
void syn_wearable_receive(struct syn_wearable *wearable, unsigned link, const uint8_t *bytes,
                          size_t size);
/* A link that had no room has room again. */
void syn_wearable_writable(struct syn_wearable *wearable);

#endif
