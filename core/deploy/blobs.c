/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/deploy/blobs.h"

#include "core/cost/cost.h"
#include "core/schedule/routes.h"

#include "devices/wire/cbor.h"

#include <stdlib.h>
#include <string.h>

#define BLOB_VERSION   1
#define BLOB_BYTES_MAX 16384 /* 32 pipelines with chunk, sense and act take less than half */

/* ---- streams ------------------------------------------------------------------------------ */

int syn_stream_map_fill(struct syn_stream_map *map, const struct syn_problem *problem,
                        const struct syn_plan *plan, struct syn_error *error)
{
    memset(map, 0, sizeof *map);
    for (unsigned p = 0; p < plan->pipeline_count; p++) {
        const struct syn_execution_plan *e = &plan->pipelines[p];
        const struct syn_model *model = problem->pipelines[p].model;
        for (unsigned hop = 0; hop <= e->chunk_count; hop++) {
            struct syn_cut cut = {.live_count = 1};
            int rc = hop < e->chunk_count ? syn_model_cut(model, e->chunks[hop].first, &cut) : 0;
            if (rc)
                return syn_error_set(error, rc, "%s: more than %d tensors cross the cut at %u",
                                     model->name, SYN_LIVE_MAX, e->chunks[hop].first);
            map->first[p][hop] = (uint16_t)map->count;
            for (unsigned i = 0; i < cut.live_count; i++, map->count++) {
                map->ends[map->count].from = syn_hop_from(e, hop);
                map->ends[map->count].to = syn_hop_to(e, hop);
            }
        }
    }
    return 0;
}

/* ---- chunk images ------------------------------------------------------------------------- */

static const struct syn_deploy_blob *find(const struct syn_deploy_blobs *blobs,
                                          const uint8_t hash[SYN_SHA256_SIZE])
{
    for (unsigned i = 0; i < blobs->count; i++)
        if (!memcmp(blobs->list[i].hash, hash, SYN_SHA256_SIZE))
            return &blobs->list[i];
    return NULL;
}

/* Takes the bytes over; `hash` receives their name. */
static void keep(struct syn_deploy_blobs *blobs, uint8_t *bytes, size_t size,
                 uint8_t hash[SYN_SHA256_SIZE])
{
    syn_sha256(bytes, size, hash);
    if (find(blobs, hash)) {
        free(bytes);
        return;
    }
    struct syn_deploy_blob *blob = &blobs->list[blobs->count++];
    memcpy(blob->hash, hash, SYN_SHA256_SIZE);
    blob->bytes = bytes;
    blob->size = size;
}

/* The chunk of pipeline p on this device, or NULL; *hop: the hop that feeds it. */
static const struct syn_plan_chunk *chunk_on(const struct syn_execution_plan *e, unsigned device,
                                             unsigned *hop)
{
    for (*hop = 0; *hop < e->chunk_count; ++*hop)
        if (e->chunks[*hop].device == device)
            return &e->chunks[*hop];
    return NULL;
}

/* ---- the deployment blob ------------------------------------------------------------------ */

struct writer {
    const struct syn_problem *problem;
    const struct syn_plan *plan;
    const struct syn_stream_map *streams;
    unsigned device, depth;
    uint8_t images[SYN_PIPELINES_MAX][SYN_SHA256_SIZE]; /* of this device's chunks */
    struct syn_cbor_out out;
};

static void put_chunk(struct writer *w, unsigned p, unsigned hop)
{
    const struct syn_execution_plan *e = &w->plan->pipelines[p];
    syn_cbor_put_text(&w->out, "chunk");
    syn_cbor_put_map(&w->out, 6);
    syn_cbor_pair_bytes(&w->out, "h", w->images[p], SYN_SHA256_SIZE);
    syn_cbor_pair_uint(&w->out, "hop", hop);
    syn_cbor_pair_uint(&w->out, "from", syn_hop_from(e, hop));
    syn_cbor_pair_uint(&w->out, "to", syn_hop_to(e, hop + 1));
    syn_cbor_pair_uint(&w->out, "in", w->streams->first[p][hop]);
    syn_cbor_pair_uint(&w->out, "out", w->streams->first[p][hop + 1]);
}

static void put_fold(struct writer *w, const struct syn_fold *fold)
{
    syn_cbor_pair_uint(&w->out, "fold", fold->by);
    syn_cbor_pair_uint(&w->out, "ch", fold->channels);
    syn_cbor_pair_uint(&w->out, "wd", fold->width);
}

static void put_sense(struct writer *w, unsigned p)
{
    const struct syn_execution_plan *e = &w->plan->pipelines[p];
    const struct syn_problem_pipeline *pipeline = &w->problem->pipelines[p];
    const struct syn_fold fold = syn_model_fold(pipeline->model);
    syn_cbor_put_text(&w->out, "sense");
    syn_cbor_put_map(&w->out, fold.by > 1 ? 8 : 5);
    syn_cbor_pair_text(&w->out, "s", pipeline->spec.sense.kind);
    syn_cbor_pair_uint(&w->out, "bytes", syn_model_tensor_bytes(pipeline->model, 0));
    syn_cbor_pair_uint(&w->out, "to", syn_hop_to(e, 0));
    syn_cbor_pair_uint(&w->out, "out", w->streams->first[p][0]);
    syn_cbor_pair_uint(&w->out, "gap", syn_routes_gap_ns(&pipeline->spec));
    if (fold.by > 1)
        put_fold(w, &fold);
}

