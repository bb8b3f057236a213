/* SPDX-License-Identifier: MIT */
/*
 * Small records by key in two banks of flash pages, one of which is in use: a log, where the newest
 * valid record of a key counts. When the log is full, what counts is written into the other bank,
 * whose head, programmed last, makes it the one in use. FLASH.md specifies the bytes.
 *
 * Power may go at any erasure and any unit: afterwards each record is the old one or the new one.
 * Opening only reads; a log that ends in a record that was cut is rewritten by the next put.
 */
#ifndef SYN_DEVICES_FLASH_RECORDS_H
#define SYN_DEVICES_FLASH_RECORDS_H

#include "devices/flash/flash.h"

#include <stdbool.h>

#define SYN_RECORD_KEY_MAX 0xfffe
#define SYN_RECORD_MAX     256 /* bytes of a value */

struct syn_records {
    const struct syn_flash *flash;
    uint32_t first_page; /* of the first bank */
    uint32_t bank_pages;
    uint32_t bank;     /* in use: 0 or 1 */
    uint32_t sequence; /* of that bank; grows by one with every change of banks */
    uint32_t end;      /* where the log ends, bytes from the start of the bank; 0: no log yet */
    bool torn;         /* nothing may be written behind the end */
};

struct syn_record {
    uint16_t key;
    uint16_t size;
    bool dropped;         /* the key has no value from here on */
    const uint8_t *bytes; /* mapped: until the next put or drop */
};

/* 2 * bank_pages pages from first_page on. Returns 0, or SYN_EINVAL where the region has not got
 * them, a bank cannot hold a record of SYN_RECORD_MAX bytes, or the units are too large: there are
 * no records then, and none can be put (SYN_EIO). The same goes for a structure that is all 0.
 * Flash that holds no valid bank has no records. */
int syn_records_open(struct syn_records *records, const struct syn_flash *flash,
                     uint32_t first_page, uint32_t bank_pages);

/* False where the key has no value. */
bool syn_records_find(const struct syn_records *records, uint16_t key, struct syn_record *record);

/* The records of the log, oldest first, also those that newer ones replaced: starts with *cursor 0,
 * false at the end. */
bool syn_records_next(const struct syn_records *records, uint32_t *cursor,
                      struct syn_record *record);

/*
 * The value of `key` from now on; nothing is written where it is that already. Returns 0,
 * SYN_EINVAL (key or size out of range), SYN_ENOMEM (all values do not fit in a bank: nothing
 * changed) or SYN_EIO (the old value or the new one; the old one until the next opening).
 */
int syn_records_put(struct syn_records *records, uint16_t key, const void *value, size_t size);

/* 0 also where there was none; or SYN_EIO, as above. */
int syn_records_drop(struct syn_records *records, uint16_t key);

#endif
