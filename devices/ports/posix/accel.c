/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/accel.h"

#include "devices/agent/result.h"
#include "devices/base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_NS       500000
#define SLICE_MACS     100000 /* to begin with, until a slice has been measured */
#define SLICE_MACS_MIN 10000

int syn_accel_init(struct syn_accel *accel, struct syn_loop *loop, const struct syn_timing *timing)
{
    *accel = (struct syn_accel){.loop = loop, .slice_macs = SLICE_MACS};
    return syn_compute_new(&accel->compute, timing->part, timing->accel_hz);
}

void syn_accel_clear(struct syn_accel *accel)
{
    syn_loop_timer_stop(&accel->slice);
    accel->running = NULL;
    memset(accel->chunks, 0, sizeof accel->chunks);
    free(accel->output);
    accel->output = NULL;
    if (accel->compute)
        syn_compute_clear(accel->compute);
}

void syn_accel_free(struct syn_accel *accel)
{
    syn_accel_clear(accel);
    syn_compute_free(accel->compute);
    accel->compute = NULL;
}

static size_t output_bytes(const struct syn_image *image)
{
    return syn_image_out_bytes(image);
}

/* Room for the output of any of the chunks. */
static int make_room(struct syn_accel *accel, struct syn_refusal *refusal)
{
    size_t most = 1;
    for (unsigned p = 0; p < SYN_RT_PIPELINES_MAX; p++) {
        const struct syn_image *image = accel->chunks[p].image;
        size_t bytes = image ? output_bytes(image) : 0;
        most = bytes > most ? bytes : most;
    }
    free(accel->output);
    accel->output = malloc(most);
    if (accel->output)
        return 0;
    refusal->code = SYN_ENOMEM;
    (void)snprintf(refusal->text, sizeof refusal->text, "the host has no memory for an output");
    return SYN_ENOMEM;
}

int syn_accel_deploy(struct syn_accel *accel, const struct syn_deployment *deployment,
                     struct syn_refusal *refusal)
{
    for (unsigned p = 0; p < deployment->pipeline_count; p++)
        if (deployment->pipes[p].route.has_body)
            accel->chunks[p].image = &deployment->pipes[p].image;
    int rc = make_room(accel, refusal);
    if (rc == 0)
        rc = syn_compute_deploy(accel->compute, deployment, refusal);
    if (rc)
        syn_accel_clear(accel);
    return rc;
}

/* How much work a slice may hold, from what the last one took. */
static uint64_t adapted(uint64_t macs, int64_t took_ns)
{
    if (took_ns > SLICE_NS)
        macs -= macs / 4;
    else if (took_ns < SLICE_NS / 2)
        macs += macs / 4;
    return macs < SLICE_MACS_MIN ? SLICE_MACS_MIN : macs;
}

/* The output is read before anybody waits for it: what goes wrong is known then. */
static void read_output(struct syn_accel *accel)
{
    const struct syn_image *image = accel->running->image;
    uint8_t *to = accel->output;
    for (unsigned i = 0; i < image->out_count && !accel->failed; i++) {
        size_t size;
        const void *tensor = syn_compute_output(accel->compute, i, &size);
        accel->failed = !tensor;
        if (tensor)
            memcpy(to, tensor, size);
        to += size;
    }
}

/* One slice; true while there is more to do. */
static bool work(struct syn_accel *accel, uint64_t macs)
{
    int64_t start = syn_loop_now();
    bool more = !accel->failed && syn_compute_step(accel->compute, macs);
    if (!more)
        read_output(accel);
    int64_t took_ns = syn_loop_now() - start;
    accel->took_ns += took_ns;
    if (more)
        accel->slice_macs = adapted(accel->slice_macs, took_ns);
    return more;
}

static void finish(struct syn_accel *accel)
{
    struct syn_accel_chunk *chunk = accel->running;
    if (!accel->failed && (chunk->least_ns == 0 || accel->took_ns < chunk->least_ns))
        chunk->least_ns = accel->took_ns;
    accel->running = NULL;
    accel->done(accel->ctx);
}

static void slice(void *ctx)
{
    struct syn_accel *accel = ctx;
    if (work(accel, accel->slice_macs))
        syn_loop_timer_start(accel->loop, &accel->slice, 0, 0, slice, accel);
    else
        finish(accel);
}

void syn_accel_start(struct syn_accel *accel, unsigned pipeline, const uint8_t *data,
                     void (*done)(void *ctx), void *ctx)
{
    struct syn_accel_chunk *chunk = &accel->chunks[pipeline];
    accel->running = chunk;
    accel->took_ns = 0;
    accel->done = done;
    accel->ctx = ctx;
    accel->failed = syn_compute_load(accel->compute, pipeline, data) != 0;
    if (!accel->failed)
        syn_compute_start(accel->compute);
    if (chunk->least_ns == 0 || chunk->least_ns > SYN_ACCEL_AT_ONCE_NS) {
        syn_loop_timer_start(accel->loop, &accel->slice, 0, 0, slice, accel);
        return;
    }
    (void)work(accel, UINT64_MAX);
    finish(accel);
}

bool syn_accel_failed(const struct syn_accel *accel, char words[SYN_COMPUTE_WORDS])
{
    if (accel->failed && !syn_compute_fault(accel->compute, words))
        (void)snprintf(words, SYN_COMPUTE_WORDS, "the inference could not be computed");
    return accel->failed;
}

void syn_accel_unload(const struct syn_accel *accel, unsigned pipeline, uint8_t *data,
                      uint64_t *hash)
{
    size_t size = output_bytes(accel->chunks[pipeline].image);
    *hash = syn_fnv1a(SYN_FNV1A_START, accel->output, size);
    if (data)
        memcpy(data, accel->output, size);
}

void syn_accel_result(const struct syn_accel *accel, unsigned pipeline,
                      struct syn_tensor_result *result)
{
    const struct syn_port_tensor out = syn_image_out(accel->chunks[pipeline].image, 0);
    syn_agent_result(&out, accel->output, result);
}
