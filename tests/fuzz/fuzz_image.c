/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes may be opened as a chunk image; what opens is placed and executed. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "devices/kernels/choose.h"
#include "devices/part/exec.h"
#include "devices/part/place.h"

#define MEMORY_MAX (1u << 24)
#define MACS_MAX   (1u << 20)

/* What a profile may describe, memory without end. */
static const struct syn_part pool = {
    .name = "pool",
    .kind = &syn_part_kind_peak,
    .weight_bytes = UINT32_MAX,
    .data_bytes = UINT32_MAX,
    .layers_max = SYN_PART_PLACEMENTS_MAX,
    .peak = {.macs_per_kcycle = {[SYN_OP_CONV2D] = 1},
             .weight_bytes_per_kcycle = 1,
             .data_bytes_per_kcycle = 1},
};

static void place_in_pool(const struct syn_chunk *chunk, struct syn_place *places)
{
    static uint32_t offsets[SYN_MODEL_LAYERS_MAX + 1];
    struct syn_misfit misfit;

    if (syn_place_chunks(&pool, chunk, 1, places, &misfit) == 0)
        syn_place_cycles(&pool, chunk, places, 1);
    if (syn_place_data(&pool, chunk, offsets, &misfit) == 0)
        syn_place_data_peak(&pool, chunk, offsets);
}

static void place(const struct syn_image *image)
{
    static struct syn_layer layers[SYN_MODEL_LAYERS_MAX];
    static struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_chunk chunk = syn_image_chunk(image, layers);
    struct syn_misfit misfit;

    for (unsigned i = 0; i < (unsigned)(image->last - image->first); i++)
        syn_place_check_layer(&syn_part_max78000, &layers[i], &misfit);
    if (syn_place_chunks(&syn_part_max78002, &chunk, 1, places, &misfit) == 0)
        syn_place_cycles(&syn_part_max78002, &chunk, places, 200000000);
    syn_place_data(&syn_part_max78000, &chunk, NULL, &misfit);
    place_in_pool(&chunk, places);
}

static uint64_t macs(const struct syn_image *image)
{
    uint64_t sum = 0;

    for (unsigned i = image->first; i < image->last; i++) {
        struct syn_layer layer;

        syn_image_layer(image, i, &layer, NULL, NULL);
        sum += syn_layer_macs(&layer);
    }
    return sum;
}

/* To the end where that is near. NULL where there is not the memory for it. */
static void *execute(const struct syn_image *image, const struct syn_kernels *kernels,
                     struct syn_exec **exec)
{
    size_t size = syn_exec_memory_with(image, kernels);
    int steps = macs(image) <= MACS_MAX ? INT_MAX : 20;
    void *memory = size <= MEMORY_MAX ? calloc(1, size) : NULL;

    if (!memory || syn_exec_init_with(exec, image, kernels, memory, size)) {
        free(memory);
        return NULL;
    }
    syn_exec_start(*exec);
    for (int i = 0; i < steps && syn_exec_step(*exec, 100000); i++)
        ;
    return memory;
}

/* With all kernels; what comes out must be the same. */
static void compare(const struct syn_image *image)
{
    struct syn_exec *plain, *fast;
    void *plain_memory = execute(image, syn_kernels_portable(), &plain);
    void *fast_memory = execute(image, syn_kernels_fastest(), &fast);

    if (plain_memory && fast_memory && macs(image) <= MACS_MAX)
        for (unsigned i = 0; i < image->out_count; i++) {
            size_t size;
            const void *wanted = syn_exec_output(plain, i, &size);

            if (memcmp(wanted, syn_exec_output(fast, i, &size), size) != 0)
                abort();
        }
    free(plain_memory);
    free(fast_memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syn_image image;

    if (syn_image_open(&image, data, size) == 0) {
        place(&image);
        compare(&image);
    }
    return 0;
}
