/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz_agent_port.h"

#include "devices/agent/plan.h"
#include "devices/flash/ram.h"
#include "devices/wire/cbor.h"

#include <stdlib.h>
#include <string.h>

static int64_t now_ns(void *ctx)
{
    return ((struct fuzz_device *)ctx)->now;
}

static bool room(void *ctx, unsigned link, size_t size)
{
    const struct fuzz_device *d = ctx;
    return (d->written + link + size) % 7 != 0;
}

static void take(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct fuzz_device *d = ctx;
    (void)link;
    for (size_t i = 0; i < size; i++)
        d->written += bytes[i];
}

static int deploy(void *ctx, const struct syn_deployment *deployment, struct syn_refusal *refusal)
{
    struct fuzz_device *d = ctx;
    (void)refusal;
    d->begun = false;
    return deployment && deployment->pipeline_count == 0 ? SYN_EINVAL : 0;
}

static void peers(void *ctx, unsigned self, const struct syn_agent_peer *list, unsigned count)
{
    struct fuzz_device *d = ctx;
    for (unsigned i = 0; i < count; i++)
        d->written += strlen(list[i].name) + strlen(list[i].address) + self;
}

static void begin(void *ctx, const struct syn_task *task, int64_t start_ns, uint64_t duration_ns)
{
    struct fuzz_device *d = ctx;
    (void)start_ns;
    (void)duration_ns;
    d->task = *task;
    d->begun = true;
}

static void credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    ((struct fuzz_device *)ctx)->written += (unsigned)pipeline + stage + peer + (uint64_t)at_ns;
}

static void beacon(void *ctx, const uint32_t *done, unsigned count, int64_t at_ns)
{
    (void)at_ns;
    for (unsigned i = 0; i < count; i++)
        ((struct fuzz_device *)ctx)->written += done[i];
}

static void relayed(void *ctx, const uint8_t *message, size_t size)
{
    take(ctx, 0, message, size);
}

static long feed(void *ctx, const char *sensor, const char *path, uint32_t first, char *why,
                 size_t why_size)
{
    (void)ctx;
    if (why_size > 0)
        why[0] = 0;
    return (long)(strlen(sensor) + strlen(path) + first % 3) - 2;
}

static void reset(void *ctx)
{
    ((struct fuzz_device *)ctx)->written = 0;
}

static const struct syn_agent_identity identity = {.id = "fuzz",
                                                   .profile = "p",
                                                   .firmware = "0",
                                                   .sensors = "camera",
                                                   .actuators = "led",
                                                   .features = 1,
                                                   .speed_permille = 1000};

/* ---- a chunk of one small layer, and its deployment on this device alone ---- */

static void put(struct fuzz_device *d, const uint8_t *bytes, size_t size,
                uint8_t hash[SYN_SHA256_SIZE])
{
    syn_sha256(bytes, size, hash);
    if (syn_store_put(&d->agent.store, hash, 0, (uint32_t)size, bytes, size) != (long)size)
        abort();
}

static void put_chunk(struct fuzz_device *d, uint8_t hash[SYN_SHA256_SIZE])
{
    static const uint8_t weights[4 * 3 * 9];
    const uint8_t *const all[] = {weights};
    const int8_t *const none[] = {NULL};
    struct syn_shape input = {3, 4, 4};
    uint8_t bytes[1024];
    struct syn_layer layer = {.op = SYN_OP_CONV2D,
                              .weight_bits = 8,
                              .kernel_h = 3,
                              .kernel_w = 3,
                              .pad_h = 1,
                              .pad_w = 1,
                              .input_count = 1,
                              .out = {.channels = 4}};
    if (syn_layer_resolve(&layer, &input, NULL))
        abort();
    long size = syn_image_write(&layer, 1, 0, 1, input, all, none, bytes, sizeof bytes);
    if (size <= 0)
        abort();
    put(d, bytes, (size_t)size, hash);
}

