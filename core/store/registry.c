/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/store/registry.h"

#include "core/base/suggest.h"
#include "core/store/database.h"
#include "core/store/folder.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct syn_registry {
    sqlite3 *db;
};

static const char *const words[SYN_KIND_COUNT] = {
    [SYN_KIND_DEVICE] = "device", [SYN_KIND_MODEL] = "model",     [SYN_KIND_APP] = "app",
    [SYN_KIND_PLAN] = "plan",     [SYN_KIND_SETTING] = "setting",
};

/* IDs count up in each kind and are never used again. */
static const char *const steps[] = {
    "CREATE TABLE sequence(kind INTEGER PRIMARY KEY, last INTEGER NOT NULL);"
    "CREATE TABLE record(kind INTEGER NOT NULL, id INTEGER NOT NULL,"
    " name TEXT NOT NULL COLLATE NOCASE, text TEXT NOT NULL, blob BLOB, created INTEGER NOT NULL,"
    " PRIMARY KEY(kind, id), UNIQUE(kind, name))",
};

static const struct syn_database_kind registry_kind = {
    .what = "registry",
    .application_id = 0x53594e52, /* "SYNR" */
    .version = sizeof steps / sizeof steps[0],
    .steps = steps,
};

static const char next_id[] = "INSERT INTO sequence(kind, last) VALUES(?1, 1)"
                              " ON CONFLICT(kind) DO UPDATE SET last = last + 1 RETURNING last";
static const char put_record[] =
    "INSERT INTO record(kind, id, name, text, blob, created) VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
static const char find_id[] = "SELECT id FROM record WHERE kind = ?1 AND name = ?2";
static const char change_record[] =
    "UPDATE record SET name = ?3, text = ?4, blob = ?5, created = ?6"
    " WHERE kind = ?1 AND id = ?2";
static const char get_record[] = "SELECT id, name, text, created, blob FROM record"
                                 " WHERE kind = ?1 AND name = ?2";
static const char all_records[] = "SELECT id, name, text, created FROM record WHERE kind = ?1"
                                  " ORDER BY id";
static const char remove_record[] = "DELETE FROM record WHERE kind = ?1 AND name = ?2";

static int fail(struct syn_registry *registry, int result, struct syn_error *error)
{
    return syn_database_error(registry->db, result, &registry_kind, error);
}

int syn_registry_open(struct syn_registry **registry, const char *folder, struct syn_error *error)
{
    char path[PATH_MAX];
    *registry = NULL;
    if (folder && snprintf(path, sizeof path, "%s/registry.db", folder) >= (int)sizeof path)
        return syn_error_set(error, SYN_EINVAL, "the name of the state folder is too long");
    int status = folder ? syn_folder_make(folder, error) : 0;
    if (status < 0)
        return status;
    struct syn_registry *made = calloc(1, sizeof *made);
    if (!made)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    status = syn_database_open(&made->db, &registry_kind, folder ? path : NULL, error);
    if (status < 0)
        free(made);
    else
        *registry = made;
    return status;
}

void syn_registry_close(struct syn_registry *registry)
{
    if (!registry)
        return;
    syn_database_close(registry->db);
    free(registry);
}

/* ---- one statement ---- */

