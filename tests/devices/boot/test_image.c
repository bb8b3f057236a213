/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/error.h"
#include "devices/boot/image.h"
#include "tests/devices/boot/make_image.h"

static const struct make_image plain = {
    .board = "test-board", .major = 1, .payload_bytes = 300, .load = 0x1000, .seed = 7};

/* As imgtool writes it: header of 32 bytes, payload of 4, no protected trailers, one SHA-256. */
static const uint8_t others[] = {
    0x3d, 0xb8, 0xf3, 0x96, 0,    0,    0,    0,    0x20, 0,    0,    0,    4,    0,    0,    0,
    0,    0,    0,    0,    3,    1,    4,    0,    0x9f, 0x86, 1,    0,    0,    0,    0,    0,
    0xde, 0xad, 0xbe, 0xef, 0x07, 0x69, 0x28, 0,    0x10, 0,    0x20, 0,    0x32, 0x64, 0xf8, 0xef,
    0xdf, 0x93, 0x52, 0x60, 0xcb, 0x5c, 0x69, 0xeb, 0x79, 0x96, 0xe3, 0x9b, 0x2d, 0xf2, 0xc8, 0xe9,
    0x9f, 0x93, 0xda, 0xde, 0xc9, 0x62, 0x9c, 0xb1, 0xd8, 0x9c, 0xd3, 0x81,
};

static void an_image_of_others_is_read(void **state)
{
    (void)state;
    struct syn_fw_image image;
    char text[SYN_FW_VERSION_TEXT];
    assert_int_equal(syn_fw_check(&image, others, sizeof others), 0);
    syn_fw_version_text(text, &image.version);
    assert_string_equal(text, "3.1.4.99999");
    assert_string_equal(image.board, "");
    assert_int_equal(image.size, sizeof others);
}

static void an_image_of_ours_says_its_version_board_and_place(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    char text[SYN_FW_VERSION_TEXT];
    struct syn_fw_image image;
    size_t size = make_image(bytes, sizeof bytes, &plain);
    memset(bytes + size, 0xff, sizeof bytes - size); /* what follows in a slot */
    assert_int_equal(syn_fw_check(&image, bytes, sizeof bytes), 0);
    syn_fw_version_text(text, &image.version);
    assert_string_equal(text, "1.2.345");
    assert_string_equal(image.board, "test-board");
    assert_int_equal(image.load, 0x1000);
    assert_int_equal(image.size, size);
}

static void no_bit_of_it_may_change(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    struct syn_fw_image image;
    size_t size = make_image(bytes, sizeof bytes, &plain);
    for (size_t bit = 0; bit < size * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(syn_fw_check(&image, bytes, size) < 0);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(syn_fw_check(&image, bytes, size), 0);
}

/* In memory of that size only, so that a sanitizer sees a byte read too many. */
static void a_part_of_it_is_no_image(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    struct syn_fw_image image;
    size_t size = make_image(bytes, sizeof bytes, &plain);
    for (size_t part = 0; part < size; part++) {
        uint8_t *copy = malloc(part + !part);
        assert_non_null(copy);
        memcpy(copy, bytes, part);
        assert_true(syn_fw_check(&image, copy, part) < 0);
        free(copy);
    }
}

static void erased_flash_and_other_bytes_are_told_apart(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct syn_fw_image image;
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(syn_fw_check(&image, bytes, sizeof bytes), SYN_ENOENT);
    memset(bytes, 0x7f, sizeof bytes);
    assert_int_equal(syn_fw_check(&image, bytes, sizeof bytes), SYN_EPROTO);
}

static void lengths_that_go_round_are_refused(void **state)
{
    (void)state;
    uint8_t bytes[sizeof others];
    struct syn_fw_image image;
    static const struct {
        size_t at;
        uint8_t value[4];
        size_t size;
    } wrong[] = {
        {8, {0x1f, 0}, 2},
        {8, {0xff, 0xff}, 2},
        {10, {0xff, 0xff}, 2},
        {12, {0xff, 0xff, 0xff, 0xff}, 4},
        {12, {0xe0, 0xff, 0xff, 0x7f}, 4},
        {12, {0, 0, 0, 0}, 4},
        {38, {0xff, 0xff}, 2},
        {38, {3, 0}, 2},
        {42, {0xff, 0xff}, 2},
        {42, {0x1f, 0}, 2},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        memcpy(bytes, others, sizeof bytes);
        memcpy(bytes + wrong[i].at, wrong[i].value, wrong[i].size);
        assert_int_equal(syn_fw_read(&image, bytes, sizeof bytes), SYN_ECORRUPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_of_others_is_read),
        cmocka_unit_test(an_image_of_ours_says_its_version_board_and_place),
        cmocka_unit_test(no_bit_of_it_may_change),
        cmocka_unit_test(a_part_of_it_is_no_image),
        cmocka_unit_test(erased_flash_and_other_bytes_are_told_apart),
        cmocka_unit_test(lengths_that_go_round_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
