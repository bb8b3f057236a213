/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/data.h"

#include "core/base/suggest.h"

#include <stdbool.h>

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Folder of this program, without its last slash; empty where it cannot be told. */
static void own_folder(char folder[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
}

/* Where data may lie, in the order of looking: installed beside the program wherever that was moved
 * to, installed where the build meant it, in the tree. */
enum { ROOTS = 3 };

static void root_folder(int index, char root[PATH_MAX])
{
    static const char *const fixed[ROOTS] = {NULL, SYN_DATA_DIR, SYN_SOURCE_DIR "/devices"};
    char self[PATH_MAX];
    if (fixed[index]) {
        (void)snprintf(root, PATH_MAX, "%s", fixed[index]);
        return;
    }
    own_folder(self);
    (void)snprintf(root, PATH_MAX, "%s/../share/synergy", self);
}

static const char extension[] = ".json";

static bool is_json(const char *name)
{
    size_t length = strlen(name), tail = sizeof extension - 1;
    return length > tail && strcmp(name + length - tail, extension) == 0;
}

static int is_data_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && is_json(entry->d_name);
}

void syn_data_each(const char *kind, void (*each)(void *ctx, const char *name), void *ctx)
{
    for (int r = 0; r < ROOTS; r++) {
        char root[PATH_MAX], folder[PATH_MAX];
        struct dirent **entries = NULL;
        root_folder(r, root);
        (void)snprintf(folder, sizeof folder, "%s/%s", root, kind);
        int count = scandir(folder, &entries, is_data_file, alphasort);
        for (int i = 0; i < count; i++) {
            entries[i]->d_name[strlen(entries[i]->d_name) - (sizeof extension - 1)] = '\0';
            each(ctx, entries[i]->d_name);
            free(entries[i]);
        }
        free(entries);
        if (count > 0)
            return;
    }
}

struct listing {
    const char *word;
    char names[256], best[64];
    struct syn_suggest near;
};

static void list(void *ctx, const char *name)
{
    struct listing *l = ctx;
    size_t used = strlen(l->names);
    (void)snprintf(l->names + used, sizeof l->names - used, "%s%s", used ? ", " : "", name);
    const char *before = l->near.best;
    syn_suggest_offer(&l->near, name);
    if (l->near.best != before) {
        (void)snprintf(l->best, sizeof l->best, "%s", name);
        l->near.best = l->best;
    }
}

static int nothing_found(const char *kind, const char *name, struct syn_error *error)
{
    struct listing l = {.word = name, .near = {.word = name}};
    syn_data_each(kind, list, &l);
    syn_error_set(error, SYN_ENOENT, "no '%s' among the %s", name, kind);
    if (l.near.best)
        syn_error_hint(error, "did you mean '%s'? There are: %s", l.best, l.names);
    else if (l.names[0])
        syn_error_hint(error, "there are: %s", l.names);
    return SYN_ENOENT;
}

int syn_data_find(const char *kind, const char *name, char *path, size_t size,
                  struct syn_error *error)
{
    if (strchr(name, '/') || is_json(name)) {
        (void)snprintf(path, size, "%s", name);
        return 0;
    }
    for (int r = 0; r < ROOTS; r++) {
        char root[PATH_MAX], lower[64];
        size_t i = 0;
        for (; name[i] && i + 1 < sizeof lower; i++)
            lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
        lower[i] = '\0';
        root_folder(r, root);
        (void)snprintf(path, size, "%s/%s/%s%s", root, kind, lower, extension);
        if (access(path, R_OK) == 0)
            return 0;
    }
    return nothing_found(kind, name, error);
}

int syn_data_folder(const char *name, char *path, size_t size, struct syn_error *error)
{
    for (int r = 0; r < ROOTS; r++) {
        char root[PATH_MAX];
        root_folder(r, root);
        (void)snprintf(path, size, "%s/%s", root, name);
        if (access(path, R_OK | X_OK) == 0)
            return 0;
    }
    return syn_error_set(error, SYN_ENOENT, "no folder %s among the installed data", name);
}

int syn_data_agent(char *path, size_t size, struct syn_error *error)
{
    static const char *const places[] = {"", "/../devices"};
    char self[PATH_MAX];
    own_folder(self);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        (void)snprintf(path, size, "%s%s/synergy-agent", self, places[i]);
        if (access(path, X_OK) == 0)
            return 0;
    }
    syn_error_set(error, SYN_ENOENT, "the program synergy-agent is not beside the console (%s)",
                  self);
    syn_error_hint(error, "install it, or build it: cmake --build --preset release");
    return SYN_ENOENT;
}
