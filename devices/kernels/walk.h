/* SPDX-License-Identifier: MIT */
/*
 * How a convolution goes over its input: the input is widened, a band of rows at a time, to
 * int16_t H,W,C with its padding around it; under an output pixel lie runs of elements, each of
 * which meets a run of prepared weights. Plain geometry, without arithmetic on data.
 *
 * A transposed convolution spreads the input's pixels two apart. Instead of multiplying by the
 * zeros between, its outputs go in four phases, by odd and even row and column, each of which
 * meets only the taps that fall on pixels.
 */
#ifndef SYN_DEVICES_KERNELS_WALK_H
#define SYN_DEVICES_KERNELS_WALK_H

#include "devices/part/layer.h"

#define SYN_WALK_SLACK 32u /* elements behind a band that may be read; they never count */

struct syn_walk {
    const struct syn_layer *layer;
    uint32_t channels, height, width; /* of the input; flattened: one pixel */
    uint32_t spread;                  /* 2 for a transposed convolution, else 1 */
    uint32_t spread_log2;
    int32_t top, left;      /* padding, in the spread input */
    uint32_t lead, columns; /* of a row in a band: zeros before, and all pixels */
    uint32_t runs, run;     /* runs of a kernel, and elements of each */
    uint32_t pairs;         /* of a run, the last one filled up with a zero weight */
    uint32_t rows;          /* output rows that a band serves */
    uint32_t band_rows;     /* input rows in a band, at most */
};

/* Where a run begins, from a pixel's place in the band; which run of the weights it meets. */
struct syn_walk_tap {
    size_t from;
    uint32_t run;
};

/* An output pixel: its place in the band (elements), its place in the output (pixels). */
struct syn_walk_pixel {
    size_t from, to;
};

/* The output rows [row, row_end) of one phase, and the first input row of the band under them. */
struct syn_walk_part {
    uint32_t row, row_end;
    int32_t first;
    uint32_t odd_y, odd_x;
};

struct syn_walk syn_walk_make(const struct syn_layer *layer);

/* The scratch of a convolution: band, taps, pixels, and an int32_t for each output. */
struct syn_walk_scratch {
    int16_t *band;
    int32_t *biases; /* room for a multiple of 16 */
    struct syn_walk_tap *taps;
    struct syn_walk_pixel *pixels;
};

uint64_t syn_walk_scratch_bytes(const struct syn_layer *layer);
struct syn_walk_scratch syn_walk_scratch(const struct syn_walk *walk, void *scratch);

/* Input rows [*first, *first + result) lie under output rows [row, row_end); *first may be < 0. */
uint32_t syn_walk_band(const struct syn_walk *walk, uint32_t row, uint32_t row_end, int32_t *first);

/* Fill taps and pixels of a part; return their number. */
uint32_t syn_walk_taps(const struct syn_walk *walk, const struct syn_walk_part *part,
                       struct syn_walk_tap *taps);
uint32_t syn_walk_pixels(const struct syn_walk *walk, const struct syn_walk_part *part,
                         struct syn_walk_pixel *pixels);

#endif
