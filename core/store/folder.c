/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/store/folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int make_one(const char *path, struct syn_error *error)
{
    struct stat info;
    if (mkdir(path, 0700) == 0)
        return 0;
    if (errno == EEXIST && stat(path, &info) == 0)
        return S_ISDIR(info.st_mode) ? 0
                                     : syn_error_set(error, SYN_EINVAL, "%s is not a folder", path);
    return syn_error_os(error, errno, "folder %s", path);
}

int syn_folder_make(const char *path, struct syn_error *error)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return syn_error_set(error, SYN_EINVAL, "the name of the state folder is too long");
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int status = make_one(part, error);
        if (status < 0)
            return status;
        *slash = '/';
    }
    return make_one(part, error);
}
