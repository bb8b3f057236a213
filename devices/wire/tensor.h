/* SPDX-License-Identifier: MIT */
/*
 * Command 4 of group 0x5359: pieces of tensors and what governs their flow (GROUP.md). Everything
 * after the SMP header is little endian. Functions read and write the payload, that is without the
 * SMP header; a message in whole is made by syn_tensor_begin.
 */
#ifndef SYN_DEVICES_WIRE_TENSOR_H
#define SYN_DEVICES_WIRE_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/base/error.h"

#define SYN_TENSOR_HEAD         12 /* bytes of a tensor header */
#define SYN_TENSOR_START        20 /* SMP header and tensor header: where the body begins in a message */
#define SYN_TENSOR_CRC          4 /* CRC-32 at the end of the last piece */
#define SYN_TENSOR_TOKEN_SIZE   40
#define SYN_TENSOR_RESULT_SIZE  12 /* behind the token */
#define SYN_TENSOR_CREDIT_SIZE  12
#define SYN_TENSOR_MISSING_SIZE 4
#define SYN_TENSOR_PIPES        64 /* pipelines that a counts message may carry */

enum syn_tensor_kind {
    SYN_TENSOR_DATA = 0,
    SYN_TENSOR_CREDIT = 1,
    SYN_TENSOR_MISSING = 2,
    SYN_TENSOR_COUNTS = 3,
    SYN_TENSOR_ASK = 4,
    SYN_TENSOR_GRANT = 5,
    SYN_TENSOR_DECLINE = 6,
    SYN_TENSOR_DROPPED = 7,
    SYN_TENSOR_WHO = 8, /* on a wire between devices only */
};

enum syn_tensor_flag {
    SYN_TENSOR_LAST = 1, /* data: the last piece; the CRC-32 of the whole tensor follows */
};

struct syn_tensor_head {
    uint16_t stream;
    uint8_t kind;
    uint8_t flags;
    uint32_t inference;
    uint32_t offset; /* bytes from the start of the tensor, token included */
};

/* Travels before the first stream of every hop. */
struct syn_tensor_token {
    uint32_t inference;
    int64_t sensed_ns; /* beginning of sensing, clock of the source */
    int64_t ready_ns;  /* arrival of the last byte by the sender's link model; virtual time only */
    uint64_t input_hash;
    uint64_t output_hash;
};

/* What the last hop carries behind its token. */
struct syn_tensor_result {
    uint16_t best;  /* index of the largest output, channel-major */
    uint16_t count; /* of output elements, capped at 65535 */
    int32_t value;  /* the largest output */
    int32_t second; /* the next largest */
};

struct syn_tensor_credit {
    uint32_t bytes;
    int64_t at_ns;
};

/*
 * Writes SMP header and tensor header of a message with `body` bytes after them, to the
 * SYN_TENSOR_START bytes at `to`. Returns the size of the whole message.
 */
size_t syn_tensor_begin(uint8_t to[SYN_TENSOR_START], const struct syn_tensor_head *h, uint8_t seq,
                        size_t body);

/* Reads a payload's header; *body and *size are what follows. SYN_EPROTO when it is too short. */
int syn_tensor_get(struct syn_tensor_head *h, const uint8_t *payload, size_t payload_size,
                   const uint8_t **body, size_t *size);

void syn_tensor_token_put(uint8_t to[SYN_TENSOR_TOKEN_SIZE], const struct syn_tensor_token *t);
void syn_tensor_token_get(struct syn_tensor_token *t, const uint8_t from[SYN_TENSOR_TOKEN_SIZE]);
void syn_tensor_result_put(uint8_t to[SYN_TENSOR_RESULT_SIZE], const struct syn_tensor_result *r);
void syn_tensor_result_get(struct syn_tensor_result *r, const uint8_t from[SYN_TENSOR_RESULT_SIZE]);
void syn_tensor_credit_put(uint8_t to[SYN_TENSOR_CREDIT_SIZE], const struct syn_tensor_credit *c);
int syn_tensor_credit_get(struct syn_tensor_credit *c, const uint8_t *from, size_t size);
void syn_tensor_missing_put(uint8_t to[SYN_TENSOR_MISSING_SIZE], uint32_t length);
int syn_tensor_missing_get(uint32_t *length, const uint8_t *from, size_t size);

/* Bytes of a counts body for `n` pipelines. */
static inline size_t syn_tensor_counts_size(size_t n)
{
    return 2 + 4 * n + 8;
}
/* `done` has n elements, n at most SYN_TENSOR_PIPES; returns the bytes written. */
size_t syn_tensor_counts_put(uint8_t *to, const uint32_t *done, size_t n, int64_t at_ns);
/* Fills `done` up to `max`; returns the number of pipelines or SYN_EPROTO. */
int syn_tensor_counts_get(uint32_t *done, size_t max, int64_t *at_ns, const uint8_t *from,
                          size_t size);

#endif
