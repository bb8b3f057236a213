/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/measure/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Latencies kept of one pipeline in one window; beyond it the oldest are overwritten. */
#define LATENCIES_MAX 4096

struct latencies {
    uint64_t count;
    int64_t ns[LATENCIES_MAX];
};

/* Counters at both ends of a window, and the latencies between. */
struct window {
    bool open[SYN_DEVICES_MAX];
    struct syn_device_counters from[SYN_DEVICES_MAX];
    struct latencies latencies[SYN_PIPELINES_MAX];
};

struct syn_measure {
    unsigned devices, pipelines;
    bool fresh[SYN_DEVICES_MAX]; /* counters came since the last sample */
    struct syn_device_counters start[SYN_DEVICES_MAX];
    struct syn_device_counters latest[SYN_DEVICES_MAX];
    struct window run, sample;
};

struct syn_measure *syn_measure_new(unsigned devices, unsigned pipelines)
{
    struct syn_measure *measure = calloc(1, sizeof *measure);
    if (measure != NULL) {
        measure->devices = devices;
        measure->pipelines = pipelines;
    }
    return measure;
}

void syn_measure_free(struct syn_measure *measure)
{
    free(measure);
}

static void open_window(struct window *window, unsigned device,
                        const struct syn_device_counters *counters)
{
    if (!window->open[device]) {
        window->open[device] = true;
        window->from[device] = *counters;
    }
}

void syn_measure_counters(struct syn_measure *measure, unsigned device,
                          const struct syn_device_counters *counters)
{
    if (device >= measure->devices)
        return;
    if (!measure->run.open[device])
        measure->start[device] = *counters;
    open_window(&measure->run, device, counters);
    open_window(&measure->sample, device, counters);
    measure->latest[device] = *counters;
    measure->fresh[device] = counters->now_ns > measure->sample.from[device].now_ns;
}

static void add_latency(struct latencies *latencies, int64_t ns)
{
    latencies->ns[latencies->count++ % LATENCIES_MAX] = ns;
}

void syn_measure_result(struct syn_measure *measure, unsigned pipeline, int64_t latency_ns)
{
    if (pipeline >= measure->pipelines)
        return;
    add_latency(&measure->run.latencies[pipeline], latency_ns);
    add_latency(&measure->sample.latencies[pipeline], latency_ns);
}

bool syn_measure_ready(const struct syn_measure *measure)
{
    for (unsigned d = 0; d < measure->devices; d++)
        if (!measure->fresh[d])
            return false;
    return measure->devices > 0;
}

