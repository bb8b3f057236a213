/* SPDX-License-Identifier: MIT */
/*
 * The runtime's tasks on a board without sensors: each takes the time that the profile says, by the
 * board's clock, or longer where kernels stand in for the accelerator; what a real one does takes
 * what it takes. What is reported is what it took.
 */
#ifndef SYN_PORTS_BARE_TASKS_H
#define SYN_PORTS_BARE_TASKS_H

#include "devices/agent/agent.h"

/* For the agent's port; `ctx` is the agent. */
int syn_tasks_deploy(void *ctx, const struct syn_deployment *deployment,
                     struct syn_refusal *refusal);
void syn_tasks_begin(void *ctx, const struct syn_task *task, int64_t start_ns,
                     uint64_t duration_ns);

/* Lets the accelerator do a slice and reports what has ended. Returns when there is something to do
 * next: the past for at once, INT64_MAX where nothing runs. */
int64_t syn_tasks_step(struct syn_agent *agent);

/* Nothing has happened since the last step, which interrupts might have told: asked before
 * sleeping, with interrupts off. */
bool syn_tasks_quiet(void);

#endif
