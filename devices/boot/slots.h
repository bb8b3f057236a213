/* SPDX-License-Identifier: MIT */
/*
 * Two slots for firmware: the primary runs, the secondary takes uploads. A request to test or to
 * keep what lies in the secondary makes the next start swap the two; an image under test that is
 * not confirmed is swapped back at the start after that.
 *
 * Power may go at any erasure and at any unit: after the next start the primary holds the old or
 * the new image, whole, and the secondary the other one. The agent asks, uploads and confirms; the
 * boot loader swaps (boot.h). BOOT.md has the machine.
 *
 * Errors of flash are SYN_EIO. No function keeps pointers but `map` and what is in it.
 */
#ifndef SYN_DEVICES_BOOT_SLOTS_H
#define SYN_DEVICES_BOOT_SLOTS_H

#include <stdbool.h>

#include "devices/boot/image.h"
#include "devices/boot/journal.h"

enum syn_slot { SYN_SLOT_PRIMARY, SYN_SLOT_SECONDARY, SYN_SLOT_COUNT };

/* Where things lie, in pages of one region; given by the board. */
struct syn_slots_map {
    const struct syn_flash *flash;
    uint32_t first[SYN_SLOT_COUNT]; /* page of each slot */
    uint32_t slot_pages;            /* at most UINT16_MAX */
    uint32_t scratch;               /* one page */
    uint32_t journal;               /* first of SYN_JOURNAL_PAGES */
    uint32_t address;               /* of the primary, as the core sees it */
    const char *board;              /* images must say it */
};

struct syn_slots {
    const struct syn_slots_map *map;
    struct syn_journal journal;
    struct syn_slots_seen {
        bool looked;
        int status; /* of syn_slots_image() */
        struct syn_fw_image image;
    } seen[SYN_SLOT_COUNT]; /* an image is hashed once */
};

/* Reads the journal. */
void syn_slots_open(struct syn_slots *slots, const struct syn_slots_map *map);

/* SETTLED, REQUESTED (with `swap`), TRIAL; or SWAPPING, before the boot loader has finished. */
const struct syn_slots_state *syn_slots_state(const struct syn_slots *slots);

/* What lies in a slot. 0 when it may run; SYN_ENOENT: nothing; SYN_EPROTO: no image; SYN_ECORRUPT:
 * not whole, or damaged; SYN_EUNSUP: not for this board; SYN_EINVAL: linked for another address, or
 * not bootable. `*image` (may be NULL) is what could be read. */
int syn_slots_image(struct syn_slots *slots, enum syn_slot slot, const struct syn_fw_image **image);

/* May this header, of an image of `size` bytes, go into the secondary? 0, SYN_EOOR (too large) or
 * what syn_slots_image() would say of the header. */
int syn_slots_accept(const struct syn_slots *slots, const uint8_t *header, uint32_t size);

/* The secondary is free to be erased and written. */
bool syn_slots_is_free(const struct syn_slots *slots);

/* At the next start the secondary runs: once, or for good. SYN_ESTATE where something else is under
 * way; what syn_slots_image() says where it cannot run. Asked again it is fine. */
int syn_slots_request(struct syn_slots *slots, bool permanent);

/* The primary stays. SYN_ESTATE while a request is pending. */
int syn_slots_confirm(struct syn_slots *slots);

/* SYN_ESTATE where the secondary is not free. */
int syn_slots_erase(struct syn_slots *slots);

/* ---- for the boot loader, and for upload.h ---- */

/* A request or a trial that comes to nothing. */
int syn_slots_settle(struct syn_slots *slots);

/* Begins to swap (SYN_SWAP_NONE: goes on with the one that was interrupted) and swaps to the end.
 */
int syn_slots_swap(struct syn_slots *slots, enum syn_swap swap);

/* Its content changed. */
void syn_slots_forget(struct syn_slots *slots, enum syn_slot slot);

/* Programs whole units of a slot; a unit that stays erased is left alone. */
int syn_slots_program(const struct syn_slots_map *map, uint32_t offset, const uint8_t *bytes,
                      uint32_t size);

#endif
