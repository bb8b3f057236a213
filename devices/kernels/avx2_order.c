/* SPDX-License-Identifier: MIT */
/* Tensors from C,H,W to H,W,C and back, in tiles of 16 x 16. */
#include <immintrin.h>
#include <string.h>

#include "devices/kernels/avx2.h"

#define TILE 16u

/* Rows of bytes, `apart` elements from one to the next. */
struct rows {
    const int8_t *from;
    int8_t *to;
    size_t from_apart, to_apart;
};

/* Interleaves the first and the second half of 16 rows; four times turns them. */
static inline void interleave(const __m128i *from, __m128i *to)
{
    for (unsigned i = 0; i < TILE / 2; i++) {
        to[2 * i] = _mm_unpacklo_epi8(from[i], from[i + TILE / 2]);
        to[2 * i + 1] = _mm_unpackhi_epi8(from[i], from[i + TILE / 2]);
    }
}

static void turn_tile(struct rows r)
{
    __m128i a[TILE], b[TILE];

    for (unsigned i = 0; i < TILE; i++)
        a[i] = _mm_loadu_si128((const __m128i *)(const void *)(r.from + i * r.from_apart));
    interleave(a, b);
    interleave(b, a);
    interleave(a, b);
    interleave(b, a);
    for (unsigned i = 0; i < TILE; i++)
        _mm_storeu_si128((__m128i *)(void *)(r.to + i * r.to_apart), a[i]);
}

static void turn_slowly(struct rows r, size_t row, size_t row_end, size_t column, size_t column_end)
{
    for (size_t i = row; i < row_end; i++)
        for (size_t j = column; j < column_end; j++)
            r.to[j * r.to_apart + i] = r.from[i * r.from_apart + j];
}

/* `rows` by `columns` bytes become `columns` by `rows`. */
static void turn(const int8_t *from, size_t rows, size_t columns, int8_t *to)
{
    const struct rows all = {from, to, columns, rows};
    const size_t whole_rows = rows / TILE * TILE, whole_columns = columns / TILE * TILE;

    if (rows == 1 || columns == 1) {
        memcpy(to, from, rows * columns);
        return;
    }
    for (size_t i = 0; i < whole_rows; i += TILE)
        for (size_t j = 0; j < whole_columns; j += TILE)
            turn_tile((struct rows){from + i * columns + j, to + j * rows + i, columns, rows});
    turn_slowly(all, 0, whole_rows, whole_columns, columns);
    turn_slowly(all, whole_rows, rows, 0, columns);
}

static void turn_wide(const int32_t *from, size_t rows, size_t columns, int32_t *to)
{
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < rows; i++)
            *to++ = from[i * columns + j];
}

void syn_avx2_from_dense(struct syn_shape shape, const int8_t *dense, int8_t *tensor)
{
    turn(dense, shape.channels, (size_t)shape.height * shape.width, tensor);
}

void syn_avx2_to_dense(struct syn_shape shape, unsigned width, const void *tensor, void *dense)
{
    const size_t pixels = (size_t)shape.height * shape.width;

    if (width == 32)
        turn_wide(tensor, pixels, shape.channels, dense);
    else
        turn(tensor, pixels, shape.channels, dense);
}
