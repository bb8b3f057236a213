/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One SQLite file that is ours: opened, recognised by its application_id, brought to the schema
 * that this program knows, and its failures put into words.
 */
#ifndef SYN_CORE_STORE_DATABASE_H
#define SYN_CORE_STORE_DATABASE_H

#include "core/base/error.h"

#include <sqlite3.h>

/* What a kind of file is. Version n of the schema is made by the first n steps. */
struct syn_database_kind {
    const char *what; /* "registry", for messages */
    int application_id;
    int version;              /* number of steps */
    const char *const *steps; /* SQL that leads from version i to i + 1 */
};

/* `path` NULL: in memory. Waits for others for at most 2 s. On error *db is NULL. */
int syn_database_open(sqlite3 **db, const struct syn_database_kind *kind, const char *path,
                      struct syn_error *error);
void syn_database_close(sqlite3 *db); /* NULL is fine */

/* Words for the failure that `db` has just had; `kind` and file are named. Returns SYN_E... */
int syn_database_error(sqlite3 *db, int result, const struct syn_database_kind *kind,
                       struct syn_error *error);

#endif
