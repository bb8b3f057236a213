/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/app/app.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool add_text(cJSON *object, const char *name, const char *text)
{
    return !*text || cJSON_AddStringToObject(object, name, text);
}

static bool add_number(cJSON *object, const char *name, double value, double usual)
{
    return value == usual || cJSON_AddNumberToObject(object, name, value);
}

static bool add_requirement(cJSON *object, const char *name, const struct syn_requirement *r)
{
    cJSON *inner = cJSON_AddObjectToObject(object, name);
    return inner && add_text(inner, "kind", r->kind) && add_text(inner, "device", r->device) &&
           add_text(inner, "wear", r->wear) && add_number(inner, "fold", r->fold, 0);
}

static bool add_devices(cJSON *object, const char *name, const struct syn_device_names *devices)
{
    cJSON *list = devices->count ? cJSON_AddArrayToObject(object, name) : NULL;
    for (unsigned i = 0; i < devices->count; i++)
        if (!list || !cJSON_AddItemToArray(list, cJSON_CreateString(devices->names[i])))
            return false;
    return true;
}

static bool add_pipeline(cJSON *list, const struct syn_pipeline *p)
{
    cJSON *object = cJSON_CreateObject();
    if (!object || !cJSON_AddItemToArray(list, object)) {
        cJSON_Delete(object);
        return false;
    }
    return add_text(object, "name", p->name) && add_requirement(object, "sense", &p->sense) &&
           add_text(object, "model", p->model) && add_requirement(object, "act", &p->act) &&
           add_number(object, "weight", p->weight, 1) &&
           add_number(object, "rate_cap_ips", p->rate_cap_ips, 0) &&
           add_number(object, "latency_bound_ms", p->latency_bound_ms, 0) &&
           add_devices(object, "on", &p->on) && add_devices(object, "not_on", &p->not_on);
}

static bool fill(cJSON *root, const struct syn_app *app)
{
    if (!add_text(root, "format", "synergy-app/1") || !add_text(root, "name", app->name) ||
        !add_text(root, "description", app->description))
        return false;
    cJSON *list = cJSON_AddArrayToObject(root, "pipelines");
    for (unsigned i = 0; i < app->pipeline_count; i++)
        if (!list || !add_pipeline(list, &app->pipelines[i]))
            return false;
    return list != NULL;
}

char *syn_app_print(const struct syn_app *app)
{
    cJSON *root = cJSON_CreateObject();
    char *text = root && fill(root, app) ? cJSON_Print(root) : NULL;
    char *copy = text ? strdup(text) : NULL; /* the caller frees with free() */
    cJSON_free(text);
    cJSON_Delete(root);
    return copy;
}
