/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/app/app.h"

#include "core/app/limits.h"
#include "core/base/json.h"
#include "devices/base/fold.h"

#include <stdlib.h>
#include <string.h>

struct raw_app {
    char format[32];
    char name[SYN_APP_NAME_MAX];
    char description[sizeof((struct syn_app *)0)->description];
    const cJSON *pipelines;
};

#define AT(member) SYN_JSON_AT(struct raw_app, member)

static const struct syn_json_field app_fields[] = {
    {"license", SYN_JSON_IGNORED, .required = false},
    {"format", SYN_JSON_STRING, .required = true, AT(format)},
    {"name", SYN_JSON_NAME, .required = true, AT(name)},
    {"description", SYN_JSON_STRING, AT(description)},
    {"pipelines", SYN_JSON_NODE, .required = true, AT(pipelines)},
};

#define REQUIREMENT_AT(member) SYN_JSON_AT(struct syn_requirement, member)

static const struct syn_json_field requirement_fields[] = {
    {"kind", SYN_JSON_NAME, .required = true, REQUIREMENT_AT(kind)},
    {"device", SYN_JSON_NAME, REQUIREMENT_AT(device)},
    {"wear", SYN_JSON_NAME, REQUIREMENT_AT(wear)},
    {"fold", SYN_JSON_INT, REQUIREMENT_AT(fold), .min = 1, .max = SYN_FOLD_SAMPLES_MAX},
};

/* What an interaction task has not got stands at the end. */
#define OF_SENSING_ONLY 1

static int read_act(const struct syn_json *doc, const cJSON *node, void *member,
                    struct syn_error *error)
{
    return syn_json_fill(doc, node, requirement_fields,
                         SYN_JSON_COUNT(requirement_fields) - OF_SENSING_ONLY, member, error);
}

static int read_sense(const struct syn_json *doc, const cJSON *node, void *member,
                      struct syn_error *error)
{
    return syn_json_fill(doc, node, requirement_fields, SYN_JSON_COUNT(requirement_fields), member,
                         error);
}

static int read_devices(const struct syn_json *doc, const cJSON *node, void *member,
                        struct syn_error *error)
{
    static const struct syn_json_field name = {
        .type = SYN_JSON_NAME, .size = sizeof((struct syn_device_names *)0)->names[0]};
    struct syn_device_names *devices = member;
    devices->count = 0;
    int result = syn_json_array(doc, node, 1, SYN_APP_DEVICES_MAX, error);
    for (const cJSON *n = result < 0 ? NULL : node->child; n; n = n->next) {
        char *to = devices->names[devices->count];
        result = syn_json_value(doc, n, &name, to, error);
        if (result < 0)
            return result;
        if (syn_device_names_have(devices, to))
            return syn_json_error(doc, n, SYN_EINVAL, error, "\"%s\" stands here twice", to);
        devices->count++;
    }
    return result;
}

#define PIPELINE_AT(member) SYN_JSON_AT(struct syn_pipeline, member)

static const struct syn_json_field pipeline_fields[] = {
    {"name", SYN_JSON_NAME, PIPELINE_AT(name)},
    {"model", SYN_JSON_NAME, .required = true, PIPELINE_AT(model)},
    {"sense", SYN_JSON_CUSTOM, .required = true, PIPELINE_AT(sense), .read = read_sense},
    {"act", SYN_JSON_CUSTOM, .required = true, PIPELINE_AT(act), .read = read_act},
    {"weight", SYN_JSON_INT, PIPELINE_AT(weight), .min = 1, .max = SYN_APP_WEIGHT_MAX},
    {"rate_cap_ips", SYN_JSON_DOUBLE, PIPELINE_AT(rate_cap_ips), .max = SYN_APP_RATE_MAX},
    {"latency_bound_ms", SYN_JSON_DOUBLE, PIPELINE_AT(latency_bound_ms),
     .max = SYN_APP_LATENCY_MAX},
    {"on", SYN_JSON_CUSTOM, PIPELINE_AT(on), .read = read_devices},
    {"not_on", SYN_JSON_CUSTOM, PIPELINE_AT(not_on), .read = read_devices},
};

