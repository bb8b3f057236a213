/* SPDX-License-Identifier: MIT */
#include "devices/part/geometry.h"

#include "devices/part/kind.h"

#include <stddef.h>

const struct syn_part syn_part_max78000 = {
    .name = "MAX78000",
    .kind = &syn_part_kind_max7800x,
    .kernel_words = 768,
    .kernel_words_first = 768,
    .weight_bytes = 442368,
    .bias_bytes = 512,
    .data_bytes = 0x8000,
    .layers_max = 32,
    .channels_max = 1024,
    .bias_channels_max = 512,
    .rows_max = 1023,
    .pixels_hwc_max = 8192,
    .pixels_chw_max = 32768,
    .offset_costs = true,
    .pool_dilation_max = 1,
    .max_unpipelined_hz = UINT32_MAX,
};

const struct syn_part syn_part_max78002 = {
    .name = "MAX78002",
    .kind = &syn_part_kind_max7800x,
    .kernel_words = 4096,
    .kernel_words_first = 5120,
    .weight_bytes = 2396160,
    .bias_bytes = 2048,
    .data_bytes = 0x14000,
    .layers_max = 128,
    .channels_max = 2048,
    .bias_channels_max = 2048,
    .rows_max = 2047,
    .pixels_hwc_max = 20480,
    .pixels_chw_max = 81920,
    .depthwise = true,
    .pool_dilation_max = 16,
    .pipeline_cycles = 11,
    .max_unpipelined_hz = 50000000,
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

const struct syn_part *syn_part_find(const char *name)
{
    static const struct syn_part *const parts[] = {&syn_part_max78000, &syn_part_max78002};

    for (size_t i = 0; name && i < sizeof parts / sizeof parts[0]; i++)
        if (same_name(name, parts[i]->name))
            return parts[i];
    return NULL;
}

unsigned syn_part_expand(unsigned channels)
{
    return (channels + SYN_PART_PROCESSORS - 1) / SYN_PART_PROCESSORS;
}

unsigned syn_part_processors(unsigned channels)
{
    unsigned expand = syn_part_expand(channels);

    if (expand <= 1)
        return channels;
    return ((channels + expand - 1) / expand + 3) & ~3u;
}

uint64_t syn_part_default_map(unsigned channels)
{
    unsigned count = syn_part_processors(channels);

    return count >= SYN_PART_PROCESSORS ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}
