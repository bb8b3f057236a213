/* SPDX-License-Identifier: MIT */
#include "devices/flash/records.h"

#include "devices/base/bytes.h"
#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "devices/flash/writer.h"

#include <string.h>

enum {
    BANK_HEAD = 16,
    RECORD_HEAD = 8,
    VERSION = 1,
    DROPPED = 0x8000, /* in the field of the size */
};

static const uint8_t magic[4] = {'S', 'Y', 'N', 'R'};

static uint32_t bank_bytes(const struct syn_records *r)
{
    return r->bank_pages * r->flash->page_bytes;
}

/* From the start of the region. */
static uint32_t bank_at(const struct syn_records *r, uint32_t bank)
{
    return (r->first_page + bank * r->bank_pages) * r->flash->page_bytes;
}

static uint32_t padded(const struct syn_records *r, uint32_t bytes)
{
    return (bytes + r->flash->unit_bytes - 1) & ~(r->flash->unit_bytes - 1);
}

static uint32_t record_bytes(const struct syn_records *r, const struct syn_record *record)
{
    return padded(r, RECORD_HEAD + (uint32_t)record->size);
}

/* ---- one bank ---- */

static void make_bank_head(uint8_t head[BANK_HEAD], uint32_t sequence)
{
    memcpy(head, magic, sizeof magic);
    syn_put_le32(head + 4, VERSION);
    syn_put_le32(head + 8, sequence);
    syn_put_le32(head + 12, syn_crc32(0, head, 12));
}

static bool read_bank_head(const struct syn_records *r, uint32_t bank, uint32_t *sequence)
{
    const uint8_t *head = r->flash->bytes + bank_at(r, bank);
    uint8_t again[BANK_HEAD];
    *sequence = syn_get_le32(head + 8);
    make_bank_head(again, *sequence);
    return memcmp(again, head, BANK_HEAD) == 0;
}

/* Whatever an earlier use of the bank left is of another sequence. */
static uint32_t record_crc(uint32_t sequence, const uint8_t head[4], const uint8_t *value,
                           size_t size)
{
    uint8_t number[4];
    syn_put_le32(number, sequence);
    return syn_crc32(syn_crc32(syn_crc32(0, number, 4), head, 4), value, size);
}

/* The record at `at`, unchecked but for the room it takes; returns where the next begins, or 0. */
static uint32_t parse(const struct syn_records *r, uint32_t at, struct syn_record *record)
{
    const uint8_t *head = r->flash->bytes + bank_at(r, r->bank) + at;
    uint32_t room = bank_bytes(r) - at;
    if (room < RECORD_HEAD)
        return 0;
    uint16_t field = syn_get_le16(head + 2);
    record->key = syn_get_le16(head);
    record->dropped = (field & DROPPED) != 0;
    record->size = (uint16_t)(field & ~DROPPED);
    record->bytes = head + RECORD_HEAD;
    uint32_t size = record_bytes(r, record);
    bool possible = record->key <= SYN_RECORD_KEY_MAX && record->size <= SYN_RECORD_MAX &&
                    (record->size == 0 || !record->dropped);
    return possible && size <= room ? at + size : 0;
}

static bool is_valid(const struct syn_records *r, const struct syn_record *record)
{
    const uint8_t *head = record->bytes - RECORD_HEAD;
    return syn_get_le32(head + 4) == record_crc(r->sequence, head, record->bytes, record->size);
}

static bool is_erased(const struct syn_records *r, uint32_t from)
{
    const uint8_t *bytes = r->flash->bytes + bank_at(r, r->bank);
    for (uint32_t at = from; at < bank_bytes(r); at++)
        if (bytes[at] != SYN_FLASH_ERASED)
            return false;
    return true;
}

static uint32_t log_start(const struct syn_records *r)
{
    return padded(r, BANK_HEAD);
}

static void read_log(struct syn_records *r)
{
    struct syn_record record;
    uint32_t next = log_start(r);
    while (next > 0 && next <= bank_bytes(r)) {
        r->end = next;
        next = parse(r, r->end, &record);
        if (next > 0 && !is_valid(r, &record))
            break;
    }
    r->torn = !is_erased(r, r->end);
}

/* ---- opening and reading ---- */

static bool has_room(const struct syn_flash *flash, uint32_t first_page, uint32_t bank_pages)
{
    uint32_t unit = flash->unit_bytes;
    return unit > 0 && unit <= SYN_FLASH_UNIT_MAX && bank_pages > 0 &&
           bank_pages <= flash->page_count / 2 &&
           first_page <= flash->page_count - 2 * bank_pages &&
           (uint64_t)bank_pages * flash->page_bytes >=
               BANK_HEAD + RECORD_HEAD + SYN_RECORD_MAX + 2 * unit;
}

int syn_records_open(struct syn_records *records, const struct syn_flash *flash,
                     uint32_t first_page, uint32_t bank_pages)
{
    *records = (struct syn_records){.flash = flash,
                                    .first_page = first_page,
                                    .bank_pages = bank_pages,
                                    .bank = 1, /* so that the first is written next */
                                    .torn = true};
    if (!has_room(flash, first_page, bank_pages)) {
        records->flash = NULL;
        return SYN_EINVAL;
    }
    uint32_t first, second;
    bool has_first = read_bank_head(records, 0, &first);
    bool has_second = read_bank_head(records, 1, &second);
    if (!has_first && !has_second)
        return 0;
    records->bank = has_second && (!has_first || (int32_t)(second - first) > 0);
    records->sequence = records->bank ? second : first;
    read_log(records);
    return 0;
}

