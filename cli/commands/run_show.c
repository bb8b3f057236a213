/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/run_show.h"

#include "cli/output/show.h"
#include "devices/sensors/sensor.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What one says of a window, by the kind of sensor. */
static const struct saying {
    const char *kind, *verb, *window, *truth;
} sayings[] = {
    {"camera", "saw", "picture", "was"},
    {"microphone", "heard", "sound", "was said"},
    {NULL, "found", "window", "was"},
};

static const struct saying *saying_of(const char *kind)
{
    const struct saying *s = sayings;
    while (s->kind && strcmp(s->kind, kind) != 0)
        s++;
    return s;
}

/* What the source of a pipeline reads; NULL: numbers from a seed. */
static const struct syn_feed *feed_of(const struct syn_bench *bench, unsigned pipeline)
{
    const struct syn_deployed *deployed = bench->deployed;
    const struct syn_member *source =
        deployed->workload->members[deployed->plan.pipelines[pipeline].source];
    const char *kind = deployed->workload->problem.pipelines[pipeline].spec.sense.kind;
    for (unsigned i = 0; source && i < source->feed_count; i++)
        if (strcmp(source->feeds[i].sensor, kind) == 0 && source->feeds[i].path[0])
            return &source->feeds[i];
    return NULL;
}

/* A window: its number in the file, from 0, and what is in it where the file tells. */
struct looked_at {
    uint64_t number;
    const char *truth;
};

static struct looked_at look_at(const struct syn_run_show *show, const struct syn_recognition *r)
{
    const struct syn_problem *problem = &show->bench->deployed->workload->problem;
    const struct syn_feed *feed = feed_of(show->bench, r->pipeline);
    const struct syn_sensor_file *file = show->files[r->pipeline];
    struct looked_at at = {.number = r->inference - 1};
    if (!feed || !file)
        return at;
    long windows =
        syn_sensor_windows(file, syn_model_tensor_bytes(problem->pipelines[r->pipeline].model, 0));
    at.number += feed->first;
    if (windows > 0)
        at.number %= (uint64_t)windows;
    at.truth = syn_sensor_label(file, at.number);
    return at;
}

/* A file that has gone leaves its windows without names; the wearable reads it, not the console. */
void syn_run_show_begin(struct syn_run_show *show, struct syn_bench *bench, int64_t count,
                        const char *of)
{
    const struct syn_problem *problem = &bench->deployed->workload->problem;
    char why[256];
    *show = (struct syn_run_show){.bench = bench, .left = count, .of = of};
    if (count <= 0)
        return;
    if (syn_console_json(bench->console))
        show->list = syn_show_array(syn_result_json(&bench->console->result), "recognitions");
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const struct syn_feed *feed = feed_of(bench, p);
        if (feed)
            (void)syn_sensor_open(&show->files[p], feed->path, why, sizeof why);
    }
}

void syn_run_show_end(struct syn_run_show *show)
{
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++)
        syn_sensor_close(show->files[p]);
}

struct place {
    const char *source, *target;
    struct looked_at window;
};

static void show_json(const struct syn_run_show *show, const struct syn_recognition *r,
                      const struct place *place)
{
    const struct syn_problem *problem = &show->bench->deployed->workload->problem;
    char hash[24];
    cJSON *object = syn_show_object(show->list, NULL);
    (void)snprintf(hash, sizeof hash, "0x%016" PRIx64, r->output_hash);
    syn_show_text(object, "device", place->target);
    syn_show_text(object, "pipeline", problem->pipelines[r->pipeline].spec.name);
    syn_show_text(object, "model", problem->pipelines[r->pipeline].model->name);
    syn_show_integer(object, "inference", r->inference);
    syn_show_text(object, "source", place->source);
    syn_show_integer(object, "window", (int64_t)place->window.number);
    syn_show_text(object, "truth", place->window.truth);
    syn_show_text(object, "label", r->label);
    syn_show_text(object, "output_hash", hash);
    syn_show_number(object, "latency_ms", r->latency_ms);
}

static void show_words(const struct syn_run_show *show, const struct syn_recognition *r,
                       const struct place *place)
{
    const struct syn_problem_pipeline *pipeline =
        &show->bench->deployed->workload->problem.pipelines[r->pipeline];
    const struct saying *saying = saying_of(pipeline->spec.sense.kind);
    struct syn_console *console = show->bench->console;
    char truth[96] = "", latency[32] = "";
    if (isfinite(r->latency_ms))
        (void)snprintf(latency, sizeof latency, " (%.1f ms)", r->latency_ms);
    if (place->window.truth)
        (void)snprintf(truth, sizeof truth, " where %s %s,", place->window.truth, saying->truth);
    if (r->label)
        syn_result_print(&console->result, "%s: %s %s %s%s in %s %" PRIu64 " of %s%s\n",
                         place->target, pipeline->model->name, saying->verb, r->label, truth,
                         saying->window, place->window.number, place->source, latency);
    else
        syn_result_print(&console->result,
                         "%s: %s gave %016" PRIx64 " for %s %" PRIu64 " of %s%s\n", place->target,
                         pipeline->model->name, r->output_hash, saying->window,
                         place->window.number, place->source, latency);
    syn_console_emit(console);
}

/* Does a list of names with commas between them hold `name`? Without a list: yes. */
static bool holds(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strcspn(at, ",") == length && strncasecmp(at, name, length) == 0)
            return true;
    return !list;
}

void syn_run_show_one(void *ctx, const struct syn_recognition *r)
{
    struct syn_run_show *show = ctx;
    const struct syn_deployed *deployed = show->bench->deployed;
    const struct syn_fleet *fleet = &deployed->workload->fleet;
    const char *name = deployed->workload->problem.pipelines[r->pipeline].spec.name;
    if (!holds(show->of, name) || show->left-- <= 0)
        return;
    const struct place place = {
        .source = fleet->devices[deployed->plan.pipelines[r->pipeline].source].name,
        .target = fleet->devices[r->device].name,
        .window = look_at(show, r),
    };
    if (show->list)
        show_json(show, r, &place);
    else
        show_words(show, r, &place);
}
