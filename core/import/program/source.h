/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cnn.c as a list of what it writes where, by function and in order, and what its comments say.
 * The forms are those that the vendor's tool has written over the years; a statement of another
 * form in a function that matters is an error, elsewhere it is passed over.
 */
#ifndef SYN_CORE_IMPORT_PROGRAM_SOURCE_H
#define SYN_CORE_IMPORT_PROGRAM_SOURCE_H

#include "core/import/program/arrays.h"
#include "core/model/model.h"
#include "devices/part/geometry.h"

enum source_function {
    SOURCE_OTHER, /* interrupts, clocks, unloading */
    SOURCE_INIT,
    SOURCE_WEIGHTS,
    SOURCE_BIAS,
    SOURCE_CONFIGURE,
    SOURCE_START,
    SOURCE_FUNCTIONS
};

enum source_kind {
    SOURCE_WORD,      /* 32 bits `value` to `address` */
    SOURCE_BYTE,      /* the same of 8 bits */
    SOURCE_COPY,      /* `count` words of `symbol` to `address` and on */
    SOURCE_COPY_BYTE, /* `count` bytes of it, a word for each */
    SOURCE_COPY_SLOT, /* `count` groups of three words of it, with a word 0 behind each */
    SOURCE_RECORDS,   /* `symbol` holds addresses, lengths and words; value 1: as streams */
};

struct source_step {
    enum source_kind kind;
    enum source_function function;
    int line;
    uint32_t address, value, count;
    char symbol[ARRAYS_NAME_MAX];
};

/* What a comment says of a layer. */
struct source_remark {
    bool there;
    char name[SYN_MODEL_NAME_MAX];    /* or empty */
    uint16_t channels, height, width; /* of the input (of one operand); width 1: 1-D */
    uint16_t out_channels;
};

struct source {
    const char *path; /* the caller's */
    struct source_step *steps;
    size_t count, room;
    unsigned seen;                 /* functions, a bit each */
    char name[SYN_MODEL_NAME_MAX]; /* --prefix of the command that wrote the file, or empty */
    struct source_remark layers[SYN_PART_LAYERS_MAX];
    unsigned unloaded; /* words of 32 bits that cnn_unload() reads one by one; 0: it has loops */
};

/* `source` must be freed also after an error: SYN_EINVAL, SYN_EUNSUP with line, SYN_ENOMEM. */
int source_read(struct source *source, struct text *text);
void source_free(struct source *source);

#endif
