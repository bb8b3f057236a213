/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is a result what the model gives? Recomputes whole inferences in this process with the reference
 * kernels, from the same sensor window that the device saw, and compares hashes.
 */
#ifndef SYN_CORE_VERIFY_VERIFY_H
#define SYN_CORE_VERIFY_VERIFY_H

#include "core/cost/problem.h"

struct syn_verify;

/* What a device reported of one inference. */
struct syn_verify_claim {
    unsigned pipeline;
    uint32_t inference; /* 1 = the first */
    uint64_t input_hash, output_hash;
    uint16_t best;
    int32_t value;
};

/* The problem's models must outlive it. NULL when there is no memory. */
struct syn_verify *syn_verify_new(const struct syn_problem *problem);
void syn_verify_free(struct syn_verify *verify); /* NULL is fine */

/*
 * Where pipeline's windows come from: a file as fed to its source, from window `first` on; path
 * empty: numbers from a seed (the default). Returns 0 or the error of opening the file.
 */
int syn_verify_source(struct syn_verify *verify, unsigned pipeline, const char *path,
                      uint64_t first, struct syn_error *error);

/* 0, or SYN_ECORRUPT with words about the first thing that differs. */
int syn_verify_check(struct syn_verify *verify, const struct syn_verify_claim *claim,
                     struct syn_error *error);

/* The largest element of an output tensor of `width` bits, the first where several are equal. */
void syn_verify_best(const void *output, size_t size, unsigned width, uint16_t *best,
                     int32_t *value);

#endif
