/* SPDX-License-Identifier: MIT */
#include "devices/agent/result.h"

#include "devices/base/bytes.h"

static int32_t element(const uint8_t *tensor, unsigned width, size_t index)
{
    return width == 32 ? (int32_t)syn_get_le32(tensor + 4 * index) : (int8_t)tensor[index];
}

void syn_agent_result(const struct syn_port_tensor *out, const uint8_t *tensor,
                      struct syn_tensor_result *result)
{
    unsigned width = out->width;
    size_t count = syn_tensor_bytes(out->shape, width) / (width / 8), best = 0;
    int32_t second = INT32_MIN;
    for (size_t i = 1; i < count; i++) {
        bool larger = element(tensor, width, i) > element(tensor, width, best);
        int32_t loser = element(tensor, width, larger ? best : i);
        second = loser > second ? loser : second;
        best = larger ? i : best;
    }
    result->best = (uint16_t)(best > UINT16_MAX ? UINT16_MAX : best);
    result->count = (uint16_t)(count > UINT16_MAX ? UINT16_MAX : count);
    result->value = count > 0 ? element(tensor, width, best) : 0;
    result->second = count > 1 ? second : result->value;
}
