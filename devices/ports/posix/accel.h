/* SPDX-License-Identifier: MIT */
/*
 * The accelerator of a virtual wearable: the chunks of a deployment, computed bit-exactly (with a
 * part that has registers: by their programs on the emulated part, compute.h) in slices of about
 * half a millisecond between the other work of the poll loop. What was seen to take no longer than
 * SYN_ACCEL_AT_ONCE_NS is computed at once: passing it through the loop would take longer. It knows
 * no virtual time; the wearable gives each inference its window.
 */
#ifndef SYN_PORTS_POSIX_ACCEL_H
#define SYN_PORTS_POSIX_ACCEL_H

#include "core/base/loop.h"
#include "devices/agent/agent.h"
#include "devices/ports/posix/compute.h"

#define SYN_ACCEL_AT_ONCE_NS 50000

struct syn_accel {
    struct syn_loop *loop;
    struct syn_compute *compute;
    struct syn_accel_chunk {
        const struct syn_image *image; /* of the deployment; NULL where there is no chunk here */
        int64_t least_ns; /* real time that an inference takes where nobody interrupts it: the
                             least that was seen; 0 = none was */
    } chunks[SYN_RT_PIPELINES_MAX];
    uint8_t *output; /* of the inference that was last: its tensors, one after the other */
    struct syn_loop_timer slice;
    struct syn_accel_chunk *running; /* NULL = at rest */
    int64_t took_ns;                 /* by what runs, so far */
    uint64_t slice_macs;             /* what fits into a slice, as measured */
    bool failed;                     /* the inference that runs or was last */
    void (*done)(void *ctx);
    void *ctx;
};

/* The part and its clock are those of `timing`. Returns 0 or SYN_ENOMEM. */
int syn_accel_init(struct syn_accel *accel, struct syn_loop *loop, const struct syn_timing *timing);
/* Also what was never initialised, if it is all 0. */
void syn_accel_free(struct syn_accel *accel);

/* Forgets all chunks; work under way is given up. */
void syn_accel_clear(struct syn_accel *accel);

/* Makes the chunks of a deployment ready, after a clear. Returns 0, or what syn_compute_deploy()
 * does, with words; nothing is ready then. */
int syn_accel_deploy(struct syn_accel *accel, const struct syn_deployment *deployment,
                     struct syn_refusal *refusal);

/*
 * Brings in the tensors that enter the chunk of `pipeline`, one after the other at `data`, and
 * starts the inference; done(ctx) is called from the loop, or before this returns.
 */
void syn_accel_start(struct syn_accel *accel, unsigned pipeline, const uint8_t *data,
                     void (*done)(void *ctx), void *ctx);

/* After done: whether the inference has no output, and why. */
bool syn_accel_failed(const struct syn_accel *accel, char words[SYN_COMPUTE_WORDS]);

/*
 * The tensors that leave the chunk, after an inference that did not fail: copied one after the
 * other to `data` (NULL: not copied), hashed to *hash (FNV-1a).
 */
void syn_accel_unload(const struct syn_accel *accel, unsigned pipeline, uint8_t *data,
                      uint64_t *hash);

/* What the output of a model's last chunk says: the largest element and its index. */
void syn_accel_result(const struct syn_accel *accel, unsigned pipeline,
                      struct syn_tensor_result *result);

#endif
