/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/accel.h"

#include "devices/base/bytes.h"
#include "devices/base/hash.h"
#include "devices/kernels/choose.h"

#include <stdlib.h>
#include <string.h>

#define SLICE_NS       500000
#define SLICE_MACS     100000 /* to begin with, until a slice has been measured */
#define SLICE_MACS_MIN 10000

void syn_accel_init(struct syn_accel *accel, struct syn_loop *loop)
{
    *accel = (struct syn_accel){
        .loop = loop, .kernels = syn_kernels_fastest(), .slice_macs = SLICE_MACS};
}

void syn_accel_clear(struct syn_accel *accel)
{
    syn_loop_timer_stop(&accel->slice);
    accel->running = NULL;
    for (unsigned p = 0; p < SYN_RT_PIPELINES_MAX; p++) {
        free(accel->chunks[p].memory);
        accel->chunks[p] = (struct syn_accel_chunk){0};
    }
}

static int deploy_chunk(struct syn_accel_chunk *chunk, const struct syn_image *image,
                        const struct syn_kernels *kernels)
{
    size_t size = syn_exec_memory_with(image, kernels);
    chunk->image = image;
    chunk->memory = malloc(size);
    if (!chunk->memory)
        return SYN_ENOMEM;
    return syn_exec_init_with(&chunk->exec, image, kernels, chunk->memory, size);
}

int syn_accel_deploy(struct syn_accel *accel, const struct syn_deployment *deployment)
{
    for (unsigned p = 0; p < deployment->pipeline_count; p++) {
        const struct syn_deployed_pipe *pipe = &deployment->pipes[p];
        int rc = pipe->route.has_body
                     ? deploy_chunk(&accel->chunks[p], &pipe->image, accel->kernels)
                     : 0;
        if (rc) {
            syn_accel_clear(accel);
            return rc;
        }
    }
    return 0;
}

int syn_accel_load(struct syn_accel *accel, unsigned pipeline, const uint8_t *data)
{
    const struct syn_accel_chunk *chunk = &accel->chunks[pipeline];
    for (unsigned i = 0; i < chunk->image->in_count; i++) {
        const struct syn_port_tensor *in = &chunk->image->in[i];
        uint32_t size = syn_tensor_bytes(in->shape, in->width);
        int rc = syn_exec_load(chunk->exec, i, data, size);
        if (rc)
            return rc;
        data += size;
    }
    return 0;
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

/* One slice; true while there is more to do. */
static bool work(struct syn_accel *accel, uint64_t macs)
{
    int64_t start = syn_loop_now();
    bool more = syn_exec_step(accel->running->exec, macs);
    int64_t took_ns = syn_loop_now() - start;
    accel->took_ns += took_ns;
    if (more)
        accel->slice_macs = adapted(accel->slice_macs, took_ns);
    return more;
}

static void finish(struct syn_accel *accel)
{
    struct syn_accel_chunk *chunk = accel->running;
    if (chunk->least_ns == 0 || accel->took_ns < chunk->least_ns)
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

void syn_accel_start(struct syn_accel *accel, unsigned pipeline, void (*done)(void *ctx), void *ctx)
{
    struct syn_accel_chunk *chunk = &accel->chunks[pipeline];
    accel->running = chunk;
    accel->took_ns = 0;
    accel->done = done;
    accel->ctx = ctx;
    syn_exec_start(chunk->exec);
    if (chunk->least_ns == 0 || chunk->least_ns > SYN_ACCEL_AT_ONCE_NS) {
        syn_loop_timer_start(accel->loop, &accel->slice, 0, 0, slice, accel);
        return;
    }
    (void)work(accel, UINT64_MAX);
    finish(accel);
}

void syn_accel_unload(const struct syn_accel *accel, unsigned pipeline, uint8_t *data,
                      uint64_t *hash)
{
    const struct syn_accel_chunk *chunk = &accel->chunks[pipeline];
    *hash = SYN_FNV1A_START;
    for (unsigned i = 0; i < chunk->image->out_count; i++) {
        size_t size;
        const void *tensor = syn_exec_output(chunk->exec, i, &size);
        *hash = syn_fnv1a(*hash, tensor, size);
        if (data) {
            memcpy(data, tensor, size);
            data += size;
        }
    }
}

static int32_t element(const uint8_t *tensor, unsigned width, size_t index)
{
    return width == 32 ? (int32_t)syn_get_le32(tensor + 4 * index) : (int8_t)tensor[index];
}

void syn_accel_result(const struct syn_accel *accel, unsigned pipeline,
                      struct syn_tensor_result *result)
{
    const struct syn_accel_chunk *chunk = &accel->chunks[pipeline];
    unsigned width = chunk->image->out[0].width;
    size_t size, best = 0;
    const uint8_t *tensor = syn_exec_output(chunk->exec, 0, &size);
    size_t count = size / (width / 8);
    int32_t second = INT32_MIN;
    for (size_t i = 1; i < count; i++) {
        bool larger = element(tensor, width, i) > element(tensor, width, best);
        int32_t loser = element(tensor, width, larger ? best : i);
        second = loser > second ? loser : second;
        best = larger ? i : best;
    }
    result->best = (uint16_t)(best > UINT16_MAX ? UINT16_MAX : best);
    result->count = (uint16_t)(count > UINT16_MAX ? UINT16_MAX : count);
    result->value = count > 0 ? element(tensor, width, best) : 0;
    result->second = count > 1 ? second : result->value;
}
