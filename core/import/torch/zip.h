/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading entries of a ZIP archive: stored or deflated, one file, below 4 GiB, no encryption.
 * Nothing is written anywhere; an entry is unpacked into memory up to a bound that the caller
 * gives, whatever its header promises.
 */
#ifndef SYN_CORE_IMPORT_TORCH_ZIP_H
#define SYN_CORE_IMPORT_TORCH_ZIP_H

#include "core/import/torch/source.h"

#define SYN_ZIP_DIRECTORY_MAX (8u << 20) /* bytes of an archive's list of entries */

struct syn_zip_entry {
    const char *name; /* not terminated */
    size_t name_size;
    uint16_t method;
    uint32_t crc, packed, size; /* bytes */
    uint32_t at;                /* of the entry's own header in the file */
};

struct syn_zip {
    struct syn_source source;
    uint8_t *directory; /* owned; names point into it */
    struct syn_zip_entry *entries;
    unsigned count;
};

/*
 * Reads the list of entries. `source` is borrowed. Returns 0, SYN_ECORRUPT, SYN_EUNSUP (encrypted,
 * in several parts, ZIP64 sizes), SYN_ENOMEM. The caller ends with syn_zip_close(), always.
 */
int syn_zip_open(struct syn_zip *zip, const struct syn_source *source, struct syn_error *error);
void syn_zip_close(struct syn_zip *zip);

/* The entry PREFIX NAME, NULL where there is none. */
const struct syn_zip_entry *syn_zip_find(const struct syn_zip *zip, const char *prefix,
                                         size_t prefix_size, const char *name);

/* An entry whole, its checksum compared. *bytes is malloc'ed. SYN_EINVAL beyond `max` bytes. */
int syn_zip_read(const struct syn_zip *zip, const struct syn_zip_entry *entry, size_t max,
                 uint8_t **bytes, size_t *size, struct syn_error *error);

#endif
