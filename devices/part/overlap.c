/* SPDX-License-Identifier: MIT */
#include "devices/part/overlap.h"

#include "devices/part/geometry.h"

/* The last pooled row (or column) that output row `at` needs; may lie behind the last there is. */
static int32_t last_needed(const struct syn_layer *l, int32_t at, int32_t kernel, int32_t pad,
                           int32_t dilation)
{
    if (l->op == SYN_OP_CONVTRANSPOSE2D)
        return (at + pad) / 2;
    return at + (kernel - 1) * dilation - pad;
}

/* Flattening reads all again for each output; spread kernels with gaps are left out: no part has
 * them. */
static bool reads_out_of_order(const struct syn_layer *l)
{
    bool gaps = l->dilation_h > 1 || l->dilation_w > 1 || l->kernel_h < 2 || l->kernel_w < 2;

    return l->flatten || (l->op == SYN_OP_CONVTRANSPOSE2D && gaps);
}

/* A copy in several passes writes each before it reads the next: its own pixel is not behind it. */
static bool writes_while_reading(const struct syn_layer *l)
{
    return l->op == SYN_OP_PASSTHROUGH && l->in.channels > SYN_PART_PROCESSORS;
}

/* Input pixels that have been read for good when output (y, x) is written. */
static int64_t consumed(const struct syn_layer *l, int32_t y, int32_t x)
{
    int64_t width = l->in.width, rows = l->pooled.height, columns = l->pooled.width;
    int64_t row = last_needed(l, y, l->kernel_h, l->pad_h, l->dilation_h);
    int64_t column = last_needed(l, x, l->kernel_w, l->pad_w, l->dilation_w);

    if (writes_while_reading(l))
        return (int64_t)y * l->pool_stride_h * width + (int64_t)x * l->pool_stride_w;
    /* Of the first output row nobody has read the rows before. */
    if (reads_out_of_order(l) || row < 0 || (column < 0 && y == 0))
        return 0;
    if (row >= rows && y > 0)
        return (int64_t)l->in.height * width;
    if (row >= rows)
        row = rows - 1;
    if (row == rows - 1 && column >= columns - 1)
        return (int64_t)l->in.height * width;
    if (column < 0)
        column = -1;
    if (column >= columns - 1) {
        row++;
        column = -1;
    }
    /* The next window begins here; a pooling window may be read again from its first row. */
    return row * l->pool_stride_h * width + (column + 1) * l->pool_stride_w;
}

#define POINTS 10

/*
 * Rows (or columns) where the distance can have its maximum: it grows or falls evenly between the
 * first output, the one that needs the first input, the one from which the input is exhausted,
 * and the last.
 */
static unsigned turning_points(int32_t size, int32_t begun, int32_t exhausted,
                               int32_t points[POINTS])
{
    const int32_t wanted[POINTS] = {
        0,        1,       begun - 1, begun, exhausted - 2, exhausted - 1, exhausted, exhausted + 1,
        size - 2, size - 1};
    unsigned count = 0;

    for (unsigned i = 0; i < POINTS; i++)
        if (wanted[i] >= 0 && wanted[i] < size)
            points[count++] = wanted[i];
    return count;
}

static int32_t begun_at(const struct syn_layer *l, int32_t kernel, int32_t pad, int32_t dilation)
{
    return l->op == SYN_OP_CONVTRANSPOSE2D ? 0 : pad - (kernel - 1) * dilation;
}

static int32_t exhausted_at(const struct syn_layer *l, int32_t pooled, int32_t kernel, int32_t pad,
                            int32_t dilation)
{
    if (l->op == SYN_OP_CONVTRANSPOSE2D)
        return 2 * (pooled - 1) - pad;
    return pooled - 1 - (kernel - 1) * dilation + pad;
}

static unsigned row_points(const struct syn_layer *l, int32_t points[POINTS])
{
    return turning_points(l->out.height, begun_at(l, l->kernel_h, l->pad_h, l->dilation_h),
                          exhausted_at(l, l->pooled.height, l->kernel_h, l->pad_h, l->dilation_h),
                          points);
}

static unsigned column_points(const struct syn_layer *l, int32_t points[POINTS])
{
    return turning_points(l->out.width, begun_at(l, l->kernel_w, l->pad_w, l->dilation_w),
                          exhausted_at(l, l->pooled.width, l->kernel_w, l->pad_w, l->dilation_w),
                          points);
}

int64_t syn_overlap_distance(const struct syn_layer *layer, uint32_t in_stride, uint32_t out_stride)
{
    int32_t rows[POINTS], columns[POINTS];
    unsigned row_count = row_points(layer, rows), column_count = column_points(layer, columns);
    int64_t most = INT64_MIN;

    for (unsigned i = 0; i < row_count; i++)
        for (unsigned j = 0; j < column_count; j++) {
            int64_t written = (int64_t)rows[i] * layer->out.width + columns[j] + 1;
            int64_t distance =
                written * out_stride - consumed(layer, rows[i], columns[j]) * in_stride;

            most = distance > most ? distance : most;
        }
    return most;
}
