/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of a graph and their names: a table of buckets, each value's own place in it. */
#include "core/import/onnx/build.h"
#include "core/import/onnx/proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS (2u * SYN_ONNX_VALUES_MAX) /* a power of two, never more than half full */

static unsigned bucket_of(const struct syn_onnx_graph *g, const char *name)
{
    uint32_t hash = 2166136261u;
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    unsigned at = hash % BUCKETS;
    while (g->buckets[at] && strcmp(g->values[g->buckets[at] - 1].name, name) != 0)
        at = (at + 1) % BUCKETS;
    return at;
}

int syn_onnx_find(const struct syn_onnx_graph *g, const char *name)
{
    return g->buckets && name ? g->buckets[bucket_of(g, name)] - 1 : -1;
}

static int no_memory(struct syn_error *error)
{
    return syn_error_set(error, SYN_ENOMEM, "not enough memory for the graph");
}

static int make_room(struct syn_onnx_graph *g, struct syn_error *error)
{
    if (g->value_count == SYN_ONNX_VALUES_MAX)
        return syn_error_set(error, SYN_EINVAL, "more than %d values", SYN_ONNX_VALUES_MAX);
    if (!g->buckets && !(g->buckets = calloc(BUCKETS, sizeof *g->buckets)))
        return no_memory(error);
    if (g->value_count < g->value_room)
        return 0;
    const unsigned room = g->value_room ? 2 * g->value_room : 64;
    struct syn_onnx_value *values = realloc(g->values, room * sizeof *values);
    if (!values)
        return no_memory(error);
    g->values = values;
    g->value_room = room;
    return 0;
}

int syn_onnx_add_value(struct syn_onnx_graph *g, const char *name, struct syn_error *error)
{
    int status = make_room(g, error);
    if (status < 0)
        return status;
    struct syn_onnx_value *value = &g->values[g->value_count];
    *value = (struct syn_onnx_value){.producer = -1, .last_reader = -1};
    if (name) {
        char text[SYN_ONNX_NAME_MAX];
        syn_onnx_text(text, sizeof text, name, strlen(name));
        const unsigned at = bucket_of(g, name);
        if (g->buckets[at])
            return syn_error_set(error, SYN_EINVAL, "two values are called '%s'", text);
        if (!(value->name = strdup(name)))
            return no_memory(error);
        g->buckets[at] = (int)g->value_count + 1;
    }
    return (int)g->value_count++;
}

int syn_onnx_shape_value(struct syn_onnx_graph *g, int index, int type, unsigned rank,
                         const int64_t *dims, struct syn_error *error)
{
    struct syn_onnx_value *value = &g->values[index];
    uint64_t count = 1;
    if (rank > SYN_ONNX_RANK_MAX)
        return syn_error_set(error, SYN_EINVAL, "%u dimensions; at most %d are read", rank,
                             SYN_ONNX_RANK_MAX);
    for (unsigned i = 0; i < rank; i++) {
        if (dims[i] < 0 || dims[i] > (int64_t)SYN_ONNX_ELEMENTS_MAX ||
            (count *= (uint64_t)dims[i]) > SYN_ONNX_ELEMENTS_MAX)
            return syn_error_set(error, SYN_EINVAL, "a dimension of %lld: negative or too large",
                                 (long long)dims[i]);
        value->dims[i] = (uint32_t)dims[i];
    }
    if (count > SYN_ONNX_ELEMENTS_MAX - g->elements)
        return syn_error_set(error, SYN_EINVAL, "more than %u numbers in all values together",
                             SYN_ONNX_ELEMENTS_MAX);
    g->elements += count;
    value->type = (uint8_t)type;
    value->rank = (uint8_t)rank;
    value->count = count;
    value->known = true;
    return 0;
}

int syn_onnx_add_constant(struct syn_onnx_graph *g, int type, unsigned count, const double *numbers,
                          struct syn_error *error)
{
    const int64_t dim = count;
    const int index = syn_onnx_add_value(g, NULL, error);
    if (index < 0)
        return index;
    int status = syn_onnx_shape_value(g, index, type, count ? 1 : 0, &dim, error);
    if (status < 0)
        return status;
    struct syn_onnx_value *value = &g->values[index];
    value->data = malloc((value->count + 1) * sizeof *value->data);
    if (!value->data)
        return no_memory(error);
    memcpy(value->data, numbers, value->count * sizeof *numbers);
    value->constant = true;
    return index;
}

const char *syn_onnx_shape_text(const struct syn_onnx_value *value, char text[80])
{
    size_t used = 0;
    (void)snprintf(text, 80, "a single number");
    for (unsigned i = 0; i < value->rank && used < 80; i++)
        used += (size_t)snprintf(text + used, 80 - used, i ? "x%u" : "%u", value->dims[i]);
    return text;
}
