/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/improve/inserter.h"

#include <math.h>
#include <string.h>

#define WIDTH   6 /* beginnings that are tried one after the other from one place */
#define RETRIES 3 /* looks at a place where none of them could be placed */

static double phi(const struct syn_goal *goal, int64_t ns)
{
    double v = (double)ns / (double)goal->scale_ns;
    for (unsigned i = 0; i < goal->power; i++)
        v *= v;
    return v;
}

static uint64_t pair_of(unsigned device, unsigned cut, unsigned devices)
{
    return (uint64_t)cut * devices + device;
}

/* ---- prices --------------------------------------------------------------------------------- */

/* A chunk that keeps accelerator and CPU busy for so much more, of a round, and adds latency. */
static double chunk_cost(const struct syn_inserter *in, unsigned device, unsigned first,
                         unsigned last, int64_t accel_ns, int64_t cpu_ns, int64_t latency_ns)
{
    const struct syn_goal *g = in->goal;
    const struct syn_insert_host *h = &in->host[device];
    const int64_t accel = h->now->accel_ns + accel_ns, cpu = h->cpu_ns + cpu_ns;
    const double *memory = &in->memory[(size_t)device * (in->atlas->layers_max + 1u)];
    if (accel > g->limit_ns || cpu > g->limit_ns)
        return INFINITY;
    double cost = g->chunk + memory[last] - memory[first];
    if (g->load > 0)
        cost += g->load * (phi(g, accel) - h->accel_phi + phi(g, cpu) - h->cpu_phi);
    if (g->energy_per_fj > 0) {
        const uint32_t *uw = h->figures->timing->active_uw;
        cost += g->energy_per_fj *
                ((double)accel_ns * uw[SYN_UNIT_ACCEL] + (double)cpu_ns * uw[SYN_UNIT_CPU]);
    }
    return (cost + g->latency_per_ns * (double)latency_ns) * h->prices;
}

static double guess_cost(const struct syn_inserter *in, unsigned device, unsigned first,
                         unsigned last)
{
    const struct syn_insert_host *h = &in->host[device];
    const struct syn_figures *f = h->figures;
    const int64_t moving = f->words_ns[first] + f->words_ns[last] +
                           (h->now->count ? f->configure_ns[last - first] : 0);
    const int64_t own = moving + (int64_t)(f->start_ns + f->infer_ns[last] - f->infer_ns[first]);
    return chunk_cost(in, device, first, last, in->weight * own + h->change_ns,
                      in->weight * moving + h->change_ns, own + h->second_ns);
}

/* A radio that is busy for `ns` more. */
static double radio_cost(const struct syn_inserter *in, unsigned node, int64_t now_ns, int64_t ns)
{
    const struct syn_goal *g = in->goal;
    if (now_ns + ns > g->limit_ns)
        return INFINITY;
    double cost = g->load > 0 ? g->load * (phi(g, now_ns + ns) - phi(g, now_ns)) : 0;
    if (g->energy_per_fj > 0 && node != SYN_DEVICE_HUB)
        cost += g->energy_per_fj * (double)ns *
                in->host[node].figures->timing->active_uw[SYN_UNIT_RADIO];
    return cost;
}

/* One end's share of a hop, at least; half of the latency. */
static double send_cost(const struct syn_inserter *in, unsigned device, unsigned cut)
{
    const struct syn_insert_host *h = &in->host[device];
    const struct syn_fleet *fleet = in->atlas->problem->fleet;
    const int64_t one = in->atlas->links ? (int64_t)syn_cost_least_ns(fleet, device, in->bytes[cut])
                                         : h->figures->message_ns[cut];
    return radio_cost(in, device, (int64_t)in->ledger->radio.node_ns[device], in->weight * one) +
           in->goal->latency_per_ns * (double)one / 2;
}