double syn_measure_span_s(const struct syn_measure *measure)
{
    double span_s = measure->devices > 0 ? INFINITY : 0;
    for (unsigned d = 0; d < measure->devices; d++) {
        int64_t ns = measure->latest[d].now_ns - measure->run.from[d].now_ns;
        span_s = fmin(span_s, (double)ns / 1e9);
    }
    return span_s;
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void percentiles(const struct latencies *latencies, double ms[3])
{
    static const double ranks[3] = {0.50, 0.95, 0.99};
    static const double per_ms = 1e6;
    size_t n = latencies->count < LATENCIES_MAX ? (size_t)latencies->count : LATENCIES_MAX;
    int64_t *sorted = n > 0 ? malloc(n * sizeof *sorted) : NULL;
    if (sorted != NULL) {
        memcpy(sorted, latencies->ns, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, compare_ns);
    }
    for (int i = 0; i < 3; i++)
        ms[i] =
            sorted == NULL ? NAN : (double)sorted[(size_t)(ranks[i] * (double)(n - 1))] / per_ms;
    free(sorted);
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

/* One device's share of a sample; returns its span in seconds. */
static double device_sample(const struct syn_device_counters *from,
                            const struct syn_device_counters *to, struct syn_device_sample *sample)
{
    double span_ns = (double)(to->now_ns - from->now_ns);
    sample->seen = true;
    if (span_ns <= 0)
        return 0;
    sample->power_mw = (double)(to->energy_nj - from->energy_nj) / span_ns * 1e3;
    for (int u = 0; u < SYN_UNIT_COUNT; u++) {
        sample->busy_ns[u] = to->busy_ns[u] - from->busy_ns[u];
        sample->tasks[u] = to->tasks[u] - from->tasks[u];
        sample->utilisation[u] = (double)sample->busy_ns[u] / span_ns;
        sample->waiting[u] = to->waiting[u];
    }
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++)
        for (unsigned k = 0; k < SYN_RT_WORK_COUNT; k++)
            sample->work[p][k] = to->work[p][k] - from->work[p][k];
    return span_ns / 1e9;
}

struct tally {
    double inferences, late, energy_nj;
    double pipeline_nj[SYN_PIPELINES_MAX];
};

static void add_device(struct tally *tally, const struct syn_measure *measure, unsigned device,
                       const struct syn_device_counters *from, double span_s,
                       struct syn_sample *sample)
{
    const struct syn_device_counters *to = &measure->latest[device];
    /* Of an inference the accelerator has three tasks: load, infer, unload. */
    tally->inferences += (double)(to->tasks[SYN_UNIT_ACCEL] - from->tasks[SYN_UNIT_ACCEL]) / 3;
    tally->late += (double)(to->late - from->late);
    tally->energy_nj += (double)(to->energy_nj - from->energy_nj);
    for (unsigned p = 0; p < measure->pipelines; p++) {
        uint32_t done = to->done[p] - from->done[p];
        sample->pipelines[p].done += done;
        sample->pipelines[p].dropped += to->dropped[p] - from->dropped[p];
        if (done > 0 && span_s > 0)
            sample->pipelines[p].measured_ips += done / span_s;
        tally->pipeline_nj[p] += (double)(to->pipeline_nj[p] - from->pipeline_nj[p]);
    }
}

static void finish_sample(const struct syn_measure *measure, const struct window *window,
                          const struct tally *tally, struct syn_sample *sample)
{
    double done = 0;
    for (unsigned p = 0; p < measure->pipelines; p++) {
        struct syn_pipeline_sample *pipeline = &sample->pipelines[p];
        percentiles(&window->latencies[p], pipeline->latency_ms);
        pipeline->energy_mj = ratio(tally->pipeline_nj[p] / 1e6, (double)pipeline->done);
        sample->throughput_ips += pipeline->measured_ips;
        done += (double)pipeline->done;
    }
    sample->energy_mj = ratio(tally->energy_nj / 1e6, done);
    sample->late = tally->inferences > 0 ? tally->late / tally->inferences : 0;
}

static void take(const struct syn_measure *measure, const struct window *window,
                 struct syn_sample *sample)
{
    struct tally tally = {0};
    memset(sample, 0, sizeof *sample);
    for (unsigned d = 0; d < measure->devices; d++) {
        if (!window->open[d])
            continue;
        double span_s = device_sample(&window->from[d], &measure->latest[d], &sample->devices[d]);
        add_device(&tally, measure, d, &window->from[d], span_s, sample);
        sample->power_mw += sample->devices[d].power_mw;
        sample->span_s = fmax(sample->span_s, span_s);
        double t_s = (double)(measure->latest[d].now_ns - measure->start[d].now_ns) / 1e9;
        sample->t_s = fmax(sample->t_s, t_s);
    }
    finish_sample(measure, window, &tally, sample);
}

void syn_measure_sample(struct syn_measure *measure, struct syn_sample *sample)
{
    take(measure, &measure->sample, sample);
    for (unsigned d = 0; d < measure->devices; d++) {
        measure->sample.from[d] = measure->latest[d];
        measure->fresh[d] = false;
    }
    for (unsigned p = 0; p < measure->pipelines; p++)
        measure->sample.latencies[p].count = 0;
}

void syn_measure_total(const struct syn_measure *measure, struct syn_sample *sample)
{
    take(measure, &measure->run, sample);
}
