/* SPDX-License-Identifier: MIT */
#include "devices/boot/journal.h"

#include "devices/base/bytes.h"
#include "devices/base/error.h"
#include "devices/base/hash.h"

#include <stdbool.h>
#include <string.h>

enum { CHECKED = SYN_JOURNAL_RECORD - 4 };

/* ---- a record ---- */

static void encode(uint8_t record[SYN_JOURNAL_RECORD], uint32_t sequence,
                   const struct syn_slots_state *state)
{
    syn_put_le32(record, sequence);
    record[4] = state->phase;
    record[5] = state->swap;
    record[6] = state->step;
    record[7] = 0;
    syn_put_le16(record + 8, state->page);
    syn_put_le16(record + 10, state->pages);
    syn_put_le32(record + CHECKED, syn_crc32(0, record, CHECKED));
}

static bool decode(const uint8_t record[SYN_JOURNAL_RECORD], uint32_t *sequence,
                   struct syn_slots_state *state)
{
    *sequence = syn_get_le32(record);
    *state = (struct syn_slots_state){.phase = record[4],
                                      .swap = record[5],
                                      .step = record[6],
                                      .page = syn_get_le16(record + 8),
                                      .pages = syn_get_le16(record + 10)};
    return syn_get_le32(record + CHECKED) == syn_crc32(0, record, CHECKED) &&
           state->phase <= SYN_SLOTS_TRIAL && state->swap <= SYN_SWAP_REVERT &&
           state->step < SYN_SWAP_STEPS && state->page <= state->pages;
}

/* ---- the pages ---- */

static uint32_t records(const struct syn_journal *journal)
{
    return journal->flash->page_bytes / SYN_JOURNAL_RECORD;
}

static uint32_t offset(const struct syn_journal *journal, uint32_t page, uint32_t record)
{
    return (journal->first + page) * journal->flash->page_bytes + record * SYN_JOURNAL_RECORD;
}

static bool is_erased(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != SYN_FLASH_ERASED)
            return false;
    return true;
}

/* Takes the records of a page that are newer; where its free space begins is told. */
static uint32_t scan(struct syn_journal *journal, uint32_t page)
{
    uint32_t end = 0;
    for (uint32_t i = 0; i < records(journal); i++) {
        const uint8_t *bytes = journal->flash->bytes + offset(journal, page, i);
        struct syn_slots_state state;
        uint32_t sequence;
        if (is_erased(bytes, SYN_JOURNAL_RECORD))
            continue;
        end = i + 1;
        if (!decode(bytes, &sequence, &state) || sequence <= journal->sequence)
            continue;
        journal->sequence = sequence;
        journal->state = state;
        journal->active = page;
    }
    return end;
}

/* Without any record both pages may hold remains: the first record begins a page anew. */
void syn_journal_open(struct syn_journal *journal, const struct syn_flash *flash, uint32_t first)
{
    uint32_t ends[SYN_JOURNAL_PAGES];
    *journal = (struct syn_journal){.flash = flash, .first = first};
    for (uint32_t page = 0; page < SYN_JOURNAL_PAGES; page++)
        ends[page] = scan(journal, page);
    journal->next = journal->sequence > 0 ? ends[journal->active] : records(journal);
}

/* The page that is full stays as it is until the other one is full, too. */
static int turn_over(struct syn_journal *journal)
{
    uint32_t other = 1 - journal->active;
    int rc = journal->flash->erase(journal->flash->ctx, journal->first + other);
    if (rc)
        return rc;
    journal->active = other;
    journal->next = 0;
    return 0;
}

int syn_journal_write(struct syn_journal *journal, const struct syn_slots_state *state)
{
    uint8_t record[SYN_JOURNAL_RECORD];
    int rc = journal->next < records(journal) ? 0 : turn_over(journal);
    if (rc)
        return rc;
    encode(record, journal->sequence + 1, state);
    rc = journal->flash->program(journal->flash->ctx,
                                 offset(journal, journal->active, journal->next++), record,
                                 sizeof record);
    if (rc)
        return rc;
    journal->sequence++;
    journal->state = *state;
    return 0;
}
