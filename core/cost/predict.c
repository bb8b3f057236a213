/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/conserve.h"
#include "core/cost/cost.h"
#include "core/cost/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FJ_PER_NJ    1000000u /* a microwatt for a nanosecond is a femtojoule */
#define NS_PER_S     1e9
#define ROUND_NS_MAX 1e13 /* of a rate cap: hours; keeps energies in 64 bits */

/* The books of one prediction. */
struct account {
    const struct syn_problem *problem;
    const struct syn_plan *plan;
    struct syn_prediction *out;
    uint64_t energy_fj[SYN_PIPELINES_MAX]; /* active, of one inference */
    struct syn_usage *usage; /* by pipeline, where the execution needs it; else NULL */
};

static const struct syn_timing *timing_of(const struct account *a, unsigned device)
{
    return &a->problem->fleet->devices[device].profile.timing;
}

/* One inference of pipeline p keeps a unit busy for `ns`. */
static void charge(struct account *a, unsigned p, unsigned device, enum syn_unit unit, uint64_t ns)
{
    a->out->busy_ns[device][unit] += ns * a->problem->pipelines[p].spec.weight;
    a->energy_fj[p] += ns * timing_of(a, device)->active_uw[unit];
    if (a->usage)
        a->usage->busy_ns[p][device][unit] += ns;
}

static void charge_chunk(struct account *a, unsigned p, unsigned device,
                         const struct syn_chunk_cost *cost, bool configure)
{
    const uint64_t accel = syn_chunk_cost_sum(cost, configure);
    charge(a, p, device, SYN_UNIT_ACCEL, accel);
    charge(a, p, device, SYN_UNIT_CPU, accel - cost->infer_ns);
    a->out->pipelines[p].latency_ns += accel;
}

static void charge_hop(struct account *a, unsigned p, unsigned from, unsigned to, uint32_t bytes)
{
    const struct syn_fleet *fleet = a->problem->fleet;
    const uint64_t weight = a->problem->pipelines[p].spec.weight;
    if (from == to)
        return;
    syn_radio_transfer(&a->out->radio, fleet, from, to, bytes, weight);
    if (a->usage)
        syn_radio_transfer(&a->usage->radio[p], fleet, from, to, bytes, 1);
    charge(a, p, from, SYN_UNIT_RADIO, syn_cost_send_ns(fleet, from, to, bytes));
    charge(a, p, to, SYN_UNIT_RADIO, syn_cost_receive_ns(fleet, from, to, bytes));
    a->out->pipelines[p].latency_ns += syn_cost_transfer(fleet, from, to, bytes);
    a->out->pipelines[p].bytes_sent += bytes * syn_fleet_times(fleet, from, to);
}

/* Memory of one device and the work of the chunks it holds. */
static int account_device(struct account *a, unsigned device, struct syn_error *error)
{
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_residents residents;
    syn_residents_of(a->plan, device, &residents);
    int rc = syn_fit_device(a->problem, a->plan, device, &residents, places, error);
    const struct syn_place *at = places;
    for (unsigned i = 0; !rc && i < residents.count; i++) {
        const struct syn_resident *r = &residents.list[i];
        struct syn_chunk_cost cost;
        rc = syn_cost_chunk(&a->problem->fleet->devices[device],
                            a->problem->pipelines[r->pipeline].model, r->first, r->last, at, &cost);
        if (rc)
            return syn_error_set(error, rc, "%s: more than %d tensors cross a cut point",
                                 a->problem->pipelines[r->pipeline].model->name, SYN_LIVE_MAX);
        charge_chunk(a, r->pipeline, device, &cost, residents.count > 1);
        at += r->last - r->first;
    }
    return rc;
}

/* Sensing, hops and action of one pipeline. */
static int account_path(struct account *a, unsigned p, struct syn_error *error)
{
    const struct syn_execution_plan *e = &a->plan->pipelines[p];
    const struct syn_model *model = a->problem->pipelines[p].model;
    const uint64_t sense = syn_timing_sense(timing_of(a, e->source));
    const uint64_t act = syn_timing_act(timing_of(a, e->target));
    struct syn_cut cut;
    unsigned holder = e->source;
    for (unsigned k = 0; k <= e->chunk_count; k++) {
        const bool result = k == e->chunk_count;
        const unsigned next = result ? e->target : e->chunks[k].device;
        if (syn_model_cut(model, result ? model->layer_count : e->chunks[k].first, &cut))
            return syn_error_set(error, SYN_EOOR, "%s: more than %d tensors cross a cut point",
                                 model->name, SYN_LIVE_MAX);
        charge_hop(a, p, holder, next, result ? syn_cost_result_bytes(cut.bytes) : cut.bytes);
        holder = next;
    }
    charge(a, p, e->source, SYN_UNIT_SENSOR, sense);
    charge(a, p, e->target, SYN_UNIT_CPU, act);
    a->out->pipelines[p].latency_ns += sense + act;
    return 0;
}