static double sense_cost(const struct syn_inserter *in, unsigned device)
{
    const struct syn_goal *g = in->goal;
    const struct syn_insert_host *h = &in->host[device];
    const int64_t one = (int64_t)syn_timing_sense(h->figures->timing);
    const int64_t now = h->now->sensor_ns, after = now + in->weight * one;
    if (after > g->limit_ns)
        return INFINITY;
    return (g->load > 0 ? g->load * (phi(g, after) - phi(g, now)) : 0) +
           g->latency_per_ns * (double)one +
           g->energy_per_fj * (double)(after - now) *
               h->figures->timing->active_uw[SYN_UNIT_SENSOR];
}

static double act_cost(const struct syn_inserter *in, unsigned device)
{
    const struct syn_goal *g = in->goal;
    const struct syn_insert_host *h = &in->host[device];
    const int64_t one = (int64_t)syn_timing_act(h->figures->timing);
    const int64_t after = h->cpu_ns + in->weight * one;
    if (after > g->limit_ns)
        return INFINITY;
    return (g->load > 0 ? g->load * (phi(g, after) - h->cpu_phi) : 0) +
           g->latency_per_ns * (double)one +
           g->energy_per_fj * (double)(in->weight * one) *
               h->figures->timing->active_uw[SYN_UNIT_CPU];
}

/* Memory is dearer the less of it is left of this resource on this device. */
static void price_memory(struct syn_inserter *in, unsigned device)
{
    const struct syn_insert_host *h = &in->host[device];
    const struct syn_demand *room = &in->atlas->room[device];
    double *memory = &in->memory[(size_t)device * (in->atlas->layers_max + 1u)];
    double price[SYN_PART_RESOURCES];
    memset(memory, 0, (in->layers + 1u) * sizeof *memory);
    if (!(in->goal->memory > 0))
        return;
    for (unsigned r = 0; r < in->atlas->resources; r++) {
        const bool bounds = room->of[r] != SYN_DEMAND_FREE && room->of[r] > 0;
        const double full = bounds ? 1 - (double)h->now->left.of[r] / (double)room->of[r] : 0;
        price[r] = bounds ? in->goal->memory * in->atlas->scarcity[r] *
                                (0.05 + full * full * full) / room->of[r]
                          : 0;
    }
    for (unsigned i = 1; i <= in->layers; i++)
        for (unsigned r = 0; r < in->atlas->resources; r++)
            memory[i] += price[r] * h->figures->demand[i].of[r];
}

/* ---- backwards ------------------------------------------------------------------------------ */

static void find_ends(struct syn_inserter *in, unsigned device)
{
    const struct syn_insert_host *h = &in->host[device];
    uint16_t *ends = &in->end[(size_t)device * in->atlas->layers_max];
    unsigned end = 0;
    for (unsigned first = 0; first < in->layers; first++) {
        const unsigned reach = h->may ? h->figures->reach[first] : first;
        end = end > first ? end : first;
        while (end < reach && syn_ledger_has_room(in->ledger, in->pipeline, device, first, end + 1))
            end++;
        ends[first] = (uint16_t)(end < reach ? end : reach);
    }
}

static void look_at_host(struct syn_inserter *in, unsigned device, uint64_t *seed)
{
    struct syn_insert_host *h = &in->host[device];
    const struct syn_ledger_chunk *lone = &in->ledger->device[device].chunks[0];
    h->figures = in->atlas->of[in->pipeline][device];
    h->now = &in->ledger->device[device];
    h->may = in->spec->hosts >> device & 1;
    h->prices = 1 + in->goal->noise * (2 * syn_draw_share(seed) - 1);
    h->cpu_ns = h->now->cpu_ns + h->now->act_ns;
    h->accel_phi = phi(in->goal, h->now->accel_ns);
    h->cpu_phi = phi(in->goal, h->cpu_ns);
    h->second_ns = h->change_ns = 0;
    if (h->now->count == 1) {
        const struct syn_figures *f = in->atlas->of[lone->pipeline][device];
        h->second_ns = f->configure_ns[lone->last - lone->first];
        h->change_ns = h->second_ns * in->atlas->problem->pipelines[lone->pipeline].spec.weight;
    }
    for (unsigned i = 0; i <= in->layers; i++)
        in->send[pair_of(device, i, in->devices)] = send_cost(in, device, i);
    find_ends(in, device);
    price_memory(in, device);
}

