/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "devices/profiles/parts.h"

#include <stdlib.h>
#include <string.h>

struct syn_parts_entry {
    struct syn_parts_entry *next;
    struct syn_part part;
    char name[];
};

static bool equal(const struct syn_part *a, const struct syn_part *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
           a->weight_bytes == b->weight_bytes && a->data_bytes == b->data_bytes &&
           a->layers_max == b->layers_max && memcmp(&a->peak, &b->peak, sizeof a->peak) == 0;
}

const struct syn_part *syn_parts_keep(struct syn_parts *parts, const struct syn_part *part)
{
    struct syn_parts_entry **end = &parts->first;
    const size_t size = strlen(part->name) + 1;
    for (; *end; end = &(*end)->next)
        if (equal(&(*end)->part, part))
            return &(*end)->part;
    struct syn_parts_entry *entry = calloc(1, sizeof *entry + size);
    if (!entry)
        return NULL;
    entry->part = *part;
    memcpy(entry->name, part->name, size);
    entry->part.name = entry->name;
    *end = entry;
    return &entry->part;
}

void syn_parts_clear(struct syn_parts *parts)
{
    while (parts->first) {
        struct syn_parts_entry *next = parts->first->next;
        free(parts->first);
        parts->first = next;
    }
}
