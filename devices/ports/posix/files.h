/* SPDX-License-Identifier: MIT */
/*
 * Files of a virtual wearable: the plain files of one folder of the host, and nothing outside of
 * it. Together they have at most SYN_FOLDER_MAX bytes, as the flash of a device would.
 */
#ifndef SYN_PORTS_POSIX_FILES_H
#define SYN_PORTS_POSIX_FILES_H

#include "core/base/error.h"
#include "devices/agent/files.h"

#define SYN_FOLDER_MAX (1 << 20) /* bytes */

struct syn_folder {
    int fd; /* -1: none */
    struct syn_agent_files files;
};

/* Opens a folder that is there; `folder` must stay where it is. SYN_ENOENT, SYN_EIO with words. */
int syn_folder_open(struct syn_folder *folder, const char *path, struct syn_error *error);
void syn_folder_close(struct syn_folder *folder);

#endif
