/* SPDX-License-Identifier: MIT */
#include "devices/boot/slots.h"

#include "devices/base/error.h"

#include <string.h>

void syn_slots_open(struct syn_slots *slots, const struct syn_slots_map *map)
{
    memset(slots, 0, sizeof *slots);
    slots->map = map;
    syn_journal_open(&slots->journal, map->flash, map->journal);
    if (slots->journal.state.pages > map->slot_pages) /* of another map */
        slots->journal.state = (struct syn_slots_state){.phase = SYN_SLOTS_SETTLED};
}

const struct syn_slots_state *syn_slots_state(const struct syn_slots *slots)
{
    return &slots->journal.state;
}

static bool is_phase(const struct syn_slots *slots, enum syn_slots_phase phase)
{
    return slots->journal.state.phase == phase;
}

/* ---- what lies in them ---- */

static uint32_t slot_bytes(const struct syn_slots_map *map)
{
    return map->slot_pages * map->flash->page_bytes;
}

/* What the header alone says. */
static int linked_for(const struct syn_slots_map *map, const struct syn_fw_image *image)
{
    bool elsewhere = (image->flags & SYN_FW_FIXED) && image->load != map->address;
    return elsewhere || (image->flags & SYN_FW_NOT_BOOTABLE) ? SYN_EINVAL : 0;
}

/* Of an image whose bytes are right. */
static int runs_here(const struct syn_slots_map *map, const struct syn_fw_image *image)
{
    if (strcmp(image->board, map->board) != 0)
        return SYN_EUNSUP;
    return linked_for(map, image);
}

void syn_slots_forget(struct syn_slots *slots, enum syn_slot slot)
{
    slots->seen[slot].looked = false;
}

int syn_slots_image(struct syn_slots *slots, enum syn_slot slot, const struct syn_fw_image **image)
{
    const struct syn_slots_map *map = slots->map;
    struct syn_slots_seen *seen = &slots->seen[slot];
    if (!seen->looked) {
        const uint8_t *bytes =
            map->flash->bytes + (size_t)map->first[slot] * map->flash->page_bytes;
        seen->status = syn_fw_check(&seen->image, bytes, slot_bytes(map));
        if (seen->status == 0)
            seen->status = runs_here(map, &seen->image);
        seen->looked = true;
    }
    if (image)
        *image = &seen->image;
    return seen->status;
}

int syn_slots_accept(const struct syn_slots *slots, const uint8_t *header, uint32_t size)
{
    struct syn_fw_image image;
    int rc = syn_fw_header(&image, header, SYN_FW_HEADER);
    if (size > slot_bytes(slots->map))
        return SYN_EOOR;
    return rc ? rc : linked_for(slots->map, &image);
}

/* ---- what the agent asks for ---- */

bool syn_slots_is_free(const struct syn_slots *slots)
{
    return is_phase(slots, SYN_SLOTS_SETTLED);
}

static int change(struct syn_slots *slots, enum syn_slots_phase phase, enum syn_swap swap)
{
    struct syn_slots_state state = {.phase = (uint8_t)phase, .swap = (uint8_t)swap};
    return syn_journal_write(&slots->journal, &state);
}

int syn_slots_request(struct syn_slots *slots, bool permanent)
{
    enum syn_swap swap = permanent ? SYN_SWAP_PERMANENT : SYN_SWAP_TEST;
    if (is_phase(slots, SYN_SLOTS_REQUESTED) && slots->journal.state.swap == swap)
        return 0;
    if (!is_phase(slots, SYN_SLOTS_SETTLED))
        return SYN_ESTATE;
    int rc = syn_slots_image(slots, SYN_SLOT_SECONDARY, NULL);
    return rc ? rc : change(slots, SYN_SLOTS_REQUESTED, swap);
}

int syn_slots_settle(struct syn_slots *slots)
{
    return is_phase(slots, SYN_SLOTS_SETTLED) ? 0 : change(slots, SYN_SLOTS_SETTLED, SYN_SWAP_NONE);
}

int syn_slots_confirm(struct syn_slots *slots)
{
    if (!is_phase(slots, SYN_SLOTS_TRIAL) && !is_phase(slots, SYN_SLOTS_SETTLED))
        return SYN_ESTATE;
    return syn_slots_settle(slots);
}

