/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/program/remarks.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REMARK_MAX 1024

/* "16x32x32" to numbers; how many, 0 where there are none or too large ones. */
static unsigned sizes_of(const char *text, unsigned sizes[4])
{
    unsigned count = 0;
    while (count < 4 && isdigit((unsigned char)*text)) {
        char *end;
        const unsigned long value = strtoul(text, &end, 10);
        if (value == 0 || value > UINT16_MAX)
            return 0;
        sizes[count++] = (unsigned)value;
        if (*end != 'x')
            return count;
        text = end + 1;
    }
    return 0;
}

/* The "60x28x28" of "..., 60x28x28 output". */
static unsigned output_of(const char *text, unsigned sizes[4])
{
    const char *end = strstr(text, " output");
    if (!end)
        return 0;
    const char *start = end;
    while (start > text && (isdigit((unsigned char)start[-1]) || start[-1] == 'x'))
        start--;
    return sizes_of(start, sizes);
}

/* Layer N (name): 2x20x32x32 ..., 20x32x32 output */
static void take_layer(struct source *source, const char *text)
{
    char *at, *name_end = NULL;
    unsigned in[4], out[4];
    const unsigned long layer = strtoul(text, &at, 10);
    if (at == text || layer >= SYN_PART_LAYERS_MAX || source->layers[layer].there)
        return;
    struct source_remark *remark = &source->layers[layer];
    if (strncmp(at, " (", 2) == 0 && (name_end = strchr(at, ')')) != NULL) {
        text = at + 2;
        at = name_end + 1;
    }
    if (strncmp(at, ": ", 2) != 0)
        return;
    const unsigned count = sizes_of(at + 2, in), outs = output_of(at, out);
    if (count < 2 || outs == 0)
        return;
    const unsigned first = count == 4;
    *remark = (struct source_remark){
        .there = true,
        .channels = (uint16_t)in[first],
        .height = (uint16_t)in[first + 1],
        .width = (uint16_t)(count > 2 ? in[first + 2] : 1),
        .out_channels = (uint16_t)out[0],
    };
    if (name_end && (size_t)(name_end - text) < sizeof remark->name)
        memcpy(remark->name, text, (size_t)(name_end - text));
}

/* ... --prefix NAME ... */
static void take_command(struct source *source, const char *text)
{
    const char *at = strstr(text, "--prefix ");
    if (!at || source->name[0])
        return;
    at += strlen("--prefix ");
    (void)snprintf(source->name, sizeof source->name, "%.*s", (int)strcspn(at, " \t"), at);
}

void remarks_take(struct source *source, const struct text_token *comment)
{
    char line[REMARK_MAX];
    const char *at = line + 2;
    if (comment->length < 3 || comment->start[1] != '/')
        return;
    text_copy(comment, line, sizeof line);
    at += strspn(at, " ");
    if (strncmp(at, "Layer ", 6) == 0)
        take_layer(source, at + 6);
    else
        take_command(source, at);
}
