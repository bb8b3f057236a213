/* SPDX-License-Identifier: MIT */
/* Two ends of a wire: who is there, what is up, what crosses. Time is the test's own. */
#include "devices/traffic/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

/* A line carries bytes at once where it is whole. */
struct end {
    struct syn_wire wire;
    struct end *other;
    bool dumb, full;
    unsigned ups, downs, messages;
    uint8_t queue[4096];
    size_t queued;
};

static size_t room(void *ctx)
{
    const struct end *e = ctx;
    return e->full ? 0 : sizeof e->queue - e->queued;
}

static void put(void *ctx, const uint8_t *bytes, size_t size)
{
    struct end *e = ctx;
    assert_true(size <= room(e));
    memcpy(e->queue + e->queued, bytes, size);
    e->queued += size;
}

static void on_message(void *ctx, const uint8_t *message, size_t size)
{
    struct end *e = ctx;
    assert_true(size >= SYN_TENSOR_START && message[0] != 0);
    e->messages++;
}

static void on_changed(void *ctx, bool up)
{
    struct end *e = ctx;
    e->ups += up;
    e->downs += !up;
}

static void open_end(struct end *e, struct end *other, const char *id)
{
    const struct syn_wire_port port = {e, room, put, on_message, on_changed};
    memset(e, 0, sizeof *e);
    e->other = other;
    syn_wire_init(&e->wire, id, &port);
}

static void cross(struct end *e, int64_t now_ns)
{
    uint8_t bytes[sizeof e->queue];
    const size_t size = e->queued;
    memcpy(bytes, e->queue, size);
    e->queued = 0;
    if (!e->dumb && e->other && size > 0)
        syn_wire_receive(&e->other->wire, bytes, size, now_ns);
}

static int64_t pass(struct end *a, struct end *b, int64_t from_ns, int64_t ns)
{
    const int64_t until = from_ns + ns;
    for (int64_t now = from_ns; now < until; now += 10 * MS) {
        (void)syn_wire_poll(&a->wire, now);
        (void)syn_wire_poll(&b->wire, now);
        cross(a, now);
        cross(b, now);
    }
    return until;
}

static void send_some(struct end *e)
{
    uint8_t message[SYN_TENSOR_START + 8] = {0};
    const struct syn_tensor_head head = {.stream = 1, .kind = SYN_TENSOR_DATA, .inference = 1};
    const size_t size = syn_tensor_begin(message, &head, 0, 8);
    assert_true(syn_wire_send(&e->wire, message, size));
}

static void both_ends_learn_who_the_other_is_and_are_up_where_they_are_used(void **state)
{
    (void)state;
    struct end a, b;
    open_end(&a, &b, "ring");
    open_end(&b, &a, "watch");
    int64_t now = pass(&a, &b, 0, 100 * MS);
    assert_string_equal(a.wire.peer, "watch");
    assert_string_equal(b.wire.peer, "ring");
    assert_false(a.wire.up);
    syn_wire_bind(&a.wire, true);
    syn_wire_bind(&b.wire, true);
    (void)pass(&a, &b, now, 100 * MS);
    assert_true(a.wire.up && b.wire.up);
    send_some(&a);
    cross(&a, now);
    assert_int_equal(b.messages, 1);
}

static void a_wire_that_was_bound_before_it_led_anywhere_leads_to_whom_it_hears(void **state)
{
    (void)state;
    struct end a, b;
    open_end(&a, &b, "ring");
    open_end(&b, &a, "watch");
    syn_wire_bind(&a.wire, true);
    syn_wire_bind(&b.wire, true);
    (void)pass(&a, &b, 0, 100 * MS);
    assert_true(a.wire.up && b.wire.up);
}

static void a_wire_that_falls_silent_is_down_at_both_ends_and_comes_back(void **state)
{
    (void)state;
    struct end a, b;
    open_end(&a, &b, "ring");
    open_end(&b, &a, "watch");
    syn_wire_bind(&a.wire, true);
    syn_wire_bind(&b.wire, true);
    int64_t now = pass(&a, &b, 0, 100 * MS);
    b.dumb = true; /* one direction is broken */
    now = pass(&a, &b, now, 3000 * MS);
    assert_false(a.wire.up || b.wire.up);
    assert_string_equal(a.wire.peer, "");
    b.dumb = false;
    (void)pass(&a, &b, now, 1000 * MS);
    assert_true(a.wire.up && b.wire.up);
    assert_int_equal(a.ups, 2);
    assert_int_equal(a.downs, 1);
}

