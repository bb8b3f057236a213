/* SPDX-License-Identifier: MIT */
/* Group 2: the live counters, under the names that `newtmgr stat` lists. */
#include "devices/agent/dispatch.h"
#include "devices/agent/events.h"
#include "devices/agent/text.h"

#include <string.h>

enum { STAT_ERR_GROUP = 2, STAT_NAME = 16 };

/* ---- groups of counters: each writes the pairs of its map ---- */

static void put_agent(struct syn_agent_call *call, unsigned index)
{
    (void)index;
    const struct syn_agent *agent = call->agent;
    syn_cbor_pair_uint(&call->out, "running", agent->running);
    syn_cbor_pair_uint(&call->out, "txn", agent->txn);
    syn_cbor_pair_uint(&call->out, "store_size", agent->store.size);
    syn_cbor_pair_uint(&call->out, "store_used", syn_store_used(&agent->store));
    syn_cbor_pair_uint(&call->out, "arena_used", agent->deployment.arena_used);
}

static void put_link(struct syn_agent_call *call, unsigned index)
{
    const struct syn_agent_link *l = &call->agent->links[index];
    syn_cbor_pair_uint(&call->out, "frames", l->messages ? l->pieces.good : l->receiver.good);
    syn_cbor_pair_uint(&call->out, "bad_frames", l->messages ? l->pieces.bad : l->receiver.bad);
    syn_cbor_pair_uint(&call->out, "requests", l->requests);
    syn_cbor_pair_uint(&call->out, "lost_events", l->lost_events);
    syn_cbor_pair_uint(&call->out, "lost_answers", l->lost_answers);
}

static void put_runtime(struct syn_agent_call *call, unsigned index)
{
    (void)index;
    const struct syn_rt_counters *c = &call->agent->rt.counters;
    syn_cbor_pair_uint(&call->out, "late", c->late);
    syn_cbor_pair_uint(&call->out, "late_us", c->late_ns / 1000);
    syn_cbor_pair_uint(&call->out, "faults", c->faults);
    syn_cbor_pair_uint(&call->out, "energy_uj", syn_agent_energy_nj(call->agent) / 1000);
}

static void put_start(struct syn_agent_call *call, unsigned index)
{
    (void)index;
    const struct syn_agent_start *s = call->agent->identity.start;
    syn_cbor_pair_uint(&call->out, "requests", s->requests);
    syn_cbor_pair_uint(&call->out, "faults", s->faults);
    syn_cbor_pair_uint(&call->out, "overflows", s->overflows);
    syn_cbor_pair_uint(&call->out, "watchdogs", s->watchdogs);
    syn_cbor_pair_uint(&call->out, "others", s->others);
    syn_cbor_pair_uint(&call->out, "vector", s->vector);
    syn_cbor_pair_uint(&call->out, "pc", s->pc);
    syn_cbor_pair_uint(&call->out, "lr", s->lr);
    syn_cbor_pair_uint(&call->out, "status", s->status);
}

static void put_unit(struct syn_agent_call *call, unsigned index)
{
    const struct syn_rt_counters *c = &call->agent->rt.counters;
    syn_cbor_pair_uint(&call->out, "busy_us", c->busy_ns[index] / 1000);
    syn_cbor_pair_uint(&call->out, "tasks", c->tasks[index]);
    syn_cbor_pair_uint(&call->out, "waiting", c->waiting[index]);
}

static void put_pipe(struct syn_agent_call *call, unsigned index)
{
    const struct syn_rt *rt = &call->agent->rt;
    syn_cbor_pair_uint(&call->out, "sensed", rt->counters.sensed[index]);
    syn_cbor_pair_uint(&call->out, "acted", rt->counters.acted[index]);
    syn_cbor_pair_uint(&call->out, "dropped", rt->counters.dropped[index]);
    syn_cbor_pair_uint(&call->out, "done", rt->done[index]);
}

struct counters {
    const char *name;
    bool numbered; /* the index follows the name: "pipe0" */
    uint8_t index; /* where it does not */
    void (*put)(struct syn_agent_call *call, unsigned index);
};

static const struct counters groups[] = {
    {"agent", false, 0, put_agent},
    {"link", true, 0, put_link},
    {"runtime", false, 0, put_runtime},
    {"sensor", false, SYN_UNIT_SENSOR, put_unit},
    {"cpu", false, SYN_UNIT_CPU, put_unit},
    {"accel", false, SYN_UNIT_ACCEL, put_unit},
    {"radio", false, SYN_UNIT_RADIO, put_unit},
    {"pipe", true, 0, put_pipe},
    {"start", false, 0, put_start},
};

#define GROUPS (sizeof groups / sizeof groups[0])

static unsigned members(const struct syn_agent *agent, const struct counters *g)
{
    if (g->put == put_start)
        return agent->identity.start ? 1 : 0;
    if (!g->numbered)
        return 1;
    return g->put == put_link ? SYN_AGENT_LINKS_MAX : agent->rt.pipeline_count;
}

static void name_of(const struct counters *g, unsigned member, char name[STAT_NAME])
{
    struct syn_text t;
    syn_text_init(&t, name, STAT_NAME);
    syn_text_put(&t, g->name);
    if (g->numbered)
        syn_text_number(&t, member);
}

void syn_agent_stat_list(struct syn_agent_call *call)
{
    char name[STAT_NAME];
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_put_text(&call->out, "stat_list");
    syn_cbor_open_array(&call->out);
    for (size_t i = 0; i < GROUPS; i++) {
        for (unsigned m = 0; m < members(call->agent, &groups[i]); m++) {
            name_of(&groups[i], m, name);
            syn_cbor_put_text(&call->out, name);
        }
    }
    syn_cbor_close(&call->out);
}

static bool find(const struct syn_agent *agent, const char *wanted, const struct counters **group,
                 unsigned *index)
{
    char name[STAT_NAME];
    for (size_t i = 0; i < GROUPS; i++) {
        *group = &groups[i];
        for (unsigned m = 0; m < members(agent, *group); m++) {
            name_of(*group, m, name);
            *index = (*group)->numbered ? m : (*group)->index;
            if (strcmp(name, wanted) == 0)
                return true;
        }
    }
    return false;
}

void syn_agent_stat_show(struct syn_agent_call *call)
{
    struct show {
        char name[STAT_NAME];
    } show = {""};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_STR, struct show, name, "name")};
    const struct counters *group;
    unsigned index;
    if (!syn_agent_read(call, fields, 1, &show, NULL))
        return;
    if (!find(call->agent, show.name, &group, &index)) {
        syn_agent_fail(call, SYN_GROUP_STAT, STAT_ERR_GROUP, NULL);
        return;
    }
    syn_cbor_put_map(&call->out, 2);
    syn_cbor_pair_text(&call->out, "name", show.name);
    syn_cbor_put_text(&call->out, "fields");
    syn_cbor_open_map(&call->out);
    group->put(call, index);
    syn_cbor_close(&call->out);
}
