/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fresh folder for one test, gone afterwards with everything in it. */
#ifndef SYN_TESTS_CORE_STORE_FOLDER_H
#define SYN_TESTS_CORE_STORE_FOLDER_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static inline int folder_make(void **state)
{
    char *path = strdup("/tmp/synergy-test-XXXXXX");
    *state = path && mkdtemp(path) ? path : NULL;
    return *state ? 0 : -1;
}

static inline int folder_remove(void **state)
{
    char path[512];
    DIR *folder = opendir(*state);
    struct dirent *entry = NULL;
    while (folder && (entry = readdir(folder)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", (const char *)*state, entry->d_name);
        (void)unlink(path);
    }
    if (folder)
        (void)closedir(folder);
    (void)rmdir(*state);
    free(*state);
    return 0;
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

#endif
