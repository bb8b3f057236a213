/* SPDX-License-Identifier: MIT */
#include "devices/part/registers.h"

#include <stddef.h>

#include "devices/part/geometry.h"

const struct syn_registers syn_registers_max78000 = {
    .base = 0x50100000,
    .quadrant_stride = 0x400000,
    .layer = 0x10,
    .layer_stride = 4,
    .number_stride = 0x80,
    .bias = 0x8000,
    .cache = 0x10000,
    .weights = 0x80000,
    .data = 0x300000,
    .cache_stride = 0x4000,
    .weight_stride = 0x4000,
    .data_stride = 0x8000,
    .cache_words = 3072,
    .instance_shift = 13,
    .stream_from = SYN_LREG_STREAM_START,
#define X(name, on_78000, on_78002, words) [SYN_LREG_##name] = on_78000,
    .number = {SYN_LAYER_REGISTERS(X)},
#undef X
#define X(name, r0, b0, w0, r2, b2, w2) [SYN_FIELD_##name] = {SYN_LREG_##r0, b0, w0},
    .field = {SYN_LAYER_FIELDS(X)},
#undef X
};

const struct syn_registers syn_registers_max78002 = {
    .base = 0x51000000,
    .quadrant_stride = 0x1000000,
    .layer = 0x100000,
    .layer_stride = 0x100,
    .number_stride = 4,
    .bias = 0x180000,
    .cache = 0x200000,
    .weights = 0x400000,
    .data = 0x800000,
    .cache_stride = 0x10000,
    .weight_stride = 0x20000,
    .data_stride = 0x20000,
    .cache_words = 12288,
    .instance_shift = 15,
    .stream_from = SYN_LREG_STREAM_START,
#define X(name, on_78000, on_78002, words) [SYN_LREG_##name] = on_78002,
    .number = {SYN_LAYER_REGISTERS(X)},
#undef X
#define X(name, r0, b0, w0, r2, b2, w2) [SYN_FIELD_##name] = {SYN_LREG_##r2, b2, w2},
    .field = {SYN_LAYER_FIELDS(X)},
#undef X
};

const struct syn_registers *syn_registers_of(const struct syn_part *part)
{
    if (part == &syn_part_max78000)
        return &syn_registers_max78000;
    return part == &syn_part_max78002 ? &syn_registers_max78002 : NULL;
}
