/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "air.h"
#include "devices/base/bytes.h"
#include "devices/base/error.h"

#define SECOND 1000000000LL

enum { ATT = 4, SIGNAL = 5, CHANNEL = 0x40, HANDLE = 0x40 };

static void fill(uint8_t *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
}

static void drop_heard(struct air *air)
{
    while (air_heard(air))
        ;
}

/* ---- attributes ---- */

static void a_message_leaves_in_notifications_of_the_mtu(void **state)
{
    (void)state;
    static const unsigned mtus[] = {23, 100, 247};
    for (unsigned i = 0; i < 3; i++) {
        struct air *air = air_new(1, (uint16_t)(27 + 112 * i), 2);
        struct air_device *d = &air->devices[0];
        uint8_t message[1000], got[1000], mtu[] = {2, (uint8_t)mtus[i], 0};
        size_t size = 0;
        fill(message, sizeof message, i);
        uint16_t handle = air_connect(d);
        air_send(d, handle, ATT, mtu, sizeof mtu);
        air_send(d, handle, ATT, "\x12\x09\x00\x01\x00", 5);
        drop_heard(air);
        assert_int_equal(syn_ble_send(&d->ble, 0, message, sizeof message), 0);
        air_run(air);
        for (const struct air_packet *p; (p = air_heard(air));) {
            assert_int_equal(p->cid, ATT);
            assert_memory_equal(p->bytes, "\x1b\x08\x00", 3);
            assert_true(p->size <= mtus[i]);
            memcpy(got + size, p->bytes + 3, p->size - 3u);
            size += p->size - 3u;
        }
        assert_int_equal(size, sizeof message);
        assert_memory_equal(got, message, size);
        air_free(air);
    }
}

static void what_is_written_to_the_characteristic_is_received(void **state)
{
    (void)state;
    struct air *air = air_new(1, 251, 2);
    struct air_device *d = &air->devices[0];
    uint16_t handle = air_connect(d);
    air_send(d, handle, ATT, "\x52\x08\x00zero", 7); /* to nobody */
    air_send(d, handle, ATT, "\x12\x09\x00\x01\x00", 5);
    air_send(d, handle, ATT, "\x52\x08\x00one", 6);
    air_send(d, handle, ATT, "\x52\x08\x00two", 6);
    assert_true(d->links[0].open);
    assert_int_equal(d->links[0].kind, SYN_BLE_GATT);
    assert_int_equal(d->links[0].size, 6);
    assert_memory_equal(d->links[0].bytes, "onetwo", 6);
    air_send(d, handle, ATT, "\x12\x09\x00\x00\x00", 5);
    assert_false(d->links[0].open);
    assert_int_equal(syn_ble_send(&d->ble, 0, (const uint8_t *)"x", 1), SYN_ELINK);
    air_free(air);
}

/* ---- channels, against the hand ---- */

/* Opens a channel with the limits of the hand; the link's number is 0, ours 0x40. */
static void open_channel(struct air *air, uint16_t mtu, uint16_t mps, uint16_t credits)
{
    uint8_t request[14] = {0x14, 1, 10, 0, 0x81, 0, 0x50, 0};
    syn_put_le16(request + 8, mtu);
    syn_put_le16(request + 10, mps);
    syn_put_le16(request + 12, credits);
    assert_int_equal(air_connect(&air->devices[0]), HANDLE);
    air_send(&air->devices[0], HANDLE, SIGNAL, request, sizeof request);
    drop_heard(air);
    assert_true(air->devices[0].links[0].open);
    assert_int_equal(air->devices[0].links[0].kind, SYN_BLE_HOST);
}

static void grant(struct air *air, uint16_t credits)
{
    uint8_t command[8] = {0x16, 2, 4, 0, 0x50, 0};
    syn_put_le16(command + 6, credits);
    air_send(&air->devices[0], HANDLE, SIGNAL, command, sizeof command);
}

static void no_packet_leaves_without_a_credit(void **state)
{
    (void)state;
    struct air *air = air_new(1, 251, 8);
    struct air_device *d = &air->devices[0];
    uint8_t message[2048], got[2048];
    size_t size = 0, left = 0;
    fill(message, sizeof message, 3);
    open_channel(air, 500, 100, 3);
    assert_int_equal(syn_ble_send(&d->ble, 0, message, sizeof message), 0);
    air_run(air);
    assert_int_equal(air->heard_count, 3);
    for (unsigned given = 1; size < sizeof message; given++) {
        for (const struct air_packet *p; (p = air_heard(air));) {
            const size_t skip = left == 0 ? 2 : 0;
            assert_int_equal(p->cid, 0x50);
            assert_true(p->size <= 100);
            left = left == 0 ? syn_get_le16(p->bytes) : left;
            assert_true(left <= 500);
            memcpy(got + size, p->bytes + skip, p->size - skip);
            size += p->size - skip;
            left -= p->size - skip;
        }
        grant(air, (uint16_t)given);
        assert_true(air->heard_count <= given);
    }
    assert_int_equal(size, sizeof message);
    assert_memory_equal(got, message, size);
    air_free(air);
}