static void a_wire_that_is_plugged_in_elsewhere_is_down_until_it_is_bound_again(void **state)
{
    (void)state;
    struct end a, b, c;
    open_end(&a, &b, "ring");
    open_end(&b, &a, "watch");
    open_end(&c, &a, "glasses");
    syn_wire_bind(&a.wire, true);
    syn_wire_bind(&b.wire, true);
    int64_t now = pass(&a, &b, 0, 100 * MS);
    assert_true(a.wire.up);
    a.other = &c;
    b.other = NULL;
    now = pass(&a, &c, now, 1000 * MS);
    assert_string_equal(a.wire.peer, "glasses");
    assert_false(a.wire.up);
    syn_wire_bind(&a.wire, true);
    syn_wire_bind(&c.wire, true);
    (void)pass(&a, &c, now, 1000 * MS);
    assert_true(a.wire.up && c.wire.up);
}

static void a_wire_that_one_end_does_not_use_is_down_at_the_other(void **state)
{
    (void)state;
    struct end a, b;
    open_end(&a, &b, "ring");
    open_end(&b, &a, "watch");
    syn_wire_bind(&a.wire, true);
    int64_t now = pass(&a, &b, 0, 1000 * MS);
    assert_string_equal(a.wire.peer, "watch");
    assert_false(a.wire.up || b.wire.up);
    syn_wire_bind(&b.wire, true);
    now = pass(&a, &b, now, 100 * MS);
    assert_true(a.wire.up && b.wire.up);
    syn_wire_bind(&b.wire, false);
    (void)pass(&a, &b, now, 100 * MS);
    assert_false(a.wire.up || b.wire.up);
}

static void a_loop_leads_nowhere(void **state)
{
    (void)state;
    struct end a;
    open_end(&a, &a, "ring");
    syn_wire_bind(&a.wire, true);
    (void)pass(&a, &a, 0, 1000 * MS);
    assert_string_equal(a.wire.peer, "");
    assert_false(a.wire.up);
}

static void a_line_without_room_is_asked_again_and_takes_no_message(void **state)
{
    (void)state;
    struct end a, b;
    uint8_t message[SYN_TENSOR_START];
    const struct syn_tensor_head head = {.stream = 1, .kind = SYN_TENSOR_CREDIT};
    open_end(&a, &b, "ring");
    open_end(&b, &a, "watch");
    a.full = true;
    syn_wire_bind(&a.wire, true);
    syn_wire_bind(&b.wire, true);
    int64_t now = pass(&a, &b, 0, 1000 * MS);
    assert_string_equal(b.wire.peer, "");
    a.full = false;
    (void)pass(&a, &b, now, 100 * MS);
    assert_true(a.wire.up);
    a.full = true;
    assert_false(syn_wire_send(&a.wire, message, syn_tensor_begin(message, &head, 0, 0)));
}

static void the_time_of_a_hop_counts_every_byte_of_its_frames(void **state)
{
    (void)state;
    /* One piece: 100 bytes, token 40, CRC 4, headers 20, frame 7; ten bits each. */
    assert_int_equal(syn_wire_hop_ns(100, 1000000), 1710000);
    assert_int_equal(syn_wire_hop_ns(100, 0), 0);
    assert_true(syn_wire_hop_ns(1000, 1000000) > syn_wire_hop_ns(100, 1000000) + 9000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_learn_who_the_other_is_and_are_up_where_they_are_used),
        cmocka_unit_test(a_wire_that_was_bound_before_it_led_anywhere_leads_to_whom_it_hears),
        cmocka_unit_test(a_wire_that_falls_silent_is_down_at_both_ends_and_comes_back),
        cmocka_unit_test(a_wire_that_is_plugged_in_elsewhere_is_down_until_it_is_bound_again),
        cmocka_unit_test(a_wire_that_one_end_does_not_use_is_down_at_the_other),
        cmocka_unit_test(a_loop_leads_nowhere),
        cmocka_unit_test(a_line_without_room_is_asked_again_and_takes_no_message),
        cmocka_unit_test(the_time_of_a_hop_counts_every_byte_of_its_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
