/* SPDX-License-Identifier: MIT */
/*
 * Chunks resident on the accelerator: images placed side by side, their weights written once; then,
 * for each inference, the chunk is configured if another one was, its input written, the layers
 * started, its output read. What devices/emulator/resident.h is to an emulated part, within the
 * memory of this one. One instance; one inference at a time.
 */
#ifndef SYN_PORTS_MAX78000_RESIDENT_H
#define SYN_PORTS_MAX78000_RESIDENT_H

#include "devices/part/image.h"

#include <stdbool.h>

/* Tensors that enter or leave, of all resident chunks together. */
#define SYN_RESIDENT_PORTS 20

/*
 * Replaces all chunks by those of `images`, which must stay where they are. `memory`, of `size`
 * bytes and aligned for any type, is free again afterwards. The accelerator has power. Returns 0;
 * SYN_EOOR or SYN_EUNSUP with *misfit where they do not fit together or the part cannot run one;
 * SYN_ENOMEM where there are more layers than the part has, or more tensors than above, or memory
 * is too small. Nothing is resident then.
 */
int syn_resident_deploy(const struct syn_image *const *images, unsigned count, uint8_t *memory,
                        size_t size, struct syn_misfit *misfit);

/* Configures the chunk and writes the tensors that enter it, dense, one after the other. `memory`
 * is SYN_RESIDENT_MEMORY bytes, aligned for any type, and free again afterwards. */
#define SYN_RESIDENT_MEMORY (SYN_PART_LAYERS_MAX * sizeof(struct syn_layer))
void syn_resident_load(unsigned chunk, const uint8_t *data, void *memory);

/* Starts what was loaded last. */
void syn_resident_start(void);

/* Reads the tensor `index` that leaves it: dense, of the size that its image says. */
void syn_resident_unload(unsigned index, void *tensor);

/* The accelerator was stopped: the next chunk is configured anew. */
void syn_resident_forget(void);

#endif
