/* SPDX-License-Identifier: MIT */
/* Sentences without printf: appends to a text of fixed size, which is always terminated; what does
 * not fit is cut. */
#ifndef SYN_DEVICES_AGENT_TEXT_H
#define SYN_DEVICES_AGENT_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct syn_text {
    char *to;
    size_t size;   /* of `to`, at least 1 */
    size_t length; /* without the end */
};

void syn_text_init(struct syn_text *t, char *to, size_t size);
void syn_text_put(struct syn_text *t, const char *s);
void syn_text_number(struct syn_text *t, uint64_t v);

/* Appends `format` where every % stands for the next of `numbers`. */
void syn_text_fill(struct syn_text *t, const char *format, const uint64_t *numbers);

#endif
