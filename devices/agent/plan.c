/* SPDX-License-Identifier: MIT */
#include "devices/agent/plan.h"

#include "devices/agent/deployment_parts.h"
#include "devices/agent/events.h"
#include "devices/base/bytes.h"

#include <string.h>

/* ---- pins ---- */

static void pin_all(struct syn_store *store, const struct syn_deployment *d)
{
    (void)syn_store_pin(store, d->blob_hash);
    for (unsigned i = 0; i < d->pipeline_count; i++)
        if (d->pipes[i].route.has_body)
            (void)syn_store_pin(store, d->pipes[i].image_hash);
}

static void release(struct syn_store *store, struct syn_deployment *d)
{
    syn_store_unpin(store, d->blob_hash);
    for (unsigned i = 0; i < d->pipeline_count; i++)
        if (d->pipes[i].route.has_body)
            syn_store_unpin(store, d->pipes[i].image_hash);
    memset(d, 0, sizeof *d);
}

static void drop_prepared(struct syn_agent *agent)
{
    if (agent->is_prepared)
        release(&agent->store, &agent->prepared);
    agent->is_prepared = false;
}

/* ---- prepare ---- */

static bool same_hash(const struct syn_deployment *d, const uint8_t hash[SYN_SHA256_SIZE])
{
    return memcmp(d->blob_hash, hash, SYN_SHA256_SIZE) == 0;
}

/* Scratch behind what the committed deployment uses of the arena: it may be running. */
static struct syn_deployment_memory open_memory(const struct syn_agent *agent)
{
    const struct syn_agent_memory *m = &agent->memory;
    size_t used = agent->committed ? agent->deployment.arena_used : 0;
    return (struct syn_deployment_memory){.arena = m->arena,
                                          .sensor = m->sensor,
                                          .sensor_size = m->sensor_size,
                                          .scratch = m->arena + used,
                                          .scratch_size = m->arena_size - used};
}

static int open_blob(struct syn_agent *agent, const uint8_t hash[SYN_SHA256_SIZE],
                     struct syn_refusal *refusal)
{
    const struct syn_blob *blob = syn_store_complete(&agent->store, hash);
    if (!blob)
        return syn_refuse(refusal, SYN_ENOENT, "the deployment is not on the device", NULL);
    const struct syn_deployment_memory memory = open_memory(agent);
    int rc = syn_deployment_open(&agent->prepared, syn_store_bytes(&agent->store, blob),
                                 blob->length, &agent->store, &agent->timing, &memory, refusal);
    if (rc == 0)
        memcpy(agent->prepared.blob_hash, hash, SYN_SHA256_SIZE);
    return rc;
}

const struct syn_deployment *syn_agent_plan_prepare(struct syn_agent *agent, uint32_t txn,
                                                    const uint8_t hash[SYN_SHA256_SIZE],
                                                    struct syn_refusal *refusal)
{
    if (agent->committed && txn == agent->txn) {
        if (same_hash(&agent->deployment, hash))
            return &agent->deployment;
        (void)syn_refuse(refusal, SYN_ESTATE, "transaction % is committed already",
                         (uint64_t[]){txn});
        return NULL;
    }
    if (agent->is_prepared && txn == agent->prepared_txn && same_hash(&agent->prepared, hash))
        return &agent->prepared;
    drop_prepared(agent);
    if (open_blob(agent, hash, refusal))
        return NULL;
    pin_all(&agent->store, &agent->prepared);
    agent->is_prepared = true;
    agent->prepared_txn = txn;
    return &agent->prepared;
}

/* ---- the record of what is committed ---- */

enum { RECORD_HASH = 4, RECORD_BYTES = RECORD_HASH + SYN_SHA256_SIZE };

static int record_commit(struct syn_agent *agent, uint32_t txn, struct syn_refusal *refusal)
{
    uint8_t value[RECORD_BYTES];
    syn_put_le32(value, txn);
    memcpy(value + RECORD_HASH, agent->deployment.blob_hash, SYN_SHA256_SIZE);
    if (syn_records_put(&agent->store.records, SYN_STORE_KEY_COMMITTED, value, sizeof value))
        return syn_refuse(refusal, SYN_EIO, "the device's flash failed", NULL);
    return 0;
}

/* ---- commit ---- */

/* In pieces: two deployments are too large for a small device's stack. */
static void swap(struct syn_deployment *a, struct syn_deployment *b)
{
    uint8_t piece[64];
    uint8_t *x = (uint8_t *)a, *y = (uint8_t *)b;
    for (size_t at = 0; at < sizeof *a; at += sizeof piece) {
        size_t n = sizeof *a - at < sizeof piece ? sizeof *a - at : sizeof piece;
        memcpy(piece, x + at, n);
        memcpy(x + at, y + at, n);
        memcpy(y + at, piece, n);
    }
}

static void port_begin(void *ctx, const struct syn_task *task, int64_t start_ns)
{
    struct syn_agent *agent = ctx;
    uint64_t ns = syn_deployment_duration(&agent->deployment, &agent->timing, task);
    agent->port.begin(agent->port.ctx, task, start_ns, ns);
}

static void port_credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    struct syn_agent *agent = ctx;
    agent->port.credit(agent->port.ctx, pipeline, stage, peer, at_ns);
}

static void port_completed(void *ctx, uint8_t pipeline, const struct syn_token *token,
                           int64_t acted_ns)
{
    struct syn_agent *agent = ctx;
    syn_agent_event_result(agent, pipeline, token, acted_ns);
    agent->beacon_due = agent->rt.mode == SYN_RT_SEQUENTIAL;
}

