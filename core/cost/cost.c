/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cost/cost.h"

#include "core/cost/fit.h"

#define PS_PER_NS 1000u

static struct syn_chunk chunk_of(const struct syn_model *model, unsigned first, unsigned last)
{
    return (struct syn_chunk){.layers = model->layers,
                              .first = (uint16_t)first,
                              .last = (uint16_t)last,
                              .layer_count = (uint16_t)model->layer_count};
}

static int place_alone(const struct syn_part *part, const struct syn_chunk *chunk,
                       struct syn_place *places)
{
    if (chunk->last - chunk->first > SYN_PART_PLACEMENTS_MAX)
        return SYN_EOOR;
    return syn_place_chunks(part, chunk, 1, places, NULL);
}

int syn_cost_chunk(const struct syn_fleet_device *device, const struct syn_model *model,
                   unsigned first, unsigned last, const struct syn_place *places,
                   struct syn_chunk_cost *cost)
{
    const struct syn_timing *t = &device->profile.timing;
    const struct syn_chunk chunk = chunk_of(model, first, last);
    struct syn_place alone[SYN_PART_PLACEMENTS_MAX];
    struct syn_cut in, out;
    int rc = places ? 0 : place_alone(t->part, &chunk, alone);
    if (!rc)
        rc = syn_model_cut(model, first, &in);
    if (!rc)
        rc = syn_model_cut(model, last, &out);
    if (rc)
        return rc;
    const uint64_t cycles = syn_place_cycles(t->part, &chunk, places ? places : alone, t->accel_hz);
    *cost = (struct syn_chunk_cost){.load_ns = syn_timing_words(t, in.words),
                                    .infer_ns = syn_timing_infer(t, cycles),
                                    .unload_ns = syn_timing_words(t, out.words),
                                    .configure_ns = syn_timing_configure(t, last - first),
                                    .cycles = cycles,
                                    .in_bytes = in.bytes,
                                    .out_bytes = out.bytes};
    return 0;
}

uint64_t syn_chunk_cost_sum(const struct syn_chunk_cost *cost, bool configure)
{
    return cost->load_ns + cost->infer_ns + cost->unload_ns + (configure ? cost->configure_ns : 0);
}

uint64_t syn_fleet_link_send_ns(const struct syn_fleet_link *link, uint32_t bytes)
{
    return link->send_ns + ((uint64_t)bytes * link->send_byte_ps + PS_PER_NS - 1) / PS_PER_NS;
}

uint64_t syn_fleet_link_receive_ns(const struct syn_fleet_link *link, uint32_t bytes)
{
    return link->receive_ns + ((uint64_t)bytes * link->receive_byte_ps + PS_PER_NS - 1) / PS_PER_NS;
}

uint32_t syn_cost_result_bytes(uint32_t bytes)
{
    return bytes < SYN_RESULT_BYTES_MAX ? bytes : SYN_RESULT_BYTES_MAX;
}

static uint64_t message_ns(const struct syn_fleet *fleet, unsigned device, uint32_t bytes)
{
    return syn_timing_message(&fleet->devices[device].profile.timing, bytes);
}

static uint64_t shared_ns(const struct syn_fleet *fleet, unsigned a, unsigned b, uint32_t bytes)
{
    const uint64_t from = message_ns(fleet, a, bytes), to = message_ns(fleet, b, bytes);
    return from > to ? from : to;
}

uint64_t syn_cost_send_ns(const struct syn_fleet *fleet, unsigned a, unsigned b, uint32_t bytes)
{
    const struct syn_fleet_link *link = syn_fleet_measured(fleet, a, b);
    if (link)
        return syn_fleet_link_send_ns(link, bytes);
    return fleet->direct[a][b] ? shared_ns(fleet, a, b, bytes) : message_ns(fleet, a, bytes);
}

uint64_t syn_cost_receive_ns(const struct syn_fleet *fleet, unsigned a, unsigned b, uint32_t bytes)
{
    const struct syn_fleet_link *link = syn_fleet_measured(fleet, a, b);
    if (link)
        return syn_fleet_link_receive_ns(link, bytes);
    return fleet->direct[a][b] ? shared_ns(fleet, a, b, bytes) : message_ns(fleet, b, bytes);
}

bool syn_fleet_any_measured(const struct syn_fleet *fleet)
{
    for (unsigned a = 0; a < fleet->count; a++)
        for (unsigned b = 0; b < fleet->count; b++)
            if (syn_fleet_measured(fleet, a, b))
                return true;
    return false;
}

uint64_t syn_cost_least_ns(const struct syn_fleet *fleet, unsigned device, uint32_t bytes)
{
    uint64_t least = message_ns(fleet, device, bytes);
    for (unsigned d = 0; d < fleet->count; d++) {
        const struct syn_fleet_link *to = syn_fleet_measured(fleet, device, d);
        const struct syn_fleet_link *from = syn_fleet_measured(fleet, d, device);
        const uint64_t send = to ? syn_fleet_link_send_ns(to, bytes) : least;
        const uint64_t receive = from ? syn_fleet_link_receive_ns(from, bytes) : least;
        least = send < least ? send : least;
        least = receive < least ? receive : least;
    }
    return least;
}

uint64_t syn_cost_transfer(const struct syn_fleet *fleet, unsigned a, unsigned b, uint32_t bytes)
{
    if (a == b)
        return 0;
    if (fleet->direct[a][b])
        return shared_ns(fleet, a, b, bytes);
    return syn_cost_send_ns(fleet, a, b, bytes) + syn_cost_receive_ns(fleet, a, b, bytes);
}

const char *syn_unit_name(enum syn_unit unit)
{
    static const char *const names[SYN_UNIT_COUNT] = {"sensor", "cpu", "accel", "radio"};
    return unit < SYN_UNIT_COUNT ? names[unit] : "unknown";
}
