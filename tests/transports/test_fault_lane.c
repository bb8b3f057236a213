/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "devices/base/hash.h"
#include "transports/links/fault_lane.h"

#define MS      1000000LL
#define SECONDS 1000000000LL

enum { TEXT = 20000 };

static uint8_t text[TEXT], heard[4 * TEXT];

static uint64_t some_seed(void)
{
    uint64_t seed = (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)seed);
    return seed;
}

static struct syn_fault_options options_of(const char *words)
{
    struct syn_fault_options options;
    struct syn_error error = {0};
    if (syn_fault_parse(&options, words, strlen(words), &error))
        fail_msg("%s: %s", words, error.message);
    return options;
}

static struct syn_fault_lane lane_of(const char *words, bool packets)
{
    struct syn_fault_options options = options_of(words);
    struct syn_fault_lane lane;
    syn_fault_lane_init(&lane, &options.tx, packets, options.seed);
    return lane;
}

static size_t take_all(struct syn_fault_lane *lane, int64_t now, uint8_t *to)
{
    const void *data;
    size_t n = 0, size;
    while ((data = syn_fault_lane_due(lane, now, &size))) {
        memcpy(to + n, data, size);
        n += size;
        syn_fault_lane_pass(lane, size);
    }
    return n;
}

/* The text through a lane, cut at random; what comes out is in `heard`. */
static size_t pass_text(const char *words, uint64_t cuts)
{
    struct syn_fault_lane lane = lane_of(words, false);
    size_t n = 0;
    for (size_t at = 0; at < TEXT;) {
        size_t size = 1 + syn_splitmix64(&cuts) % 300;
        size = size < TEXT - at ? size : TEXT - at;
        assert_int_equal(syn_fault_lane_put(&lane, text + at, size, 0), 0);
        n += take_all(&lane, INT64_MAX, heard + n);
        at += size;
    }
    syn_fault_lane_free(&lane);
    return n;
}

static int set_up(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (size_t i = 0; i < TEXT; i++)
        text[i] = (uint8_t)syn_splitmix64(&seed);
    return 0;
}

/* ---- options ---- */

static void options_are_for_both_directions_or_for_one(void **state)
{
    (void)state;
    struct syn_fault_options o = options_of("drop=0.25,tx.delay=20ms,rx.delay=1.5s,rate=92160,"
                                            "split=@7,dup=1,seed=9,rx.cut=0,corrupt=@3");
    assert_int_equal(o.tx.drop.below, UINT64_MAX / 4 + 1);
    assert_int_equal(o.rx.drop.below, o.tx.drop.below);
    assert_int_equal(o.tx.delay_ns, 20 * MS);
    assert_int_equal(o.rx.delay_ns, 1500 * MS);
    assert_int_equal(o.tx.rate, 92160);
    assert_int_equal(o.rx.split_at, 7);
    assert_int_equal(o.rx.split, 0);
    assert_int_equal(o.tx.dup.below, UINT64_MAX);
    assert_int_equal(o.seed, 9);
    assert_int_equal(o.rx.cut_at, 0);
    assert_true(o.tx.cut_at == SYN_FAULT_NEVER);
    assert_int_equal(o.tx.corrupt.at, 3);
    o = options_of("");
    assert_int_equal(o.seed, 1);
}

