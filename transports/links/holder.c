/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { PTY_SLAVES = 136 /* major number */, NAME_SIZE = 300 };

/* How a process has a device open. */
struct hold {
    unsigned times;
    bool other_end; /* it has the master of that pseudo terminal */
};

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_rdev == b->st_rdev && a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Is descriptor `fd` of the process the master of terminal `index`? */
static bool is_master(const char *pid, const char *fd, unsigned index)
{
    static const char key[] = "tty-index:";
    char name[NAME_SIZE], line[128];
    bool found = false;
    (void)snprintf(name, sizeof name, "/proc/%.32s/fdinfo/%.32s", pid, fd);
    FILE *f = fopen(name, "r");
    while (f && !found && fgets(line, sizeof line, f))
        found = strncmp(line, key, sizeof key - 1) == 0 &&
                strtoul(line + sizeof key - 1, NULL, 10) == index;
    if (f)
        (void)fclose(f);
    return found;
}

static struct hold look(const char *pid, const struct stat *wanted)
{
    char name[NAME_SIZE];
    struct stat st;
    struct hold hold = {0};
    bool terminal = major(wanted->st_rdev) == PTY_SLAVES;
    (void)snprintf(name, sizeof name, "/proc/%.32s/fd", pid);
    DIR *dir = opendir(name);
    if (!dir)
        return hold;
    for (const struct dirent *d = readdir(dir); d; d = readdir(dir)) {
        if (d->d_name[0] == '.' || fstatat(dirfd(dir), d->d_name, &st, 0) != 0 ||
            !S_ISCHR(st.st_mode))
            continue;
        hold.times += is_same(&st, wanted);
        hold.other_end |= terminal && is_master(pid, d->d_name, minor(wanted->st_rdev));
    }
    (void)closedir(dir);
    return hold;
}

static void program_name(const char *pid, char *to, size_t size)
{
    char path[NAME_SIZE];
    (void)snprintf(path, sizeof path, "/proc/%.32s/comm", pid);
    FILE *f = fopen(path, "r");
    to[0] = 0;
    if (f && fgets(to, (int)size, f))
        to[strcspn(to, "\n")] = 0;
    if (f)
        (void)fclose(f);
}

bool syn_holder_find(const char *path, struct syn_holder *holder)
{
    struct stat wanted;
    bool found = false;
    DIR *proc = stat(path, &wanted) == 0 ? opendir("/proc") : NULL;
    if (!proc)
        return false;
    for (const struct dirent *d = readdir(proc); d && !found; d = readdir(proc)) {
        if (!isdigit((unsigned char)d->d_name[0]) || atol(d->d_name) == (long)getpid())
            continue;
        struct hold hold = look(d->d_name, &wanted);
        found = hold.times > 0 && !hold.other_end;
        if (found) {
            holder->pid = atol(d->d_name);
            program_name(d->d_name, holder->program, sizeof holder->program);
        }
    }
    (void)closedir(proc);
    return found;
}

int syn_holder_refuse(const char *path, unsigned mine, struct syn_error *error)
{
    struct syn_holder holder;
    struct stat wanted;
    if (syn_holder_find(path, &holder)) {
        (void)syn_error_set(error, SYN_EBUSY, "held by pid %ld (%s)", holder.pid, holder.program);
        syn_error_hint(error, "end %s, or wait until it is done", holder.program);
    } else if (stat(path, &wanted) == 0 && look("self", &wanted).times > mine) {
        (void)syn_error_set(error, SYN_EBUSY, "held by this console already");
        syn_error_hint(error, "'device list' says under which name");
    } else {
        (void)syn_error_set(error, SYN_EBUSY, "held by another program");
    }
    return SYN_EBUSY;
}
