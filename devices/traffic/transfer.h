/* SPDX-License-Identifier: MIT */
/*
 * One hop of one inference as tensor messages (devices/wire/GROUP.md, command 4).
 *
 * A hop is one or more tensors on consecutive streams; the first stream begins with the token. An
 * *outgoing* cuts it into messages and remembers where it stands when the link takes no more; an
 * *incoming* puts the pieces together in any order, ignores those that it has, asks again for what
 * is missing, and says when that was in vain for long. Neither knows a link: messages leave through
 * a callback, come as head and body. All memory is the caller's. Times are nanoseconds of
 * any clock, the same in all calls.
 */
#ifndef SYN_DEVICES_TRAFFIC_TRANSFER_H
#define SYN_DEVICES_TRAFFIC_TRANSFER_H

#include "devices/agent/limits.h"
#include "devices/part/layer.h"
#include "devices/wire/tensor.h"

#define SYN_TRANSFER_PIECE_MAX (SYN_TRANSFER_MESSAGE_MAX - SYN_TENSOR_START - SYN_TENSOR_CRC)
#ifndef SYN_TRANSFER_RANGES
#define SYN_TRANSFER_RANGES 16 /* separate ranges of received bytes that are remembered */
#endif
#define SYN_TRANSFER_TRIES 8 /* time-outs without a new byte until the other end counts as away */

/* What flows in one hop. */
struct syn_hop {
    uint16_t stream;              /* of the first tensor */
    uint8_t count;                /* tensors, 1..SYN_LIVE_MAX */
    uint32_t sizes[SYN_LIVE_MAX]; /* bytes of each, token not included */
};

/* Takes a whole message. Returns false when the link has no room for it now. */
typedef bool (*syn_transfer_write)(void *ctx, const uint8_t *message, size_t size);

/* ---- sending ---- */

struct syn_outgoing {
    struct syn_hop hop;
    uint8_t token[SYN_TENSOR_TOKEN_SIZE];
    uint32_t inference;
    const uint8_t *data; /* the tensors one after the other; unchanged until the slot is freed */
    /* Where it stands. */
    uint8_t index;
    uint32_t offset;
};

void syn_outgoing_open(struct syn_outgoing *out, const struct syn_hop *hop,
                       const struct syn_tensor_token *token, const uint8_t *data);

/* Writes what is left. Returns 0 when all is written, SYN_EBUSY when `write` took no more. */
int syn_outgoing_write(struct syn_outgoing *out, syn_transfer_write write, void *ctx);

/*
 * Writes `length` bytes of a stream from `offset` again, as the receiver asked. Returns 0,
 * SYN_EINVAL when there are no such bytes, SYN_EBUSY when `write` took no more (the receiver will
 * ask again).
 */
int syn_outgoing_again(const struct syn_outgoing *out, uint16_t stream, uint32_t offset,
                       uint32_t length, syn_transfer_write write, void *ctx);

/* ---- receiving ---- */

struct syn_incoming {
    struct syn_hop hop;
    uint32_t inference;
    uint8_t token[SYN_TENSOR_TOKEN_SIZE];
    uint8_t *data; /* takes the tensors one after the other */
    struct syn_range {
        uint32_t begin, end;
    } ranges[SYN_TRANSFER_RANGES]; /* of bytes that are here, over all streams; ascending */
    uint8_t range_count;
    uint32_t crc[SYN_LIVE_MAX];
    uint8_t crc_known; /* bit k: crc[k] came */
    uint8_t tries;
    int64_t timeout_ns;
    int64_t due_ns; /* when missing pieces are asked for */
};

void syn_incoming_open(struct syn_incoming *in, const struct syn_hop *hop, uint32_t inference,
                       uint8_t *data, int64_t timeout_ns, int64_t now_ns);

/*
 * Takes a piece. Returns 1 when the hop is complete and every CRC agrees (then read the token), 0
 * when there is more to come, SYN_EPROTO when the piece is of another hop or reaches beyond it. A
 * tensor whose CRC does not agree is forgotten and will be asked for again.
 */
int syn_incoming_take(struct syn_incoming *in, const struct syn_tensor_head *head,
                      const uint8_t *body, size_t size, int64_t now_ns);

void syn_incoming_token(const struct syn_incoming *in, struct syn_tensor_token *token);

/* Once due_ns has come: asks for what is missing. Returns 0, or SYN_ETIMEOUT when the sender is
 * away. */
int syn_incoming_poll(struct syn_incoming *in, int64_t now_ns, syn_transfer_write write, void *ctx);

/* ---- both ---- */

/* Bytes of stream `index` of a hop, token included. */
uint32_t syn_hop_stream_bytes(const struct syn_hop *hop, unsigned index);

/* Makes a `dropped` message. Returns its size; `message` takes SYN_TENSOR_START bytes. */
size_t syn_transfer_dropped(uint8_t *message, uint16_t stream, uint32_t inference, uint8_t flags);

/* Flag of `dropped`: it goes against the data, towards the source (else towards the target). */
#define SYN_DROPPED_UPSTREAM 2

#endif
