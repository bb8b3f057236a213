/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/error.h"
#include "tests/devices/boot/make_image.h"
#include "tests/devices/boot/world.h"

static const struct world_shape shape = {
    .page_bytes = 256, .unit_bytes = 16, .slot_pages = 5, .seed = 3};

static int setup(void **state)
{
    static struct world world;
    world_init(&world, &shape);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    world_free(*state);
    return 0;
}

static void lies(const struct world *w, int primary, int secondary, enum syn_slots_phase phase)
{
    assert_int_equal(world_image(w, SYN_SLOT_PRIMARY), primary);
    assert_int_equal(world_image(w, SYN_SLOT_SECONDARY), secondary);
    assert_int_equal(syn_slots_state(&w->slots)->phase, phase);
}

static void an_image_under_test_runs_once_and_is_swapped_back(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_boot(w), 0);
    lies(w, 0, WORLD_NONE, SYN_SLOTS_SETTLED);
    assert_int_equal(world_upload(w, 1), 0);
    lies(w, 0, 1, SYN_SLOTS_SETTLED);
    assert_int_equal(syn_slots_request(&w->slots, false), 0);
    lies(w, 0, 1, SYN_SLOTS_REQUESTED);
    assert_int_equal(world_boot(w), 0);
    lies(w, 1, 0, SYN_SLOTS_TRIAL);
    assert_int_equal(world_boot(w), 0);
    lies(w, 0, 1, SYN_SLOTS_SETTLED);
    assert_int_equal(world_boot(w), 0);
    lies(w, 0, 1, SYN_SLOTS_SETTLED);
}

static void confirmed_it_stays(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_upload(w, 1), 0);
    assert_int_equal(syn_slots_request(&w->slots, false), 0);
    assert_int_equal(world_boot(w), 0);
    assert_int_equal(syn_slots_confirm(&w->slots), 0);
    assert_int_equal(syn_slots_confirm(&w->slots), 0);
    assert_int_equal(world_boot(w), 0);
    lies(w, 1, 0, SYN_SLOTS_SETTLED);
}

static void a_permanent_request_needs_no_confirmation(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_upload(w, 2), 0);
    assert_int_equal(syn_slots_request(&w->slots, true), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(world_boot(w), 0);
    lies(w, 2, 0, SYN_SLOTS_SETTLED);
}

static void while_something_is_under_way_nothing_else_begins(void **state)
{
    struct world *w = *state;
    assert_int_equal(syn_slots_request(&w->slots, false), SYN_ENOENT);
    assert_int_equal(world_upload(w, 1), 0);
    assert_int_equal(syn_slots_request(&w->slots, false), 0);
    assert_int_equal(syn_slots_request(&w->slots, false), 0);
    assert_int_equal(syn_slots_request(&w->slots, true), SYN_ESTATE);
    assert_int_equal(syn_slots_confirm(&w->slots), SYN_ESTATE);
    assert_int_equal(syn_slots_erase(&w->slots), SYN_ESTATE);
    assert_int_equal(world_upload(w, 2), SYN_ESTATE);
    assert_int_equal(world_boot(w), 0);
    assert_int_equal(syn_slots_request(&w->slots, false), SYN_ESTATE);
    assert_int_equal(syn_slots_erase(&w->slots), SYN_ESTATE);
    assert_int_equal(world_upload(w, 2), SYN_ESTATE);
    lies(w, 1, 0, SYN_SLOTS_TRIAL);
}

static void a_damaged_primary_is_replaced_and_two_are_told(void **state)
{
    struct world *w = *state;
    enum syn_boot_event event;
    assert_int_equal(world_upload(w, 1), 0);
    world_damage(w);
    syn_slots_open(&w->slots, &w->map);
    assert_int_equal(syn_boot(&w->slots, &event), 0);
    assert_int_equal(event, SYN_BOOT_RESCUED);
    lies(w, 1, WORLD_NONE, SYN_SLOTS_SETTLED);
    world_damage(w);
    syn_slots_open(&w->slots, &w->map);
    assert_int_equal(syn_boot(&w->slots, &event), SYN_ENOENT);
}

