/* SPDX-License-Identifier: MIT */
/*
 * A firmware image as it lies in a file and in a slot: MCUboot's public format, so that any mcumgr
 * client can upload ours and we can show any. BOOT.md has the bytes.
 *
 * All functions are pure; a text or a region may hold anything. Nothing is kept.
 */
#ifndef SYN_DEVICES_BOOT_IMAGE_H
#define SYN_DEVICES_BOOT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/base/hash.h"

#define SYN_FW_HEADER       32 /* bytes that are read of one; the payload may begin later */
#define SYN_FW_BOARD_MAX    32 /* with the zero at the end */
#define SYN_FW_VERSION_TEXT 28 /* "255.255.65535.4294967295" and the zero */

enum { /* of `flags` */
       SYN_FW_NOT_BOOTABLE = 0x10,
       SYN_FW_FIXED = 0x100, /* runs at `load` only */
};

struct syn_fw_version {
    uint8_t major, minor;
    uint16_t revision;
    uint32_t build;
};

struct syn_fw_image {
    struct syn_fw_version version;
    uint32_t header_bytes, payload_bytes, protected_bytes; /* trailers under the hash */
    uint32_t size;                                         /* all of it, trailers included */
    uint32_t load;                                         /* address of its header */
    uint32_t flags;
    uint8_t hash[SYN_SHA256_SIZE]; /* as the image says; syn_fw_check() compares */
    char board[SYN_FW_BOARD_MAX];  /* empty: says none */
};

/* The header alone: all but `size`, `hash` and `board`. Returns 0, SYN_ENOENT (erased: no image),
 * SYN_EPROTO (no image: another magic number) or SYN_ECORRUPT (lengths that cannot be). */
int syn_fw_header(struct syn_fw_image *image, const uint8_t *bytes, size_t size);

/* Header and trailers of an image at the beginning of `size` bytes. SYN_ECORRUPT as well where it
 * does not end within them, or its trailers are no trailers or have not one SHA-256. */
int syn_fw_read(struct syn_fw_image *image, const uint8_t *bytes, size_t size);

/* The same, and the hash is that of the content: SYN_ECORRUPT otherwise. */
int syn_fw_check(struct syn_fw_image *image, const uint8_t *bytes, size_t size);

/* "1.2.3", or "1.2.3.4" with a build number. */
void syn_fw_version_text(char text[SYN_FW_VERSION_TEXT], const struct syn_fw_version *version);

#endif
