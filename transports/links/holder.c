/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_open(const char *pid, const struct stat *wanted)
{
    char name[300];
    struct stat st;
    bool found = false;
    (void)snprintf(name, sizeof name, "/proc/%s/fd", pid);
    DIR *dir = opendir(name);
    if (!dir)
        return false;
    for (const struct dirent *d = readdir(dir); d && !found; d = readdir(dir))
        found = d->d_name[0] != '.' && fstatat(dirfd(dir), d->d_name, &st, 0) == 0 &&
                st.st_rdev == wanted->st_rdev && st.st_ino == wanted->st_ino &&
                st.st_dev == wanted->st_dev;
    (void)closedir(dir);
    return found;
}

static void program_name(const char *pid, char *to, size_t size)
{
    char path[300];
    (void)snprintf(path, sizeof path, "/proc/%s/comm", pid);
    FILE *f = fopen(path, "r");
    to[0] = 0;
    if (f && fgets(to, (int)size, f))
        to[strcspn(to, "\n")] = 0;
    if (f)
        (void)fclose(f);
}

int syn_holder_refuse(const char *path, struct syn_error *error)
{
    struct stat wanted;
    char name[64];
    int rc = syn_error_set(error, SYN_EBUSY, "held by another program");
    DIR *proc = stat(path, &wanted) == 0 ? opendir("/proc") : NULL;
    if (!proc)
        return rc;
    for (const struct dirent *d = readdir(proc); d; d = readdir(proc))
        if (isdigit((unsigned char)d->d_name[0]) && atol(d->d_name) != (long)getpid() &&
            has_open(d->d_name, &wanted)) {
            program_name(d->d_name, name, sizeof name);
            rc = syn_error_set(error, SYN_EBUSY, "held by pid %s (%s)", d->d_name, name);
            break;
        }
    (void)closedir(proc);
    return rc;
}