uint64_t syn_cost_pipeline_cap_ns(const struct syn_pipeline *pipeline)
{
    if (!(pipeline->rate_cap_ips > 0))
        return 0;
    const double ns = NS_PER_S * pipeline->weight / pipeline->rate_cap_ips;
    return ns < ROUND_NS_MAX ? (uint64_t)ns : (uint64_t)ROUND_NS_MAX;
}

uint64_t syn_cost_cap_ns(const struct syn_problem *problem, const struct syn_plan *plan)
{
    uint64_t round = 0;
    for (unsigned p = 0; p < plan->pipeline_count; p++) {
        const uint64_t ns = plan->pipelines[p].chunk_count
                                ? syn_cost_pipeline_cap_ns(&problem->pipelines[p].spec)
                                : 0;
        round = ns > round ? ns : round;
    }
    return round;
}

static void bind_unit(struct syn_prediction *out, unsigned device, enum syn_unit unit, uint64_t ns)
{
    if (ns <= out->bound_ns)
        return;
    out->bound_ns = ns;
    out->bottleneck_device = device;
    out->bottleneck_unit = unit;
}

static void find_bottleneck(struct account *a)
{
    struct syn_prediction *out = a->out;
    uint32_t set = 0;
    for (unsigned d = 0; d < a->problem->fleet->count; d++)
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            bind_unit(out, d, (enum syn_unit)u, out->busy_ns[d][u]);
    bind_unit(out, SYN_DEVICE_HUB, SYN_UNIT_RADIO, out->radio.node_ns[SYN_DEVICE_HUB]);
    const uint64_t together = syn_radio_bound(&out->radio, out->bound_ns, &set);
    if (together) {
        unsigned first = 0;
        while (!(set >> first & 1))
            first++;
        bind_unit(out, first, SYN_UNIT_RADIO, together);
        out->bottleneck_set = set;
    }
}

static void find_round(struct account *a)
{
    struct syn_prediction *out = a->out;
    const uint64_t cap = syn_cost_cap_ns(a->problem, a->plan);
    uint64_t sum = 0;
    find_bottleneck(a);
    for (unsigned p = 0; p < a->plan->pipeline_count; p++) {
        const uint64_t weight = a->problem->pipelines[p].spec.weight;
        sum += weight * out->pipelines[p].latency_ns;
        out->latency_sum_ns += out->pipelines[p].latency_ns;
        out->bytes_sent += weight * out->pipelines[p].bytes_sent;
        out->pipelines[p].energy_nj = a->energy_fj[p] / FJ_PER_NJ;
    }
    out->bound_ns = cap > out->bound_ns ? cap : out->bound_ns;
    out->round_ns =
        out->execution == SYN_EXECUTION_SEQUENTIAL && sum > out->bound_ns ? sum : out->bound_ns;
}

static uint64_t times(double count, uint64_t ns)
{
    return (uint64_t)llround(count * (double)ns);
}

/* What pipeline p does to units and radios in the round of slowest pipeline. */
static void add_usage(struct account *a, unsigned p, double count)
{
    struct syn_prediction *out = a->out;
    const struct syn_radio_load *radio = &a->usage->radio[p];
    for (unsigned d = 0; d < a->problem->fleet->count; d++)
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            out->busy_ns[d][u] += times(count, a->usage->busy_ns[p][d][u]);
    for (unsigned m = 0; m < SYN_RADIO_NODES; m++) {
        out->radio.node_ns[m] += times(count, radio->node_ns[m]);
        for (unsigned n = m + 1; n < SYN_RADIO_NODES; n++)
            out->radio.pair_ns[m][n] += times(count, radio->pair_ns[m][n]);
    }
    out->bytes_sent += times(count, out->pipelines[p].bytes_sent);
}

