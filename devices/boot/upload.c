/* SPDX-License-Identifier: MIT */
#include "devices/boot/upload.h"

#include "devices/base/error.h"

#include <string.h>

int syn_fw_upload_begin(struct syn_fw_upload *upload, const struct syn_slots *slots,
                        const uint8_t *header, uint32_t size)
{
    int rc = syn_slots_is_free(slots) ? syn_slots_accept(slots, header, size) : SYN_ESTATE;
    if (rc)
        return rc;
    upload->size = size;
    upload->offset = 0;
    return 0;
}

/* The unit that ends at the offset, or that the image ends in. */
static int program(struct syn_fw_upload *upload, const struct syn_slots_map *map)
{
    uint32_t unit_bytes = map->flash->unit_bytes;
    uint32_t used = (upload->offset - 1) % unit_bytes + 1;
    uint32_t start = map->first[SYN_SLOT_SECONDARY] * map->flash->page_bytes;
    memset(upload->unit + used, SYN_FLASH_ERASED, unit_bytes - used);
    return syn_slots_program(map, start + upload->offset - used, upload->unit, unit_bytes);
}

/* At most one unit; returns the bytes taken, or an error. */
static int take(struct syn_fw_upload *upload, const struct syn_slots_map *map, const uint8_t *bytes,
                uint32_t size)
{
    const struct syn_flash *flash = map->flash;
    uint32_t used = upload->offset % flash->unit_bytes, n = flash->unit_bytes - used;
    int rc = 0;
    n = n < size ? n : size;
    if (upload->offset % flash->page_bytes == 0)
        rc = flash->erase(flash->ctx,
                          map->first[SYN_SLOT_SECONDARY] + upload->offset / flash->page_bytes);
    memcpy(upload->unit + used, bytes, n);
    upload->offset += n;
    if (rc == 0 && (used + n == flash->unit_bytes || upload->offset == upload->size))
        rc = program(upload, map);
    return rc ? rc : (int)n;
}

int syn_fw_upload_write(struct syn_fw_upload *upload, struct syn_slots *slots, const uint8_t *bytes,
                        uint32_t size)
{
    if (upload->size == 0)
        return SYN_EINVAL;
    if (size > upload->size - upload->offset)
        return SYN_EOOR;
    syn_slots_forget(slots, SYN_SLOT_SECONDARY);
    while (size > 0) {
        int n = take(upload, slots->map, bytes, size);
        if (n < 0) {
            upload->size = 0;
            return n;
        }
        bytes += n;
        size -= (uint32_t)n;
    }
    if (upload->offset < upload->size)
        return 0;
    upload->size = 0;
    return syn_slots_image(slots, SYN_SLOT_SECONDARY, NULL);
}
