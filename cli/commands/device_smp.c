/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/device_smp.h"

#include "cli/commands/device_list.h"
#include "cli/fleet/smp.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "transports/client/os.h"

#include <stdlib.h>

enum { WORD = 4 }; /* bytes that stacks are counted in */

/* ---- asking ---- */

/* Asks the device that is called NAME; *ask is to be freed either way. */
static int ask_device(struct syn_console *console, const struct syn_call *call,
                      int (*start)(struct syn_session *session, struct syn_operation *op),
                      const char *what, struct syn_smp_call **ask, struct syn_error *error)
{
    struct syn_member *member;
    int rc = syn_smp_member(console, syn_call_text(call, "NAME"), &member, error);
    *ask = rc == 0 ? syn_smp_call_new(member, error) : NULL;
    if (!*ask)
        return error->code;
    syn_show_text(syn_result_json(&console->result), "device", member->name);
    return syn_smp_call_wait(*ask, member, start(member->session, &(*ask)->op), what, error);
}

/* ---- device tasks ---- */

static void bytes_cell(struct syn_table *table, bool known, uint64_t bytes)
{
    if (known)
        syn_table_format(table, "%llu B", (unsigned long long)bytes);
    else
        syn_table_text(table, NULL);
}

static void show_task(cJSON *list, struct syn_table *table, const struct syn_task_state *task)
{
    char name[64];
    cJSON *object = syn_show_object(list, NULL);
    bool stack = task->stack_words > 0;
    syn_text_clean(name, sizeof name, task->name);
    syn_show_text(object, "name", name);
    syn_show_integer(object, "id", task->id);
    syn_show_integer(object, "priority", task->priority);
    syn_show_integer(object, "state", task->state);
    syn_show_integer(object, "stack_used_bytes", (int64_t)task->stack_used * WORD);
    syn_show_integer(object, "stack_bytes", (int64_t)task->stack_words * WORD);
    syn_show_integer(object, "switches", (int64_t)task->switches);
    syn_show_integer(object, "runtime", (int64_t)task->runtime);
    syn_table_text(table, name);
    syn_table_format(table, "%u", task->id);
    syn_table_format(table, "%d", task->priority);
    syn_table_format(table, "%u", task->state);
    bytes_cell(table, stack, (uint64_t)task->stack_used * WORD);
    bytes_cell(table, stack, (uint64_t)task->stack_words * WORD);
    syn_table_format(table, "%llu", (unsigned long long)task->switches);
    syn_table_format(table, "%llu", (unsigned long long)task->runtime);
}