static struct syn_pipeline *find_pipeline(struct syn_app *app, const char *name)
{
    for (unsigned i = 0; i < app->pipeline_count; i++)
        if (strcmp(app->pipelines[i].name, name) == 0)
            return &app->pipelines[i];
    return NULL;
}

int syn_pipeline_check_round(const struct syn_pipeline *pipeline, struct syn_error *error)
{
    if (pipeline->rate_cap_ips <= 0 ||
        pipeline->weight <= SYN_APP_ROUND_MAX_S * pipeline->rate_cap_ips)
        return 0;
    return syn_error_set(error, SYN_EINVAL,
                         "rate_cap_ips: %g with weight %u makes rounds of more than %g s",
                         pipeline->rate_cap_ips, pipeline->weight, SYN_APP_ROUND_MAX_S);
}

static int read_pipeline(const struct syn_json *doc, const cJSON *node, struct syn_app *app,
                         struct syn_error *error)
{
    struct syn_pipeline *p = &app->pipelines[app->pipeline_count];
    *p = (struct syn_pipeline){.weight = 1};
    int result =
        syn_json_fill(doc, node, pipeline_fields, SYN_JSON_COUNT(pipeline_fields), p, error);
    if (result < 0)
        return result;
    if (!p->name[0])
        memcpy(p->name, p->model, sizeof p->name);
    if (find_pipeline(app, p->name))
        return syn_json_error(doc, node, SYN_EINVAL, error,
                              "an earlier pipeline is named \"%s\"; give them different names",
                              p->name);
    struct syn_error why = {0};
    if (syn_pipeline_check_round(p, &why))
        return syn_json_error(doc, node, SYN_EINVAL, error, "%s", why.message);
    app->pipeline_count++;
    return 0;
}

static int read_document(struct syn_app *app, const struct syn_json *doc, struct syn_error *error)
{
    struct raw_app raw = {.format = ""};
    const cJSON *root = syn_json_root(doc);
    int result = syn_json_fill(doc, root, app_fields, SYN_JSON_COUNT(app_fields), &raw, error);
    if (result < 0)
        return result;
    if (strcmp(raw.format, "synergy-app/1") != 0)
        return syn_json_error(doc, syn_json_get(root, "format"), SYN_EINVAL, error,
                              "\"%s\" cannot be read; \"synergy-app/1\" is expected", raw.format);
    memcpy(app->name, raw.name, sizeof app->name);
    memcpy(app->description, raw.description, sizeof app->description);
    result = syn_json_array(doc, raw.pipelines, 1, SYN_APP_PIPELINES_MAX, error);
    if (result < 0)
        return result;
    for (const cJSON *n = raw.pipelines->child; n && result == 0; n = n->next)
        result = read_pipeline(doc, n, app, error);
    return result;
}

/* *app is left as it was on an error. */
static int finish(struct syn_app *app, struct syn_json *doc, struct syn_error *error)
{
    struct syn_app *read = calloc(1, sizeof *read);
    if (!read) {
        syn_json_free(doc);
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for an app");
    }
    int result = read_document(read, doc, error);
    if (result == 0)
        *app = *read;
    free(read);
    syn_json_free(doc);
    return result;
}

int syn_app_read(struct syn_app *app, const char *path, struct syn_error *error)
{
    struct syn_json *doc;
    int result = syn_json_read(&doc, path, error);
    return result < 0 ? result : finish(app, doc, error);
}

int syn_app_parse(struct syn_app *app, const char *text, size_t size, const char *path,
                  struct syn_error *error)
{
    struct syn_json *doc;
    int result = syn_json_parse(&doc, text, size, path, error);
    return result < 0 ? result : finish(app, doc, error);
}
