/* SPDX-License-Identifier: MIT */
/* Files of an agent on the bench: log.txt of 1300 bytes is there, and room for one more. */
#ifndef SYN_TESTS_DEVICES_AGENT_DISK_H
#define SYN_TESTS_DEVICES_AGENT_DISK_H

#include <stdbool.h>

#include "devices/agent/agent.h"

enum { DISK_ROOM = 2000 }; /* bytes of a file */

struct disk {
    struct syn_agent_files port;
    struct {
        char name[SYN_AGENT_FILE_NAME_MAX + 1];
        uint8_t bytes[DISK_ROOM];
        uint32_t size;
    } files[2];
    bool broken;
};

/* `disk` must stay where it is. */
void disk_init(struct disk *disk);

#endif
