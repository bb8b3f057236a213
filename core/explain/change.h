/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Problems that are easier in one respect. */
#ifndef SYN_CORE_EXPLAIN_CHANGE_H
#define SYN_CORE_EXPLAIN_CHANGE_H

#include "core/explain/explain.h"

/* A problem that owns its fleet and parts: large, keep it on the heap. */
struct syn_changed {
    struct syn_problem problem;
    struct syn_fleet fleet;
    struct syn_part parts[SYN_DEVICES_MAX];
};

/* All changes that mean something for this problem, what time should be spent on first before the
 * rest; `links` are those that the plan uses. */
unsigned syn_changes_list(const struct syn_problem *problem, enum syn_execution execution,
                          const struct syn_link_load *links, unsigned link_count,
                          struct syn_help_change list[SYN_HELPS_MAX]);

/* The problem with the change; it refers to the models of the first. */
void syn_change_apply(const struct syn_problem *problem, const struct syn_help_change *change,
                      struct syn_changed *changed);

#endif
