/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Measured figures of a run: throughput, latency percentiles, utilisation, power.
 *
 * Pure bookkeeping: the caller feeds the counters and results that devices report and asks for a
 * sample of the time since the last one, or for the whole run. Times are those of the devices'
 * clocks, so a virtual wearable at half speed shows the same figures as one at full speed. The
 * first counters of a device are the start of its window: what came before is warming up.
 */
#ifndef SYN_CORE_MEASURE_MEASURE_H
#define SYN_CORE_MEASURE_MEASURE_H

#include "core/cost/cost.h"
#include "devices/runtime/runtime.h"

/* What one device has counted since it started; all values only grow. */
struct syn_device_counters {
    int64_t now_ns;
    uint64_t busy_ns[SYN_UNIT_COUNT];
    uint64_t tasks[SYN_UNIT_COUNT];
    uint32_t work[SYN_PIPELINES_MAX][SYN_RT_WORK_COUNT]; /* the tasks of busy_ns, by kind */
    uint64_t late, late_ns;
    uint64_t energy_nj;
    uint32_t done[SYN_PIPELINES_MAX];   /* acted at this target */
    uint32_t sensed[SYN_PIPELINES_MAX]; /* at this source */
    uint32_t dropped[SYN_PIPELINES_MAX];
    uint64_t pipeline_nj[SYN_PIPELINES_MAX]; /* active energy spent on each pipeline */
    uint16_t waiting[SYN_UNIT_COUNT];        /* now; the one that does not only grow */
};

struct syn_pipeline_sample {
    double measured_ips;
    double latency_ms[3]; /* p50, p95, p99; NaN without a result */
    uint64_t done, dropped;
    double energy_mj; /* active energy of one inference; NaN without one */
};

struct syn_device_sample {
    bool seen;
    double power_mw;
    double utilisation[SYN_UNIT_COUNT]; /* 0 to 1 */
    uint64_t busy_ns[SYN_UNIT_COUNT], tasks[SYN_UNIT_COUNT];
    uint32_t work[SYN_PIPELINES_MAX][SYN_RT_WORK_COUNT];
    uint16_t waiting[SYN_UNIT_COUNT];
};

struct syn_sample {
    double t_s;    /* since the run started, device time */
    double span_s; /* that this sample covers */
    double throughput_ips;
    double power_mw;  /* of all devices */
    double energy_mj; /* of all devices, idle included, for one inference; NaN without one */
    double late;      /* share of chunks whose kernels outlasted their window */
    struct syn_pipeline_sample pipelines[SYN_PIPELINES_MAX];
    struct syn_device_sample devices[SYN_DEVICES_MAX];
};

/* Late work beyond this share make figures no evidence ("host too slow, use --speed"). */
#define SYN_LATE_LIMIT 0.01

struct syn_measure;

/* NULL when there is no memory. */
struct syn_measure *syn_measure_new(unsigned devices, unsigned pipelines);
void syn_measure_free(struct syn_measure *measure); /* NULL is fine */

void syn_measure_counters(struct syn_measure *measure, unsigned device,
                          const struct syn_device_counters *counters);
/* A result whose latency is known: those of devices whose clocks cannot be compared are left out.
 */
void syn_measure_result(struct syn_measure *measure, unsigned pipeline, int64_t latency_ns);

/* True when every device has reported counters since the last sample. */
bool syn_measure_ready(const struct syn_measure *measure);

/* Device seconds that the whole run covers so far: of the device that has reported least. */
double syn_measure_span_s(const struct syn_measure *measure);

/* Since the last sample; starts the next one. */
void syn_measure_sample(struct syn_measure *measure, struct syn_sample *sample);

/* The whole run so far. */
void syn_measure_total(const struct syn_measure *measure, struct syn_sample *sample);

#endif
