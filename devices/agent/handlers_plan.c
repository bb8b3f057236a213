/* SPDX-License-Identifier: MIT */
/* Group 0x5359: blobs, deployments in two phases, running. */
#include "devices/agent/dispatch.h"
#include "devices/agent/events.h"
#include "devices/agent/plan.h"

#include <string.h>

static void fail_group(struct syn_agent_call *call, enum syn_group_rc rc, const char *msg)
{
    syn_agent_fail(call, SYN_GROUP_SYNERGY, rc, msg);
}

/* ---- blobs ---- */

struct blob_map {
    uint8_t hash[SYN_SHA256_SIZE];
    uint32_t offset, length;
    struct syn_span bytes;
    bool drop;
};

static void read_blob(struct syn_agent_call *call, const struct blob_map *map)
{
    const struct syn_blob *blob = syn_store_find(&call->agent->store, map->hash);
    syn_cbor_put_map(&call->out, 3);
    syn_cbor_pair_uint(&call->out, "off", blob ? blob->filled : 0);
    syn_cbor_pair_uint(&call->out, "len", blob ? blob->length : 0);
    syn_cbor_pair_bool(&call->out, "ok", blob && blob->complete);
}

static void drop_blob(struct syn_agent_call *call, const struct blob_map *map)
{
    int rc = syn_store_drop(&call->agent->store, map->hash);
    if (rc == SYN_EBUSY)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_BUSY, "the deployment uses this blob");
    else if (rc == SYN_EIO)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_UNKNOWN, "the device's flash failed");
}

static void write_blob(struct syn_agent_call *call, const struct blob_map *map)
{
    long held = syn_store_put(&call->agent->store, map->hash, map->offset, map->length,
                              map->bytes.data, map->bytes.size);
    if (held == SYN_ENOMEM)
        fail_group(call, SYN_GRC_NO_ROOM, NULL);
    else if (held == SYN_ECORRUPT)
        fail_group(call, SYN_GRC_HASH, NULL);
    else if (held == SYN_EIO)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_UNKNOWN, "the device's flash failed");
    else if (held < 0)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID,
                       "blob: length missing, or bytes behind it");
    else {
        syn_cbor_put_map(&call->out, 1);
        syn_cbor_pair_uint(&call->out, "off", (uint64_t)held);
    }
}

void syn_agent_blob(struct syn_agent_call *call)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_HASH, struct blob_map, hash, "h"),
        SYN_FIELD(SYN_KEY_U32, struct blob_map, offset, "off"),
        SYN_FIELD(SYN_KEY_U32, struct blob_map, length, "len"),
        SYN_FIELD(SYN_KEY_BYTES, struct blob_map, bytes, "d"),
        SYN_FIELD(SYN_KEY_BOOL, struct blob_map, drop, "drop"),
    };
    struct blob_map map = {.offset = 0};
    uint32_t seen;
    if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], &map, &seen))
        return;
    if (!(seen & 1))
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID, "blob: hash missing");
    else if (call->request.op == SYN_SMP_READ)
        read_blob(call, &map);
    else if (map.drop)
        drop_blob(call, &map);
    else
        write_blob(call, &map);
}

/* ---- plan ---- */

struct plan_map {
    struct syn_span op;
    uint32_t txn;
    uint8_t hash[SYN_SHA256_SIZE];
};

static void put_cycles(struct syn_agent_call *call, const struct syn_deployment *d)
{
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_put_text(&call->out, "cyc");
    syn_cbor_open_array(&call->out);
    for (unsigned i = 0; i < d->pipeline_count; i++)
        if (d->pipes[i].route.has_body)
            syn_cbor_put_uint(&call->out, d->pipes[i].cycles);
    syn_cbor_close(&call->out);
}

static void fail_prepare(struct syn_agent_call *call, const struct syn_refusal *refusal)
{
    static const struct {
        int error;
        uint16_t group;
        uint8_t rc;
    } codes[] = {
        {SYN_ENOENT, SYN_GROUP_SYNERGY, SYN_GRC_INCOMPLETE},
        {SYN_EOOR, SYN_GROUP_SYNERGY, SYN_GRC_OOR},
        {SYN_ENOMEM, SYN_GROUP_SYNERGY, SYN_GRC_NO_ROOM},
        {SYN_ESTATE, SYN_GROUP_SYNERGY, SYN_GRC_TXN},
        {SYN_ECORRUPT, SYN_GROUP_NONE, SYN_RC_CORRUPT},
        {SYN_EUNSUP, SYN_GROUP_NONE, SYN_RC_NOTSUP},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].error == refusal->code) {
            syn_agent_fail(call, codes[i].group, codes[i].rc, refusal->text);
            return;
        }
    }
    syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_UNKNOWN, refusal->text);
}

