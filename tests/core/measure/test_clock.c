/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clocks of devices, as far as the console knows them. */
#include "core/measure/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS 1000000
#define S  1000000000LL

static const struct syn_clock board = {.speed_permille = 1000};
static const struct syn_clock sim = {.is_virtual = true, .speed_permille = 1000};

static void a_board_that_has_just_started_is_far_behind_a_virtual_wearable(void **state)
{
    (void)state;
    struct syn_clock ring = board, watch = sim;
    int64_t ahead;
    syn_clock_greet(&ring, 2 * S, 5000 * S, 5000 * S + 4 * MS);
    syn_clock_greet(&watch, 5000 * S + 6 * MS, 5000 * S + 5 * MS, 5000 * S + 7 * MS);
    assert_true(syn_clock_ahead(&watch, &ring, &ahead));
    assert_int_equal(ahead, 4998 * S + 2 * MS);
    assert_true(syn_clock_ahead(&ring, &watch, &ahead));
    assert_int_equal(ahead, -4998 * S - 2 * MS);
}

static void what_was_not_greeted_is_not_known(void **state)
{
    (void)state;
    struct syn_clock ring = board, watch = sim;
    int64_t ahead;
    syn_clock_greet(&watch, 7 * S, 7 * S, 7 * S);
    assert_false(syn_clock_ahead(&watch, &ring, &ahead));
}

static void a_device_is_never_ahead_of_itself(void **state)
{
    (void)state;
    struct syn_clock ring = board;
    int64_t ahead;
    assert_true(syn_clock_ahead(&ring, &ring, &ahead));
    assert_int_equal(ahead, 0);
}

static void virtual_wearables_of_a_host_have_one_clock_however_slow_their_answers_were(void **state)
{
    (void)state;
    struct syn_clock ring = sim, watch = sim, far = sim;
    int64_t ahead;
    syn_clock_greet(&ring, 100 * S, 100 * S, 100 * S + 300 * MS);
    syn_clock_greet(&watch, 101 * S, 101 * S, 101 * S);
    syn_clock_greet(&far, 40 * S, 101 * S, 101 * S); /* whose host has started later */
    assert_true(syn_clock_ahead(&ring, &watch, &ahead));
    assert_int_equal(ahead, 0);
    assert_true(syn_clock_ahead(&watch, &far, &ahead));
    assert_int_equal(ahead, 61 * S);
}

static void clocks_of_different_speeds_cannot_be_compared(void **state)
{
    (void)state;
    struct syn_clock ring = board, watch = {.is_virtual = true, .speed_permille = 100};
    int64_t ahead;
    syn_clock_greet(&ring, 2 * S, 10 * S, 10 * S);
    syn_clock_greet(&watch, S, 10 * S, 10 * S);
    assert_false(syn_clock_ahead(&ring, &watch, &ahead));
}

static void reports_better_a_greeting_that_took_long(void **state)
{
    (void)state;
    struct syn_clock ring = board, watch = board;
    int64_t ahead;
    /* It was reset when the answer was sent: 60 ms of the wait were its start. */
    syn_clock_greet(&ring, 0, 10 * S - 60 * MS, 10 * S);
    syn_clock_greet(&watch, 0, 10 * S, 10 * S);
    for (int64_t i = 1; i < 40; i++) {
        syn_clock_hear(&ring, i * 100 * MS, 10 * S + i * 100 * MS + MS);
        syn_clock_hear(&watch, i * 100 * MS, 10 * S + i * 100 * MS + MS);
    }
    assert_true(syn_clock_ahead(&ring, &watch, &ahead));
    assert_in_range(ahead + MS, MS - 10000, MS + 10000);
}

static void a_clock_that_goes_slower_than_it_should_is_followed(void **state)
{
    (void)state;
    struct syn_clock ring = board, watch = sim;
    int64_t ahead = 0;
    syn_clock_greet(&ring, 0, 10 * S, 10 * S);
    syn_clock_greet(&watch, 10 * S, 10 * S, 10 * S);
    for (int64_t i = 1; i <= 100; i++) /* at half its speed: 5 s are lost in 10 */
        syn_clock_hear(&ring, i * 50 * MS, 10 * S + i * 100 * MS);
    assert_true(syn_clock_ahead(&watch, &ring, &ahead));
    assert_in_range(ahead, 15 * S - MS, 15 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_board_that_has_just_started_is_far_behind_a_virtual_wearable),
        cmocka_unit_test(what_was_not_greeted_is_not_known),
        cmocka_unit_test(a_device_is_never_ahead_of_itself),
        cmocka_unit_test(
            virtual_wearables_of_a_host_have_one_clock_however_slow_their_answers_were),
        cmocka_unit_test(clocks_of_different_speeds_cannot_be_compared),
        cmocka_unit_test(reports_better_a_greeting_that_took_long),
        cmocka_unit_test(a_clock_that_goes_slower_than_it_should_is_followed),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
