/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testbed/radio/h4.h"

#include <string.h>

#include "devices/base/error.h"

/* Bytes of the header with the type, and where in it the length stands. */
static const struct form {
    uint8_t header, length_at, length_bytes;
} forms[] = {
    [SYN_H4_COMMAND] = {4, 3, 1},
    [SYN_H4_ACL] = {5, 3, 2},
    [SYN_H4_EVENT] = {3, 2, 1},
};

/* Bytes that are there or still needed; 0: this is no packet. */
static size_t whole(const uint8_t *bytes, size_t size)
{
    if (bytes[0] >= sizeof forms / sizeof forms[0] || forms[bytes[0]].header == 0)
        return 0;
    const struct form *form = &forms[bytes[0]];
    if (size < form->header)
        return form->header;
    size_t length = bytes[form->length_at];
    if (form->length_bytes == 2)
        length |= (size_t)bytes[form->length_at + 1] << 8;
    return form->header + length;
}

static size_t take(struct syn_h4 *h4, const uint8_t *bytes, size_t size, size_t need)
{
    size_t some = need - h4->size < size ? need - h4->size : size;
    memcpy(h4->bytes + h4->size, bytes, some);
    h4->size += some;
    return some;
}

int syn_h4_receive(struct syn_h4 *h4, const uint8_t *bytes, size_t size,
                   void (*packet)(void *ctx, const uint8_t *packet, size_t size), void *ctx)
{
    while (size > 0) {
        size_t need = h4->size ? whole(h4->bytes, h4->size) : whole(bytes, 1);
        if (need == 0 || need > SYN_H4_MAX)
            return SYN_EPROTO;
        size_t some = take(h4, bytes, size, need);
        bytes += some;
        size -= some;
        if (h4->size < need || whole(h4->bytes, h4->size) > need)
            continue;
        h4->size = 0;
        packet(ctx, h4->bytes, need);
    }
    return 0;
}
