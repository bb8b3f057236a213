/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/settings.h"

#include "cli/console.h"
#include "cli/shell/call.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *const colours[] = {"auto", "never", "always", NULL};
static const char *const switches[] = {"on", "off", NULL};
static const char *const objectives[] = {"throughput", "latency", "energy", "power", NULL};

const struct syn_param syn_setting_params[SYN_SETTING_COUNT + 1] = {
    [SYN_SETTING_SPEED] = {.name = "speed",
                           .kind = SYN_VALUE_NUMBER,
                           .standard = "1.0",
                           .min = 0.001,
                           .max = 1000,
                           .help = "time scale of virtual wearables; below 1 they run slower"},
    [SYN_SETTING_TIMEOUT] = {.name = "timeout",
                             .kind = SYN_VALUE_SECONDS,
                             .standard = "5",
                             .min = 0.01,
                             .max = 3600,
                             .help = "time that a device has to say hello"},
    [SYN_SETTING_COLOR] = {.name = "color",
                           .kind = SYN_VALUE_CHOICE,
                           .standard = "auto",
                           .choices = colours,
                           .help = "colours on the terminal; --color and NO_COLOR come first"},
    [SYN_SETTING_PLANNER] = {.name = "planner",
                             .kind = SYN_VALUE_TEXT,
                             .standard = "auto",
                             .help = "planner of plan search"},
    [SYN_SETTING_OBJECTIVE] = {.name = "objective",
                               .kind = SYN_VALUE_CHOICE,
                               .standard = "throughput",
                               .choices = objectives,
                               .help = "objective of plan search"},
    [SYN_SETTING_BATTERY_FLOOR] =
        {.name = "battery_floor",
         .kind = SYN_VALUE_NUMBER,
         .standard = "0",
         .min = 0,
         .max = 100,
         .help = "plan search: devices with less battery, in percent, hold no chunks"},
    [SYN_SETTING_HISTORY] = {.name = "history",
                             .kind = SYN_VALUE_INTEGER,
                             .standard = "1000",
                             .min = 0,
                             .max = 100000,
                             .help = "lines of history that are kept"},
    [SYN_SETTING_RECONNECT] = {.name = "reconnect",
                               .kind = SYN_VALUE_CHOICE,
                               .standard = "on",
                               .choices = switches,
                               .help = "look for a device whose link was lost"},
    [SYN_SETTING_RECONNECT_TIME] = {.name = "reconnect_time",
                                    .kind = SYN_VALUE_SECONDS,
                                    .standard = "600",
                                    .min = 1,
                                    .max = 1000000,
                                    .help = "time for which a lost device is looked for"},
};

int syn_setting_find(const char *name)
{
    for (int i = 0; i < SYN_SETTING_COUNT; i++)
        if (strcasecmp(syn_setting_params[i].name, name) == 0)
            return i;
    return -1;
}

static char *unpack(const char *json)
{
    cJSON *value = cJSON_Parse(json);
    const char *text = cJSON_GetStringValue(value);
    char *copy = text ? strdup(text) : NULL;
    cJSON_Delete(value);
    return copy;
}

/* Values that a later or earlier version does not know, or knows otherwise, are passed over. */
static int load_one(void *ctx, const struct syn_record *record)
{
    struct syn_settings *settings = ctx;
    int i = syn_setting_find(record->name);
    char *value = i < 0 ? NULL : unpack(record->text);
    if (!value || syn_param_check(&syn_setting_params[i], value, NULL) < 0) {
        free(value);
        return 0;
    }
    free(settings->values[i]);
    settings->values[i] = value;
    return 0;
}

/* Without a registry on disk there is nothing to read, and none is made for reading. */
static void load(struct syn_console *console)
{
    struct syn_registry *registry = NULL;
    if (console->settings.loaded)
        return;
    console->settings.loaded = true;
    if (!console->registry && !syn_console_has_registry(console))
        return;
    if (syn_console_registry(console, &registry, NULL) == 0)
        (void)syn_registry_each(registry, SYN_KIND_SETTING, load_one, &console->settings, NULL);
}

const char *syn_setting_text(struct syn_console *console, enum syn_setting setting)
{
    load(console);
    const char *value = console->settings.values[setting];
    return value ? value : syn_setting_params[setting].standard;
}

double syn_setting_number(struct syn_console *console, enum syn_setting setting)
{
    double number = 0;
    (void)syn_seconds_parse(syn_setting_text(console, setting), &number);
    return number;
}

static int keep(struct syn_registry *registry, const char *name, const char *value,
                struct syn_error *error)
{
    cJSON *json = cJSON_CreateString(value);
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    int status =
        text ? syn_registry_put(registry, SYN_KIND_SETTING, name, text, NULL, 0, NULL, error)
             : syn_error_set(error, SYN_ENOMEM, "out of memory");
    cJSON_free(text);
    cJSON_Delete(json);
    return status;
}

int syn_setting_change(struct syn_console *console, enum syn_setting setting, const char *value,
                       struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    const struct syn_param *param = &syn_setting_params[setting];
    if (value && syn_param_check(param, value, error) < 0)
        return SYN_EINVAL;
    load(console);
    int status = syn_console_registry(console, &registry, error);
    if (status == 0 && value)
        status = keep(registry, param->name, value, error);
    else if (status == 0 && console->settings.values[setting])
        status = syn_registry_remove(registry, SYN_KIND_SETTING, param->name, error);
    if (status < 0)
        return status;
    char *copy = value ? strdup(value) : NULL;
    free(console->settings.values[setting]);
    console->settings.values[setting] = copy;
    return 0;
}

void syn_settings_clear(struct syn_settings *settings)
{
    for (size_t i = 0; i < SYN_SETTING_COUNT; i++)
        free(settings->values[i]);
    *settings = (struct syn_settings){0};
}
