/* SPDX-License-Identifier: MIT */
/*
 * The accelerator of a board, or what stands in for it, for tasks.c. One inference at a time, one
 * instance.
 */
#ifndef SYN_PORTS_BARE_ACCEL_H
#define SYN_PORTS_BARE_ACCEL_H

#include "devices/agent/deployment.h"
#include "devices/wire/tensor.h"

/* Takes the chunks of a deployment (NULL: none), whose images must stay where they are. Returns 0
 * or SYN_ENOMEM with words. */
int syn_accel_deploy(const struct syn_deployment *deployment, struct syn_refusal *refusal);

/* Whether inferences, and loading and unloading, take what they take and are reported so; else what
 * the profile says, or longer. */
bool syn_accel_is_real(void);

/* Brings in the tensors that enter the chunk of `pipeline`, one after the other. */
void syn_accel_load(unsigned pipeline, const uint8_t *data);

/* Starts on what was loaded. */
void syn_accel_start(void);

/* Does what there is to do, in a slice that leaves room for the UART; true while the inference is
 * not done. */
bool syn_accel_step(void);

/* Until the inference is done: when there is something to do for step(), unless an interrupt comes
 * first. INT64_MIN: now. May be asked with interrupts off. */
int64_t syn_accel_next_ns(void);

/* Of the inference that was done last: when that was, and why nothing came of it (NULL: it did). */
int64_t syn_accel_done_ns(void);
const char *syn_accel_fault(void);

/* The tensors that left the chunk, one after the other, to `data` (NULL: nowhere), and their hash.
 */
void syn_accel_unload(uint8_t *data, uint64_t *hash);

/* What they say, of a model's last chunk. */
void syn_accel_result(struct syn_tensor_result *result);

#endif
