/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/wire/frame.h"
#include "devices/wire/pieces.h"
#include "devices/wire/smp.h"

struct fixture {
    struct syn_pieces pieces;
    uint8_t buffer[256];
    uint8_t heard[256];
    size_t size;
    unsigned count;
};

static void on_message(void *ctx, const uint8_t *data, size_t size)
{
    struct fixture *f = ctx;
    memcpy(f->heard, data, size);
    f->size = size;
    f->count++;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    if (f)
        syn_pieces_init(&f->pieces, on_message, f, f->buffer, sizeof f->buffer);
    return f ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static size_t make(uint8_t *message, size_t payload)
{
    const struct syn_smp_header h = {.version = 1, .op = 2, .length = (uint16_t)payload, .seq = 7};
    syn_smp_put_header(message, &h);
    for (size_t i = 0; i < payload; i++)
        message[SYN_SMP_HEADER + i] = (uint8_t)(0xff - i);
    return SYN_SMP_HEADER + payload;
}

static void packets_of_any_size_make_the_message(void **state)
{
    struct fixture *f = *state;
    uint8_t message[256];
    for (size_t payload = 0; payload <= 120; payload++)
        for (size_t mtu = 1; mtu <= 130; mtu += 3) {
            size_t size = make(message, payload);
            f->count = 0;
            for (size_t at = 0; at < size; at += mtu)
                syn_pieces_feed(&f->pieces, message + at, size - at < mtu ? size - at : mtu, 0);
            assert_int_equal(f->count, 1);
            assert_int_equal(f->size, size);
            assert_memory_equal(f->heard, message, size);
        }
    assert_int_equal(f->pieces.bad, 0);
}

static void a_lost_packet_costs_one_message(void **state)
{
    struct fixture *f = *state;
    uint8_t message[256];
    size_t size = make(message, 60);
    syn_pieces_feed(&f->pieces, message, 20, 0); /* the rest is lost */
    syn_pieces_feed(&f->pieces, message, size, SYN_FRAME_GAP_NS + 1);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->pieces.bad, 1);
}

static void what_is_too_long_or_no_message_is_dropped(void **state)
{
    struct fixture *f = *state;
    uint8_t message[256], big[300] = {2};
    size_t size = make(message, 10);
    syn_pieces_feed(&f->pieces, "\xffgarbage", 8, 0);
    syn_pieces_feed(&f->pieces, message, 0, 0);
    syn_pieces_feed(&f->pieces, big, sizeof big, 0);
    message[size] = 1; /* one byte more than was announced */
    syn_pieces_feed(&f->pieces, message, size + 1, 0);
    assert_int_equal(f->count, 0);
    assert_int_equal(f->pieces.bad, 4);
    syn_pieces_feed(&f->pieces, message, size, 0);
    assert_int_equal(f->count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(packets_of_any_size_make_the_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_packet_costs_one_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_too_long_or_no_message_is_dropped, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
