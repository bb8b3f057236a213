/* SPDX-License-Identifier: MIT */
/* Group 0: tasks and memory pools. The units of the device stand for tasks; runtimes are in
 * milliseconds, as Mynewt's are in ticks. Clients want all keys that tasks have elsewhere: units
 * have no stacks and no priorities, and nobody asks them to check in. */
#include "devices/agent/dispatch.h"

enum { NS_PER_MS = 1000000 };

static void put_task(struct syn_cbor_out *out, const struct syn_rt *rt, unsigned unit)
{
    static const char *const names[SYN_UNIT_COUNT] = {"sensor", "cpu", "accel", "radio"};
    syn_cbor_put_text(out, names[unit]);
    syn_cbor_put_map(out, 9);
    syn_cbor_pair_uint(out, "prio", 0);
    syn_cbor_pair_uint(out, "tid", unit);
    syn_cbor_pair_uint(out, "state", rt->busy[unit]);
    syn_cbor_pair_uint(out, "stkuse", 0);
    syn_cbor_pair_uint(out, "stksiz", 0);
    syn_cbor_pair_uint(out, "cswcnt", rt->counters.tasks[unit]);
    syn_cbor_pair_uint(out, "runtime", rt->counters.busy_ns[unit] / NS_PER_MS);
    syn_cbor_pair_uint(out, "last_checkin", 0);
    syn_cbor_pair_uint(out, "next_checkin", 0);
}

void syn_agent_os_taskstat(struct syn_agent_call *call)
{
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_put_text(&call->out, "tasks");
    syn_cbor_put_map(&call->out, SYN_UNIT_COUNT);
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        put_task(&call->out, &call->agent->rt, u);
}

static void put_pool(struct syn_cbor_out *out, const char *name, uint32_t size, uint32_t used)
{
    syn_cbor_put_text(out, name);
    syn_cbor_put_map(out, 3);
    syn_cbor_pair_uint(out, "blksiz", 1);
    syn_cbor_pair_uint(out, "nblks", size);
    syn_cbor_pair_uint(out, "nfree", size - used);
}

void syn_agent_os_mpstat(struct syn_agent_call *call)
{
    const struct syn_agent *agent = call->agent;
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_put_text(&call->out, "mpools");
    syn_cbor_put_map(&call->out, 2);
    put_pool(&call->out, "store", agent->store.size, syn_store_used(&agent->store));
    put_pool(&call->out, "arena", agent->timing.arena_bytes, agent->deployment.arena_used);
}
