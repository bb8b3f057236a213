/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XNNPACK's int8 convolution on the shape of a layer, one thread; data and scales are made up. */
#ifndef SYN_TESTS_BENCH_ACCEL_XNNPACK_H
#define SYN_TESTS_BENCH_ACCEL_XNNPACK_H

#include "devices/part/layer.h"

struct bench_xnnpack;

/* NULL where the library was not there to build with, or has no such convolution. */
struct bench_xnnpack *bench_xnnpack_new(const struct syn_layer *layer);
void bench_xnnpack_run(void *xnnpack);
void bench_xnnpack_free(struct bench_xnnpack *xnnpack); /* NULL is fine */

#endif
