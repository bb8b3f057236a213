/* SPDX-License-Identifier: MIT */
#include "devices/agent/store.h"

#include "devices/base/bytes.h"
#include "devices/base/error.h"

#include <string.h>

/* What the record of a complete blob says; the key is SYN_STORE_KEY_BLOBS + its place in the
 * table. */
enum {
    ENTRY_PAGE = SYN_SHA256_SIZE, /* behind the hash */
    ENTRY_LENGTH = ENTRY_PAGE + 4,
    ENTRY_COUNT = ENTRY_LENGTH + 4,
    ENTRY_BYTES = ENTRY_COUNT + 4,
};

_Static_assert(SYN_STORE_BLOBS_MAX * 64 + 1024 <= SYN_STORE_BANK_BYTES,
               "the records of all blobs, and others, fit in a bank");

static uint32_t pages_of(const struct syn_store *store, uint32_t length)
{
    return length / store->flash->page_bytes + (length % store->flash->page_bytes > 0);
}

static uint16_t key_of(const struct syn_store *store, const struct syn_blob *blob)
{
    return (uint16_t)(SYN_STORE_KEY_BLOBS + (blob - store->blobs));
}

/* ---- after a start ---- */

static bool read_entry(const struct syn_store *store, const struct syn_record *record,
                       struct syn_blob *blob)
{
    if (record->size != ENTRY_BYTES)
        return false;
    *blob = (struct syn_blob){.used = true,
                              .complete = true,
                              .mark = syn_get_le32(record->bytes),
                              .page = syn_get_le32(record->bytes + ENTRY_PAGE),
                              .length = syn_get_le32(record->bytes + ENTRY_LENGTH),
                              .used_at = syn_get_le32(record->bytes + ENTRY_COUNT)};
    blob->filled = blob->length;
    uint32_t last = store->flash->page_count, pages = pages_of(store, blob->length);
    return pages > 0 && blob->page >= store->first_page && blob->page < last &&
           pages <= last - blob->page;
}

static bool overlap(const struct syn_store *store, const struct syn_blob *a,
                    const struct syn_blob *b)
{
    return a->used && b->used && a->page < b->page + pages_of(store, b->length) &&
           b->page < a->page + pages_of(store, a->length);
}

/* Firmware with a shorter table may have given away the pages of a blob that it did not see. */
static void forget_overwritten(struct syn_store *store)
{
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++)
        for (unsigned k = 0; k < SYN_STORE_BLOBS_MAX; k++) {
            struct syn_blob *a = &store->blobs[i], *b = &store->blobs[k];
            if (i != k && overlap(store, a, b))
                (a->used_at < b->used_at ? a : b)->used = false;
        }
}

static void read_entries(struct syn_store *store)
{
    struct syn_record record;
    for (uint32_t cursor = 0; syn_records_next(&store->records, &cursor, &record);) {
        unsigned index = (unsigned)record.key - SYN_STORE_KEY_BLOBS;
        if (index >= SYN_STORE_BLOBS_MAX)
            continue;
        struct syn_blob *blob = &store->blobs[index];
        blob->used = !record.dropped && read_entry(store, &record, blob);
        if (blob->used && blob->used_at > store->count)
            store->count = blob->used_at;
    }
    forget_overwritten(store);
}

void syn_store_init(struct syn_store *store, const struct syn_flash *flash)
{
    memset(store, 0, sizeof *store);
    if (!flash || flash->page_bytes == 0)
        return;
    uint32_t bank = (SYN_STORE_BANK_BYTES + flash->page_bytes - 1) / flash->page_bytes;
    if (syn_records_open(&store->records, flash, 0, bank))
        return;
    store->flash = flash;
    store->first_page = 2 * bank;
    store->size = (flash->page_count - store->first_page) * flash->page_bytes;
    read_entries(store);
}

/* ---- finding ---- */

const uint8_t *syn_store_bytes(const struct syn_store *store, const struct syn_blob *blob)
{
    return store->flash->bytes + (size_t)blob->page * store->flash->page_bytes;
}

static bool has_hash(const struct syn_store *store, const struct syn_blob *blob,
                     const uint8_t hash[SYN_SHA256_SIZE])
{
    struct syn_record record;
    for (unsigned i = 0; i < SYN_STORE_UPLOADS; i++)
        if (store->uploads[i].blob == blob)
            return memcmp(store->uploads[i].hash, hash, SYN_SHA256_SIZE) == 0;
    return syn_records_find(&store->records, key_of(store, blob), &record) &&
           memcmp(record.bytes, hash, SYN_SHA256_SIZE) == 0;
}

