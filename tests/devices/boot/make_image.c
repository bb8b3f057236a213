/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/boot/make_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/hash.h"

struct writer {
    uint8_t *to;
    size_t size, at;
};

static void put(struct writer *w, const void *bytes, size_t size)
{
    assert_true(size <= w->size - w->at);
    memcpy(w->to + w->at, bytes, size);
    w->at += size;
}

static void put_number(struct writer *w, uint32_t v, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(v >> (8 * i));
        put(w, &byte, 1);
    }
}

static void put_header(struct writer *w, const struct make_image *what, uint32_t header,
                       uint32_t protected_bytes)
{
    static const uint8_t zero;
    put_number(w, 0x96f3b83d, 4);
    put_number(w, what->load, 4);
    put_number(w, header, 2);
    put_number(w, protected_bytes, 2);
    put_number(w, what->payload_bytes, 4);
    put_number(w, what->flags, 4);
    put_number(w, what->major, 1);
    put_number(w, 2, 1);
    put_number(w, 345, 2);
    put_number(w, 0, 4);
    put_number(w, 0, 4);
    while (w->at < header)
        put(w, &zero, 1);
}

/* Runs of erased bytes are in it as well: images have them. */
static void put_payload(struct writer *w, const struct make_image *what)
{
    uint64_t random = what->seed;
    for (uint32_t i = 0; i < what->payload_bytes; i++) {
        uint8_t byte = (uint8_t)syn_splitmix64(&random);
        byte = i / 40 % 5 == 3 ? 0xff : byte;
        put(w, &byte, 1);
    }
}

size_t make_image(uint8_t *to, size_t size, const struct make_image *what)
{
    struct writer w = {.to = to, .size = size};
    uint32_t board = what->board ? (uint32_t)strlen(what->board) : 0;
    uint32_t protected_bytes = what->board ? 8 + board : 0;
    uint8_t hash[SYN_SHA256_SIZE];
    put_header(&w, what, what->header_bytes ? what->header_bytes : 32, protected_bytes);
    put_payload(&w, what);
    if (what->board) {
        put_number(&w, 0x6908, 2);
        put_number(&w, protected_bytes, 2);
        put_number(&w, 0xa0, 2);
        put_number(&w, board, 2);
        put(&w, what->board, board);
    }
    syn_sha256(to, w.at, hash);
    put_number(&w, 0x6907, 2);
    put_number(&w, 40, 2);
    put_number(&w, 0x10, 2);
    put_number(&w, 32, 2);
    put(&w, hash, sizeof hash);
    return w.at;
}
