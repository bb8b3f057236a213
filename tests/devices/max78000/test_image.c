/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The boot loader of the MAX78000 swaps images by the part's flash controller, through power cuts.
 */
#include "tests/devices/max78000/board.h"

#include "devices/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

/* Twelve pages of each image, erased and written unit by unit, at the flash's own pace. */
#define SWAP_NS (5 * MACHINE_SECOND)

enum {
    SLOT_BYTES = 13 * MACHINE_PAGE,
    SLOT1 = MACHINE_SLOT0 + SLOT_BYTES,
    VERSION = 20,     /* offset of the major number in the header */
    IMAGE_STATE = 0,  /* command */
    HASH_TRAILER = 8, /* bytes of trailers before the hash, which ends the image */
};

static size_t image_bytes(const uint8_t *image)
{
    size_t size = SLOT_BYTES;
    while (image[size - 1] == 0xff)
        size--;
    return size;
}

/* The image of slot 0 goes into slot 1 as another version, whose hash is given. */
static void write_newer(struct board *b, uint8_t hash[SYN_SHA256_SIZE])
{
    uint8_t *slot1 = machine_flash(b->machine) + SLOT1;
    memcpy(slot1, machine_flash(b->machine) + MACHINE_SLOT0, SLOT_BYTES);
    size_t size = image_bytes(slot1);
    slot1[VERSION] = 9;
    syn_sha256(slot1, size - SYN_SHA256_SIZE - HASH_TRAILER, hash);
    memcpy(slot1 + size - SYN_SHA256_SIZE, hash, SYN_SHA256_SIZE);
}

static unsigned running_version(struct board *b)
{
    return machine_flash(b->machine)[MACHINE_SLOT0 + VERSION];
}

static void ask_for_test(struct board *b, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct syn_cbor_out *out = host_payload(&b->console);
    syn_cbor_put_map(out, 2);
    syn_cbor_pair_bytes(out, "hash", hash, SYN_SHA256_SIZE);
    syn_cbor_pair_bool(out, "confirm", false);
    host_expect(&b->console, SYN_SMP_WRITE, SYN_GROUP_IMG, IMAGE_STATE);
}

static void reset(struct board *b)
{
    (void)host_payload(&b->console);
    host_expect(&b->console, SYN_SMP_WRITE, SYN_GROUP_OS, 5);
    b->console.text[0] = 0;
    host_run(&b->console, SWAP_NS);
}

static void an_image_is_tested_and_swapped_back_unless_it_is_confirmed(void **state)
{
    struct board *b = *state;
    uint8_t hash[SYN_SHA256_SIZE];
    host_echo(&b->console, "the first");
    write_newer(b, hash);
    ask_for_test(b, hash);
    reset(b);
    assert_int_equal(running_version(b), 9);
    assert_non_null(strstr(b->console.text, "boot"));
    host_echo(&b->console, "the second");
    reset(b);
    assert_int_equal(running_version(b), 0);
    host_echo(&b->console, "the first again");
}

static void a_power_cut_while_images_are_swapped_leaves_both_whole(void **state)
{
    struct board *b = *state;
    uint8_t hash[SYN_SHA256_SIZE];
    unsigned cuts = 0;
    host_echo(&b->console, "the first");
    write_newer(b, hash);
    ask_for_test(b, hash);
    /* A page is an erasure and up to 512 units: cuts at all kinds of them. */
    for (unsigned operation = 1; operation < 2000; operation += 1 + operation * 3 / 2) {
        machine_fail_power(b->machine, operation);
        machine_power_cycle(b->machine);
        host_run(&b->console, 2 * MACHINE_SECOND);
        cuts += machine_is_off(b->machine);
    }
    machine_fail_power(b->machine, 0);
    machine_power_cycle(b->machine);
    host_run(&b->console, SWAP_NS);
    assert_true(cuts > 4);
    assert_int_equal(running_version(b), 9);
    host_echo(&b->console, "the second");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_image_is_tested_and_swapped_back_unless_it_is_confirmed,
                                        board_setup, board_teardown),
        cmocka_unit_test_setup_teardown(a_power_cut_while_images_are_swapped_leaves_both_whole,
                                        board_setup, board_teardown),
    };
    return board_is_built() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
