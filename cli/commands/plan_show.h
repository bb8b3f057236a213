/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What plans look like, for people and for programs. */
#ifndef SYN_CLI_COMMANDS_PLAN_SHOW_H
#define SYN_CLI_COMMANDS_PLAN_SHOW_H

#include "cli/commands/plan_record.h"

/* "glasses -> watch[0,9) -> ring[9,14) -> watch"; returns `text`. */
const char *syn_plan_path(const struct syn_fleet *fleet, const struct syn_execution_plan *plan,
                          char *text, size_t size);

/* "radio of glasses", "the rate cap of KWS (5 inferences/s)": what holds the round back; returns
 * `text`. */
const char *syn_plan_bottleneck(const struct syn_plan_record *record, char *text, size_t size);

/* "proven optimal", "gap 2.31 % to the proven bound", "no bound"; returns `text`. */
const char *syn_plan_proof_words(const struct syn_plan_facts *facts, char *text, size_t size);

/* For people: the headline and the pipelines. */
void syn_plan_show(struct syn_console *console, const struct syn_plan_record *record);

/* For people: load of every unit, power of every device. */
void syn_plan_show_units(struct syn_console *console, const struct syn_plan_record *record);

/* For programs: what `plan search` gives of a plan (with its bottleneck). */
cJSON *syn_plan_show_json(const struct syn_plan_record *record);

/* For programs: {"pipelines": [...], "devices": [...]}, all predicted. */
void syn_plan_show_predicted(cJSON *object, const struct syn_plan_record *record);

#endif