static struct syn_blob *look_up(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE])
{
    uint32_t mark = syn_get_le32(hash);
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++) {
        struct syn_blob *b = &store->blobs[i];
        if (b->used && b->mark == mark && has_hash(store, b, hash))
            return b;
    }
    return NULL;
}

static int forget(struct syn_store *store, struct syn_blob *blob)
{
    for (unsigned i = 0; i < SYN_STORE_UPLOADS; i++)
        if (store->uploads[i].blob == blob)
            store->uploads[i].blob = NULL;
    if (blob->complete && syn_records_drop(&store->records, key_of(store, blob)))
        return SYN_EIO;
    blob->used = false;
    return 0;
}

static bool hash_agrees(const struct syn_store *store, const struct syn_blob *blob,
                        const uint8_t hash[SYN_SHA256_SIZE])
{
    uint8_t digest[SYN_SHA256_SIZE];
    syn_sha256(syn_store_bytes(store, blob), blob->length, digest);
    return memcmp(digest, hash, SYN_SHA256_SIZE) == 0;
}

/* What a start found in flash is looked at when it is first asked for. */
static struct syn_blob *find(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct syn_blob *blob = look_up(store, hash);
    if (!blob || !blob->complete || blob->verified)
        return blob;
    blob->verified = hash_agrees(store, blob, hash);
    if (blob->verified)
        return blob;
    if (forget(store, blob))
        blob->used = false; /* until the next start, which looks again */
    return NULL;
}

static void touch(struct syn_store *store, struct syn_blob *blob)
{
    blob->used_at = ++store->count;
}

struct syn_blob *syn_store_find(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct syn_blob *blob = find(store, hash);
    if (blob)
        touch(store, blob);
    return blob;
}

const struct syn_blob *syn_store_complete(struct syn_store *store,
                                          const uint8_t hash[SYN_SHA256_SIZE])
{
    const struct syn_blob *blob = find(store, hash);
    return blob && blob->complete ? blob : NULL;
}

/* ---- room ---- */

/* The blob that begins first at or behind page `at`; of the pinned ones only: as if everything else
 * were dropped. */
static const struct syn_blob *next_blob(const struct syn_store *store, uint32_t at,
                                        bool pinned_only)
{
    const struct syn_blob *best = NULL;
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++) {
        const struct syn_blob *b = &store->blobs[i];
        bool counts = b->used && (b->pins > 0 || !pinned_only);
        if (counts && b->page >= at && (!best || b->page < best->page))
            best = b;
    }
    return best;
}

static bool find_gap(const struct syn_store *store, bool pinned_only, uint32_t length,
                     uint32_t *page)
{
    const struct syn_blob *b = NULL;
    *page = store->first_page;
    do {
        b = next_blob(store, *page, pinned_only);
        uint32_t end = b ? b->page : store->flash->page_count;
        if (end - *page >= pages_of(store, length))
            return true;
        *page = b ? b->page + pages_of(store, b->length) : end;
    } while (b);
    return false;
}

static struct syn_blob *oldest_unpinned(struct syn_store *store, bool incomplete)
{
    struct syn_blob *oldest = NULL;
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++) {
        struct syn_blob *b = &store->blobs[i];
        if (b->used && b->pins == 0 && !(incomplete && b->complete) &&
            (!oldest || b->used_at < oldest->used_at))
            oldest = b;
    }
    return oldest;
}

static struct syn_blob *free_entry(struct syn_store *store)
{
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++)
        if (!store->blobs[i].used)
            return &store->blobs[i];
    return NULL;
}

/* Nothing is dropped for a blob that would not fit all the same. */
static bool can_fit(const struct syn_store *store, uint32_t length)
{
    uint32_t page;
    unsigned pinned = 0;
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++)
        pinned += store->blobs[i].used && store->blobs[i].pins > 0;
    return store->flash && pinned < SYN_STORE_BLOBS_MAX && find_gap(store, true, length, &page);
}

static int allocate(struct syn_store *store, uint32_t length, struct syn_blob **blob)
{
    uint32_t page = 0;
    if (!can_fit(store, length))
        return SYN_ENOMEM;
    struct syn_blob *entry = free_entry(store);
    while (!entry || !find_gap(store, false, length, &page)) {
        if (forget(store, oldest_unpinned(store, false)))
            return SYN_EIO;
        entry = free_entry(store);
    }
    *entry = (struct syn_blob){.used = true, .page = page, .length = length};
    touch(store, entry);
    *blob = entry;
    return 0;
}

/* ---- writing ---- */

static struct syn_upload *upload_of(struct syn_store *store, const struct syn_blob *blob)
{
    for (unsigned i = 0; i < SYN_STORE_UPLOADS; i++)
        if (store->uploads[i].blob == blob)
            return &store->uploads[i];
    return NULL;
}

