/* SPDX-License-Identifier: MIT */
/*
 * Where kernels, biases and activations lie, and whether a set of chunks fits together.
 *
 * This is the one truth of memory: planner, simulator, generator and agent all call it. It is a
 * set function of the chunks in the order given (the order of their pipelines in a plan). It
 * answers for every kind of part, so that nobody who calls it needs to know which there are.
 *
 * MAX7800x. Kernels: layers whose processor map is full first, then chunk and model order, each at
 * the first gap (start a multiple of 4 columns) that is free on every processor of its map; words
 * as in PART.md 1.2. Bias: descending (on a MAX78000 layers that flatten first), each into the
 * least used of the quadrants that the chunks use. Activations: data memory is shared by resident
 * chunks, since one runs at a time, so each chunk is judged alone: input, output and all live
 * tensors together; output may overlap a dying input as long as no input word is overwritten before
 * its last read in raster order.
 *
 * Peak-and-bandwidth: weights and biases of all chunks share one pool, and while a layer works its
 * input, its output and all live tensors share another; nothing is anywhere in particular.
 */
#ifndef SYN_DEVICES_PART_PLACE_H
#define SYN_DEVICES_PART_PLACE_H

#include "devices/part/geometry.h"
#include "devices/part/layer.h"

#define SYN_BIAS_EACH SYN_PART_QUADRANTS

struct syn_place {
    uint16_t kernel_column; /* first 72-bit word (the vendor's kern_offs) */
    uint16_t kernel_words;  /* on every processor of the map; 0 where there are no weights */
    int8_t bias_group;      /* quadrant, -1 where there is no bias, SYN_BIAS_EACH for depthwise */
    uint16_t bias_offset;   /* bytes; depthwise: the same in each quadrant */
    uint16_t bias_bytes;    /* depthwise: in each quadrant of the layer's processors */
};

struct syn_image;

struct syn_chunk {
    const struct syn_layer *layers; /* of the whole model; with `image`, of the chunk alone */
    uint16_t first, last;           /* the range [first, last) */
    uint16_t layer_count;           /* of the whole model, for liveness behind the chunk */
    const struct syn_image *image;  /* on a device: live tensors come from its ports; else NULL */
};

/* Layer `index` of the model, first <= index < last. */
const struct syn_layer *syn_chunk_layer(const struct syn_chunk *chunk, unsigned index);

enum syn_limit {
    SYN_LIMIT_NONE,
    SYN_LIMIT_LAYERS,   /* need, have: layers */
    SYN_LIMIT_CHUNKS,   /* need, have: chunks */
    SYN_LIMIT_KERNELS,  /* need, have: words on processor `where` (have = largest gap) */
    SYN_LIMIT_BIAS,     /* need, have: bytes; used[] per quadrant */
    SYN_LIMIT_DATA,     /* need, have: bytes over all instances, or as `what` says */
    SYN_LIMIT_CHANNELS, /* need, have: channels of a layer */
    SYN_LIMIT_WEIGHTS,  /* need, have: bytes of weights of all chunks together */
    SYN_LIMIT_FEATURE,  /* the part has not got it: `what` says which */
    SYN_LIMIT_COUNT
};

/* Why something does not fit. */
struct syn_misfit {
    enum syn_limit limit;
    uint16_t chunk, layer; /* index into the chunks given; layer of the model */
    uint16_t where;        /* processor, for KERNELS */
    uint32_t need, have;
    uint16_t used[SYN_PART_QUADRANTS]; /* bias bytes in use, for BIAS */
    const char *what;                  /* static text for FEATURE and sometimes DATA, else NULL */
};

/*
 * Does the part have what this layer needs (kernel sizes, pooling, channels, dilation, ...)?
 * Returns 0 or SYN_EOOR with *misfit filled.
 */
int syn_place_check_layer(const struct syn_part *part, const struct syn_layer *layer,
                          struct syn_misfit *misfit);

/*
 * Places kernels and biases of `count` chunks together. `places` takes one entry a layer, chunk
 * after chunk (sum of last - first, at most SYN_PART_PLACEMENTS_MAX). misfit may be NULL.
 * Returns 0 or SYN_EOOR.
 */
int syn_place_chunks(const struct syn_part *part, const struct syn_chunk *chunks, unsigned count,
                     struct syn_place *places, struct syn_misfit *misfit);

/*
 * Do the activations of one chunk fit, and can its layers read and write them where they lie
 * (route.h), so that there is a program for it? `offsets`, where not NULL, takes the byte offset
 * inside its instances of each tensor that the chunk touches, indexed by tensor number (layer_count
 * + 1 entries), UINT32_MAX where the tensor is not there; all 0 in a pool. Returns 0 or SYN_EOOR.
 *
 * A misfit names the layer that needs most: `need` counts, in every instance, what must be there
 * while that layer works (input, output, tensors for later), `have` all instances together. Where
 * the sum would fit but one instance overflows, or no arrangement is found, `what` says so and
 * need and have are of one instance.
 */
int syn_place_data(const struct syn_part *part, const struct syn_chunk *chunk, uint32_t *offsets,
                   struct syn_misfit *misfit);

/* Bytes of data memory that the chunk takes when it is fullest: of one instance, or of the pool;
 * `offsets` as syn_place_data() filled them. */
uint32_t syn_place_data_peak(const struct syn_part *part, const struct syn_chunk *chunk,
                             const uint32_t *offsets);

/* Words used on every processor, for `accel` and for messages: used[p] of kernel_words. */
void syn_place_usage(const struct syn_chunk *chunks, unsigned count, const struct syn_place *places,
                     uint16_t used[SYN_PART_PROCESSORS], uint16_t bias[SYN_PART_QUADRANTS]);

/* Cycles of a chunk at its places: 1 for the start, the layers, the pipeline where the clock `hz`
 * of a MAX78002 needs it. */
uint64_t syn_place_cycles(const struct syn_part *part, const struct syn_chunk *chunk,
                          const struct syn_place *places, uint32_t hz);

/* 32-bit words that the CPU moves to load or unload a tensor in the accelerator's layout. */
uint32_t syn_tensor_words(struct syn_shape shape, unsigned width, bool chw);

/*
 * Tensors live across the cut before layer `cut` (0 = the input of the model, layer_count = its
 * output): fills ids in ascending order, returns how many, or SYN_EOOR beyond SYN_LIVE_MAX.
 */
int syn_live_tensors(const struct syn_layer *layers, unsigned layer_count, unsigned cut,
                     uint16_t ids[SYN_LIVE_MAX]);

#endif
