/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Channels between wearables: tables that come late or change, links that break, strangers. */
#include "devices/ports/posix/channels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/wire/tensor.h"
#include "tests/testbed/radio/control.h"

#define PATIENCE_NS 20000000000

enum { LOW, HIGH, STRANGER, ENDS, MESSAGES = 300, BODY = 200 };

static const char *const addresses[ENDS] = {"C1:00:00:00:00:01", "C2:00:00:00:00:02",
                                            "C3:00:00:00:00:03"};

/* Wearables on one emulated radio, in one loop: two with channels, and one that has Bluetooth
 * alone. */
static struct world {
    struct syn_loop *loop;
    struct syn_air *air;
    struct syn_control control;
    char folder[64], path[96];
    struct end {
        unsigned index;
        struct syn_bluetooth *bluetooth;
        struct syn_channels *channels;
        bool up;
        unsigned ups, downs, sent, got, wrong;
    } ends[ENDS];
    int link; /* the stranger's; negative: none */
    unsigned closed;
} world;

/* ---- ends ---- */

static unsigned channel_to(const struct end *e)
{
    return SYN_AGENT_CHANNEL(1 - e->index);
}

static size_t make(uint8_t *message, unsigned number)
{
    const struct syn_tensor_head head = {.kind = SYN_TENSOR_DATA, .inference = number};
    const size_t size = syn_tensor_begin(message, &head, 0, BODY);
    memset(message + SYN_TENSOR_START, (int)(number & 0xff), BODY);
    return size;
}

static void on_message(void *ctx, const uint8_t *message, size_t size)
{
    struct end *e = ctx;
    uint8_t expected[SYN_TENSOR_START + BODY];
    e->wrong += size != make(expected, e->got++) || memcmp(message, expected, size) != 0;
}

