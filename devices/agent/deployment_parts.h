/* SPDX-License-Identifier: MIT */
/* Steps of syn_deployment_open(), one file each; not for others. Each returns 0 or a negative
 * SYN_E... with the words in `refusal`. */
#ifndef SYN_DEVICES_AGENT_DEPLOYMENT_PARTS_H
#define SYN_DEVICES_AGENT_DEPLOYMENT_PARTS_H

#include "devices/agent/deployment.h"
#include "devices/base/error.h"

/* deployment_read.c: the CBOR into routes, streams, kinds and hashes; no image is opened. */
int syn_deployment_read(struct syn_deployment *deployment, const uint8_t *blob, size_t size,
                        struct syn_refusal *refusal);

/* deployment_place.c: chunks on the part; usage and cycles. Images are open. */
int syn_deployment_place(struct syn_deployment *deployment, const struct syn_timing *timing,
                         const struct syn_deployment_memory *memory, struct syn_refusal *refusal);

/* deployment_slots.c: buffers between the stages. */
int syn_deployment_slots(struct syn_deployment *deployment, const struct syn_timing *timing,
                         const struct syn_deployment_memory *memory, struct syn_refusal *refusal);

/* Fills `refusal` with the sentence `format`, % standing for the numbers; returns `code`. */
int syn_refuse(struct syn_refusal *refusal, int code, const char *format, const uint64_t *numbers);

#endif