static void port_wake(void *ctx, int64_t at_ns)
{
    struct syn_agent *agent = ctx;
    agent->port.wake(agent->port.ctx, at_ns);
}

static uint64_t port_duration(void *ctx, const struct syn_task *task)
{
    const struct syn_agent *agent = ctx;
    return syn_deployment_duration(&agent->deployment, &agent->timing, task);
}

/* The runtime and the port for agent->deployment. */
static int activate(struct syn_agent *agent, struct syn_refusal *refusal)
{
    const struct syn_rt_port port = {.ctx = agent,
                                     .begin = port_begin,
                                     .credit = port_credit,
                                     .completed = port_completed,
                                     .duration = port_duration,
                                     .wake = agent->port.wake ? port_wake : NULL};
    const struct syn_deployment *d = &agent->deployment;
    struct syn_route routes[SYN_RT_PIPELINES_MAX];
    for (unsigned i = 0; i < d->pipeline_count; i++)
        routes[i] = d->pipes[i].route;
    int rc = syn_rt_init(&agent->rt, &port, routes, d->pipeline_count, d->depth);
    return rc ? rc : agent->port.deploy(agent->port.ctx, d, refusal);
}

static void deactivate(struct syn_agent *agent)
{
    struct syn_refusal unheard;
    memset(&agent->rt, 0, sizeof agent->rt);
    (void)agent->port.deploy(agent->port.ctx, NULL, &unheard);
}

/* The deployment before takes its place again. */
static void take_back(struct syn_agent *agent)
{
    struct syn_refusal unheard;
    swap(&agent->deployment, &agent->prepared);
    if (!agent->committed || activate(agent, &unheard))
        deactivate(agent);
}

/* What is prepared serves, and is recorded; or the one before does. */
static int switch_over(struct syn_agent *agent, uint32_t txn, struct syn_refusal *refusal)
{
    swap(&agent->deployment, &agent->prepared);
    int rc = activate(agent, refusal);
    if (rc == 0)
        rc = record_commit(agent, txn, refusal);
    if (rc)
        take_back(agent);
    return rc;
}

int syn_agent_plan_commit(struct syn_agent *agent, uint32_t txn, struct syn_refusal *refusal)
{
    bool again = agent->committed && txn == agent->txn;
    if (again)
        return 0;
    if (!agent->is_prepared || txn != agent->prepared_txn)
        return SYN_ESTATE;
    if (agent->running)
        return SYN_EBUSY;
    int rc = switch_over(agent, txn, refusal);
    if (rc)
        return rc;
    agent->is_prepared = agent->committed; /* what is in `prepared` now is the one before */
    drop_prepared(agent);
    agent->committed = true;
    agent->txn = txn;
    return 0;
}

/* ---- abort, clear, run ---- */

int syn_agent_plan_abort(struct syn_agent *agent, uint32_t txn)
{
    if (agent->committed && txn == agent->txn)
        return SYN_ESTATE;
    if (agent->is_prepared && txn == agent->prepared_txn)
        drop_prepared(agent);
    return 0;
}

/* Who exchanges nothing needs no links: one that is kept up costs both ends power. */
static void forget_peers(struct syn_agent *agent)
{
    memset(agent->peers, 0, sizeof agent->peers);
    agent->port.peers(agent->port.ctx, agent->self, agent->peers, SYN_AGENT_PEERS_MAX);
}

int syn_agent_plan_clear(struct syn_agent *agent)
{
    if (agent->running)
        return SYN_EBUSY;
    drop_prepared(agent);
    if (syn_records_drop(&agent->store.records, SYN_STORE_KEY_COMMITTED))
        return SYN_EIO;
    if (!agent->committed)
        return 0;
    agent->committed = false;
    deactivate(agent);
    release(&agent->store, &agent->deployment);
    forget_peers(agent);
    return 0;
}

/* ---- after a reset ---- */

int syn_agent_restore(struct syn_agent *agent, struct syn_refusal *refusal)
{
    struct syn_record record;
    uint8_t hash[SYN_SHA256_SIZE];
    *refusal = (struct syn_refusal){.code = 0};
    if (agent->committed ||
        !syn_records_find(&agent->store.records, SYN_STORE_KEY_COMMITTED, &record))
        return 0;
    uint32_t txn = record.size == RECORD_BYTES ? syn_get_le32(record.bytes) : 0;
    if (txn == 0)
        return syn_refuse(refusal, SYN_ECORRUPT, "the record of the deployment is damaged", NULL);
    memcpy(hash, record.bytes + RECORD_HASH, sizeof hash);
    if (!syn_agent_plan_prepare(agent, txn, hash, refusal))
        return refusal->code;
    int rc = syn_agent_plan_commit(agent, txn, refusal);
    if (rc)
        drop_prepared(agent);
    return rc;
}

void syn_agent_plan_start(struct syn_agent *agent, enum syn_rt_mode mode, uint32_t limit)
{
    int64_t now = agent->port.now_ns(agent->port.ctx);
    agent->running = true;
    agent->run_limit = limit;
    agent->started_ns = now;
    agent->next_beacon_ns = now + SYN_AGENT_BEACON_NS;
    syn_rt_start(&agent->rt, mode, limit, now);
}

void syn_agent_plan_stop(struct syn_agent *agent)
{
    if (agent->running)
        syn_rt_stop(&agent->rt);
    agent->running = false;
}
