/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/device_record.h"

#include "cli/output/show.h"
#include "core/base/json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct syn_json_field fields[] = {
    {.name = "uri",
     .type = SYN_JSON_STRING,
     .required = true,
     SYN_JSON_AT(struct syn_device_record, uri)},
    {.name = "profile", .type = SYN_JSON_STRING, SYN_JSON_AT(struct syn_device_record, profile)},
};

static bool may_stand_in_names(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

int syn_device_name_check(const char *name, struct syn_error *error)
{
    size_t good = 0;
    while (may_stand_in_names(name[good]))
        good++;
    if (name[good] == '\0' && good > 0 && good < SYN_DEVICE_NAME &&
        isalpha((unsigned char)name[0]) && strcasecmp(name, "all") != 0)
        return 0;
    syn_error_set(error, SYN_EINVAL, "'%s' cannot be the name of a device", name);
    syn_error_hint(error, "a letter, then letters, digits, - and _, at most %d; not 'all'",
                   SYN_DEVICE_NAME - 1);
    return SYN_EINVAL;
}

int syn_device_record_put(struct syn_console *console, const struct syn_device_record *record,
                          struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    int rc = syn_console_registry(console, &registry, error);
    if (rc != 0)
        return rc;
    cJSON *json = cJSON_CreateObject();
    syn_show_text(json, "uri", record->uri);
    syn_show_text(json, "profile", record->profile);
    char *text = cJSON_PrintUnformatted(json);
    rc = text
             ? syn_registry_put(registry, SYN_KIND_DEVICE, record->name, text, NULL, 0, NULL, error)
             : syn_error_set(error, SYN_ENOMEM, "no memory for device %s", record->name);
    cJSON_free(text);
    cJSON_Delete(json);
    return rc;
}

static int parse(const struct syn_record *record, struct syn_device_record *device,
                 struct syn_error *error)
{
    struct syn_json *doc = NULL;
    char path[96];
    memset(device, 0, sizeof *device);
    (void)snprintf(path, sizeof path, "device %s", record->name);
    (void)snprintf(device->name, sizeof device->name, "%.*s", SYN_DEVICE_NAME - 1, record->name);
    int rc = syn_json_parse(&doc, record->text, strlen(record->text), path, error);
    if (rc == 0)
        rc = syn_json_fill(doc, syn_json_root(doc), fields, SYN_JSON_COUNT(fields), device, error);
    syn_json_free(doc);
    return rc;
}

int syn_device_record_get(struct syn_console *console, const char *name,
                          struct syn_device_record *device, struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    struct syn_record record = {.text = NULL};
    int rc = syn_console_registry(console, &registry, error);
    if (rc == 0)
        rc = syn_registry_get(registry, SYN_KIND_DEVICE, name, &record, error);
    if (rc == 0)
        rc = parse(&record, device, error);
    syn_record_clear(&record);
    return rc;
}

struct each_record {
    void (*each)(void *ctx, const struct syn_device_record *record);
    void *ctx;
    struct syn_error *error;
    int rc; /* of the first record that is none */
};

static int take_record(void *ctx, const struct syn_record *record)
{
    struct each_record *all = ctx;
    struct syn_device_record device;
    all->rc = parse(record, &device, all->error);
    if (all->rc == 0)
        all->each(all->ctx, &device);
    return all->rc;
}

int syn_device_record_each(struct syn_console *console,
                           void (*each)(void *ctx, const struct syn_device_record *record),
                           void *ctx, struct syn_error *error)
{
    struct each_record all = {each, ctx, error, 0};
    struct syn_registry *registry = NULL;
    int rc = syn_console_registry(console, &registry, error);
    if (rc == 0)
        rc = syn_registry_each(registry, SYN_KIND_DEVICE, take_record, &all, error);
    return rc != 0 ? rc : all.rc;
}