static void show_tasks(struct syn_console *console, const struct syn_tasks *tasks)
{
    static const struct syn_column columns[] = {{.title = "TASK"},
                                                {.title = "ID", .right = true},
                                                {.title = "PRIORITY", .right = true},
                                                {.title = "STATE", .right = true},
                                                {.title = "STACK USED", .right = true},
                                                {.title = "OF", .right = true},
                                                {.title = "SWITCHES", .right = true},
                                                {.title = "RUNTIME", .right = true}};
    struct syn_table *table = syn_table_new(columns, sizeof columns / sizeof columns[0]);
    cJSON *list = syn_show_array(syn_result_json(&console->result), "tasks");
    for (unsigned i = 0; i < tasks->count; i++)
        show_task(list, table, &tasks->tasks[i]);
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

static int start_tasks(struct syn_session *session, struct syn_operation *op)
{
    return syn_session_tasks(session, syn_operation_done, op);
}

int syn_device_tasks_run(struct syn_console *console, const struct syn_call *call,
                         struct syn_error *error)
{
    struct syn_smp_call *ask = NULL;
    int rc = ask_device(console, call, start_tasks, "task statistics", &ask, error);
    if (rc == 0 && ask)
        show_tasks(console, &ask->answer.tasks);
    free(ask);
    return rc;
}

/* ---- device memory ---- */

static void show_pool(cJSON *list, struct syn_table *table, const struct syn_pool_state *pool)
{
    char name[64];
    const uint64_t block = pool->block_bytes;
    cJSON *object = syn_show_object(list, NULL);
    syn_text_clean(name, sizeof name, pool->name);
    syn_show_text(object, "name", name);
    syn_show_integer(object, "block_bytes", pool->block_bytes);
    syn_show_integer(object, "blocks", pool->blocks);
    syn_show_integer(object, "free_blocks", pool->free_blocks);
    if (pool->has_least)
        syn_show_integer(object, "least_free_blocks", pool->least_free);
    syn_table_text(table, name);
    bytes_cell(table, true, block * pool->blocks);
    bytes_cell(table, true, block * pool->free_blocks);
    bytes_cell(table, pool->has_least, block * pool->least_free);
    bytes_cell(table, true, block);
}

static void show_pools(struct syn_console *console, const struct syn_pools *pools)
{
    static const struct syn_column columns[] = {{.title = "POOL"},
                                                {.title = "SIZE", .right = true},
                                                {.title = "FREE", .right = true},
                                                {.title = "LEAST FREE", .right = true},
                                                {.title = "BLOCK", .right = true}};
    struct syn_table *table = syn_table_new(columns, sizeof columns / sizeof columns[0]);
    cJSON *list = syn_show_array(syn_result_json(&console->result), "pools");
    for (unsigned i = 0; i < pools->count; i++)
        show_pool(list, table, &pools->pools[i]);
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

static int start_memory(struct syn_session *session, struct syn_operation *op)
{
    return syn_session_pools(session, syn_operation_done, op);
}

int syn_device_memory_run(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error)
{
    struct syn_smp_call *ask = NULL;
    int rc = ask_device(console, call, start_memory, "memory statistics", &ask, error);
    if (rc == 0 && ask)
        show_pools(console, &ask->answer.pools);
    free(ask);
    return rc;
}

/* ---- device show ---- */

static void fact(struct syn_table *table, const char *title, const char *value)
{
    char clean[SYN_FOREIGN_ABOUT];
    syn_text_clean(clean, sizeof clean, value ? value : "");
    syn_table_text(table, title);
    syn_table_text(table, clean[0] ? clean : NULL);
}

/* A question that it need not answer. */
static const char *asked(struct syn_smp_call *ask, struct syn_member *member,
                         int (*what)(struct syn_session *s, syn_session_done done, void *user))
{
    *ask = (struct syn_smp_call){.op = {.answer = ask->op.answer, .ctx = ask->op.ctx}};
    if (member->state != SYN_MEMBER_ONLINE)
        return NULL;
    int started = what(member->session, syn_operation_done, &ask->op);
    return syn_smp_call_wait(ask, member, started, NULL, NULL) == 0 ? ask->answer.text : NULL;
}

static void show_buffers(struct syn_console *console, struct syn_table *table,
                         const struct syn_foreign *smp)
{
    cJSON *json = syn_result_json(&console->result);
    syn_show_integer(json, "smp_version", smp->version + 1);
    syn_table_text(table, "protocol");
    if (smp->params.buffer_bytes == 0) {
        syn_table_format(table, "SMP v%u", smp->version + 1);
        return;
    }
    syn_show_integer(json, "buffer_bytes", smp->params.buffer_bytes);
    syn_show_integer(json, "buffers", smp->params.buffer_count);
    syn_table_format(table, "SMP v%u, %u buffers of %u bytes", smp->version + 1,
                     smp->params.buffer_count, smp->params.buffer_bytes);
}

void syn_device_show_smp(struct syn_console *console, struct syn_member *member)
{
    static const struct syn_column columns[] = {{.title = "DEVICE"},
                                                {.title = "", .shrinks = true}};
    struct syn_smp_call *ask = syn_smp_call_new(member, NULL);
    struct syn_table *table = syn_table_new(columns, 2);
    cJSON *json = syn_result_json(&console->result);
    syn_device_list_identity(json, member);
    fact(table, "name", member->name);
    fact(table, "state", syn_member_state_name(member->state));
    fact(table, "uri", member->uri);
    fact(table, "kind", "SMP device without our agent");
    fact(table, "calls itself", member->smp.about);
    fact(table, "firmware", member->hello.firmware);
    const char *loader = ask ? asked(ask, member, syn_session_bootloader) : NULL;
    syn_show_text(json, "bootloader", loader);
    fact(table, "boot loader", loader);
    const char *clock = ask ? asked(ask, member, syn_session_clock) : NULL;
    syn_show_text(json, "clock", clock);
    fact(table, "clock", clock);
    show_buffers(console, table, &member->smp);
    syn_result_table(&console->result, table);
    syn_table_free(table);
    free(ask);
}
