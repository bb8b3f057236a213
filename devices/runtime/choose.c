/* SPDX-License-Identifier: MIT */
/* Slots, and the order of ready tasks: smallest round n / w, then ready first, then plan order. */
#include "devices/runtime/internal.h"

uint8_t syn_rt_filler(const struct syn_route *route, unsigned stage)
{
    uint8_t from = SYN_RT_NOBODY;
    if (stage == SYN_STAGE_BODY_IN && route->has_body)
        from = route->body_from;
    if (stage == SYN_STAGE_TAIL && route->has_tail)
        from = route->tail_from;
    return syn_rt_is_peer(from) ? from : SYN_RT_NOBODY;
}

uint8_t syn_rt_sendee(const struct syn_route *route, unsigned stage)
{
    uint8_t to = SYN_RT_NOBODY;
    if (stage == SYN_STAGE_HEAD && route->has_head)
        to = route->head_to;
    if (stage == SYN_STAGE_BODY_OUT && route->has_body)
        to = route->body_to;
    return syn_rt_is_peer(to) ? to : SYN_RT_NOBODY;
}

bool syn_route_in_arena(const struct syn_route *route, enum syn_stage stage, bool last)
{
    if (stage == SYN_STAGE_BODY_IN)
        return syn_rt_filler(route, stage) != SYN_RT_NOBODY;
    return stage == SYN_STAGE_BODY_OUT && !last && syn_rt_sendee(route, stage) != SYN_RT_NOBODY;
}

int syn_rt_full_slot(const struct syn_rt *rt, unsigned pipeline, unsigned stage)
{
    const struct syn_rt_slot *slots = syn_rt_slots(rt, pipeline, stage);
    int best = -1;
    for (int i = 0; i < rt->routes[pipeline].slots[stage]; i++)
        if (slots[i].state == SYN_SLOT_FULL &&
            (best < 0 || slots[i].token.inference < slots[best].token.inference))
            best = i;
    return best;
}

int syn_rt_free_slot(const struct syn_rt *rt, unsigned pipeline, unsigned stage)
{
    const struct syn_rt_slot *slots = syn_rt_slots(rt, pipeline, stage);
    int best = -1;
    for (int i = 0; i < rt->routes[pipeline].slots[stage]; i++)
        if (slots[i].state == SYN_SLOT_FREE &&
            (best < 0 || slots[i].ready_ns < slots[best].ready_ns))
            best = i;
    return best;
}

/* Runs that are over do not count: one pipeline may have done much more in them than another. */
static uint64_t in_this_run(const struct syn_rt *rt, unsigned p, uint32_t inference)
{
    return inference > rt->base[p] ? inference - rt->base[p] : 0;
}

uint64_t syn_rt_rank(const struct syn_rt *rt, unsigned p, uint32_t inference)
{
    return in_this_run(rt, p, inference) * SYN_RT_RANK_ROUND / rt->routes[p].weight;
}

static bool before(const struct syn_rt *rt, const struct syn_rt_choice *a,
                   const struct syn_rt_choice *b)
{
    uint64_t a_round = in_this_run(rt, a->pipeline, a->inference) * rt->routes[b->pipeline].weight;
    uint64_t b_round = in_this_run(rt, b->pipeline, b->inference) * rt->routes[a->pipeline].weight;
    return a_round != b_round ? a_round < b_round : a->ready_ns < b->ready_ns;
}

static struct syn_rt_choice sense_of(const struct syn_rt *rt, unsigned p)
{
    struct syn_rt_choice c = {.pipeline = (uint8_t)p, .inference = rt->next_inference[p]};
    int to = rt->admitted[p] && rt->running ? syn_rt_free_slot(rt, p, SYN_STAGE_HEAD) : -1;
    if (to < 0)
        return c;
    c.found = true;
    c.to = (uint8_t)to;
    c.ready_ns = syn_rt_later(rt->admitted_ns[p], syn_rt_slots(rt, p, SYN_STAGE_HEAD)[to].ready_ns);
    c.ready_ns = syn_rt_later(c.ready_ns, rt->next_sense_ns[p]);
    return c;
}

static struct syn_rt_choice load_of(const struct syn_rt *rt, unsigned p)
{
    const struct syn_route *route = &rt->routes[p];
    struct syn_rt_choice c = {.pipeline = (uint8_t)p};
    if (!route->has_body)
        return c;
    uint8_t in = syn_rt_body_input(route), out = syn_rt_body_output(route);
    int from = syn_rt_full_slot(rt, p, in), to = syn_rt_free_slot(rt, p, out);
    if (from < 0 || to < 0)
        return c;
    const struct syn_rt_slot *source = &syn_rt_slots(rt, p, in)[from];
    c.found = true;
    c.from = (uint8_t)from;
    c.to = (uint8_t)to;
    c.inference = source->token.inference;
    c.ready_ns = syn_rt_later(source->ready_ns, syn_rt_slots(rt, p, out)[to].ready_ns);
    return c;
}

