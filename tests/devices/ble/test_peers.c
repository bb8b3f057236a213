/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/ports/posix/bluetooth.h"
#include "devices/wire/smp.h"
#include "tests/testbed/radio/control.h"

#define PATIENCE_NS 10000000000

static const char *const addresses[2] = {"C1:00:00:00:00:01", "C2:00:00:00:00:02"};

/* Two virtual wearables' Bluetooth, on one emulated radio, in one loop. */
struct pair {
    struct syn_loop *loop;
    struct syn_air *air;
    struct syn_control control;
    char folder[64], path[96];
    struct end {
        struct pair *pair;
        struct syn_bluetooth *bluetooth;
        int link; /* negative: none */
        unsigned closed, count, wrong;
    } ends[2];
};

static bool on_opened(void *ctx, unsigned link)
{
    ((struct end *)ctx)->link = (int)link;
    return true;
}

static void on_closed(void *ctx, unsigned link)
{
    struct end *e = ctx;
    (void)link;
    e->link = -1;
    e->closed++;
}

/* Message n has n bytes behind its header, all of them n. */
static size_t make(uint8_t *message, unsigned n)
{
    const struct syn_smp_header h = {.version = 1, .op = 2, .length = (uint16_t)n};
    syn_smp_put_header(message, &h);
    memset(message + SYN_SMP_HEADER, (int)(n & 0xff), n);
    return SYN_SMP_HEADER + n;
}

static void on_message(void *ctx, unsigned link, const uint8_t *message, size_t size)
{
    struct end *e = ctx;
    uint8_t expected[SYN_AGENT_MESSAGE_MAX];
    const size_t n = make(expected, e->count++);
    e->wrong += (int)link != e->link || size != n || memcmp(message, expected, n) != 0;
}

static void on_writable(void *ctx, unsigned link)
{
    (void)ctx;
    (void)link;
}

static void no_link(void *ctx, unsigned link)
{
    (void)ctx;
    (void)link;
}

static void no_bytes(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    (void)ctx;
    (void)link;
    (void)bytes;
    (void)size;
}

static void start_end(struct pair *p, unsigned i)
{
    const struct syn_hosts_events hosts = {NULL, no_link, no_link, no_bytes, no_link};
    struct end *e = &p->ends[i];
    const struct syn_bluetooth_peers peers = {e, on_opened, on_closed, on_message, on_writable};
    char where[160];
    *e = (struct end){.pair = p, .link = -1};
    (void)snprintf(where, sizeof where, "%s,address=%s", p->path, addresses[i]);
    assert_int_equal(syn_bluetooth_new(&e->bluetooth, p->loop, where, "w", &hosts, NULL), 0);
    syn_bluetooth_take_peers(e->bluetooth, &peers);
}

static int set_up(void **state)
{
    struct pair *p = calloc(1, sizeof *p);
    assert_non_null(p);
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/syn-peers-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    (void)snprintf(p->path, sizeof p->path, "%s/air", p->folder);
    p->loop = syn_loop_new();
    p->air = syn_air_new(p->loop);
    assert_int_equal(syn_control_open(&p->control, p->loop, p->air, p->path, NULL, NULL), 0);
    start_end(p, 0);
    start_end(p, 1);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *p = *state;
    for (unsigned i = 0; i < 2; i++)
        syn_bluetooth_free(p->ends[i].bluetooth);
    syn_control_close(&p->control);
    syn_air_free(p->air);
    syn_loop_free(p->loop);
    (void)unlink(p->path);
    (void)rmdir(p->folder);
    free(p);
    return 0;
}

static bool both_are_open(void *ctx)
{
    const struct pair *p = ctx;
    return p->ends[0].link >= 0 && p->ends[1].link >= 0;
}

static bool is_set_up(void *ctx)
{
    char other[32];
    struct end *e = ctx;
    (void)snprintf(other, sizeof other, "%s/random", addresses[1]);
    return syn_bluetooth_open(e->bluetooth, other) >= 0;
}

/* The controllers are being set up meanwhile. */
static void open_pair(struct pair *p)
{
    assert_int_equal(syn_loop_run_until(p->loop, is_set_up, &p->ends[0], PATIENCE_NS), 0);
    assert_int_equal(syn_loop_run_until(p->loop, both_are_open, p, PATIENCE_NS), 0);
}

static bool is_all_here(void *ctx)
{
    const struct pair *p = ctx;
    return p->ends[0].count == 500 && p->ends[1].count == 500;
}

static void messages_go_both_ways_whole_and_in_order(void **state)
{
    struct pair *p = *state;
    uint8_t message[SYN_AGENT_MESSAGE_MAX];
    open_pair(p);
    for (unsigned n[2] = {0, 0}; n[0] < 500 || n[1] < 500;) {
        for (unsigned i = 0; i < 2; i++) {
            const struct end *e = &p->ends[i];
            const size_t size = make(message, n[i]);
            if (n[i] < 500 && syn_bluetooth_peer_room(e->bluetooth, (unsigned)e->link, size)) {
                assert_int_equal(
                    syn_bluetooth_peer_send(e->bluetooth, (unsigned)e->link, message, size), 0);
                n[i]++;
            }
        }
        assert_true(syn_loop_step(p->loop, 0) >= 0);
    }
    assert_int_equal(syn_loop_run_until(p->loop, is_all_here, p, PATIENCE_NS), 0);
    assert_int_equal(p->ends[0].wrong + p->ends[1].wrong, 0);
}

static bool other_is_closed(void *ctx)
{
    return ((struct pair *)ctx)->ends[1].closed == 1;
}

static void a_link_that_one_end_closes_can_be_opened_again(void **state)
{
    struct pair *p = *state;
    open_pair(p);
    syn_bluetooth_close(p->ends[0].bluetooth, (unsigned)p->ends[0].link);
    p->ends[0].link = -1;
    assert_int_equal(syn_loop_run_until(p->loop, other_is_closed, p, PATIENCE_NS), 0);
    open_pair(p);
    assert_int_equal(p->ends[0].closed, 0);
}

static void what_is_no_address_is_refused(void **state)
{
    struct pair *p = *state;
    static const char *const wrong[] = {"",
                                        "C1",
                                        "C1:00:00:00:00:0",
                                        "C1:00:00:00:00:01/public",
                                        "C1-00-00-00-00-01",
                                        " 1:00:00:00:00:01 "};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(syn_bluetooth_open(p->ends[0].bluetooth, wrong[i]), SYN_EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(messages_go_both_ways_whole_and_in_order),
        TEST(a_link_that_one_end_closes_can_be_opened_again),
        TEST(what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
