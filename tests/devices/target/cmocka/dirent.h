/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core has no folders: none can be opened. */
#ifndef SYN_TESTS_DEVICES_TARGET_DIRENT_H
#define SYN_TESTS_DEVICES_TARGET_DIRENT_H

struct dirent {
    char d_name[256];
};
typedef struct syn_no_folder DIR;

DIR *opendir(const char *path);
struct dirent *readdir(DIR *folder);
int closedir(DIR *folder);
int scandir(const char *path, struct dirent ***names, int (*wanted)(const struct dirent *),
            int (*order)(const struct dirent **, const struct dirent **));
int alphasort(const struct dirent **a, const struct dirent **b);

#endif
