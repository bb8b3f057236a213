/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/error.h"
#include "tests/devices/flash/cut_flash.h"

enum { PAGE = 64, PAGES = 3, UNIT = 16 };

static const uint8_t data[PAGE] = "what is programmed into four units of a page";

static void a_cut_spoils_one_unit_and_nothing_after_it(void **state)
{
    (void)state;
    unsigned kept = 0, done = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct cut_flash f;
        cut_flash_init(&f, PAGE, PAGES, UNIT, seed);
        cut_flash_cut_after(&f, 2);
        assert_int_equal(f.flash.program(f.flash.ctx, PAGE, data, PAGE), SYN_EIO);
        assert_memory_equal(f.bytes + PAGE, data, 2 * UNIT);
        kept += f.bytes[PAGE + 2 * UNIT] == SYN_FLASH_ERASED;
        done += memcmp(f.bytes + PAGE + 2 * UNIT, data + 2 * UNIT, UNIT) == 0;
        assert_int_equal(f.bytes[PAGE + 3 * UNIT], SYN_FLASH_ERASED);
        assert_int_equal(f.flash.erase(f.flash.ctx, 1), SYN_EIO);
        assert_memory_equal(f.bytes + PAGE, data, 2 * UNIT);
        assert_int_equal(cut_flash_operations(&f), 2);
        cut_flash_free(&f);
    }
    assert_in_range(kept, 1, 99);
    assert_in_range(done, 1, 99);
}

static void with_power_again_a_page_is_erased_and_programmed(void **state)
{
    (void)state;
    struct cut_flash f, g;
    cut_flash_init(&f, PAGE, PAGES, UNIT, 1);
    cut_flash_init(&g, PAGE, PAGES, UNIT, 1);
    assert_int_equal(f.flash.program(f.flash.ctx, 0, data, PAGE), 0);
    cut_flash_cut_after(&f, 0);
    assert_int_equal(f.flash.erase(f.flash.ctx, 0), SYN_EIO);
    cut_flash_copy(&g, &f);
    assert_int_equal(g.flash.erase(g.flash.ctx, 0), 0);
    assert_int_equal(g.flash.program(g.flash.ctx, 0, data, UNIT), 0);
    assert_memory_equal(g.bytes, data, UNIT);
    cut_flash_free(&f);
    cut_flash_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_spoils_one_unit_and_nothing_after_it),
        cmocka_unit_test(with_power_again_a_page_is_erased_and_programmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
