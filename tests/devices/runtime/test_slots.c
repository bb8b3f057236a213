/* SPDX-License-Identifier: MIT */
#include "devices/runtime/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_stage_has_two_slots_where_there_is_room(void **state)
{
    const uint32_t bytes[] = {100, 300, 50};
    uint8_t slots[3];
    (void)state;
    assert_int_equal(syn_slots_share(bytes, slots, 3, 900), 900);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(slots[i], 2);
}

static void where_there_is_less_the_smallest_get_a_second_one(void **state)
{
    const uint32_t bytes[] = {100, 300, 50};
    uint8_t slots[3];
    (void)state;
    assert_int_equal(syn_slots_share(bytes, slots, 3, 899), 600);
    assert_int_equal(slots[0], 2);
    assert_int_equal(slots[1], 1);
    assert_int_equal(slots[2], 2);
}

static void without_room_for_one_each_it_says_what_is_needed(void **state)
{
    const uint32_t bytes[] = {UINT32_MAX, UINT32_MAX};
    uint8_t slots[2];
    (void)state;
    assert_true(syn_slots_share(bytes, slots, 2, 1000) == 2ull * UINT32_MAX);
    assert_int_equal(syn_slots_share(bytes, slots, 0, 1000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stage_has_two_slots_where_there_is_room),
        cmocka_unit_test(where_there_is_less_the_smallest_get_a_second_one),
        cmocka_unit_test(without_room_for_one_each_it_says_what_is_needed),
    };
    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
