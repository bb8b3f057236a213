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
    uint32_t offset; /* in the store's memory */
    uint32_t length; /* announced */
    uint32_t filled; /* bytes there, from the start */
};

struct syn_store {
    uint8_t *memory;
    uint32_t size;
    struct syn_blob blobs[SYN_STORE_BLOBS_MAX];
};

void syn_store_init(struct syn_store *store, uint8_t *memory, size_t size);

/* NULL where there is none. */
struct syn_blob *syn_store_find(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE]);
const uint8_t *syn_store_bytes(const struct syn_store *store, const struct syn_blob *blob);

/*
 * Adds `size` bytes at `offset`. length is needed with offset 0 of an unknown blob. Bytes before
 * `filled` are ignored (a repeat), a gap is not taken. Returns the number of bytes now held from
 * the start, or SYN_ENOMEM (no room, unpinned blobs were dropped first), SYN_ECORRUPT (hash
 * differs: the blob is gone), SYN_EINVAL.
 */
long syn_store_put(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE], uint32_t offset,
                   uint32_t length, const uint8_t *bytes, size_t size);

/* Returns 0, SYN_ENOENT, or SYN_EBUSY while pinned. */
int syn_store_drop(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE]);

#endif