static int prepare(struct syn_registry *registry, const char *sql, enum syn_kind kind,
                   sqlite3_stmt **statement, struct syn_error *error)
{
    int result = sqlite3_prepare_v2(registry->db, sql, -1, statement, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_bind_int(*statement, 1, (int)kind);
    return result == SQLITE_OK ? 0 : fail(registry, result, error);
}

static void bind_name(sqlite3_stmt *statement, int index, const char *name)
{
    (void)sqlite3_bind_text(statement, index, name, -1, SQLITE_STATIC);
}

/* 1 with a row, 0 when done. */
static int step(struct syn_registry *registry, sqlite3_stmt *statement, struct syn_error *error)
{
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        return 1;
    return result == SQLITE_DONE ? 0 : fail(registry, result, error);
}

/* The integer that a statement about (kind, name) gives; 0 where there is no row. */
static int integer_of(struct syn_registry *registry, const char *sql, enum syn_kind kind,
                      const char *name, int64_t *value, struct syn_error *error)
{
    sqlite3_stmt *statement = NULL;
    *value = 0;
    int status = prepare(registry, sql, kind, &statement, error);
    if (status == 0 && name)
        bind_name(statement, 2, name);
    if (status == 0)
        status = step(registry, statement, error);
    if (status > 0)
        *value = sqlite3_column_int64(statement, 0);
    while (status > 0)
        status = step(registry, statement, error);
    (void)sqlite3_finalize(statement);
    return status;
}

/* ---- changes ---- */

static int check_name(const char *name, enum syn_kind kind, struct syn_error *error)
{
    size_t size = strlen(name), limit = sizeof((struct syn_record *)0)->name;
    if (size == 0 || size >= limit)
        return syn_error_set(error, SYN_EINVAL, "the name of a %s has 1 to %zu bytes, not %zu",
                             words[kind], limit - 1, size);
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return syn_error_set(error, SYN_EINVAL, "a control character in the name of a %s",
                                 words[kind]);
    return 0;
}

/* What is put, on its way into the table. */
struct change {
    enum syn_kind kind;
    const char *name, *text;
    const void *blob;
    size_t blob_size;
    int64_t id;
};

static int write_record(struct syn_registry *registry, const char *sql, const struct change *c,
                        struct syn_error *error)
{
    sqlite3_stmt *statement = NULL;
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRId64, c->id);
    int status = prepare(registry, sql, c->kind, &statement, error);
    if (status == 0) {
        (void)sqlite3_bind_int64(statement, 2, c->id);
        bind_name(statement, 3, c->name ? c->name : number);
        bind_name(statement, 4, c->text);
        int result = c->blob
                         ? sqlite3_bind_blob64(statement, 5, c->blob, c->blob_size, SQLITE_STATIC)
                         : sqlite3_bind_null(statement, 5);
        (void)sqlite3_bind_int64(statement, 6, (int64_t)time(NULL));
        status =
            result == SQLITE_OK ? step(registry, statement, error) : fail(registry, result, error);
    }
    (void)sqlite3_finalize(statement);
    return status;
}

static int put_inside(struct syn_registry *registry, struct change *c, struct syn_error *error)
{
    int status = 0;
    if (c->name)
        status = integer_of(registry, find_id, c->kind, c->name, &c->id, error);
    if (status < 0)
        return status;
    if (c->id != 0)
        return write_record(registry, change_record, c, error);
    status = integer_of(registry, next_id, c->kind, NULL, &c->id, error);
    return status < 0 ? status : write_record(registry, put_record, c, error);
}

static int run_sql(struct syn_registry *registry, const char *text, struct syn_error *error)
{
    int result = sqlite3_exec(registry->db, text, NULL, NULL, NULL);
    return result == SQLITE_OK ? 0 : fail(registry, result, error);
}

int syn_registry_put(struct syn_registry *registry, enum syn_kind kind, const char *name,
                     const char *text, const void *blob, size_t blob_size, int64_t *id,
                     struct syn_error *error)
{
    struct change c = {
        .kind = kind, .name = name, .text = text, .blob = blob, .blob_size = blob_size};
    int status = name ? check_name(name, kind, error) : 0;
    if (status < 0)
        return status;
    status = run_sql(registry, "BEGIN IMMEDIATE", error);
    if (status < 0)
        return status;
    status = put_inside(registry, &c, error);
    if (status == 0)
        status = run_sql(registry, "COMMIT", error);
    if (status < 0)
        (void)sqlite3_exec(registry->db, "ROLLBACK", NULL, NULL, NULL);
    else if (id)
        *id = c.id;
    return status;
}

/* ---- reading ---- */

static char *column_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text ? strdup((const char *)text) : NULL;
}

/* Columns id, name, text, created. */
static int read_record(sqlite3_stmt *statement, struct syn_record *record)
{
    const unsigned char *name = sqlite3_column_text(statement, 1);
    record->id = sqlite3_column_int64(statement, 0);
    record->created = sqlite3_column_int64(statement, 3);
    record->text = column_text(statement, 2);
    (void)snprintf(record->name, sizeof record->name, "%s", name ? (const char *)name : "");
    return record->text ? 0 : SYN_ENOMEM;
}

static int read_blob(sqlite3_stmt *statement, struct syn_record *record)
{
    const void *blob = sqlite3_column_blob(statement, 4);
    size_t size = (size_t)sqlite3_column_bytes(statement, 4);
    if (sqlite3_column_type(statement, 4) == SQLITE_NULL)
        return 0;
    record->blob = malloc(size ? size : 1);
    if (!record->blob)
        return SYN_ENOMEM;
    if (size)
        memcpy(record->blob, blob, size);
    record->blob_size = size;
    return 0;
}

void syn_record_clear(struct syn_record *record)
{
    free(record->text);
    free(record->blob);
    *record = (struct syn_record){0};
}

