/* SPDX-License-Identifier: MIT */
/* Activations in one pool: a tensor takes its bytes from the layer that makes it, or the beginning
 * of the chunk, to the last that reads it, or the end. */
#include "devices/part/peak.h"

#include <string.h>

#include "devices/base/error.h"
#include "devices/part/image.h"

/* Bytes that each layer finds in the pool, its own output included; time 0 is before the first. */
struct pool {
    const struct syn_chunk *chunk;
    unsigned layers;
    uint16_t death[SYN_PART_PLACEMENTS_MAX]; /* of what layer i of the chunk makes */
    uint16_t ids[SYN_LIVE_MAX], entered_death[SYN_LIVE_MAX];
    unsigned entered;
    int64_t change[SYN_PART_PLACEMENTS_MAX + 2]; /* from the time before */
};

/* ---- how long tensors live -------------------------------------------------------------- */

static void enter(struct pool *p)
{
    const struct syn_chunk *c = p->chunk;
    int count = 0;

    if (!c->image)
        count = syn_live_tensors(c->layers, c->layer_count, c->first, p->ids);
    for (unsigned i = 0; c->image && i < c->image->in_count; i++)
        p->ids[count++] = syn_image_in(c->image, i).id;
    p->entered = count > 0 ? (unsigned)count : 0;
}

static void note_reader(struct pool *p, unsigned id, unsigned time)
{
    if (id > p->chunk->first)
        p->death[id - p->chunk->first - 1u] = (uint16_t)time;
    for (unsigned i = 0; i < p->entered; i++)
        if (p->ids[i] == id)
            p->entered_death[i] = (uint16_t)time;
}

static void note_readers(struct pool *p)
{
    const struct syn_chunk *c = p->chunk;
    uint16_t leaving[SYN_LIVE_MAX];
    int count = 0;

    for (unsigned i = c->first; i < c->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(c, i);

        p->death[i - c->first] = (uint16_t)(i - c->first + 1u);
        for (unsigned n = 0; n < l->input_count; n++)
            note_reader(p, l->inputs[n], i - c->first + 1u);
    }
    if (!c->image)
        count = syn_live_tensors(c->layers, c->layer_count, c->last, leaving);
    for (unsigned i = 0; c->image && i < c->image->out_count; i++)
        leaving[count++] = syn_image_out(c->image, i).id;
    for (int i = 0; i < count; i++)
        note_reader(p, leaving[i], p->layers);
}

/* ---- how large they are ----------------------------------------------------------------- */

/* The model's input as its first reader has it; of a concatenation what the other parts leave. */
static uint32_t input_bytes(const struct syn_chunk *c)
{
    for (unsigned i = 0; i < c->layer_count; i++) {
        const struct syn_layer *l = &c->layers[i];
        struct syn_shape shape = l->in;
        unsigned times = 0, channels = l->in.channels;

        for (unsigned n = 0; n < l->input_count; n++) {
            times += l->inputs[n] == 0;
            if (l->inputs[n] > 0)
                channels -= c->layers[l->inputs[n] - 1].out.channels;
        }
        if (times > 0 && l->eltwise == SYN_ELTWISE_NONE)
            shape.channels = (uint16_t)(channels / times);
        if (times > 0)
            return syn_tensor_bytes(shape, 8);
    }
    return 0;
}

static uint32_t entered_bytes(const struct pool *p, unsigned index)
{
    const struct syn_chunk *c = p->chunk;
    const struct syn_layer *maker;

    if (c->image)
        return syn_tensor_bytes(syn_image_in(c->image, index).shape,
                                syn_image_in(c->image, index).width);
    if (p->ids[index] == 0)
        return input_bytes(c);
    maker = &c->layers[p->ids[index] - 1];
    return syn_tensor_bytes(maker->out, maker->output_width);
}

static void add_life(struct pool *p, unsigned birth, unsigned death, uint32_t bytes)
{
    p->change[birth] += bytes;
    p->change[death + 1] -= bytes;
}

static void add_lives(struct pool *p)
{
    for (unsigned i = 0; i < p->entered; i++)
        add_life(p, 0, p->entered_death[i], entered_bytes(p, i));
    for (unsigned i = 0; i < p->layers; i++) {
        const struct syn_layer *l = syn_chunk_layer(p->chunk, p->chunk->first + i);

        add_life(p, i + 1, p->death[i], syn_tensor_bytes(l->out, l->output_width));
    }
}

/* ---- entry ------------------------------------------------------------------------------ */

struct fullest {
    uint64_t bytes;
    unsigned layer; /* of the model */
};

static struct fullest fullest_of(const struct syn_chunk *chunk)
{
    struct fullest most = {0, chunk->first};
    struct pool p;
    int64_t bytes;

    memset(&p, 0, sizeof p);
    p.chunk = chunk;
    p.layers = (unsigned)(chunk->last - chunk->first);
    enter(&p);
    note_readers(&p);
    add_lives(&p);
    bytes = p.change[0];
    for (unsigned t = 1; t <= p.layers; t++) {
        bytes += p.change[t];
        if (bytes > (int64_t)most.bytes)
            most = (struct fullest){(uint64_t)bytes, chunk->first + t - 1u};
    }
    return most;
}

static void report(const struct syn_chunk *chunk, uint32_t *offsets)
{
    uint16_t ids[SYN_LIVE_MAX];
    int count = 0;

    for (unsigned i = 0; i <= chunk->layer_count; i++)
        offsets[i] = i > chunk->first && i <= chunk->last ? 0 : UINT32_MAX;
    if (!chunk->image)
        count = syn_live_tensors(chunk->layers, chunk->layer_count, chunk->first, ids);
    for (unsigned i = 0; chunk->image && i < chunk->image->in_count; i++)
        ids[count++] = syn_image_in(chunk->image, i).id;
    for (int i = 0; i < count; i++)
        offsets[ids[i]] = 0;
}

int syn_peak_place_data(const struct syn_part *part, const struct syn_chunk *chunk,
                        uint32_t *offsets, struct syn_misfit *misfit)
{
    struct fullest most;

    if (chunk->last <= chunk->first || chunk->last - chunk->first > SYN_PART_PLACEMENTS_MAX)
        return SYN_EINVAL;
    most = fullest_of(chunk);
    if (most.bytes > part->data_bytes) {
        uint32_t need = most.bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)most.bytes;

        (void)syn_part_refuse(misfit, SYN_LIMIT_DATA, need, part->data_bytes, NULL);
        if (misfit)
            misfit->layer = (uint16_t)most.layer;
        return SYN_EOOR;
    }
    if (offsets)
        report(chunk, offsets);
    return 0;
}

uint32_t syn_peak_data_peak(const struct syn_chunk *chunk, const uint32_t *offsets)
{
    (void)offsets;
    return (uint32_t)fullest_of(chunk).bytes;
}
