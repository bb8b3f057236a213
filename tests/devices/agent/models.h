/* SPDX-License-Identifier: MIT */
/* Small models, deployment blobs, the figures of a board and the requests that bring all of it to a
 * device: for tests of agents in every world. */
#ifndef SYN_TESTS_DEVICES_AGENT_MODELS_H
#define SYN_TESTS_DEVICES_AGENT_MODELS_H

#include "devices/agent/deployment.h"
#include "devices/wire/cbor.h"

/* A chain of 3x3 convolutions with bias over size x size pictures of 3 channels: `wide` output
 * channels everywhere, weights from a seed. */
struct chain {
    unsigned layers, wide, size;
};

/* The image of layers [first, last) of the chain; returns its size. */
size_t chain_image(struct chain chain, unsigned first, unsigned last, uint8_t *bytes,
                   size_t capacity);

/* One pipeline of a deployment blob; a part is there when its pointer or kind is not NULL. */
struct blob_pipe {
    unsigned weight;
    const uint8_t *chunk; /* hash of the image */
    unsigned hop, from, to, in, out;
    const char *sensor;
    unsigned sense_bytes, sense_to;
    unsigned gap_ns; /* rate cap */
    const char *actuator;
    unsigned act_from;
};

/* Writes the blob; returns its size. */
size_t deployment_blob(unsigned self, unsigned devices, const struct blob_pipe *pipes,
                       unsigned count, uint8_t *bytes, size_t capacity);

/* A MAX78000 feather's figures, as in devices/profiles. */
struct syn_timing feather_timing(void);

/* Payloads of requests: a piece of a blob, whose length the first one tells; a verb about a plan,
 * `hash` NULL where it has none. */
void put_blob_piece(struct syn_cbor_out *out, const uint8_t hash[SYN_SHA256_SIZE],
                    const uint8_t *blob, size_t size, size_t at, size_t piece);
void put_plan(struct syn_cbor_out *out, const char *op, uint32_t txn, const uint8_t *hash);

#endif
