/* SPDX-License-Identifier: MIT */
/* Dense outputs to data memory. A layer writes whole words: what it has no output for is lost. */
#include "devices/emulator/internal.h"

#include <string.h>

#include "devices/base/bytes.h"

static bool is_hollow(const struct syn_emulator *e, const struct plan *p, uint32_t channel,
                      uint32_t pixel)
{
    return (p->hollow && p->hollow[channel]) || (e->run.tainted && taint_at(e, p, channel, pixel));
}

static void clear_words(struct syn_emulator *e, const struct plan *p, size_t word, uint32_t pixels)
{
    for (uint32_t i = 0; i < pixels; i++, word += p->write.pixel) {
        syn_put_le32(e->data + 4 * word, 0);
        e->data_state[word] = 0;
    }
}

static void put_bytes(struct syn_emulator *e, const struct plan *p, size_t word, unsigned byte,
                      uint32_t channel, uint32_t pixels)
{
    const uint8_t *from = (const uint8_t *)e->output.bytes + (size_t)channel * pixels;
    bool doubtful = p->hollow || e->run.tainted;

    for (uint32_t i = 0; i < pixels; i++, word += p->write.pixel) {
        unsigned bit = byte + (doubtful && is_hollow(e, p, channel, i) ? 4 : 0);

        e->data[4 * word + byte] = from[i];
        e->data_state[word] = (uint8_t)(e->data_state[word] | 1u << bit);
    }
}

static void put_words(struct syn_emulator *e, const struct plan *p, size_t word, uint32_t channel,
                      uint32_t pixels)
{
    const int32_t *from = (const int32_t *)e->output.bytes + (size_t)channel * pixels;

    for (uint32_t i = 0; i < pixels; i++, word += p->write.pixel) {
        syn_put_le32(e->data + 4 * word, (uint32_t)from[i]);
        e->data_state[word] = is_hollow(e, p, channel, i) ? TAINTED_ALL : DEFINED_ALL;
    }
}

void scatter(struct syn_emulator *e, const struct plan *plan)
{
    const struct plan_write *w = &plan->write;
    uint32_t pixels = (uint32_t)plan->layer.out.height * plan->layer.out.width;
    size_t before = SIZE_MAX;

    for (uint32_t c = 0; c < plan->layer.out.channels; c++) {
        struct place at = write_place(plan, c / w->lanes, c % w->lanes);
        size_t word = (size_t)at.instance * e->data_words + at.word;

        if (w->wide) {
            put_words(e, plan, word, c, pixels);
            continue;
        }
        if (word != before)
            clear_words(e, plan, word, pixels);
        before = word;
        put_bytes(e, plan, word, at.byte, c, pixels);
    }
}
