/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way by our own sockets, with socket pairs for the kernel's and an ATT server at the far end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "att_server.h"
#include "transports/ble/att.h"
#include "transports/ble/way.h"

#define SECONDS 1000000000LL

/* The device, and what the kernel makes of connecting to it; one at a time. */
static struct world {
    struct att_server server;
    struct syn_loop *loop;
    struct syn_loop_watch att_watch, channel_watch;
    int att, channel;               /* its ends; -1: none */
    int refuse_att, refuse_channel; /* an errno; 0: taken */
    unsigned aborted;               /* so many connections first */
    bool deaf;                      /* answers no request */
    enum syn_ble_type type;         /* that it was connected by */
    unsigned channels;
    uint8_t heard[8192];
    size_t heard_size;
    size_t longest;
} world;

struct fixture {
    struct syn_loop *loop;
    void *way;
    unsigned readies, failures, notes, writables;
    struct syn_error error;
    char note[128];
    char address[SYN_BLE_ADDRESS];
    uint8_t got[8192];
    size_t got_size;
};

/* ---- the device ---- */

static void hear(const uint8_t *data, size_t size)
{
    memcpy(world.heard + world.heard_size, data, size);
    world.heard_size += size;
    world.longest = size > world.longest ? size : world.longest;
}

static void on_written(void *ctx, const uint8_t *data, size_t size)
{
    (void)ctx;
    hear(data, size);
}

static void on_att(void *ctx, unsigned events)
{
    uint8_t pdu[600], answer[600];
    ssize_t n = recv(world.att, pdu, sizeof pdu, MSG_DONTWAIT);
    (void)ctx;
    (void)events;
    if (n <= 0)
        syn_loop_watch_stop(&world.att_watch);
    if (n <= 0 || world.deaf)
        return;
    size_t size = att_server_answer(&world.server, pdu, (size_t)n, answer);
    if (size > 0)
        assert_true(send(world.att, answer, size, MSG_NOSIGNAL) == (ssize_t)size || errno == EPIPE);
}

static void on_channel(void *ctx, unsigned events)
{
    uint8_t sdu[4096];
    ssize_t n = recv(world.channel, sdu, sizeof sdu, MSG_DONTWAIT);
    (void)ctx;
    (void)events;
    if (n > 0)
        hear(sdu, (size_t)n);
    else
        syn_loop_watch_stop(&world.channel_watch);
}

/* ---- the kernel ---- */

static int fake_connect(const struct syn_ble_target *target, const char *address,
                        enum syn_ble_type type, uint16_t psm, struct syn_error *error)
{
    int pair[2];
    (void)target;
    (void)error;
    assert_string_equal(address, "C0:FF:EE:00:00:01");
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
    world.type = type;
    if (psm == 0) {
        world.att = pair[1];
        syn_loop_watch_start(world.loop, &world.att_watch, pair[1], SYN_LOOP_READ, on_att, NULL);
    } else {
        assert_int_equal(psm, 0x81);
        world.channels++;
        world.channel = pair[1];
        syn_loop_watch_start(world.loop, &world.channel_watch, pair[1], SYN_LOOP_READ, on_channel,
                             NULL);
    }
    return pair[0];
}

static int fake_result(int fd)
{
    (void)fd;
    if (world.aborted > 0) {
        world.aborted--;
        syn_loop_watch_stop(&world.att_watch);
        (void)close(world.att);
        return ECONNABORTED;
    }
    return world.channel >= 0 ? world.refuse_channel : world.refuse_att;
}

static size_t fake_packet_max(int fd)
{
    (void)fd;
    return 512;
}

static const struct syn_l2cap fake_kernel = {fake_connect, fake_result, fake_packet_max};

/* ---- a scanner that hears the device, or nobody ---- */

static struct fake_scan {
    struct syn_ble_scan_options options;
    struct syn_loop_timer timer;
    bool silent, scanning;
} scan;

static void on_advert(void *ctx)
{
    (void)ctx;
    struct syn_ble_seen *seen =
        syn_ble_seen_get(scan.options.list, "C0:FF:EE:00:00:01", SYN_BLE_RANDOM);
    (void)snprintf(seen->name, sizeof seen->name, "ear");
    scan.options.changed(scan.options.ctx);
}

