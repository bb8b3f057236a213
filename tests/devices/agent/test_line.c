/* SPDX-License-Identifier: MIT */
/* The rate of a line: a host chooses it, and nobody is lost over it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "tests/devices/agent/bench.h"

#define MS INT64_C(1000000)

static uint32_t line_baud; /* what the port was told last; 0: nothing */

static const uint32_t *rates(void *ctx, unsigned link)
{
    static const uint32_t all[] = {115200, 921600, 3000000, 0};
    (void)ctx;
    return link == 0 ? all : NULL;
}

static void set_rate(void *ctx, unsigned link, uint32_t baud)
{
    (void)ctx;
    assert_int_equal(link, 0);
    line_baud = baud;
}

static int set_up(void **state)
{
    int rc = bench_setup(state);
    struct bench *b = *state;
    b->agent.port.rates = rates;
    b->agent.port.set_rate = set_rate;
    line_baud = 0;
    return rc;
}

static const struct message *choose(struct bench *b, uint32_t baud)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_uint(out, "baud", baud);
    return bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_LINE);
}

static const struct message *ask(struct bench *b, unsigned link)
{
    syn_cbor_put_map(bench_payload(b), 0);
    return bench_ask(b, link, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_LINE);
}

static uint32_t told_baud(struct bench *b)
{
    static const struct syn_cbor_field fields[] = {{"baud", SYN_KEY_U32, 0, 0}};
    const struct message *m = ask(b, 0);
    struct syn_cbor_in in;
    uint32_t baud = 0;
    bench_expect_ok(m);
    syn_cbor_in_init(&in, m->payload, m->header.length);
    assert_int_equal(syn_cbor_get_fields(&in, fields, 1, &baud, NULL), 0);
    return baud;
}

static void pass(struct bench *b, int64_t ns)
{
    b->now += ns;
    (void)syn_agent_poll(&b->agent);
}

static void a_rate_that_is_used_stays(void **state)
{
    struct bench *b = *state;
    assert_int_equal(told_baud(b), 115200);
    bench_expect_ok(choose(b, 3000000));
    assert_int_equal(line_baud, 3000000);
    pass(b, 999 * MS);
    assert_int_equal(told_baud(b), 3000000);
    pass(b, 3600 * 1000 * MS);
    assert_int_equal(told_baud(b), 3000000);
    assert_int_equal(line_baud, 3000000);
}

static void a_rate_at_which_nobody_asks_is_left_after_a_second(void **state)
{
    struct bench *b = *state;
    bench_expect_ok(choose(b, 921600));
    pass(b, 0);
    assert_int_equal(syn_agent_poll(&b->agent), b->now + 1000 * MS);
    bench_bytes(b, 0, "\xa5\x5a\x99", 3); /* noise is no request, and buys no time */
    pass(b, 1000 * MS);
    assert_int_equal(line_baud, 115200);
    assert_int_equal(told_baud(b), 115200);
}

static void bytes_that_become_no_request_lead_back(void **state)
{
    struct bench *b = *state;
    bench_expect_ok(choose(b, 3000000));
    assert_int_equal(told_baud(b), 3000000);
    pass(b, 10000 * MS);
    bench_bytes(b, 0, "\xa5\x5a\x99", 3);
    pass(b, 499 * MS);
    assert_int_equal(line_baud, 3000000);
    pass(b, MS);
    assert_int_equal(line_baud, 115200);
}

static void bytes_of_another_link_do_not(void **state)
{
    struct bench *b = *state;
    bench_expect_ok(choose(b, 3000000));
    assert_int_equal(told_baud(b), 3000000);
    bench_bytes(b, 1, "\xa5\x5a\x99", 3);
    pass(b, 1000 * MS);
    assert_int_equal(line_baud, 3000000);
}

static void the_first_rate_is_chosen_for_good(void **state)
{
    struct bench *b = *state;
    bench_expect_ok(choose(b, 3000000));
    bench_expect_ok(choose(b, 115200));
    assert_int_equal(line_baud, 115200);
    line_baud = 0;
    pass(b, 5000 * MS);
    assert_int_equal(line_baud, 0);
}

static void what_cannot_be_chosen_is_refused(void **state)
{
    struct bench *b = *state;
    assert_int_equal(bench_status(choose(b, 57600)).rc, SYN_RC_INVALID);
    assert_int_equal(bench_status(choose(b, 0)).rc, SYN_RC_INVALID);
    assert_int_equal(bench_status(ask(b, 1)).rc, SYN_RC_NOTSUP);
    b->agent.port.rates = NULL;
    assert_int_equal(bench_status(ask(b, 0)).rc, SYN_RC_NOTSUP);
    assert_int_equal(line_baud, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, bench_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_rate_that_is_used_stays),
        TEST(a_rate_at_which_nobody_asks_is_left_after_a_second),
        TEST(bytes_that_become_no_request_lead_back),
        TEST(bytes_of_another_link_do_not),
        TEST(the_first_rate_is_chosen_for_good),
        TEST(what_cannot_be_chosen_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
