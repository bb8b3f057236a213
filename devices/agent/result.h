/* SPDX-License-Identifier: MIT */
/* What the output of a model's last chunk says: for ports, which make it on UNLOAD. */
#ifndef SYN_DEVICES_AGENT_RESULT_H
#define SYN_DEVICES_AGENT_RESULT_H

#include "devices/part/image.h"
#include "devices/wire/tensor.h"

/* The largest element and its index; `tensor` is dense, as `out` says. */
void syn_agent_result(const struct syn_port_tensor *out, const uint8_t *tensor,
                      struct syn_tensor_result *result);

#endif
