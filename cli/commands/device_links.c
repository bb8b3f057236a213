/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/device_links.h"

#include "cli/fleet/links.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"
#include "core/cost/cost.h"

#include <stdio.h>

#define NS_PER_MS 1e6
#define PS_PER_S  1e12
#define FJ_PER_MJ 1e12
#define KIB       1024.0

/* One way from one device to another. */
struct row {
    const struct syn_member *from, *to;
    enum syn_way way;
    bool taken;
    struct syn_fleet_link cost; /* measured, or of the radios' figures */
    double ms, mj;              /* of SYN_LINKS_TYPICAL bytes */
    const char *why;
};

/* Without a measurement: both radios' figures; shared, the longer end. */
static struct syn_fleet_link figures(const struct row *row)
{
    const struct syn_timing *a = &row->from->profile.timing, *b = &row->to->profile.timing;
    const uint64_t a0 = syn_timing_message(a, 0), b0 = syn_timing_message(b, 0);
    const uint64_t a1 = syn_timing_message(a, SYN_LINKS_TYPICAL);
    const uint64_t b1 = syn_timing_message(b, SYN_LINKS_TYPICAL);
    const bool shared = row->way == SYN_WAY_RADIO, first = a1 >= b1;
    struct syn_fleet_link cost = {.send_ns = (uint32_t)a0, .receive_ns = (uint32_t)b0};
    cost.send_byte_ps = (uint32_t)((a1 - a0) * 1000 / SYN_LINKS_TYPICAL);
    cost.receive_byte_ps = (uint32_t)((b1 - b0) * 1000 / SYN_LINKS_TYPICAL);
    if (shared && first)
        cost.receive_ns = cost.receive_byte_ps = 0;
    else if (shared)
        cost.send_ns = cost.send_byte_ps = 0;
    return cost;
}

static double energy_mj(const struct row *row)
{
    const double a = row->from->profile.timing.active_uw[SYN_UNIT_RADIO];
    const double b = row->to->profile.timing.active_uw[SYN_UNIT_RADIO];
    const double send = (double)syn_fleet_link_send_ns(&row->cost, SYN_LINKS_TYPICAL);
    const double receive = (double)syn_fleet_link_receive_ns(&row->cost, SYN_LINKS_TYPICAL);
    if (row->way == SYN_WAY_RADIO)
        return (send + receive) * (a + b) / FJ_PER_MJ;
    return (send * a + receive * b) / FJ_PER_MJ;
}

/* So that it was compared to another. */
static bool is_measured(const struct syn_links_row *known, enum syn_way way)
{
    if (!known || !known->costs[SYN_WAY_CONSOLE].measured)
        return false;
    if (way == SYN_WAY_CONSOLE)
        return known->costs[SYN_WAY_WIRE].measured || known->costs[SYN_WAY_BLE].measured;
    return known->costs[way].measured;
}

static const char *reason(const struct syn_bench *bench, const struct row *row)
{
    const bool measured = is_measured(syn_links_find(bench, row->from, row->to), row->way);
    if (row->way == SYN_WAY_RADIO)
        return "they share a radio";
    if (!syn_links_has(row->from, row->to, SYN_WAY_WIRE) &&
        !syn_links_has(row->from, row->to, SYN_WAY_BLE))
        return "the only way";
    if (measured)
        return row->taken ? "measured: less time" : "measured: more time";
    return row->taken ? "not measured yet" : "where the others are cut";
}

static struct row row_of(const struct syn_bench *bench, const struct syn_member *from,
                         const struct syn_member *to, enum syn_way way)
{
    const struct syn_links_row *known = syn_links_find(bench, from, to);
    struct row row = {.from = from, .to = to, .way = way};
    row.taken = syn_links_way(bench, from, to) == way;
    row.cost = known && known->costs[way].measured ? known->costs[way] : figures(&row);
    row.ms = (double)syn_links_ns(&row.cost, SYN_LINKS_TYPICAL) / NS_PER_MS;
    row.mj = energy_mj(&row);
    row.why = reason(bench, &row);
    return row;
}

/* Nobody knows what a wire or channel does that was not measured. */
static bool has_figures(const struct row *row)
{
    return row->cost.measured || (row->way != SYN_WAY_WIRE && row->way != SYN_WAY_BLE);
}

static const char *address_of(const struct row *row)
{
    const char *address = syn_links_address(row->from, row->to, row->way);
    return address ? address : syn_way_name(row->way);
}

static double overhead_ms(const struct row *row)
{
    return ((double)row->cost.send_ns + row->cost.receive_ns) / NS_PER_MS;
}

/* Bytes a second once it flows. */
static double rate(const struct row *row)
{
    const double ps = (double)row->cost.send_byte_ps + row->cost.receive_byte_ps;
    return ps > 0 ? PS_PER_S / ps : 0;
}