static void prepare(struct syn_agent_call *call, const struct plan_map *map)
{
    struct syn_refusal refusal = {.code = 0};
    const struct syn_deployment *d =
        syn_agent_plan_prepare(call->agent, map->txn, map->hash, &refusal);
    if (d)
        put_cycles(call, d);
    else
        fail_prepare(call, &refusal);
}

static void end_plan(struct syn_agent_call *call, int rc)
{
    if (rc == SYN_ESTATE)
        fail_group(call, SYN_GRC_TXN, NULL);
    else if (rc == SYN_EBUSY)
        fail_group(call, SYN_GRC_RUNNING, "stop the run first");
    else if (rc == SYN_EIO)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_UNKNOWN, "the device's flash failed");
    else if (rc < 0)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_UNKNOWN,
                       "the device could not load the deployment");
}

static void commit(struct syn_agent_call *call, uint32_t txn)
{
    struct syn_refusal refusal = {.text = ""};
    int rc = syn_agent_plan_commit(call->agent, txn, &refusal);
    if (rc < 0 && refusal.text[0])
        fail_prepare(call, &refusal);
    else
        end_plan(call, rc);
}

static void write_plan(struct syn_agent_call *call, const struct plan_map *map, bool has_hash)
{
    struct syn_agent *agent = call->agent;
    if (syn_span_is(map->op, "prepare") && has_hash && map->txn > 0)
        prepare(call, map);
    else if (syn_span_is(map->op, "commit"))
        commit(call, map->txn);
    else if (syn_span_is(map->op, "abort"))
        end_plan(call, syn_agent_plan_abort(agent, map->txn));
    else if (syn_span_is(map->op, "clear"))
        end_plan(call, syn_agent_plan_clear(agent));
    else
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID,
                       "plan: op, transaction or hash missing");
}

static void read_plan(struct syn_agent_call *call)
{
    const struct syn_agent *agent = call->agent;
    syn_cbor_put_map(&call->out, 3);
    syn_cbor_pair_uint(&call->out, "txn", agent->committed ? agent->txn : 0);
    syn_cbor_pair_uint(&call->out, "ptxn", agent->is_prepared ? agent->prepared_txn : 0);
    syn_cbor_pair_text(&call->out, "state", syn_agent_state(agent));
}

void syn_agent_plan(struct syn_agent_call *call)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_HASH, struct plan_map, hash, "h"),
        SYN_FIELD(SYN_KEY_TEXT, struct plan_map, op, "op"),
        SYN_FIELD(SYN_KEY_U32, struct plan_map, txn, "txn"),
    };
    struct plan_map map = {.txn = 0};
    uint32_t seen;
    if (call->request.op == SYN_SMP_READ)
        read_plan(call);
    else if (syn_agent_read(call, fields, sizeof fields / sizeof fields[0], &map, &seen))
        write_plan(call, &map, seen & 1);
}

/* ---- run ---- */

struct run_map {
    bool go, sequential, conserving;
    uint32_t limit;
};

static enum syn_rt_mode mode_of(const struct run_map *map)
{
    if (map->sequential)
        return SYN_RT_SEQUENTIAL;
    return map->conserving ? SYN_RT_WORK_CONSERVING : SYN_RT_FAIR;
}

/* What this run counts from, at the targets of its pipelines. */
static void put_base(struct syn_agent_call *call)
{
    const struct syn_rt *rt = &call->agent->rt;
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_put_text(&call->out, "base");
    syn_cbor_put_array(&call->out, rt->pipeline_count);
    for (unsigned p = 0; p < rt->pipeline_count; p++)
        syn_cbor_put_uint(&call->out, rt->routes[p].has_tail ? rt->base[p] : 0);
}

static void start(struct syn_agent_call *call, const struct run_map *map)
{
    struct syn_agent *agent = call->agent;
    enum syn_rt_mode mode = mode_of(map);
    bool same = agent->rt.mode == mode && agent->run_limit == map->limit;
    if (!agent->committed)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_BADSTATE, "nothing is deployed");
    else if (agent->running && !same)
        fail_group(call, SYN_GRC_RUNNING, "running in another mode: stop first");
    else if (!agent->running) {
        agent->relay_link = (uint8_t)call->link;
        syn_agent_plan_start(agent, mode, map->limit);
    }
    if (!call->failed)
        put_base(call);
}

void syn_agent_run(struct syn_agent_call *call)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_BOOL, struct run_map, go, "go"),
        SYN_FIELD(SYN_KEY_BOOL, struct run_map, sequential, "seq"),
        SYN_FIELD(SYN_KEY_BOOL, struct run_map, conserving, "wc"),
        SYN_FIELD(SYN_KEY_U32, struct run_map, limit, "lim"),
    };
    struct run_map map = {.go = false};
    uint32_t seen;
    if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], &map, &seen))
        return;
    if (!(seen & 1))
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID, "run: go missing");
    else if (map.go)
        start(call, &map);
    else
        syn_agent_plan_stop(call->agent);
}
