/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The planning problem: which pipelines, on which devices, over which links, for what.
 *
 * A problem is plain data that a planner reads; it owns nothing but itself (models belong to
 * whoever read them and must outlive it).
 */
#ifndef SYN_CORE_COST_PROBLEM_H
#define SYN_CORE_COST_PROBLEM_H

#include "core/app/app.h"
#include "core/model/model.h"
#include "devices/profiles/profile.h"

#define SYN_DEVICES_MAX   16
#define SYN_DEVICE_NAME   32
#define SYN_PIPELINES_MAX SYN_APP_PIPELINES_MAX

struct syn_fleet_device {
    char name[SYN_DEVICE_NAME];
    struct syn_profile profile;
    uint8_t battery_percent; /* 0: unknown, or mains */
};

/* What a transfer keeps either end busy for, one after the other, as it was measured. */
struct syn_fleet_link {
    bool measured; /* else the radios' figures hold */
    bool wired;    /* by a wire of their own; else through the console: bytes are sent twice */
    uint32_t send_ns, send_byte_ps;
    uint32_t receive_ns, receive_byte_ps; /* 0 where the receiver's radio has no part in it */
};

/* The devices that are available now, in order of connecting. */
struct syn_fleet {
    unsigned count;
    struct syn_fleet_device devices[SYN_DEVICES_MAX];
    /* direct[a][b]: a reaches b without the console; otherwise the transfer is relayed: two
     * transfers (a -> hub, hub -> b), both radios busy once each, and the hub busy twice. */
    bool direct[SYN_DEVICES_MAX][SYN_DEVICES_MAX];
    /* links[a][b], measured: transfers from a to b cost that instead, and no other radio. Only
     * where they are not direct. */
    struct syn_fleet_link links[SYN_DEVICES_MAX][SYN_DEVICES_MAX];
    /* Each device has a wire of its own to the console (serial, sockets): the hub is then never
     * what binds. False where the console has one half-duplex radio for all of them. */
    bool hub_wired;
};

enum syn_objective {
    SYN_OBJECTIVE_THROUGHPUT, /* lexicographic: T, sum of latencies, energy, bytes sent, source
                                 device first, order of connecting (PLANNER.md) */
    SYN_OBJECTIVE_LATENCY,
    SYN_OBJECTIVE_ENERGY,
    SYN_OBJECTIVE_POWER, /* energy of a round whose length is given: syn_problem_rate() */
    SYN_OBJECTIVE_COUNT
};

enum syn_execution {
    SYN_EXECUTION_PARALLEL, /* fair rounds */
    SYN_EXECUTION_SEQUENTIAL,
    SYN_EXECUTION_WORK_CONSERVING, /* pipelines that share nothing with the bottleneck go faster */
    SYN_EXECUTION_COUNT
};

struct syn_problem_pipeline {
    char app[SYN_APP_NAME_MAX];
    struct syn_pipeline spec;
    const struct syn_model *model;
    uint16_t sources; /* bit d: device d can do the sensing task */
    uint16_t targets; /* bit d: device d can do the interaction task */
    uint16_t hosts;   /* bit d: device d may hold chunks: pins, bans and battery floor clear bits */
};

struct syn_problem {
    const struct syn_fleet *fleet;
    unsigned pipeline_count;
    struct syn_problem_pipeline pipelines[SYN_PIPELINES_MAX];
    enum syn_objective objective;
    uint64_t round_max_ns; /* T must not exceed it; 0 = no limit */
};

/* Does the pipeline's sensing task make what the model reads (`fold`)? 0 or SYN_EINVAL. */
int syn_problem_check_window(const struct syn_pipeline *spec, const struct syn_model *model,
                             struct syn_error *error);

/*
 * Adds the pipelines of an app; fills sources and targets from the requirements and hosts from `on`
 * and `not_on`. On an error the problem is as before. `find` looks up a model by name. Returns 0,
 * SYN_ENOENT (no such model; no device has the sensor, or may hold chunks: says which), SYN_EINVAL
 * (too many pipelines; windows that the model does not read).
 */
int syn_problem_add(struct syn_problem *problem, const struct syn_app *app,
                    const struct syn_model *(*find)(void *ctx, const char *name), void *ctx,
                    struct syn_error *error);

/*
 * Asks for `rounds_ips` fair rounds a second: T must reach that (round_max_ns), and where the
 * objective is power no pipeline goes faster (rate caps), so that energy of a round is power at
 * this rate. Returns 0, SYN_EINVAL (not a positive finite number) or SYN_EOOR (a pipeline's own cap
 * is lower).
 */
int syn_problem_rate(struct syn_problem *problem, double rounds_ips, struct syn_error *error);

#endif
