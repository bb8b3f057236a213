/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a format of core/import is, and what its reader gives back. For readers of formats; others
 * include core/import/import.h.
 */
#ifndef SYN_CORE_IMPORT_BUILD_FORMAT_H
#define SYN_CORE_IMPORT_BUILD_FORMAT_H

#include "core/base/error.h"
#include "core/model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_IMPORT_HEAD 512 /* bytes of a file that are looked at to recognise it */

/* What the user says beside the path. NULL: nothing. */
struct syn_import_options {
    const char *name;    /* of the model; NULL: what the file says, or is called */
    const char *weights; /* file of the weights, where the description holds none */
    const double *range; /* two: what -128 and 127 of a window stand for in the file's numbers */
    const char *input;   /* shape of the input as "CxHxW" or "CxL", where the file does not say */
};

/*
 * The model as its file computes it, in floating point where it does so, to compare it with what
 * became of it. `input` is a window as our model reads it, dense C,H,W.
 */
struct syn_import_original {
    void *state;
    size_t outputs; /* values that infer() gives */
    double unit;    /* what one in the model's output stands for in them; 0 where not known */
    int (*infer)(void *state, const int8_t *input, float *output, struct syn_error *error);
    void (*free)(void *state);
};

struct syn_imported {
    struct syn_model *model;
    const char *format;                  /* name of the format, static */
    char *notes;                         /* what was changed, a line each, malloc'ed; or NULL */
    struct syn_import_original original; /* infer NULL: the model computes exactly as its file */
};

/* What is known of a path before it is read. */
struct syn_import_probe {
    const char *path;
    const char *extension; /* after the last dot of the last part, "" where there is none */
    bool folder;
    uint64_t size; /* bytes; 0 for a folder */
    size_t head_size;
    uint8_t head[SYN_IMPORT_HEAD];
};

struct syn_import_format {
    const char *name;        /* "ONNX" */
    const char *description; /* for the manual, a sentence without a full stop */
    bool takes_weights;      /* reads options->weights */
    bool takes_input;        /* reads options->input */
    bool takes_range;        /* reads options->range */
    bool (*recognise)(const struct syn_import_probe *probe);
    /* `imported` is zero but for `format`; may be filled in part where an error is returned. */
    int (*read)(struct syn_imported *imported, const struct syn_import_probe *probe,
                const struct syn_import_options *options, struct syn_error *error);
};

void syn_imported_free(struct syn_imported *imported);

/* Adds a line to the notes. Returns 0 or SYN_ENOMEM. */
int syn_imported_note(struct syn_imported *imported, const char *fmt, ...) SYN_PRINTF(2, 3);

#endif
