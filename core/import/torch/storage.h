/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the numbers of a checkpoint's tensors lie, and reading them. Private to torch/. */
#ifndef SYN_CORE_IMPORT_TORCH_STORAGE_H
#define SYN_CORE_IMPORT_TORCH_STORAGE_H

#include "core/import/torch/checkpoint.h"
#include "core/import/torch/pickle.h"
#include "core/import/torch/zip.h"

#define SYN_STORAGES_BUDGET (512u << 20) /* bytes that one checkpoint may cost to read */

struct syn_storages {
    struct syn_source source;
    struct syn_zip zip; /* of the ZIP form; entries PREFIX data/KEY */
    const char *prefix;
    size_t prefix_size;
    uint64_t *at; /* of the older form: place of each storage, 0 = it has none; owned */
    uint64_t spent;
    uint8_t *bytes; /* of the storage that was read last; owned */
    uint32_t last;  /* + 1 */
};

/* Older form: places of all storages, which follow the pickle of their names one by one. */
int syn_storages_locate(struct syn_storages *storages, const struct syn_pickle *object,
                        const struct syn_pickle *keys, struct syn_error *error);

int syn_storages_values(struct syn_storages *storages, const struct syn_pickle *object,
                        const struct syn_checkpoint_tensor *tensor, float *values,
                        struct syn_error *error);

void syn_storages_free(struct syn_storages *storages);

#endif
