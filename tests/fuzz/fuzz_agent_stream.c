/* SPDX-License-Identifier: MIT */
/* Any bytes on the host's link, in pieces and states that the first two bytes choose. */
#include "tests/fuzz/fuzz_agent_port.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct fuzz_device *d = fuzz_device_new(data[0] % 5);
    size_t piece = (size_t)data[1] + 1;
    for (size_t at = 2; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        syn_agent_receive(&d->agent, 0, data + at, n);
        fuzz_device_step(d, 10);
    }
    free(d);
    return 0;
}
