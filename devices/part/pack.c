/* SPDX-License-Identifier: MIT */
#include "devices/part/pack.h"

#include <stddef.h>
#include <string.h>

#include "devices/base/bits.h"
#include "devices/part/columns.h"
#include "devices/part/image.h"
#include "devices/part/maps.h"

/* ---- bytes to the memory ---------------------------------------------------------------- */

/* Fills words of nine bytes from the last to the first and sends them as a stream of 32 bits. */
struct stream {
    const struct syn_sink *sink;
    uint32_t address;
    uint32_t left; /* words of nine bytes still to come */
    unsigned room; /* bytes of the word that are not filled */
    uint8_t word[SYN_WEIGHT_BYTES];
    uint32_t pending;      /* what is not sent yet, in its low bits */
    unsigned pending_bits; /* 0, 8, 16, 24 */
};

static uint32_t four_bytes(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void send(struct stream *s, uint32_t value)
{
    s->sink->word(s->sink->user, s->address, value);
    s->address += 4;
}

/* The nine bytes of a word of the memory, in their order there. Outputs of a layer that flattens
 * beyond those that there are have no room, and are not sent. */
static void send_word(struct stream *s, const uint8_t *word)
{
    const unsigned bits = s->pending_bits;
    const uint32_t a = four_bytes(word), b = four_bytes(word + 4);

    if (s->left == 0)
        return;
    send(s, (uint32_t)(((uint64_t)s->pending << 32 | a) >> bits));
    send(s, (uint32_t)(((uint64_t)a << 32 | b) >> bits));
    s->pending = (b & ((UINT32_C(1) << bits) - 1)) << 8 | word[8];
    s->pending_bits = bits + 8;
    s->left--;
    if (s->pending_bits < 32)
        return;
    send(s, s->pending);
    s->pending = s->pending_bits = 0;
}

static inline void put_byte(struct stream *s, uint8_t byte)
{
    s->word[--s->room] = byte;
    if (s->room > 0)
        return;
    s->room = SYN_WEIGHT_BYTES;
    send_word(s, s->word);
}

static void begin(struct stream *s, const struct syn_sink *sink, uint32_t address, uint32_t words)
{
    *s = (struct stream){.sink = sink, .address = address, .left = words, .room = SYN_WEIGHT_BYTES};
    sink->byte(sink->user, address | 1, 1);
}

/* Zeros to the end of the memory words, then of the last 32 bits. */
static void end(struct stream *s)
{
    while (s->left > 0)
        put_byte(s, 0);
    if (s->pending_bits > 0)
        send(s, s->pending << (32 - s->pending_bits));
}

/* ---- kernels ---------------------------------------------------------------------------- */

/* The kernels that one processor gets of a layer, in the order of the hardware. */
struct kernels {
    const struct syn_layer *layer;
    const uint8_t *weights;
    struct syn_hw_conv hw;
    unsigned taps;       /* of the hardware */
    unsigned passes;     /* over the input */
    unsigned each;       /* channels of a pass */
    unsigned rank;       /* of the processor's channel in each pass */
    unsigned full;       /* passes in which it has one */
    uint32_t of_channel; /* weights of a channel of an output */
    uint32_t fan_in;     /* weights of an output */
    uint32_t pixels;     /* of a layer that flattens, else 1 */
    uint8_t bits;
    bool plain; /* of 8 bits, and the hardware's taps are the layer's */
    struct stream stream;
    uint8_t bytes[SYN_WEIGHT_BYTES]; /* a byte for each tap, in which narrow kernels gather */
    unsigned gathered;
};

static void flush_kernels(struct kernels *k)
{
    for (unsigned t = k->taps; t-- > 0;)
        put_byte(&k->stream, k->bytes[t]);
    memset(k->bytes, 0, sizeof k->bytes);
    k->gathered = 0;
}

/* The tap of the model that a tap of the hardware stands for, or -1: a dilated conv1d has zeros
 * between, over rows it lies in the column in the middle. */
static int source_tap(const struct kernels *k, unsigned tap)
{
    const struct syn_layer *l = k->layer;

    if (l->op != SYN_OP_CONV1D || l->dilation_h == 1)
        return (int)tap;
    if (k->hw.kernel_w == 1)
        return tap % l->dilation_h == 0 ? (int)(tap / l->dilation_h) : -1;
    if (tap % 3 != 1 || tap / 3 + l->kernel_h < 3)
        return -1;
    return (int)(tap / 3 + l->kernel_h - 3);
}

static uint8_t weight_bits_at(const struct kernels *k, uint32_t index)
{
    const uint32_t bit = index * k->bits;

    return (uint8_t)(k->weights[bit / 8] >> bit % 8 & ((1u << k->bits) - 1));
}

/* A kernel of 8 bits in the hardware's own taps; nine of them fill a word as they are. */
static void put_plain(struct kernels *k, const uint8_t *taps)
{
    if (k->taps == SYN_WEIGHT_BYTES && k->stream.room == SYN_WEIGHT_BYTES) {
        send_word(&k->stream, taps);
        return;
    }
    for (unsigned t = k->taps; t-- > 0;)
        put_byte(&k->stream, taps[t]);
}

/* The kernel whose first weight is number `first`; all zeros where there is none. */
static void put_kernel(struct kernels *k, bool there, uint32_t first)
{
    static const uint8_t zeros[SYN_WEIGHT_BYTES];

    if (k->plain) {
        put_plain(k, there ? k->weights + first : zeros);
        return;
    }
    for (unsigned t = 0; there && t < k->taps; t++) {
        int tap = source_tap(k, t);

        if (tap >= 0)
            k->bytes[t] |=
                (uint8_t)(weight_bits_at(k, first + (uint32_t)tap) << k->gathered * k->bits);
    }
    if (++k->gathered == 8u / k->bits)
        flush_kernels(k);
}

/* All that a processor needs for one output. */
static void put_output(struct kernels *k, bool there, uint32_t output)
{
    const uint32_t first = output * k->fan_in + k->rank * k->of_channel;
    const uint32_t step = k->each * k->of_channel;
    const unsigned full = there ? k->full : 0;

    for (uint32_t pixel = 0; pixel < k->pixels; pixel++) {
        uint32_t at = first + pixel;

        for (unsigned pass = 0; pass < k->passes; pass++, at += step)
            put_kernel(k, pass < full, at);
    }
}

/* Outputs in the order of their processors, pass after pass; zeros for processors between. */
static void put_outputs(struct kernels *k)
{
    const struct syn_layer *l = k->layer;
    const uint64_t map = l->output_processors;
    const unsigned passes = syn_part_expand(l->out.channels), last = syn_map_last(map);
    uint32_t output = 0;

    if (l->groups > 1) {
        put_output(k, true, 0);
        return;
    }
    for (unsigned pass = 0; pass < passes; pass++)
        for (unsigned p = syn_map_first(map); p <= last; p++) {
            bool used = map >> p & 1;

            put_output(k, used && output < l->out.channels, output);
            output += used;
        }
}

static void pack_processor(struct kernels *k, const struct syn_part *part,
                           const struct syn_place *place, unsigned processor,
                           const struct syn_sink *sink)
{
    /* Kernels for outputs before the first of its four are never read, only counted. */
    const uint32_t unused = syn_map_first(k->layer->output_processors) % 4 * k->taps * k->passes;
    const uint32_t words = unused / SYN_WEIGHT_BYTES;
    const struct syn_registers *r = syn_registers_of(part);

    begin(&k->stream, sink, syn_weight_address(r, processor) + 4 * (place->kernel_column + words),
          place->kernel_words - words);
    for (uint32_t i = 0; i < unused % SYN_WEIGHT_BYTES; i++)
        put_byte(&k->stream, 0);
    k->full = (k->layer->in.channels - k->rank + k->each - 1) / k->each;
    put_outputs(k);
    if (k->gathered > 0)
        flush_kernels(k);
    end(&k->stream);
}

void syn_pack_weights(const struct syn_part *part, const struct syn_layer *layer,
                      const struct syn_place *place, const uint8_t *weights,
                      const struct syn_sink *sink)
{
    struct kernels k = {
        .layer = layer,
        .weights = weights,
        .passes = syn_part_expand(layer->in.channels),
        .each = syn_part_processors(layer->in.channels),
        .pixels = layer->flatten ? (uint32_t)layer->pooled.height * layer->pooled.width : 1,
        .bits = layer->weight_bits,
    };

    if (place->kernel_words == 0)
        return;
    syn_columns_hw(layer, &k.hw);
    k.taps = (unsigned)k.hw.kernel_h * k.hw.kernel_w;
    k.fan_in = syn_layer_fan_in(layer);
    k.of_channel = layer->flatten ? k.pixels : (uint32_t)layer->kernel_h * layer->kernel_w;
    k.plain = k.bits == 8 && k.taps == (unsigned)layer->kernel_h * layer->kernel_w;
    for (unsigned p = 0; p < SYN_PART_PROCESSORS; p++)
        if (layer->processors >> p & 1) {
            pack_processor(&k, part, place, p, sink);
            k.rank++;
        }
}

/* ---- biases ----------------------------------------------------------------------------- */

/* How a depthwise layer's biases lie: in each quadrant those of its processors, pass by pass. */
struct bias_lanes {
    uint64_t map;         /* lanes that have a bias */
    unsigned first, last; /* lanes; 16 to a quadrant */
    bool broadcast;
};

static struct bias_lanes lanes_of(const struct syn_layer *l)
{
    struct bias_lanes lanes = {.map = l->processors,
                               .broadcast = l->processors == l->output_processors};
    unsigned start = syn_map_first(l->processors), first = start / 16;
    uint64_t head = l->processors & UINT64_C(0xffff) << 16 * first;

    /* Where channels move, the first quadrant begins with its first processor. */
    if (!lanes.broadcast)
        lanes.map = (l->processors & ~head) | head >> start % 16;
    lanes.first = syn_map_first(lanes.map);
    lanes.last = syn_map_last(lanes.map);
    if (lanes.broadcast)
        lanes.last |= 15;
    if (lanes.broadcast || lanes.last / 16 > first)
        lanes.first &= ~15u;
    return lanes;
}

/* The lane whose bias lies at lane `p`: broadcast reads the four of an instance together. */
static unsigned lane_at(const struct bias_lanes *lanes, unsigned p)
{
    return lanes->broadcast ? (p & ~15u) + p % 4 * 4 + p % 16 / 4 : p;
}

static void pack_depthwise(const struct syn_part *part, const struct syn_layer *l,
                           const struct syn_place *place, const int8_t *bias,
                           const struct syn_sink *sink)
{
    const struct bias_lanes lanes = lanes_of(l);
    const unsigned passes = syn_part_expand(l->out.channels), each = syn_bits_count(lanes.map);

    for (unsigned pass = 0; pass < passes; pass++)
        for (unsigned p = lanes.first; p <= lanes.last; p++) {
            unsigned q = p / 16, lane = lane_at(&lanes, p);
            unsigned in_quadrant = q < lanes.last / 16 ? 16 : lanes.last % 16 + 1;
            uint64_t below = (UINT64_C(1) << lane) - 1;
            unsigned channel = pass * each + syn_bits_count(lanes.map & below);

            if (!(lanes.map >> lane & 1) || channel >= l->out.channels)
                continue;
            sink->word(sink->user,
                       syn_bias_address(syn_registers_of(part), q,
                                        place->bias_offset + pass * in_quadrant + p % 16),
                       (uint8_t)bias[channel]);
        }
}

void syn_pack_bias(const struct syn_part *part, const struct syn_layer *layer,
                   const struct syn_place *place, const int8_t *bias, const struct syn_sink *sink)
{
    unsigned unused;

    if (place->bias_group < 0)
        return;
    if (place->bias_group == SYN_BIAS_EACH) {
        pack_depthwise(part, layer, place, bias, sink);
        return;
    }
    unused = syn_map_first(layer->output_processors) % 4 * syn_part_expand(layer->out.channels);
    for (unsigned i = 0; i < layer->out.channels; i++)
        sink->word(sink->user,
                   syn_bias_address(syn_registers_of(part), (unsigned)place->bias_group,
                                    place->bias_offset + unused + i),
                   (uint8_t)bias[i]);
}

void syn_pack_chunk(const struct syn_part *part, const struct syn_chunk *chunk,
                    const struct syn_place *places, const struct syn_sink *sink)
{
    for (unsigned i = chunk->first; i < chunk->last; i++) {
        struct syn_layer layer;
        const uint8_t *weights;
        const int8_t *bias;

        syn_image_layer(chunk->image, i, &layer, &weights, &bias);
        syn_pack_weights(part, &layer, &places[i - chunk->first], weights, sink);
        syn_pack_bias(part, &layer, &places[i - chunk->first], bias, sink);
    }
}
