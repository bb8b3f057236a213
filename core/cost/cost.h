/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time and energy of tasks, and what a whole plan is predicted to do (core/plan/PLANNER.md).
 * All times are integer nanoseconds, so that equal plans compare equal.
 */
#ifndef SYN_CORE_COST_COST_H
#define SYN_CORE_COST_COST_H

#include "core/cost/plan.h"
#include "core/cost/problem.h"
#include "core/cost/radio.h"
#include "devices/part/place.h"

/* What one inference of a chunk asks of its device. */
struct syn_chunk_cost {
    uint64_t load_ns, infer_ns, unload_ns; /* configuration not included */
    uint64_t configure_ns;                 /* when the accelerator held another chunk */
    uint64_t cycles;
    uint32_t in_bytes, out_bytes; /* of the cuts in front and behind */
};

/* With kernels at the columns of `places` (one a layer of the chunk), NULL: placed alone. */
int syn_cost_chunk(const struct syn_fleet_device *device, const struct syn_model *model,
                   unsigned first, unsigned last, const struct syn_place *places,
                   struct syn_chunk_cost *cost);

/* Configuration included: what the chunk keeps its accelerator busy for where it shares it. */
uint64_t syn_chunk_cost_sum(const struct syn_chunk_cost *cost, bool configure);

/* What a measured link keeps its ends busy for. */
uint64_t syn_fleet_link_send_ns(const struct syn_fleet_link *link, uint32_t bytes);
uint64_t syn_fleet_link_receive_ns(const struct syn_fleet_link *link, uint32_t bytes);

/* Bytes on the air for a hop that carries `bytes` of the model's output: the result alone. */
uint32_t syn_cost_result_bytes(uint32_t bytes);

/* What a transfer from a to b keeps the radio of either end busy for: for the same time where they
 * share it, else one after the other. By the link table where it was measured. */
uint64_t syn_cost_send_ns(const struct syn_fleet *fleet, unsigned a, unsigned b, uint32_t bytes);
uint64_t syn_cost_receive_ns(const struct syn_fleet *fleet, unsigned a, unsigned b, uint32_t bytes);

/* No transfer of so many bytes to or from others keeps the device's radio busy for less. */
uint64_t syn_cost_least_ns(const struct syn_fleet *fleet, unsigned device, uint32_t bytes);

/* The link table's entry; NULL where transfers cost what the radios' figures say. */
static inline const struct syn_fleet_link *syn_fleet_measured(const struct syn_fleet *fleet,
                                                              unsigned a, unsigned b)
{
    const struct syn_fleet_link *link = &fleet->links[a][b];
    return !fleet->direct[a][b] && link->measured ? link : NULL;
}

/* Was any link measured? */
bool syn_fleet_any_measured(const struct syn_fleet *fleet);

/* Does the console's radio take part in transfers from a to b? */
static inline bool syn_fleet_by_hub(const struct syn_fleet *fleet, unsigned a, unsigned b)
{
    return !fleet->direct[a][b] && !fleet->hub_wired && !fleet->links[a][b].measured;
}

/* How often their bytes are sent. */
static inline unsigned syn_fleet_times(const struct syn_fleet *fleet, unsigned a, unsigned b)
{
    return fleet->direct[a][b] || (fleet->links[a][b].measured && fleet->links[a][b].wired) ? 1 : 2;
}

/* One transfer from device a to device b: the longer end, or both where they are busy one after the
 * other. */
uint64_t syn_cost_transfer(const struct syn_fleet *fleet, unsigned a, unsigned b, uint32_t bytes);

/* Where the time of one pipeline's inference goes, and how the whole plan behaves. */
struct syn_pipeline_prediction {
    double throughput_ips; /* in `execution` */
    uint64_t latency_ns;   /* unloaded, sensing to action */
    uint64_t energy_nj;    /* active energy of one inference over all devices */
    uint32_t bytes_sent;
};

struct syn_prediction {
    enum syn_execution execution;
    uint64_t round_ns; /* T of `execution`, odd sets of radios and rate caps included */
    uint64_t bound_ns; /* T with task parallelization: no execution of this plan is faster */
    unsigned bottleneck_device; /* SYN_DEVICE_HUB: the console's relay */
    enum syn_unit bottleneck_unit;
    uint32_t bottleneck_set; /* devices whose transfers cannot overlap, where they bind; else 0 */
    double throughput_ips;   /* all pipelines together */
    uint64_t latency_sum_ns;
    uint64_t energy_nj;                                /* of one round, active and idle */
    double power_mw;                                   /* of all devices */
    uint64_t bytes_sent;                               /* of one round */
    uint64_t busy_ns[SYN_DEVICES_MAX][SYN_UNIT_COUNT]; /* sum of w b(u): of one round */
    struct syn_radio_load radio; /* of one round, by pair of devices; the hub as SYN_DEVICE_HUB */
    double device_power_mw[SYN_DEVICES_MAX];
    struct syn_pipeline_prediction pipelines[SYN_PIPELINES_MAX];
};

/*
 * T of a round follows from the busiest unit, from the odd sets of radios (three transfers among
 * three devices cannot overlap) and from rate caps: a capped pipeline holds the whole fair round
 * back.
 *
 * Work-conserving, there are no rounds: all pipelines grow as w_p x until a unit, an odd set of
 * radios, the hub or a rate cap is full. With rates r, unit u is full where sum_p r_p b(p,u) = 1,
 * an odd set S where its transfers take sum_p r_p b(p,S) = (|S| - 1) / 2. Pipelines that use what
 * is full keep their rates, the others grow on: the max-min fair rates. A cap holds its own
 * pipeline alone. round_ns is then max_p w_p / r_p, the time in which every pipeline has done its
 * share, and busy_ns, energy_nj and bytes_sent are those of that time; the bottleneck is what is
 * full first.
 *
 * Latency includes the change of chunk on an accelerator that holds several.
 *
 * Judges a plan: joint memory (kernels, bias, layers, data, arena) and prediction. Returns 0,
 * SYN_EOOR with words in *error ("UNet does not fit on ring: needs 656 kernel words, 402 free on
 * processor 12 (KWS, SimpleNet hold the rest)"), SYN_EINVAL for a plan that is none, or
 * SYN_ENOMEM.
 */
int syn_cost_predict(const struct syn_problem *problem, const struct syn_plan *plan,
                     enum syn_execution execution, struct syn_prediction *prediction,
                     struct syn_error *error);

/* The same for a plan in which pipelines with chunk_count 0 are left out; the caller has checked it
 * otherwise. For planners that build a plan step by step. */
int syn_cost_predict_partial(const struct syn_problem *problem, const struct syn_plan *plan,
                             enum syn_execution execution, struct syn_prediction *prediction,
                             struct syn_error *error);

/* The shortest fair round that rate caps allow: of one pipeline, of those of a plan that have
 * chunks; 0 where there is no cap. */
uint64_t syn_cost_pipeline_cap_ns(const struct syn_pipeline *pipeline);
uint64_t syn_cost_cap_ns(const struct syn_problem *problem, const struct syn_plan *plan);

/* Names for people and JSON. */
const char *syn_unit_name(enum syn_unit unit); /* "sensor", "cpu", "accel", "radio" */

#endif
