/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Planning problems by the dozen, for comparing planners with each other and with oracles: small
 * ones in which everything binds now and then, large ones with a wanted use of memory, and the
 * reference workloads on more devices. The same seed gives the same problem everywhere.
 *
 * All of them make a rig anew (rig.h); rig_free() when done.
 */
#ifndef SYN_TESTS_CORE_PLAN_INSTANCES_H
#define SYN_TESTS_CORE_PLAN_INSTANCES_H

#include "tests/core/plan/rig.h"

struct instance_limits {
    unsigned devices_min, devices_max;     /* 2..8 */
    unsigned pipelines_min, pipelines_max; /* 1..8 */
    unsigned layers_min, layers_max;       /* of random models, 1..12 */
    bool zoo;                              /* models of the tree with few layers, too */
};

/* Devices 2 to 5, pipelines 1 to 4, models of 2 to 5 layers or KWS or ConvNet5. */
extern const struct instance_limits instance_limits_small;
/* Two devices and three or four pipelines: memory binds more often than not. */
extern const struct instance_limits instance_limits_packed;
/* Two or three devices, up to three pipelines of 2 to 3 layers: few plans in all. */
extern const struct instance_limits instance_limits_tiny;

/*
 * Both parts in any mix, links from fast to slow, some through the console, several sources and
 * targets, bans, weights, rate caps, latency bounds, small arenas. Most ask for much memory, about
 * a third for 70 to 105 % of all there is. The objective is throughput; the caller may set another.
 */
void instance_small(struct rig *rig, uint64_t seed, const struct instance_limits *limits);

/*
 * Models of the tree on many devices, every third a MAX78002. `use` is the wanted instance_use();
 * what comes out is as near as the models allow.
 */
void instance_large(struct rig *rig, uint64_t seed, unsigned devices, unsigned pipelines,
                    double use);

/* W1..W5 on the wearables and further ones of each kind (earbud2, glasses2, ...): 4 to 16 devices.
 * Sources and targets are the first ones, as in rig_workload(). */
void instance_workload(struct rig *rig, unsigned workload, enum rig_set set, unsigned devices);

/* Chains of convolutions with narrow channels, so that memory does not bind: for how the time of a
 * search grows with devices, pipelines and layers (at most INSTANCE_CHAIN_MAX). Every third device
 * is a MAX78002. */
#define INSTANCE_CHAIN_MAX 30
void instance_chains(struct rig *rig, uint64_t seed, unsigned devices, unsigned pipelines,
                     unsigned layers);

/* How full memory is if everything fits: the largest share of any resource (devices/part/demand.h)
 * that all pipelines together need of what all devices together have. */
double instance_use(const struct syn_problem *problem);

#endif
