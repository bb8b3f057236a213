/* SPDX-License-Identifier: MIT */
/*
 * The chunk image: layers, weights and biases of one chunk as a block of bytes that travels to a
 * device, is named by its SHA-256, and is read in place. The byte layout is specified in
 * IMAGE.md beside this file. Little endian; no pointer inside; every length is checked on opening,
 * so that an opened image can be used without further checks.
 */
#ifndef SYN_DEVICES_PART_IMAGE_H
#define SYN_DEVICES_PART_IMAGE_H

#include "devices/part/layer.h"
#include "devices/part/place.h"

/* What the image keeps of a tensor that enters or leaves the chunk. */
struct syn_port_tensor {
    uint16_t id; /* tensor number */
    struct syn_shape shape;
    uint8_t width; /* 8 or 32 */
    bool chw;
};

struct syn_image {
    const uint8_t *bytes;
    size_t size;
    uint16_t first, last; /* layers of the model */
    uint16_t layer_count; /* of the whole model */
    uint8_t in_count, out_count;
};

/* Bytes that syn_image_write() will need; 0 for a range that has no image. */
size_t syn_image_size(const struct syn_layer *layers, unsigned layer_count, unsigned first,
                      unsigned last);

/*
 * Writes the image of [first, last). weights[i] and biases[i] belong to layer i of the model:
 * packed weights, int8 bias; NULL where the layer has none. `input` is the shape of tensor 0.
 * Layers must be resolved. Returns the size, SYN_ENOMEM where capacity is too small, SYN_EINVAL
 * for a bad range, missing weights or a 32-bit tensor that is read, SYN_EOOR beyond SYN_LIVE_MAX.
 */
long syn_image_write(const struct syn_layer *layers, unsigned layer_count, unsigned first,
                     unsigned last, struct syn_shape input, const uint8_t *const *weights,
                     const int8_t *const *biases, uint8_t *bytes, size_t capacity);

/* Checks and opens; `bytes` must outlive the image. Returns 0 or SYN_ECORRUPT. */
int syn_image_open(struct syn_image *image, const uint8_t *bytes, size_t size);

/* The tensors that enter and leave the chunk, in ascending order of their numbers. */
struct syn_port_tensor syn_image_in(const struct syn_image *image, unsigned index);
struct syn_port_tensor syn_image_out(const struct syn_image *image, unsigned index);

/* Bytes of all of them, dense. */
uint32_t syn_image_in_bytes(const struct syn_image *image);
uint32_t syn_image_out_bytes(const struct syn_image *image);

/* Layer `index` (first <= index < last), with shapes resolved, and its packed weights and bias. */
void syn_image_layer(const struct syn_image *image, unsigned index, struct syn_layer *layer,
                     const uint8_t **weights, const int8_t **bias);

/* Fills layers[0 .. last - first) and makes them a chunk; image and layers must outlive it. */
struct syn_chunk syn_image_chunk(const struct syn_image *image, struct syn_layer *layers);

#endif
