/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes may be read as an image, and any may lie in the flash that a boot loader finds: it
 * starts what can run or nothing, and a second start changes no more than the first has to. The
 * hash is put right where there is one, so that bytes get as far as images do.
 */
#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/boot/boot.h"
#include "devices/boot/upload.h"
#include "tests/fuzz/fuzz_flash.h"

/* Writes the hash that is right where the image says one. */
static void put_hash(uint8_t *bytes, size_t size)
{
    struct syn_fw_image image;
    uint8_t hash[SYN_SHA256_SIZE];
    if (syn_fw_read(&image, bytes, size))
        return;
    if (image.size > size)
        abort();
    size_t hashed = (size_t)image.header_bytes + image.payload_bytes + image.protected_bytes;
    syn_sha256(bytes, hashed, hash);
    for (size_t i = hashed; i + sizeof hash <= image.size; i++) {
        if (memcmp(bytes + i, image.hash, sizeof hash) == 0) {
            memcpy(bytes + i, hash, sizeof hash);
            return;
        }
    }
}

static void start(struct fuzz_flash *f)
{
    enum syn_boot_event event;
    int rc = syn_boot(&f->slots, &event);
    const struct syn_slots_state *state = syn_slots_state(&f->slots);
    if (rc != 0 && rc != SYN_ENOENT)
        abort();
    if ((rc == 0) != (syn_slots_image(&f->slots, SYN_SLOT_PRIMARY, NULL) == 0))
        abort();
    if (state->phase != SYN_SLOTS_SETTLED && state->phase != SYN_SLOTS_TRIAL)
        abort();
}

static void upload(struct fuzz_flash *f, const uint8_t *data, size_t size)
{
    struct syn_fw_upload u = {.size = 0};
    if (size < SYN_FW_HEADER || syn_fw_upload_begin(&u, &f->slots, data, (uint32_t)size))
        return;
    if (syn_fw_upload_write(&u, &f->slots, data, (uint32_t)size) == 0 &&
        syn_slots_request(&f->slots, data[size - 1] & 1))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_flash f;
    enum { SLOT = FUZZ_SLOT_PAGES * FUZZ_PAGE_BYTES };
    fuzz_flash_init(&f, data, size);
    put_hash(f.bytes + f.map.first[SYN_SLOT_PRIMARY] * FUZZ_PAGE_BYTES, SLOT);
    put_hash(f.bytes + f.map.first[SYN_SLOT_SECONDARY] * FUZZ_PAGE_BYTES, SLOT);
    start(&f);
    syn_slots_open(&f.slots, &f.map);
    start(&f);
    upload(&f, data, size);
    syn_slots_open(&f.slots, &f.map);
    start(&f);
    return 0;
}
