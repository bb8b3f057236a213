/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/catalog.h"

#include <stdio.h>
#include <string.h>

static int get(struct syn_console *console, enum syn_kind kind, const char *name,
               struct syn_record *record, struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    int rc = syn_console_registry(console, &registry, error);
    return rc != 0 ? rc : syn_registry_get(registry, kind, name, record, error);
}

int syn_catalog_model(struct syn_console *console, const char *name, struct syn_model **model,
                      struct syn_error *error)
{
    struct syn_record record = {.text = NULL};
    char path[96];
    *model = NULL;
    int rc = get(console, SYN_KIND_MODEL, name, &record, error);
    if (rc == SYN_ENOENT && error && !strstr(error->hint, "did you mean"))
        syn_error_hint(error, "register it: model zoo NAME, or model add FILE");
    if (rc == 0) {
        const struct syn_weights_source weights = {.bytes = record.blob ? record.blob : (void *)"",
                                                   .size = record.blob_size};
        (void)snprintf(path, sizeof path, "model %s", record.name);
        rc = syn_model_parse(model, record.text, strlen(record.text), path, &weights, error);
    }
    syn_record_clear(&record);
    return rc;
}

int syn_catalog_app(struct syn_console *console, const char *name, struct syn_app *app,
                    struct syn_error *error)
{
    struct syn_record record = {.text = NULL};
    char path[96];
    int rc = get(console, SYN_KIND_APP, name, &record, error);
    if (rc == SYN_ENOENT && error && !error->hint[0])
        syn_error_hint(error, "register it: app add FILE");
    if (rc == 0) {
        (void)snprintf(path, sizeof path, "app %s", record.name);
        rc = syn_app_parse(app, record.text, strlen(record.text), path, error);
    }
    syn_record_clear(&record);
    return rc;
}
