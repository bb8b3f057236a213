/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/ble/uuid.h"

#include <stdio.h>
#include <string.h>

static uint8_t digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

struct syn_uuid syn_uuid_of(const char *text)
{
    struct syn_uuid uuid;
    for (unsigned i = 16; i > 0; i--) {
        text += *text == '-';
        uuid.bytes[i - 1] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
        text += 2;
    }
    return uuid;
}

const char *syn_uuid_text(const struct syn_uuid *uuid, char text[SYN_UUID_TEXT])
{
    char *to = text;
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        to += snprintf(to, 3, "%02x", uuid->bytes[15 - i]);
    }
    return text;
}
