/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a search is held to beside what the apps' manifests say: a rate, where chunks may be, which
 * devices are to be spared. By name, so that they are kept with a plan and mean the same when it
 * is looked at again.
 */
#ifndef SYN_CORE_COST_CONSTRAINTS_H
#define SYN_CORE_COST_CONSTRAINTS_H

#include "core/cost/problem.h"

#define SYN_HOST_RULES_MAX 64

/* A pin allows chunks on these devices only, a ban allows them everywhere else. */
struct syn_host_rule {
    bool pin;
    char pipeline[SYN_APP_NAME_MAX]; /* empty: of all pipelines */
    struct syn_device_names devices;
};

struct syn_constraints {
    double rate_rps;      /* fair rounds a second, syn_problem_rate(); 0 = none */
    double battery_floor; /* percent: devices below hold no chunks; 0 = none */
    unsigned rule_count;
    struct syn_host_rule rules[SYN_HOST_RULES_MAX];
};

bool syn_constraints_any(const struct syn_constraints *constraints);

/* Are all pipelines and devices that the rules name there? Returns 0 or SYN_ENOENT with words and
 * the name that was probably meant. */
int syn_constraints_check(const struct syn_constraints *constraints,
                          const struct syn_problem *problem, struct syn_error *error);

/*
 * Narrows the problem, whose objective is set. Devices that are not there are passed over, as long
 * as a pin leaves one. Returns 0, SYN_ENOENT (a pin leaves none), SYN_EOOR (some pipeline may be
 * nowhere: says why on every device; a rate cap is below the rate), SYN_EINVAL (no such rate).
 */
int syn_constraints_apply(const struct syn_constraints *constraints, struct syn_problem *problem,
                          struct syn_error *error);

/* "at least 20 rounds/s, KWS on ring only, nothing on earbud, batteries from 20 %"; "" for none.
 * Returns `text`. */
const char *syn_constraints_words(const struct syn_constraints *constraints, char *text,
                                  size_t size);

#endif