static void find_end_costs(struct syn_inserter *in)
{
    for (unsigned d = 0; d < in->devices; d++) {
        double best = INFINITY;
        for (unsigned t = 0; t < in->devices; t++) {
            if (!(in->spec->targets >> t & 1))
                continue;
            double cost = act_cost(in, t);
            if (t != d)
                cost += in->send[pair_of(d, in->layers, in->devices)] +
                        in->send[pair_of(t, in->layers, in->devices)];
            best = cost < best ? cost : best;
        }
        in->host[d].end_cost = best;
    }
}

/* What waits for a chunk whose input comes from a peer, or is sensed here. */
static bool arena_fits(const struct syn_inserter *in, unsigned device, bool fed, unsigned first,
                       unsigned last)
{
    const int64_t arrives = fed ? in->bytes[first] : 0;
    const int64_t leaves = last < in->layers ? in->bytes[last] : 0;
    return arrives + leaves <= in->host[device].now->arena_bytes;
}

static double behind(const struct syn_inserter *in, unsigned device, unsigned last)
{
    return last == in->layers ? in->host[device].end_cost
                              : in->onward[pair_of(device, last, in->devices)];
}

static void price_chunks(struct syn_inserter *in, unsigned device, unsigned first)
{
    const unsigned end = in->end[(size_t)device * in->atlas->layers_max + first];
    const bool fed = first > 0 || !(in->spec->sources >> device & 1);
    double best = INFINITY;
    for (unsigned last = first + 1; last <= end; last++) {
        const size_t at = device * in->chunks + syn_chunk_at(first, last);
        in->exact[at] = 0;
        in->cost[at] = arena_fits(in, device, fed, first, last)
                           ? guess_cost(in, device, first, last)
                           : INFINITY;
        const double all = in->cost[at] + behind(in, device, last);
        best = all < best ? all : best;
    }
    in->rest[pair_of(device, first, in->devices)] = best;
}

/* The cheapest next device, for data that are on each of them. */
static void look_onward(struct syn_inserter *in, unsigned cut)
{
    double best = INFINITY, second = INFINITY;
    unsigned which = in->devices;
    for (unsigned d = 0; d < in->devices; d++) {
        const size_t at = pair_of(d, cut, in->devices);
        const double cost = in->send[at] + in->rest[at];
        if (cost < best) {
            second = best;
            best = cost;
            which = d;
        } else if (cost < second) {
            second = cost;
        }
    }
    for (unsigned d = 0; d < in->devices; d++) {
        const size_t at = pair_of(d, cut, in->devices);
        in->onward[at] = in->send[at] + (d == which ? second : best);
    }
}

static void look_backwards(struct syn_inserter *in)
{
    find_end_costs(in);
    for (unsigned first = in->layers; first-- > 0;) {
        for (unsigned d = 0; d < in->devices; d++)
            price_chunks(in, d, first);
        look_onward(in, first);
    }
}

/* ---- forwards ------------------------------------------------------------------------------- */

struct step {
    double cost, whole; /* of the hop; of the best plan that goes on like this, at least */
    uint8_t device;
    uint16_t last;
};

/* What a hop keeps either end busy for. */
static void hop_ns(const struct syn_inserter *in, unsigned from, unsigned to, unsigned cut,
                   int64_t *a, int64_t *b)
{
    const struct syn_fleet *fleet = in->atlas->problem->fleet;
    *a = in->host[from].figures->message_ns[cut];
    *b = in->host[to].figures->message_ns[cut];
    if (syn_fleet_measured(fleet, from, to)) {
        const uint32_t bytes = in->bytes[cut];
        *a = (int64_t)syn_cost_send_ns(fleet, from, to, bytes);
        *b = (int64_t)syn_cost_receive_ns(fleet, from, to, bytes);
    } else if (fleet->direct[from][to]) {
        *a = *b = *a > *b ? *a : *b;
    }
}

