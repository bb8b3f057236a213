/* SPDX-License-Identifier: MIT */
#include "devices/agent/store.h"

#include "devices/base/error.h"

#include <string.h>

enum { ALIGN = 8 }; /* images are read in place */

static uint32_t align_up(uint32_t v)
{
    return (v + (ALIGN - 1)) & ~(uint32_t)(ALIGN - 1);
}

void syn_store_init(struct syn_store *store, uint8_t *memory, size_t size)
{
    size_t skip = (ALIGN - (uintptr_t)memory % ALIGN) % ALIGN;
    memset(store, 0, sizeof *store);
    if (size < skip + ALIGN)
        return;
    size = (size - skip) & ~(size_t)(ALIGN - 1);
    store->memory = memory + skip;
    store->size = size > INT32_MAX ? INT32_MAX & ~(ALIGN - 1) : (uint32_t)size;
}

static struct syn_blob *find(const struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE])
{
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++) {
        const struct syn_blob *b = &store->blobs[i];
        if (b->used && memcmp(b->hash, hash, SYN_SHA256_SIZE) == 0)
            return (struct syn_blob *)b;
    }
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

const struct syn_blob *syn_store_complete(const struct syn_store *store,
                                          const uint8_t hash[SYN_SHA256_SIZE])
{
    const struct syn_blob *blob = find(store, hash);
    return blob && blob->complete ? blob : NULL;
}

const uint8_t *syn_store_bytes(const struct syn_store *store, const struct syn_blob *blob)
{
    return store->memory + blob->offset;
}

/* A walk over the gaps between blobs, in ascending order. */
struct gaps {
    const struct syn_store *store;
    bool pinned_only; /* as if everything that is not pinned were dropped */
    uint32_t at;      /* where the search goes on */
    uint32_t start, size;
};

static const struct syn_blob *next_blob(const struct gaps *g)
{
    const struct syn_blob *best = NULL;
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++) {
        const struct syn_blob *b = &g->store->blobs[i];
        bool counts = b->used && (b->pins > 0 || !g->pinned_only);
        if (counts && b->offset >= g->at && (!best || b->offset < best->offset))
            best = b;
    }
    return best;
}

static bool next_gap(struct gaps *g)
{
    if (g->at > g->store->size)
        return false;
    const struct syn_blob *b = next_blob(g);
    g->start = g->at;
    g->size = (b ? b->offset : g->store->size) - g->at;
    g->at = b ? b->offset + align_up(b->length) : g->store->size + 1;
    return true;
}

static bool find_gap(const struct syn_store *store, bool pinned_only, uint32_t length,
                     uint32_t *offset)
{
    struct gaps g = {.store = store, .pinned_only = pinned_only};
    while (next_gap(&g)) {
        if (g.size >= align_up(length)) {
            *offset = g.start;
            return true;
        }
    }
    return false;
}

uint8_t *syn_store_scratch(const struct syn_store *store, size_t *size)
{
    struct gaps g = {.store = store};
    uint32_t start = 0, largest = 0;
    while (next_gap(&g)) {
        start = g.size > largest ? g.start : start;
        largest = g.size > largest ? g.size : largest;
    }
    *size = largest;
    return store->memory ? store->memory + start : NULL;
}

static struct syn_blob *oldest_unpinned(struct syn_store *store)
{
    struct syn_blob *oldest = NULL;
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++) {
        struct syn_blob *b = &store->blobs[i];
        if (b->used && b->pins == 0 && (!oldest || b->used_at < oldest->used_at))
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
    uint32_t offset;
    unsigned pinned = 0;
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++)
        pinned += store->blobs[i].used && store->blobs[i].pins > 0;
    return length <= store->size && pinned < SYN_STORE_BLOBS_MAX &&
           find_gap(store, true, length, &offset);
}

static struct syn_blob *allocate(struct syn_store *store, uint32_t length)
{
    uint32_t offset = 0;
    if (!can_fit(store, length))
        return NULL;
    struct syn_blob *entry = free_entry(store);
    while (!entry || !find_gap(store, false, length, &offset)) {
        oldest_unpinned(store)->used = false;
        entry = free_entry(store);
    }
    *entry = (struct syn_blob){.used = true, .offset = offset, .length = length};
    return entry;
}

static long begin(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE], uint32_t length,
                  struct syn_blob **blob)
{
    if (length == 0)
        return SYN_EINVAL;
    *blob = allocate(store, length);
    if (!*blob)
        return SYN_ENOMEM;
    memcpy((*blob)->hash, hash, SYN_SHA256_SIZE);
    return 0;
}

static long verify(struct syn_store *store, struct syn_blob *blob)
{
    uint8_t digest[SYN_SHA256_SIZE];
    syn_sha256(syn_store_bytes(store, blob), blob->length, digest);
    blob->complete = memcmp(digest, blob->hash, SYN_SHA256_SIZE) == 0;
    blob->used = blob->complete;
    return blob->complete ? (long)blob->length : SYN_ECORRUPT;
}

static long append(struct syn_store *store, struct syn_blob *blob, uint32_t offset,
                   const uint8_t *bytes, size_t size)
{
    if (offset > blob->length || size > blob->length - offset)
        return SYN_EINVAL;
    uint32_t end = offset + (uint32_t)size;
    if (blob->complete || offset > blob->filled || end <= blob->filled)
        return (long)blob->filled;
    uint32_t known = blob->filled - offset;
    memcpy(store->memory + blob->offset + blob->filled, bytes + known, size - known);
    blob->filled = end;
    return end == blob->length ? verify(store, blob) : (long)end;
}

long syn_store_put(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE], uint32_t offset,
                   uint32_t length, const uint8_t *bytes, size_t size)
{
    struct syn_blob *blob = find(store, hash);
    if (blob && length > 0 && length != blob->length) {
        if (blob->complete || offset > 0)
            return SYN_EINVAL;
        blob->used = false; /* the first announcement was wrong: start again */
        blob = NULL;
    }
    if (!blob && offset > 0)
        return 0; /* an upload that was dropped: the sender starts again */
    if (!blob) {
        long rc = begin(store, hash, length, &blob);
        if (rc < 0)
            return rc;
    }
    touch(store, blob);
    return append(store, blob, offset, bytes, size);
}

int syn_store_drop(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct syn_blob *blob = find(store, hash);
    if (!blob)
        return SYN_ENOENT;
    if (blob->pins > 0)
        return SYN_EBUSY;
    blob->used = false;
    return 0;
}

int syn_store_pin(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct syn_blob *blob = find(store, hash);
    if (!blob)
        return SYN_ENOENT;
    blob->pins++;
    return 0;
}

void syn_store_unpin(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct syn_blob *blob = find(store, hash);
    if (blob && blob->pins > 0)
        blob->pins--;
}

uint32_t syn_store_used(const struct syn_store *store)
{
    uint32_t bytes = 0;
    for (unsigned i = 0; i < SYN_STORE_BLOBS_MAX; i++)
        if (store->blobs[i].used)
            bytes += align_up(store->blobs[i].length);
    return bytes;
}
