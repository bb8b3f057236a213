/* SPDX-License-Identifier: MIT */
/*
 * The parts: their kind, geometry and limits. Those of the MAX7800x are built in (PART.md 1);
 * parts of the kind peak-and-bandwidth are described by profiles (devices/profiles/parts.h).
 *
 * What is asked of a part goes through place.h and demand.h, which are the same for every kind.
 */
#ifndef SYN_DEVICES_PART_GEOMETRY_H
#define SYN_DEVICES_PART_GEOMETRY_H

#include "devices/part/layer.h"

#define SYN_PART_PROCESSORS 64
#define SYN_PART_QUADRANTS  4
#define SYN_PART_INSTANCES  16 /* of data memory; four processors share one */
/* Firmware is compiled for what its part has, to spare stack; a part that has more is used for so
 * much alone. */
#ifndef SYN_PART_CHUNKS_MAX /* chunks that may be resident together on one device (ours) */
#define SYN_PART_CHUNKS_MAX 32
#endif
#ifndef SYN_PART_LAYERS_MAX /* of one program of a MAX7800x */
#define SYN_PART_LAYERS_MAX 128
#endif
#ifndef SYN_PART_PLACEMENTS_MAX /* layers of all resident chunks together (ours) */
#define SYN_PART_PLACEMENTS_MAX 256
#endif

/*
 * A part of which a peak and a bandwidth are all that is known. A layer takes the longer of its
 * multiplications at the peak of its operation and of its bytes at the bandwidth, weights and
 * activations after each other, and a fixed time. Memory is two pools: weights of the chunks that
 * are there (syn_part.weight_bytes), activations of the one that runs (syn_part.data_bytes).
 */
struct syn_peak {
    uint32_t macs_per_kcycle[SYN_OP_COUNT]; /* MACs in 1,000 cycles; 0: it has not this operation.
                                               A passthrough has none to do and is never asked */
    uint32_t depthwise_macs_per_kcycle;     /* of layers with groups */
    uint32_t weight_bytes_per_kcycle;       /* above 0 */
    uint32_t data_bytes_per_kcycle;         /* above 0 */
    uint32_t layer_cycles;                  /* of every layer, whatever it does */
    uint32_t weight_bits_min;               /* narrower weights are stored at this width */
};

/* What answers for a part behind place.h and demand.h. */
struct syn_part_kind;
extern const struct syn_part_kind syn_part_kind_max7800x, syn_part_kind_peak;

struct syn_part {
    const char *name; /* "MAX78000" */
    const struct syn_part_kind *kind;
    uint32_t weight_bytes; /* of the whole weight memory */
    uint32_t data_bytes;   /* of one instance of data memory; peak-and-bandwidth: of all of it */
    uint16_t layers_max;   /* in one program; resident chunks share them */

    struct syn_peak peak; /* peak-and-bandwidth; all below is of the MAX7800x */

    uint16_t kernel_words;       /* 72-bit words of weight memory of a processor */
    uint16_t kernel_words_first; /* the same for processors 0, 16, 32, 48 */
    uint16_t bias_bytes;         /* of one quadrant */
    uint16_t channels_max;       /* of one layer, in and out */
    uint16_t bias_channels_max;  /* output channels of a layer with bias */
    uint16_t rows_max;           /* rows and columns */
    uint32_t pixels_hwc_max;     /* pixels a channel, HWC */
    uint32_t pixels_chw_max;     /* pixels a channel, CHW input */
    bool depthwise;              /* groups = channels */
    bool offset_costs;           /* some layers' cycles grow with the place of their kernels */
    uint8_t pool_dilation_max;
    uint8_t pipeline_cycles;     /* added for every output pixel of a convolution when pipelined */
    uint32_t max_unpipelined_hz; /* above this clock the pipeline is on */
};

extern const struct syn_part syn_part_max78000;
extern const struct syn_part syn_part_max78002;

/* Those that are built in, by name, case ignored; NULL where there is none. */
const struct syn_part *syn_part_find(const char *name);

/* What a part has in all, for sums over devices and for people. */
struct syn_part_room {
    uint32_t weight_bytes, bias_bytes, data_bytes,
        layers; /* SYN_PART_FREE: not bounded by itself */
};

#define SYN_PART_FREE UINT32_MAX

struct syn_part_room syn_part_room(const struct syn_part *part);

/* Channel expansion (PART.md 1.1): passes over `channels`, and processors used in each. */
unsigned syn_part_expand(unsigned channels);
unsigned syn_part_processors(unsigned channels);

/* The default map: the lowest-numbered processors for `channels`. */
uint64_t syn_part_default_map(unsigned channels);

#endif
