/* SPDX-License-Identifier: MIT */
#include "devices/traffic/transfer.h"

#include "devices/base/bytes.h"
#include "devices/base/hash.h"

#include <string.h>

static uint32_t token_bytes(unsigned index)
{
    return index == 0 ? SYN_TENSOR_TOKEN_SIZE : 0;
}

uint32_t syn_hop_stream_bytes(const struct syn_hop *hop, unsigned index)
{
    return token_bytes(index) + hop->sizes[index];
}

/* Where stream `index` begins among the bytes of the whole hop, tokens included. */
static uint32_t stream_base(const struct syn_hop *hop, unsigned index)
{
    uint32_t base = 0;
    for (unsigned i = 0; i < index; i++)
        base += syn_hop_stream_bytes(hop, i);
    return base;
}

/* Where tensor `index` begins in the caller's data. */
static uint32_t data_base(const struct syn_hop *hop, unsigned index)
{
    return stream_base(hop, index) - (index > 0 ? SYN_TENSOR_TOKEN_SIZE : 0);
}

/* ---- sending ---- */

void syn_outgoing_open(struct syn_outgoing *out, const struct syn_hop *hop,
                       const struct syn_tensor_token *token, const uint8_t *data)
{
    memset(out, 0, sizeof *out);
    out->hop = *hop;
    out->inference = token->inference;
    out->data = data;
    syn_tensor_token_put(out->token, token);
}

/* Copies bytes [offset, offset + size) of a stream, whose first may be the token's. */
static void copy_out(const struct syn_outgoing *out, unsigned index, uint32_t offset, uint32_t size,
                     uint8_t *to)
{
    uint32_t head = token_bytes(index);
    if (offset < head) {
        uint32_t part = size < head - offset ? size : head - offset;
        memcpy(to, out->token + offset, part);
        to += part;
        offset += part;
        size -= part;
    }
    if (size > 0)
        memcpy(to, out->data + data_base(&out->hop, index) + offset - head, size);
}

static uint32_t stream_crc(const struct syn_outgoing *out, unsigned index)
{
    uint32_t crc = index == 0 ? syn_crc32(0, out->token, sizeof out->token) : 0;
    return syn_crc32(crc, out->data + data_base(&out->hop, index), out->hop.sizes[index]);
}

/* Writes one piece of at most `size` bytes; the last of a stream carries its CRC. */
static bool write_piece(const struct syn_outgoing *out, unsigned index, uint32_t offset,
                        uint32_t size, syn_transfer_write write, void *ctx)
{
    uint8_t message[SYN_TRANSFER_MESSAGE_MAX];
    bool last = offset + size == syn_hop_stream_bytes(&out->hop, index);
    struct syn_tensor_head head = {.stream = (uint16_t)(out->hop.stream + index),
                                   .kind = SYN_TENSOR_DATA,
                                   .flags = last ? SYN_TENSOR_LAST : 0,
                                   .inference = out->inference,
                                   .offset = offset};
    copy_out(out, index, offset, size, message + SYN_TENSOR_START);
    if (last)
        syn_put_le32(message + SYN_TENSOR_START + size, stream_crc(out, index));
    size_t whole = syn_tensor_begin(message, &head, 0, size + (last ? SYN_TENSOR_CRC : 0));
    return write(ctx, message, whole);
}

static uint32_t piece_size(uint32_t left)
{
    return left < SYN_TRANSFER_PIECE_MAX ? left : SYN_TRANSFER_PIECE_MAX;
}

int syn_outgoing_write(struct syn_outgoing *out, syn_transfer_write write, void *ctx)
{
    while (out->index < out->hop.count) {
        uint32_t whole = syn_hop_stream_bytes(&out->hop, out->index);
        uint32_t size = piece_size(whole - out->offset);
        if (!write_piece(out, out->index, out->offset, size, write, ctx))
            return SYN_EBUSY;
        out->offset += size;
        if (out->offset == whole) {
            out->offset = 0;
            out->index++;
        }
    }
    return 0;
}

int syn_outgoing_again(const struct syn_outgoing *out, uint16_t stream, uint32_t offset,
                       uint32_t length, syn_transfer_write write, void *ctx)
{
    unsigned index = (unsigned)stream - out->hop.stream;
    if (index >= out->hop.count || length == 0)
        return SYN_EINVAL;
    uint32_t whole = syn_hop_stream_bytes(&out->hop, index);
    if (offset >= whole || length > whole - offset)
        return SYN_EINVAL;
    for (uint32_t end = offset + length; offset < end;) {
        uint32_t size = piece_size(end - offset);
        if (!write_piece(out, index, offset, size, write, ctx))
            return SYN_EBUSY;
        offset += size;
    }
    return 0;
}

