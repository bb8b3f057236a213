/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changing an app that has been read. */
#include "core/app/app.h"
#include "core/app/limits.h"
#include "core/base/suggest.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct setting {
    const char *key;
    double min, max; /* of a number */
    int (*set)(struct syn_pipeline *pipeline, const struct setting *setting, const char *text,
               struct syn_error *error);
};

/* ---- numbers ---- */

static int read_number(const struct setting *setting, const char *text, bool whole, double *value,
                       struct syn_error *error)
{
    char *end;
    *value = strtod(text, &end);
    bool number = end != text && !*end && *value >= setting->min && *value <= setting->max;
    if (number && (!whole || floor(*value) == *value))
        return 0;
    return syn_error_set(error, SYN_EINVAL, "%s: \"%s\" is no %snumber from %.12g to %.12g",
                         setting->key, text, whole ? "whole " : "", setting->min, setting->max);
}

static int set_weight(struct syn_pipeline *pipeline, const struct setting *setting,
                      const char *text, struct syn_error *error)
{
    double value;
    int result = read_number(setting, text, true, &value, error);
    if (result == 0)
        pipeline->weight = (uint16_t)value;
    return result;
}

static int set_rate_cap(struct syn_pipeline *pipeline, const struct setting *setting,
                        const char *text, struct syn_error *error)
{
    return read_number(setting, text, false, &pipeline->rate_cap_ips, error);
}

static int set_latency_bound(struct syn_pipeline *pipeline, const struct setting *setting,
                             const char *text, struct syn_error *error)
{
    return read_number(setting, text, false, &pipeline->latency_bound_ms, error);
}

/* ---- devices ---- */

static bool is_name(const char *text, size_t size)
{
    bool good = size > 0 && size < sizeof((struct syn_device_names *)0)->names[0];
    for (size_t i = 0; good && i < size; i++)
        good = isalnum((unsigned char)text[i]) || strchr("._-+/", text[i]);
    return good;
}

bool syn_device_names_have(const struct syn_device_names *devices, const char *name)
{
    for (unsigned i = 0; i < devices->count; i++)
        if (strcmp(devices->names[i], name) == 0)
            return true;
    return false;
}

static int read_names(const struct setting *setting, const char *text,
                      struct syn_device_names *devices, struct syn_error *error)
{
    *devices = (struct syn_device_names){.count = 0};
    for (const char *at = text; *at;) {
        size_t size = strcspn(at, ",");
        char *to = devices->names[devices->count];
        if (devices->count == SYN_APP_DEVICES_MAX || !is_name(at, size))
            return syn_error_set(error, SYN_EINVAL,
                                 "%s: \"%s\": at most %d names of devices with commas between "
                                 "them are expected",
                                 setting->key, text, SYN_APP_DEVICES_MAX);
        memcpy(to, at, size);
        if (syn_device_names_have(devices, to))
            return syn_error_set(error, SYN_EINVAL, "%s: \"%s\" stands there twice", setting->key,
                                 to);
        devices->count++;
        at += size + (at[size] == ',');
    }
    return 0;
}

static int set_on(struct syn_pipeline *pipeline, const struct setting *setting, const char *text,
                  struct syn_error *error)
{
    return read_names(setting, text, &pipeline->on, error);
}

static int set_not_on(struct syn_pipeline *pipeline, const struct setting *setting,
                      const char *text, struct syn_error *error)
{
    return read_names(setting, text, &pipeline->not_on, error);
}

/* ---- what `app set` can change ---- */

static const struct setting settings[] = {
    {"weight", 1, SYN_APP_WEIGHT_MAX, set_weight},
    {"rate_cap_ips", 0, SYN_APP_RATE_MAX, set_rate_cap},
    {"latency_bound_ms", 0, SYN_APP_LATENCY_MAX, set_latency_bound},
    {.key = "on", .set = set_on},
    {.key = "not_on", .set = set_not_on},
};

#define SETTINGS (sizeof settings / sizeof *settings)

static const struct setting *find_setting(const char *key, struct syn_error *error)
{
    const char *names[SETTINGS];
    for (size_t i = 0; i < SETTINGS; i++) {
        names[i] = settings[i].key;
        if (strcmp(names[i], key) == 0)
            return &settings[i];
    }
    const char *near = syn_suggest(key, names, SETTINGS);
    syn_error_set(error, SYN_EINVAL,
                  "\"%s\" cannot be set (weight, rate_cap_ips, latency_bound_ms, on, not_on)", key);
    if (near)
        syn_error_hint(error, "did you mean \"%s\"?", near);
    return NULL;
}

static int find_pipeline(const struct syn_app *app, const char *name, struct syn_error *error)
{
    struct syn_suggest s = {.word = name};
    for (unsigned i = 0; i < app->pipeline_count; i++) {
        if (strcmp(app->pipelines[i].name, name) == 0)
            return (int)i;
        syn_suggest_offer(&s, app->pipelines[i].name);
    }
    syn_error_set(error, SYN_ENOENT, "%s has no pipeline \"%s\"", app->name, name);
    if (s.best)
        syn_error_hint(error, "did you mean \"%s\"?", s.best);
    return SYN_ENOENT;
}

int syn_app_set(struct syn_app *app, const char *key, const char *value, struct syn_error *error)
{
    char name[SYN_APP_NAME_MAX] = "";
    const char *dot = strrchr(key, '.'); /* names may hold dots, keys do not */
    if (dot && (size_t)(dot - key) < sizeof name)
        memcpy(name, key, (size_t)(dot - key));
    const int only = dot ? find_pipeline(app, name, error) : 0;
    if (only < 0)
        return only;
    const struct setting *setting = find_setting(dot ? dot + 1 : key, error);
    int result = setting ? 0 : SYN_EINVAL;
    for (unsigned i = 0; result == 0 && i < app->pipeline_count; i++) {
        struct syn_pipeline changed = app->pipelines[i];
        if (dot && i != (unsigned)only)
            continue;
        result = setting->set(&changed, setting, value, error);
        if (result == 0)
            result = syn_pipeline_check_round(&changed, error);
    }
    for (unsigned i = 0; result == 0 && i < app->pipeline_count; i++)
        if (!dot || i == (unsigned)only)
            result = setting->set(&app->pipelines[i], setting, value, error);
    return result;
}