static uint32_t result_bytes(const struct syn_model *model)
{
    return syn_cost_result_bytes(syn_model_tensor_bytes(model, model->layer_count));
}

static void put_act(struct writer *w, unsigned p)
{
    const struct syn_execution_plan *e = &w->plan->pipelines[p];
    syn_cbor_put_text(&w->out, "act");
    syn_cbor_put_map(&w->out, 4);
    syn_cbor_pair_text(&w->out, "a", w->problem->pipelines[p].spec.act.kind);
    syn_cbor_pair_uint(&w->out, "from", syn_hop_from(e, e->chunk_count));
    syn_cbor_pair_uint(&w->out, "in", w->streams->first[p][e->chunk_count]);
    syn_cbor_pair_uint(&w->out, "bytes", result_bytes(w->problem->pipelines[p].model));
}

static void put_pipeline(struct writer *w, unsigned p)
{
    const struct syn_execution_plan *e = &w->plan->pipelines[p];
    unsigned hop;
    const bool chunk = chunk_on(e, w->device, &hop) != NULL;
    const bool sense = e->source == w->device, act = e->target == w->device;
    syn_cbor_put_map(&w->out, 2u + chunk + sense + act);
    syn_cbor_pair_uint(&w->out, "id", p);
    syn_cbor_pair_uint(&w->out, "w", w->problem->pipelines[p].spec.weight);
    if (chunk)
        put_chunk(w, p, hop);
    if (sense)
        put_sense(w, p);
    if (act)
        put_act(w, p);
}

static void put_deployment(struct writer *w)
{
    syn_cbor_put_map(&w->out, 5);
    syn_cbor_pair_uint(&w->out, "v", BLOB_VERSION);
    syn_cbor_pair_uint(&w->out, "self", w->device);
    syn_cbor_pair_uint(&w->out, "dev", w->problem->fleet->count);
    syn_cbor_pair_uint(&w->out, "k", w->depth);
    syn_cbor_put_text(&w->out, "pipes");
    syn_cbor_put_array(&w->out, w->plan->pipeline_count);
    for (unsigned p = 0; p < w->plan->pipeline_count; p++)
        put_pipeline(w, p);
}

static int build_images(struct syn_deploy_blobs *blobs, struct writer *w, struct syn_error *error)
{
    for (unsigned p = 0; p < w->plan->pipeline_count; p++) {
        unsigned hop;
        const struct syn_plan_chunk *chunk = chunk_on(&w->plan->pipelines[p], w->device, &hop);
        uint8_t *bytes;
        size_t size;
        if (!chunk)
            continue;
        int rc = syn_model_image(w->problem->pipelines[p].model, chunk->first, chunk->last, &bytes,
                                 &size, error);
        if (rc)
            return rc;
        keep(blobs, bytes, size, w->images[p]);
    }
    return 0;
}

static bool takes_part(const struct syn_plan *plan, unsigned device)
{
    for (unsigned p = 0; p < plan->pipeline_count; p++) {
        unsigned hop;
        const struct syn_execution_plan *e = &plan->pipelines[p];
        if (e->source == device || e->target == device || chunk_on(e, device, &hop))
            return true;
    }
    return false;
}

int syn_deploy_blobs_build(struct syn_deploy_blobs *blobs, const struct syn_problem *problem,
                           const struct syn_plan *plan, const struct syn_stream_map *streams,
                           unsigned device, unsigned depth, struct syn_error *error)
{
    struct writer w = {problem, plan, streams, device, depth, {{0}}, {0}};
    uint8_t hash[SYN_SHA256_SIZE];
    if (!takes_part(plan, device))
        return 0;
    int rc = build_images(blobs, &w, error);
    if (rc)
        return rc;
    uint8_t *bytes = malloc(BLOB_BYTES_MAX);
    if (!bytes)
        return syn_error_set(error, SYN_ENOMEM, "no memory for the deployment");
    syn_cbor_out_init(&w.out, bytes, BLOB_BYTES_MAX);
    put_deployment(&w);
    if (w.out.error) {
        free(bytes);
        return syn_error_set(error, w.out.error, "the deployment of %s exceeds %d bytes",
                             problem->fleet->devices[device].name, BLOB_BYTES_MAX);
    }
    keep(blobs, bytes, w.out.length, hash);
    return 0;
}

void syn_deploy_blobs_free(struct syn_deploy_blobs *blobs)
{
    for (unsigned i = 0; i < blobs->count; i++)
        free(blobs->list[i].bytes);
    blobs->count = 0;
}
