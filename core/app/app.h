/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Apps: what is sensed, which model looks at it, what is done with the result; never where
 * (FORMAT.md). A requirement that several devices meet leaves the choice to the planner.
 */
#ifndef SYN_CORE_APP_APP_H
#define SYN_CORE_APP_APP_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_APP_NAME_MAX      64
#define SYN_APP_PIPELINES_MAX 32

/* A requirement on the device of a sensing or interaction task. */
struct syn_requirement {
    char kind[16];   /* of sensor or actuator */
    char device[32]; /* this device by name, or empty */
    char wear[16];   /* this body place ("glasses"), or empty */
    uint8_t fold;    /* of a sensing task: pixels or samples that become channels; 1: none do,
                        0: as the model declares */
};

#define SYN_APP_DEVICES_MAX 16

struct syn_device_names {
    unsigned count;
    char names[SYN_APP_DEVICES_MAX][32];
};

struct syn_pipeline {
    char name[SYN_APP_NAME_MAX];
    char model[SYN_APP_NAME_MAX];
    struct syn_requirement sense, act;
    uint16_t weight;                /* w: shares of a fair round, 1..1000 (1) */
    double rate_cap_ips;            /* 0 = none */
    double latency_bound_ms;        /* 0 = none */
    struct syn_device_names on;     /* only these devices hold its chunks; none named: any */
    struct syn_device_names not_on; /* these hold none of them */
};

struct syn_app {
    char name[SYN_APP_NAME_MAX];
    char description[160];
    unsigned pipeline_count;
    struct syn_pipeline pipelines[SYN_APP_PIPELINES_MAX];
};

bool syn_device_names_have(const struct syn_device_names *devices, const char *name);

/* Errors name file, line and field. */
int syn_app_read(struct syn_app *app, const char *path, struct syn_error *error);
int syn_app_parse(struct syn_app *app, const char *text, size_t size, const char *path,
                  struct syn_error *error);

/*
 * `app set`: key is "weight", "rate_cap_ips", "latency_bound_ms", "on", "not_on" or "PIPELINE.key".
 * The last two take names with commas between them; an empty value takes them away. The app is as
 * before on an error.
 */
int syn_app_set(struct syn_app *app, const char *key, const char *value, struct syn_error *error);

/* JSON text of the manifest; malloc'ed. */
char *syn_app_print(const struct syn_app *app);

#endif
