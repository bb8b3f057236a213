/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/compute.h"

#include "devices/base/error.h"

int syn_compute_new(struct syn_compute **compute, const struct syn_part *part, uint32_t hz)
{
    int rc = syn_compute_emulated_new(compute, part, hz);
    return rc == SYN_EUNSUP ? syn_compute_kernels_new(compute) : rc;
}

void syn_compute_free(struct syn_compute *compute)
{
    if (compute)
        compute->kind->free(compute);
}

int syn_compute_deploy(struct syn_compute *compute, const struct syn_deployment *deployment,
                       struct syn_refusal *refusal)
{
    return compute->kind->deploy(compute, deployment, refusal);
}

void syn_compute_clear(struct syn_compute *compute)
{
    compute->kind->clear(compute);
}

int syn_compute_load(struct syn_compute *compute, unsigned pipeline, const uint8_t *data)
{
    return compute->kind->load(compute, pipeline, data);
}

void syn_compute_start(struct syn_compute *compute)
{
    compute->kind->start(compute);
}

bool syn_compute_step(struct syn_compute *compute, uint64_t macs)
{
    return compute->kind->step(compute, macs);
}

const void *syn_compute_output(struct syn_compute *compute, unsigned index, size_t *size)
{
    return compute->kind->output(compute, index, size);
}

bool syn_compute_fault(const struct syn_compute *compute, char words[SYN_COMPUTE_WORDS])
{
    return compute->kind->fault(compute, words);
}
