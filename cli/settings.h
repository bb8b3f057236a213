/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings of the user (`set`): one table with kinds, bounds and standard values, kept in the
 * registry. They are read from there when the first one is asked for.
 */
#ifndef SYN_CLI_SETTINGS_H
#define SYN_CLI_SETTINGS_H

#include "cli/shell/command.h"

struct syn_console;

enum syn_setting {
    SYN_SETTING_SPEED,          /* time scale of virtual wearables */
    SYN_SETTING_TIMEOUT,        /* seconds that a device has to say hello */
    SYN_SETTING_COLOR,          /* auto, never, always */
    SYN_SETTING_PLANNER,        /* of `plan search` */
    SYN_SETTING_OBJECTIVE,      /* of `plan search` */
    SYN_SETTING_BATTERY_FLOOR,  /* of `plan search`, percent */
    SYN_SETTING_HISTORY,        /* lines kept */
    SYN_SETTING_RECONNECT,      /* on, off */
    SYN_SETTING_RECONNECT_TIME, /* seconds */
    SYN_SETTING_COUNT
};

struct syn_settings {
    bool loaded;
    char *values[SYN_SETTING_COUNT]; /* owned; NULL: the standard value */
};

/* The table: name, kind, standard value, bounds, help; ends at a NULL name. */
extern const struct syn_param syn_setting_params[SYN_SETTING_COUNT + 1];

/* Value now; a registry that cannot be read leaves the standard values in place. */
const char *syn_setting_text(struct syn_console *console, enum syn_setting setting);
double syn_setting_number(struct syn_console *console, enum syn_setting setting);

/* Index by name (case ignored), or -1. */
int syn_setting_find(const char *name);

/* Checks and keeps; value NULL goes back to the standard one. */
int syn_setting_change(struct syn_console *console, enum syn_setting setting, const char *value,
                       struct syn_error *error);

void syn_settings_clear(struct syn_settings *settings);

#endif
