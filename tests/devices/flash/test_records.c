/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "devices/flash/records.h"
#include "tests/devices/flash/cut_flash.h"

/* ---- how it is used ---- */

struct fixture {
    struct cut_flash flash;
    struct syn_records records;
};

static int setup(void **state)
{
    static struct fixture f;
    cut_flash_init(&f.flash, 512, 4, 16, 1);
    assert_int_equal(syn_records_open(&f.records, &f.flash.flash, 1, 1), 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cut_flash_free(&f->flash);
    return 0;
}

static int put(struct fixture *f, uint16_t key, const char *text)
{
    return syn_records_put(&f->records, key, text, strlen(text));
}

static bool reads(const struct fixture *f, uint16_t key, const char *text)
{
    struct syn_record r;
    return syn_records_find(&f->records, key, &r) && r.size == strlen(text) &&
           memcmp(r.bytes, text, r.size) == 0;
}

static void reopen(struct fixture *f)
{
    assert_int_equal(syn_records_open(&f->records, &f->flash.flash, 1, 1), 0);
}

static void the_newest_value_of_a_key_counts(void **state)
{
    struct fixture *f = *state;
    struct syn_record r;
    assert_false(syn_records_find(&f->records, 1, &r));
    assert_int_equal(put(f, 1, "one"), 0);
    assert_int_equal(put(f, 2, ""), 0);
    assert_int_equal(put(f, 1, "another"), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(reads(f, 1, "another") && reads(f, 2, ""));
        reopen(f);
    }
    assert_int_equal(syn_records_drop(&f->records, 1), 0);
    assert_int_equal(syn_records_drop(&f->records, 1), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_false(syn_records_find(&f->records, 1, &r));
        assert_true(reads(f, 2, ""));
        reopen(f);
    }
}

static void opening_and_repeating_write_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cut_flash_operations(&f->flash), 0);
    assert_int_equal(syn_records_drop(&f->records, 1), 0);
    assert_int_equal(cut_flash_operations(&f->flash), 0);
    assert_int_equal(put(f, 1, "one"), 0);
    uint64_t before = cut_flash_operations(&f->flash);
    assert_int_equal(put(f, 1, "one"), 0);
    reopen(f);
    assert_int_equal(cut_flash_operations(&f->flash), before);
}

static void a_full_bank_gives_way_to_the_other_and_keeps_what_counts(void **state)
{
    struct fixture *f = *state;
    char text[16];
    assert_int_equal(put(f, 9, "stays"), 0);
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(text, sizeof text, "value %u", i);
        assert_int_equal(put(f, (uint16_t)(i % 3), text), 0);
    }
    reopen(f);
    assert_true(reads(f, 9, "stays") && reads(f, 0, text) && reads(f, 2, "value 998"));
    assert_true(f->records.sequence > 30); /* 512 bytes hold 31 records of a unit */
    for (unsigned i = 0; i < 512; i++)
        assert_int_equal(f->flash.bytes[i], SYN_FLASH_ERASED); /* not ours */
}

static void what_does_not_fit_changes_nothing(void **state)
{
    struct fixture *f = *state;
    uint8_t large[SYN_RECORD_MAX + 1] = {7};
    assert_int_equal(syn_records_put(&f->records, 1, large, SYN_RECORD_MAX), 0);
    assert_int_equal(put(f, 2, "small"), 0);
    uint64_t before = cut_flash_operations(&f->flash);
    assert_int_equal(syn_records_put(&f->records, 3, large, SYN_RECORD_MAX), SYN_ENOMEM);
    assert_int_equal(syn_records_put(&f->records, 3, large, SYN_RECORD_MAX + 1), SYN_EINVAL);
    assert_int_equal(syn_records_put(&f->records, SYN_RECORD_KEY_MAX + 1, large, 1), SYN_EINVAL);
    assert_int_equal(cut_flash_operations(&f->flash), before);
    large[0] = 8;
    assert_int_equal(syn_records_put(&f->records, 1, large, SYN_RECORD_MAX), 0);
    assert_true(reads(f, 2, "small"));
}