/* ---- receiving ---- */

void syn_incoming_open(struct syn_incoming *in, const struct syn_hop *hop, uint32_t inference,
                       uint8_t *data, int64_t timeout_ns, int64_t now_ns)
{
    memset(in, 0, sizeof *in);
    in->hop = *hop;
    in->inference = inference;
    in->data = data;
    in->timeout_ns = timeout_ns;
    in->due_ns = now_ns + timeout_ns;
}

static bool has_range(const struct syn_incoming *in, uint32_t begin, uint32_t end)
{
    for (unsigned i = 0; i < in->range_count; i++)
        if (begin >= in->ranges[i].begin && end <= in->ranges[i].end)
            return true;
    return false;
}

static void remove_range(struct syn_incoming *in, unsigned index)
{
    in->range_count--;
    memmove(in->ranges + index, in->ranges + index + 1,
            (in->range_count - index) * sizeof in->ranges[0]);
}

/* Adds a range, merging what it touches. False when there is no room to remember it. */
static bool add_range(struct syn_incoming *in, uint32_t begin, uint32_t end)
{
    unsigned i = 0;
    while (i < in->range_count && in->ranges[i].end < begin)
        i++;
    while (i < in->range_count && in->ranges[i].begin <= end) {
        begin = in->ranges[i].begin < begin ? in->ranges[i].begin : begin;
        end = in->ranges[i].end > end ? in->ranges[i].end : end;
        remove_range(in, i);
    }
    if (in->range_count == SYN_TRANSFER_RANGES)
        return false;
    memmove(in->ranges + i + 1, in->ranges + i, (in->range_count - i) * sizeof in->ranges[0]);
    in->ranges[i] = (struct syn_range){begin, end};
    in->range_count++;
    return true;
}

/* Forgets bytes [begin, end); cannot make more ranges than before plus one, and makes room by
 * forgetting the last range where needed. */
static void forget_range(struct syn_incoming *in, uint32_t begin, uint32_t end)
{
    struct syn_range old[SYN_TRANSFER_RANGES];
    unsigned count = in->range_count;
    memcpy(old, in->ranges, sizeof old);
    in->range_count = 0;
    for (unsigned i = 0; i < count; i++) {
        if (old[i].begin < begin)
            add_range(in, old[i].begin, old[i].end < begin ? old[i].end : begin);
        if (old[i].end > end)
            add_range(in, old[i].begin > end ? old[i].begin : end, old[i].end);
    }
}

/* Puts bytes of a stream where they belong. */
static void copy_in(struct syn_incoming *in, unsigned index, uint32_t offset, const uint8_t *body,
                    uint32_t size)
{
    uint32_t head = token_bytes(index);
    if (offset < head) {
        uint32_t part = size < head - offset ? size : head - offset;
        memcpy(in->token + offset, body, part);
        body += part;
        offset += part;
        size -= part;
    }
    if (size > 0)
        memcpy(in->data + data_base(&in->hop, index) + offset - head, body, size);
}

static uint32_t received_crc(const struct syn_incoming *in, unsigned index)
{
    uint32_t crc = index == 0 ? syn_crc32(0, in->token, sizeof in->token) : 0;
    return syn_crc32(crc, in->data + data_base(&in->hop, index), in->hop.sizes[index]);
}

/* Is everything there and right? What is wrong is forgotten. */
static int finish(struct syn_incoming *in)
{
    uint32_t whole = stream_base(&in->hop, in->hop.count);
    if (!has_range(in, 0, whole) || in->crc_known != (1u << in->hop.count) - 1)
        return 0;
    bool right = true;
    for (unsigned i = 0; i < in->hop.count; i++) {
        if (received_crc(in, i) == in->crc[i])
            continue;
        uint32_t base = stream_base(&in->hop, i);
        forget_range(in, base, base + syn_hop_stream_bytes(&in->hop, i));
        in->crc_known &= (uint8_t) ~(1u << i);
        right = false;
    }
    return right;
}

