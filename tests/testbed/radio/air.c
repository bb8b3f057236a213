/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What controllers hear of each other: advertisements, and who connects. */
#include "tests/testbed/radio/air.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/testbed/radio/parts.h"

enum { RSSI = -50, PERIOD_MIN_NS = 20000000 };

bool address_same(const struct address *a, const struct address *b)
{
    return a->type == b->type && memcmp(a->bytes, b->bytes, ADDRESS_BYTES) == 0;
}

static bool accepted(const struct controller *c, const struct address *address)
{
    for (unsigned i = 0; i < c->accepted_count; i++)
        if (address_same(&c->accepted[i], address))
            return true;
    return false;
}

void air_accept(struct controller *c, const struct address *address, bool add)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < c->accepted_count; i++)
        if (!address_same(&c->accepted[i], address))
            c->accepted[kept++] = c->accepted[i];
    c->accepted_count = kept;
    if (add)
        c->accepted[c->accepted_count++] = *address;
}

/* ---- scanning ---- */

static void report(struct controller *scanner, const struct advertising *a, uint8_t type,
                   const uint8_t *data, uint8_t size)
{
    uint8_t event[12 + DATA_MAX] = {SYN_HCI_LE_REPORT, 1, type, a->own.type};
    memcpy(event + 4, a->own.bytes, ADDRESS_BYTES);
    event[10] = size;
    memcpy(event + 11, data, size);
    event[11 + size] = (uint8_t)RSSI;
    controller_le_event(scanner, event, 12U + size);
}

static void scan(struct controller *scanner, const struct controller *from)
{
    struct scanning *s = &scanner->scanning;
    const struct advertising *a = &from->advertising;
    if (!s->on || (s->once && (s->seen >> from->index & 1)) ||
        (s->accepted_only && !accepted(scanner, &a->own)) || !controller_has_room(scanner))
        return;
    s->seen |= UINT32_C(1) << from->index;
    report(scanner, a, a->type, a->data, a->data_size);
    if (s->active && (a->type == SYN_HCI_ADV_CONNECTABLE || a->type == SYN_HCI_ADV_SCANNABLE))
        report(scanner, a, SYN_HCI_SCAN_RESPONSE, a->response, a->response_size);
}

/* ---- connecting ---- */

static bool wants(const struct controller *central, const struct advertising *a)
{
    const struct initiating *i = &central->initiating;
    if (!i->on || a->type > SYN_HCI_ADV_DIRECTED)
        return false;
    if (a->type == SYN_HCI_ADV_DIRECTED && !address_same(&a->peer, &i->own))
        return false;
    return i->accepted_only ? accepted(central, &a->own) : address_same(&i->peer, &a->own);
}

/* One advertising event: everybody in range gets it, and one may connect. */
static void beat(void *ctx)
{
    struct controller *c = ctx;
    for (unsigned i = 0; i < SYN_AIR_CONTROLLERS && c->advertising.on; i++) {
        struct controller *other = &c->air->controllers[i];
        if (!controller_hears(other, c))
            continue;
        scan(other, c);
        if (wants(other, &c->advertising) && links_make(other, c) == 0)
            return;
    }
}

void air_advertise(struct controller *c)
{
    struct advertising *a = &c->advertising;
    if (!a->on) {
        syn_loop_timer_stop(&c->beat);
        return;
    }
    int64_t period_ns = a->period_ns > PERIOD_MIN_NS ? a->period_ns : PERIOD_MIN_NS;
    syn_loop_timer_start(c->air->loop, &c->beat, 0, period_ns, beat, c);
}

/* ---- all controllers ---- */

struct syn_air *syn_air_new(struct syn_loop *loop)
{
    struct syn_air *air = calloc(1, sizeof *air);
    if (!air)
        return NULL;
    air->loop = loop;
    return air;
}

void syn_air_free(struct syn_air *air)
{
    if (!air)
        return;
    for (unsigned i = 0; i < SYN_AIR_CONTROLLERS; i++)
        if (air->controllers[i].used)
            controller_close(&air->controllers[i]);
    for (unsigned i = 0; i < SYN_AIR_LINKS; i++)
        syn_loop_timer_stop(&air->links[i].supervision);
    if (air->trace)
        fclose(air->trace);
    free(air);
}

int syn_air_add(struct syn_air *air, int fd)
{
    for (unsigned i = 0; i < SYN_AIR_CONTROLLERS; i++) {
        struct controller *c = &air->controllers[i];
        if (c->used)
            continue;
        memset(c, 0, sizeof *c);
        c->air = air;
        c->index = i;
        const uint8_t public[ADDRESS_BYTES] = {(uint8_t)(i + 1), 0, 0, 0xee, 0xff, 0xc0};
        memcpy(c->public, public, sizeof public);
        controller_open(c, fd);
        return (int)i;
    }
    return SYN_ENOMEM;
}

static struct controller *known(const struct syn_air *air, unsigned index)
{
    if (index >= SYN_AIR_CONTROLLERS || !air->controllers[index].used)
        return NULL;
    return (struct controller *)&air->controllers[index];
}

int syn_air_status(const struct syn_air *air, unsigned index, struct syn_air_status *status)
{
    const struct controller *c = known(air, index);
    if (!c)
        return SYN_ENOENT;
    struct address shown = c->advertising.own;
    if (!c->advertising.on && shown.type == 0)
        shown = controller_address(c, 0);
    *status = (struct syn_air_status){.random = shown.type == 1,
                                      .advertising = c->advertising.on,
                                      .scanning = c->scanning.on,
                                      .far = c->far,
                                      .links = links_count(c)};
    const uint8_t *b = shown.bytes;
    snprintf(status->address, sizeof status->address, "%02X:%02X:%02X:%02X:%02X:%02X", b[5], b[4],
             b[3], b[2], b[1], b[0]);
    return 0;
}

int syn_air_find(const struct syn_air *air, const char *address)
{
    struct syn_air_status status;
    for (unsigned i = 0; i < SYN_AIR_CONTROLLERS; i++)
        if (syn_air_status(air, i, &status) == 0 && strcasecmp(status.address, address) == 0)
            return (int)i;
    return SYN_ENOENT;
}

int syn_air_set_far(struct syn_air *air, unsigned index, bool far)
{
    struct controller *c = known(air, index);
    if (!c)
        return SYN_ENOENT;
    c->far = far;
    links_range(c);
    return 0;
}

int syn_air_drop(struct syn_air *air, unsigned index)
{
    struct controller *c = known(air, index);
    if (!c)
        return SYN_ENOENT;
    links_time_out(c);
    return 0;
}

void syn_air_set_rate(struct syn_air *air, uint32_t bytes_per_s)
{
    air->bytes_per_s = bytes_per_s;
}
