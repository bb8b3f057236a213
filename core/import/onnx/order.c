/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which nodes of the file lead to its output, and whether they go round in a circle. The values
 * that nodes give are in the graph already, with their node in `producer`.
 */
#include "core/import/onnx/build.h"
#include "core/import/onnx/proto.h"

#include <stdlib.h>
#include <string.h>

enum colour { NEW, OPEN, DONE };

struct walk {
    const struct syn_onnx_graph *graph;
    const Onnx__GraphProto *proto;
    uint8_t *colours;
    size_t *next;  /* input of each node that is looked at next */
    size_t *stack; /* open nodes */
};

static int producer_of(const struct walk *w, const char *name)
{
    const int value = syn_onnx_find(w->graph, name);
    return value < 0 ? -1 : w->graph->values[value].producer;
}

static int circle(const struct walk *w, int node, struct syn_error *error)
{
    char type[40], name[SYN_ONNX_NAME_MAX];
    const Onnx__NodeProto *proto = w->proto->node[node];
    syn_onnx_text(type, sizeof type, proto->op_type, proto->op_type ? strlen(proto->op_type) : 0);
    syn_onnx_text(name, sizeof name, proto->name, proto->name ? strlen(proto->name) : 0);
    syn_error_set(error, SYN_EINVAL,
                  "the graph is cyclic: node %d, %s '%s', depends on its own "
                  "output",
                  node, type, name);
    syn_error_hint(error, "a model for the part goes in one direction; unroll loops before export");
    return SYN_EINVAL;
}

static int visit(struct walk *w, int start, struct syn_error *error)
{
    size_t depth = 0;
    if (w->colours[start] != NEW)
        return 0;
    w->stack[depth++] = (size_t)start;
    w->colours[start] = OPEN;
    while (depth) {
        const size_t at = w->stack[depth - 1];
        const Onnx__NodeProto *proto = w->proto->node[at];
        if (w->next[at] == proto->n_input) {
            w->colours[at] = DONE;
            depth--;
            continue;
        }
        const int from = producer_of(w, proto->input[w->next[at]++]);
        if (from >= 0 && w->colours[from] == OPEN)
            return circle(w, from, error);
        if (from >= 0 && w->colours[from] == NEW) {
            w->colours[from] = OPEN;
            w->stack[depth++] = (size_t)from;
        }
    }
    return 0;
}

int syn_onnx_order(const struct syn_onnx_graph *graph, const Onnx__GraphProto *proto, bool *needed,
                   struct syn_error *error)
{
    const size_t count = proto->n_node + 1;
    struct walk w = {.graph = graph, .proto = proto};
    const int last = graph->values[graph->output].producer;
    int status = SYN_ENOMEM;
    w.colours = calloc(count, sizeof *w.colours);
    w.next = calloc(count, sizeof *w.next);
    w.stack = calloc(count, sizeof *w.stack);
    if (w.colours && w.next && w.stack) {
        status = last < 0 ? 0 : visit(&w, last, error);
        for (size_t i = 0; i < proto->n_node; i++)
            needed[i] = w.colours[i] == DONE;
        for (size_t i = 0; status == 0 && i < proto->n_node; i++)
            status = visit(&w, (int)i, error);
    } else {
        syn_error_set(error, SYN_ENOMEM, "not enough memory for the graph");
    }
    free(w.colours);
    free(w.next);
    free(w.stack);
    return status;
}
