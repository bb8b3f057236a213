/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Figures of models on devices that no plan changes, computed once for a search: bytes and words
 * of cuts, times, and what sums of layers take. Devices with the same figures share a table, and
 * so do pipelines with the same model.
 */
#ifndef SYN_CORE_PLAN_TABLES_H
#define SYN_CORE_PLAN_TABLES_H

#include "core/cost/cost.h"
#include "devices/part/demand.h"

enum syn_alone { SYN_ALONE_UNKNOWN, SYN_ALONE_FITS, SYN_ALONE_NEVER };

/* What depends on model and part. */
struct syn_part_table {
    const struct syn_part *part;
    struct syn_demand *demand; /* [cut]: of the layers before it */
    uint8_t *alone;            /* [row]: enum syn_alone, syn_fit_alone() */
};

/* A model on one kind of device; times in nanoseconds, of one inference. */
struct syn_kind_table {
    const struct syn_part_table *on;
    int64_t *words_ns;     /* [cut]: to load or unload it */
    int64_t *message_ns;   /* [cut]: one end's time to send it; the last: the result */
    int64_t *configure_ns; /* [number of layers] */
    int64_t *infer_ns;     /* [row]: at least, wherever kernels lie */
};

struct syn_model_table {
    const struct syn_model *model;
    unsigned layers;
    uint32_t *bytes, *words; /* [cut]; bytes: the last is the result */
    struct syn_part_table parts[SYN_DEVICES_MAX];
    struct syn_kind_table *kinds[SYN_DEVICES_MAX]; /* by kind; NULL while nobody asked */
};

struct syn_tables {
    const struct syn_problem *problem;
    uint8_t kind[SYN_DEVICES_MAX]; /* the first device with the same figures */
    unsigned count;
    struct syn_model_table *models[SYN_PIPELINES_MAX];
};

/* Index of the chunk [first, last) in a row: chunks that begin together lie together. */
static inline size_t syn_table_row(unsigned layers, unsigned first, unsigned last)
{
    return (size_t)first * layers - (size_t)first * (first - 1) / 2 + (last - first - 1);
}

static inline size_t syn_table_rows(unsigned layers)
{
    return (size_t)layers * (layers + 1) / 2;
}

void syn_tables_init(struct syn_tables *tables, const struct syn_problem *problem);
void syn_tables_clear(struct syn_tables *tables);

/* Returns 0, SYN_ENOMEM, SYN_EOOR (more tensors cross a cut than can). */
int syn_tables_model(struct syn_tables *tables, const struct syn_model *model,
                     const struct syn_model_table **table, struct syn_error *error);
/* The same with the table of every kind of device in the fleet. */
int syn_tables_full(struct syn_tables *tables, const struct syn_model *model,
                    const struct syn_model_table **table, struct syn_error *error);

#endif
