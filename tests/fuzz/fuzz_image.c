/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes may be opened as a chunk image; what opens is placed and executed. */
#include <stdlib.h>

#include "devices/part/exec.h"
#include "devices/part/place.h"

#define MEMORY_MAX (1u << 24)

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

static void execute(const struct syn_image *image)
{
    size_t size = syn_exec_memory(image);
    struct syn_exec *exec;
    void *memory;

    if (size > MEMORY_MAX)
        return;
    memory = calloc(1, size);
    if (memory && syn_exec_init(&exec, image, memory, size) == 0) {
        syn_exec_start(exec);
        for (int i = 0; i < 20 && syn_exec_step(exec, 100000); i++)
            ;
    }
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct syn_image image;

    if (syn_image_open(&image, data, size) == 0) {
        place(&image);
        execute(&image);
    }
    return 0;
}
