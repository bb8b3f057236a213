/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carrying a plan out: what `deploy` and `run APP` share. */
#ifndef SYN_CLI_COMMANDS_PLAN_USE_H
#define SYN_CLI_COMMANDS_PLAN_USE_H

#include "cli/commands/plan_record.h"

/* Deploys it; takes its workload over, whatever happens. */
int syn_plan_deploy(struct syn_console *console, struct syn_plan_record *record,
                    struct syn_error *error);

#endif
