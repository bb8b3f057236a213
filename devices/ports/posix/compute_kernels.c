/* SPDX-License-Identifier: MIT */
/* Chunks of a part of which a peak and a bandwidth are known: the arithmetic alone. */
#include "devices/base/error.h"
#include "devices/kernels/choose.h"
#include "devices/part/exec.h"
#include "devices/ports/posix/compute.h"

#include <stdio.h>
#include <stdlib.h>

struct kernels {
    struct syn_compute base;
    const struct syn_kernels *table;
    struct chunk {
        void *memory; /* NULL where the pipeline has no chunk here */
        struct syn_exec *exec;
        const struct syn_image *image;
    } chunks[SYN_RT_PIPELINES_MAX];
    struct chunk *loaded;
};

static void clear(struct syn_compute *compute)
{
    struct kernels *k = (struct kernels *)compute;
    k->loaded = NULL;
    for (unsigned p = 0; p < SYN_RT_PIPELINES_MAX; p++) {
        free(k->chunks[p].memory);
        k->chunks[p] = (struct chunk){0};
    }
}

static int open_chunk(const struct kernels *k, struct chunk *chunk, const struct syn_image *image)
{
    size_t size = syn_exec_memory_with(image, k->table);
    chunk->image = image;
    chunk->memory = malloc(size);
    if (!chunk->memory)
        return SYN_ENOMEM;
    return syn_exec_init_with(&chunk->exec, image, k->table, chunk->memory, size);
}

static int deploy(struct syn_compute *compute, const struct syn_deployment *deployment,
                  struct syn_refusal *refusal)
{
    struct kernels *k = (struct kernels *)compute;
    int rc = 0;
    clear(compute);
    for (unsigned p = 0; rc == 0 && p < deployment->pipeline_count; p++)
        if (deployment->pipes[p].route.has_body)
            rc = open_chunk(k, &k->chunks[p], &deployment->pipes[p].image);
    if (rc == 0)
        return 0;
    clear(compute);
    refusal->code = rc;
    (void)snprintf(refusal->text, sizeof refusal->text, "the host has no memory for the weights");
    return rc;
}

static int load(struct syn_compute *compute, unsigned pipeline, const uint8_t *data)
{
    struct kernels *k = (struct kernels *)compute;
    k->loaded = &k->chunks[pipeline];
    for (unsigned i = 0; i < k->loaded->image->in_count; i++) {
        const struct syn_port_tensor in = syn_image_in(k->loaded->image, i);
        uint32_t size = syn_tensor_bytes(in.shape, in.width);
        int rc = syn_exec_load(k->loaded->exec, i, data, size);
        if (rc)
            return rc;
        data += size;
    }
    return 0;
}

static void start(struct syn_compute *compute)
{
    syn_exec_start(((struct kernels *)compute)->loaded->exec);
}

static bool step(struct syn_compute *compute, uint64_t macs)
{
    return syn_exec_step(((struct kernels *)compute)->loaded->exec, macs);
}

static const void *output(struct syn_compute *compute, unsigned index, size_t *size)
{
    return syn_exec_output(((struct kernels *)compute)->loaded->exec, index, size);
}

static bool fault(const struct syn_compute *compute, char words[SYN_COMPUTE_WORDS])
{
    (void)compute;
    (void)words;
    return false;
}

static void free_kernels(struct syn_compute *compute)
{
    clear(compute);
    free(compute);
}

int syn_compute_kernels_new(struct syn_compute **compute)
{
    static const struct syn_compute_kind kind = {deploy, clear,  load,  start,
                                                 step,   output, fault, free_kernels};
    struct kernels *k = calloc(1, sizeof *k);
    *compute = NULL;
    if (!k)
        return SYN_ENOMEM;
    k->base.kind = &kind;
    k->table = syn_kernels_fastest();
    *compute = &k->base;
    return 0;
}
