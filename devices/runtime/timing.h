/* SPDX-License-Identifier: MIT */
/*
 * The figures of one device and the time and energy of every task, in integers.
 *
 * One truth for the planner's prediction, the simulator and the virtual wearable's clock
 * (devices/part/PART.md 2). Figures come from a profile.
 */
#ifndef SYN_DEVICES_RUNTIME_TIMING_H
#define SYN_DEVICES_RUNTIME_TIMING_H

#include "devices/part/geometry.h"

/* What can work in parallel inside a device. */
enum syn_unit { SYN_UNIT_SENSOR, SYN_UNIT_CPU, SYN_UNIT_ACCEL, SYN_UNIT_RADIO, SYN_UNIT_COUNT };

struct syn_timing {
    const struct syn_part *part;
    uint32_t accel_hz;                  /* clock of the accelerator */
    uint32_t start_ns;                  /* start and interrupt of one inference */
    uint32_t word_ns;                   /* loading or unloading one 32-bit word */
    uint32_t configure_layer_ns;        /* changing the configured chunk, for each of its layers */
    uint32_t weight_byte_ps;            /* loading one byte of weights, picoseconds */
    uint32_t sense_ns;                  /* one window on `sensor` */
    uint32_t act_ns;                    /* one action on `cpu` */
    uint32_t message_ns;                /* fixed cost of a radio message */
    uint32_t byte_ps;                   /* each byte of a radio message, picoseconds */
    uint32_t idle_uw;                   /* the whole device, always */
    uint32_t active_uw[SYN_UNIT_COUNT]; /* above idle while the unit is busy */
    uint32_t arena_bytes;               /* SRAM for tensors that wait */
    uint16_t skew_permille[SYN_UNIT_COUNT]; /* how a device differs from its profile: 800 = a
                                               unit at 0.8 of its speed; 1000 = as profiled */
};

/* Are all figures the same? */
bool syn_timing_same(const struct syn_timing *a, const struct syn_timing *b);

/* Durations in nanoseconds, skew included. */
uint64_t syn_timing_sense(const struct syn_timing *t);
uint64_t syn_timing_act(const struct syn_timing *t);
uint64_t syn_timing_words(const struct syn_timing *t, uint32_t words); /* load or unload */
uint64_t syn_timing_configure(const struct syn_timing *t, unsigned layers);
uint64_t syn_timing_infer(const struct syn_timing *t, uint64_t cycles);
uint64_t syn_timing_weights(const struct syn_timing *t, uint32_t bytes);
/* One end's time for a radio message; a transfer takes the longer of its two ends' times. */
uint64_t syn_timing_message(const struct syn_timing *t, uint32_t bytes);

/* Energy in nanojoules of `elapsed_ns` in which the units were busy for busy_ns[]. */
uint64_t syn_timing_energy(const struct syn_timing *t, uint64_t elapsed_ns,
                           const uint64_t busy_ns[SYN_UNIT_COUNT]);

/* Bytes of a result on the air: what min(output, 64) counts for in the cost model. */
#define SYN_RESULT_BYTES_MAX 64

#endif
