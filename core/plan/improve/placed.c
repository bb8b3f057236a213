/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/improve/placed.h"

#include "core/base/error.h"
#include "devices/base/hash.h"

#include <stdlib.h>

struct syn_placed_cache {
    uint64_t mask; /* one less than entries there are */
    struct syn_placed entries[];
};

int syn_placed_new(struct syn_placed_cache **cache, size_t entries)
{
    size_t count = 1;
    while (count < entries)
        count *= 2;
    *cache = calloc(1, sizeof **cache + count * sizeof(struct syn_placed));
    if (!*cache)
        return SYN_ENOMEM;
    (*cache)->mask = count - 1;
    return 0;
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
    return &cache->entries[key & cache->mask];
}
