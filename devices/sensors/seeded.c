/* SPDX-License-Identifier: MIT */
/* Apart from the files, for it needs none: firmware without sensors takes its windows from here. */
#include "devices/base/bytes.h"
#include "devices/base/hash.h"
#include "devices/sensors/sensor.h"

#include <string.h>

void syn_sensor_seeded(const char *kind, uint64_t index, size_t bytes, int8_t *window)
{
    uint8_t number[8];
    syn_put_le64(number, index);
    uint64_t state = syn_fnv1a(SYN_FNV1A_START, kind, strlen(kind));
    state = syn_fnv1a(state, number, sizeof number);
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t v = syn_splitmix64(&state);
        for (size_t k = 0; k < 8 && i + k < bytes; k++)
            window[i + k] = (int8_t)(uint8_t)(v >> 8 * k);
    }
}