static int fake_scan_open(void **state, const struct syn_ble_scan_options *options,
                          struct syn_error *error)
{
    (void)error;
    *state = &scan;
    scan.options = *options;
    scan.scanning = true;
    if (!scan.silent)
        syn_loop_timer_start(options->loop, &scan.timer, 1000000, 0, on_advert, NULL);
    return 0;
}

static void fake_scan_stop(void *state)
{
    (void)state;
    syn_loop_timer_stop(&scan.timer);
    scan.scanning = false;
    scan.options.ended(scan.options.ctx, NULL);
}

static void fake_scan_close(void *state)
{
    if (state)
        syn_loop_timer_stop(&scan.timer);
}

static const struct syn_ble_scanner fake_scanner = {fake_scan_open, fake_scan_stop,
                                                    fake_scan_close};

/* ---- the user ---- */

static void on_ready(void *ctx)
{
    ((struct fixture *)ctx)->readies++;
}

static void on_received(void *ctx, const uint8_t *packet, size_t size)
{
    struct fixture *f = ctx;
    assert_true(f->got_size + size <= sizeof f->got);
    memcpy(f->got + f->got_size, packet, size);
    f->got_size += size;
}

static void on_writable(void *ctx)
{
    ((struct fixture *)ctx)->writables++;
}

static void on_failed(void *ctx, const struct syn_error *error)
{
    struct fixture *f = ctx;
    f->failures++;
    f->error = *error;
}

static void on_found(void *ctx, const char *address, enum syn_ble_type type)
{
    struct fixture *f = ctx;
    assert_int_equal(type, SYN_BLE_RANDOM);
    assert_false(scan.scanning); /* who connects while it scans may wait for ever */
    (void)snprintf(f->address, sizeof f->address, "%s", address);
}

static void on_note(void *ctx, const char *text)
{
    struct fixture *f = ctx;
    f->notes++;
    (void)snprintf(f->note, sizeof f->note, "%s", text);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->loop = syn_loop_new();
    memset(&world, 0, sizeof world);
    memset(&scan, 0, sizeof scan);
    world.loop = f->loop;
    world.att = world.channel = -1;
    world.server = (struct att_server){.mtu = 247, .written = on_written};
    att_server_add_generic(&world.server);
    att_server_add_smp(&world.server);
    return f->loop ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    syn_ble_own.close(f->way);
    syn_loop_watch_stop(&world.att_watch);
    syn_loop_watch_stop(&world.channel_watch);
    if (world.att >= 0)
        (void)close(world.att);
    if (world.channel >= 0)
        (void)close(world.channel);
    syn_loop_free(f->loop);
    free(f);
    return 0;
}

static bool settled(void *ctx)
{
    const struct fixture *f = ctx;
    return f->readies + f->failures > 0;
}

static void open_way(struct fixture *f, const char *target)
{
    struct syn_ble_options options = {
        .loop = f->loop,
        .events = {on_ready, on_received, on_writable, on_failed, on_found, on_note, f},
        .l2cap = &fake_kernel,
        .scanner = &fake_scanner};
    assert_int_equal(syn_ble_target_parse(&options.target, target, NULL), 0);
    assert_int_equal(syn_ble_own.open(&f->way, &options, &f->error), 0);
    assert_int_equal(syn_loop_run_until(f->loop, settled, f, 20 * SECONDS), 0);
}

static bool all_heard(void *ctx)
{
    return world.heard_size >= *(size_t *)ctx;
}

/* Sends a message of `size` bytes as the link's driver does, and sees it arrive. */
static void send_message(struct fixture *f, size_t size)
{
    uint8_t message[4096];
    size_t at = 0, wanted = size;
    for (size_t i = 0; i < size; i++)
        message[i] = (uint8_t)(i * 7);
    world.heard_size = world.longest = 0;
    while (at < size) {
        int n = syn_ble_own.send(f->way, message + at, size - at);
        assert_true(n >= 0);
        at += (size_t)n;
        assert_true(syn_loop_step(f->loop, n > 0 ? 0 : SECONDS) >= 0);
    }
    assert_int_equal(syn_loop_run_until(f->loop, all_heard, &wanted, 10 * SECONDS), 0);
    assert_int_equal(world.heard_size, size);
    assert_memory_equal(world.heard, message, size);
}

#define ADDRESS "C0:FF:EE:00:00:01"

