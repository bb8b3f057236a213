/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An explanation in words and as JSON. */
#ifndef SYN_CLI_COMMANDS_PLAN_EXPLAIN_SHOW_H
#define SYN_CLI_COMMANDS_PLAN_EXPLAIN_SHOW_H

#include "cli/commands/plan_record.h"
#include "core/explain/explain.h"

struct syn_explained {
    struct syn_console *console;
    const struct syn_plan_record *record;
    const struct syn_explanation *explanation;
    const char *planner; /* that searched */
    unsigned nearest;    /* plans nearby that people see */
};

/* What binds, memory, links. */
void syn_explain_show_binding(const struct syn_explained *explained);
void syn_explain_show_memory(const struct syn_explained *explained);
void syn_explain_show_links(const struct syn_explained *explained);

/* What would help, plans nearby. */
void syn_explain_show_helps(const struct syn_explained *explained);
void syn_explain_show_nears(const struct syn_explained *explained);

/* "glasses"; "the console". */
const char *syn_explain_node(const struct syn_explained *explained, unsigned node);

#endif
