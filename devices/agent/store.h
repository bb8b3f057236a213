/* SPDX-License-Identifier: MIT */
/*
 * Blobs by SHA-256 in a block of memory that the caller gives. A blob is written from its start
 * onwards, in pieces; it is `complete` when all bytes are there and the hash agrees (a blob whose
 * hash differs is dropped). Complete blobs do not move while they are pinned.
 */
#ifndef SYN_DEVICES_AGENT_STORE_H
#define SYN_DEVICES_AGENT_STORE_H

#include "devices/base/hash.h"

#include <stdbool.h>

#define SYN_STORE_BLOBS_MAX 96

struct syn_blob {
    bool used, complete;
    uint8_t pins;
    uint8_t hash[SYN_SHA256_SIZE];
    uint32_t offset;  /* in the store's memory */
    uint32_t length;  /* announced */
    uint32_t filled;  /* bytes there, from the start */
    uint32_t used_at; /* the store's count when it was last written or looked for */
};

struct syn_store {
    uint8_t *memory;
    uint32_t size;
    uint32_t count; /* of uses: orders the blobs by age */
    struct syn_blob blobs[SYN_STORE_BLOBS_MAX];
};

void syn_store_init(struct syn_store *store, uint8_t *memory, size_t size);

/* NULL where there is none. The blob becomes the youngest. */
struct syn_blob *syn_store_find(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE]);
const uint8_t *syn_store_bytes(const struct syn_store *store, const struct syn_blob *blob);

/* The same for a reader: NULL also while the blob is not complete. */
const struct syn_blob *syn_store_complete(const struct syn_store *store,
                                          const uint8_t hash[SYN_SHA256_SIZE]);

/*
 * Adds `size` bytes at `offset`. length is needed with offset 0 of an unknown blob. Bytes before
 * `filled` are ignored (a repeat), a gap is not taken. Returns the number of bytes now held from
 * the start, or SYN_ENOMEM (no room, even after the oldest unpinned blobs were dropped),
 * SYN_ECORRUPT (hash differs: the blob is gone), SYN_EINVAL (no or other length, bytes behind it).
 */
long syn_store_put(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE], uint32_t offset,
                   uint32_t length, const uint8_t *bytes, size_t size);

/* Returns 0, SYN_ENOENT, or SYN_EBUSY while pinned. */
int syn_store_drop(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE]);

/* A pinned blob is neither dropped nor moved. Pins are counted. SYN_ENOENT where there is none. */
int syn_store_pin(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE]);
void syn_store_unpin(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE]);

/* The largest block that no blob uses, aligned for any type: scratch until the next put. */
uint8_t *syn_store_scratch(const struct syn_store *store, size_t *size);

/* Bytes that blobs take. */
uint32_t syn_store_used(const struct syn_store *store);

#endif
