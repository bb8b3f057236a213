/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is measured: from the end of a round, once every pipeline has run ahead as far as it may, to
 * the end of another.
 */
#include "core/schedule/simulation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S    1e9
#define ROUNDS_MIN  50 /* of a measurement that is not told how long */
#define ROUNDS_MAX  400
#define ROUNDS_FEW  3 /* of a plan that is asked for so few that more take too long */
#define SECONDS_MIN 2.0
#define SECONDS_MAX 1000.0
#define SPANS_MAX   (1u << 20)

/* ---- rounds ---- */

static uint64_t rounds_done(const struct syn_sim *sim)
{
    uint64_t least = UINT64_MAX;
    for (unsigned p = 0; p < sim->plan->pipeline_count; p++) {
        const uint64_t rounds = sim->figures.done[p] / sim->problem->pipelines[p].spec.weight;
        least = rounds < least ? rounds : least;
    }
    return least;
}

/* The first K results leave a queue behind the bottleneck, which would count as more than can be.
 */
static bool is_warm(const struct syn_sim *sim)
{
    for (unsigned p = 0; p < sim->plan->pipeline_count; p++)
        if (sim->figures.done[p] < 2 * sim->depth)
            return false;
    return true;
}

static bool is_enough(const struct syn_sim *sim)
{
    const struct syn_sim_figures *f = &sim->figures;
    const double seconds = (double)(f->to_ns - f->from_ns) / NS_PER_S;
    const uint64_t rounds = f->rounds - f->rounds_from;
    if (seconds < sim->options->trace_s)
        return false;
    if (sim->options->seconds > 0)
        return seconds >= sim->options->seconds;
    return rounds >= ROUNDS_MAX || (rounds >= ROUNDS_MIN && seconds >= SECONDS_MIN) ||
           (rounds >= ROUNDS_FEW && seconds >= SECONDS_MAX);
}

static void round_done(struct syn_sim *sim, int64_t at_ns)
{
    struct syn_sim_figures *f = &sim->figures;
    f->round_ns = at_ns;
    if (f->measuring) {
        f->to_ns = at_ns;
        f->over = is_enough(sim);
    } else if (is_warm(sim)) {
        f->measuring = true;
        f->from_ns = at_ns;
        f->rounds_from = f->rounds;
        memcpy(f->done_from, f->done, sizeof f->done);
    }
}

static void add_latency(struct syn_sim *sim, unsigned p, int64_t ns)
{
    struct syn_sim_latencies *list = &sim->figures.latencies[p];
    if (list->count == list->room) {
        const size_t room = list->room ? 2 * list->room : 64;
        int64_t *grown = realloc(list->ns, room * sizeof *grown);
        if (!grown) {
            sim->rc = SYN_ENOMEM;
            return;
        }
        list->ns = grown;
        list->room = room;
    }
    list->ns[list->count++] = ns;
}

void syn_sim_done(struct syn_sim *sim, unsigned p, const struct syn_token *token, int64_t acted_ns)
{
    struct syn_sim_figures *f = &sim->figures;
    f->done[p]++;
    if (f->measuring)
        add_latency(sim, p, acted_ns - token->sensed_ns);
    const uint64_t rounds = rounds_done(sim);
    if (rounds > f->rounds) {
        f->rounds = rounds;
        round_done(sim, acted_ns);
    }
}

/* ---- tasks ---- */

static void keep_span(struct syn_sim *sim, const struct syn_task_span *span)
{
    struct syn_simulation *out = sim->out;
    struct syn_task_span moved = *span;
    moved.start_ns -= sim->figures.from_ns;
    moved.end_ns -= sim->figures.from_ns;
    if (moved.end_ns <= 0 || (double)moved.start_ns >= sim->options->trace_s * NS_PER_S ||
        out->span_count == SPANS_MAX)
        return;
    if (out->span_count == sim->figures.span_room) {
        const size_t room = sim->figures.span_room ? 2 * sim->figures.span_room : 256;
        struct syn_task_span *grown = realloc(out->spans, room * sizeof *grown);
        if (!grown) {
            sim->rc = SYN_ENOMEM;
            return;
        }
        out->spans = grown;
        sim->figures.span_room = room;
    }
    out->spans[out->span_count++] = moved;
}

void syn_sim_account(struct syn_sim *sim, const struct syn_task_span *span)
{
    const struct syn_sim_figures *f = &sim->figures;
    const int64_t start = span->start_ns > f->from_ns ? span->start_ns : f->from_ns;
    const int64_t end = f->over && span->end_ns > f->to_ns ? f->to_ns : span->end_ns;
    if (!f->measuring)
        return;
    for (unsigned u = 0; end > start && u < SYN_UNIT_COUNT; u++)
        if (syn_rt_units[span->kind] & SYN_RT_UNIT(u))
            sim->devices[span->device].busy_ns[u] += (uint64_t)(end - start);
    if (sim->options->trace_s > 0)
        keep_span(sim, span);
}