static void erasing_takes_the_secondary_alone(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_upload(w, 1), 0);
    assert_int_equal(syn_slots_erase(&w->slots), 0);
    assert_int_equal(syn_slots_image(&w->slots, SYN_SLOT_SECONDARY, NULL), SYN_ENOENT);
    lies(w, 0, WORLD_NONE, SYN_SLOTS_SETTLED);
}

static int upload(struct world *w, const struct make_image *what)
{
    uint8_t bytes[4096];
    uint32_t size = (uint32_t)make_image(bytes, sizeof bytes, what);
    int rc = syn_fw_upload_begin(&w->upload, &w->slots, bytes, size);
    return rc ? rc : syn_fw_upload_write(&w->upload, &w->slots, bytes, size);
}

static void what_cannot_run_here_is_refused_as_early_as_it_shows(void **state)
{
    struct world *w = *state;
    struct make_image what = {.board = "other", .payload_bytes = 99, .load = w->map.address};
    assert_int_equal(upload(w, &what), SYN_EUNSUP);
    assert_int_equal(syn_slots_request(&w->slots, false), SYN_EUNSUP);
    what.board = NULL;
    assert_int_equal(upload(w, &what), SYN_EUNSUP);
    what.board = "test";
    assert_int_equal(upload(w, &what), 0);
    uint64_t operations = cut_flash_operations(&w->f);
    what.payload_bytes = 5 * 256;
    assert_int_equal(upload(w, &what), SYN_EOOR);
    what.payload_bytes = 99;
    what.flags = SYN_FW_NOT_BOOTABLE;
    assert_int_equal(upload(w, &what), SYN_EINVAL);
    what.flags = SYN_FW_FIXED;
    what.load++;
    assert_int_equal(upload(w, &what), SYN_EINVAL);
    assert_int_equal(cut_flash_operations(&w->f), operations);
    assert_int_equal(syn_slots_image(&w->slots, SYN_SLOT_SECONDARY, NULL), 0);
}

static void an_upload_with_a_wrong_byte_or_without_its_end_is_no_image(void **state)
{
    struct world *w = *state;
    uint32_t size = w->sizes[1];
    w->images[1][size - 1] ^= 1;
    assert_int_equal(world_upload(w, 1), SYN_ECORRUPT);
    w->images[1][size - 1] ^= 1;
    assert_int_equal(syn_fw_upload_begin(&w->upload, &w->slots, w->images[1], size), 0);
    assert_int_equal(syn_fw_upload_write(&w->upload, &w->slots, w->images[1], size - 1), 0);
    assert_int_equal(syn_fw_upload_write(&w->upload, &w->slots, w->images[1], 2), SYN_EOOR);
    assert_int_equal(syn_slots_request(&w->slots, true), SYN_ECORRUPT);
    assert_int_equal(syn_fw_upload_write(&w->upload, &w->slots, w->images[1] + size - 1, 1), 0);
    assert_int_equal(syn_fw_upload_write(&w->upload, &w->slots, w->images[1], 1), SYN_EINVAL);
    lies(w, 0, 1, SYN_SLOTS_SETTLED);
}

static void what_was_asked_for_and_then_damaged_is_not_swapped_in(void **state)
{
    struct world *w = *state;
    enum syn_boot_event event;
    assert_int_equal(world_upload(w, 1), 0);
    assert_int_equal(syn_slots_request(&w->slots, true), 0);
    w->f.bytes[w->map.first[SYN_SLOT_SECONDARY] * 256 + SYN_FW_HEADER] ^= 4;
    syn_slots_open(&w->slots, &w->map);
    assert_int_equal(syn_boot(&w->slots, &event), 0);
    assert_int_equal(event, SYN_BOOT_REFUSED);
    lies(w, 0, WORLD_NONE, SYN_SLOTS_SETTLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_image_under_test_runs_once_and_is_swapped_back),
        TEST(confirmed_it_stays),
        TEST(a_permanent_request_needs_no_confirmation),
        TEST(while_something_is_under_way_nothing_else_begins),
        TEST(a_damaged_primary_is_replaced_and_two_are_told),
        TEST(erasing_takes_the_secondary_alone),
        TEST(what_cannot_run_here_is_refused_as_early_as_it_shows),
        TEST(an_upload_with_a_wrong_byte_or_without_its_end_is_no_image),
        TEST(what_was_asked_for_and_then_damaged_is_not_swapped_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
