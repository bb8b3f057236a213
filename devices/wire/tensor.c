/* SPDX-License-Identifier: MIT */
#include "devices/wire/tensor.h"

#include "devices/base/bytes.h"
#include "devices/wire/smp.h"

size_t syn_tensor_begin(uint8_t to[SYN_TENSOR_START], const struct syn_tensor_head *h, uint8_t seq,
                        size_t body)
{
    struct syn_smp_header smp = {
        .version = 1,
        .op = SYN_SMP_WRITE,
        .length = (uint16_t)(SYN_TENSOR_HEAD + body),
        .group = SYN_GROUP_SYNERGY,
        .seq = seq,
        .id = SYN_ID_TENSOR,
    };
    uint8_t *p = to + SYN_SMP_HEADER;
    syn_smp_put_header(to, &smp);
    syn_put_le16(p, h->stream);
    p[2] = h->kind;
    p[3] = h->flags;
    syn_put_le32(p + 4, h->inference);
    syn_put_le32(p + 8, h->offset);
    return SYN_TENSOR_START + body;
}

int syn_tensor_get(struct syn_tensor_head *h, const uint8_t *payload, size_t payload_size,
                   const uint8_t **body, size_t *size)
{
    *h = (struct syn_tensor_head){0};
    *body = NULL;
    *size = 0;
    if (payload_size < SYN_TENSOR_HEAD)
        return SYN_EPROTO;
    h->stream = syn_get_le16(payload);
    h->kind = payload[2];
    h->flags = payload[3];
    h->inference = syn_get_le32(payload + 4);
    h->offset = syn_get_le32(payload + 8);
    *body = payload + SYN_TENSOR_HEAD;
    *size = payload_size - SYN_TENSOR_HEAD;
    return 0;
}

void syn_tensor_token_put(uint8_t to[SYN_TENSOR_TOKEN_SIZE], const struct syn_tensor_token *t)
{
    syn_put_le32(to, t->inference);
    syn_put_le32(to + 4, 0);
    syn_put_le64(to + 8, (uint64_t)t->sensed_ns);
    syn_put_le64(to + 16, (uint64_t)t->ready_ns);
    syn_put_le64(to + 24, t->input_hash);
    syn_put_le64(to + 32, t->output_hash);
}

void syn_tensor_token_get(struct syn_tensor_token *t, const uint8_t from[SYN_TENSOR_TOKEN_SIZE])
{
    t->inference = syn_get_le32(from);
    t->sensed_ns = (int64_t)syn_get_le64(from + 8);
    t->ready_ns = (int64_t)syn_get_le64(from + 16);
    t->input_hash = syn_get_le64(from + 24);
    t->output_hash = syn_get_le64(from + 32);
}

void syn_tensor_result_put(uint8_t to[SYN_TENSOR_RESULT_SIZE], const struct syn_tensor_result *r)
{
    syn_put_le16(to, r->best);
    syn_put_le16(to + 2, r->count);
    syn_put_le32(to + 4, (uint32_t)r->value);
    syn_put_le32(to + 8, (uint32_t)r->second);
}

void syn_tensor_result_get(struct syn_tensor_result *r, const uint8_t from[SYN_TENSOR_RESULT_SIZE])
{
    *r = (struct syn_tensor_result){.best = syn_get_le16(from),
                                    .count = syn_get_le16(from + 2),
                                    .value = (int32_t)syn_get_le32(from + 4),
                                    .second = (int32_t)syn_get_le32(from + 8)};
}

void syn_tensor_credit_put(uint8_t to[SYN_TENSOR_CREDIT_SIZE], const struct syn_tensor_credit *c)
{
    syn_put_le32(to, c->bytes);
    syn_put_le64(to + 4, (uint64_t)c->at_ns);
}

int syn_tensor_credit_get(struct syn_tensor_credit *c, const uint8_t *from, size_t size)
{
    *c = (struct syn_tensor_credit){0};
    if (size < SYN_TENSOR_CREDIT_SIZE)
        return SYN_EPROTO;
    c->bytes = syn_get_le32(from);
    c->at_ns = (int64_t)syn_get_le64(from + 4);
    return 0;
}

void syn_tensor_missing_put(uint8_t to[SYN_TENSOR_MISSING_SIZE], uint32_t length)
{
    syn_put_le32(to, length);
}

int syn_tensor_missing_get(uint32_t *length, const uint8_t *from, size_t size)
{
    *length = size < SYN_TENSOR_MISSING_SIZE ? 0 : syn_get_le32(from);
    return size < SYN_TENSOR_MISSING_SIZE ? SYN_EPROTO : 0;
}

size_t syn_tensor_counts_put(uint8_t *to, const uint32_t *done, size_t n, int64_t at_ns)
{
    syn_put_le16(to, (uint16_t)n);
    for (size_t i = 0; i < n; i++)
        syn_put_le32(to + 2 + 4 * i, done[i]);
    syn_put_le64(to + 2 + 4 * n, (uint64_t)at_ns);
    return syn_tensor_counts_size(n);
}

int syn_tensor_counts_get(uint32_t *done, size_t max, int64_t *at_ns, const uint8_t *from,
                          size_t size)
{
    if (size < 2)
        return SYN_EPROTO;
    size_t n = syn_get_le16(from);
    if (n > SYN_TENSOR_PIPES || size < syn_tensor_counts_size(n))
        return SYN_EPROTO;
    for (size_t i = 0; i < n && i < max; i++)
        done[i] = syn_get_le32(from + 2 + 4 * i);
    *at_ns = (int64_t)syn_get_le64(from + 2 + 4 * n);
    return (int)n;
}
