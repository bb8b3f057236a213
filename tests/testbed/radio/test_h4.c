/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/error.h"
#include "tests/testbed/radio/h4.h"

static const uint8_t stream[] = {
    1, 3,    0x0c, 0,                /* a command without parameters */
    2, 0x40, 0,    3, 0, 7,    8, 9, /* data */
    2, 0x40, 0,    0, 0,             /* no data */
    4, 0x0e, 4,    1, 3, 0x0c, 0,    /* an event */
};
static const size_t sizes[] = {4, 8, 5, 7};

struct seen {
    size_t count, bytes;
};

static void packet(void *ctx, const uint8_t *bytes, size_t size)
{
    struct seen *seen = ctx;
    assert_true(seen->count < sizeof sizes / sizeof sizes[0]);
    assert_int_equal(size, sizes[seen->count]);
    assert_memory_equal(bytes, stream + seen->bytes, size);
    seen->count++;
    seen->bytes += size;
}

static void packets_are_found_wherever_the_stream_is_cut(void **state)
{
    (void)state;
    for (size_t a = 0; a <= sizeof stream; a++)
        for (size_t b = a; b <= sizeof stream; b++) {
            struct syn_h4 h4 = {.size = 0};
            struct seen seen = {0};
            assert_int_equal(syn_h4_receive(&h4, stream, a, packet, &seen), 0);
            assert_int_equal(syn_h4_receive(&h4, stream + a, b - a, packet, &seen), 0);
            assert_int_equal(syn_h4_receive(&h4, stream + b, sizeof stream - b, packet, &seen), 0);
            assert_int_equal(seen.bytes, sizeof stream);
        }
}

static void what_is_no_packet_or_too_long_is_an_error(void **state)
{
    static const uint8_t unknown[] = {3, 0, 0, 0}, zero[] = {0}, large[] = {9},
                         endless[] = {2, 0x40, 0, 0xff, 0xff, 0};
    (void)state;
    struct syn_h4 h4 = {.size = 0};
    struct seen seen = {0};
    assert_int_equal(syn_h4_receive(&h4, unknown, sizeof unknown, packet, &seen), SYN_EPROTO);
    assert_int_equal(syn_h4_receive(&h4, zero, sizeof zero, packet, &seen), SYN_EPROTO);
    assert_int_equal(syn_h4_receive(&h4, large, sizeof large, packet, &seen), SYN_EPROTO);
    assert_int_equal(syn_h4_receive(&h4, endless, sizeof endless, packet, &seen), SYN_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_found_wherever_the_stream_is_cut),
        cmocka_unit_test(what_is_no_packet_or_too_long_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
