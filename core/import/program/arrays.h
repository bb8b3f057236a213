/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arrays of weights.h: "#define NAME { numbers }". On the heap, freed by arrays_free(). */
#ifndef SYN_CORE_IMPORT_PROGRAM_ARRAYS_H
#define SYN_CORE_IMPORT_PROGRAM_ARRAYS_H

#include "core/import/program/text.h"

#define ARRAYS_NAME_MAX 32

struct array {
    char name[ARRAYS_NAME_MAX];
    int line;
    uint32_t *values;
    size_t count, room;
};

struct arrays {
    struct array *items;
    size_t count;
    const char *path; /* the caller's */
};

/* `arrays` must be freed also after an error: SYN_EINVAL with line, SYN_ENOMEM. */
int arrays_read(struct arrays *arrays, struct text *text);
const struct array *arrays_find(const struct arrays *arrays, const char *name);
void arrays_free(struct arrays *arrays);

#endif