static void show_json(cJSON *list, const struct row *row)
{
    cJSON *object = syn_show_object(list, NULL);
    syn_show_text(object, "from", row->from->name);
    syn_show_text(object, "to", row->to->name);
    syn_show_text(object, "way", syn_way_name(row->way));
    syn_show_text(object, "by", address_of(row));
    (void)cJSON_AddBoolToObject(object, "taken", row->taken);
    (void)cJSON_AddBoolToObject(object, "measured", row->cost.measured);
    syn_show_text(object, "why", row->why);
    if (!has_figures(row))
        return;
    syn_show_number(object, "overhead_ms", overhead_ms(row));
    syn_show_number(object, "bytes_per_s", rate(row));
    syn_show_number(object, "message_ms", row->ms);
    syn_show_number(object, "message_mj", row->mj);
}

static void show_row(struct syn_table *table, const struct row *row)
{
    syn_table_text(table, row->from->name);
    syn_table_text(table, row->to->name);
    syn_table_text(table, address_of(row));
    if (has_figures(row)) {
        syn_table_format(table, "%.3f ms", overhead_ms(row));
        syn_table_format(table, "%.1f KiB/s", rate(row) / KIB);
        syn_table_format(table, "%.2f ms", row->ms);
        syn_table_format(table, "%.3f", row->mj);
    } else {
        for (int i = 0; i < 4; i++)
            syn_table_text(table, NULL);
    }
    syn_table_text(table, row->cost.measured ? "measured" : has_figures(row) ? "profiles" : "-");
    syn_table_text(table, row->taken ? "yes" : "no");
    syn_table_text(table, row->why);
}

static void show_pair(const struct syn_bench *bench, struct syn_table *table, cJSON *list,
                      const struct syn_member *from, const struct syn_member *to)
{
    for (unsigned w = 0; w < SYN_WAY_COUNT; w++) {
        const enum syn_way way = (enum syn_way)w;
        const bool spare = way != SYN_WAY_RADIO && syn_links_has(from, to, SYN_WAY_RADIO);
        if (spare || !syn_links_has(from, to, way))
            continue;
        const struct row row = row_of(bench, from, to, way);
        show_row(table, &row);
        show_json(list, &row);
    }
}

/* ---- wires that lead to nobody ---- */

static const struct {
    const char *state, *before, *after; /* what people read stands round who is heard */
} loose_wires[] = {
    [SYN_WIRE_SILENT] = {"silent", "leads to nobody: no device is heard there", ""},
    [SYN_WIRE_STRANGER] = {"stranger", "leads to ", ", which is not connected"},
    [SYN_WIRE_ONE_WAY] = {"one way", "hears ", ", which hears nothing: is a line broken?"},
};

static void show_loose(struct syn_result *result, cJSON *list, const struct syn_bench *bench,
                       const struct syn_member *member, const struct syn_wire_end *end)
{
    const struct syn_member *other;
    const enum syn_wire_state state = syn_links_wire(bench, member, end, &other);
    if (state == SYN_WIRE_JOINS)
        return;
    const char *heard = other ? other->name : end->id;
    cJSON *object = syn_show_object(list, NULL);
    syn_show_text(object, "device", member->name);
    syn_show_text(object, "by", end->address);
    syn_show_text(object, "state", loose_wires[state].state);
    syn_show_text(object, "heard", heard[0] ? heard : NULL);
    syn_result_print(result, "%s: %s %s%s%s\n", member->name, end->address,
                     loose_wires[state].before, heard, loose_wires[state].after);
}

static void show_loose_wires(struct syn_bench *bench)
{
    struct syn_result *result = &bench->console->result;
    cJSON *list = syn_show_array(syn_result_json(result), "loose");
    for (unsigned i = 0; i < bench->count; i++) {
        const struct syn_member *member = bench->members[i];
        for (unsigned w = 0; member->state == SYN_MEMBER_ONLINE && w < member->wire_count; w++)
            show_loose(result, list, bench, member, &member->wires[w]);
    }
}

void syn_device_links_show(struct syn_bench *bench)
{
    static const struct syn_column columns[] = {
        {.title = "FROM"},
        {.title = "TO"},
        {.title = "BY"},
        {.title = "OVERHEAD", .right = true},
        {.title = "RATE", .right = true},
        {.title = "4 KIB", .right = true},
        {.title = "MJ", .right = true},
        {.title = "FIGURES"},
        {.title = "TAKEN"},
        {.title = "WHY"},
    };
    struct syn_result *result = &bench->console->result;
    struct syn_table *table = syn_table_new(columns, sizeof columns / sizeof columns[0]);
    cJSON *list = syn_show_array(syn_result_json(result), "links");
    struct syn_member *members[SYN_DEVICES_MAX];
    struct syn_fleet fleet;
    syn_bench_fleet(bench, &fleet, members);
    for (unsigned a = 0; a < fleet.count; a++)
        for (unsigned b = 0; b < fleet.count; b++)
            if (a != b)
                show_pair(bench, table, list, members[a], members[b]);
    if (syn_table_rows(table) > 0)
        syn_result_table(result, table);
    else
        syn_result_print(result, "fewer than two of our devices are connected: nothing to link\n");
    syn_table_free(table);
    show_loose_wires(bench);
}

int syn_device_links_run(struct syn_console *console, const struct syn_call *call,
                         struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    (void)call;
    if (!bench)
        return SYN_ENOMEM;
    const int rc = syn_links_refresh(bench, error);
    if (rc == 0)
        syn_device_links_show(bench);
    return rc;
}
