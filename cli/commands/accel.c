/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `accel`: what is free on the accelerators, and which chunks live there. */
#include "cli/commands/commands.h"
#include "cli/fleet/deployer.h"
#include "cli/fleet/operation.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BYTES 9 /* of weight memory: 72 bits */

static void keep_accel(void *ctx, const struct syn_answer *answer)
{
    *(struct syn_accel_state *)ctx = answer->accel;
}

static int ask(struct syn_member *member, struct syn_accel_state *state, struct syn_error *error)
{
    struct syn_operation op = {.answer = keep_accel, .ctx = state};
    int rc = syn_operation_started(
        &op, member, syn_session_accel(member->session, syn_operation_done, &op), error);
    if (rc == 0)
        rc = syn_operation_wait(&op, member->bench->console, error);
    if (rc != 0)
        syn_error_device(error, member->name);
    return rc;
}

/* ---- what is used ---- */

struct usage {
    unsigned words_max;      /* used on the fullest processor */
    uint64_t weight_bytes;   /* of words used on all; where there are none, of the pool */
    unsigned bias_max, bias; /* bytes, of the fullest group and of all */
};

static struct usage usage_of(const struct syn_accel_state *state)
{
    struct usage usage = {0};
    if (state->kernels_max == 0)
        usage.weight_bytes = state->weight_bytes;
    for (size_t i = 0; i < sizeof state->kernels / sizeof state->kernels[0]; i++) {
        usage.weight_bytes += (uint64_t)state->kernels[i] * WORD_BYTES;
        if (state->kernels[i] > usage.words_max)
            usage.words_max = state->kernels[i];
    }
    for (size_t i = 0; i < sizeof state->bias / sizeof state->bias[0]; i++) {
        usage.bias += state->bias[i];
        if (state->bias[i] > usage.bias_max)
            usage.bias_max = state->bias[i];
    }
    return usage;
}

static uint32_t weight_bytes(const struct syn_member *member)
{
    return member->profile.timing.part ? member->profile.timing.part->weight_bytes : 0;
}

/* ---- who lives there ---- */

/* The pipeline that a chunk belongs to, where the deployment of this console put it there. */
static const struct syn_problem_pipeline *pipeline_of(const struct syn_member *member,
                                                      unsigned pipeline)
{
    const struct syn_deployed *deployed = member->bench->deployed;
    if (!deployed || member->txn == 0 || pipeline >= deployed->workload->problem.pipeline_count)
        return NULL;
    return &deployed->workload->problem.pipelines[pipeline];
}

static void show_chunk(cJSON *list, struct syn_table *table, const struct syn_member *member,
                       const struct syn_chunk_state *chunk)
{
    const struct syn_problem_pipeline *pipeline = pipeline_of(member, chunk->pipeline);
    double us = member->profile.timing.accel_hz
                    ? (double)chunk->cycles * 1e6 / member->profile.timing.accel_hz
                    : 0;
    char time[32];
    cJSON *object = syn_show_object(list, NULL);
    syn_show_text(object, "pipeline", pipeline ? pipeline->spec.name : NULL);
    syn_show_text(object, "model", pipeline ? pipeline->model->name : NULL);
    syn_show_integer(object, "first", chunk->first);
    syn_show_integer(object, "last", chunk->last);
    syn_show_integer(object, "cycles", (int64_t)chunk->cycles);
    syn_show_hex(object, "hash", chunk->hash, sizeof chunk->hash);
    syn_table_text(table, member->name);
    if (pipeline)
        syn_table_text(table, pipeline->model->name);
    else
        syn_table_format(table, "%02x%02x%02x%02x...", chunk->hash[0], chunk->hash[1],
                         chunk->hash[2], chunk->hash[3]);
    syn_table_text(table, pipeline ? pipeline->spec.name : NULL);
    syn_table_format(table, "[%u,%u)", chunk->first, chunk->last);
    syn_table_format(table, "%llu", (unsigned long long)chunk->cycles);
    syn_table_text(table, syn_text_time(time, sizeof time, us / 1e6));
}

/* ---- both forms ---- */

static cJSON *used_of(cJSON *parent, const char *key, uint64_t used, uint64_t size)
{
    cJSON *object = syn_show_object(parent, key);
    syn_show_integer(object, "used", (int64_t)used);
    syn_show_integer(object, "free", (int64_t)(size > used ? size - used : 0));
    syn_show_integer(object, "size", (int64_t)size);
    return object;
}

static cJSON *show_json(cJSON *list, const struct syn_member *member,
                        const struct syn_accel_state *state, const struct usage *usage)
{
    cJSON *object = syn_show_object(list, NULL);
    syn_show_text(object, "device", member->name);
    syn_show_text(object, "part", member->hello.part);
    syn_show_text(object, "state", state->state);
    used_of(object, "weight_bytes", usage->weight_bytes, weight_bytes(member));
    /* A chunk needs its words on every processor it uses, so the fullest decides. */
    used_of(object, "kernel_words", usage->words_max, state->kernels_max);
    used_of(object, "bias_bytes", usage->bias_max, state->bias_max);
    used_of(object, "layers", state->layers, state->layers_max);
    used_of(object, "data_bytes", state->data_bytes, state->data_max);
    used_of(object, "arena_bytes", state->arena_bytes, state->arena_max);
    syn_show_integer(object, "clock_hz", state->clock_hz);
    syn_show_integer(object, "faults", state->faults);
    return object;
}

