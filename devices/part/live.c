/* SPDX-License-Identifier: MIT */
#include "devices/part/place.h"

#include "devices/base/error.h"

static int insert(uint16_t ids[SYN_LIVE_MAX], int count, uint16_t id)
{
    int at = count;

    for (int i = 0; i < count; i++)
        if (ids[i] == id)
            return count;
    if (count == SYN_LIVE_MAX)
        return SYN_EOOR;
    for (; at > 0 && ids[at - 1] > id; at--)
        ids[at] = ids[at - 1];
    ids[at] = id;
    return count + 1;
}

int syn_live_tensors(const struct syn_layer *layers, unsigned layer_count, unsigned cut,
                     uint16_t ids[SYN_LIVE_MAX])
{
    int count = 0;

    if (cut >= layer_count)
        return insert(ids, 0, (uint16_t)layer_count);
    for (unsigned i = cut; i < layer_count; i++)
        for (unsigned n = 0; n < layers[i].input_count; n++) {
            if (layers[i].inputs[n] > cut)
                continue;
            count = insert(ids, count, layers[i].inputs[n]);
            if (count < 0)
                return count;
        }
    return count;
}

const struct syn_layer *syn_chunk_layer(const struct syn_chunk *chunk, unsigned index)
{
    return &chunk->layers[chunk->image ? index - chunk->first : index];
}

uint32_t syn_tensor_words(struct syn_shape shape, unsigned width, bool chw)
{
    uint32_t pixels = (uint32_t)shape.height * shape.width;

    if (chw)
        return shape.channels * ((pixels + 3) / 4);
    /* One word of a pixel holds four channels (one at 32 bits); passes fill whole words. */
    if (width == 32)
        return pixels * shape.channels;
    return pixels * ((shape.channels + 3u) / 4);
}