static void a_bad_option_is_named(void **state)
{
    static const char *const bad[][2] = {
        {"drop=2", "'drop=2'"},
        {"drop=nan", "'drop=nan'"},
        {"drop=", "'drop='"},
        {"dup=@x", "'dup=@x'"},
        {"delay=20", "'delay=20'"},
        {"tx.jitter=-1ms", "'tx.jitter=-1ms'"},
        {"delay=700s", "'delay=700s'"},
        {"rate=0", "'rate=0'"},
        {"split=-1", "'split=-1'"},
        {"cut", "'cut='"},
        {"seed=x", "'seed=x'"},
        {"speed=1", "'speed'"},
        {"drop=0,,dup=0", "''"},
        {"tx.seed=1", "'tx.seed'"},
        {"drop=0.00000000000000000000000000000000000000000001", "too long"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct syn_fault_options options;
        struct syn_error error = {0};
        assert_int_equal(syn_fault_parse(&options, bad[i][0], strlen(bad[i][0]), &error),
                         SYN_EINVAL);
        if (!strstr(error.message, bad[i][1]))
            fail_msg("%s: %s", bad[i][0], error.message);
    }
}

/* ---- what ---- */

static void without_faults_all_passes(void **state)
{
    (void)state;
    assert_int_equal(pass_text("", 1), TEXT);
    assert_memory_equal(heard, text, TEXT);
}

static void one_byte_is_lost_doubled_or_changed(void **state)
{
    (void)state;
    assert_int_equal(pass_text("drop=@1000", 2), TEXT - 1);
    assert_memory_equal(heard, text, 1000);
    assert_memory_equal(heard + 1000, text + 1001, TEXT - 1001);
    assert_int_equal(pass_text("dup=@1000", 3), TEXT + 1);
    assert_memory_equal(heard, text, 1001);
    assert_memory_equal(heard + 1001, text + 1000, TEXT - 1000);
    assert_int_equal(pass_text("corrupt=@1000", 4), TEXT);
    assert_int_not_equal(heard[1000], text[1000]);
    heard[1000] = text[1000];
    assert_memory_equal(heard, text, TEXT);
}

static void so_many_are_lost_as_was_asked_for(void **state)
{
    (void)state;
    assert_in_range(pass_text("drop=0.1", 5), TEXT * 88 / 100, TEXT * 92 / 100);
    assert_in_range(pass_text("dup=0.1", 5), TEXT * 108 / 100, TEXT * 112 / 100);
    assert_int_equal(pass_text("drop=1", 5), 0);
    assert_int_equal(pass_text("dup=1", 5), 2 * TEXT);
}

static void what_happens_depends_on_the_seed_alone(void **state)
{
    static uint8_t first[4 * TEXT];
    uint64_t cuts = some_seed();
    (void)state;
    size_t n = pass_text("drop=0.01,dup=0.01,corrupt=0.01,seed=5", cuts);
    memcpy(first, heard, n);
    assert_int_equal(
        pass_text("drop=0.01,dup=0.01,corrupt=0.01,seed=5,delay=3ms,jitter=9ms", cuts + 1), n);
    assert_memory_equal(heard, first, n);
    (void)pass_text("drop=0.01,dup=0.01,corrupt=0.01,seed=6", cuts);
    assert_memory_not_equal(heard, first, TEXT / 2);
}

static void pieces_are_no_longer_than_asked_for(void **state)
{
    struct syn_fault_lane lane = lane_of("split=3", false);
    size_t size;
    (void)state;
    assert_int_equal(syn_fault_lane_put(&lane, text, 8, 0), 0);
    for (size_t left = 8; left > 0; left -= size) {
        assert_non_null(syn_fault_lane_due(&lane, 0, &size));
        assert_int_equal(size, left < 3 ? left : 3);
        syn_fault_lane_pass(&lane, size);
    }
    lane = lane_of("split=@5", false);
    assert_int_equal(syn_fault_lane_put(&lane, text, 8, 0), 0);
    assert_memory_equal(syn_fault_lane_due(&lane, 0, &size), text, 5);
    assert_int_equal(size, 5);
    syn_fault_lane_pass(&lane, size);
    assert_memory_equal(syn_fault_lane_due(&lane, 0, &size), text + 5, 3);
    assert_int_equal(size, 3);
    syn_fault_lane_free(&lane);
}

static void packets_are_lost_doubled_and_changed_as_a_whole(void **state)
{
    struct syn_fault_lane lane = lane_of("drop=@1,dup=@2,corrupt=@3", true);
    static const unsigned out[] = {0, 2, 2, 3};
    const uint8_t *data;
    size_t size, changed = 0;
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(syn_fault_lane_put(&lane, text + 100 * i, 100 + i, 0), 0);
    for (unsigned i = 0; i < 4; i++) {
        data = syn_fault_lane_due(&lane, 0, &size);
        assert_non_null(data);
        assert_int_equal(size, 100 + out[i]);
        for (unsigned k = 0; k < size; k++)
            changed += data[k] != text[100 * out[i] + k];
        assert_int_equal(changed, i == 3);
        syn_fault_lane_pass(&lane, size);
    }
    assert_null(syn_fault_lane_due(&lane, 0, &size));
}

/* ---- when ---- */

static void a_byte_arrives_when_its_time_has_come_and_never_before_another(void **state)
{
    struct syn_fault_lane lane = lane_of("delay=20ms,jitter=10ms", false);
    int64_t now = 0;
    size_t n = 0, size;
    (void)state;
    for (size_t i = 0; i < 1000; i++, now += MS) {
        assert_int_equal(syn_fault_lane_put(&lane, text + i, 1, now), 0);
        n += take_all(&lane, now, heard + n);
        assert_true(n <= (i < 20 ? 0 : i - 19));
        assert_true(i < 30 || n >= i - 30);
    }
    int64_t next = syn_fault_lane_next(&lane, now);
    assert_null(syn_fault_lane_due(&lane, next - 1, &size));
    assert_non_null(syn_fault_lane_due(&lane, next, &size));
    n += take_all(&lane, now + 30 * MS, heard + n);
    assert_int_equal(n, 1000);
    assert_memory_equal(heard, text, n);
    assert_true(syn_fault_lane_next(&lane, now + 30 * MS) == INT64_MAX);
}

/* Feeds and empties it at random times, as a loop would; returns the bytes of `seconds`. */
static uint64_t run_paced(struct syn_fault_lane *lane, int64_t seconds, uint64_t seed)
{
    int64_t now = 0;
    uint64_t n = 0;
    size_t room;
    while (now < seconds * SECONDS) {
        while ((room = syn_fault_lane_room(lane, now)) > 0)
            assert_int_equal(syn_fault_lane_put(lane, text, room, now), 0);
        int64_t next = syn_fault_lane_next(lane, now);
        int64_t late = (int64_t)(syn_splitmix64(&seed) % (10 * MS));
        now = (next > now ? next : now) + late;
        now = now < seconds * SECONDS ? now : seconds * SECONDS;
        n += take_all(lane, now, heard);
    }
    return n;
}

static void the_pace_is_exact_over_time(void **state)
{
    uint64_t seed = some_seed();
    (void)state;
    for (uint64_t rate = 77; rate < 20000000; rate = rate * 5 + 3) {
        char words[32];
        (void)snprintf(words, sizeof words, "rate=%llu", (unsigned long long)rate);
        struct syn_fault_lane lane = lane_of(words, false);
        uint64_t n = run_paced(&lane, 10, seed), step = rate / 1000 + 1;
        assert_in_range(n, 10 * rate - step, 10 * rate);
        syn_fault_lane_free(&lane);
    }
}

static void what_waits_is_bounded(void **state)
{
    struct syn_fault_lane lane = lane_of("delay=10s", false);
    size_t in = 0, room;
    (void)state;
    while ((room = syn_fault_lane_room(&lane, 0)) > 0 && in < 10000000) {
        assert_int_equal(syn_fault_lane_put(&lane, text, room, 0), 0);
        in += room;
    }
    assert_in_range(in, 65536, 1000000);
    assert_true(take_all(&lane, 10 * SECONDS, (uint8_t[1000000]){0}) == in);
    assert_true(syn_fault_lane_room(&lane, 0) > 0);
}

/* ---- the end ---- */

static void a_lane_ends_after_so_many_bytes(void **state)
{
    struct syn_fault_lane lane = lane_of("cut=10", false);
    (void)state;
    assert_int_equal(syn_fault_lane_put(&lane, text, 4, 0), 0);
    assert_false(lane.over);
    assert_int_equal(syn_fault_lane_put(&lane, text + 4, 30, 0), 0);
    assert_true(lane.over);
    assert_int_equal(take_all(&lane, 0, heard), 10);
    assert_memory_equal(heard, text, 10);
}

static void a_lane_falls_silent_after_so_many_bytes(void **state)
{
    struct syn_fault_lane lane = lane_of("silent=10", false);
    (void)state;
    for (size_t i = 0; i < 100; i += 3)
        assert_int_equal(syn_fault_lane_put(&lane, text + i, 3, 0), 0);
    assert_true(lane.silent);
    assert_false(lane.over);
    assert_true(syn_fault_lane_room(&lane, 0) > 0);
    assert_int_equal(take_all(&lane, 0, heard), 10);
    assert_memory_equal(heard, text, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_for_both_directions_or_for_one),
        cmocka_unit_test(a_bad_option_is_named),
        cmocka_unit_test(without_faults_all_passes),
        cmocka_unit_test(one_byte_is_lost_doubled_or_changed),
        cmocka_unit_test(so_many_are_lost_as_was_asked_for),
        cmocka_unit_test(what_happens_depends_on_the_seed_alone),
        cmocka_unit_test(pieces_are_no_longer_than_asked_for),
        cmocka_unit_test(packets_are_lost_doubled_and_changed_as_a_whole),
        cmocka_unit_test(a_byte_arrives_when_its_time_has_come_and_never_before_another),
        cmocka_unit_test(the_pace_is_exact_over_time),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(a_lane_ends_after_so_many_bytes),
        cmocka_unit_test(a_lane_falls_silent_after_so_many_bytes),
    };
    return cmocka_run_group_tests_name("fault_lane", tests, set_up, NULL);
}
