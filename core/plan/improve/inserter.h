/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one insertion works on; for insert.c and inserter.c alone. */
#ifndef SYN_CORE_PLAN_IMPROVE_INSERTER_H
#define SYN_CORE_PLAN_IMPROVE_INSERTER_H

#include "core/plan/improve/insert.h"

/* A device as this insertion sees it. */
struct syn_insert_host {
    const struct syn_figures *figures;
    const struct syn_ledger_device *now;
    bool may;      /* hold chunks of the pipeline */
    double prices; /* all, times the noise */
    double accel_phi, cpu_phi, radio_phi;
    int64_t cpu_ns;               /* chunks and actions */
    int64_t second_ns, change_ns; /* that a lone chunk must be configured from now on; weighted */
    double end_cost;              /* from here to the cheapest target */
};

struct syn_inserter {
    const struct syn_atlas *atlas;
    const struct syn_ledger *ledger;
    const struct syn_goal *goal;
    const struct syn_problem_pipeline *spec;
    unsigned pipeline, layers, devices;
    int64_t weight;
    const uint32_t *bytes;
    struct syn_insert_host host[SYN_DEVICES_MAX];
    size_t chunks;  /* entries of a device in `cost` and `exact` */
    double *cost;   /* [device][chunk]; INFINITY: not possible */
    uint8_t *exact; /* [device][chunk]: placed, not guessed */
    uint16_t *end;  /* [device][first]: furthest end that sums of memory allow */
    double *memory; /* [device][cut]: price of the memory of the layers before it */
    double *rest;   /* [cut][device]: a chunk begins here and all that follows */
    double *onward; /* [cut][device]: the data are here, the next chunk elsewhere */
    double *send;   /* [cut][device]: one end's share of a hop */
    /* The walk: */
    int64_t radio_ns[SYN_RADIO_NODES];
    struct syn_execution_plan plan, best;
    double best_cost;
    uint32_t used;
    unsigned steps;
};

#endif
