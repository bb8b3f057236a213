/* SPDX-License-Identifier: MIT */
#include "devices/part/columns.h"

#include "devices/base/bits.h"
#include "devices/part/geometry.h"

/* Longest kernel of the 1-D hardware; a dilated kernel that is longer runs as rows of a 2-D one. */
#define CONV1D_KERNEL_MAX 9

static int first_bit(uint64_t map)
{
    int bit = 0;

    while (bit < 63 && !(map >> bit & 1))
        bit++;
    return bit;
}

static int last_bit(uint64_t map)
{
    int bit = 63;

    while (bit > 0 && !(map >> bit & 1))
        bit--;
    return bit;
}

/* Kernels side by side for one input pass, without the unused columns before an unaligned map. */
static uint32_t output_span(const struct syn_layer *layer)
{
    uint32_t expand = syn_part_expand(layer->out.channels);
    int first = first_bit(layer->output_processors);
    uint32_t span;

    if (expand > 1)
        first &= ~3;
    span = (uint32_t)(1 + last_bit(layer->output_processors) - first);
    if (layer->groups > 1)
        return span;
    span *= expand;
    if (layer->flatten)
        span -= expand * syn_bits_count(layer->output_processors) - layer->out.channels;
    return span;
}

uint32_t syn_columns_outputs(const struct syn_layer *layer)
{
    uint32_t gap = (uint32_t)first_bit(layer->output_processors) % 4;
    uint32_t expand = layer->groups > 1 ? 1 : syn_part_expand(layer->out.channels);

    return output_span(layer) + gap * expand;
}

/* Narrow kernels share bytes, `fields` of them; the vendor's tool pads the last ones its own way,
 * mostly to more than they take. */
static uint32_t words_of(uint32_t kernels, uint32_t taps, uint32_t fields)
{
    uint32_t padded =
        (kernels * taps * (8 / fields) + kernels % fields * taps * (fields - 1) + 71) / 72;
    uint32_t taken = ((kernels + fields - 1) / fields * taps + 8) / 9;

    return padded > taken ? padded : taken;
}

uint32_t syn_columns_words(const struct syn_layer *layer)
{
    uint32_t passes = syn_part_expand(layer->in.channels);
    struct syn_hw_conv hw;
    uint32_t kernels, taps, fields;

    if (layer->op == SYN_OP_PASSTHROUGH)
        return 0;
    syn_columns_hw(layer, &hw);
    fields = 8 / layer->weight_bits;
    taps = (uint32_t)hw.kernel_h * hw.kernel_w;
    kernels = layer->groups > 1 ? passes : output_span(layer) * passes;
    /* Those before an unaligned first output are counted, so their room is taken. */
    if (layer->groups == 1 && !layer->flatten && layer->out.channels <= SYN_PART_PROCESSORS)
        kernels = syn_columns_outputs(layer) * passes;
    if (layer->flatten)
        kernels *= (uint32_t)layer->pooled.height * layer->pooled.width;
    return words_of(kernels, taps, fields);
}

static void as_rows(const struct syn_layer *layer, struct syn_hw_conv *hw)
{
    hw->in_h = (uint16_t)((layer->pooled.height + layer->dilation_h - 1) / layer->dilation_h);
    hw->in_w = layer->dilation_h;
    hw->out_h = hw->in_h;
    hw->out_w = hw->in_w;
    hw->kernel_h = hw->kernel_w = 3;
    hw->pad_h = hw->pad_w = 1;
}

void syn_columns_hw(const struct syn_layer *layer, struct syn_hw_conv *hw)
{
    uint32_t stretched = (uint32_t)(layer->kernel_h - 1) * layer->dilation_h + 1;

    *hw = (struct syn_hw_conv){
        .in_h = layer->pooled.height,
        .in_w = layer->pooled.width,
        .out_h = layer->out.height,
        .out_w = layer->out.width,
        .kernel_h = layer->kernel_h,
        .kernel_w = layer->kernel_w,
        .pad_h = layer->pad_h,
        .pad_w = layer->pad_w,
    };
    if (layer->op != SYN_OP_CONV1D || layer->dilation_h == 1)
        return;
    if (stretched <= CONV1D_KERNEL_MAX)
        hw->kernel_h = (uint16_t)stretched;
    else
        as_rows(layer, hw);
}
