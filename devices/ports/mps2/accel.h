/* SPDX-License-Identifier: MIT */
/*
 * What stands in for the accelerator, which the emulated board has none of: the portable kernels of
 * devices/part, bit-exactly, on the core, in slices that leave room for the UART. One inference at
 * a time. The memory is a pool that every deployment takes anew. One instance.
 */
#ifndef SYN_PORTS_MPS2_ACCEL_H
#define SYN_PORTS_MPS2_ACCEL_H

#include "devices/agent/deployment.h"
#include "devices/wire/tensor.h"

/* Takes the chunks of a deployment (NULL: none), whose images must stay where they are. Returns 0
 * or SYN_ENOMEM with words. */
int syn_accel_deploy(const struct syn_deployment *deployment, struct syn_refusal *refusal);

/* Starts the chunk of `pipeline` on the tensors that enter it, one after the other. */
void syn_accel_start(unsigned pipeline, const uint8_t *data);

/* Computes a slice; true while there is more to do. */
bool syn_accel_step(void);

/* The tensors that left the chunk, one after the other, to `data` (NULL: nowhere), and their hash.
 */
void syn_accel_unload(uint8_t *data, uint64_t *hash);

/* What they say, of a model's last chunk. */
void syn_accel_result(struct syn_tensor_result *result);

#endif
