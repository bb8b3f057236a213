/* SPDX-License-Identifier: MIT */
/*
 * Executes a chunk bit-exactly (arithmetic of PART.md 4), in steps that a
 * single-threaded loop can take between its other work. No allocation: the caller gives one block
 * of memory, which holds prepared weights (made once by syn_exec_init) and activations.
 *
 * syn_exec_memory() and syn_exec_init() need 34 bytes of stack for each of SYN_PART_PLACEMENTS_MAX
 * layers, 11 KB where it is 256; the others 1 KB.
 *
 * Tensors are dense C,H,W at the border, whatever the kernels use inside: int8, or int32 in the
 * machine's order where output_width is 32.
 */
#ifndef SYN_DEVICES_PART_EXEC_H
#define SYN_DEVICES_PART_EXEC_H

#include "devices/part/image.h"
#include "devices/part/kernels.h"

struct syn_exec; /* lives at the start of the caller's memory */

/* Bytes that this image needs, aligned for any type. */
size_t syn_exec_memory(const struct syn_image *image);

/* Unpacks the weights. *exec points into memory. Returns 0 or SYN_ENOMEM. The bytes of the image
 * must stay where they are. */
int syn_exec_init(struct syn_exec **exec, const struct syn_image *image, void *memory, size_t size);

/* The same with other kernels than the portable ones; the table must outlive the executor. */
size_t syn_exec_memory_with(const struct syn_image *image, const struct syn_kernels *kernels);
int syn_exec_init_with(struct syn_exec **exec, const struct syn_image *image,
                       const struct syn_kernels *kernels, void *memory, size_t size);

/* Copies one input tensor in, index < in_count; `size` must equal its bytes. */
int syn_exec_load(struct syn_exec *exec, unsigned index, const void *data, size_t size);

/* Starts an inference on what was loaded. */
void syn_exec_start(struct syn_exec *exec);

/*
 * Works for about `macs` multiply-accumulates. Returns true while there is more to do.
 * UINT64_MAX runs to the end.
 */
bool syn_exec_step(struct syn_exec *exec, uint64_t macs);

/* The output tensor `index` < out_count after the last step; valid until the next load or start. */
const void *syn_exec_output(const struct syn_exec *exec, unsigned index, size_t *size);

#endif
