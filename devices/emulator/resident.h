/* SPDX-License-Identifier: MIT */
/*
 * Chunks resident on an emulated accelerator: what the firmware of a device does with the part.
 * Images are placed side by side, their weights written once; then, for each inference, the chunk
 * is configured if another one was, its input written, the layers started, its output read.
 *
 * As emulator.h: memory of the heap, no globals, one thread at a time. What goes wrong on the part
 * is a fault of the emulator.
 */
#ifndef SYN_DEVICES_EMULATOR_RESIDENT_H
#define SYN_DEVICES_EMULATOR_RESIDENT_H

#include "devices/emulator/emulator.h"
#include "devices/part/image.h"

struct syn_resident;

/* Nothing resident. Returns 0, SYN_ENOMEM, or SYN_EUNSUP for a part without registers; *resident is
 * NULL then. */
int syn_resident_new(struct syn_resident **resident, const struct syn_part *part,
                     const struct syn_kernels *kernels);
void syn_resident_free(struct syn_resident *resident);

/*
 * Replaces all chunks by those of `images`, which must stay where they are. `hz` is the clock of
 * the accelerator. Returns 0; SYN_EOOR or SYN_EUNSUP with *misfit where they do not fit together or
 * the part cannot run one (nothing is resident then); SYN_ENOMEM; SYN_EDEVICE after a fault.
 */
int syn_resident_deploy(struct syn_resident *resident, const struct syn_image *const *images,
                        unsigned count, uint32_t hz, struct syn_misfit *misfit);

/*
 * Configures the chunk and writes the tensors that enter it, dense, one after the other in the
 * order of its image. Nothing may be running. Returns 0 or SYN_EDEVICE after a fault.
 */
int syn_resident_load(struct syn_resident *resident, unsigned chunk, const void *data);

/* After a fault: forgets it, and configures the next chunk anew. Nothing to do without one. */
void syn_resident_forgive(struct syn_resident *resident);

/* Starts what was loaded last; then call _step() until it returns false (emulator.h). */
void syn_resident_start(struct syn_resident *resident);
bool syn_resident_step(struct syn_resident *resident, uint64_t macs);

/* Reads the tensor `index` that leaves the chunk that ran last: dense, valid until the next call.
 * NULL after a fault or without memory. */
const void *syn_resident_output(struct syn_resident *resident, unsigned index, size_t *size);

/* For its faults and cycles. */
struct syn_emulator *syn_resident_emulator(struct syn_resident *resident);

#endif
