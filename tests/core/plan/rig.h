/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tests of cost, planners and deployment stand on: wearables with the figures of our
 * profiles, the workloads W1 to W5, and small random problems.
 */
#ifndef SYN_TESTS_CORE_PLAN_RIG_H
#define SYN_TESTS_CORE_PLAN_RIG_H

#include "core/cost/cost.h"

enum rig_set { RIG_MAX78000, RIG_MAX78002, RIG_MIXED, RIG_SET_COUNT };

struct rig {
    struct syn_fleet fleet;
    struct syn_problem problem;
    unsigned model_count;
    struct syn_model *models[SYN_PIPELINES_MAX];
    struct syn_part other; /* what rig_other_part() made; a rig with one stays where it is */
};

extern const char *const rig_set_names[RIG_SET_COUNT];

/* A device of that part, linked directly to all others. */
void rig_device(struct rig *rig, const char *name, const struct syn_part *part);

/* Makes device `device` one of the kind peak-and-bandwidth, with memory from tight to ample: of the
 * same size for the same seed. */
void rig_other_part(struct rig *rig, unsigned device, uint64_t seed);

/* earbud, glasses, watch, ring; mixed: glasses is a MAX78002. */
void rig_wearables(struct rig *rig, enum rig_set set);

/* A model of the tree, read once: "unet". Fails the test where it cannot be read. */
const struct syn_model *rig_model(struct rig *rig, const char *file);

/* A model from JSON text. */
const struct syn_model *rig_parse(struct rig *rig, const char *text);

/* A pipeline from device to device. */
struct syn_problem_pipeline *rig_pipeline(struct rig *rig, const struct syn_model *model,
                                          const char *source, const char *target);

/* W1..W5 on the wearables. */
void rig_workload(struct rig *rig, unsigned workload, enum rig_set set);

/* A chain of convolutions with random sizes, skips now and then; the same for the same seed. */
const struct syn_model *rig_random_model(struct rig *rig, uint64_t *seed, unsigned layers);

/* Two or three random pipelines on three devices, some relayed, weighted, capped or bounded. */
void rig_random(struct rig *rig, uint64_t seed);

/* Some pairs of devices, each direction for itself, have measured links in place of what they had:
 * wires and relays, slow and fast; the same for the same seed. Returns how many. */
unsigned rig_links(struct rig *rig, uint64_t seed);

/* Fails the test where the plans differ (padding does not count). */
void rig_assert_same_plan(const struct syn_plan *a, const struct syn_plan *b);

void rig_free(struct rig *rig);

#endif