/* Tasks that are under way when the measurement ends. */
static void account_rest(void *ctx, int64_t at_ns, const struct syn_happening *h)
{
    struct syn_sim *sim = ctx;
    struct syn_task_span span = {.start_ns = h->start_ns,
                                 .end_ns = at_ns,
                                 .inference = h->task.token.inference,
                                 .device = h->device,
                                 .pipeline = h->task.pipeline,
                                 .kind = h->task.kind,
                                 .peer = h->kind == SYN_HAPPENS_END ? h->device : h->peer,
                                 .configure = h->kind == SYN_HAPPENS_END && h->task.configure};
    if (h->kind > SYN_HAPPENS_AT_HUB || h->start_ns >= sim->figures.to_ns)
        return;
    if (h->kind == SYN_HAPPENS_RECEIVED || h->kind == SYN_HAPPENS_AT_HUB)
        span.kind = SYN_TASK_RECEIVE;
    syn_sim_account(sim, &span);
    if (h->kind == SYN_HAPPENS_RECEIVED && h->peer == SYN_DEVICE_HUB) {
        span.kind = SYN_TASK_SEND;
        span.device = SYN_DEVICE_HUB;
        span.peer = h->device;
        syn_sim_account(sim, &span);
    }
}

/* ---- the end ---- */

static int compare_ns(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void take_latencies(struct syn_sim_latencies *list, struct syn_simulated_pipeline *out)
{
    static const double ranks[3] = {0.50, 0.95, 0.99};
    const double n = (double)list->count;
    if (list->count > 0)
        qsort(list->ns, list->count, sizeof *list->ns, compare_ns);
    for (unsigned i = 0; i < 3; i++)
        out->latency_ms[i] = n > 0 ? (double)list->ns[(size_t)(ranks[i] * (n - 1))] / 1e6 : NAN;
    out->latency_max_ms = n > 0 ? (double)list->ns[list->count - 1] / 1e6 : NAN;
}

static void take_pipelines(struct syn_sim *sim)
{
    struct syn_simulation *out = sim->out;
    struct syn_sim_figures *f = &sim->figures;
    const bool fair = out->execution != SYN_EXECUTION_WORK_CONSERVING;
    for (unsigned p = 0; p < sim->plan->pipeline_count; p++) {
        struct syn_simulated_pipeline *pipeline = &out->pipelines[p];
        const double weight = sim->problem->pipelines[p].spec.weight;
        pipeline->done = f->done[p] - f->done_from[p];
        /* How far a pipeline is ahead changes from round to round, its rate does not. */
        pipeline->throughput_ips =
            fair ? weight * NS_PER_S / out->round_ns : (double)pipeline->done / out->span_s;
        out->throughput_ips += pipeline->throughput_ips;
        take_latencies(&f->latencies[p], pipeline);
    }
}

static void take_devices(struct syn_sim *sim)
{
    struct syn_simulation *out = sim->out;
    const int64_t span_ns = sim->figures.to_ns - sim->figures.from_ns;
    double done = 0;
    for (unsigned d = 0; d < sim->problem->fleet->count; d++) {
        const struct syn_sim_device *device = &sim->devices[d];
        const uint64_t nj = syn_timing_energy(&sim->problem->fleet->devices[d].profile.timing,
                                              (uint64_t)span_ns, device->busy_ns);
        out->device_power_mw[d] = 1e3 * (double)nj / (double)span_ns;
        out->power_mw += out->device_power_mw[d];
        for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
            out->utilisation[d][u] = (double)device->busy_ns[u] / (double)span_ns;
    }
    for (unsigned p = 0; p < sim->plan->pipeline_count; p++)
        done += (double)out->pipelines[p].done;
    if (out->execution == SYN_EXECUTION_WORK_CONSERVING)
        out->energy_mj = out->power_mw * out->span_s / done;
    else
        out->energy_mj = out->power_mw * out->round_ns / NS_PER_S;
}

static int compare_spans(const void *a, const void *b)
{
    const struct syn_task_span *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

int syn_sim_figures_take(struct syn_sim *sim)
{
    struct syn_simulation *out = sim->out;
    const struct syn_sim_figures *f = &sim->figures;
    const double span_ns = (double)(f->to_ns - f->from_ns);
    syn_agenda_each(&sim->agenda, account_rest, sim);
    out->execution = sim->options->execution;
    out->span_s = span_ns / NS_PER_S;
    out->round_ns = span_ns / (double)(f->rounds - f->rounds_from);
    take_pipelines(sim);
    take_devices(sim);
    syn_sim_waits_take(sim);
    if (out->span_count > 0)
        qsort(out->spans, out->span_count, sizeof *out->spans, compare_spans);
    return sim->rc;
}

void syn_sim_figures_clear(struct syn_sim *sim)
{
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++)
        free(sim->figures.latencies[p].ns);
}