/* "did you mean 'X'? there are: A, B, C" */
struct offers {
    struct syn_suggest near;
    char best[64];
    char list[160];
    unsigned count;
};

static int offer(void *ctx, const struct syn_record *record)
{
    struct offers *offers = ctx;
    struct syn_suggest near = offers->near;
    syn_suggest_offer(&near, record->name);
    if (near.best) { /* the record dies: keep the distance and a copy */
        if (!offers->best[0] || near.distance < offers->near.distance) {
            (void)snprintf(offers->best, sizeof offers->best, "%s", record->name);
            offers->near.distance = near.distance;
        }
    }
    size_t used = strlen(offers->list);
    if (used + strlen(record->name) + 6 < sizeof offers->list)
        (void)snprintf(offers->list + used, sizeof offers->list - used, "%s%s",
                       offers->count ? ", " : "", record->name);
    else if (used + 6 < sizeof offers->list)
        memcpy(offers->list + used, ", ...", 6);
    offers->count++;
    return 0;
}

static int missing(struct syn_registry *registry, enum syn_kind kind, const char *name,
                   struct syn_error *error)
{
    struct offers offers = {.near = {.word = name}};
    (void)syn_registry_each(registry, kind, offer, &offers, NULL);
    syn_error_set(error, SYN_ENOENT, "no %s '%s'", words[kind], name);
    if (offers.best[0])
        syn_error_hint(error, "did you mean '%s'? there are: %s", offers.best, offers.list);
    else if (offers.count)
        syn_error_hint(error, "there are: %s", offers.list);
    else
        syn_error_hint(error, "there is no %s yet", words[kind]);
    return SYN_ENOENT;
}

int syn_registry_get(struct syn_registry *registry, enum syn_kind kind, const char *name,
                     struct syn_record *record, struct syn_error *error)
{
    sqlite3_stmt *statement = NULL;
    *record = (struct syn_record){0};
    int status = prepare(registry, get_record, kind, &statement, error);
    if (status == 0) {
        bind_name(statement, 2, name);
        status = step(registry, statement, error);
    }
    bool found = status > 0;
    if (found && (read_record(statement, record) < 0 || read_blob(statement, record) < 0))
        status = syn_error_set(error, SYN_ENOMEM, "out of memory");
    (void)sqlite3_finalize(statement);
    if (status < 0) {
        syn_record_clear(record);
        return status;
    }
    return found ? 0 : missing(registry, kind, name, error);
}

/* Records are collected first, so that `each` may change the registry. */
struct collection {
    struct syn_record *records;
    size_t count, capacity;
};

static struct syn_record *collect(struct collection *c)
{
    if (c->count == c->capacity) {
        size_t capacity = c->capacity ? 2 * c->capacity : 16;
        struct syn_record *records = realloc(c->records, capacity * sizeof *records);
        if (!records)
            return NULL;
        c->records = records;
        c->capacity = capacity;
    }
    c->records[c->count] = (struct syn_record){0};
    return &c->records[c->count++];
}

static int read_all(struct syn_registry *registry, enum syn_kind kind, struct collection *c,
                    struct syn_error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = prepare(registry, all_records, kind, &statement, error);
    if (status == 0)
        status = step(registry, statement, error);
    while (status > 0) {
        struct syn_record *record = collect(c);
        if (!record || read_record(statement, record) < 0)
            status = syn_error_set(error, SYN_ENOMEM, "out of memory");
        else
            status = step(registry, statement, error);
    }
    (void)sqlite3_finalize(statement);
    return status;
}

int syn_registry_each(struct syn_registry *registry, enum syn_kind kind,
                      int (*each)(void *ctx, const struct syn_record *record), void *ctx,
                      struct syn_error *error)
{
    struct collection c = {0};
    int status = read_all(registry, kind, &c, error);
    for (size_t i = 0; status == 0 && i < c.count; i++)
        if (each(ctx, &c.records[i]) != 0)
            break;
    for (size_t i = 0; i < c.count; i++)
        syn_record_clear(&c.records[i]);
    free(c.records);
    return status;
}

int syn_registry_remove(struct syn_registry *registry, enum syn_kind kind, const char *name,
                        struct syn_error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = prepare(registry, remove_record, kind, &statement, error);
    if (status == 0) {
        bind_name(statement, 2, name);
        status = step(registry, statement, error);
    }
    (void)sqlite3_finalize(statement);
    if (status == 0 && sqlite3_changes(registry->db) == 0)
        status = missing(registry, kind, name, error);
    return status;
}
