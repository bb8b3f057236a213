/* SPDX-License-Identifier: MIT */
/* Any bytes as a deployment blob, with a chunk in the store that it may name. */
#include "devices/agent/plan.h"
#include "tests/fuzz/fuzz_agent_port.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 32 bytes that begin with 0xaa stand for the hash of the chunk. */
static void replace_hashes(const struct fuzz_device *d, uint8_t *blob, size_t size)
{
    for (size_t i = 0; i + SYN_SHA256_SIZE + 2 <= size; i++)
        if (blob[i] == 0x58 && blob[i + 1] == SYN_SHA256_SIZE && blob[i + 2] == 0xaa)
            memcpy(blob + i + 2, d->chunk, SYN_SHA256_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t blob[4096], hash[SYN_SHA256_SIZE];
    struct syn_refusal refusal;
    if (size == 0 || size > sizeof blob)
        return 0;
    struct fuzz_device *d = fuzz_device_new(3);
    memcpy(blob, data, size);
    replace_hashes(d, blob, size);
    syn_sha256(blob, size, hash);
    (void)syn_store_put(&d->agent.store, hash, 0, (uint32_t)size, blob, size);
    bool prepared = syn_agent_plan_prepare(&d->agent, 2, hash, &refusal) != NULL;
    if (!prepared && (refusal.code == 0 || refusal.text[0] == 0))
        abort();
    if (prepared && syn_agent_plan_commit(&d->agent, 2, &refusal))
        abort(); /* what could be prepared can be committed */
    if (prepared)
        syn_agent_plan_start(&d->agent, SYN_RT_FAIR, 3);
    for (unsigned i = 0; prepared && i < 20; i++)
        fuzz_device_step(d, 10);
    free(d);
    return 0;
}
