/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who hands what to whom: for every cut point of a pipeline a flow of at most one from the device
 * whose chunk ends there to the device whose chunk begins there; before the first layer from the
 * source, behind the last to the target.
 */
#include "tests/oracle/milp_model.h"

#include <math.h>

/* One cut point of one pipeline: rows that keep the flow. */
struct crossing {
    unsigned p, cut;
    bool begins, ends;             /* in front of all layers, behind all of them */
    uint32_t arena_bytes;          /* of a tensor that waits here */
    uint32_t sent_bytes;           /* on the air */
    int from_row[SYN_DEVICES_MAX]; /* flow out of the device = its chunk ends here */
    int to_row[SYN_DEVICES_MAX];
};

static void charge_pair(struct milp *m, const struct crossing *x, int column, unsigned a,
                        unsigned b, uint64_t a_ns, uint64_t b_ns)
{
    const struct syn_fleet *fleet = m->problem->fleet;
    const double weight = m->problem->pipelines[x->p].spec.weight;
    const unsigned hub = fleet->count;
    const bool direct = fleet->direct[a][b], hub_too = syn_fleet_by_hub(fleet, a, b);
    for (unsigned i = 0; i < m->set_count && (direct || hub_too); i++) {
        const uint32_t set = m->sets[i];
        const bool has_a = set >> a & 1, has_b = set >> b & 1, has_hub = set >> hub & 1;
        uint64_t inside = 0;
        if (direct)
            inside = has_a && has_b ? a_ns : 0;
        else
            inside = (has_a && has_hub ? a_ns : 0) + (has_b && has_hub ? b_ns : 0);
        milp_put(m, m->set_row[i], column, weight * (double)inside / m->unit_ns);
    }
    if (hub_too && m->hub_row)
        milp_put(m, m->hub_row, column, weight * (double)(a_ns + b_ns) / m->unit_ns);
}

static void charge_hop(struct milp *m, const struct crossing *x, int column, unsigned a, unsigned b)
{
    const struct syn_fleet *fleet = m->problem->fleet;
    const struct syn_fleet_link *link = &fleet->links[a][b];
    uint64_t whole = syn_cost_transfer(fleet, a, b, x->sent_bytes);
    uint64_t a_ns = whole, b_ns = whole;
    if (!fleet->direct[a][b] && link->measured) { /* not as core/cost adds it up */
        a_ns = link->send_ns + (x->sent_bytes * (uint64_t)link->send_byte_ps + 999) / 1000;
        b_ns = link->receive_ns + (x->sent_bytes * (uint64_t)link->receive_byte_ps + 999) / 1000;
        whole = a_ns + b_ns;
    } else if (!fleet->direct[a][b]) {
        a_ns = syn_timing_message(&fleet->devices[a].profile.timing, x->sent_bytes);
        b_ns = syn_timing_message(&fleet->devices[b].profile.timing, x->sent_bytes);
    }
    milp_charge(m, x->p, column, a, SYN_UNIT_RADIO, a_ns);
    milp_charge(m, x->p, column, b, SYN_UNIT_RADIO, b_ns);
    milp_delay(m, x->p, column, whole);
    charge_pair(m, x, column, a, b, a_ns, b_ns);
}

static void build_hop(struct milp *m, const struct crossing *x, unsigned a, unsigned b)
{
    const int column = milp_column(m, false, INFINITY);
    milp_put(m, x->from_row[a], column, 1);
    milp_put(m, x->to_row[b], column, -1);
    if (a != b)
        charge_hop(m, x, column, a, b);
    else if (x->begins) /* the chunk's input comes from its own device: no slot */
        milp_put(m, m->arena_row[a], column, -(x->arena_bytes / 1024.0));
}

/* The chunks of device d that end (or begin) at the cut. */
static void put_chunks(struct milp *m, const struct crossing *x, unsigned d, bool ends, int row,
                       double value)
{
    for (unsigned i = 0; i < m->spans[x->p][d].count; i++) {
        const struct milp_span *s = &m->spans[x->p][d].list[i];
        if (s->column && (ends ? s->last : s->first) == x->cut)
            milp_put(m, row, s->column, value);
    }
}

/* flow out - what ends here = 0; what begins here - flow in = 0 */
static void build_ends(struct milp *m, struct crossing *x, unsigned d)
{
    x->from_row[d] = milp_row(m, 0, 0);
    x->to_row[d] = milp_row(m, 0, 0);
    if (!x->begins)
        put_chunks(m, x, d, true, x->from_row[d], -1);
    else if (m->source[x->p][d])
        milp_put(m, x->from_row[d], m->source[x->p][d], -1);
    if (!x->ends)
        put_chunks(m, x, d, false, x->to_row[d], 1);
    else if (m->target[x->p][d])
        milp_put(m, x->to_row[d], m->target[x->p][d], 1);
}

static bool may_send(const struct milp *m, const struct crossing *x, unsigned d)
{
    return x->begins ? m->source[x->p][d] != 0 : m->problem->pipelines[x->p].hosts >> d & 1;
}

static bool may_receive(const struct milp *m, const struct crossing *x, unsigned d)
{
    return x->ends ? m->target[x->p][d] != 0 : m->problem->pipelines[x->p].hosts >> d & 1;
}

static int build_crossing(struct milp *m, unsigned p, unsigned at)
{
    const struct syn_model *model = m->problem->pipelines[p].model;
    const unsigned devices = m->problem->fleet->count;
    struct crossing x = {.p = p, .cut = at, .begins = at == 0, .ends = at == model->layer_count};
    struct syn_cut cut;
    if (syn_model_cut(model, at, &cut))
        return SYN_EOOR;
    x.arena_bytes = cut.bytes;
    x.sent_bytes = x.ends ? syn_cost_result_bytes(cut.bytes) : cut.bytes;
    for (unsigned d = 0; d < devices; d++)
        build_ends(m, &x, d);
    for (unsigned a = 0; a < devices; a++)
        for (unsigned b = 0; b < devices; b++)
            if (may_send(m, &x, a) && may_receive(m, &x, b) && (a != b || x.begins || x.ends))
                build_hop(m, &x, a, b);
    return 0;
}

/* A source and a target, one of each. */
static void build_ends_of(struct milp *m, unsigned p)
{
    const struct syn_problem_pipeline *pipe = &m->problem->pipelines[p];
    const int sources = milp_row(m, 1, 1), targets = milp_row(m, 1, 1);
    for (unsigned d = 0; d < m->problem->fleet->count; d++) {
        const struct syn_timing *t = &m->problem->fleet->devices[d].profile.timing;
        if (pipe->sources >> d & 1) {
            m->source[p][d] = milp_column(m, true, 1);
            milp_put(m, sources, m->source[p][d], 1);
            milp_charge(m, p, m->source[p][d], d, SYN_UNIT_SENSOR, syn_timing_sense(t));
            milp_delay(m, p, m->source[p][d], syn_timing_sense(t));
        }
        if (pipe->targets >> d & 1) {
            m->target[p][d] = milp_column(m, true, 1);
            milp_put(m, targets, m->target[p][d], 1);
            milp_charge(m, p, m->target[p][d], d, SYN_UNIT_CPU, syn_timing_act(t));
            milp_delay(m, p, m->target[p][d], syn_timing_act(t));
        }
    }
}

int milp_build_hops(struct milp *m)
{
    int rc = 0;
    for (unsigned p = 0; p < m->problem->pipeline_count; p++) {
        build_ends_of(m, p);
        for (unsigned at = 0; !rc && at <= m->problem->pipelines[p].model->layer_count; at++)
            rc = build_crossing(m, p, at);
    }
    return rc;
}
