/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core has no folders: tests that look for recorded data find none, and skip. */
#include "tests/devices/target/cmocka/dirent.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>

int stat(const char *restrict path, struct stat *restrict st)
{
    (void)path;
    (void)st;
    errno = ENOENT;
    return -1;
}

DIR *opendir(const char *path)
{
    (void)path;
    errno = ENOENT;
    return NULL;
}

struct dirent *readdir(DIR *folder)
{
    (void)folder;
    return NULL;
}

int closedir(DIR *folder)
{
    (void)folder;
    return -1;
}

int scandir(const char *path, struct dirent ***names, int (*wanted)(const struct dirent *),
            int (*order)(const struct dirent **, const struct dirent **))
{
    (void)path;
    (void)names;
    (void)wanted;
    (void)order;
    return -1;
}

int alphasort(const struct dirent **a, const struct dirent **b)
{
    (void)a;
    (void)b;
    return 0;
}
