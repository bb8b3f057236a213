/* SPDX-License-Identifier: MIT */
/*
 * What the device keeps in a region of flash (devices/flash/FLASH.md): blobs by SHA-256, and small
 * records by key, of which some say which blobs there are.
 *
 * A blob is written from its start onwards, in pieces; it is `complete` when all bytes are there
 * and the hash agrees (a blob whose hash differs is dropped). It lies in whole pages of its own, in
 * one piece, and is read where the flash is mapped. It never moves. Room is made by dropping the
 * oldest blobs that are not pinned.
 *
 * A complete blob is there again after a reset, and is verified anew before anyone sees it; one
 * that was not complete is gone. Power may go at any time: every blob is then there or not.
 */
#ifndef SYN_DEVICES_AGENT_STORE_H
#define SYN_DEVICES_AGENT_STORE_H

#include "devices/base/hash.h"
#include "devices/flash/records.h"
#include "devices/flash/writer.h"
#include "devices/runtime/runtime.h"

/* Three deployments: the committed one, the prepared one, and what is left of the one before. */
#ifndef SYN_STORE_BLOBS_MAX
#define SYN_STORE_BLOBS_MAX (3 * (SYN_RT_PIPELINES_MAX + 1))
#endif

#define SYN_STORE_UPLOADS 2 /* blobs that are being written: one for each host */

/* Pages at the begin of the region hold the records: as many as make up these bytes, at least one,
 * twice. */
#define SYN_STORE_BANK_BYTES 8192

/* Keys of records. */
#define SYN_STORE_KEY_COMMITTED 1      /* transaction, hash of the deployment blob */
#define SYN_STORE_KEY_NAME      2      /* text that the user gave the device */
#define SYN_STORE_KEY_BLOBS     0x4000 /* and the SYN_STORE_BLOBS_MAX - 1 behind it */

struct syn_blob {
    bool used, complete;
    bool verified; /* complete: since the start */
    uint8_t pins;
    uint32_t mark;    /* the first bytes of the hash */
    uint32_t page;    /* the first, of the region */
    uint32_t length;  /* announced */
    uint32_t filled;  /* bytes there, from the start */
    uint32_t used_at; /* the store's count when it was last written or looked for */
};

struct syn_upload {
    struct syn_blob *blob; /* NULL: free */
    uint32_t erased;       /* pages of the blob, from its start */
    uint8_t hash[SYN_SHA256_SIZE];
    struct syn_flash_writer writer;
};

struct syn_store {
    const struct syn_flash *flash; /* NULL: a store without flash holds nothing */
    struct syn_records records;    /* for others, too, by other keys */
    uint32_t first_page;           /* of the blobs */
    uint32_t size;                 /* bytes for blobs */
    uint32_t count;                /* of uses: orders the blobs by age */
    struct syn_blob blobs[SYN_STORE_BLOBS_MAX];
    struct syn_upload uploads[SYN_STORE_UPLOADS];
};

/* `flash` stays where it is. One that is NULL or too small for the records gives a store that holds
 * nothing. Nothing is written. */
void syn_store_init(struct syn_store *store, const struct syn_flash *flash);

/* NULL where there is none. The blob becomes the youngest. */
struct syn_blob *syn_store_find(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE]);
const uint8_t *syn_store_bytes(const struct syn_store *store, const struct syn_blob *blob);

/* The same for a reader: NULL also while the blob is not complete. */
const struct syn_blob *syn_store_complete(struct syn_store *store,
                                          const uint8_t hash[SYN_SHA256_SIZE]);

/*
 * Adds `size` bytes at `offset`. length is needed with offset 0 of an unknown blob. Bytes before
 * `filled` are ignored (a repeat), a gap is not taken. Returns the number of bytes now held from
 * the start, or SYN_ENOMEM (no room, even after the oldest unpinned blobs were dropped),
 * SYN_ECORRUPT (hash differs: the blob is gone), SYN_EINVAL (no or other length, bytes behind it),
 * SYN_EIO (the flash failed: the blob is gone). Of more than SYN_STORE_UPLOADS blobs that are not
 * complete the oldest is dropped.
 */
long syn_store_put(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE], uint32_t offset,
                   uint32_t length, const uint8_t *bytes, size_t size);

/* Returns 0, SYN_ENOENT, SYN_EBUSY while pinned, or SYN_EIO. */
int syn_store_drop(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE]);

/* A pinned blob is not dropped. Pins are counted. SYN_ENOENT where there is no complete one. */
int syn_store_pin(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE]);
void syn_store_unpin(struct syn_store *store, const uint8_t hash[SYN_SHA256_SIZE]);

/* Bytes that blobs take: whole pages. */
uint32_t syn_store_used(const struct syn_store *store);

#endif
