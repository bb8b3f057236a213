/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to the registry when the world is not as it should be. */
#include "core/store/registry.h"
#include "tests/core/store/folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char *path_of(const char *folder)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/registry.db", folder);
    return path;
}

static struct syn_registry *opened(const char *folder)
{
    struct syn_registry *registry = NULL;
    struct syn_error error = {0};
    if (syn_registry_open(&registry, folder, &error) < 0)
        fail_msg("%s", error.message);
    return registry;
}

static int put(struct syn_registry *registry, const char *name, size_t blob_size,
               struct syn_error *error)
{
    uint8_t *blob = calloc(1, blob_size);
    int status =
        syn_registry_put(registry, SYN_KIND_MODEL, name, "{}", blob, blob_size, NULL, error);
    free(blob);
    return status;
}

static int count_one(void *ctx, const struct syn_record *record)
{
    (void)record;
    ++*(unsigned *)ctx;
    return 0;
}

static unsigned count_in(const char *folder)
{
    unsigned count = 0;
    struct syn_registry *registry = opened(folder);
    assert_int_equal(syn_registry_each(registry, SYN_KIND_MODEL, count_one, &count, NULL), 0);
    syn_registry_close(registry);
    return count;
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void assert_refused(const char *folder, int code, const char *words)
{
    struct syn_registry *registry = NULL;
    struct syn_error error = {0};
    assert_int_equal(syn_registry_open(&registry, folder, &error), code);
    assert_null(registry);
    if (!strstr(error.message, words))
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_string_equal(error.file, path_of(folder));
    assert_true(error.hint[0] != '\0');
}

static void a_newer_schema_is_refused(void **state)
{
    syn_registry_close(opened(*state));
    run_sql(path_of(*state), "PRAGMA user_version = 1000");
    assert_refused(*state, SYN_EUNSUP, "newer synergy (schema 1000");
}

static void a_file_that_is_no_database_is_refused_and_left_alone(void **state)
{
    struct stat before, after;
    char text[2000];
    memset(text, 'x', sizeof text);
    write_file(path_of(*state), text, sizeof text);
    assert_int_equal(stat(path_of(*state), &before), 0);
    assert_refused(*state, SYN_ECORRUPT, "no database");
    assert_int_equal(stat(path_of(*state), &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void a_database_of_another_program_is_refused(void **state)
{
    run_sql(path_of(*state), "CREATE TABLE bookmarks(url TEXT)");
    assert_refused(*state, SYN_ECORRUPT, "some other program");
}

static void damage_inside_is_told_in_words(void **state)
{
    uint8_t noise[4096];
    unsigned count = 0;
    struct syn_error error = {0};
    struct syn_registry *registry = opened(*state);
    for (int i = 0; i < 50; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "m%d", i);
        assert_int_equal(put(registry, name, 2000, &error), 0);
    }
    syn_registry_close(registry);
    int fd = open(path_of(*state), O_WRONLY);
    assert_true(fd >= 0);
    memset(noise, 0xa5, sizeof noise);
    for (off_t page = 1; page < 20; page++)
        assert_int_equal(pwrite(fd, noise, sizeof noise, page * 4096), sizeof noise);
    assert_int_equal(close(fd), 0);
    int status = syn_registry_open(&registry, *state, &error);
    if (status == 0)
        status = syn_registry_each(registry, SYN_KIND_MODEL, count_one, &count, &error);
    assert_int_equal(status, SYN_ECORRUPT);
    assert_non_null(strstr(error.message, "is damaged"));
    syn_registry_close(registry);
}

static void an_empty_file_becomes_a_registry(void **state)
{
    write_file(path_of(*state), "", 0);
    syn_registry_close(opened(*state));
    assert_int_equal(count_in(*state), 0);
}

/* RLIMIT_FSIZE makes the kernel refuse to grow a file, which is what a full disk looks like. */
static int put_under_limit(const char *folder, rlim_t limit)
{
    struct syn_error error = {0};
    struct rlimit size = {.rlim_cur = limit, .rlim_max = limit};
    struct syn_registry *registry = NULL;
    (void)signal(SIGXFSZ, SIG_IGN);
    if (syn_registry_open(&registry, folder, &error) < 0)
        return 10;
    if (setrlimit(RLIMIT_FSIZE, &size) < 0)
        return 11;
    if (put(registry, "large", 1 << 20, &error) != SYN_EIO)
        return 12;
    if (!strstr(error.message, "the registry") || !error.file[0])
        return 13;
    unsigned count = 0;
    if (syn_registry_each(registry, SYN_KIND_MODEL, count_one, &count, NULL) < 0 || count != 1)
        return 14;
    syn_registry_close(registry);
    return 0;
}

static int exit_of(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void a_full_disk_is_an_error_and_changes_nothing(void **state)
{
    struct syn_registry *registry = opened(*state);
    assert_int_equal(put(registry, "small", 100, NULL), 0);
    syn_registry_close(registry);
    for (rlim_t limit = 64 << 10; limit <= 512 << 10; limit *= 2) {
        pid_t child = fork();
        if (child == 0)
            _exit(put_under_limit(*state, limit));
        assert_int_equal(exit_of(child), 0);
        assert_int_equal(count_in(*state), 1);
    }
}

static void sqlite_full_has_words_of_its_own(void **state)
{
    struct syn_error error = {0};
    struct syn_registry *registry = opened(*state);
    assert_int_equal(put(registry, "small", 100, NULL), 0);
    sqlite3 *db = *(sqlite3 **)registry; /* the only member */
    assert_int_equal(sqlite3_exec(db, "PRAGMA max_page_count = 16", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(put(registry, "large", 1 << 20, &error), SYN_EIO);
    assert_non_null(strstr(error.message, "the disk is full; nothing was changed"));
    assert_int_equal(put(registry, "small too", 100, NULL), 0);
    syn_registry_close(registry);
    assert_int_equal(count_in(*state), 2);
}

/* The child writes without end; whatever it had not finished must be gone, the rest be there. */
static void a_killed_process_leaves_whole_records_only(void **state)
{
    struct syn_record record;
    unsigned before = 0;
    for (unsigned round = 0; round < 12; round++) {
        int ready[2];
        char byte = 0;
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0) {
            struct syn_registry *registry = NULL;
            if (syn_registry_open(&registry, *state, NULL) < 0)
                _exit(1);
            for (unsigned i = 0;; i++) {
                char name[32];
                (void)snprintf(name, sizeof name, "r%u-%u", round, i);
                if (put(registry, name, 200000, NULL) < 0 || write(ready[1], "", 1) != 1)
                    _exit(2);
            }
        }
        (void)close(ready[1]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        (void)usleep(500 * round);
        (void)kill(child, SIGKILL);
        assert_int_equal(exit_of(child), 1000 + SIGKILL);
        unsigned told = 1;
        while (read(ready[0], &byte, 1) == 1)
            told++;
        (void)close(ready[0]);
        unsigned count = count_in(*state);
        assert_in_range(count, before + told, before + told + 1);
        before = count;
        struct syn_registry *registry = opened(*state);
        char last[32];
        (void)snprintf(last, sizeof last, "r%u-%u", round, told - 1);
        assert_int_equal(syn_registry_get(registry, SYN_KIND_MODEL, last, &record, NULL), 0);
        assert_int_equal(record.blob_size, 200000);
        syn_record_clear(&record);
        syn_registry_close(registry);
    }
}

static void several_consoles_write_at_once_and_nothing_is_lost(void **state)
{
    enum { CONSOLES = 4, RECORDS = 50 };
    pid_t children[CONSOLES];
    for (int c = 0; c < CONSOLES; c++) {
        children[c] = fork();
        if (children[c] != 0)
            continue;
        struct syn_registry *registry = NULL; /* all four make it at the same moment */
        if (syn_registry_open(&registry, *state, NULL) < 0)
            _exit(1);
        for (int i = 0; i < RECORDS; i++) {
            char name[32];
            (void)snprintf(name, sizeof name, "c%d-%d", c, i);
            if (put(registry, name, 100, NULL) < 0)
                _exit(2);
        }
        syn_registry_close(registry);
        _exit(0);
    }
    for (int c = 0; c < CONSOLES; c++)
        assert_int_equal(exit_of(children[c]), 0);
    assert_int_equal(count_in(*state), CONSOLES * RECORDS);
}

static void a_held_lock_is_busy_in_words(void **state)
{
    sqlite3 *other = NULL;
    struct syn_error error = {0};
    struct syn_registry *registry = opened(*state);
    assert_int_equal(put(registry, "one", 10, NULL), 0);
    assert_int_equal(sqlite3_open(path_of(*state), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(put(registry, "two", 10, &error), SYN_EBUSY);
    assert_string_equal(error.message, "the registry is in use by another console");
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(put(registry, "two", 10, &error), 0);
    (void)sqlite3_close(other);
    syn_registry_close(registry);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct syn_registry *registry = NULL;
    struct syn_error error = {0};
    char folder[300];
    write_file(path_of(*state), "", 0);
    (void)snprintf(folder, sizeof folder, "%s/below", path_of(*state));
    assert_int_equal(syn_registry_open(&registry, folder, &error), SYN_EINVAL);
    assert_non_null(strstr(error.message, "registry.db is not a folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_newer_schema_is_refused),
        ON_DISK(a_file_that_is_no_database_is_refused_and_left_alone),
        ON_DISK(a_database_of_another_program_is_refused),
        ON_DISK(damage_inside_is_told_in_words),
        ON_DISK(an_empty_file_becomes_a_registry),
        ON_DISK(a_full_disk_is_an_error_and_changes_nothing),
        ON_DISK(sqlite_full_has_words_of_its_own),
        ON_DISK(a_killed_process_leaves_whole_records_only),
        ON_DISK(several_consoles_write_at_once_and_nothing_is_lost),
        ON_DISK(a_held_lock_is_busy_in_words),
        ON_DISK(a_folder_that_cannot_be_made_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
