/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/improve/inserter.h"

#include "devices/base/hash.h"

#include <stdlib.h>

double syn_draw_share(uint64_t *seed)
{
    return (double)(syn_splitmix64(seed) >> 11) / 9007199254740992.0;
}

unsigned syn_draw(uint64_t *seed, unsigned below)
{
    return (unsigned)((syn_splitmix64(seed) >> 32) * below >> 32);
}

int syn_inserter_new(struct syn_inserter **inserter, const struct syn_atlas *atlas)
{
    struct syn_inserter *in = calloc(1, sizeof *in);
    const size_t devices = atlas->devices, cuts = atlas->layers_max + 1u;
    *inserter = NULL;
    if (!in)
        return SYN_ENOMEM;
    in->atlas = atlas;
    in->devices = atlas->devices;
    in->chunks = syn_chunks_of(atlas->layers_max);
    in->cost = calloc(devices * in->chunks, sizeof *in->cost);
    in->exact = calloc(devices * in->chunks, sizeof *in->exact);
    in->end = calloc(devices * cuts, sizeof *in->end);
    in->memory = calloc(devices * cuts, sizeof *in->memory);
    in->rest = calloc(devices * cuts, sizeof *in->rest);
    in->onward = calloc(devices * cuts, sizeof *in->onward);
    in->send = calloc(devices * cuts, sizeof *in->send);
    if (!in->cost || !in->exact || !in->end || !in->memory || !in->rest || !in->onward ||
        !in->send) {
        syn_inserter_free(in);
        return SYN_ENOMEM;
    }
    *inserter = in;
    return 0;
}

void syn_inserter_free(struct syn_inserter *in)
{
    if (!in)
        return;
    free(in->cost);
    free(in->exact);
    free(in->end);
    free(in->memory);
    free(in->rest);
    free(in->onward);
    free(in->send);
    free(in);
}