static void a_full_queue_refuses_whole_messages_and_says_when_there_is_room(void **state)
{
    (void)state;
    struct air *air = air_new(1, 251, 8);
    struct air_device *d = &air->devices[0];
    uint8_t message[1000];
    unsigned queued = 0;
    fill(message, sizeof message, 1);
    open_channel(air, 1000, 247, 1);
    while (syn_ble_send(&d->ble, 0, message, sizeof message) == 0)
        queued++;
    assert_int_equal(queued, SYN_BLE_QUEUE_BYTES / 1002);
    assert_int_equal(syn_ble_send(&d->ble, 0, message, sizeof message), SYN_EBUSY);
    assert_int_equal(d->links[0].writable, 0);
    while (queued-- > 0) {
        grant(air, 5);
        drop_heard(air);
    }
    assert_int_equal(d->links[0].writable, 1);
    assert_true(syn_ble_drained(&d->ble));
    air_free(air);
}

/* Packets of the hand that break the rules of a channel. */
static void who_breaks_the_rules_is_disconnected(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size, times;
        const char *why;
    } wrong[] = {
        {"\x01", 1, 1, "half a length"},
        {"\xff\xff", 2, 1, "longer than our longest"},
        {"\x01\x00xy", 4, 1, "more than announced"},
        {"\x01\x00x", 3, 1000, "without credits"},
    };
    for (size_t i = 0; i < 4; i++) {
        struct air *air = air_new(1, 251, 8);
        struct air_device *d = &air->devices[0];
        open_channel(air, 1000, 247, 1);
        d->holds = i == 3; /* so that no credits are given back */
        print_message("%s\n", wrong[i].why);
        for (size_t n = 0; n < wrong[i].times && air_is_connected(d, HANDLE); n++)
            air_send(d, HANDLE, CHANNEL, wrong[i].bytes, wrong[i].size);
        assert_false(air_is_connected(d, HANDLE));
        assert_int_equal(d->links[0].closed, 1);
        assert_true(d->advertising);
        air_free(air);
    }
}

static void too_many_credits_break_the_rules(void **state)
{
    (void)state;
    struct air *air = air_new(1, 251, 8);
    open_channel(air, 1000, 247, 1);
    grant(air, 65534);
    assert_true(air_is_connected(&air->devices[0], HANDLE));
    grant(air, 1);
    assert_false(air_is_connected(&air->devices[0], HANDLE));
    air_free(air);
}

static void commands_that_nobody_takes_are_bounded(void **state)
{
    (void)state;
    struct air *air = air_new(1, 251, 8);
    struct air_device *d = &air->devices[0];
    open_channel(air, 1000, 247, 1);
    d->holds = true;
    for (unsigned i = 0; i < 500; i++) {
        air_send(d, HANDLE, SIGNAL, "\x17\x05\x00\x00", 4);
        air_send(d, HANDLE, ATT, "\x0a\x03\x00", 3);
    }
    assert_int_equal(d->acl_used, 8);
    d->holds = false;
    air_run(air);
    drop_heard(air);
    air_send(d, HANDLE, ATT, "\x0a\x05\x00", 3);
    assert_non_null(air_heard(air));
    air_free(air);
}

static void a_device_that_leaves_sends_what_waits_first(void **state)
{
    (void)state;
    struct air *air = air_new(1, 251, 2);
    struct air_device *d = &air->devices[0];
    uint8_t message[1000] = {0};
    open_channel(air, 1000, 247, 100);
    assert_int_equal(syn_ble_send(&d->ble, 0, message, sizeof message), 0);
    syn_ble_leave(&d->ble, air->now_ns);
    air_run(air);
    assert_int_equal(air->heard_count, 5);
    assert_false(air_is_connected(d, HANDLE));
    assert_int_equal(d->links[0].closed, 0);
    assert_true(d->advertising);
    air_free(air);
}

/* ---- two of our hosts ---- */

static struct syn_ble_address address_of(const struct air_device *d)
{
    struct syn_ble_address address = {.random = false};
    memcpy(address.bytes, d->address, sizeof address.bytes);
    return address;
}

static unsigned open_pair(struct air *air)
{
    const struct syn_ble_address to = address_of(&air->devices[1]);
    int link = syn_ble_open(&air->devices[0].ble, &to);
    assert_int_equal(link, 0);
    air_run(air);
    return (unsigned)link;
}

