/* SPDX-License-Identifier: MIT */
/* Matrices turned: channels by pixels to pixels by channels, and back. */
#ifndef SYN_DEVICES_KERNELS_AVX2_ORDER_H
#define SYN_DEVICES_KERNELS_AVX2_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* `rows` by `columns` elements, rows `from_apart` apart, become `columns` rows `to_apart` apart. */
void syn_avx2_turn(const int8_t *from, size_t rows, size_t columns, size_t from_apart, int8_t *to,
                   size_t to_apart);

/* The same of 32 bits, where `from` has no gaps. */
void syn_avx2_turn_wide(const int32_t *from, size_t rows, size_t columns, int32_t *to,
                        size_t to_apart);

#endif
