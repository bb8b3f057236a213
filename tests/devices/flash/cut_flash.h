/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A flash in memory whose power can be cut at any operation, for tests of what lies in flash.
 *
 * An operation is the erasure of a page or the programming of one unit. The one that is cut leaves
 * its page or unit in any state: as before, done, or bits of both. From then on every operation
 * fails with SYN_EIO and changes nothing, until cut_flash_power_on(): whoever was at work may go on
 * to its end, the flash does not see it.
 *
 * A unit that is programmed twice between erasures, or programmed where it is not erased, and a
 * call outside the region fail the test at once. A unit or page that was cut and reads as erased
 * passes for erased: nobody can tell.
 */
#ifndef SYN_TESTS_DEVICES_FLASH_CUT_FLASH_H
#define SYN_TESTS_DEVICES_FLASH_CUT_FLASH_H

#include <stdbool.h>

#include "devices/flash/flash.h"

struct cut_flash {
    struct syn_flash flash; /* for the code under test; stays where it is */
    uint8_t *bytes;
    bool *programmed;         /* by unit */
    uint64_t erased, written; /* operations done: pages, units */
    uint64_t left;            /* operations until the power goes; UINT64_MAX: it stays */
    bool off;
    uint64_t random; /* state of syn_splitmix64() */
};

/* All erased. `seed` decides what a cut leaves. */
void cut_flash_init(struct cut_flash *f, uint32_t page_bytes, uint32_t page_count,
                    uint32_t unit_bytes, uint64_t seed);
void cut_flash_free(struct cut_flash *f);

/* `to` becomes what `from` is, with power; both of one shape. */
void cut_flash_copy(struct cut_flash *to, const struct cut_flash *from);

/* `operations` more succeed, the next one is cut. */
void cut_flash_cut_after(struct cut_flash *f, uint64_t operations);
void cut_flash_power_on(struct cut_flash *f);

/* Erasures and units together, since the start. */
uint64_t cut_flash_operations(const struct cut_flash *f);

#endif
