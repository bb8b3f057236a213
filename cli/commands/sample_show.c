/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/sample_show.h"

#include "cli/commands/device_measure.h"
#include "cli/output/show.h"

#include <math.h>

static const char *const percentiles[] = {"p50", "p95", "p99"};

bool syn_sample_is_late(const struct syn_sample *sample)
{
    return sample->late > SYN_LATE_LIMIT;
}

static double measured(const struct syn_sample *sample, double value)
{
    return sample->span_s > 0 ? value : NAN;
}

static void show_percentiles(cJSON *object, const double ms[3])
{
    for (int i = 0; i < 3; i++)
        syn_show_number(object, percentiles[i], ms[i]);
}

static void show_pipeline(cJSON *object, const struct syn_problem_pipeline *pipeline,
                          const struct syn_pipeline_prediction *predicted,
                          const double simulated_ms[3], const struct syn_sample *whole,
                          const struct syn_pipeline_sample *sample)
{
    syn_show_text(object, "name", pipeline->spec.name);
    syn_show_text(object, "model", pipeline->model->name);
    syn_show_number(object, "predicted_ips", predicted->throughput_ips);
    syn_show_number(object, "measured_ips", measured(whole, sample->measured_ips));
    syn_show_number(object, "predicted_latency_ms", (double)predicted->latency_ns / 1e6);
    show_percentiles(syn_show_object(object, "simulated_latency_ms"), simulated_ms);
    show_percentiles(syn_show_object(object, "latency_ms"), sample->latency_ms);
    syn_show_number(object, "predicted_energy_mj", (double)predicted->energy_nj / 1e6);
    syn_show_number(object, "energy_mj", sample->energy_mj);
    syn_show_integer(object, "done", (int64_t)sample->done);
    syn_show_integer(object, "dropped", (int64_t)sample->dropped);
}

static void show_device(cJSON *object, const struct syn_bench *bench,
                        const struct syn_sample *whole, unsigned device)
{
    const struct syn_device_sample *sample = &whole->devices[device];
    syn_show_text(object, "name", bench->deployed->workload->fleet.devices[device].name);
    syn_show_number(object, "power_mw", sample->seen ? sample->power_mw : NAN);
    cJSON *units = syn_show_object(object, "units");
    /* Tasks are counted whole when they end, so an edge of the window may carry one over. */
    for (int u = 0; u < SYN_UNIT_COUNT; u++)
        syn_show_number(units, syn_unit_name((enum syn_unit)u),
                        sample->seen ? fmin(sample->utilisation[u], 1) : NAN);
    cJSON *waiting = syn_show_object(object, "waiting");
    for (int u = 0; u < SYN_UNIT_COUNT; u++)
        syn_show_integer(waiting, syn_unit_name((enum syn_unit)u), sample->waiting[u]);
    syn_run_paces_json(bench, device, object);
}

void syn_sample_show(cJSON *json, const struct syn_bench *bench, const struct syn_sample *sample)
{
    const struct syn_problem *problem = &bench->deployed->workload->problem;
    const struct syn_prediction *prediction = &bench->running->prediction;
    syn_show_number(json, "t_s", sample->t_s);
    syn_show_number(json, "span_s", sample->span_s);
    syn_show_number(json, "throughput_ips", measured(sample, sample->throughput_ips));
    syn_show_number(json, "predicted_ips", prediction->throughput_ips);
    syn_show_number(json, "power_mw", measured(sample, sample->power_mw));
    syn_show_number(json, "predicted_power_mw", prediction->power_mw);
    syn_show_number(json, "energy_mj", sample->energy_mj);
    syn_show_number(json, "predicted_energy_mj", prediction->power_mw / prediction->throughput_ips);
    syn_show_number(json, "late", sample->late);
    syn_show_bool(json, "host_too_slow", syn_sample_is_late(sample));
    cJSON *list = syn_show_array(json, "pipelines");
    for (unsigned p = 0; p < problem->pipeline_count; p++)
        show_pipeline(syn_show_object(list, NULL), &problem->pipelines[p],
                      &prediction->pipelines[p], bench->running->simulated_ms[p], sample,
                      &sample->pipelines[p]);
    list = syn_show_array(json, "devices");
    for (unsigned d = 0; d < problem->fleet->count; d++)
        show_device(syn_show_object(list, NULL), bench, sample, d);
}