static void without_a_channel_messages_go_by_gatt_in_packets(void **state)
{
    struct fixture *f = *state;
    open_way(f, ADDRESS "?type=public");
    assert_int_equal(f->readies, 1);
    assert_int_equal(f->notes, 0); /* nothing to remark: other devices have no channel */
    assert_int_equal(world.type, SYN_BLE_PUBLIC);
    send_message(f, 1000);
    assert_int_equal(world.longest, 244);
}

static bool has_got(void *ctx)
{
    return ((struct fixture *)ctx)->got_size > 0;
}

static bool not_subscribed(void *ctx)
{
    (void)ctx;
    return !world.server.subscribed;
}

static void the_end_takes_the_subscription_back(void **state)
{
    struct fixture *f = *state;
    open_way(f, ADDRESS "?type=public");
    assert_true(world.server.subscribed);
    syn_ble_own.close(f->way);
    f->way = NULL;
    assert_int_equal(syn_loop_run_until(f->loop, not_subscribed, NULL, 10 * SECONDS), 0);
}

static void notifications_are_handed_over(void **state)
{
    struct fixture *f = *state;
    open_way(f, ADDRESS "?type=random");
    uint8_t pdu[] = {SYN_ATT_NOTIFICATION, (uint8_t)world.server.smp_handle, 0, 'y', 'o'};
    assert_int_equal(send(world.att, pdu, sizeof pdu, 0), sizeof pdu);
    assert_int_equal(syn_loop_run_until(f->loop, has_got, f, 10 * SECONDS), 0);
    assert_memory_equal(f->got, "yo", 2);
}

static void the_channel_that_is_offered_carries_the_messages(void **state)
{
    struct fixture *f = *state;
    att_server_add_agent(&world.server, 0x81);
    open_way(f, ADDRESS "?type=random");
    assert_int_equal(f->readies, 1);
    assert_int_equal(world.channels, 1);
    send_message(f, 500);
    assert_int_equal(world.longest, 500); /* one SDU */
    send_message(f, 1200);
    assert_int_equal(world.longest, 512); /* as long as the device takes them */
    assert_int_equal(send(world.channel, "back", 4, 0), 4);
    assert_int_equal(syn_loop_run_until(f->loop, has_got, f, 10 * SECONDS), 0);
    assert_memory_equal(f->got, "back", 4);
}

static void a_channel_that_is_refused_is_noted_and_gatt_taken(void **state)
{
    struct fixture *f = *state;
    att_server_add_agent(&world.server, 0x81);
    world.refuse_channel = ECONNREFUSED;
    open_way(f, ADDRESS "?type=random");
    assert_int_equal(f->readies, 1);
    assert_string_equal(f->note, "the device's channel 129: Connection refused; data go by GATT");
    send_message(f, 300);
    assert_int_equal(world.longest, 244);
}

static void via_gatt_leaves_the_channel_alone_and_via_coc_does_not_do_without(void **state)
{
    struct fixture *f = *state;
    att_server_add_agent(&world.server, 0x81);
    open_way(f, ADDRESS "?type=random&via=gatt");
    assert_int_equal(f->readies, 1);
    assert_int_equal(world.channels, 0);
    syn_ble_own.close(f->way);
    (void)close(world.att);
    world.server.count -= 3; /* the service of our agents */
    f->readies = 0;
    open_way(f, ADDRESS "?type=random&via=coc");
    assert_int_equal(f->failures, 1);
    assert_string_equal(f->error.message, "the device offers no channel for data");
    assert_non_null(strstr(f->error.hint, "via=coc"));
}

static void a_name_is_looked_for_before_it_is_connected(void **state)
{
    struct fixture *f = *state;
    open_way(f, "ear");
    assert_int_equal(f->readies, 1);
    assert_string_equal(f->address, ADDRESS);
    assert_int_equal(world.type, SYN_BLE_RANDOM);
}

static void an_address_without_type_is_looked_for_as_well(void **state)
{
    struct fixture *f = *state;
    open_way(f, ADDRESS);
    assert_int_equal(f->readies, 1);
    assert_int_equal(world.type, SYN_BLE_RANDOM);
}

static void a_device_that_is_not_heard_is_given_up(void **state)
{
    struct fixture *f = *state;
    scan.silent = true;
    open_way(f, "ear");
    assert_int_equal(f->failures, 1);
    assert_int_equal(f->error.code, SYN_ETIMEOUT);
    assert_string_equal(f->error.message, "the device was not heard within 4 s");
}

