/* SPDX-License-Identifier: MIT */
#include "devices/wire/frame.h"

#include "devices/wire/crc16.h"

enum state {
    TEXT,     /* in or before a line of text */
    MARK_06,  /* after 06, which may begin a frame */
    MARK_04,  /* after 04, which may continue one */
    BASE64,   /* in a frame's line */
    SKIP,     /* in a line of a frame that was dropped */
    COBS_GAP, /* after a 00: a code comes, or another 00 */
    COBS,     /* in a COBS frame */
};

void syn_frame_receiver_init(struct syn_frame_receiver *f, const struct syn_frame_events *events,
                             void *buffer, size_t buffer_size, char *line, size_t line_size)
{
    *f = (struct syn_frame_receiver){
        .events = *events,
        .buffer = buffer,
        .buffer_size = buffer_size,
        .line = line,
        .line_size = line_size,
    };
}

/* ---- text ---- */

static void flush_text(struct syn_frame_receiver *f)
{
    if (f->line_length > 0 && f->events.text)
        f->events.text(f->events.ctx, f->line, f->line_length);
    f->line_length = 0;
}

static void take_text(struct syn_frame_receiver *f, uint8_t byte)
{
    if (byte == '\n') {
        flush_text(f);
        return;
    }
    if (byte == '\r' || f->line_size == 0)
        return;
    if (f->line_length == f->line_size)
        flush_text(f);
    f->line[f->line_length++] = (char)byte;
}

/* ---- both framings ---- */

static void drop(struct syn_frame_receiver *f)
{
    f->bad++;
    f->open = false;
    f->length = 0;
}

static bool store(struct syn_frame_receiver *f, uint8_t byte)
{
    if (f->length == f->buffer_size)
        return false;
    f->buffer[f->length++] = byte;
    return true;
}

/* Hands out what the buffer holds, CRC last, when the CRC is right. */
static bool deliver(struct syn_frame_receiver *f, enum syn_framing framing)
{
    size_t size = f->length;
    f->open = false;
    f->length = 0;
    if (size < 2 || syn_crc16(0, f->buffer, size) != 0) {
        f->bad++;
        return false;
    }
    f->good++;
    f->events.message(f->events.ctx, framing, f->buffer, size - 2);
    return true;
}

/* ---- console ---- */

static void start_line(struct syn_frame_receiver *f)
{
    f->state = BASE64;
    f->digits = 0;
    f->padding = 0;
    f->quad = 0;
}

static void start_console(struct syn_frame_receiver *f)
{
    if (f->open)
        drop(f);
    flush_text(f);
    f->open = true;
    f->length = 0;
    f->head = 0;
    f->expected = 0;
    start_line(f);
}

static void continue_console(struct syn_frame_receiver *f)
{
    flush_text(f);
    if (f->open)
        start_line(f);
    else
        f->state = SKIP;
}

