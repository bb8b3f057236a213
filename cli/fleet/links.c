/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/links.h"

#include "cli/fleet/operation.h"
#include "core/cost/cost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *syn_way_name(enum syn_way way)
{
    static const char *const names[SYN_WAY_COUNT] = {"radio", "wire", "ble", "console"};
    return names[way];
}

/* ---- where wires lead ---- */

struct asked {
    struct syn_member *member;
};

static void keep_wires(void *ctx, const struct syn_answer *answer)
{
    struct syn_member *member = ((const struct asked *)ctx)->member;
    member->wire_count = answer->links.wire_count;
    memcpy(member->wires, answer->links.wires, sizeof member->wires);
}

static int ask(struct syn_bench *bench, struct syn_member *member, struct syn_error *error)
{
    struct asked asked = {member};
    struct syn_operation op = {.answer = keep_wires, .ctx = &asked};
    const int rc = syn_operation_started(
        &op, member, syn_session_links(member->session, syn_operation_done, &op), error);
    return rc != 0 ? rc : syn_operation_wait(&op, bench->console, error);
}

static int ask_all(struct syn_bench *bench, struct syn_error *error)
{
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < bench->count; i++) {
        struct syn_member *member = bench->members[i];
        if (member->state == SYN_MEMBER_ONLINE && (member->hello.features & SYN_FEATURE_WIRES))
            rc = ask(bench, member, error);
    }
    return rc;
}

static const struct syn_wire_end *end_of(const struct syn_member *a, const struct syn_member *b)
{
    for (unsigned i = 0; i < a->wire_count; i++)
        if (a->wires[i].id[0] && strcmp(a->wires[i].id, b->hello.id) == 0)
            return &a->wires[i];
    return NULL;
}

static const char *wire_of(const struct syn_member *a, const struct syn_member *b)
{
    const struct syn_wire_end *end = end_of(a, b);
    return end && end_of(b, a) ? end->address : NULL;
}

static const struct syn_member *heard_at(const struct syn_bench *bench,
                                         const struct syn_wire_end *end)
{
    for (unsigned i = 0; i < bench->count; i++) {
        const struct syn_member *member = bench->members[i];
        if (member->state == SYN_MEMBER_ONLINE && strcmp(member->hello.id, end->id) == 0)
            return member;
    }
    return NULL;
}

static bool is_channel(const struct syn_wire_end *end)
{
    return strncmp(end->address, "ble:", 4) == 0;
}

enum syn_wire_state syn_links_wire(const struct syn_bench *bench, const struct syn_member *member,
                                   const struct syn_wire_end *end, const struct syn_member **other)
{
    const struct syn_member *heard = heard_at(bench, end);
    if (other)
        *other = heard;
    if (is_channel(end))
        return SYN_WIRE_JOINS;
    if (!end->id[0])
        return SYN_WIRE_SILENT;
    if (!heard)
        return SYN_WIRE_STRANGER;
    return end_of(heard, member) ? SYN_WIRE_JOINS : SYN_WIRE_ONE_WAY;
}

/* ---- until both ends have heard each other ---- */

/* The ends of a wire speak twice a second, and at once where there is news. */
static const int64_t settling_ns = 2000000000;
static const double again_s = 0.05;
enum { ASKS_MIN = 10 }; /* of devices that were new at the first, however slow they are */

/* Has it a line at which it has heard nobody? */
static bool listens(const struct syn_member *member)
{
    for (unsigned i = 0; i < member->wire_count; i++)
        if (!is_channel(&member->wires[i]) && !member->wires[i].id[0])
            return true;
    return false;
}

/* Is there a wire between them that one end knows of, or maybe one that neither does yet? */
static bool may_be_wired(const struct syn_member *a, const struct syn_member *b)
{
    const bool one = end_of(a, b) != NULL, other = end_of(b, a) != NULL;
    return one != other || (!one && listens(a) && listens(b));
}

static bool is_settling(const struct syn_bench *bench, unsigned asks)
{
    const int64_t now = syn_loop_now();
    for (unsigned i = 0; i < bench->count; i++)
        for (unsigned k = 0; k < i; k++) {
            const struct syn_member *a = bench->members[i], *b = bench->members[k];
            const int64_t since =
                a->connected_ns > b->connected_ns ? a->connected_ns : b->connected_ns;
            if (a->state == SYN_MEMBER_ONLINE && b->state == SYN_MEMBER_ONLINE &&
                may_be_wired(a, b) && (now - since < settling_ns || (asks > 1 && asks < ASKS_MIN)))
                return true;
        }
    return false;
}

static int give_a_moment(struct syn_bench *bench, struct syn_error *error)
{
    int rc = syn_console_wait(bench->console, NULL, NULL, again_s, error);
    if (rc != SYN_ETIMEOUT || syn_console_stopped(bench->console))
        return rc;
    syn_error_clear(error);
    return 0;
}

int syn_links_refresh(struct syn_bench *bench, struct syn_error *error)
{
    int rc = ask_all(bench, error);
    for (unsigned asks = 1; rc == 0 && is_settling(bench, asks); asks++) {
        rc = give_a_moment(bench, error);
        rc = rc == 0 ? ask_all(bench, error) : rc;
    }
    return rc;
}

/* ---- where channels are taken ---- */

