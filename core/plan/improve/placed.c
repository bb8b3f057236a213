/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/improve/placed.h"

#include "core/base/error.h"
#include "devices/base/hash.h"

#include <stdlib.h>

#define ENTRIES (1u << 15)

struct syn_placed_cache {
    struct syn_placed entries[ENTRIES];
};

int syn_placed_new(struct syn_placed_cache **cache)
{
    *cache = calloc(1, sizeof **cache);
    return *cache ? 0 : SYN_ENOMEM;
}

void syn_placed_free(struct syn_placed_cache *cache)
{
    free(cache);
}

uint64_t syn_placed_key(uint64_t key, unsigned figures, unsigned first, unsigned last)
{
    uint64_t state = key ^ ((uint64_t)figures << 32 | (uint64_t)first << 16 | last);
    const uint64_t next = syn_splitmix64(&state);
    return next ? next : 1;
}

struct syn_placed *syn_placed_at(struct syn_placed_cache *cache, uint64_t key)
{
    return &cache->entries[key % ENTRIES];
}
