/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "devices/base/bytes.h"
#include "devices/wire/crc16.h"
#include "devices/wire/frame.h"

enum { LINE_BYTES = (SYN_FRAME_LINE_MAX - 3) / 4 * 3, COBS_BLOCK = 254 };

/* A message with what the framing puts before and after it, read as one run of bytes. */
struct body {
    uint8_t head[2];
    const uint8_t *message;
    uint8_t tail[2];
    size_t skip; /* 0 to begin with `head`, 2 to leave it out */
    size_t size; /* of the message */
};

static uint8_t body_at(const struct body *b, size_t at)
{
    at += b->skip;
    if (at < 2)
        return b->head[at];
    return at - 2 < b->size ? b->message[at - 2] : b->tail[at - 2 - b->size];
}

static size_t body_size(const struct body *b)
{
    return b->size + 4 - b->skip;
}

/* ---- console ---- */

static size_t put_group(uint8_t *to, const struct body *b, size_t at, size_t left)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t v = (uint32_t)body_at(b, at) << 16;
    v |= left > 1 ? (uint32_t)body_at(b, at + 1) << 8 : 0;
    v |= left > 2 ? body_at(b, at + 2) : 0;
    for (unsigned i = 0; i < 4; i++)
        to[i] = i <= left ? (uint8_t)digits[v >> (18 - 6 * i) & 63] : '=';
    return 4;
}

static int send_console(const struct body *b, syn_frame_write write, void *ctx)
{
    static const uint8_t first[] = {0x06, 0x09};
    int rc = 0;
    size_t size = body_size(b);
    for (size_t at = 0; at < size && rc >= 0;) {
        uint8_t line[SYN_FRAME_LINE_MAX] = {0x04, 0x14};
        size_t n = 2;
        size_t end = size - at < LINE_BYTES ? size : at + LINE_BYTES;
        if (at == 0)
            memcpy(line, first, sizeof first);
        for (; at < end; at += 3)
            n += put_group(line + n, b, at, end - at);
        line[n++] = '\n';
        rc = write(ctx, line, n);
    }
    return rc < 0 ? rc : 0;
}

/* ---- COBS ---- */

static size_t run_length(const struct body *b, size_t at, size_t size)
{
    size_t n = 0;
    while (at + n < size && n < COBS_BLOCK && body_at(b, at + n) != 0)
        n++;
    return n;
}

static int send_blocks(const struct body *b, syn_frame_write write, void *ctx)
{
    size_t size = body_size(b);
    bool more = true; /* data that end with a zero, or are empty, need a last empty block */
    int rc = 0;
    for (size_t at = 0; more && rc >= 0;) {
        uint8_t block[1 + COBS_BLOCK];
        size_t n = run_length(b, at, size);
        block[0] = (uint8_t)(n + 1);
        for (size_t i = 0; i < n; i++)
            block[1 + i] = body_at(b, at + i);
        rc = write(ctx, block, n + 1);
        at += n;
        more = at < size;
        if (more && n < COBS_BLOCK) {
            at++; /* the zero that the block stands for */
        }
    }
    return rc;
}

static int send_cobs(const struct body *b, syn_frame_write write, void *ctx)
{
    static const uint8_t zero = 0;
    int rc = write(ctx, &zero, 1);
    if (rc >= 0)
        rc = send_blocks(b, write, ctx);
    if (rc >= 0)
        rc = write(ctx, &zero, 1);
    return rc < 0 ? rc : 0;
}

/* ---- both ---- */

int syn_frame_send(enum syn_framing framing, const void *message, size_t size,
                   syn_frame_write write, void *ctx)
{
    struct body b = {.message = message, .size = size};
    if (size > SYN_FRAME_CONSOLE_MAX)
        return SYN_EINVAL;
    syn_put_be16(b.head, (uint16_t)(size + 2));
    syn_put_be16(b.tail, syn_crc16(0, message, size));
    if (framing == SYN_FRAMING_CONSOLE)
        return send_console(&b, write, ctx);
    b.skip = 2;
    return send_cobs(&b, write, ctx);
}

size_t syn_frame_bound(enum syn_framing framing, size_t size)
{
    if (framing == SYN_FRAMING_COBS)
        return size + 2 + (size + 2) / COBS_BLOCK + 1 + 2;
    size_t groups = (size + 4 + 2) / 3;
    return groups * 4 + (groups + LINE_BYTES / 3 - 1) / (LINE_BYTES / 3) * 3;
}

struct target {
    uint8_t *data;
    size_t size;
    size_t length;
};

static int write_target(void *ctx, const uint8_t *data, size_t size)
{
    struct target *t = ctx;
    if (size > t->size - t->length)
        return SYN_ENOMEM;
    memcpy(t->data + t->length, data, size);
    t->length += size;
    return 0;
}

int syn_frame_encode(enum syn_framing framing, const void *message, size_t size, void *to,
                     size_t to_size)
{
    struct target t = {.data = to, .size = to_size};
    int rc = syn_frame_send(framing, message, size, write_target, &t);
    return rc < 0 ? rc : (int)t.length;
}