static bool is_erased(const struct syn_flash *flash, uint32_t page)
{
    const uint8_t *bytes = flash->bytes + (size_t)page * flash->page_bytes;
    for (uint32_t i = 0; i < flash->page_bytes; i++)
        if (bytes[i] != SYN_FLASH_ERASED)
            return false;
    return true;
}

int syn_slots_erase(struct syn_slots *slots)
{
    const struct syn_flash *flash = slots->map->flash;
    if (!syn_slots_is_free(slots))
        return SYN_ESTATE;
    syn_slots_forget(slots, SYN_SLOT_SECONDARY);
    for (uint32_t i = 0; i < slots->map->slot_pages; i++) {
        uint32_t page = slots->map->first[SYN_SLOT_SECONDARY] + i;
        int rc = is_erased(flash, page) ? 0 : flash->erase(flash->ctx, page);
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- swapping ---- */

static bool is_blank(const uint8_t *unit, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        if (unit[i] != SYN_FLASH_ERASED)
            return false;
    return true;
}

int syn_slots_program(const struct syn_slots_map *map, uint32_t offset, const uint8_t *bytes,
                      uint32_t size)
{
    const struct syn_flash *flash = map->flash;
    for (uint32_t at = 0; at < size; at += flash->unit_bytes) {
        int rc = is_blank(bytes + at, flash->unit_bytes)
                     ? 0
                     : flash->program(flash->ctx, offset + at, bytes + at, flash->unit_bytes);
        if (rc)
            return rc;
    }
    return 0;
}

static int copy_page(const struct syn_slots_map *map, uint32_t to, uint32_t from)
{
    const struct syn_flash *flash = map->flash;
    int rc = flash->erase(flash->ctx, to);
    return rc ? rc
              : syn_slots_program(map, to * flash->page_bytes,
                                  flash->bytes + (size_t)from * flash->page_bytes,
                                  flash->page_bytes);
}

/* What a step reads it does not write: it may be done again from its beginning. */
static int do_step(const struct syn_slots_map *map, const struct syn_slots_state *state)
{
    uint32_t primary = map->first[SYN_SLOT_PRIMARY] + state->page;
    uint32_t secondary = map->first[SYN_SLOT_SECONDARY] + state->page;
    switch (state->step) {
    case SYN_SWAP_SAVE:
        return copy_page(map, map->scratch, primary);
    case SYN_SWAP_MOVE:
        return copy_page(map, primary, secondary);
    default:
        return copy_page(map, secondary, map->scratch);
    }
}

static struct syn_slots_state after(struct syn_slots_state state)
{
    if (++state.step < SYN_SWAP_STEPS)
        return state;
    state.step = 0;
    if (++state.page < state.pages)
        return state;
    return (struct syn_slots_state){
        .phase = state.swap == SYN_SWAP_TEST ? SYN_SLOTS_TRIAL : SYN_SLOTS_SETTLED,
    };
}

/* Pages that a slot's content takes; all of them where nobody knows. */
static uint32_t pages_of(struct syn_slots *slots, enum syn_slot slot)
{
    const struct syn_fw_image *image;
    uint32_t page_bytes = slots->map->flash->page_bytes;
    int rc = syn_slots_image(slots, slot, &image);
    return rc ? slots->map->slot_pages : (image->size + page_bytes - 1) / page_bytes;
}

static int begin(struct syn_slots *slots, enum syn_swap swap)
{
    uint32_t a = pages_of(slots, SYN_SLOT_PRIMARY), b = pages_of(slots, SYN_SLOT_SECONDARY);
    struct syn_slots_state state = {
        .phase = SYN_SLOTS_SWAPPING, .swap = (uint8_t)swap, .pages = (uint16_t)(a > b ? a : b)};
    return syn_journal_write(&slots->journal, &state);
}

int syn_slots_swap(struct syn_slots *slots, enum syn_swap swap)
{
    int rc = swap == SYN_SWAP_NONE ? 0 : begin(slots, swap);
    while (rc == 0 && is_phase(slots, SYN_SLOTS_SWAPPING)) {
        struct syn_slots_state next = after(slots->journal.state);
        rc = do_step(slots->map, &slots->journal.state);
        if (rc == 0)
            rc = syn_journal_write(&slots->journal, &next);
    }
    syn_slots_forget(slots, SYN_SLOT_PRIMARY);
    syn_slots_forget(slots, SYN_SLOT_SECONDARY);
    return rc;
}
