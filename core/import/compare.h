/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A model beside what its file computes (struct syn_import_original), window after window: how
 * often both give the same class, how far their outputs are apart, and how often each is right.
 */
#ifndef SYN_CORE_IMPORT_COMPARE_H
#define SYN_CORE_IMPORT_COMPARE_H

#include "core/import/build/format.h"

/* Zero at the start. Differences are in the original's units; 0 where those are not known. */
struct syn_import_comparison {
    uint32_t count;
    uint32_t pixels, same_class; /* of all outputs together; one pixel each where they classify */
    uint32_t labelled, right_original, right_model;
    double largest_difference, mean_difference; /* of outputs */
    double size;                                /* of the original's outputs: root mean square */
    double sum_differences, sum_squares;        /* inside */
};

/*
 * Adds a window, dense C,H,W as the model reads it. The class of a pixel is the channel with the
 * largest output, the first of equals; `label` is the right one, or -1, and counts where the output
 * is one pixel. `imported` has an original. Returns 0, SYN_ENOMEM, or
 * what one of the two computations returns.
 */
int syn_import_compare(struct syn_import_comparison *comparison,
                       const struct syn_imported *imported, const int8_t *window, int label,
                       struct syn_error *error);

#endif
