/* SPDX-License-Identifier: MIT */
/* The deployment blob (devices/wire/GROUP.md) into routes. */
#include "devices/agent/deployment_parts.h"
#include "devices/wire/cbor.h"

#include <string.h>

enum { BLOB_VERSION = 1, WEIGHT_MAX = 1000 };
#define GAP_MAX_NS (1000000000000ull) /* one inference in 1,000 s: the smallest rate cap */

struct blob_map {
    uint32_t version;
    uint8_t self, devices;
    uint16_t depth;
    struct syn_span pipes;
};

struct pipe_map {
    uint8_t id;
    uint16_t weight;
    struct syn_span chunk, sense, act;
};

struct part_map { /* chunk, sense or act */
    struct syn_span hash;
    uint8_t hop, from, to;
    uint16_t in, out;
    char sensor[SYN_DEPLOYMENT_KIND_MAX], actuator[SYN_DEPLOYMENT_KIND_MAX];
    uint32_t bytes;
    uint64_t gap_ns;
    struct syn_fold fold;
};

static const struct syn_cbor_field blob_fields[] = {
    SYN_FIELD(SYN_KEY_U32, struct blob_map, version, "v"),
    SYN_FIELD(SYN_KEY_U8, struct blob_map, self, "self"),
    SYN_FIELD(SYN_KEY_U8, struct blob_map, devices, "dev"),
    SYN_FIELD(SYN_KEY_U16, struct blob_map, depth, "k"),
    SYN_FIELD(SYN_KEY_ITEM, struct blob_map, pipes, "pipes"),
};

static const struct syn_cbor_field pipe_fields[] = {
    SYN_FIELD(SYN_KEY_U8, struct pipe_map, id, "id"),
    SYN_FIELD(SYN_KEY_U16, struct pipe_map, weight, "w"),
    SYN_FIELD(SYN_KEY_ITEM, struct pipe_map, chunk, "chunk"),
    SYN_FIELD(SYN_KEY_ITEM, struct pipe_map, sense, "sense"),
    SYN_FIELD(SYN_KEY_ITEM, struct pipe_map, act, "act"),
};

static const struct syn_cbor_field chunk_fields[] = {
    SYN_FIELD(SYN_KEY_BYTES, struct part_map, hash, "h"),
    SYN_FIELD(SYN_KEY_U8, struct part_map, hop, "hop"),
    SYN_FIELD(SYN_KEY_U8, struct part_map, from, "from"),
    SYN_FIELD(SYN_KEY_U8, struct part_map, to, "to"),
    SYN_FIELD(SYN_KEY_U16, struct part_map, in, "in"),
    SYN_FIELD(SYN_KEY_U16, struct part_map, out, "out"),
};

static const struct syn_cbor_field sense_fields[] = {
    SYN_FIELD(SYN_KEY_STR, struct part_map, sensor, "s"),
    SYN_FIELD(SYN_KEY_U32, struct part_map, bytes, "bytes"),
    SYN_FIELD(SYN_KEY_U8, struct part_map, to, "to"),
    SYN_FIELD(SYN_KEY_U16, struct part_map, out, "out"),
    SYN_FIELD(SYN_KEY_U64, struct part_map, gap_ns, "gap"),
    SYN_FIELD(SYN_KEY_U8, struct part_map, fold.by, "fold"),
    SYN_FIELD(SYN_KEY_U16, struct part_map, fold.channels, "ch"),
    SYN_FIELD(SYN_KEY_U16, struct part_map, fold.width, "wd"),
};

static const struct syn_cbor_field act_fields[] = {
    SYN_FIELD(SYN_KEY_STR, struct part_map, actuator, "a"),
    SYN_FIELD(SYN_KEY_U8, struct part_map, from, "from"),
    SYN_FIELD(SYN_KEY_U16, struct part_map, in, "in"),
    SYN_FIELD(SYN_KEY_U32, struct part_map, bytes, "bytes"),
};

enum { SENSE_OPTIONAL = 4, ACT_OPTIONAL = 1 }; /* keys at the end that may be absent */

#define COUNT(table) (sizeof table / sizeof table[0])

static int corrupt(struct syn_refusal *refusal, unsigned pipe, const char *what)
{
    uint64_t number = pipe;
    return syn_refuse(refusal, SYN_ECORRUPT, what, &number);
}

/* Reads `span` as a map in which every key of the table must stand, but for the last `optional`. */
static bool read_some(struct syn_span span, const struct syn_cbor_field *fields, size_t count,
                      size_t optional, void *out)
{
    struct syn_cbor_in r;
    uint32_t seen = 0, needed = (1u << (count - optional)) - 1;
    syn_cbor_in_init(&r, span.data, span.size);
    return syn_cbor_get_fields(&r, fields, count, out, &seen) == 0 && (seen & needed) == needed;
}

static bool read_all(struct syn_span span, const struct syn_cbor_field *fields, size_t count,
                     void *out)
{
    return read_some(span, fields, count, 0, out);
}

/* A device number of the blob as the runtime names it. */
static bool neighbour(const struct syn_deployment *d, uint8_t device, uint8_t *peer)
{
    *peer = device == d->self ? SYN_RT_LOCAL : device;
    return device < d->devices;
}

static bool read_chunk(const struct syn_deployment *d, struct syn_deployed_pipe *pipe,
                       struct syn_span span)
{
    struct part_map map = {0};
    if (!read_all(span, chunk_fields, COUNT(chunk_fields), &map) ||
        map.hash.size != SYN_SHA256_SIZE)
        return false;
    pipe->route.has_body = true;
    pipe->image_hash = map.hash.data;
    pipe->hop = map.hop;
    pipe->body_in_stream = map.in;
    pipe->body_out_stream = map.out;
    return neighbour(d, map.from, &pipe->route.body_from) &&
           neighbour(d, map.to, &pipe->route.body_to);
}

