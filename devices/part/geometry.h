/* SPDX-License-Identifier: MIT */
/*
 * Geometry and limits of the parts (hardware.md section 1; ai8x-synthesis izer/tornadocnn.py,
 * docs/AHBAddresses.md, README "Limits").
 */
#ifndef SYN_DEVICES_PART_GEOMETRY_H
#define SYN_DEVICES_PART_GEOMETRY_H

#include <stdbool.h>
#include <stdint.h>

#define SYN_PART_PROCESSORS     64
#define SYN_PART_QUADRANTS      4
#define SYN_PART_INSTANCES      16  /* of data memory; four processors share one */
#define SYN_PART_CHUNKS_MAX     32  /* chunks that may be resident together on one device (ours) */
#define SYN_PART_PLACEMENTS_MAX 256 /* layers of all resident chunks together (ours) */

struct syn_part {
    const char *name;            /* "MAX78000" */
    uint16_t kernel_words;       /* 72-bit words of weight memory of a processor */
    uint16_t kernel_words_first; /* the same for processors 0, 16, 32, 48 */
    uint32_t weight_bytes;       /* of the whole weight memory */
    uint16_t bias_bytes;         /* of one quadrant */
    uint32_t data_bytes;         /* of one instance */
    uint16_t layers_max;         /* in one program; resident chunks share them */
    uint16_t channels_max;       /* of one layer, in and out */
    uint16_t bias_channels_max;  /* output channels of a layer with bias */
    uint16_t rows_max;           /* rows and columns */
    uint32_t pixels_hwc_max;     /* pixels a channel, HWC */
    uint32_t pixels_chw_max;     /* pixels a channel, CHW input */
    bool depthwise;              /* groups = channels */
    bool offset_costs;           /* some layers' cycles grow with the place of their kernels */
    uint16_t dilation2d_max;
    uint8_t pool_dilation_max;
    uint8_t pipeline_cycles;     /* added for every output pixel of a convolution when pipelined */
    uint32_t max_unpipelined_hz; /* above this clock the pipeline is on */
};

extern const struct syn_part syn_part_max78000;
extern const struct syn_part syn_part_max78002;

/* By name, case ignored; NULL where there is none. */
const struct syn_part *syn_part_find(const char *name);

/* Channel expansion (hardware.md 1.1): passes over `channels`, and processors used in each. */
unsigned syn_part_expand(unsigned channels);
unsigned syn_part_processors(unsigned channels);

/* The default map: the lowest-numbered processors for `channels`. */
uint64_t syn_part_default_map(unsigned channels);

#endif
