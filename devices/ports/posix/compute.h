/* SPDX-License-Identifier: MIT */
/*
 * What computes the chunks of a deployment, bit-exactly either way: an emulated accelerator, where
 * the part has registers that programs are written for (compute_emulated.c), else the kernels of
 * devices/part alone (compute_kernels.c). One inference at a time: load, start, step until it is
 * over, output. Knows no time.
 */
#ifndef SYN_PORTS_POSIX_COMPUTE_H
#define SYN_PORTS_POSIX_COMPUTE_H

#include "devices/agent/deployment.h"

#define SYN_COMPUTE_WORDS 192

struct syn_compute {
    const struct syn_compute_kind *kind;
};

/* Of one kind; callers use the functions below. */
struct syn_compute_kind {
    int (*deploy)(struct syn_compute *compute, const struct syn_deployment *deployment,
                  struct syn_refusal *refusal);
    void (*clear)(struct syn_compute *compute);
    int (*load)(struct syn_compute *compute, unsigned pipeline, const uint8_t *data);
    void (*start)(struct syn_compute *compute);
    bool (*step)(struct syn_compute *compute, uint64_t macs);
    const void *(*output)(struct syn_compute *compute, unsigned index, size_t *size);
    bool (*fault)(const struct syn_compute *compute, char words[SYN_COMPUTE_WORDS]);
    void (*free)(struct syn_compute *compute);
};

/* For this part at this clock. Returns 0 or SYN_ENOMEM; *compute is NULL then. */
int syn_compute_new(struct syn_compute **compute, const struct syn_part *part, uint32_t hz);
void syn_compute_free(struct syn_compute *compute); /* NULL is fine */

/*
 * Replaces all chunks by those of the deployment, whose images must stay where they are. Returns 0;
 * SYN_EOOR or SYN_EUNSUP (the part cannot do it), SYN_ENOMEM or SYN_EDEVICE (a fault), with words;
 * nothing is deployed then.
 */
int syn_compute_deploy(struct syn_compute *compute, const struct syn_deployment *deployment,
                       struct syn_refusal *refusal);
/* Forgets all chunks; an inference under way is given up. */
void syn_compute_clear(struct syn_compute *compute);

/* Brings in the tensors that enter the chunk of `pipeline`, one after the other; a fault before is
 * forgotten. Returns 0 or SYN_EDEVICE. */
int syn_compute_load(struct syn_compute *compute, unsigned pipeline, const uint8_t *data);

/* Starts what was loaded; step() works for about `macs` multiply-accumulates and returns true while
 * there is more to do. */
void syn_compute_start(struct syn_compute *compute);
bool syn_compute_step(struct syn_compute *compute, uint64_t macs);

/* The tensor `index` that leaves the chunk, dense, valid until the next call; NULL after a fault.
 */
const void *syn_compute_output(struct syn_compute *compute, unsigned index, size_t *size);

/* Whether there was a fault since the last load, and which. */
bool syn_compute_fault(const struct syn_compute *compute, char words[SYN_COMPUTE_WORDS]);

/* ---- the two kinds ---- */

struct syn_resident;

/* Returns 0, SYN_ENOMEM, or SYN_EUNSUP for a part without registers. */
int syn_compute_emulated_new(struct syn_compute **compute, const struct syn_part *part,
                             uint32_t hz);
/* What it runs on, for tests; `compute` must be of that kind. */
struct syn_resident *syn_compute_emulated_resident(struct syn_compute *compute);

int syn_compute_kernels_new(struct syn_compute **compute);

#endif
