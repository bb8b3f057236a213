/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/model/read.h"

#include <stdlib.h>
#include <string.h>

#define MEASURED_MAX 64 /* of one model */

#define AT(member) SYN_JSON_AT(struct syn_measured, member)

static const struct syn_json_field fields[] = {
    {"part", SYN_JSON_NAME, .required = true, AT(part)},
    {"hz", SYN_JSON_INT, .required = true, AT(hz), .min = 1, .max = 1e9},
    {"infer_ns", SYN_JSON_INT, .required = true, AT(infer_ns), .min = 1, .max = 1e12},
    {"energy_nj", SYN_JSON_INT, AT(energy_nj), .min = 0, .max = 1e12},
    {"source", SYN_JSON_TEXT, .required = true, AT(source)},
};

int syn_model_read_measured(struct syn_model_reader *reader, const cJSON *list,
                            struct syn_error *error)
{
    struct syn_model *model = reader->model;
    if (!list)
        return 0;
    int status = syn_json_array(reader->doc, list, 0, MEASURED_MAX, error);
    if (status < 0)
        return status;
    model->measured = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *model->measured);
    if (!model->measured)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory");
    for (const cJSON *item = list->child; status == 0 && item; item = item->next)
        status = syn_json_fill(reader->doc, item, fields, SYN_JSON_COUNT(fields),
                               &model->measured[model->measured_count++], error);
    return status;
}

static bool add_one(cJSON *list, const struct syn_measured *m)
{
    cJSON *item = cJSON_CreateObject();
    if (!item || !cJSON_AddItemToArray(list, item)) {
        cJSON_Delete(item);
        return false;
    }
    return cJSON_AddStringToObject(item, "part", m->part) &&
           cJSON_AddNumberToObject(item, "hz", m->hz) &&
           cJSON_AddNumberToObject(item, "infer_ns", (double)m->infer_ns) &&
           (m->energy_nj == 0 ||
            cJSON_AddNumberToObject(item, "energy_nj", (double)m->energy_nj)) &&
           cJSON_AddStringToObject(item, "source", m->source);
}

cJSON *syn_model_measured_json(const struct syn_model *model)
{
    cJSON *list = cJSON_CreateArray();
    for (unsigned i = 0; list && i < model->measured_count; i++)
        if (!add_one(list, &model->measured[i])) {
            cJSON_Delete(list);
            return NULL;
        }
    return list;
}