static const char *reached_at(const struct syn_member *member)
{
    for (unsigned i = 0; i < member->wire_count; i++)
        if (is_channel(&member->wires[i]))
            return member->wires[i].address;
    return NULL;
}

const char *syn_links_address(const struct syn_member *a, const struct syn_member *b,
                              enum syn_way way)
{
    if (way == SYN_WAY_WIRE)
        return wire_of(a, b);
    return way == SYN_WAY_BLE && reached_at(a) ? reached_at(b) : NULL;
}

/* ---- ways ---- */

/* Virtual radios of one host reach each other. */
static bool reaches(const struct syn_member *a, const struct syn_member *b)
{
    return a->radio[0] && b->radio[0] && (a->hello.features & SYN_FEATURE_DIRECT_RADIO) &&
           (b->hello.features & SYN_FEATURE_DIRECT_RADIO);
}

bool syn_links_has(const struct syn_member *a, const struct syn_member *b, enum syn_way way)
{
    if (way == SYN_WAY_RADIO)
        return reaches(a, b);
    return way == SYN_WAY_CONSOLE || syn_links_address(a, b, way) != NULL;
}

static bool is_hop(unsigned from, unsigned to, unsigned a, unsigned b)
{
    return (from == a && to == b) || (from == b && to == a);
}

bool syn_links_needed(const struct syn_plan *plan, unsigned a, unsigned b)
{
    for (unsigned i = 0; i < plan->pipeline_count; i++) {
        const struct syn_execution_plan *p = &plan->pipelines[i];
        unsigned from = p->source;
        for (unsigned c = 0; c < p->chunk_count; from = p->chunks[c++].device)
            if (is_hop(from, p->chunks[c].device, a, b))
                return true;
        if (is_hop(from, p->target, a, b))
            return true;
    }
    return false;
}

uint64_t syn_links_ns(const struct syn_fleet_link *cost, uint32_t bytes)
{
    return syn_fleet_link_send_ns(cost, bytes) + syn_fleet_link_receive_ns(cost, bytes);
}

/* Both directions take one way: what governs the data goes against them. */
static bool is_cheaper(const struct syn_links_row *const rows[2], enum syn_way one,
                       enum syn_way other)
{
    uint64_t one_ns = 0, other_ns = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (!rows[i] || !rows[i]->costs[one].measured || !rows[i]->costs[other].measured)
            return false;
        one_ns += syn_links_ns(&rows[i]->costs[one], SYN_LINKS_TYPICAL);
        other_ns += syn_links_ns(&rows[i]->costs[other], SYN_LINKS_TYPICAL);
    }
    return one_ns < other_ns;
}

enum syn_way syn_links_way(const struct syn_bench *bench, const struct syn_member *a,
                           const struct syn_member *b)
{
    if (reaches(a, b))
        return SYN_WAY_RADIO;
    if (bench->probed < SYN_WAY_COUNT && syn_links_has(a, b, (enum syn_way)bench->probed))
        return (enum syn_way)bench->probed;
    const struct syn_links_row *const rows[] = {syn_links_find(bench, a, b),
                                                syn_links_find(bench, b, a)};
    enum syn_way best = SYN_WAY_CONSOLE;
    for (unsigned way = SYN_WAY_BLE; way >= SYN_WAY_WIRE; way--)
        if (syn_links_has(a, b, (enum syn_way)way) && !is_cheaper(rows, best, (enum syn_way)way))
            best = (enum syn_way)way;
    return best;
}

/* ---- the table ---- */

static struct syn_links_row *find(const struct syn_bench *bench, const struct syn_member *a,
                                  const struct syn_member *b)
{
    struct syn_links_row *row = bench->links;
    while (row && (strcmp(row->from, a->hello.id) != 0 || strcmp(row->to, b->hello.id) != 0))
        row = row->next;
    return row;
}

const struct syn_links_row *syn_links_find(const struct syn_bench *bench,
                                           const struct syn_member *a, const struct syn_member *b)
{
    return find(bench, a, b);
}

int syn_links_set(struct syn_bench *bench, const struct syn_member *a, const struct syn_member *b,
                  enum syn_way way, const struct syn_fleet_link *cost, struct syn_error *error)
{
    struct syn_links_row *row = find(bench, a, b);
    if (!row) {
        row = calloc(1, sizeof *row);
        if (!row)
            return syn_error_set(error, SYN_ENOMEM, "no memory for the link table");
        (void)snprintf(row->from, sizeof row->from, "%s", a->hello.id);
        (void)snprintf(row->to, sizeof row->to, "%s", b->hello.id);
        row->next = bench->links;
        bench->links = row;
    }
    row->costs[way] = *cost;
    return 0;
}

static bool is_of(const struct syn_links_row *row, const struct syn_member *member)
{
    return !member || strcmp(row->from, member->hello.id) == 0 ||
           strcmp(row->to, member->hello.id) == 0;
}

unsigned syn_links_forget(struct syn_bench *bench, const struct syn_member *member)
{
    unsigned count = 0;
    for (struct syn_links_row **at = &bench->links; *at;) {
        struct syn_links_row *row = *at;
        if (!is_of(row, member)) {
            at = &row->next;
            continue;
        }
        *at = row->next;
        free(row);
        count++;
    }
    return count;
}