static void change_radio(struct syn_inserter *in, unsigned from, unsigned to, unsigned cut,
                         int64_t times)
{
    const struct syn_fleet *fleet = in->atlas->problem->fleet;
    int64_t a, b;
    if (from == to)
        return;
    hop_ns(in, from, to, cut, &a, &b);
    if (syn_fleet_by_hub(fleet, from, to))
        in->radio_ns[SYN_DEVICE_HUB] += times * (a + b);
    in->radio_ns[from] += times * a;
    in->radio_ns[to] += times * b;
}

static double hop_cost(const struct syn_inserter *in, unsigned from, unsigned to, unsigned cut)
{
    const struct syn_fleet *fleet = in->atlas->problem->fleet;
    const bool direct = fleet->direct[from][to];
    int64_t a, b;
    if (from == to)
        return 0;
    hop_ns(in, from, to, cut, &a, &b);
    double cost = radio_cost(in, from, in->radio_ns[from], in->weight * a) +
                  radio_cost(in, to, in->radio_ns[to], in->weight * b);
    if (syn_fleet_by_hub(fleet, from, to))
        cost += radio_cost(in, SYN_DEVICE_HUB, in->radio_ns[SYN_DEVICE_HUB], in->weight * (a + b));
    return cost + in->goal->latency_per_ns * (double)(direct ? a : a + b);
}

/* Keeps the WIDTH cheapest, cheapest first. */
static void keep_step(struct step *steps, unsigned *count, struct step step)
{
    if (*count == WIDTH && steps[WIDTH - 1].whole <= step.whole)
        return;
    unsigned at = *count < WIDTH ? (*count)++ : WIDTH - 1;
    for (; at > 0 && steps[at - 1].whole > step.whole; at--)
        steps[at] = steps[at - 1];
    steps[at] = step;
}

static unsigned find_steps(const struct syn_inserter *in, unsigned holder, unsigned first,
                           double cost, struct step *steps)
{
    unsigned count = 0;
    const bool final = in->plan.chunk_count + 1u >= in->goal->chunks_max;
    for (unsigned d = 0; d < in->devices; d++) {
        if (in->used >> d & 1 || !in->host[d].may)
            continue;
        const double hop = hop_cost(in, holder, d, first);
        const unsigned end = in->end[(size_t)d * in->atlas->layers_max + first];
        for (unsigned last = final ? in->layers : first + 1; last <= end; last++) {
            const double whole = cost + hop + in->cost[d * in->chunks + syn_chunk_at(first, last)] +
                                 behind(in, d, last);
            if (whole < in->best_cost && arena_fits(in, d, d != holder, first, last))
                keep_step(
                    steps, &count,
                    (struct step){
                        .cost = hop, .whole = whole, .device = (uint8_t)d, .last = (uint16_t)last});
        }
    }
    return count;
}

/* A chunk that cannot be placed rules out longer ones with the same beginning. */
static void rule_out(struct syn_inserter *in, unsigned device, unsigned first, unsigned last)
{
    in->end[(size_t)device * in->atlas->layers_max + first] = (uint16_t)(last - 1);
}

/* The chunk beside what is there: its exact price, INFINITY where it cannot be. */
static double place_step(struct syn_inserter *in, unsigned device, unsigned first, unsigned last)
{
    struct syn_ledger_device after;
    const size_t at = device * in->chunks + syn_chunk_at(first, last);
    const struct syn_ledger_device *now = in->host[device].now;
    if (in->exact[at])
        return in->cost[at];
    in->exact[at] = 1;
    in->cost[at] = INFINITY;
    if (!syn_figures_fits_alone(in->atlas->of[in->pipeline][device], first, last) ||
        syn_ledger_try(in->ledger, device, in->pipeline, first, last, &after))
        rule_out(in, device, first, last);
    else
        in->cost[at] = chunk_cost(in, device, first, last, after.accel_ns - now->accel_ns,
                                  after.cpu_ns - now->cpu_ns, after.latency_ns - now->latency_ns);
    return in->cost[at];
}

