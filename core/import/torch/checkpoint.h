/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tensors of a PyTorch checkpoint by name, from both forms that torch.save writes: a ZIP
 * archive, and the older sequence of pickles. Nothing in the file is executed (pickle.h); a
 * tensor's numbers are read when they are asked for, within bounds.
 *
 * A checkpoint is used by one thread at a time.
 */
#ifndef SYN_CORE_IMPORT_TORCH_CHECKPOINT_H
#define SYN_CORE_IMPORT_TORCH_CHECKPOINT_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SYN_TENSOR_DIMS_MAX     8u
#define SYN_CHECKPOINT_PICKLE   (16u << 20) /* bytes of its pickle */
#define SYN_CHECKPOINT_ELEMENTS (1u << 24)  /* of one tensor */
#define SYN_CHECKPOINT_STORAGE  (128u << 20)
#define SYN_CHECKPOINT_TENSORS  4096u

struct syn_checkpoint_tensor {
    char name[160];
    unsigned dims;
    uint32_t shape[SYN_TENSOR_DIMS_MAX];
    uint32_t count; /* elements; 0 where it is no plain tensor, or too large to be read */
    uint32_t stride[SYN_TENSOR_DIMS_MAX];
    uint64_t offset;
    uint32_t storage;
};

struct syn_checkpoint;

/* Does a file that begins so look like a checkpoint? */
bool syn_checkpoint_looks(const uint8_t *head, size_t size);

/*
 * Reads names and shapes. Returns 0, SYN_ENOENT, SYN_EIO, SYN_ECORRUPT, SYN_EUNSUP, SYN_EINVAL
 * (a bound), SYN_ENOMEM, with `path` in the error; *checkpoint is then NULL.
 */
int syn_checkpoint_open(struct syn_checkpoint **checkpoint, const char *path,
                        struct syn_error *error);

/* The same of an open file, which becomes the checkpoint's, also after an error. */
int syn_checkpoint_take(struct syn_checkpoint **checkpoint, FILE *file, struct syn_error *error);
void syn_checkpoint_close(struct syn_checkpoint *checkpoint); /* NULL is fine */

/* The network's name as its training called it, "" where it does not say. */
const char *syn_checkpoint_arch(const struct syn_checkpoint *checkpoint);

/* The entries of its state_dict, in order; NULL beyond the last. */
const struct syn_checkpoint_tensor *syn_checkpoint_tensor(const struct syn_checkpoint *checkpoint,
                                                          unsigned index);
const struct syn_checkpoint_tensor *syn_checkpoint_find(const struct syn_checkpoint *checkpoint,
                                                        const char *name);

/* The tensor's numbers, row-major, into `values` (tensor->count of them). */
int syn_checkpoint_values(struct syn_checkpoint *checkpoint,
                          const struct syn_checkpoint_tensor *tensor, float *values,
                          struct syn_error *error);

#endif