/* The round of the slowest pipeline, and what all of them do in it. */
static void conserve(struct account *a)
{
    struct syn_prediction *out = a->out;
    double rates[SYN_PIPELINES_MAX], round = 0;
    syn_conserve_rates(a->problem, a->plan, a->usage, rates, out);
    for (unsigned p = 0; p < a->plan->pipeline_count; p++)
        if (rates[p] > 0)
            round = fmax(round, a->problem->pipelines[p].spec.weight / rates[p]);
    const uint32_t nodes = out->radio.nodes;
    memset(out->busy_ns, 0, sizeof out->busy_ns);
    memset(&out->radio, 0, sizeof out->radio);
    out->radio.nodes = nodes;
    out->bytes_sent = 0;
    out->round_ns = (uint64_t)llround(round);
    for (unsigned p = 0; p < a->plan->pipeline_count; p++) {
        out->pipelines[p].throughput_ips = NS_PER_S * rates[p];
        out->throughput_ips += out->pipelines[p].throughput_ips;
        add_usage(a, p, rates[p] * (double)out->round_ns);
    }
}

/* All pipelines in rounds. */
static void share(struct account *a)
{
    struct syn_prediction *out = a->out;
    const double round = (double)out->round_ns;
    for (unsigned p = 0; round > 0 && p < a->plan->pipeline_count; p++) {
        if (!a->plan->pipelines[p].chunk_count)
            continue;
        out->pipelines[p].throughput_ips = NS_PER_S * a->problem->pipelines[p].spec.weight / round;
        out->throughput_ips += out->pipelines[p].throughput_ips;
    }
}

static void find_power(struct account *a)
{
    struct syn_prediction *out = a->out;
    const double round = (double)out->round_ns;
    for (unsigned d = 0; d < a->problem->fleet->count; d++) {
        const uint64_t nj = syn_timing_energy(timing_of(a, d), out->round_ns, out->busy_ns[d]);
        out->energy_nj += nj;
        out->device_power_mw[d] = round > 0 ? 1e3 * (double)nj / round : 0;
        out->power_mw += out->device_power_mw[d];
    }
}

static int check_latency(const struct account *a, struct syn_error *error)
{
    for (unsigned p = 0; p < a->plan->pipeline_count; p++) {
        const struct syn_pipeline *spec = &a->problem->pipelines[p].spec;
        const double ms = (double)a->out->pipelines[p].latency_ns / 1e6;
        if (a->plan->pipelines[p].chunk_count && spec->latency_bound_ms > 0 &&
            ms > spec->latency_bound_ms)
            return syn_error_set(error, SYN_EOOR,
                                 "pipeline %s: latency %.3f ms exceeds its bound of %.3f ms",
                                 spec->name, ms, spec->latency_bound_ms);
    }
    return 0;
}

static int check_round(const struct account *a, struct syn_error *error)
{
    const bool sequential = a->out->execution == SYN_EXECUTION_SEQUENTIAL;
    const uint64_t round = sequential ? a->out->round_ns : a->out->bound_ns;
    const uint64_t most = a->problem->round_max_ns;
    if (most && round > most)
        return syn_error_set(error, SYN_EOOR,
                             "a round takes %.3f ms; the rate that was asked for allows %.3f ms",
                             (double)round / 1e6, (double)most / 1e6);
    return 0;
}

static int account_all(struct account *a, struct syn_error *error)
{
    int rc = 0;
    for (unsigned d = 0; !rc && d < a->problem->fleet->count; d++)
        rc = account_device(a, d, error);
    for (unsigned p = 0; !rc && p < a->plan->pipeline_count; p++)
        if (a->plan->pipelines[p].chunk_count)
            rc = account_path(a, p, error);
    if (rc)
        return rc;
    find_round(a);
    a->usage ? conserve(a) : share(a);
    find_power(a);
    rc = check_latency(a, error);
    return rc ? rc : check_round(a, error);
}

int syn_cost_predict_partial(const struct syn_problem *problem, const struct syn_plan *plan,
                             enum syn_execution execution, struct syn_prediction *prediction,
                             struct syn_error *error)
{
    struct account a = {.problem = problem, .plan = plan, .out = prediction};
    memset(prediction, 0, sizeof *prediction);
    prediction->execution = execution;
    if (execution == SYN_EXECUTION_WORK_CONSERVING) {
        a.usage = calloc(1, sizeof *a.usage);
        if (!a.usage)
            return syn_error_set(error, SYN_ENOMEM, "no memory for a prediction");
    }
    int rc = account_all(&a, error);
    free(a.usage);
    return rc;
}

int syn_cost_predict(const struct syn_problem *problem, const struct syn_plan *plan,
                     enum syn_execution execution, struct syn_prediction *prediction,
                     struct syn_error *error)
{
    int rc = syn_plan_check(problem, plan, error);
    if (rc)
        memset(prediction, 0, sizeof *prediction);
    return rc ? rc : syn_cost_predict_partial(problem, plan, execution, prediction, error);
}
