/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan/inputs.h"

#include "core/plan/inputs_parts.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- hashes ---- */

bool syn_input_hash(const cJSON *input, char text[SYN_INPUT_HASH_TEXT])
{
    uint8_t digest[SYN_SHA256_SIZE];
    cJSON *copy = cJSON_Duplicate(input, 1);
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "hash");
    char *values = copy ? cJSON_PrintUnformatted(copy) : NULL;
    if (values)
        syn_sha256(values, strlen(values), digest);
    for (unsigned i = 0; values && i < SYN_SHA256_SIZE; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    const bool ok = values != NULL;
    cJSON_free(values);
    cJSON_Delete(copy);
    return ok;
}

static bool seal(cJSON *input)
{
    char hash[SYN_INPUT_HASH_TEXT];
    return syn_input_hash(input, hash) && cJSON_AddStringToObject(input, "hash", hash);
}

static cJSON *append(cJSON *array, const char *name)
{
    cJSON *object = cJSON_CreateObject();
    if (!object || !cJSON_AddItemToArray(array, object)) {
        cJSON_Delete(object);
        return NULL;
    }
    return cJSON_AddStringToObject(object, "name", name) ? object : NULL;
}

/* ---- models ---- */

static bool listed(const cJSON *array, const char *name)
{
    const cJSON *node;
    cJSON_ArrayForEach(node, array)
    {
        if (!strcmp(syn_json_get(node, "name")->valuestring, name))
            return true;
    }
    return false;
}

static bool add_models(cJSON *array, const struct syn_problem *problem)
{
    for (unsigned p = 0; p < problem->pipeline_count; p++) {
        const struct syn_model *model = problem->pipelines[p].model;
        char hash[SYN_INPUT_HASH_TEXT];
        if (listed(array, model->name))
            continue;
        for (unsigned i = 0; i < SYN_SHA256_SIZE; i++)
            (void)snprintf(hash + 2 * i, 3, "%02x", model->hash[i]);
        cJSON *object = append(array, model->name);
        if (!object || !cJSON_AddStringToObject(object, "hash", hash))
            return false;
    }
    return true;
}

/* ---- pipelines ---- */

static void move_members(cJSON *to, cJSON *from)
{
    while (from->child) {
        cJSON *member = cJSON_DetachItemViaPointer(from, from->child);
        (void)cJSON_AddItemToObject(to, member->string, member);
    }
}

/* What a manifest says of the pipeline; its name stands already. */
static bool add_manifest(cJSON *object, const struct syn_app *app)
{
    char *text = syn_app_print(app);
    cJSON *root = text ? cJSON_Parse(text) : NULL;
    cJSON *pipeline = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "pipelines"), 0);
    if (pipeline) {
        cJSON_DeleteItemFromObjectCaseSensitive(pipeline, "name");
        move_members(object, pipeline);
    }
    cJSON_Delete(root);
    free(text);
    return pipeline != NULL;
}

static bool add_pipelines(cJSON *array, const struct syn_problem *problem)
{
    struct syn_app *app = calloc(1, sizeof *app);
    bool ok = app != NULL;
    for (unsigned p = 0; ok && p < problem->pipeline_count; p++) {
        const struct syn_problem_pipeline *pipeline = &problem->pipelines[p];
        cJSON *object = append(array, pipeline->spec.name);
        app->pipeline_count = 1;
        app->pipelines[0] = pipeline->spec;
        if (problem->objective == SYN_OBJECTIVE_POWER)
            app->pipelines[0].rate_cap_ips = 0; /* that of the rate, which the constraints say */
        ok = object && cJSON_AddStringToObject(object, "app", pipeline->app) &&
             add_manifest(object, app) && seal(object);
    }
    free(app);
    return ok;
}

/* ---- devices ---- */

static const struct {
    const char *name;
    size_t offset;
} figures[] = {
#define FIGURE(text, member)                                                                       \
    {                                                                                              \
        text, offsetof(struct syn_timing, member)                                                  \
    }
    FIGURE("accel_hz", accel_hz),
    FIGURE("start_ns", start_ns),
    FIGURE("word_ns", word_ns),
    FIGURE("configure_layer_ns", configure_layer_ns),
    FIGURE("weight_byte_ps", weight_byte_ps),
    FIGURE("sense_ns", sense_ns),
    FIGURE("act_ns", act_ns),
    FIGURE("message_ns", message_ns),
    FIGURE("byte_ps", byte_ps),
    FIGURE("idle_uw", idle_uw),
    FIGURE("sensor_uw", active_uw[SYN_UNIT_SENSOR]),
    FIGURE("cpu_uw", active_uw[SYN_UNIT_CPU]),
    FIGURE("accel_uw", active_uw[SYN_UNIT_ACCEL]),
    FIGURE("radio_uw", active_uw[SYN_UNIT_RADIO]),
    FIGURE("arena_bytes", arena_bytes),
#undef FIGURE
};

