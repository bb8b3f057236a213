/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/plan/chain.h"

#include "devices/part/geometry.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void put(struct chain_text *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    c->length +=
        (size_t)vsnprintf(c->text + c->length, sizeof c->text - c->length, format, arguments);
    va_end(arguments);
}

static void begin_layer(struct chain_text *c, const char *op)
{
    put(c, "%s{\"name\":\"l%u\",\"op\":\"%s\",", c->count ? "," : "", c->count, op);
    c->count++;
}

void chain_begin(struct chain_text *c, const char *name, unsigned channels, unsigned height)
{
    memset(c, 0, sizeof *c);
    put(c,
        "{\"format\":\"synergy-model/1\",\"name\":\"%s\",\"weights\":{\"seed\":1},"
        "\"input\":{\"channels\":%u,\"height\":%u,\"width\":16},\"layers\":[",
        name, channels, height);
}

void chain_put(struct chain_text *c, const struct chain_layer *layer)
{
    /* A MAX78002 takes no bias behind a sum of several passes. */
    const bool bias = layer->bias && !(layer->add && c->width[0] > SYN_PART_PROCESSORS);
    if (layer->add) {
        begin_layer(c, "passthrough");
        put(c, "\"inputs\":[\"l%u\"]}", c->last[1]);
    }
    begin_layer(c, "conv2d");
    if (layer->add)
        put(c, "\"inputs\":[\"l%u\",\"l%u\"],\"eltwise\":\"add\",", c->last[0], c->count - 2);
    put(c, "\"channels\":%u,%s\"bias\":%s}", layer->channels,
        layer->point ? "\"kernel\":[1,1]," : "\"pad\":[1,1],", bias ? "true" : "false");
    c->last[1] = c->last[0];
    c->last[0] = c->count - 1;
    c->width[1] = c->width[0];
    c->width[0] = layer->channels;
    c->added = layer->add;
}

void chain_end(struct chain_text *c)
{
    put(c, "]}");
}

bool chain_may_add(const struct chain_text *c, unsigned layers)
{
    return c->count > 1 && c->count + 1 < layers && !c->added && c->width[0] == c->width[1] &&
           c->width[0] <= 2 * SYN_PART_PROCESSORS;
}
