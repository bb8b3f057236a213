/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power that goes at any operation on flash. A life of a device is a list of steps; each may be cut
 * at every operation, the start after it again at every operation, and so on. After every start
 * that ends, one of the images that the step allows lies in the primary, byte for byte, what the
 * journal says fits, and the device can still be updated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "tests/devices/boot/world.h"

enum operation { UPLOAD, TEST, KEEP, START, CONFIRM, ERASE, DAMAGE };
enum { A = 1, B = 2, C = 4 };

static const struct step {
    enum operation operation;
    int image;        /* UPLOAD */
    unsigned allowed; /* in the primary, when this is cut and the device started again */
    int after;        /* in the primary, when it is not cut */
    bool both;        /* the other slot holds another one, whole, in any case */
} life[] = {
    {UPLOAD, 1, A, 0, false},     {TEST, 0, A | B, 0, true},
    {START, 0, A | B, 1, true}, /* on trial */
    {START, 0, A, 0, true},     /* reverted */
    {TEST, 0, A | B, 0, true},    {START, 0, A | B, 1, true},
    {CONFIRM, 0, A | B, 1, true}, {START, 0, B, 1, true},
    {UPLOAD, 2, B, 1, false},     {KEEP, 0, B | C, 1, true},
    {START, 0, C, 2, true},       {ERASE, 0, C, 2, false},
    {UPLOAD, 0, C, 2, false},     {DAMAGE, 0, A, -1, false},
    {START, 0, A, 0, false}, /* rescued */
};
#define STEPS (sizeof life / sizeof life[0])

struct counts {
    unsigned cuts, twice, starts;
};

static int run(struct world *w, const struct step *step)
{
    switch (step->operation) {
    case UPLOAD:
        return world_upload(w, step->image);
    case TEST:
        return syn_slots_request(&w->slots, false);
    case KEEP:
        return syn_slots_request(&w->slots, true);
    case START:
        return world_boot(w);
    case CONFIRM:
        return syn_slots_confirm(&w->slots);
    case ERASE:
        return syn_slots_erase(&w->slots);
    default:
        world_damage(w);
        return 0;
    }
}

static void check(const struct world *w, unsigned allowed, bool both)
{
    struct syn_slots again;
    const struct syn_slots_state *state = syn_slots_state(&w->slots);
    int primary = world_image(w, SYN_SLOT_PRIMARY), other = world_image(w, SYN_SLOT_SECONDARY);
    assert_true(primary >= 0 && (allowed >> primary & 1));
    assert_true(state->phase == SYN_SLOTS_SETTLED || state->phase == SYN_SLOTS_TRIAL);
    assert_true(other >= 0 || (state->phase != SYN_SLOTS_TRIAL && !both));
    assert_true(other != primary || !both);
    syn_slots_open(&again, &w->map);
    assert_int_equal(syn_slots_state(&again)->phase, state->phase);
    assert_int_equal(syn_slots_state(&again)->swap, state->swap);
    assert_int_equal(again.journal.sequence, w->slots.journal.sequence);
}

/* What a user would do then; uploads image 1 and keeps it. */
static void update(struct world *w)
{
    assert_int_equal(syn_slots_confirm(&w->slots), 0);
    assert_int_equal(world_upload(w, 1), 0);
    assert_int_equal(syn_slots_request(&w->slots, true), 0);
    assert_int_equal(world_boot(w), 0);
    check(w, B, false);
}

static void start_well(struct world *w, unsigned allowed, bool both, struct counts *counts)
{
    cut_flash_power_on(&w->f);
    assert_int_equal(world_boot(w), 0);
    counts->starts++;
    check(w, allowed, both);
}

/* The start after a cut is cut as well, at every operation that it has. */
static void cut_the_start(struct world *w, const struct step *step, struct cut_flash *saved,
                          struct counts *counts)
{
    cut_flash_power_on(&w->f);
    cut_flash_copy(saved, &w->f);
    for (unsigned at = 0;; at++) {
        world_restore(w, saved);
        cut_flash_cut_after(&w->f, at);
        (void)world_boot(w);
        if (!w->f.off)
            return;
        counts->twice++;
        start_well(w, step->allowed, step->both, counts);
    }
}

