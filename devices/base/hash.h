/* SPDX-License-Identifier: MIT */
/*
 * Hashes that host and device must agree on.
 *
 * SHA-256 (FIPS 180-4) names content: model weights, chunk images, deployments. FNV-1a (64 bit)
 * tags the tensors of one inference so that two devices can compare what they saw; it is not
 * meant to resist an attacker. CRC-32 (IEEE 802.3) closes a tensor on the wire. SplitMix64 gives
 * the reproducible numbers of seeded weights and of sensors that have no file.
 */
#ifndef SYN_DEVICES_BASE_HASH_H
#define SYN_DEVICES_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define SYN_SHA256_SIZE 32

struct syn_sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes taken so far */
    uint8_t block[64];
};

void syn_sha256_init(struct syn_sha256 *h);
void syn_sha256_update(struct syn_sha256 *h, const void *data, size_t size);
void syn_sha256_final(struct syn_sha256 *h, uint8_t digest[SYN_SHA256_SIZE]);
void syn_sha256(const void *data, size_t size, uint8_t digest[SYN_SHA256_SIZE]);

#define SYN_FNV1A_START 0xcbf29ce484222325u
/* Continues `hash` (SYN_FNV1A_START for a new one) over `size` bytes. */
uint64_t syn_fnv1a(uint64_t hash, const void *data, size_t size);

/* Continues `crc` (0 for a new one) over `size` bytes. */
uint32_t syn_crc32(uint32_t crc, const void *data, size_t size);

/* The next number of the sequence that `state` holds. */
uint64_t syn_splitmix64(uint64_t *state);

#endif