static struct syn_rt_choice act_of(const struct syn_rt *rt, unsigned p)
{
    struct syn_rt_choice c = {.pipeline = (uint8_t)p};
    int from = rt->routes[p].has_tail ? syn_rt_full_slot(rt, p, SYN_STAGE_TAIL) : -1;
    if (from < 0)
        return c;
    c.found = true;
    c.from = (uint8_t)from;
    c.inference = syn_rt_slots(rt, p, SYN_STAGE_TAIL)[from].token.inference;
    c.ready_ns = syn_rt_slots(rt, p, SYN_STAGE_TAIL)[from].ready_ns;
    return c;
}

unsigned syn_rt_acts_ready(const struct syn_rt *rt)
{
    unsigned count = 0;
    for (unsigned p = 0; p < rt->pipeline_count; p++)
        for (unsigned i = 0; i < rt->routes[p].slots[SYN_STAGE_TAIL]; i++)
            count += syn_rt_slots(rt, p, SYN_STAGE_TAIL)[i].state == SYN_SLOT_FULL;
    return count;
}

typedef struct syn_rt_choice (*choice_of)(const struct syn_rt *rt, unsigned p);

static struct syn_rt_choice best_of(const struct syn_rt *rt, choice_of of)
{
    struct syn_rt_choice best = {.found = false};
    for (unsigned p = 0; p < rt->pipeline_count; p++) {
        struct syn_rt_choice c = of(rt, p);
        if (c.found && (!best.found || before(rt, &c, &best)))
            best = c;
    }
    return best;
}

/* Whoever waits for its rate cap leaves the sensor unit to others, where a timer can call it back.
 */
static bool waits_for_cap(const struct syn_rt *rt, const struct syn_rt_choice *c)
{
    return c->found && rt->port.wake && rt->next_sense_ns[c->pipeline] > rt->now_ns;
}

static struct syn_rt_choice sense_now(const struct syn_rt *rt, unsigned p)
{
    struct syn_rt_choice c = sense_of(rt, p);
    c.found = c.found && !waits_for_cap(rt, &c);
    return c;
}

struct syn_rt_choice syn_rt_choose_sense(const struct syn_rt *rt)
{
    return best_of(rt, sense_now);
}

int64_t syn_rt_cap_ends(const struct syn_rt *rt)
{
    int64_t at = INT64_MAX;
    for (unsigned p = 0; p < rt->pipeline_count; p++) {
        const struct syn_rt_choice c = sense_of(rt, p);
        if (waits_for_cap(rt, &c) && rt->next_sense_ns[p] < at)
            at = rt->next_sense_ns[p];
    }
    return at;
}

struct syn_rt_choice syn_rt_choose_load(const struct syn_rt *rt)
{
    return best_of(rt, load_of);
}

struct syn_rt_choice syn_rt_choose_act(const struct syn_rt *rt)
{
    return best_of(rt, act_of);
}

static uint16_t count_found(const struct syn_rt *rt, choice_of of)
{
    uint16_t count = 0;
    for (unsigned p = 0; p < rt->pipeline_count; p++)
        count = (uint16_t)(count + of(rt, p).found);
    return count;
}

static uint16_t count_unsent(const struct syn_rt *rt, unsigned p, unsigned stage)
{
    uint16_t count = 0;
    if (syn_rt_sendee(&rt->routes[p], stage) == SYN_RT_NOBODY)
        return 0;
    for (unsigned i = 0; i < rt->routes[p].slots[stage]; i++)
        count = (uint16_t)(count + (syn_rt_slots(rt, p, stage)[i].state >= SYN_SLOT_FULL));
    return count;
}

void syn_rt_count_waiting(struct syn_rt *rt)
{
    uint16_t *waiting = rt->counters.waiting;
    waiting[SYN_UNIT_SENSOR] = count_found(rt, sense_now);
    waiting[SYN_UNIT_ACCEL] = count_found(rt, load_of);
    waiting[SYN_UNIT_CPU] = (uint16_t)(count_found(rt, act_of) + (rt->body_state == SYN_BODY_DONE));
    waiting[SYN_UNIT_RADIO] = 0;
    for (unsigned p = 0; p < rt->pipeline_count; p++)
        waiting[SYN_UNIT_RADIO] =
            (uint16_t)(waiting[SYN_UNIT_RADIO] + count_unsent(rt, p, SYN_STAGE_HEAD) +
                       count_unsent(rt, p, SYN_STAGE_BODY_OUT));
}