static int begin(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE], uint32_t length,
                 struct syn_blob **blob)
{
    if (length == 0)
        return SYN_EINVAL;
    int rc = allocate(store, length, blob);
    if (rc)
        return rc;
    struct syn_upload *u = upload_of(store, NULL);
    if (!u) {
        (void)forget(store, oldest_unpinned(store, true));
        u = upload_of(store, NULL);
    }
    (*blob)->mark = syn_get_le32(hash);
    u->blob = *blob;
    u->erased = 0;
    memcpy(u->hash, hash, SYN_SHA256_SIZE);
    syn_flash_writer_init(&u->writer, store->flash, (*blob)->page * store->flash->page_bytes);
    return 0;
}

/* Pages are erased when their turn comes: erasing takes long. */
static int erase_up_to(struct syn_store *store, struct syn_upload *u, uint32_t end)
{
    for (; u->erased < pages_of(store, end); u->erased++)
        if (store->flash->erase(store->flash->ctx, u->blob->page + u->erased))
            return SYN_EIO;
    return 0;
}

static int record_entry(struct syn_store *store, const struct syn_upload *u)
{
    uint8_t entry[ENTRY_BYTES];
    memcpy(entry, u->hash, SYN_SHA256_SIZE);
    syn_put_le32(entry + ENTRY_PAGE, u->blob->page);
    syn_put_le32(entry + ENTRY_LENGTH, u->blob->length);
    syn_put_le32(entry + ENTRY_COUNT, u->blob->used_at);
    return syn_records_put(&store->records, key_of(store, u->blob), entry, sizeof entry);
}

static int finish(struct syn_store *store, struct syn_upload *u)
{
    int rc = syn_flash_flush(&u->writer);
    if (rc == 0 && !hash_agrees(store, u->blob, u->hash))
        rc = SYN_ECORRUPT;
    if (rc == 0)
        rc = record_entry(store, u);
    if (rc)
        return rc;
    u->blob->complete = u->blob->verified = true;
    u->blob = NULL;
    return 0;
}

static int write(struct syn_store *store, struct syn_upload *u, const uint8_t *bytes, size_t size)
{
    uint32_t end = u->blob->filled + (uint32_t)size;
    int rc = erase_up_to(store, u, end);
    if (rc == 0)
        rc = syn_flash_write(&u->writer, bytes, size);
    u->blob->filled = end;
    return rc == 0 && end == u->blob->length ? finish(store, u) : rc;
}

static long append(struct syn_store *store, struct syn_blob *blob, uint32_t offset,
                   const uint8_t *bytes, size_t size)
{
    if (offset > blob->length || size > blob->length - offset)
        return SYN_EINVAL;
    if (blob->complete || offset > blob->filled || offset + (uint32_t)size <= blob->filled)
        return (long)blob->filled;
    uint32_t known = blob->filled - offset;
    int rc = write(store, upload_of(store, blob), bytes + known, size - known);
    if (rc == 0)
        return (long)blob->filled;
    (void)forget(store, blob);
    return rc;
}

long syn_store_put(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE], uint32_t offset,
                   uint32_t length, const uint8_t *bytes, size_t size)
{
    struct syn_blob *blob = find(store, hash);
    if (blob && length > 0 && length != blob->length) {
        if (blob->complete || offset > 0)
            return SYN_EINVAL;
        (void)forget(store, blob); /* the first announcement was wrong: start again */
        blob = NULL;
    }
    if (!blob && offset > 0)
        return 0; /* an upload that was dropped: the sender starts again */
    if (!blob) {
        int rc = begin(store, hash, length, &blob);
        if (rc < 0)
            return rc;
    }
    touch(store, blob);
    return append(store, blob, offset, bytes, size);
}

/* ---- dropping and keeping ---- */

int syn_store_drop(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct syn_blob *blob = look_up(store, hash);
    if (!blob)
        return SYN_ENOENT;
    return blob->pins > 0 ? SYN_EBUSY : forget(store, blob);
}

int syn_store_pin(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct syn_blob *blob = look_up(store, hash);
    if (!blob || !blob->complete)
        return SYN_ENOENT;
    blob->pins++;
    return 0;
}

void syn_store_unpin(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct syn_blob *blob = look_up(store, hash);
    if (blob && blob->pins > 0)
        blob->pins--;
}

uint32_t syn_store_used(const struct syn_store *store)
{
    uint32_t bytes = 0;
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++)
        if (store->blobs[i].used)
            bytes += pages_of(store, store->blobs[i].length) * store->flash->page_bytes;
    return bytes;
}
