/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arithmetic written straight from its formulas, one output element at a time, in 64 bits. */
#ifndef SYN_TESTS_DEVICES_PART_NAIVE_H
#define SYN_TESTS_DEVICES_PART_NAIVE_H

#include "tests/devices/part/random_models.h"

/* The last output of the model, widened; the caller frees it. */
int64_t *naive_run(const struct random_model *m);

#endif