int syn_incoming_take(struct syn_incoming *in, const struct syn_tensor_head *head,
                      const uint8_t *body, size_t size, int64_t now_ns)
{
    unsigned index = (unsigned)head->stream - in->hop.stream;
    bool last = head->flags & SYN_TENSOR_LAST;
    if (head->inference != in->inference || index >= in->hop.count ||
        (last && size < SYN_TENSOR_CRC))
        return SYN_EPROTO;
    uint32_t whole = syn_hop_stream_bytes(&in->hop, index);
    size -= last ? SYN_TENSOR_CRC : 0;
    if (head->offset > whole || size > whole - head->offset || size == 0 ||
        (last && head->offset + size != whole))
        return SYN_EPROTO;
    uint32_t base = stream_base(&in->hop, index);
    uint32_t begin = base + head->offset, end = begin + (uint32_t)size;
    bool crc_new = last && !(in->crc_known & 1u << index);
    if (has_range(in, begin, end) && !crc_new)
        return 0; /* a duplicate */
    if (!add_range(in, begin, end))
        return 0; /* too scattered: it will be asked for again */
    copy_in(in, index, head->offset, body, (uint32_t)size);
    if (last) {
        in->crc[index] = syn_get_le32(body + size);
        in->crc_known |= (uint8_t)(1u << index);
    }
    in->tries = 0;
    in->due_ns = now_ns + in->timeout_ns;
    return finish(in);
}

void syn_incoming_token(const struct syn_incoming *in, struct syn_tensor_token *token)
{
    syn_tensor_token_get(token, in->token);
}

static bool write_missing(const struct syn_incoming *in, unsigned index, uint32_t offset,
                          uint32_t length, syn_transfer_write write, void *ctx)
{
    uint8_t message[SYN_TENSOR_START + SYN_TENSOR_MISSING_SIZE];
    struct syn_tensor_head head = {.stream = (uint16_t)(in->hop.stream + index),
                                   .kind = SYN_TENSOR_MISSING,
                                   .inference = in->inference,
                                   .offset = offset};
    syn_tensor_missing_put(message + SYN_TENSOR_START, length);
    return write(ctx, message, syn_tensor_begin(message, &head, 0, SYN_TENSOR_MISSING_SIZE));
}

/* The first gap in [at, end): *begin and *length. False when there is none. */
static bool next_gap(const struct syn_incoming *in, uint32_t at, uint32_t end, uint32_t *begin,
                     uint32_t *length)
{
    for (unsigned i = 0; i < in->range_count && at < end; i++) {
        const struct syn_range *r = &in->ranges[i];
        if (r->begin > at) {
            end = r->begin < end ? r->begin : end;
            break;
        }
        at = r->end > at ? r->end : at;
    }
    *begin = at;
    *length = at < end ? end - at : 0;
    return at < end;
}

/* Asks for the gaps of one stream, whose bytes of the hop are [base, end). */
static bool ask_stream(const struct syn_incoming *in, unsigned index, uint32_t base, uint32_t end,
                       syn_transfer_write write, void *ctx)
{
    uint32_t at = base, begin, length;
    bool asked = false;
    for (; next_gap(in, at, end, &begin, &length); at = begin + length) {
        asked = true;
        if (!write_missing(in, index, begin - base, length, write, ctx))
            return false;
    }
    if (asked || in->crc_known & 1u << index)
        return true;
    /* All bytes are here, but the CRC, which comes with the last, is not. */
    return write_missing(in, index, end - base - 1, 1, write, ctx);
}

int syn_incoming_poll(struct syn_incoming *in, int64_t now_ns, syn_transfer_write write, void *ctx)
{
    if (now_ns < in->due_ns)
        return 0;
    if (++in->tries > SYN_TRANSFER_TRIES)
        return SYN_ETIMEOUT;
    in->due_ns = now_ns + in->timeout_ns;
    uint32_t base = 0;
    for (unsigned i = 0; i < in->hop.count; i++) {
        uint32_t end = base + syn_hop_stream_bytes(&in->hop, i);
        if (!ask_stream(in, i, base, end, write, ctx))
            break;
        base = end;
    }
    return 0;
}

size_t syn_transfer_dropped(uint8_t *message, uint16_t stream, uint32_t inference, uint8_t flags)
{
    struct syn_tensor_head head = {
        .stream = stream, .kind = SYN_TENSOR_DROPPED, .flags = flags, .inference = inference};
    return syn_tensor_begin(message, &head, 0, 0);
}
