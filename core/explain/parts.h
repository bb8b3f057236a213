/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of an explanation; each fills its own fields. */
#ifndef SYN_CORE_EXPLAIN_PARTS_H
#define SYN_CORE_EXPLAIN_PARTS_H

#include "core/explain/explain.h"

struct syn_explain_task {
    const struct syn_problem *problem;
    const struct syn_plan *plan;
    enum syn_execution execution;
    const struct syn_explain_options *options;
    int64_t deadline_ns; /* of all searches */
    struct syn_prediction prediction;
    struct syn_works works;
    struct syn_explanation *out;
    struct syn_error *error;
};

int syn_explain_binding(struct syn_explain_task *task);
int syn_explain_memory(struct syn_explain_task *task);
int syn_explain_links(struct syn_explain_task *task);
int syn_explain_helps(struct syn_explain_task *task);
int syn_explain_nears(struct syn_explain_task *task);

/* Devices on which what binds happens: those of a set, else the one. 0 for a rate cap. */
uint32_t syn_binding_devices(const struct syn_binding *binding);

/*
 * Searches a problem for at most `share` of the time that is left. Returns 0 with a plan,
 * SYN_ETIMEOUT, SYN_EOOR, SYN_ENOMEM or SYN_ECANCELED.
 */
int syn_explain_search(const struct syn_explain_task *task, const struct syn_problem *problem,
                       double share, struct syn_search_result *result);

/* < 0 where a is better, by the objective's first term, then time of a round. */
int syn_figures_compare(enum syn_objective objective, const struct syn_figures *a,
                        const struct syn_figures *b);

#endif
