/* SPDX-License-Identifier: MIT */
#include "devices/boot/boot.h"

#include "devices/base/error.h"

const char *syn_boot_text(enum syn_boot_event event)
{
    static const char *const texts[] = {
        [SYN_BOOT_NOTHING] = "",
        [SYN_BOOT_RESUMED] = "boot: finished a swap of images that was interrupted",
        [SYN_BOOT_TESTING] = "boot: runs the new image once, unless it is confirmed",
        [SYN_BOOT_SWAPPED] = "boot: runs the new image",
        [SYN_BOOT_REVERTED] = "boot: nobody confirmed the new image; runs the old one",
        [SYN_BOOT_REFUSED] = "boot: the other image cannot run here; runs the one that ran before",
        [SYN_BOOT_RESCUED] = "boot: the image is damaged; runs the other one",
    };
    return texts[event];
}

/* Swaps where the secondary can run. */
static int swap_in(struct syn_slots *slots, enum syn_swap swap, enum syn_boot_event *event,
                   enum syn_boot_event what)
{
    if (syn_slots_image(slots, SYN_SLOT_SECONDARY, NULL)) {
        *event = SYN_BOOT_REFUSED;
        return syn_slots_settle(slots);
    }
    *event = what;
    return syn_slots_swap(slots, swap);
}

static int do_what_is_due(struct syn_slots *slots, enum syn_boot_event *event)
{
    const struct syn_slots_state *state = syn_slots_state(slots);
    switch (state->phase) {
    case SYN_SLOTS_SWAPPING:
        *event = SYN_BOOT_RESUMED;
        return syn_slots_swap(slots, SYN_SWAP_NONE);
    case SYN_SLOTS_REQUESTED:
        return state->swap == SYN_SWAP_TEST
                   ? swap_in(slots, SYN_SWAP_TEST, event, SYN_BOOT_TESTING)
                   : swap_in(slots, SYN_SWAP_PERMANENT, event, SYN_BOOT_SWAPPED);
    case SYN_SLOTS_TRIAL:
        return swap_in(slots, SYN_SWAP_REVERT, event, SYN_BOOT_REVERTED);
    default:
        return 0;
    }
}

int syn_boot(struct syn_slots *slots, enum syn_boot_event *event)
{
    *event = SYN_BOOT_NOTHING;
    int rc = do_what_is_due(slots, event);
    if (rc == 0 && syn_slots_image(slots, SYN_SLOT_PRIMARY, NULL) &&
        syn_slots_image(slots, SYN_SLOT_SECONDARY, NULL) == 0) {
        *event = SYN_BOOT_RESCUED;
        rc = syn_slots_swap(slots, SYN_SWAP_REVERT);
    }
    if (syn_slots_image(slots, SYN_SLOT_PRIMARY, NULL) == 0)
        return 0;
    return rc ? rc : SYN_ENOENT;
}
