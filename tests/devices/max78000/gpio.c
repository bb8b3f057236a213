/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/max78000/internal.h"

enum { LED_PORT = 2, LEDS = 7, TRIGGER = 19 };

void gpio_reset(struct machine *m, unsigned instance)
{
    m->gpios[instance] = (struct gpio){.en = {UINT32_MAX, 0, 0}};
}

/* A register that can be read and written, and others that set and clear its bits. */
static uint32_t *plain(struct gpio *g, uint32_t offset, int *action)
{
    static const struct {
        uint8_t offset, set, clear;
    } rows[] = {{0x00, 0x04, 0x08}, {0x0c, 0x10, 0x14}, {0x18, 0x1c, 0x20},
                {0x30, 0, 0},       {0x60, 0, 0},       {0x64, 0, 0},
                {0x68, 0x6c, 0x70}, {0x74, 0x78, 0x7c}, {0xc0, 0, 0}};
    uint32_t *values[] = {&g->en[0],  &g->outen, &g->out,   &g->inen, &g->pad[0],
                          &g->pad[1], &g->en[1], &g->en[2], &g->vssel};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        *action = offset == rows[i].offset                   ? 0
                  : rows[i].set && offset == rows[i].set     ? 1
                  : rows[i].clear && offset == rows[i].clear ? -1
                                                             : 2;
        if (*action != 2)
            return values[i];
    }
    return NULL;
}

uint32_t gpio_read(struct machine *m, unsigned instance, uint32_t offset)
{
    int action;
    const uint32_t *value = plain(&m->gpios[instance], offset, &action);
    if (!value || action != 0) {
        bus_unknown(m, offset, false);
        return 0;
    }
    return *value;
}

static bool triggers(const struct gpio *g)
{
    return (g->en[0] & g->outen & g->out) >> TRIGGER & 1;
}

static void write_plain(struct machine *m, unsigned instance, uint32_t offset, uint32_t value)
{
    int action;
    uint32_t *to = plain(&m->gpios[instance], offset, &action);
    if (!to)
        bus_unknown(m, offset, true);
    else if (action == 0)
        *to = value;
    else
        *to = action > 0 ? *to | value : *to & ~value;
}

void gpio_write(struct machine *m, unsigned instance, uint32_t offset, uint32_t value)
{
    struct gpio *g = &m->gpios[instance];
    bool before = triggers(g);
    write_plain(m, instance, offset, value);
    if (instance != 0 || triggers(g) == before)
        return;
    if (before)
        m->counts.trigger_ns += m->now - g->high_since;
    g->high_since = m->now;
}

bool gpio_function1(const struct machine *m, unsigned port, uint32_t pins)
{
    const struct gpio *g = &m->gpios[port];
    return !((g->en[0] | g->en[1] | g->en[2]) & pins) && (g->inen & pins) == pins;
}

/* They are on where their pin is low. */
uint32_t machine_leds(const struct machine *m)
{
    const struct gpio *g = &m->gpios[LED_PORT];
    return g->en[0] & g->outen & ~g->out & LEDS;
}