static void cut_step(struct world *w, const struct step *step, const struct cut_flash *before,
                     struct cut_flash *saved, struct counts *counts)
{
    for (unsigned at = 0;; at++) {
        world_restore(w, before);
        cut_flash_cut_after(&w->f, at);
        (void)run(w, step);
        if (!w->f.off)
            return;
        counts->cuts++;
        if (saved)
            cut_the_start(w, step, saved, counts);
        world_restore(w, before);
        cut_flash_cut_after(&w->f, at);
        (void)run(w, step);
        start_well(w, step->allowed, step->both, counts);
        update(w);
    }
}

static void live(const struct world_shape *shape, bool twice, struct counts *counts)
{
    struct world w;
    struct cut_flash before, saved;
    uint32_t pages;
    world_init(&w, shape);
    pages = w.f.flash.page_count;
    cut_flash_init(&before, shape->page_bytes, pages, shape->unit_bytes, 0);
    cut_flash_init(&saved, shape->page_bytes, pages, shape->unit_bytes, 0);
    for (size_t i = 0; i < STEPS; i++) {
        cut_flash_copy(&before, &w.f);
        if (life[i].operation != DAMAGE)
            cut_step(&w, &life[i], &before, twice ? &saved : NULL, counts);
        world_restore(&w, &before);
        assert_int_equal(run(&w, &life[i]), 0);
        assert_int_equal(world_image(&w, SYN_SLOT_PRIMARY), life[i].after);
    }
    cut_flash_free(&saved);
    cut_flash_free(&before);
    world_free(&w);
}

static void print(const char *what, const struct counts *counts)
{
    print_message("%s: %u cuts, %u starts cut after one, %u starts, each whole\n", what,
                  counts->cuts, counts->twice, counts->starts);
}

static void at_every_operation_and_again_at_every_one_of_the_next_start(void **state)
{
    (void)state;
    struct counts counts = {0, 0, 0};
    static const uint32_t units[] = {4, 8, 16};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct world_shape shape = {
            .page_bytes = 64, .unit_bytes = units[i], .slot_pages = 4, .seed = 11 + i};
        live(&shape, true, &counts);
    }
    print("every operation", &counts);
    assert_true(counts.cuts > 1000 && counts.twice > 10000);
}

static void in_flashes_and_images_of_many_sizes(void **state)
{
    (void)state;
    struct counts counts = {0, 0, 0};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t random = seed;
        uint32_t page = 32u << syn_splitmix64(&random) % 5;
        struct world_shape shape = {.page_bytes = page < 32 ? 32 : page,
                                    .unit_bytes = 1u << syn_splitmix64(&random) % 5,
                                    .slot_pages = 1 + (uint32_t)(syn_splitmix64(&random) % 6),
                                    .seed = seed};
        while (shape.slot_pages * shape.page_bytes < 128)
            shape.slot_pages++;
        live(&shape, false, &counts);
    }
    print("seeds 1 to 20", &counts);
}

/* ---- any order of things ---- */

static unsigned bit_of(int image)
{
    return image == WORLD_NONE ? 0 : 1u << image;
}

static int do_something(struct world *w)
{
    struct step step = {(enum operation)(syn_splitmix64(&w->random) % DAMAGE),
                        (int)(syn_splitmix64(&w->random) % WORLD_IMAGES), 0, 0, false};
    return run(w, &step);
}

static void in_any_order_of_things(void **state)
{
    (void)state;
    const char *given = getenv("SYN_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 2026;
    struct world_shape shape = {.page_bytes = 128, .unit_bytes = 16, .slot_pages = 5, .seed = seed};
    struct counts counts = {0, 0, 0};
    struct world w;
    world_init(&w, &shape);
    for (int i = 0; i < 20000; i++) {
        unsigned allowed = bit_of(world_image(&w, SYN_SLOT_PRIMARY));
        unsigned other = bit_of(world_image(&w, SYN_SLOT_SECONDARY));
        cut_flash_cut_after(&w.f, syn_splitmix64(&w.random) % 100);
        int rc = do_something(&w);
        other |= bit_of(world_image(&w, SYN_SLOT_SECONDARY));
        if (w.f.off) {
            counts.cuts++;
            start_well(&w, allowed | other, false, &counts);
        } else {
            assert_true(rc == 0 || rc == SYN_ESTATE || rc == SYN_ENOENT || rc == SYN_ECORRUPT ||
                        rc == SYN_EPROTO);
        }
    }
    print_message("seed %llu, ", (unsigned long long)seed);
    print("any order", &counts);
    assert_true(counts.cuts > 1000);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_every_operation_and_again_at_every_one_of_the_next_start),
        cmocka_unit_test(in_flashes_and_images_of_many_sizes),
        cmocka_unit_test(in_any_order_of_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
