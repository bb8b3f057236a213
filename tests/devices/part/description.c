/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/part/description.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take(struct described *l, const char *key, const char *value)
{
    if (strcmp(key, "processors") == 0)
        l->processors = strtoull(value, NULL, 0);
    else if (strcmp(key, "output_processors") == 0)
        l->output_processors = strtoull(value, NULL, 0);
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

void description_apply(const struct description *d, struct model *m, struct syn_route *routes)
{
    int64_t before = 0;

    for (unsigned i = 0; i < m->count && i < d->count; i++) {
        const struct described *l = &d->layers[i];
        bool last = i + 1 >= m->count || i + 1 >= d->count;

        m->layers[i].input_chw = l->chw;
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
}
