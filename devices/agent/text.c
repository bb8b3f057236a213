/* SPDX-License-Identifier: MIT */
#include "devices/agent/text.h"

void syn_text_init(struct syn_text *t, char *to, size_t size)
{
    *t = (struct syn_text){.to = to, .size = size};
    to[0] = 0;
}

static void put_char(struct syn_text *t, char c)
{
    if (t->length + 1 >= t->size)
        return;
    t->to[t->length++] = c;
    t->to[t->length] = 0;
}

void syn_text_put(struct syn_text *t, const char *s)
{
    for (; *s; s++)
        put_char(t, *s);
}

void syn_text_number(struct syn_text *t, uint64_t v)
{
    char digits[20];
    unsigned n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    while (n > 0)
        put_char(t, digits[--n]);
}

void syn_text_fill(struct syn_text *t, const char *format, const uint64_t *numbers)
{
    for (; *format; format++) {
        if (*format == '%')
            syn_text_number(t, *numbers++);
        else
            put_char(t, *format);
    }
}
