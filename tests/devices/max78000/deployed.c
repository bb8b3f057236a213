/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/max78000/deployed.h"

#include "core/model/model.h"
#include "devices/kernels/choose.h"
#include "devices/part/exec.h"
#include "devices/sensors/sensor.h"
#include "tests/devices/agent/models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PIECE = 500,
    PIPES = 8,
    PATIENCE_S = 30,
    COUNTERS_MS = 100,
    GAP_NS = 40000000, /* so that the UART takes every result */
};

void deployed_open(struct deployed *d, const char *model, const char *sensor)
{
    struct syn_error error = {0};
    struct syn_model *m;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/devices/models/%s.json", SYN_SOURCE_DIR, model);
    if (syn_model_read(&m, path, &error))
        fail_msg("%s: %s", path, error.message);
    assert_int_equal(syn_model_image(m, 0, m->layer_count, &d->bytes, &d->size, &error), 0);
    assert_int_equal(syn_image_open(&d->image, d->bytes, d->size), 0);
    syn_sha256(d->bytes, d->size, d->hash);
    d->sensor = sensor;
    syn_model_free(m);
}

void deployed_close(struct deployed *d)
{
    free(d->bytes);
}

/* ---- bringing it there ---- */

static void upload(struct host *h, const uint8_t *bytes, size_t size)
{
    uint8_t hash[SYN_SHA256_SIZE];
    syn_sha256(bytes, size, hash);
    for (size_t at = 0; at < size && !machine_is_off(h->machine);) {
        put_blob_piece(host_payload(h), hash, bytes, size, at, PIECE);
        host_expect(h, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_BLOB);
        at = machine_is_off(h->machine) ? size : host_number(h, "off");
    }
}

void deployed_upload(const struct deployed *d, unsigned count, struct host *h,
                     uint8_t blob[SYN_SHA256_SIZE])
{
    struct blob_pipe pipes[PIPES] = {{0}};
    uint8_t bytes[1024];
    for (unsigned i = 0; i < count; i++) {
        pipes[i] = (struct blob_pipe){.weight = 1,
                                      .chunk = d[i].hash,
                                      .in = 2 * i,
                                      .out = 2 * i + 1,
                                      .sensor = d[i].sensor,
                                      .sense_bytes = syn_image_in_bytes(&d[i].image),
                                      .gap_ns = GAP_NS,
                                      .actuator = "led"};
        upload(h, d[i].bytes, d[i].size);
    }
    size_t size = deployment_blob(0, 1, pipes, count, bytes, sizeof bytes);
    syn_sha256(bytes, size, blob);
    upload(h, bytes, size);
}

static void plan(struct host *h, const char *op, uint32_t txn, const uint8_t *hash)
{
    put_plan(host_payload(h), op, txn, hash);
    host_expect(h, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_PLAN);
}

void deployed_commit(struct host *h, const uint8_t blob[SYN_SHA256_SIZE], uint32_t txn)
{
    plan(h, "prepare", txn, blob);
    plan(h, "commit", txn, NULL);
}

/* ---- running ---- */

static void subscribe(struct host *h)
{
    struct syn_cbor_out *out = host_payload(h);
    syn_cbor_put_map(out, 3);
    syn_cbor_pair_uint(out, "cnt", COUNTERS_MS);
    syn_cbor_pair_bool(out, "res", true);
    syn_cbor_pair_bool(out, "log", true);
    host_expect(h, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_SUBSCRIBE);
}

static void run(struct host *h, bool go, unsigned count)
{
    struct syn_cbor_out *out = host_payload(h);
    syn_cbor_put_map(out, 2);
    syn_cbor_pair_bool(out, "go", go);
    syn_cbor_pair_uint(out, "lim", count);
    host_expect(h, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_RUN);
}

void deployed_run(struct host *h, unsigned count, unsigned results)
{
    subscribe(h);
    h->result_count = 0;
    run(h, true, count);
    for (unsigned s = 0; s < 100 * PATIENCE_S && h->result_count < results; s++)
        host_run(h, MACHINE_SECOND / 100);
    assert_int_equal(h->result_count, results);
    host_run(h, 2 * COUNTERS_MS * (MACHINE_SECOND / 1000));
    run(h, false, 0);
}

/* ---- what it has to be ---- */

static uint64_t reference(struct syn_exec *exec, const struct deployed *d, const int8_t *window)
{
    uint64_t hash = SYN_FNV1A_START;
    for (unsigned i = 0; i < d->image.in_count; i++) {
        struct syn_port_tensor in = syn_image_in(&d->image, i);
        size_t size = syn_tensor_bytes(in.shape, in.width);
        assert_int_equal(syn_exec_load(exec, i, window, size), 0);
        window += size;
    }
    syn_exec_start(exec);
    while (syn_exec_step(exec, UINT64_MAX))
        ;
    for (unsigned i = 0; i < d->image.out_count; i++) {
        size_t size;
        const void *tensor = syn_exec_output(exec, i, &size);
        hash = syn_fnv1a(hash, tensor, size);
    }
    return hash;
}

void deployed_check(const struct deployed *d, const struct host_result *results, unsigned count)
{
    size_t memory = syn_exec_memory_with(&d->image, syn_kernels_fastest());
    size_t size = syn_image_in_bytes(&d->image);
    int8_t *window = malloc(size);
    void *room = malloc(memory);
    struct syn_exec *exec;
    assert_int_equal(syn_exec_init_with(&exec, &d->image, syn_kernels_fastest(), room, memory), 0);
    for (unsigned i = 0; i < count; i++) {
        syn_sensor_seeded(d->sensor, results[i].inference - 1, size, window);
        assert_int_equal(results[i].input_hash, syn_fnv1a(SYN_FNV1A_START, window, size));
        assert_int_equal(results[i].output_hash, reference(exec, d, window));
    }
    free(room);
    free(window);
}