static void put_deployment(struct fuzz_device *d, const uint8_t chunk[SYN_SHA256_SIZE],
                           uint8_t hash[SYN_SHA256_SIZE])
{
    static const char *const parts[] = {"hop", "from", "to", "in", "out"};
    uint8_t bytes[256];
    struct syn_cbor_out out;
    syn_cbor_out_init(&out, bytes, sizeof bytes);
    syn_cbor_open_map(&out);
    syn_cbor_pair_uint(&out, "v", 1);
    syn_cbor_pair_uint(&out, "self", 0);
    syn_cbor_pair_uint(&out, "dev", 1);
    syn_cbor_pair_uint(&out, "k", 1);
    syn_cbor_put_text(&out, "pipes");
    syn_cbor_put_array(&out, 1);
    syn_cbor_put_map(&out, 4);
    syn_cbor_pair_uint(&out, "id", 0);
    syn_cbor_put_text(&out, "chunk");
    syn_cbor_open_map(&out);
    syn_cbor_pair_bytes(&out, "h", chunk, SYN_SHA256_SIZE);
    for (unsigned i = 0; i < 5; i++)
        syn_cbor_pair_uint(&out, parts[i], 0);
    syn_cbor_close(&out);
    syn_cbor_put_text(&out, "sense");
    syn_cbor_put_map(&out, 4);
    syn_cbor_pair_text(&out, "s", "camera");
    syn_cbor_pair_uint(&out, "bytes", 48);
    syn_cbor_pair_uint(&out, "to", 0);
    syn_cbor_pair_uint(&out, "out", 0);
    syn_cbor_put_text(&out, "act");
    syn_cbor_put_map(&out, 3);
    syn_cbor_pair_text(&out, "a", "led");
    syn_cbor_pair_uint(&out, "from", 0);
    syn_cbor_pair_uint(&out, "in", 1);
    syn_cbor_close(&out);
    if (out.error)
        abort();
    put(d, bytes, out.length, hash);
}

static void reach(struct fuzz_device *d, unsigned state)
{
    struct syn_refusal refusal;
    if (state >= 1) {
        put_chunk(d, d->chunk);
        put_deployment(d, d->chunk, d->plan);
    }
    if (state >= 2 && !syn_agent_plan_prepare(&d->agent, 1, d->plan, &refusal))
        abort();
    if (state >= 3 && syn_agent_plan_commit(&d->agent, 1, &refusal))
        abort();
    if (state >= 4)
        syn_agent_plan_start(&d->agent, SYN_RT_FAIR, 0);
}

static void start(struct fuzz_device *d)
{
    struct syn_timing timing = {.part = &syn_part_max78000,
                                .accel_hz = 50000000,
                                .arena_bytes = 4096,
                                .skew_permille = {1000, 1000, 1000, 1000}};
    const struct syn_agent_port port = {.ctx = d,
                                        .now_ns = now_ns,
                                        .room = room,
                                        .write = take,
                                        .deploy = deploy,
                                        .peers = peers,
                                        .begin = begin,
                                        .credit = credit,
                                        .beacon = beacon,
                                        .relayed = relayed,
                                        .feed = feed,
                                        .reset = reset,
                                        .slots = &d->firmware.slots};
    const struct syn_agent_memory memory = {&d->flash, d->arena, sizeof d->arena, d->sensor,
                                            sizeof d->sensor};
    fuzz_flash_init(&d->firmware, NULL, 0);
    if (syn_agent_init(&d->agent, &identity, &timing, &port, &memory))
        abort();
    syn_agent_link_opened(&d->agent, 0);
}

struct fuzz_device *fuzz_device_new(unsigned state)
{
    struct fuzz_device *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    syn_flash_ram_init(&d->flash, d->store, sizeof d->store);
    start(d);
    reach(d, state);
    return d;
}

int fuzz_device_restart(struct fuzz_device *device)
{
    struct syn_refusal refusal;
    start(device);
    int rc = syn_agent_restore(&device->agent, &refusal);
    if (rc && (refusal.code != rc || refusal.text[0] == 0))
        abort();
    return rc;
}

void fuzz_device_reach(struct fuzz_device *device, unsigned state)
{
    reach(device, state);
}

void fuzz_device_step(struct fuzz_device *device, unsigned ms)
{
    device->now += (int64_t)ms * 1000000;
    (void)syn_agent_poll(&device->agent);
    if (!device->begun)
        return;
    struct syn_task task = device->task;
    device->begun = false;
    syn_agent_task_ended(&device->agent, &task, device->now, device->now + 1, 0, NULL);
}