static void wearables_open_channels_to_each_other(void **state)
{
    (void)state;
    static const uint16_t sizes[] = {27, 64, 251, 1021};
    for (unsigned k = 0; k < 4; k++) {
        struct air *air = air_new(2, sizes[k], 1 + 3 * k);
        struct air_device *a = &air->devices[0], *b = &air->devices[1];
        uint8_t sent[20000];
        size_t size = 0;
        (void)open_pair(air);
        assert_true(a->links[0].open && b->links[0].open);
        assert_int_equal(b->links[0].kind, SYN_BLE_PEER);
        for (size_t n = 1; size + n < sizeof sent; n = n * 3 % 2049 + 1) {
            fill(sent + size, n, (unsigned)n);
            assert_int_equal(syn_ble_send(&a->ble, 0, sent + size, n), 0);
            assert_int_equal(syn_ble_send(&b->ble, 0, sent + size, n), 0);
            size += n;
            air_run(air);
        }
        assert_int_equal(a->links[0].size, size);
        assert_int_equal(b->links[0].size, size);
        assert_memory_equal(a->links[0].bytes, sent, size);
        assert_memory_equal(b->links[0].bytes, sent, size);
        air_free(air);
    }
}

static void a_connection_that_carries_nothing_is_ended(void **state)
{
    (void)state;
    struct air *air = air_new(2, 251, 8);
    struct air_device *a = &air->devices[0], *b = &air->devices[1];
    syn_ble_close(&a->ble, open_pair(air));
    air_run(air);
    assert_int_equal(a->links[0].closed, 0); /* it closed it itself */
    a->links[0].open = false;
    assert_int_equal(b->links[0].closed, 1);
    assert_false(air_is_connected(a, HANDLE));
    assert_true(a->advertising && b->advertising);
    (void)open_pair(air);
    assert_int_equal(b->links[0].opened, 2);
    air_free(air);
}

static void a_peer_out_of_reach_is_given_up(void **state)
{
    (void)state;
    struct air *air = air_new(2, 251, 8);
    struct air_device *a = &air->devices[0];
    const struct syn_ble_address nobody = {.bytes = {7, 7, 7, 7, 7, 7}};
    const struct syn_ble_address to = address_of(&air->devices[1]);
    assert_int_equal(syn_ble_open(&a->ble, &nobody), 0);
    air_run(air);
    assert_true(a->initiating);
    assert_int_equal(syn_ble_open(&a->ble, &to), 1);
    air_pass(air, 5 * SECOND / 2);
    assert_int_equal(a->links[0].closed, 0);
    air_pass(air, 5 * SECOND / 2);
    assert_int_equal(a->links[0].closed, 1);
    assert_false(a->initiating);
    assert_int_equal(syn_ble_open(&a->ble, &to), 0);
    air_run(air);
    assert_true(a->links[0].open);
    air_free(air);
}

static void a_peer_that_takes_no_link_refuses(void **state)
{
    (void)state;
    struct air *air = air_new(2, 251, 8);
    air->devices[1].full = true;
    (void)open_pair(air);
    assert_int_equal(air->devices[0].links[0].opened, 0);
    assert_int_equal(air->devices[0].links[0].closed, 1);
    assert_false(air_is_connected(&air->devices[0], HANDLE));
    air_free(air);
}

static void a_peer_that_dies_closes_its_links(void **state)
{
    (void)state;
    struct air *air = air_new(3, 251, 8);
    struct air_device *a = &air->devices[0], *c = &air->devices[2];
    const struct syn_ble_address to = address_of(c);
    (void)open_pair(air);
    assert_int_equal(syn_ble_open(&a->ble, &to), 1);
    air_run(air);
    assert_true(a->links[1].open);
    syn_ble_start(&c->ble, air->now_ns); /* it was reset */
    air_run(air);
    assert_int_equal(a->links[1].closed, 1);
    assert_true(a->links[0].open);
    air_free(air);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_leaves_in_notifications_of_the_mtu),
        cmocka_unit_test(what_is_written_to_the_characteristic_is_received),
        cmocka_unit_test(no_packet_leaves_without_a_credit),
        cmocka_unit_test(a_full_queue_refuses_whole_messages_and_says_when_there_is_room),
        cmocka_unit_test(who_breaks_the_rules_is_disconnected),
        cmocka_unit_test(too_many_credits_break_the_rules),
        cmocka_unit_test(commands_that_nobody_takes_are_bounded),
        cmocka_unit_test(a_device_that_leaves_sends_what_waits_first),
        cmocka_unit_test(wearables_open_channels_to_each_other),
        cmocka_unit_test(a_connection_that_carries_nothing_is_ended),
        cmocka_unit_test(a_peer_out_of_reach_is_given_up),
        cmocka_unit_test(a_peer_that_takes_no_link_refuses),
        cmocka_unit_test(a_peer_that_dies_closes_its_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
