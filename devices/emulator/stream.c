/* SPDX-License-Identifier: MIT */
/* Weights on their way into the weight memories: slot by slot, or as a stream of bytes. */
#include "devices/emulator/internal.h"

#include <string.h>

#define SLOT_BYTES 16u

uint32_t weight_room(const struct syn_emulator *e, unsigned processor)
{
    return processor % 16 == 0 ? e->part->kernel_words_first : e->part->kernel_words;
}

uint8_t *weight_word(const struct syn_emulator *e, unsigned processor, uint32_t column)
{
    return e->weights + ((size_t)processor * e->weight_words + column) * SYN_WEIGHT_BYTES;
}

static void store(struct syn_emulator *e, unsigned processor, uint32_t column, const uint8_t *bytes)
{
    struct syn_emulator_fault fault;

    if (column < weight_room(e, processor)) {
        memcpy(weight_word(e, processor, column), bytes, SYN_WEIGHT_BYTES);
        e->weight_state[(size_t)processor * e->weight_words + column] = 1;
        return;
    }
    fault = fault_make(SYN_FAULT_ADDRESS, NOT_THERE, (int)processor / 16,
                       syn_weight_address(e->regs, processor) + SLOT_BYTES * column,
                       "weights of processor %u go beyond its %u words", processor,
                       weight_room(e, processor));
    fault_raise(e, &fault);
}

static void put_big_endian(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Four more bytes; each ninth fills a word of the memory. */
static void stream_put(struct syn_emulator *e, unsigned processor, uint32_t value)
{
    struct stream *s = &e->streams[processor];

    put_big_endian(s->bytes + s->filled, value);
    s->filled = (uint8_t)(s->filled + 4);
    if (s->filled < SYN_WEIGHT_BYTES)
        return;
    store(e, processor, s->column++, s->bytes);
    s->filled = (uint8_t)(s->filled - SYN_WEIGHT_BYTES);
    memmove(s->bytes, s->bytes + SYN_WEIGHT_BYTES, s->filled);
}

/* Byte 0 in the first word of a slot, bytes 1 to 4 and 5 to 8 in the next two; the last writes. */
static void slot_put(struct syn_emulator *e, unsigned processor, uint32_t offset, uint32_t value)
{
    struct stream *s = &e->streams[processor];
    unsigned word = offset % SLOT_BYTES / 4;

    s->open = false;
    if (word == 0)
        s->bytes[0] = (uint8_t)value;
    else if (word < 3)
        put_big_endian(s->bytes + 4 * word - 3, value);
    else
        store(e, processor, offset / SLOT_BYTES, s->bytes);
}

void weight_write(struct syn_emulator *e, unsigned processor, uint32_t offset, uint32_t value)
{
    struct syn_emulator_fault fault;

    if (!(e->quadrants[processor / 16].control[SYN_REG_CTL] & SYN_CTL_MEXPRESS)) {
        slot_put(e, processor, offset, value);
    } else if (e->streams[processor].open) {
        stream_put(e, processor, value);
    } else {
        fault = fault_make(SYN_FAULT_ADDRESS, NOT_THERE, (int)processor / 16,
                           syn_weight_address(e->regs, processor) + offset,
                           "weights of processor %u without a column to begin at", processor);
        fault_raise(e, &fault);
    }
}

void weight_open(struct syn_emulator *e, unsigned processor, uint32_t offset, uint8_t value)
{
    struct stream *s = &e->streams[processor];

    *s = (struct stream){.open = value == 1 && offset % 4 == 1, .column = offset / 4};
    if (s->open)
        return;
    struct syn_emulator_fault fault =
        fault_make(SYN_FAULT_ADDRESS, NOT_THERE, (int)processor / 16,
                   syn_weight_address(e->regs, processor) + offset,
                   "a single byte that does not open a stream of weights");
    fault_raise(e, &fault);
}

uint32_t weight_read(const struct syn_emulator *e, unsigned processor, uint32_t offset)
{
    const uint8_t *k = weight_word(e, processor, offset / SLOT_BYTES);
    unsigned word = offset % SLOT_BYTES / 4;

    if (word == 0)
        return k[0];
    if (word == 3)
        return 0;
    k += 4 * word - 3;
    return (uint32_t)k[0] << 24 | (uint32_t)k[1] << 16 | (uint32_t)k[2] << 8 | k[3];
}