static void a_region_that_is_too_small_is_refused(void **state)
{
    struct fixture *f = *state;
    struct syn_records r;
    assert_int_equal(syn_records_open(&r, &f->flash.flash, 3, 1), SYN_EINVAL);
    assert_int_equal(syn_records_open(&r, &f->flash.flash, 0, 3), SYN_EINVAL);
    assert_int_equal(syn_records_open(&r, &f->flash.flash, 0, 0), SYN_EINVAL);
    assert_int_equal(syn_records_open(&r, &f->flash.flash, 0, UINT32_MAX), SYN_EINVAL);
    assert_int_equal(syn_records_open(&r, &f->flash.flash, UINT32_MAX, 1), SYN_EINVAL);
    struct syn_flash small = f->flash.flash;
    small.page_bytes = 128;
    assert_int_equal(syn_records_open(&r, &small, 0, 1), SYN_EINVAL);
}

static void garbage_holds_no_records_and_is_written_over(void **state)
{
    struct fixture *f = *state;
    uint64_t random = 5;
    for (unsigned i = 0; i < syn_flash_bytes(&f->flash.flash); i++)
        f->flash.bytes[i] = (uint8_t)syn_splitmix64(&random);
    reopen(f);
    uint32_t cursor = 0;
    struct syn_record r;
    assert_false(syn_records_next(&f->records, &cursor, &r));
    assert_int_equal(put(f, 1, "one"), 0);
    reopen(f);
    assert_true(reads(f, 1, "one"));
}

/* ---- power cuts ---- */

enum { KEYS = 5, VALUE = 90, STEPS = 60 };

struct value {
    bool there;
    size_t size;
    uint8_t bytes[VALUE];
};

struct step {
    uint16_t key;
    struct value value; /* not there: dropped */
};

static void make_step(struct step *s, uint64_t *random)
{
    uint64_t r = syn_splitmix64(random);
    memset(s, 0, sizeof *s);
    s->key = (uint16_t)(r % KEYS);
    s->value.there = (r >> 8) % 4 > 0;
    if (!s->value.there)
        return;
    s->value.size = (r >> 16) % ((r >> 32) % 8 == 0 ? VALUE + 1 : 24);
    for (size_t i = 0; i < s->value.size; i++)
        s->value.bytes[i] = (r >> 40) % 8 == 0 ? 0xff : (uint8_t)syn_splitmix64(random);
}

static bool is_value(const struct syn_records *r, uint16_t key, const struct value *v)
{
    struct syn_record record;
    if (!syn_records_find(r, key, &record))
        return !v->there;
    return v->there && record.size == v->size && memcmp(record.bytes, v->bytes, v->size) == 0;
}

static int carry_out(struct syn_records *r, const struct step *s)
{
    return s->value.there ? syn_records_put(r, s->key, s->value.bytes, s->value.size)
                          : syn_records_drop(r, s->key);
}

struct world {
    struct cut_flash *flash;
    uint32_t bank_pages;
    struct syn_records records;
    struct value values[KEYS];
    const char *name;
};

/* The values are the old ones, and where `cut` was under way the old or the new one. */
static void check(struct world *w, const struct step *cut)
{
    for (uint16_t key = 0; key < KEYS; key++) {
        bool is_old = is_value(&w->records, key, &w->values[key]);
        bool is_new = cut && cut->key == key && is_value(&w->records, key, &cut->value);
        if (!is_old && !is_new)
            fail_msg("%s: key %u is neither old nor new", w->name, key);
        if (is_new)
            w->values[key] = cut->value;
    }
}

