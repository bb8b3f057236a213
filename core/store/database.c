/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define BUSY_MS 2000 /* other consoles hold a lock for milliseconds; longer, and one hangs */

static const char *file_of(sqlite3 *db)
{
    const char *path = sqlite3_db_filename(db, "main");
    return path && path[0] ? path : NULL;
}

/* Which refusals of SQLite mean what, and what a person can do. */
static const struct {
    int result;
    int code;
    const char *words, *hint;
} failures[] = {
    {SQLITE_BUSY, SYN_EBUSY, "is in use by another console", "try again in a moment"},
    {SQLITE_LOCKED, SYN_EBUSY, "is in use", "try again in a moment"},
    {SQLITE_FULL, SYN_EIO, "cannot grow: the disk is full; nothing was changed",
     "make room, then repeat the command"},
    {SQLITE_CORRUPT, SYN_ECORRUPT, "is damaged",
     "move the file away; a new one is made then, or restore a copy"},
    {SQLITE_NOTADB, SYN_ECORRUPT, "is no database",
     "move the file away; a new one is made then, or restore a copy"},
    {SQLITE_READONLY, SYN_EACCESS, "may not be written", "see who owns the file and its folder"},
    {SQLITE_PERM, SYN_EACCESS, "may not be opened", "see who owns the file and its folder"},
    {SQLITE_NOMEM, SYN_ENOMEM, "needs more memory than there is", ""},
    {SQLITE_TOOBIG, SYN_EINVAL, "does not take a value that large", ""},
};

int syn_database_error(sqlite3 *db, int result, const struct syn_database_kind *kind,
                       struct syn_error *error)
{
    int os = sqlite3_system_errno(db);
    int primary = result & 0xff;
    const char *file = file_of(db);
    int code = SYN_EIO;
    bool known = false;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
        if (failures[i].result == primary) {
            known = true;
            code =
                syn_error_set(error, failures[i].code, "the %s %s", kind->what, failures[i].words);
            syn_error_hint(error, "%s", failures[i].hint);
        }
    if (!known && os != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
        code = syn_error_os(error, os, "the %s cannot be %s", kind->what,
                            primary == SQLITE_CANTOPEN ? "opened" : "read or written");
        if (os == ENOSPC)
            syn_error_hint(error, "make room, then repeat the command");
    } else if (!known)
        code = syn_error_set(error, SYN_EIO, "the %s fails: %s", kind->what, sqlite3_errmsg(db));
    syn_error_where(error, file, 0, 0);
    return code;
}

static int pragma(sqlite3 *db, const char *text, int *value)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db, text, -1, &statement, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        *value = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

/* Refuses files of others and of the future; *version is that of the file, 0 of an empty one. */
static int recognise(sqlite3 *db, const struct syn_database_kind *kind, int *version,
                     struct syn_error *error)
{
    int id = 0, tables = 0;
    int result = pragma(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (result == SQLITE_OK)
        result = pragma(db, "PRAGMA application_id", &id);
    if (result == SQLITE_OK)
        result = pragma(db, "PRAGMA user_version", version);
    if (result != SQLITE_OK)
        return syn_database_error(db, result, kind, error);
    if ((tables > 0 || id != 0) && id != kind->application_id) {
        syn_error_set(error, SYN_ECORRUPT, "a database of some other program, no %s", kind->what);
        syn_error_hint(error, "give another folder, or move the file away");
        syn_error_where(error, file_of(db), 0, 0);
        return SYN_ECORRUPT;
    }
    if (*version <= kind->version)
        return 0;
    syn_error_set(error, SYN_EUNSUP,
                  "the %s was made by a newer synergy (schema %d, this one knows %d)", kind->what,
                  *version, kind->version);
    syn_error_hint(error, "use the newer synergy, or give another folder with --state");
    syn_error_where(error, file_of(db), 0, 0);
    return SYN_EUNSUP;
}

static int upgrade(sqlite3 *db, const struct syn_database_kind *kind, struct syn_error *error)
{
    char text[120];
    int version = 0;
    int result = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (result != SQLITE_OK)
        return syn_database_error(db, result, kind, error);
    int status = recognise(db, kind, &version, error); /* another console may have been faster */
    for (; status == 0 && result == SQLITE_OK && version < kind->version; version++)
        result = sqlite3_exec(db, kind->steps[version], NULL, NULL, NULL);
    (void)snprintf(text, sizeof text, "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
                   kind->application_id, version);
    if (status == 0 && result == SQLITE_OK)
        result = sqlite3_exec(db, text, NULL, NULL, NULL);
    if (status == 0 && result != SQLITE_OK)
        status = syn_database_error(db, result, kind, error);
    if (status < 0)
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* SQLite would make the file readable for others. */
static int make_private(const char *path, const struct syn_database_kind *kind,
                        struct syn_error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        int status = syn_error_os(error, errno, "the %s cannot be opened", kind->what);
        syn_error_where(error, path, 0, 0);
        return status;
    }
    (void)close(fd);
    return 0;
}

int syn_database_open(sqlite3 **db, const struct syn_database_kind *kind, const char *path,
                      struct syn_error *error)
{
    int version = 0;
    *db = NULL;
    int status = path ? make_private(path, kind, error) : 0;
    if (status < 0)
        return status;
    int result = sqlite3_open_v2(path ? path : ":memory:", db,
                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (result == SQLITE_OK)
        (void)sqlite3_busy_timeout(*db, BUSY_MS);
    if (result != SQLITE_OK)
        status = syn_database_error(*db, result, kind, error);
    else
        status = recognise(*db, kind, &version, error);
    /* Another console that opens at the same time sets the mode as well: a refusal is no loss. */
    if (status == 0)
        (void)sqlite3_exec(*db, "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON", NULL, NULL,
                           NULL);
    if (status == 0 && version < kind->version)
        status = upgrade(*db, kind, error);
    if (status < 0) {
        syn_database_close(*db);
        *db = NULL;
    }
    return status;
}

void syn_database_close(sqlite3 *db)
{
    (void)sqlite3_close(db);
}