static void used_cell(struct syn_table *table, uint64_t used, uint64_t size)
{
    if (size == 0) /* a part that has not got it */
        syn_table_text(table, NULL);
    else
        syn_table_format(table, "%llu/%llu", (unsigned long long)used, (unsigned long long)size);
}

static void bytes_cell(struct syn_table *table, uint64_t used, uint64_t size)
{
    char a[32], b[32];
    syn_table_format(table, "%s/%s", syn_text_bytes(a, sizeof a, used),
                     syn_text_bytes(b, sizeof b, size));
}

static void show_row(struct syn_table *table, const struct syn_member *member,
                     const struct syn_accel_state *state, const struct usage *usage)
{
    syn_table_text(table, member->name);
    syn_table_text(table, member->hello.part);
    syn_table_text(table, state->state);
    bytes_cell(table, usage->weight_bytes, weight_bytes(member));
    used_cell(table, usage->words_max, state->kernels_max);
    used_cell(table, usage->bias_max, state->bias_max);
    used_cell(table, state->layers, state->layers_max);
    bytes_cell(table, state->data_bytes, state->data_max);
    bytes_cell(table, state->arena_bytes, state->arena_max);
    syn_table_format(table, "%g MHz", state->clock_hz / 1e6);
}

struct shown {
    cJSON *list;
    struct syn_table *devices, *chunks;
};

static int show_member(struct shown *shown, struct syn_member *member, struct syn_error *error)
{
    struct syn_accel_state *state = calloc(1, sizeof *state);
    int rc = state ? ask(member, state, error) : SYN_ENOMEM;
    if (rc == 0) {
        struct usage usage = usage_of(state);
        cJSON *object = show_json(shown->list, member, state, &usage);
        cJSON *list = syn_show_array(object, "chunks");
        show_row(shown->devices, member, state, &usage);
        if (state->faults > 0)
            syn_result_print(&member->bench->console->result,
                             "%s failed at %u inferences since it was deployed\n", member->name,
                             state->faults);
        for (unsigned i = 0; i < state->chunk_count; i++)
            show_chunk(list, shown->chunks, member, &state->chunks[i]);
    }
    free(state);
    return rc;
}

static int show_members(struct syn_bench *bench, const char *name, struct shown *shown,
                        struct syn_error *error)
{
    struct syn_member *member = NULL;
    int rc = name ? syn_bench_ours(bench, name, "it shows no accelerator", &member, error) : 0;
    if (member)
        return rc != 0 ? rc : show_member(shown, member, error);
    for (unsigned i = 0; rc == 0 && i < bench->count; i++)
        if (syn_member_plans(bench->members[i]))
            rc = show_member(shown, bench->members[i], error);
    return rc;
}

static int run_accel(struct syn_console *console, const struct syn_call *call,
                     struct syn_error *error)
{
    static const struct syn_column columns[] = {
        {.title = "DEVICE"},
        {.title = "PART"},
        {.title = "STATE"},
        {.title = "WEIGHTS", .right = true},
        {.title = "WORDS", .right = true},
        {.title = "BIAS B", .right = true},
        {.title = "LAYERS", .right = true},
        {.title = "DATA", .right = true},
        {.title = "ARENA", .right = true},
        {.title = "CLOCK", .right = true},
    };
    static const struct syn_column chunk_columns[] = {
        {.title = "DEVICE"},
        {.title = "MODEL"},
        {.title = "PIPELINE", .shrinks = true},
        {.title = "LAYERS"},
        {.title = "CYCLES", .right = true},
        {.title = "TIME", .right = true},
    };
    struct syn_bench *bench = syn_bench_of(console);
    if (!bench)
        return SYN_ENOMEM;
    struct shown shown = {
        .list = syn_show_array(syn_result_json(&console->result), "devices"),
        .devices = syn_table_new(columns, sizeof columns / sizeof columns[0]),
        .chunks = syn_table_new(chunk_columns, sizeof chunk_columns / sizeof chunk_columns[0])};
    int rc = show_members(bench, syn_call_text(call, "NAME"), &shown, error);
    if (rc == 0 && syn_table_rows(shown.devices) == 0)
        syn_result_print(&console->result, "no device is connected\n");
    else
        syn_result_table(&console->result, shown.devices);
    if (syn_table_rows(shown.chunks) > 0) {
        syn_result_print(&console->result, "\n");
        syn_result_table(&console->result, shown.chunks);
    }
    syn_table_free(shown.devices);
    syn_table_free(shown.chunks);
    return rc;
}

static const struct syn_command commands[] = {
    {
        .noun = "accel",
        .summary = "show what is used and free on the accelerators",
        .details = "WEIGHTS is the whole weight memory; WORDS, BIAS and DATA are those of the "
                   "fullest processor, bias\ngroup and data memory instance, since a chunk needs "
                   "room on each one that it uses.",
        .args = {{.name = "NAME",
                  .kind = SYN_VALUE_DEVICE,
                  .flags = SYN_OPTIONAL,
                  .help = "this device only"}},
        .run = run_accel,
    },
};

const struct syn_command_table syn_commands_accel = SYN_COMMAND_TABLE("Devices", commands);
