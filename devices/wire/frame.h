/* SPDX-License-Identifier: MIT */
/*
 * Messages on a stream of bytes: serial ports, and every other byte stream that we use.
 *
 * Two framings and plain log text share one stream, and a receiver tells them apart without having
 * agreed on anything (PROTOCOL.md, "Framings"):
 *
 *   console   06 09 base64 \n, continued by 04 14 base64 \n ...; text lines lie between the frames
 *   COBS      00 COBS(message | CRC) 00; neither console frames nor text ever contain a 00
 *
 * A receiver takes bytes in pieces of any size and calls back with whole messages whose CRC is
 * right and with lines of text. Memory is the caller's. What is damaged is dropped and counted; the
 * receiver finds its feet again by itself.
 */
#ifndef SYN_DEVICES_WIRE_FRAME_H
#define SYN_DEVICES_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/base/error.h"

enum syn_framing {
    SYN_FRAMING_CONSOLE,
    SYN_FRAMING_COBS,
};

#define SYN_FRAME_OVERHEAD    2           /* bytes that a receive buffer needs beyond a message */
#define SYN_FRAME_CONSOLE_MAX 0xfffd      /* longest message: its length field counts the CRC */
#define SYN_FRAME_LINE_MAX    127         /* bytes of a console line, marker and newline included */
#define SYN_FRAME_GAP_NS      500000000LL /* a frame that pauses for longer is given up */

/* ---- receiving ---- */

struct syn_frame_events {
    /* A message; its bytes are valid until the callback returns. */
    void (*message)(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size);
    /* A line of text, without its end; in pieces where it is longer than the buffer. May be NULL.
     */
    void (*text)(void *ctx, const char *line, size_t size);
    void *ctx;
};

struct syn_frame_receiver {
    struct syn_frame_events events;
    uint8_t *buffer; /* of the caller: longest message + SYN_FRAME_OVERHEAD */
    size_t buffer_size;
    char *line; /* of the caller; only for text */
    size_t line_size;

    uint32_t bad;  /* frames dropped: damaged, too long, cut off */
    uint32_t good; /* messages delivered */

    /* private */
    size_t line_length;
    size_t length;   /* bytes in `buffer` */
    size_t expected; /* message + CRC by the console frame's length field */
    int64_t last_ns; /* when the last byte came */
    uint32_t quad;   /* base64 digits of the present group */
    uint8_t state;
    uint8_t digits;  /* in `quad` */
    uint8_t padding; /* '=' seen in the present group */
    uint8_t head;    /* bytes of the length field seen */
    uint8_t left;    /* COBS: bytes up to the next code */
    bool open;       /* a console frame has begun and is not complete */
    bool zero;       /* COBS: a zero stands at the end of the present block */
};

void syn_frame_receiver_init(struct syn_frame_receiver *f, const struct syn_frame_events *events,
                             void *buffer, size_t buffer_size, char *line, size_t line_size);

/* Takes bytes that arrived at `now_ns` (any monotonic clock). */
void syn_frame_feed(struct syn_frame_receiver *f, const void *data, size_t size, int64_t now_ns);

/* Gives up a frame, and hands out a text line without end (a prompt), once nothing came for
 * SYN_FRAME_GAP_NS. Feeding does it too; a caller who wants prompts in time calls it. */
void syn_frame_tick(struct syn_frame_receiver *f, int64_t now_ns);

/* Is there text that waits for its end? */
static inline bool syn_frame_has_text(const struct syn_frame_receiver *f)
{
    return f->line_length > 0;
}

/* ---- sending ---- */

/* Takes the next piece of an encoded frame; a negative result ends the sending with that result. */
typedef int (*syn_frame_write)(void *ctx, const uint8_t *data, size_t size);

/* Encodes a message in pieces of at most 255 bytes. Returns 0, SYN_EINVAL when the message is too
 * long for the framing, or what `write` returned. */
int syn_frame_send(enum syn_framing framing, const void *message, size_t size,
                   syn_frame_write write, void *ctx);

/* Bytes that a message of `size` bytes becomes at most. */
size_t syn_frame_bound(enum syn_framing framing, size_t size);

/* Encodes into a buffer: bytes written, or SYN_ENOMEM, SYN_EINVAL. */
int syn_frame_encode(enum syn_framing framing, const void *message, size_t size, void *to,
                     size_t to_size);

#endif
