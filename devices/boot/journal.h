/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader and the agent must not forget about the slots: one small state, whose every
 * change is a record of its own in two pages of flash. The valid record with the highest sequence
 * is the state, so a change is there as a whole or not at all. BOOT.md has the bytes.
 */
#ifndef SYN_DEVICES_BOOT_JOURNAL_H
#define SYN_DEVICES_BOOT_JOURNAL_H

#include "devices/flash/flash.h"

#define SYN_JOURNAL_PAGES  2
#define SYN_JOURNAL_RECORD 16 /* bytes; a multiple of every unit */

enum syn_slots_phase {
    SYN_SLOTS_SETTLED,   /* the primary is to run */
    SYN_SLOTS_REQUESTED, /* the next start swaps */
    SYN_SLOTS_SWAPPING,  /* `page`, `step`: what is to be done next */
    SYN_SLOTS_TRIAL,     /* the primary runs once: the next start swaps back, unless confirmed */
};

enum syn_swap {
    SYN_SWAP_NONE,
    SYN_SWAP_TEST,      /* ends in TRIAL */
    SYN_SWAP_PERMANENT, /* ends in SETTLED */
    SYN_SWAP_REVERT,    /* ends in SETTLED */
};

/* A page of the slots is swapped in three steps; each may be begun anew. */
enum syn_swap_step { SYN_SWAP_SAVE, SYN_SWAP_MOVE, SYN_SWAP_PUT_BACK, SYN_SWAP_STEPS };

struct syn_slots_state {
    uint8_t phase, swap, step;
    uint16_t page, pages; /* of a slot: at work on; to be swapped in all */
};

struct syn_journal {
    const struct syn_flash *flash;
    uint32_t first;  /* of its two pages */
    uint32_t active; /* 0 or 1: records are written there */
    uint32_t next;   /* record of it that is free */
    uint32_t sequence;
    struct syn_slots_state state;
};

/* Finds the state; SETTLED where there is no record. Reads only. */
void syn_journal_open(struct syn_journal *journal, const struct syn_flash *flash, uint32_t first);

/* The state becomes `state`. Returns 0 or SYN_EIO, and the state is then the one before. */
int syn_journal_write(struct syn_journal *journal, const struct syn_slots_state *state);

#endif
