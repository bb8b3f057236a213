/* SPDX-License-Identifier: MIT */
/* What a boot loader does before it jumps. */
#ifndef SYN_DEVICES_BOOT_BOOT_H
#define SYN_DEVICES_BOOT_BOOT_H

#include "devices/boot/slots.h"

enum syn_boot_event {
    SYN_BOOT_NOTHING,  /* the primary ran before, too */
    SYN_BOOT_RESUMED,  /* a swap that was interrupted is done */
    SYN_BOOT_TESTING,  /* swapped: the primary runs this once */
    SYN_BOOT_SWAPPED,  /* swapped, for good */
    SYN_BOOT_REVERTED, /* nobody confirmed the one under test */
    SYN_BOOT_REFUSED,  /* what was to be swapped in cannot run */
    SYN_BOOT_RESCUED,  /* the primary could not run; the secondary took its place */
};

/* A line for the UART; static, empty for SYN_BOOT_NOTHING. */
const char *syn_boot_text(enum syn_boot_event event);

/* Finishes, begins or reverts a swap, and checks the primary. Returns 0: it is to be started;
 * SYN_ENOENT: neither slot holds an image that can run; SYN_EIO: flash failed, and neither does.
 * `*event` is the last thing that happened. `slots` are open. */
int syn_boot(struct syn_slots *slots, enum syn_boot_event *event);

#endif
