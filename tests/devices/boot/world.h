/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device with two slots, for tests: a flash whose power can be cut, three images, and what an
 * agent and a boot loader do with them. Every operation returns 0 or what the library said.
 */
#ifndef SYN_TESTS_DEVICES_BOOT_WORLD_H
#define SYN_TESTS_DEVICES_BOOT_WORLD_H

#include "devices/boot/boot.h"
#include "devices/boot/upload.h"
#include "tests/devices/flash/cut_flash.h"

enum { WORLD_IMAGES = 3, WORLD_NONE = -1 };

struct world_shape {
    uint32_t page_bytes, unit_bytes, slot_pages;
    uint64_t seed;
};

struct world {
    struct cut_flash f;
    struct syn_slots_map map;
    struct syn_slots slots;
    struct syn_fw_upload upload;
    uint8_t *images[WORLD_IMAGES]; /* 0 lies in the primary from the start */
    uint32_t sizes[WORLD_IMAGES];
    uint64_t random;
};

void world_init(struct world *w, const struct world_shape *shape);
void world_free(struct world *w);

/* The flash of `w` becomes `from`, with power, and nothing else is remembered. */
void world_restore(struct world *w, const struct cut_flash *from);

int world_upload(struct world *w, int image); /* in pieces of random sizes */
int world_boot(struct world *w);              /* from the beginning: nothing is remembered */

/* Flips a bit of the primary's payload. */
void world_damage(struct world *w);

/* Which image lies in a slot, byte for byte; WORLD_NONE. */
int world_image(const struct world *w, enum syn_slot slot);

#endif
