/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registry: devices, models, apps, plans and settings that the console remembers, in one
 * SQLite file (WAL, schema version in user_version). Two consoles may use it at once; every change
 * is one transaction, so a killed process or a full disk leaves it as it was.
 *
 * Values are JSON text (and blobs for weights); the registry does not look inside. Names are
 * unique in a kind, case-insensitively, and keep the spelling that was given.
 */
#ifndef SYN_CORE_STORE_REGISTRY_H
#define SYN_CORE_STORE_REGISTRY_H

#include "core/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum syn_kind {
    SYN_KIND_DEVICE,
    SYN_KIND_MODEL,
    SYN_KIND_APP,
    SYN_KIND_PLAN,
    SYN_KIND_SETTING,
    SYN_KIND_COUNT
};

struct syn_registry;

struct syn_record {
    char name[64];
    char *text;    /* owned by the record; NUL-terminated */
    uint8_t *blob; /* owned; NULL without */
    size_t blob_size;
    int64_t id;      /* order of adding; of a plan: its ID */
    int64_t created; /* Unix seconds */
};

/* Opens or creates FOLDER/registry.db; folder NULL keeps everything in memory. */
int syn_registry_open(struct syn_registry **registry, const char *folder, struct syn_error *error);
void syn_registry_close(struct syn_registry *registry);

/* Adds, or replaces a record of that name. name NULL (plans): the new ID is the name. *id may be
 * NULL. */
int syn_registry_put(struct syn_registry *registry, enum syn_kind kind, const char *name,
                     const char *text, const void *blob, size_t blob_size, int64_t *id,
                     struct syn_error *error);

/* By name; SYN_ENOENT says what there is and what was perhaps meant. Free with syn_record_clear. */
int syn_registry_get(struct syn_registry *registry, enum syn_kind kind, const char *name,
                     struct syn_record *record, struct syn_error *error);
void syn_record_clear(struct syn_record *record);

/* Calls `each` in order of adding (blobs not read); it returns nonzero to stop. */
int syn_registry_each(struct syn_registry *registry, enum syn_kind kind,
                      int (*each)(void *ctx, const struct syn_record *record), void *ctx,
                      struct syn_error *error);

int syn_registry_remove(struct syn_registry *registry, enum syn_kind kind, const char *name,
                        struct syn_error *error);

#endif
