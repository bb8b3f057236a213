/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/hash.h"
#include "tests/devices/boot/make_image.h"
#include "tests/devices/boot/world.h"

enum { JOURNAL = 1, PRIMARY = 4, LOAD = 0x4000 };

/* Sizes of images: from a page to the slot, so that swaps move different numbers of pages. */
static void make_images(struct world *w)
{
    uint32_t slot = w->map.slot_pages * w->f.flash.page_bytes;
    for (int i = 0; i < WORLD_IMAGES; i++) {
        struct make_image what = {.board = "test",
                                  .major = (uint8_t)i,
                                  .load = LOAD,
                                  .flags = SYN_FW_FIXED,
                                  .seed = syn_splitmix64(&w->random)};
        uint32_t most = slot - 32 - 12 - 40;
        what.payload_bytes = 1 + (uint32_t)(syn_splitmix64(&w->random) % most);
        w->images[i] = malloc(slot);
        assert_non_null(w->images[i]);
        w->sizes[i] = (uint32_t)make_image(w->images[i], slot, &what);
    }
}

static void install_first(struct world *w)
{
    uint32_t unit = w->f.flash.unit_bytes, size = (w->sizes[0] + unit - 1) / unit * unit;
    memset(w->images[0] + w->sizes[0], SYN_FLASH_ERASED, size - w->sizes[0]);
    assert_int_equal(w->f.flash.program(&w->f, PRIMARY * w->f.flash.page_bytes, w->images[0], size),
                     0);
}

void world_init(struct world *w, const struct world_shape *shape)
{
    uint32_t pages = PRIMARY + 2 * shape->slot_pages + 1;
    *w = (struct world){.random = shape->seed};
    cut_flash_init(&w->f, shape->page_bytes, pages, shape->unit_bytes, shape->seed);
    w->map = (struct syn_slots_map){.flash = &w->f.flash,
                                    .first = {PRIMARY, PRIMARY + shape->slot_pages},
                                    .slot_pages = shape->slot_pages,
                                    .scratch = pages - 1,
                                    .journal = JOURNAL,
                                    .address = LOAD,
                                    .board = "test"};
    make_images(w);
    install_first(w);
    syn_slots_open(&w->slots, &w->map);
}

void world_free(struct world *w)
{
    for (int i = 0; i < WORLD_IMAGES; i++)
        free(w->images[i]);
    cut_flash_free(&w->f);
}

void world_restore(struct world *w, const struct cut_flash *from)
{
    cut_flash_copy(&w->f, from);
    w->upload = (struct syn_fw_upload){.size = 0};
    syn_slots_open(&w->slots, &w->map);
}

int world_upload(struct world *w, int image)
{
    int rc = syn_fw_upload_begin(&w->upload, &w->slots, w->images[image], w->sizes[image]);
    for (uint32_t at = 0; rc == 0 && at < w->sizes[image];) {
        uint32_t n = 1 + (uint32_t)(syn_splitmix64(&w->random) % (3 * w->f.flash.unit_bytes));
        n = n < w->sizes[image] - at ? n : w->sizes[image] - at;
        rc = syn_fw_upload_write(&w->upload, &w->slots, w->images[image] + at, n);
        at += n;
    }
    return rc;
}

int world_boot(struct world *w)
{
    enum syn_boot_event event;
    w->upload = (struct syn_fw_upload){.size = 0};
    syn_slots_open(&w->slots, &w->map);
    return syn_boot(&w->slots, &event);
}

void world_damage(struct world *w)
{
    w->f.bytes[PRIMARY * w->f.flash.page_bytes + SYN_FW_HEADER] ^= 1;
    syn_slots_forget(&w->slots, SYN_SLOT_PRIMARY);
}

int world_image(const struct world *w, enum syn_slot slot)
{
    const uint8_t *bytes = w->f.bytes + (size_t)w->map.first[slot] * w->f.flash.page_bytes;
    for (int i = 0; i < WORLD_IMAGES; i++)
        if (memcmp(bytes, w->images[i], w->sizes[i]) == 0)
            return i;
    return WORLD_NONE;
}
