/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory of an emulated board that stands for flash, as a file that QEMU maps: what is in it
 * stays when the board's power goes (QEMU is killed). What is memory is 0 when it comes.
 */
#ifndef SYN_TRANSPORTS_LINKS_QEMU_FLASH_H
#define SYN_TRANSPORTS_LINKS_QEMU_FLASH_H

#include <stddef.h>

#include "core/base/error.h"

struct syn_qemu_flash {
    const char *board; /* images must be for it */
    size_t bytes;      /* of the file */
    size_t erased;     /* of it that are flash, from the beginning; the rest is memory */
    size_t slot;       /* that are slot 0, from the beginning */
};

/* Opens `path`, or makes it as a board comes from the factory: erased, `image` in slot 0. path
 * NULL: memory that goes with whoever holds it. The descriptor, returned, is locked, and is
 * inherited by children. Negative: SYN_EBUSY where another board has it, SYN_ECORRUPT, SYN_EINVAL
 * (not its image, or not its flash), or what the system says. */
int syn_qemu_flash_open(const struct syn_qemu_flash *flash, const char *path, const char *image,
                        struct syn_error *error);

#endif
