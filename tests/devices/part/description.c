/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/part/description.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/bits.h"

/* Digits may be parted by "_" or ".". */
static uint64_t map_of(const char *value)
{
    char digits[32];
    size_t count = 0;

    for (; *value && count + 1 < sizeof digits; value++)
        if (*value != '_' && *value != '.')
            digits[count++] = *value;
    digits[count] = 0;
    return strtoull(digits, NULL, 0);
}

static void take(struct described *l, const char *key, const char *value)
{
    if (strcmp(key, "processors") == 0)
        l->processors = map_of(value);
    else if (strcmp(key, "output_processors") == 0)
        l->output_processors = map_of(value);
    else if (strcmp(key, "quantization") == 0)
        l->bits = (unsigned)strtoul(value, NULL, 0);
    else if (strcmp(key, "in_offset") == 0)
        l->in_offset = strtoll(value, NULL, 0);
    else if (strcmp(key, "out_offset") == 0)
        l->out_offset = strtoll(value, NULL, 0);
    else if (strcmp(key, "write_gap") == 0)
        l->write_gap = (unsigned)strtoul(value, NULL, 0);
    else if (strcmp(key, "data_format") == 0)
        l->chw = strstr(value, "CHW") != NULL;
    else if (strcmp(key, "read_gap") == 0)
        l->read_gap = (unsigned)strtoul(value, NULL, 0);
}

static void read_line(struct description *d, char *line, bool *inside)
{
    char *at = line + strspn(line, " "), *colon;
    bool indented = at > line || at[0] == '-';

    line[strcspn(line, "#\n")] = 0;
    colon = strchr(at, ':');
    if (!colon)
        return;
    *colon = 0;
    if (!indented)
        *inside = strcmp(at, "layers") == 0;
    if (!*inside || !indented)
        return;
    if (at[0] == '-') {
        d->layers[d->count++] = (struct described){.in_offset = -1, .out_offset = -1};
        at += 1 + strspn(at + 1, " ");
    }
    if (d->count > 0)
        take(&d->layers[d->count - 1], at, colon + 1);
}

bool description_read(struct description *d, const char *folder)
{
    char path[512], line[256];
    bool inside = false;
    FILE *file;

    memset(d, 0, sizeof *d);
    snprintf(path, sizeof path, "%s/network.yaml", folder);
    file = fopen(path, "r");
    if (!file)
        return false;
    while (fgets(line, sizeof line, file) && d->count < SYN_MODEL_LAYERS_MAX)
        read_line(d, line, &inside);
    fclose(file);
    return d->count > 0;
}

/* ---- out of a program ------------------------------------------------------------------- */

/* The registers of a layer as the program leaves them in one quadrant. */
static void collect(const struct vendor_program *program, const struct syn_registers *r,
                    unsigned layer, unsigned quadrant, uint32_t values[SYN_LREG_COUNT])
{
    memset(values, 0, SYN_LREG_COUNT * sizeof *values);
    for (unsigned i = 0; i < program->count; i++)
        for (unsigned reg = 0; reg < SYN_LREG_COUNT; reg++)
            if (program->lines[i].kind == VENDOR_WRITE && r->number[reg] != SYN_REG_NONE &&
                program->lines[i].address ==
                    syn_layer_address(r, quadrant, layer, (enum syn_layer_register)reg))
                values[reg] = program->lines[i].value;
}

/* `count` processors that end at `last`, or begin at the first of `instance` where it is 64. */
static uint64_t run_of(unsigned instance, unsigned last, unsigned count)
{
    uint64_t run = count > 63 ? UINT64_MAX : (UINT64_C(1) << count) - 1;

    return run << (last < 64 ? last + 1 - count : 4 * instance);
}

static void decode_quadrant(struct described *l, const struct syn_registers *r,
                            const struct syn_layer *layer, unsigned quadrant,
                            const uint32_t values[SYN_LREG_COUNT])
{
    uint32_t map = syn_field_get(r, values, SYN_FIELD_PROCESSORS);
    unsigned instance = syn_field_get(r, values, SYN_FIELD_WRITE_INSTANCE);
    uint32_t skip = syn_field_get(r, values, SYN_FIELD_WRITE_SKIP);
    unsigned passes = syn_part_expand(layer->out.channels);

    l->processors |= (uint64_t)map << 16 * quadrant;
    if (layer->op == SYN_OP_PASSTHROUGH) {
        if (map)
            l->output_processors |= run_of(instance, 64, syn_bits_count(map));
    } else {
        unsigned last =
            4 * instance + syn_field_get(r, values, SYN_FIELD_OUTPUT_BITS) / layer->weight_bits;

        l->output_processors = run_of(0, last, syn_part_processors(layer->out.channels));
        skip = (skip + 1) / passes - 1;
    }
    l->write_gap = skip;
    if (quadrant > 0)
        return;
    l->in_offset = 4 * (int64_t)syn_field_get(r, values, SYN_FIELD_READ_WORD);
    l->out_offset = 4 * (int64_t)syn_field_get(r, values, SYN_FIELD_WRITE_WORD);
    l->chw = syn_field_get(r, values, SYN_FIELD_CHW);
}

void description_decode(struct description *d, const struct vendor_program *program,
                        const struct model *m, const struct syn_part *part)
{
    const struct syn_registers *r = syn_registers_of(part);
    uint32_t values[SYN_LREG_COUNT];

    memset(d, 0, sizeof *d);
    for (d->count = 0; d->count < m->count; d->count++)
        for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
            collect(program, r, d->count, q, values);
            decode_quadrant(&d->layers[d->count], r, &m->layers[d->count], q, values);
        }
}

void description_apply(const struct description *d, struct model *m, struct syn_route *routes)
{
    struct table_row rows[SYN_MODEL_LAYERS_MAX] = {{0}};
    int64_t before = 0;

    for (unsigned i = 0; i < m->count; i++)
        rows[i].bits = m->layers[i].weight_bits;
    for (unsigned i = 0; i < m->count && i < d->count; i++) {
        const struct described *l = &d->layers[i];
        bool last = i + 1 >= m->count || i + 1 >= d->count;

        m->layers[i].input_chw = l->chw;
        rows[i].bits = l->bits ? l->bits : m->layers[i].weight_bits;
        if (l->processors)
            m->layers[i].processors = l->processors;
        if (l->output_processors)
            m->layers[i].output_processors = l->output_processors;
        else if (!last && d->layers[i + 1].processors)
            m->layers[i].output_processors = d->layers[i + 1].processors;
        routes[i] = (struct syn_route){
            .in_offset = (uint32_t)(l->in_offset >= 0 ? l->in_offset : before),
            .out_offset = (uint32_t)(l->out_offset >= 0 ? l->out_offset : 0),
            .write_gap = (uint8_t)l->write_gap,
            .read_gap = (uint8_t)l->read_gap,
        };
        before = routes[i].out_offset;
    }
    model_set_bits(m, rows);
}
