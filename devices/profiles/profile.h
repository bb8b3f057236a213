/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Device profiles: the figures of one board, each with its source, read from JSON (FORMAT.md).
 * A wearable kind (earbud, glasses, watch, ring) adds what is worn: sensors, actuators, battery.
 */
#ifndef SYN_DEVICES_PROFILES_PROFILE_H
#define SYN_DEVICES_PROFILES_PROFILE_H

#include "core/base/error.h"
#include "devices/profiles/parts.h"
#include "devices/runtime/timing.h"

#define SYN_KINDS_MAX 8 /* sensors or actuators of one device */
#define SYN_KIND_MAX  16

struct syn_figure_note { /* where a figure comes from, for `device show` */
    const char *key;     /* static: name of the field */
    const char *unit;    /* static; NULL: a figure of the board, which `timing` holds */
    uint32_t value;      /* as the file says */
    char source[160];
};

#define SYN_PROFILE_FIGURES_MAX 32
#define SYN_PROFILE_PART_NAME   16

struct syn_profile {
    char name[32]; /* "max78000-feather" */
    char description[128];
    struct syn_timing timing; /* its part is built in, or of the set it was read with */
    char sensors[SYN_KINDS_MAX][SYN_KIND_MAX];
    unsigned sensor_count;
    char actuators[SYN_KINDS_MAX][SYN_KIND_MAX];
    unsigned actuator_count;
    uint32_t battery_mwh;    /* 0 = mains or unknown */
    char wear[SYN_KIND_MAX]; /* "glasses"; empty for a bare board */
    struct syn_figure_note notes[SYN_PROFILE_FIGURES_MAX];
    unsigned note_count;
};

/* Reads a profile file; a part that it describes is kept in `parts`. Errors name file, line and
 * field. */
int syn_profile_read(struct syn_profile *profile, struct syn_parts *parts, const char *path,
                     struct syn_error *error);

/* Replaces sensors, actuators and battery by those of a wearable kind's file. */
int syn_profile_wear(struct syn_profile *profile, const char *path, struct syn_error *error);

bool syn_profile_has_sensor(const struct syn_profile *profile, const char *kind);
bool syn_profile_has_actuator(const struct syn_profile *profile, const char *kind);

/* "a,b,c" into kinds; returns the count or SYN_EINVAL. */
int syn_kinds_parse(char kinds[SYN_KINDS_MAX][SYN_KIND_MAX], const char *text);

/* Parses "accel=0.8,radio=1.2" into timing->skew_permille. */
int syn_profile_skew(struct syn_timing *timing, const char *text, struct syn_error *error);

#endif
