/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/wearable_parts.h"

#include "devices/flash/ram.h"

#include <stdlib.h>

/* On the host, not in the device's SRAM: */
#define SENSOR_BYTES (4u << 20) /* buffers of the sensors */
#define QUEUE_BYTES  65536      /* messages that wait for the host's link */

/* ---- the agent's port ---- */

static int64_t now_ns(void *ctx)
{
    const struct syn_wearable *w = ctx;
    return syn_virtual_now(&w->clock);
}

static bool room(void *ctx, unsigned link, size_t size)
{
    struct syn_wearable *w = ctx;
    return w->config.room(w->config.ctx, link, size);
}

static void write_host(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct syn_wearable *w = ctx;
    w->config.write(w->config.ctx, link, bytes, size);
}

static const uint32_t *rates(void *ctx, unsigned link)
{
    struct syn_wearable *w = ctx;
    return w->config.rates ? w->config.rates(w->config.ctx, link) : NULL;
}

static void set_rate(void *ctx, unsigned link, uint32_t baud)
{
    struct syn_wearable *w = ctx;
    w->config.set_rate(w->config.ctx, link, baud);
}

static void credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    struct syn_wearable *w = ctx;
    syn_traffic_credit(&w->traffic, pipeline, stage, peer, at_ns);
}

static void on_wake(void *ctx)
{
    struct syn_wearable *w = ctx;
    syn_agent_woken(&w->agent);
    syn_wearable_settle_soon(w);
}

static void wake(void *ctx, int64_t at_ns)
{
    struct syn_wearable *w = ctx;
    syn_timers_start(&w->clock.timers, &w->wake, at_ns, on_wake, w);
}

static void beacon(void *ctx, const uint32_t *done, unsigned count, int64_t at_ns)
{
    struct syn_wearable *w = ctx;
    (void)done;
    (void)count;
    w->counts_relay = true;
    syn_wearable_counts_at(w, at_ns);
}

static void relayed(void *ctx, const uint8_t *message, size_t size)
{
    struct syn_wearable *w = ctx;
    syn_traffic_message(&w->traffic, SYN_TRAFFIC_HOST, message, size);
}

static long feed(void *ctx, const char *sensor, const char *path, uint32_t first, char *why,
                 size_t why_size)
{
    struct syn_wearable *w = ctx;
    return syn_sensing_feed(&w->sensing, sensor, path, first, why, why_size);
}

static void reset(void *ctx)
{
    struct syn_wearable *w = ctx;
    w->reset_due = true;
    syn_wearable_settle_soon(w);
}

/* ---- host links ---- */

struct syn_agent *syn_wearable_agent(struct syn_wearable *wearable)
{
    return &wearable->agent;
}

struct syn_accel *syn_wearable_accel(struct syn_wearable *wearable)
{
    return &wearable->accel;
}

void syn_wearable_opened(struct syn_wearable *w, unsigned link)
{
    syn_agent_link_opened(&w->agent, link);
    syn_wearable_settle_soon(w);
}

void syn_wearable_message_opened(struct syn_wearable *w, unsigned link)
{
    syn_agent_message_link_opened(&w->agent, link);
    syn_wearable_settle_soon(w);
}

void syn_wearable_closed(struct syn_wearable *w, unsigned link)
{
    syn_agent_link_closed(&w->agent, link);
    syn_wearable_settle_soon(w);
}

void syn_wearable_receive(struct syn_wearable *w, unsigned link, const uint8_t *bytes, size_t size)
{
    syn_agent_receive(&w->agent, link, bytes, size);
    syn_wearable_settle_soon(w);
}

void syn_wearable_writable(struct syn_wearable *w)
{
    syn_wearable_settle_soon(w);
}

/* ---- life ---- */

static int init_agent(struct syn_wearable *w)
{
    const struct syn_wearable_config *c = &w->config;
    size_t arena = c->timing.arena_bytes + SYN_DEPLOYMENT_SCRATCH(SYN_PART_PLACEMENTS_MAX);
    const struct syn_agent_port port = {.ctx = w,
                                        .now_ns = now_ns,
                                        .room = room,
                                        .write = write_host,
                                        .deploy = syn_wearable_deploy,
                                        .peers = syn_wearable_set_peers,
                                        .begin = syn_wearable_begin,
                                        .credit = credit,
                                        .wake = wake,
                                        .beacon = beacon,
                                        .relayed = relayed,
                                        .feed = feed,
                                        .reset = reset,
                                        .wired =
                                            syn_wearable_has_wires(w) ? syn_wearable_wired : NULL,
                                        .reached = c->channels ? syn_wearable_reached : NULL,
                                        .rates = rates,
                                        .set_rate = set_rate,
                                        .files = c->files};
    const size_t store = c->store_size / SYN_FLASH_RAM_PAGE * SYN_FLASH_RAM_PAGE;
    w->memory = calloc(1, store + arena + SENSOR_BYTES + QUEUE_BYTES);
    if (!w->memory)
        return SYN_ENOMEM;
    syn_flash_ram_init(&w->flash, w->memory, store);
    const struct syn_agent_memory memory = {.flash = &w->flash,
                                            .arena = w->memory + store,
                                            .arena_size = arena,
                                            .sensor = w->memory + store + arena,
                                            .sensor_size = SENSOR_BYTES};
    return syn_agent_init(&w->agent, &c->identity, &c->timing, &port, &memory);
}

static int init(struct syn_wearable *w, struct syn_error *error)
{
    const struct syn_wearable_config *c = &w->config;
    syn_virtual_init(&w->clock, c->loop, c->identity.speed_permille);
    int rc = syn_accel_init(&w->accel, c->loop, &c->timing);
    if (rc == 0)
        rc = init_agent(w);
    if (rc)
        return syn_error_set(error, rc, "cannot make the device: %s", syn_errno_text(rc));
    return syn_wearable_open_ways(w, w->agent.memory.sensor + SENSOR_BYTES, QUEUE_BYTES, error);
}

int syn_wearable_new(struct syn_wearable **wearable, const struct syn_wearable_config *config,
                     struct syn_error *error)
{
    *wearable = NULL;
    if (!config->loop || !config->room || !config->write || !config->reset ||
        config->identity.speed_permille == 0)
        return syn_error_set(error, SYN_EINVAL, "a device without loop, links or speed");
    struct syn_wearable *w = calloc(1, sizeof *w);
    if (!w)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    w->config = *config;
    int rc = init(w, error);
    if (rc)
        syn_wearable_free(w);
    else
        *wearable = w;
    return rc;
}

void syn_wearable_free(struct syn_wearable *w)
{
    if (!w)
        return;
    syn_wearable_close_ways(w);
    syn_accel_free(&w->accel);
    syn_sensing_close(&w->sensing);
    syn_virtual_close(&w->clock);
    syn_loop_timer_stop(&w->settle);
    free(w->memory);
    free(w);
}