static void finish(struct syn_inserter *in, unsigned holder, double cost)
{
    for (unsigned t = 0; t < in->devices; t++) {
        if (!(in->spec->targets >> t & 1))
            continue;
        const double all = cost + act_cost(in, t) + hop_cost(in, holder, t, in->layers);
        if (all >= in->best_cost)
            continue;
        in->best_cost = all;
        in->best = in->plan;
        in->best.target = (uint8_t)t;
    }
}

static void walk(struct syn_inserter *in, unsigned holder, unsigned first, double cost);

/* True where the chunk could be placed. */
static bool take_step(struct syn_inserter *in, unsigned holder, unsigned first, double cost,
                      const struct step *step)
{
    const unsigned d = step->device, k = in->plan.chunk_count;
    const double chunk = place_step(in, d, first, step->last);
    const double sum = cost + step->cost + chunk;
    if (isinf(chunk) || sum + behind(in, d, step->last) >= in->best_cost)
        return !isinf(chunk);
    in->plan.chunks[k] =
        (struct syn_plan_chunk){.device = (uint8_t)d, .first = (uint16_t)first, .last = step->last};
    in->plan.chunk_count++;
    in->used |= 1u << d;
    change_radio(in, holder, d, first, in->weight);
    if (step->last == in->layers)
        finish(in, d, sum);
    else
        walk(in, d, step->last, sum);
    change_radio(in, holder, d, first, -in->weight);
    in->used &= ~(1u << d);
    in->plan.chunk_count--;
    in->plan.chunks[k] = (struct syn_plan_chunk){0};
    return true;
}

static void walk(struct syn_inserter *in, unsigned holder, unsigned first, double cost)
{
    struct step steps[WIDTH];
    bool any = false;
    for (unsigned look = 0; look < RETRIES && !any; look++) {
        const unsigned count = find_steps(in, holder, first, cost, steps);
        for (unsigned i = 0; i < count && in->steps < in->goal->steps_max; i++) {
            if (steps[i].whole >= in->best_cost)
                return;
            in->steps++;
            any |= take_step(in, holder, first, cost, &steps[i]);
        }
        if (count == 0 || in->steps >= in->goal->steps_max)
            return;
    }
}

/* Sources in the order of what they promise. */
static void walk_sources(struct syn_inserter *in)
{
    uint32_t left = in->spec->sources;
    while (left) {
        double least = INFINITY;
        unsigned source = SYN_DEVICES_MAX;
        for (unsigned s = 0; s < in->devices; s++) {
            const double here = in->rest[s], away = in->onward[s];
            const double cost = sense_cost(in, s) + (here < away ? here : away);
            if (left >> s & 1 && cost < least) {
                least = cost;
                source = s;
            }
        }
        if (source == SYN_DEVICES_MAX || least >= in->best_cost)
            return;
        left &= ~(1u << source);
        in->plan = (struct syn_execution_plan){.source = (uint8_t)source};
        walk(in, source, 0, sense_cost(in, source));
    }
}

bool syn_insert_find(struct syn_inserter *in, const struct syn_ledger *ledger, unsigned pipeline,
                     const struct syn_goal *goal, uint64_t *seed, struct syn_execution_plan *plan)
{
    in->ledger = ledger;
    in->goal = goal;
    in->pipeline = pipeline;
    in->spec = &in->atlas->problem->pipelines[pipeline];
    in->weight = in->spec->spec.weight;
    in->layers = in->spec->model->layer_count;
    in->bytes = in->atlas->bytes[pipeline];
    in->best_cost = INFINITY;
    in->used = 0;
    in->steps = 0;
    for (unsigned n = 0; n < SYN_RADIO_NODES; n++)
        in->radio_ns[n] = (int64_t)ledger->radio.node_ns[n];
    for (unsigned d = 0; d < in->devices; d++)
        look_at_host(in, d, seed);
    look_backwards(in);
    walk_sources(in);
    if (isinf(in->best_cost))
        return false;
    *plan = in->best;
    return true;
}
