/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data addresses that are found without a description: what lives at one time never overlaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/part/geometry.h"
#include "devices/part/maps.h"
#include "devices/part/route.h"
#include "tests/devices/part/description.h"
#include "tests/devices/part/random_models.h"
#include "tests/devices/part/recorded.h"

#define INSTANCE_WORDS 0x5000
#define MHZ            1000000u

struct routed {
    const struct syn_part *part;
    struct syn_chunk chunk;
    struct syn_place places[SYN_MODEL_LAYERS_MAX];
    struct syn_route routes[SYN_MODEL_LAYERS_MAX];
    struct syn_ports ports;
    struct syn_misfit misfit;
};

/* Who has which word of data memory; 0: nobody. */
typedef uint16_t owners[SYN_PART_INSTANCES][INSTANCE_WORDS];

/* ---- what must stay --------------------------------------------------------------------- */

static bool leaves(const struct routed *r, unsigned id)
{
    for (unsigned i = 0; i < r->ports.out_count; i++)
        if (r->ports.out_ids[i] == id)
            return true;
    return false;
}

static bool is_read_from(const struct routed *r, unsigned id, unsigned layer)
{
    for (unsigned i = layer; i < r->chunk.last; i++)
        for (unsigned n = 0; n < r->chunk.layers[i].input_count; n++)
            if (r->chunk.layers[i].inputs[n] == id)
                return true;
    return leaves(r, id);
}

static bool place_of(const struct routed *r, unsigned id, struct syn_tensor_place *place)
{
    for (unsigned i = 0; i < r->ports.in_count; i++)
        if (r->ports.in_ids[i] == id) {
            *place = r->ports.in[i];
            return true;
        }
    if (id <= r->chunk.first || id > r->chunk.last)
        return false;
    syn_transfer_output(&r->chunk.layers[id - 1], &r->routes[id - 1 - r->chunk.first], place);
    return true;
}

static void own_word(owners *map, const struct routed *r, unsigned id, uint32_t at)
{
    const struct syn_registers *regs = syn_registers_of(r->part);
    unsigned instance = 0;
    uint16_t *owner;

    while (at < syn_data_address(regs, instance) ||
           at >= syn_data_address(regs, instance) + regs->data_stride)
        instance++;
    at -= syn_data_address(regs, instance);
    assert_true(at < r->part->data_bytes);
    owner = &(*map)[instance][at / 4];
    if (*owner && *owner != id + 1)
        fail_msg("tensors %u and %d share word %x of instance %u", id, *owner - 1, at / 4,
                 instance);
    *owner = (uint16_t)(id + 1);
}

/* Marks the words of a tensor; fails where another one has them. */
static void own(owners *map, const struct routed *r, unsigned id,
                const struct syn_tensor_place *place)
{
    const struct syn_registers *regs = syn_registers_of(r->part);
    const uint32_t pixels = (uint32_t)place->shape.height * place->shape.width;
    uint32_t before = 0;

    for (unsigned c = 0; c < place->shape.channels; c++) {
        uint32_t first = syn_transfer_address(regs, place, c, 0);

        /* Channels that share words with the one before have been seen. */
        for (uint32_t i = 0; i < pixels && first / 4 != before / 4; i++)
            own_word(map, r, id, first + (place->chw ? i : 4 * i * place->pixel_words));
        before = first;
    }
}

/* While `layer` works: all that is needed later, with its output; then with its inputs. */
static void check_layer(owners *map, const struct routed *r, unsigned layer, bool before)
{
    struct syn_tensor_place place;

    memset(map, 0, sizeof *map);
    for (unsigned id = 0; id <= layer + (before ? 0 : 1); id++)
        if (place_of(r, id, &place) &&
            (id == layer + 1 || is_read_from(r, id, before ? layer : layer + 1)))
            own(map, r, id, &place);
}

static void check_routed(const struct routed *r)
{
    owners *map = malloc(sizeof *map);

    for (unsigned i = r->chunk.first; i < r->chunk.last; i++) {
        check_layer(map, r, i, true);
        check_layer(map, r, i, false);
    }
    free(map);
}

/* ---- recorded networks ------------------------------------------------------------------ */

struct tally {
    const struct syn_part *part;
    unsigned routed, cuts, refused;
};

static int route(struct routed *r)
{
    struct syn_program p = {r->part, &r->chunk, r->places, r->routes, 50 * MHZ};
    int result = syn_place_chunks(r->part, &r->chunk, 1, r->places, &r->misfit);

    for (unsigned i = r->chunk.first; result == 0 && i < r->chunk.last; i++)
        result = syn_place_check_layer(r->part, &r->chunk.layers[i], &r->misfit);
    if (result == 0)
        result = syn_route_chunk(r->part, &r->chunk, r->routes, &r->ports, &r->misfit);
    return result < 0 ? result : syn_program_check(&p, &r->misfit);
}

static void route_cuts(struct routed *r, struct tally *tally)
{
    const unsigned count = r->chunk.layer_count;

    for (unsigned cut = 1; cut < count; cut++)
        for (unsigned tail = 0; tail < 2; tail++) {
            r->chunk.first = (uint16_t)(tail ? cut : 0);
            r->chunk.last = (uint16_t)(tail ? count : cut);
            if (route(r) < 0)
                continue;
            check_routed(r);
            tally->cuts++;
        }
}

static void route_folder(const char *path, void *user)
{
    struct tally *tally = user;
    struct syn_route given[SYN_MODEL_LAYERS_MAX];
    struct routed *r;
    struct table_row rows[SYN_MODEL_LAYERS_MAX];
    struct description d;
    const char *why;
    struct model *m = model_read(path, &why);

    if (!m)
        return;
    if (table_read(strrchr(path, '/') + 1, rows) == m->count)
        model_set_bits(m, rows);
    if (description_read(&d, path))
        description_apply(&d, m, given);
    r = calloc(1, sizeof *r);
    r->part = tally->part;
    r->chunk = (struct syn_chunk){m->layers, 0, (uint16_t)m->count, (uint16_t)m->count, NULL};
    if (route(r) == 0) {
        check_routed(r);
        tally->routed++;
        if (m->count > 1 && m->count < 18)
            route_cuts(r, tally);
    } else {
        print_message("%s: layer %u: %s (%u of %u)\n", strrchr(path, '/') + 1, r->misfit.layer,
                      r->misfit.what ? r->misfit.what : "does not fit", r->misfit.need,
                      r->misfit.have);
        tally->refused++;
    }
    free(r);
    model_free(m);
}

static void every_recorded_network_gets_addresses(void **state)
{
    static const char *const parts[] = {"MAX78000", "MAX78002"};

    (void)state;
    if (!data_folder())
        skip();
    for (unsigned i = 0; i < 2; i++) {
        struct tally tally = {.part = syn_part_find(parts[i])};

        for_each_folder("networks", parts[i], route_folder, &tally);
        for_each_folder("unit", parts[i], route_folder, &tally);
        print_message("%s: %u networks have addresses, %u have not; %u chunks of them have\n",
                      parts[i], tally.routed, tally.refused, tally.cuts);
        assert_true(tally.routed > 30 && tally.refused <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_network_gets_addresses),
    };

    return cmocka_run_group_tests_name("data addresses", tests, NULL, NULL);
}
