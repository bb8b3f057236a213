/* SPDX-License-Identifier: MIT */
/*
 * Files of a device, as its port has them: one folder without folders in it. The agent keeps no
 * state of them; every request names its file.
 *
 * Names are checked by the agent (SYN_AGENT_FILE_NAME_MAX characters at most, none a slash, the
 * first no dot). Errors: SYN_ENOENT no such file, SYN_ENOMEM no room, SYN_EIO.
 */
#ifndef SYN_DEVICES_AGENT_FILES_H
#define SYN_DEVICES_AGENT_FILES_H

#include <stddef.h>
#include <stdint.h>

struct syn_agent_files {
    void *ctx;
    /* Bytes of the file, or an error. */
    int64_t (*size)(void *ctx, const char *name);
    /* Bytes read from `offset` on, fewer than `size` at the end only, or an error. */
    long (*read)(void *ctx, const char *name, uint32_t offset, void *data, size_t size);
    /* Cuts the file at `offset`, where it is made if that is 0, and appends. 0 or an error. */
    int (*write)(void *ctx, const char *name, uint32_t offset, const void *data, size_t size);
};

#endif
