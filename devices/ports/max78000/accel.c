/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/accel.h"

#include "devices/agent/result.h"
#include "devices/agent/text.h"
#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "devices/ports/bare/board.h"
#include "devices/ports/bare/clock.h"
#include "devices/ports/max78000/cnn.h"
#include "devices/ports/max78000/registers.h"
#include "devices/ports/max78000/resident.h"

enum {
    PATIENCE = 2,          /* times the cycles that a chunk takes */
    PATIENCE_NS = 1000000, /* and that long */
    CYCLE_NS = 1000000000 / SYN_MAX_PCLK_HZ,
};

_Static_assert(SYN_RESIDENT_MEMORY <= SYN_DEPLOYMENT_SCRATCH(SYN_PART_LAYERS_MAX),
               "what lies behind a full arena is enough to configure a chunk");

static const struct syn_deployment *deployed;
static uint8_t chunks[SYN_RT_PIPELINES_MAX]; /* of a pipeline: number of its chunk */
static unsigned running;                     /* pipeline */
static int64_t deadline_ns, ended_ns;
static const char *fault;

/* ---- deployments ---- */

static int refuse(struct syn_refusal *refusal, int code, const char *words)
{
    struct syn_text text;
    refusal->code = code;
    syn_text_init(&text, refusal->text, sizeof refusal->text);
    syn_text_put(&text, words);
    return code;
}

/* The arena behind the slots: for what places and configures chunks, and for outputs that are
 * looked at and forgotten. */
static uint8_t *room(size_t *size)
{
    const struct syn_agent_memory memory = syn_board_memory();
    size_t used = deployed ? (deployed->arena_used + 7u) & ~7u : 0;
    *size = used < memory.arena_size ? memory.arena_size - used : 0;
    return memory.arena + used;
}

static bool outputs_fit(const struct syn_deployed_pipe *pipe)
{
    size_t size;
    (void)room(&size);
    return !syn_deployment_is_last(pipe) || syn_image_out_bytes(&pipe->image) <= size;
}

static int deploy(const struct syn_deployment *deployment, struct syn_refusal *refusal)
{
    const struct syn_image *images[SYN_RT_PIPELINES_MAX];
    uint8_t pipes[SYN_RT_PIPELINES_MAX];
    unsigned count = 0;
    struct syn_misfit misfit = {0};
    for (unsigned p = 0; p < deployment->pipeline_count; p++) {
        if (!deployment->pipes[p].route.has_body)
            continue;
        if (!outputs_fit(&deployment->pipes[p]))
            return refuse(refusal, SYN_ENOMEM, "the arena has no room for the output of a model");
        chunks[p] = (uint8_t)count;
        pipes[count] = (uint8_t)p;
        images[count++] = &deployment->pipes[p].image;
    }
    if (count == 0)
        return 0;
    /* Nothing runs yet: the whole arena is free. */
    const struct syn_agent_memory memory = syn_board_memory();
    syn_cnn_power(true);
    int rc = syn_resident_deploy(images, count, memory.arena, memory.arena_size, &misfit);
    if (rc == SYN_ENOMEM)
        return refuse(refusal, rc, "the board has no memory for so many layers");
    return rc ? syn_refuse_misfit(refusal, rc, &misfit, pipes[misfit.chunk], images[misfit.chunk])
              : 0;
}

int syn_accel_deploy(const struct syn_deployment *deployment, struct syn_refusal *refusal)
{
    fault = NULL;
    deployed = deployment;
    syn_cnn_power(false);
    int rc = deployment ? deploy(deployment, refusal) : 0;
    if (rc) {
        deployed = NULL;
        syn_cnn_power(false);
    }
    return rc;
}

/* ---- an inference ---- */

bool syn_accel_is_real(void)
{
    return true;
}

void syn_accel_load(unsigned pipeline, const uint8_t *data)
{
    size_t size;
    running = pipeline;
    syn_resident_load(chunks[pipeline], data, room(&size));
}

void syn_accel_start(void)
{
    uint64_t cycles = deployed->pipes[running].cycles;
    fault = NULL;
    syn_cnn_begin();
    deadline_ns = syn_clock_now_ns() + PATIENCE_NS + (int64_t)(PATIENCE * CYCLE_NS * cycles);
    syn_resident_start();
}

bool syn_accel_step(void)
{
    if (syn_cnn_done()) {
        ended_ns = syn_cnn_done_ns();
        return false;
    }
    if (syn_clock_now_ns() < deadline_ns)
        return true;
    syn_cnn_stop();
    syn_resident_forget();
    ended_ns = syn_clock_now_ns();
    fault = "the accelerator does not come to an end";
    return false;
}

int64_t syn_accel_next_ns(void)
{
    return syn_cnn_done() ? INT64_MIN : deadline_ns;
}

int64_t syn_accel_done_ns(void)
{
    return ended_ns;
}

const char *syn_accel_fault(void)
{
    return fault;
}

/* ---- its output ---- */

void syn_accel_unload(uint8_t *data, uint64_t *hash)
{
    const struct syn_image *image = &deployed->pipes[running].image;
    size_t size;
    uint8_t *to = data ? data : room(&size);
    *hash = SYN_FNV1A_START;
    for (unsigned i = 0; i < image->out_count; i++) {
        const struct syn_port_tensor out = syn_image_out(image, i);
        uint32_t bytes = syn_tensor_bytes(out.shape, out.width);
        syn_resident_unload(i, to);
        *hash = syn_fnv1a(*hash, to, bytes);
        to += bytes;
    }
}

/* It still lies where it was unloaded to: nothing else takes the arena behind the slots. */
void syn_accel_result(struct syn_tensor_result *result)
{
    size_t size;
    const struct syn_port_tensor out = syn_image_out(&deployed->pipes[running].image, 0);
    syn_agent_result(&out, room(&size), result);
}
