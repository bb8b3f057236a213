/* SPDX-License-Identifier: MIT */
/*
 * An image on its way into the secondary slot, in pieces of any size. Pages are erased as they are
 * reached; bytes that do not fill a unit yet wait here. Power that goes leaves an image that is not
 * whole, and the primary as it was.
 */
#ifndef SYN_DEVICES_BOOT_UPLOAD_H
#define SYN_DEVICES_BOOT_UPLOAD_H

#include "devices/boot/slots.h"

struct syn_fw_upload {
    uint32_t size;   /* announced; 0: none is under way */
    uint32_t offset; /* taken so far */
    uint8_t unit[SYN_FLASH_UNIT_MAX];
};

/* `header` has SYN_FW_HEADER bytes, the image's first. SYN_ESTATE where the secondary is not free;
 * what syn_slots_accept() says. Nothing is erased yet. */
int syn_fw_upload_begin(struct syn_fw_upload *upload, const struct syn_slots *slots,
                        const uint8_t *header, uint32_t size);

/* The next bytes. SYN_EINVAL: none is under way; SYN_EOOR: more than announced; SYN_EIO: and the
 * upload is over. With the last byte it is over, too: then what syn_slots_image() says of it. */
int syn_fw_upload_write(struct syn_fw_upload *upload, struct syn_slots *slots, const uint8_t *bytes,
                        uint32_t size);

#endif