bool syn_records_next(const struct syn_records *records, uint32_t *cursor,
                      struct syn_record *record)
{
    if (records->end == 0)
        return false;
    uint32_t at = *cursor > 0 ? *cursor : log_start(records);
    if (at >= records->end)
        return false;
    *cursor = parse(records, at, record);
    return *cursor > 0;
}

bool syn_records_find(const struct syn_records *records, uint16_t key, struct syn_record *record)
{
    struct syn_record each;
    bool found = false;
    for (uint32_t cursor = 0; syn_records_next(records, &cursor, &each);) {
        if (each.key != key)
            continue;
        found = !each.dropped;
        *record = each;
    }
    return found;
}

/* ---- writing ---- */

static int write_record(const struct syn_records *r, uint32_t bank, uint32_t at, uint32_t sequence,
                        const struct syn_record *record)
{
    struct syn_flash_writer w;
    uint8_t head[RECORD_HEAD];
    syn_put_le16(head, record->key);
    syn_put_le16(head + 2, (uint16_t)(record->size | (record->dropped ? DROPPED : 0)));
    syn_put_le32(head + 4, record_crc(sequence, head, record->bytes, record->size));
    syn_flash_writer_init(&w, r->flash, bank_at(r, bank) + at);
    int rc = syn_flash_write(&w, head, sizeof head);
    if (rc == 0 && record->size > 0)
        rc = syn_flash_write(&w, record->bytes, record->size);
    return rc ? rc : syn_flash_flush(&w);
}

/* Does `record`, which ends at `cursor`, count still, once `key` has another value? */
static bool counts(const struct syn_records *r, const struct syn_record *record, uint32_t cursor,
                   uint16_t key)
{
    struct syn_record later;
    if (record->dropped || record->key == key)
        return false;
    while (syn_records_next(r, &cursor, &later))
        if (later.key == record->key)
            return false;
    return true;
}

/* Where the log of the other bank will end, without the value of `key`. */
static uint32_t compacted_end(const struct syn_records *r, uint16_t key)
{
    struct syn_record each;
    uint32_t end = log_start(r);
    for (uint32_t cursor = 0; syn_records_next(r, &cursor, &each);)
        if (counts(r, &each, cursor, key))
            end += record_bytes(r, &each);
    return end;
}

static int erase_bank(const struct syn_records *r, uint32_t bank)
{
    for (uint32_t i = 0; i < r->bank_pages; i++)
        if (r->flash->erase(r->flash->ctx, r->first_page + bank * r->bank_pages + i))
            return SYN_EIO;
    return 0;
}

static int write_bank_head(const struct syn_records *r, uint32_t bank, uint32_t sequence)
{
    struct syn_flash_writer w;
    uint8_t head[BANK_HEAD];
    make_bank_head(head, sequence);
    syn_flash_writer_init(&w, r->flash, bank_at(r, bank));
    int rc = syn_flash_write(&w, head, sizeof head);
    return rc ? rc : syn_flash_flush(&w);
}

/* Everything that counts, and `last`, into the bank that is not in use. */
static int copy_all(const struct syn_records *r, uint32_t bank, const struct syn_record *last,
                    uint32_t *end)
{
    struct syn_record each;
    *end = log_start(r);
    for (uint32_t cursor = 0; syn_records_next(r, &cursor, &each);) {
        if (!counts(r, &each, cursor, last->key))
            continue;
        if (write_record(r, bank, *end, r->sequence + 1, &each))
            return SYN_EIO;
        *end += record_bytes(r, &each);
    }
    if (last->dropped)
        return 0;
    int rc = write_record(r, bank, *end, r->sequence + 1, last);
    *end += record_bytes(r, last);
    return rc;
}

static int change_banks(struct syn_records *r, const struct syn_record *last)
{
    uint32_t other = 1 - r->bank, end = 0;
    if (record_bytes(r, last) > bank_bytes(r) - compacted_end(r, last->key))
        return SYN_ENOMEM;
    int rc = erase_bank(r, other);
    if (rc == 0)
        rc = copy_all(r, other, last, &end);
    if (rc == 0)
        rc = write_bank_head(r, other, r->sequence + 1);
    if (rc)
        return rc;
    r->bank = other;
    r->sequence++;
    r->end = end;
    r->torn = false;
    return 0;
}

static int append(struct syn_records *r, const struct syn_record *record)
{
    uint32_t size = record_bytes(r, record);
    if (r->torn || size > bank_bytes(r) - r->end)
        return change_banks(r, record);
    r->torn = true; /* until it is all there */
    int rc = write_record(r, r->bank, r->end, r->sequence, record);
    if (rc)
        return rc;
    r->end += size;
    r->torn = false;
    return 0;
}

int syn_records_put(struct syn_records *records, uint16_t key, const void *value, size_t size)
{
    struct syn_record old;
    if (key > SYN_RECORD_KEY_MAX || size > SYN_RECORD_MAX)
        return SYN_EINVAL;
    if (syn_records_find(records, key, &old) && old.size == size &&
        memcmp(old.bytes, value, size) == 0)
        return 0;
    if (!records->flash)
        return SYN_EIO;
    const struct syn_record record = {key, (uint16_t)size, false, value};
    return append(records, &record);
}

int syn_records_drop(struct syn_records *records, uint16_t key)
{
    struct syn_record record;
    if (!syn_records_find(records, key, &record))
        return 0;
    record = (struct syn_record){.key = key, .dropped = true};
    return append(records, &record);
}