static bool take_body(struct syn_frame_receiver *f, uint8_t byte)
{
    if (f->head < 2) {
        f->expected = f->expected << 8 | byte;
        return ++f->head < 2 || (f->expected >= 2 && f->expected <= f->buffer_size);
    }
    return f->length < f->expected && store(f, byte);
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The one to three bytes of a full group of four digits. */
static bool take_group(struct syn_frame_receiver *f)
{
    unsigned bytes = 3u - f->padding;
    uint32_t spare = f->quad & ((UINT32_C(1) << (8 * f->padding)) - 1);
    bool ok = spare == 0;
    for (unsigned i = 0; ok && i < bytes; i++)
        ok = take_body(f, (uint8_t)(f->quad >> (16 - 8 * i)));
    f->digits = 0;
    f->quad = 0;
    return ok;
}

/* Padding ends a line: after it only a second '=' may come. */
static bool take_digit(struct syn_frame_receiver *f, uint8_t byte)
{
    int value = base64_value(byte);
    if (byte == '=' && f->digits >= 2 && f->padding < 2)
        f->padding++;
    else if (value < 0 || f->padding > 0)
        return false;
    f->quad = f->quad << 6 | (value < 0 ? 0u : (uint32_t)value);
    return ++f->digits < 4 || take_group(f);
}

static void end_line(struct syn_frame_receiver *f)
{
    f->state = TEXT;
    if (f->digits != 0)
        drop(f); /* a line holds whole groups */
    else if (f->head == 2 && f->length == f->expected)
        (void)deliver(f, SYN_FRAMING_CONSOLE);
}

static void take_base64(struct syn_frame_receiver *f, uint8_t byte)
{
    if (byte == '\n') {
        end_line(f);
    } else if (byte != '\r' && !take_digit(f, byte)) {
        drop(f);
        f->state = SKIP;
    }
}

static void take_mark(struct syn_frame_receiver *f, uint8_t byte)
{
    uint8_t first = f->state == MARK_06 ? 0x06 : 0x04;
    f->state = TEXT;
    if (first == 0x06 && byte == 0x09) {
        start_console(f);
    } else if (first == 0x04 && byte == 0x14) {
        continue_console(f);
    } else {
        take_text(f, first);
        if (byte == 0x06 || byte == 0x04)
            f->state = byte == 0x06 ? MARK_06 : MARK_04;
        else
            take_text(f, byte);
    }
}

/* ---- COBS ---- */

static void start_cobs(struct syn_frame_receiver *f)
{
    if (f->open || f->state == BASE64)
        drop(f);
    f->state = COBS_GAP;
    f->length = 0;
}

static void take_code(struct syn_frame_receiver *f, uint8_t code)
{
    f->left = (uint8_t)(code - 1);
    f->zero = code != 0xff;
}

/* A zero ends the frame. After a damaged frame it may as well be the start of the next, since one
 * of the pair may have been lost: so only a good frame leads back to text. */
static void end_cobs(struct syn_frame_receiver *f)
{
    bool whole = f->left == 0;
    if (!whole)
        drop(f);
    f->state = whole && deliver(f, SYN_FRAMING_COBS) ? TEXT : COBS_GAP;
}

static void take_cobs(struct syn_frame_receiver *f, uint8_t byte)
{
    bool ok = true;
    if (byte == 0) {
        end_cobs(f);
        return;
    }
    if (f->left > 0) {
        f->left--;
        ok = store(f, byte);
    } else {
        ok = !f->zero || store(f, 0);
        take_code(f, byte);
    }
    if (!ok) {
        drop(f);
        f->state = SKIP;
    }
}

/* ---- the stream ---- */

static void take(struct syn_frame_receiver *f, uint8_t byte)
{
    switch ((enum state)f->state) {
    case COBS_GAP:
        if (byte != 0) {
            f->state = COBS;
            take_code(f, byte);
        }
        return;
    case COBS:
        take_cobs(f, byte);
        return;
    default:
        break;
    }
    if (byte == 0)
        start_cobs(f);
    else if (f->state == BASE64)
        take_base64(f, byte);
    else if (f->state == MARK_06 || f->state == MARK_04)
        take_mark(f, byte);
    else if (byte == 0x06 || byte == 0x04)
        f->state = byte == 0x06 ? MARK_06 : MARK_04;
    else if (f->state == TEXT)
        take_text(f, byte);
    else if (byte == '\n')
        f->state = TEXT;
}

void syn_frame_tick(struct syn_frame_receiver *f, int64_t now_ns)
{
    if (now_ns - f->last_ns <= SYN_FRAME_GAP_NS)
        return;
    if (f->open || f->state == COBS)
        drop(f);
    f->state = TEXT;
    flush_text(f);
}

void syn_frame_feed(struct syn_frame_receiver *f, const void *data, size_t size, int64_t now_ns)
{
    const uint8_t *p = data;
    syn_frame_tick(f, now_ns);
    if (size > 0)
        f->last_ns = now_ns;
    for (size_t i = 0; i < size; i++)
        take(f, p[i]);
}
