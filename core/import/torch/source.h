/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a file at a place, so that files of any size need no memory of their size. */
#ifndef SYN_CORE_IMPORT_TORCH_SOURCE_H
#define SYN_CORE_IMPORT_TORCH_SOURCE_H

#include "core/base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct syn_source {
    FILE *file; /* the caller's, or its owner's */
    uint64_t size;
};

/* Takes the size of `file`. Returns 0 or SYN_EIO. */
int syn_source_open(struct syn_source *source, FILE *file, struct syn_error *error);

/* Reads exactly `size` bytes at `at`; SYN_ECORRUPT where the file ends before, SYN_EIO. */
int syn_source_read(const struct syn_source *source, uint64_t at, void *bytes, size_t size,
                    struct syn_error *error);

/* Little-endian fields. */
uint16_t syn_source_u16(const uint8_t *bytes);
uint32_t syn_source_u32(const uint8_t *bytes);
uint64_t syn_source_u64(const uint8_t *bytes);

#endif
