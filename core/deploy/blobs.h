/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a deployment sends to each device: chunk images and the deployment blob of
 * devices/wire/GROUP.md; and the streams over which tensors then travel.
 */
#ifndef SYN_CORE_DEPLOY_BLOBS_H
#define SYN_CORE_DEPLOY_BLOBS_H

#include "core/schedule/routes.h"

/*
 * Streams are numbered over the whole deployment, pipelines and hops in order: one for each tensor
 * that crosses the hop's cut; the last hop has one, the result. Local hops have numbers, too.
 */
struct syn_stream_map {
    uint16_t first[SYN_PIPELINES_MAX][SYN_HOPS_MAX];
    unsigned count;
    struct {
        uint8_t from, to;
    } ends[SYN_PIPELINES_MAX * SYN_HOPS_MAX * SYN_LIVE_MAX];
};

int syn_stream_map_fill(struct syn_stream_map *map, const struct syn_problem *problem,
                        const struct syn_plan *plan, struct syn_error *error);

struct syn_deploy_blob {
    uint8_t hash[SYN_SHA256_SIZE];
    uint8_t *bytes; /* owned */
    size_t size;
};

/* Chunk images without repetition, then the deployment blob; none for a device without a part. */
struct syn_deploy_blobs {
    unsigned count;
    struct syn_deploy_blob list[SYN_PIPELINES_MAX + 1];
};

/* On an error what was built stays in *blobs, to be freed. */
int syn_deploy_blobs_build(struct syn_deploy_blobs *blobs, const struct syn_problem *problem,
                           const struct syn_plan *plan, const struct syn_stream_map *streams,
                           unsigned device, unsigned depth, struct syn_error *error);
void syn_deploy_blobs_free(struct syn_deploy_blobs *blobs);

#endif