static bool read_sense(const struct syn_deployment *d, struct syn_deployed_pipe *pipe,
                       struct syn_span span)
{
    struct part_map map = {0};
    if (!read_some(span, sense_fields, COUNT(sense_fields), SENSE_OPTIONAL, &map) ||
        map.gap_ns > GAP_MAX_NS || !syn_fold_fits(&map.fold, map.bytes))
        return false;
    pipe->route.has_head = true;
    memcpy(pipe->sensor, map.sensor, sizeof map.sensor);
    pipe->sense_bytes = map.bytes;
    pipe->fold = map.fold;
    pipe->head_stream = map.out;
    pipe->route.gap_ns = (int64_t)map.gap_ns;
    return map.bytes > 0 && neighbour(d, map.to, &pipe->route.head_to);
}

static bool read_act(const struct syn_deployment *d, struct syn_deployed_pipe *pipe,
                     struct syn_span span)
{
    struct part_map map = {.bytes = SYN_RESULT_BYTES_MAX};
    if (!read_some(span, act_fields, COUNT(act_fields), ACT_OPTIONAL, &map) || map.bytes < 1 ||
        map.bytes > SYN_RESULT_BYTES_MAX)
        return false;
    pipe->route.has_tail = true;
    memcpy(pipe->actuator, map.actuator, sizeof map.actuator);
    pipe->tail_stream = map.in;
    pipe->result_bytes = map.bytes;
    return neighbour(d, map.from, &pipe->route.tail_from);
}

/* Both ends of a hop inside the device must agree that it is one. */
static bool local_hops_agree(const struct syn_route *r)
{
    bool in = r->has_body && r->body_from == SYN_RT_LOCAL;
    bool out = r->has_body && r->body_to == SYN_RT_LOCAL;
    bool head = r->has_head && r->head_to == SYN_RT_LOCAL;
    bool tail = r->has_tail && r->tail_from == SYN_RT_LOCAL;
    return in == head && out == tail;
}

static int read_parts(struct syn_deployment *d, unsigned index, const struct pipe_map *map,
                      struct syn_refusal *refusal)
{
    struct syn_deployed_pipe *pipe = &d->pipes[index];
    struct syn_route *route = &pipe->route;
    route->weight = map->weight;
    route->head_to = route->body_from = route->body_to = route->tail_from = SYN_RT_NOBODY;
    if (map->chunk.size > 0 && !read_chunk(d, pipe, map->chunk))
        return corrupt(refusal, index, "deployment: chunk of pipeline % is not complete");
    if (map->sense.size > 0 && !read_sense(d, pipe, map->sense))
        return corrupt(refusal, index, "deployment: sensing of pipeline % is not complete");
    if (map->act.size > 0 && !read_act(d, pipe, map->act))
        return corrupt(refusal, index, "deployment: action of pipeline % is not complete");
    if (!local_hops_agree(route))
        return corrupt(refusal, index,
                       "deployment: pipeline % has a hop inside the device with one end");
    route->used = route->has_head || route->has_body || route->has_tail;
    return 0;
}

static int read_pipe(struct syn_deployment *d, struct syn_cbor_in *r, struct syn_refusal *refusal)
{
    struct pipe_map map = {.weight = 1};
    unsigned index = d->pipeline_count;
    uint32_t seen = 0;
    if (index == SYN_RT_PIPELINES_MAX)
        return syn_refuse(refusal, SYN_EOOR, "deployment: more than % pipelines",
                          (uint64_t[]){SYN_RT_PIPELINES_MAX});
    if (syn_cbor_get_fields(r, pipe_fields, COUNT(pipe_fields), &map, &seen) || !(seen & 1))
        return corrupt(refusal, index, "deployment: pipeline % cannot be read");
    if (map.id != index)
        return corrupt(refusal, index, "deployment: the pipeline at place % has another index");
    if (map.weight < 1 || map.weight > WEIGHT_MAX)
        return corrupt(refusal, index, "deployment: weight of pipeline % is not in 1..1000");
    d->pipeline_count++;
    return read_parts(d, index, &map, refusal);
}

static int read_pipes(struct syn_deployment *d, struct syn_span pipes, struct syn_refusal *refusal)
{
    struct syn_cbor_in r;
    syn_cbor_in_init(&r, pipes.data, pipes.size);
    struct syn_cbor_scope scope = syn_cbor_get_array(&r);
    while (syn_cbor_next(&r, &scope)) {
        int rc = read_pipe(d, &r, refusal);
        if (rc)
            return rc;
    }
    if (r.error || d->pipeline_count == 0)
        return corrupt(refusal, 0, "deployment: no pipelines");
    return 0;
}

int syn_deployment_read(struct syn_deployment *deployment, const uint8_t *blob, size_t size,
                        struct syn_refusal *refusal)
{
    struct blob_map map = {0};
    if (!read_all((struct syn_span){blob, size}, blob_fields, COUNT(blob_fields), &map))
        return corrupt(refusal, 0, "deployment: not a deployment blob");
    if (map.version != BLOB_VERSION)
        return corrupt(refusal, map.version, "deployment: version %, 1 is known");
    if (map.devices == 0 || map.devices >= SYN_RT_NOBODY || map.self >= map.devices)
        return corrupt(refusal, map.self, "deployment: device % is not one of its devices");
    if (map.depth == 0)
        return corrupt(refusal, 0, "deployment: depth is 0");
    deployment->self = map.self;
    deployment->devices = map.devices;
    deployment->depth = map.depth;
    return read_pipes(deployment, map.pipes, refusal);
}