static bool add_figures(cJSON *object, const struct syn_timing *timing)
{
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof figures / sizeof figures[0]; i++) {
        uint32_t value;
        memcpy(&value, (const char *)timing + figures[i].offset, sizeof value);
        ok = cJSON_AddNumberToObject(object, figures[i].name, value);
    }
    for (int u = 0; ok && u < SYN_UNIT_COUNT; u++) {
        char name[32];
        (void)snprintf(name, sizeof name, "%s_permille", syn_unit_name((enum syn_unit)u));
        ok = timing->skew_permille[u] == 1000 ||
             cJSON_AddNumberToObject(object, name, timing->skew_permille[u]);
    }
    return ok;
}

/* A part that its profile describes: a name alone does not say what it is. */
static bool add_part(cJSON *object, const struct syn_profile *profile)
{
    bool ok = cJSON_AddStringToObject(object, "profile", profile->name) &&
              cJSON_AddStringToObject(object, "part", profile->timing.part->name);
    for (unsigned i = 0; ok && i < profile->note_count; i++)
        ok = !profile->notes[i].unit ||
             cJSON_AddNumberToObject(object, profile->notes[i].key, profile->notes[i].value);
    return ok;
}

static bool add_devices(cJSON *array, const struct syn_fleet *fleet)
{
    for (unsigned d = 0; d < fleet->count; d++) {
        const struct syn_fleet_device *device = &fleet->devices[d];
        cJSON *object = append(array, device->name);
        if (!object || !add_part(object, &device->profile) ||
            !add_figures(object, &device->profile.timing) || !seal(object))
            return false;
    }
    return true;
}

/* ---- links ---- */

/* Where the link table says what transfers cost. */
static bool add_measured(cJSON *object, const struct syn_fleet *fleet, unsigned a)
{
    cJSON *measured = NULL;
    bool ok = true;
    for (unsigned b = 0; ok && b < fleet->count; b++) {
        const struct syn_fleet_link *link = syn_fleet_measured(fleet, a, b);
        if (!link)
            continue;
        const double values[] = {link->wired, link->send_ns, link->send_byte_ps, link->receive_ns,
                                 link->receive_byte_ps};
        if (!measured)
            measured = cJSON_AddObjectToObject(object, "measured");
        ok = measured && cJSON_AddItemToObject(measured, fleet->devices[b].name,
                                               cJSON_CreateDoubleArray(values, 5));
    }
    return ok;
}

static bool add_links(cJSON *array, const struct syn_fleet *fleet)
{
    for (unsigned a = 0; a < fleet->count; a++) {
        cJSON *object = append(array, fleet->devices[a].name);
        bool ok = object && cJSON_AddBoolToObject(object, "wired", fleet->hub_wired);
        cJSON *direct = ok ? cJSON_AddArrayToObject(object, "direct") : NULL;
        ok = direct != NULL;
        for (unsigned b = 0; ok && b < fleet->count; b++)
            ok = !fleet->direct[a][b] ||
                 cJSON_AddItemToArray(direct, cJSON_CreateString(fleet->devices[b].name));
        if (!ok || !add_measured(object, fleet, a) || !seal(object))
            return false;
    }
    return true;
}

/* ---- all of them ---- */

bool syn_input_question(cJSON *object, const cJSON *root)
{
    static const char *const members[] = {"objective", "constraints"};
    bool ok = object != NULL;
    for (unsigned i = 0; ok && i < 2; i++) {
        const cJSON *member = syn_json_get(root, members[i]);
        ok = !member || cJSON_AddItemToObject(object, members[i], cJSON_Duplicate(member, 1));
    }
    return ok && seal(object);
}

cJSON *syn_plan_inputs(const struct syn_problem *problem, const cJSON *root)
{
    cJSON *inputs = cJSON_CreateObject();
    if (inputs && add_models(cJSON_AddArrayToObject(inputs, "models"), problem) &&
        add_pipelines(cJSON_AddArrayToObject(inputs, "pipelines"), problem) &&
        add_devices(cJSON_AddArrayToObject(inputs, "devices"), problem->fleet) &&
        add_links(cJSON_AddArrayToObject(inputs, "links"), problem->fleet) &&
        syn_input_question(cJSON_AddObjectToObject(inputs, "question"), root))
        return inputs;
    cJSON_Delete(inputs);
    return NULL;
}