static void a_refused_connection_is_explained(void **state)
{
    struct fixture *f = *state;
    world.refuse_att = EHOSTDOWN;
    open_way(f, ADDRESS "?type=random");
    assert_int_equal(f->failures, 1);
    assert_string_equal(f->error.message, "the device does not answer");
    assert_int_equal(syn_ble_own.send(f->way, (const uint8_t *)"x", 1), SYN_ELINK);
}

static void
who_comes_while_the_kernel_ends_an_old_connection_is_connected_all_the_same(void **state)
{
    struct fixture *f = *state;
    world.aborted = 2;
    open_way(f, ADDRESS "?type=random");
    assert_int_equal(f->readies, 1);
    assert_int_equal(f->failures, 0);
    assert_int_equal(world.aborted, 0);
}

static void a_device_that_answers_nothing_is_given_up(void **state)
{
    struct fixture *f = *state;
    world.deaf = true;
    open_way(f, ADDRESS "?type=random");
    assert_int_equal(f->failures, 1);
    assert_int_equal(f->error.code, SYN_ETIMEOUT);
}

static bool has_failed(void *ctx)
{
    return ((struct fixture *)ctx)->failures > 0;
}

static void the_end_of_either_connection_is_told_once(void **state)
{
    struct fixture *f = *state;
    att_server_add_agent(&world.server, 0x81);
    open_way(f, ADDRESS "?type=random");
    syn_loop_watch_stop(&world.channel_watch);
    syn_loop_watch_stop(&world.att_watch);
    (void)close(world.channel);
    (void)close(world.att);
    world.channel = world.att = -1;
    assert_int_equal(syn_loop_run_until(f->loop, has_failed, f, 10 * SECONDS), 0);
    assert_true(syn_loop_step(f->loop, 0) >= 0);
    assert_int_equal(f->failures, 1);
    assert_string_equal(f->error.message, "the device ended the connection");
}

static void who_sends_more_than_fits_is_told_when_there_is_room(void **state)
{
    struct fixture *f = *state;
    static uint8_t message[512];
    size_t sent = 0;
    int n;
    att_server_add_agent(&world.server, 0x81);
    open_way(f, ADDRESS "?type=random");
    syn_loop_watch_interest(&world.channel_watch, 0);
    while ((n = syn_ble_own.send(f->way, message, sizeof message)) > 0)
        sent += (size_t)n;
    assert_int_equal(n, 0);
    assert_true(sent > 0);
    assert_int_equal(f->writables, 0);
    while (recv(world.channel, message, sizeof message, MSG_DONTWAIT) > 0)
        continue;
    while (f->writables == 0)
        assert_true(syn_loop_step(f->loop, 10 * SECONDS) > 0);
}

static void what_comes_is_held_back_while_paused(void **state)
{
    struct fixture *f = *state;
    att_server_add_agent(&world.server, 0x81);
    open_way(f, ADDRESS "?type=random");
    syn_ble_own.pause(f->way, true);
    assert_int_equal(send(world.channel, "back", 4, 0), 4);
    assert_int_equal(syn_loop_step(f->loop, 0), 0);
    assert_int_equal(f->got_size, 0);
    syn_ble_own.pause(f->way, false);
    assert_int_equal(syn_loop_run_until(f->loop, has_got, f, 10 * SECONDS), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_a_channel_messages_go_by_gatt_in_packets),
        TEST(the_end_takes_the_subscription_back),
        TEST(notifications_are_handed_over),
        TEST(the_channel_that_is_offered_carries_the_messages),
        TEST(a_channel_that_is_refused_is_noted_and_gatt_taken),
        TEST(via_gatt_leaves_the_channel_alone_and_via_coc_does_not_do_without),
        TEST(a_name_is_looked_for_before_it_is_connected),
        TEST(an_address_without_type_is_looked_for_as_well),
        TEST(a_device_that_is_not_heard_is_given_up),
        TEST(a_refused_connection_is_explained),
        TEST(who_comes_while_the_kernel_ends_an_old_connection_is_connected_all_the_same),
        TEST(a_device_that_answers_nothing_is_given_up),
        TEST(the_end_of_either_connection_is_told_once),
        TEST(who_sends_more_than_fits_is_told_when_there_is_room),
        TEST(what_comes_is_held_back_while_paused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
