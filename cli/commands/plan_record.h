/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plans of the registry: "synergy-plan/1", which is also what `plan export` writes and `plan
 * import` reads. Devices stand by name, so a plan is good wherever devices of these names are.
 */
#ifndef SYN_CLI_COMMANDS_PLAN_RECORD_H
#define SYN_CLI_COMMANDS_PLAN_RECORD_H

#include "cli/fleet/workload.h"
#include "core/plan/plan_json.h"

struct syn_plan_record {
    int64_t id; /* 0: not in the registry */
    enum syn_execution execution;
    struct syn_plan_facts facts;
    struct syn_workload *workload; /* owned */
    struct syn_plan plan;
    struct syn_prediction prediction;
    struct syn_error changed; /* what its inputs were and are; code 0: as they were */
};

/* Frees what it owns; an all-zero record is fine. */
void syn_plan_record_clear(struct syn_plan_record *record);

/* "parallel", "sequential", "work-conserving". */
const char *syn_execution_name(enum syn_execution execution);

/* The whole record without its id; NULL without memory. */
cJSON *syn_plan_record_json(const struct syn_plan_record *record);

/* Keeps it under a new id, which it then has. */
int syn_plan_record_save(struct syn_console *console, struct syn_plan_record *record,
                         struct syn_error *error);

/*
 * Plan `id`, the newest where it is NULL, against the devices of now: predicted anew. SYN_ESTATE
 * with words where its inputs have changed (core/plan/inputs.h).
 */
int syn_plan_record_load(struct syn_console *console, const char *id,
                         struct syn_plan_record *record, struct syn_error *error);

/* The same for who only looks: changed inputs are said in record->changed. */
int syn_plan_record_look(struct syn_console *console, const char *id,
                         struct syn_plan_record *record, struct syn_error *error);

/* The same from text; `path` is for messages. SYN_EOOR where memory does not suffice. */
int syn_plan_record_parse(struct syn_console *console, const char *text, size_t size,
                          const char *path, struct syn_plan_record *record,
                          struct syn_error *error);

/* The newest plan's id; 0 where there is none. */
int syn_plan_newest(struct syn_console *console, int64_t *id, struct syn_error *error);

#endif
