/* SPDX-License-Identifier: MIT */
/* What stands in for the accelerator, which the emulated boards have none of: the portable kernels
 * of devices/part, bit-exactly, on the core. The memory is a pool that every deployment takes anew.
 */
#include "devices/ports/bare/accel.h"

#include "devices/agent/result.h"
#include "devices/agent/text.h"
#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "devices/part/exec.h"
#include "devices/ports/bare/clock.h"

#include <string.h>

enum {
    POOL_BYTES = 5 << 20,
    SLICE_MACS = 100000, /* about a millisecond of the emulated core */
    ALIGN = 16,
};

static _Alignas(ALIGN) uint8_t pool[POOL_BYTES] __attribute__((section(".pool")));

static struct {
    const struct syn_image *image;
    struct syn_exec *exec;
} chunks[SYN_RT_PIPELINES_MAX];

static unsigned running; /* pipeline */
static int64_t done_ns;  /* of the slice that was the last */

static int no_memory(struct syn_refusal *refusal)
{
    struct syn_text text;
    refusal->code = SYN_ENOMEM;
    syn_text_init(&text, refusal->text, sizeof refusal->text);
    syn_text_put(&text, "the board has no memory for the weights");
    return SYN_ENOMEM;
}

int syn_accel_deploy(const struct syn_deployment *deployment, struct syn_refusal *refusal)
{
    size_t at = 0;
    memset(chunks, 0, sizeof chunks);
    for (unsigned p = 0; deployment && p < deployment->pipeline_count; p++) {
        const struct syn_image *image = &deployment->pipes[p].image;
        if (!deployment->pipes[p].route.has_body)
            continue;
        size_t size = syn_exec_memory(image);
        if (size > sizeof pool - at ||
            syn_exec_init(&chunks[p].exec, image, pool + at, sizeof pool - at))
            return no_memory(refusal);
        chunks[p].image = image;
        at += (size + ALIGN - 1) / ALIGN * ALIGN;
        at = at > sizeof pool ? sizeof pool : at;
    }
    return 0;
}

bool syn_accel_is_real(void)
{
    return false;
}

void syn_accel_load(unsigned pipeline, const uint8_t *data)
{
    const struct syn_image *image = chunks[pipeline].image;
    running = pipeline;
    for (unsigned i = 0; i < image->in_count; i++) {
        const struct syn_port_tensor in = syn_image_in(image, i);
        uint32_t size = syn_tensor_bytes(in.shape, in.width);
        (void)syn_exec_load(chunks[pipeline].exec, i, data, size); /* the sizes agree */
        data += size;
    }
}

void syn_accel_start(void)
{
    syn_exec_start(chunks[running].exec);
}

bool syn_accel_step(void)
{
    bool more = syn_exec_step(chunks[running].exec, SLICE_MACS);
    done_ns = syn_clock_now_ns();
    return more;
}

int64_t syn_accel_next_ns(void)
{
    return INT64_MIN;
}

int64_t syn_accel_done_ns(void)
{
    return done_ns;
}

const char *syn_accel_fault(void)
{
    return NULL;
}

void syn_accel_unload(uint8_t *data, uint64_t *hash)
{
    *hash = SYN_FNV1A_START;
    for (unsigned i = 0; i < chunks[running].image->out_count; i++) {
        size_t size;
        const void *tensor = syn_exec_output(chunks[running].exec, i, &size);
        *hash = syn_fnv1a(*hash, tensor, size);
        if (!data)
            continue;
        memcpy(data, tensor, size);
        data += size;
    }
}

void syn_accel_result(struct syn_tensor_result *result)
{
    size_t size;
    const void *tensor = syn_exec_output(chunks[running].exec, 0, &size);
    const struct syn_port_tensor out = syn_image_out(chunks[running].image, 0);
    syn_agent_result(&out, tensor, result);
}