static void on_up(void *ctx, unsigned channel, bool up)
{
    struct end *e = ctx;
    assert_int_equal(channel, channel_to(e));
    assert_true(e->up != up);
    assert_true(syn_channels_up(e->channels, channel) == up);
    e->up = up;
    e->ups += up;
    e->downs += !up;
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

static void start_bluetooth(unsigned index)
{
    const struct syn_hosts_events hosts = {NULL, no_link, no_link, no_bytes, no_link};
    struct end *e = &world.ends[index];
    char where[160];
    e->index = index;
    (void)snprintf(where, sizeof where, "%s,address=%s", world.path, addresses[index]);
    assert_int_equal(syn_bluetooth_new(&e->bluetooth, world.loop, where, "w", &hosts, NULL), 0);
}

static void start_channels(unsigned index)
{
    struct end *e = &world.ends[index];
    const struct syn_channels_events events = {e, on_message, on_up};
    start_bluetooth(index);
    assert_int_equal(syn_channels_new(&e->channels, world.loop, e->bluetooth, &events), 0);
}

/* The table of `index`: it names the other, or nobody. */
static void set_table(unsigned index, bool named)
{
    struct syn_agent_peer table[2] = {{.used = true}, {.used = true}};
    struct syn_agent_peer *row = &table[1 - index];
    if (named) {
        row->wire = (uint8_t)SYN_AGENT_CHANNEL(1 - index);
        (void)snprintf(row->address, sizeof row->address, "ble:%s/random", addresses[1 - index]);
    }
    syn_channels_set(world.ends[index].channels, index, table, 2);
}

static int set_up(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.link = -1;
    (void)snprintf(world.folder, sizeof world.folder, "/tmp/syn-channels-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    (void)snprintf(world.path, sizeof world.path, "%s/air", world.folder);
    world.loop = syn_loop_new();
    world.air = syn_air_new(world.loop);
    assert_int_equal(
        syn_control_open(&world.control, world.loop, world.air, world.path, NULL, NULL), 0);
    start_channels(LOW);
    start_channels(HIGH);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ENDS; i++) {
        syn_channels_free(world.ends[i].channels);
        syn_bluetooth_free(world.ends[i].bluetooth);
    }
    syn_control_close(&world.control);
    syn_air_free(world.air);
    syn_loop_free(world.loop);
    (void)unlink(world.path);
    (void)rmdir(world.folder);
    return 0;
}

static void wait_until(bool (*done)(void *ctx))
{
    assert_int_equal(syn_loop_run_until(world.loop, done, NULL, PATIENCE_NS), 0);
}

static bool both_up(void *ctx)
{
    (void)ctx;
    return world.ends[LOW].up && world.ends[HIGH].up;
}

static bool both_down(void *ctx)
{
    (void)ctx;
    return !world.ends[LOW].up && !world.ends[HIGH].up;
}

static void pair_up(void)
{
    set_table(LOW, true);
    set_table(HIGH, true);
    wait_until(both_up);
}

/* ---- what they carry ---- */

static bool all_got(void *ctx)
{
    (void)ctx;
    for (unsigned i = LOW; i <= HIGH; i++) {
        struct end *e = &world.ends[i];
        uint8_t message[SYN_TENSOR_START + BODY];
        while (e->sent < MESSAGES &&
               syn_channels_send(e->channels, channel_to(e), message, make(message, e->sent)))
            e->sent++;
    }
    return world.ends[LOW].got == MESSAGES && world.ends[HIGH].got == MESSAGES;
}

static void messages_go_both_ways_in_order(void **state)
{
    (void)state;
    pair_up();
    while (!all_got(NULL))
        assert_true(syn_loop_step(world.loop, PATIENCE_NS) >= 0);
    assert_int_equal(world.ends[LOW].wrong + world.ends[HIGH].wrong, 0);
}

static void what_is_not_up_takes_nothing(void **state)
{
    uint8_t message[SYN_TENSOR_START + BODY];
    (void)state;
    assert_false(syn_channels_up(world.ends[LOW].channels, SYN_AGENT_CHANNEL(HIGH)));
    assert_false(syn_channels_send(world.ends[LOW].channels, SYN_AGENT_CHANNEL(HIGH), message,
                                   make(message, 0)));
}

/* ---- tables ---- */

static bool low_waits(void *ctx)
{
    struct syn_air_status s;
    (void)ctx;
    const int index = syn_air_find(world.air, addresses[HIGH]);
    return index >= 0 && syn_air_status(world.air, (unsigned)index, &s) == 0 && s.links == 1;
}

static void a_channel_waits_for_the_table_of_the_other_end(void **state)
{
    (void)state;
    set_table(LOW, true);
    wait_until(low_waits);
    assert_false(world.ends[LOW].up);
    set_table(HIGH, true);
    wait_until(both_up);
}

static void one_that_a_table_names_no_more_is_closed_and_told_to_the_other_alone(void **state)
{
    (void)state;
    pair_up();
    set_table(LOW, false);
    world.ends[LOW].up = false;
    wait_until(both_down);
    assert_int_equal(world.ends[LOW].downs, 0);
    assert_int_equal(world.ends[HIGH].downs, 1);
    set_table(LOW, true);
    wait_until(both_up);
}

static void a_table_that_is_told_again_leaves_the_channel_alone(void **state)
{
    (void)state;
    pair_up();
    set_table(LOW, true);
    set_table(HIGH, true);
    for (int i = 0; i < 50; i++)
        assert_true(syn_loop_step(world.loop, 1000000) >= 0);
    assert_true(both_up(NULL));
    assert_int_equal(world.ends[LOW].downs + world.ends[HIGH].downs, 0);
}

/* ---- breaks ---- */

static void one_that_breaks_is_told_to_both_and_made_again(void **state)
{
    (void)state;
    pair_up();
    assert_int_equal(syn_air_drop(world.air, (unsigned)syn_air_find(world.air, addresses[HIGH])),
                     0);
    wait_until(both_down);
    wait_until(both_up);
    assert_int_equal(world.ends[LOW].ups, 2);
    assert_int_equal(world.ends[HIGH].downs, 1);
}

/* ---- strangers ---- */

static bool on_opened(void *ctx, unsigned link)
{
    (void)ctx;
    world.link = (int)link;
    return true;
}

static void on_closed(void *ctx, unsigned link)
{
    (void)ctx;
    (void)link;
    world.link = -1;
    world.closed++;
}

static bool stranger_is_open(void *ctx)
{
    char other[SYN_BLUETOOTH_ADDRESS];
    struct syn_bluetooth *b = world.ends[STRANGER].bluetooth;
    (void)snprintf(other, sizeof other, "%s/random", addresses[HIGH]);
    bool *asked = ctx;
    if (!*asked)
        *asked = syn_bluetooth_open(b, other) >= 0;
    return world.link >= 0;
}

static bool stranger_is_closed(void *ctx)
{
    (void)ctx;
    return world.closed > 0;
}

static void who_opens_a_channel_and_says_nothing_is_closed_and_disturbs_nobody(void **state)
{
    const struct syn_bluetooth_peers peers = {NULL, on_opened, on_closed, no_bytes, no_link};
    bool asked = false;
    (void)state;
    pair_up();
    start_bluetooth(STRANGER);
    syn_bluetooth_take_peers(world.ends[STRANGER].bluetooth, &peers);
    assert_int_equal(syn_loop_run_until(world.loop, stranger_is_open, &asked, PATIENCE_NS), 0);
    const int64_t since_ns = syn_loop_now();
    wait_until(stranger_is_closed);
    assert_true(syn_loop_now() - since_ns >= SYN_CHANNELS_PATIENCE_NS - 1000000000);
    assert_true(both_up(NULL));
    assert_int_equal(world.ends[LOW].downs + world.ends[HIGH].downs, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(messages_go_both_ways_in_order),
        TEST(what_is_not_up_takes_nothing),
        TEST(a_channel_waits_for_the_table_of_the_other_end),
        TEST(one_that_a_table_names_no_more_is_closed_and_told_to_the_other_alone),
        TEST(a_table_that_is_told_again_leaves_the_channel_alone),
        TEST(one_that_breaks_is_told_to_both_and_made_again),
        TEST(who_opens_a_channel_and_says_nothing_is_closed_and_disturbs_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