/* Steps until one is cut or all are done; returns whether one was cut. The power is back then. */
static bool go(struct world *w, const struct step *steps, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int rc = carry_out(&w->records, &steps[i]);
        if (rc == SYN_EIO) {
            assert_true(w->flash->off);
            cut_flash_power_on(w->flash);
            assert_int_equal(syn_records_open(&w->records, &w->flash->flash, 0, w->bank_pages), 0);
            check(w, &steps[i]);
            return true;
        }
        if (rc == 0)
            w->values[steps[i].key] = steps[i].value;
        else
            assert_int_equal(rc, SYN_ENOMEM);
    }
    return false;
}

static void begin(struct world *w, struct cut_flash *flash, uint32_t bank_pages, const char *name)
{
    *w = (struct world){.flash = flash, .bank_pages = bank_pages, .name = name};
    assert_int_equal(syn_records_open(&w->records, &flash->flash, 0, bank_pages), 0);
}

struct shape {
    uint32_t page_bytes, bank_pages, unit_bytes;
};

static const struct shape shapes[] = {{512, 1, 16}, {128, 3, 8}, {1024, 1, 4}, {320, 1, 1}};

struct totals {
    unsigned long cuts, second;
};

/* The same steps again, cut at operation `at`, and once more `gap` operations later. */
static void cut_at(const struct shape *shape, const struct step *steps, uint64_t at, uint64_t seed,
                   struct totals *totals)
{
    struct cut_flash flash;
    struct world w;
    char name[96];
    uint64_t random = seed ^ at;
    cut_flash_init(&flash, shape->page_bytes, 2 * shape->bank_pages, shape->unit_bytes, random);
    (void)snprintf(name, sizeof name, "seed %llu, pages of %u, cut at %llu",
                   (unsigned long long)seed, shape->page_bytes, (unsigned long long)at);
    begin(&w, &flash, shape->bank_pages, name);
    cut_flash_cut_after(&flash, at);
    assert_true(go(&w, steps, STEPS));
    totals->cuts++;
    cut_flash_cut_after(&flash, syn_splitmix64(&random) % 40);
    totals->second += go(&w, steps, STEPS);
    cut_flash_power_on(&flash);
    assert_false(go(&w, steps, STEPS)); /* it goes on as if nothing had been */
    assert_int_equal(syn_records_open(&w.records, &flash.flash, 0, shape->bank_pages), 0);
    check(&w, NULL);
    cut_flash_free(&flash);
}

static void a_cut_at_any_operation_leaves_every_record_old_or_new(void **state)
{
    struct totals totals = {0};
    unsigned long sequences = 0;
    uint64_t seed = 0x5eed;
    (void)state;
    for (unsigned s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (unsigned repeat = 0; repeat < 4; repeat++, seed++, sequences++) {
            struct step steps[STEPS];
            struct cut_flash flash;
            struct world w;
            uint64_t random = seed;
            for (unsigned i = 0; i < STEPS; i++)
                make_step(&steps[i], &random);
            cut_flash_init(&flash, shapes[s].page_bytes, 2 * shapes[s].bank_pages,
                           shapes[s].unit_bytes, seed);
            begin(&w, &flash, shapes[s].bank_pages, "whole");
            assert_false(go(&w, steps, STEPS));
            check(&w, NULL);
            for (uint64_t at = 0; at < cut_flash_operations(&flash); at++)
                cut_at(&shapes[s], steps, at, seed, &totals);
            assert_true(w.records.sequence > 1); /* banks changed, too */
            cut_flash_free(&flash);
        }
    print_message("%lu sequences from seed 0x5eed: %lu cuts, %lu second cuts soon after\n",
                  sequences, totals.cuts, totals.second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_newest_value_of_a_key_counts),
        TEST(opening_and_repeating_write_nothing),
        TEST(a_full_bank_gives_way_to_the_other_and_keeps_what_counts),
        TEST(what_does_not_fit_changes_nothing),
        TEST(a_region_that_is_too_small_is_refused),
        TEST(garbage_holds_no_records_and_is_written_over),
        cmocka_unit_test(a_cut_at_any_operation_leaves_every_record_old_or_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
