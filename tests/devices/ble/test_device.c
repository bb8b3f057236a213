/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "air.h"

#define SECOND 1000000000LL

enum { ATT = 4, SIGNAL = 5, SECURITY = 6 };

static int set_up(void **state)
{
    *state = air_new(1, 251, 4);
    return 0;
}

static int tear_down(void **state)
{
    air_free(*state);
    return 0;
}

static size_t from_hex(const char *text, uint8_t *bytes)
{
    size_t n = 0;
    unsigned byte;
    int used;
    while (sscanf(text, " %2x%n", &byte, &used) == 1) {
        bytes[n++] = (uint8_t)byte;
        text += used;
    }
    return n;
}

static void send_hex(struct air *air, uint16_t handle, uint16_t cid, const char *hex)
{
    uint8_t bytes[300];
    size_t size = from_hex(hex, bytes);
    air_send(&air->devices[0], handle, cid, bytes, size);
}

static void assert_heard(struct air *air, uint16_t cid, const char *hex)
{
    uint8_t bytes[300];
    size_t size = from_hex(hex, bytes);
    const struct air_packet *p = air_heard(air);
    assert_non_null(p);
    assert_int_equal(p->cid, cid);
    assert_int_equal(p->size, size);
    assert_memory_equal(p->bytes, bytes, size);
}

static void a_controller_is_set_up_and_advertises(void **state)
{
    struct air *air = *state;
    const struct air_device *d = &air->devices[0];
    static const uint8_t service[] = {17,   7,    0x84, 0xaa, 0x60, 0x74, 0x52, 0x8a, 0x8b,
                                      0x86, 0xd3, 0x4c, 0xb7, 0x1d, 0x1d, 0xdc, 0x53, 0x8d};
    assert_true(syn_ble_ready(&d->ble));
    assert_int_equal(d->commands[0], 0x0c03);
    assert_true(d->advertising);
    assert_true(d->data[0] <= 31);
    assert_memory_equal(d->data + 1, "\x02\x01\x06", 3);
    assert_memory_equal(d->data + 4, service, sizeof service);
    assert_memory_equal(d->data + 22,
                        "\x09\x08"
                        "a wearab",
                        10);
    assert_memory_equal(d->response + 1,
                        "\x18\x09"
                        "a wearable of long name",
                        25);
}

static void a_controller_that_falls_silent_is_reset(void **state)
{
    struct air *air = *state;
    struct air_device *d = &air->devices[0];
    d->silent = true;
    uint16_t handle = air_connect(d); /* so that it wants to advertise again */
    send_hex(air, handle, ATT, "12 09 00 01 00");
    assert_true(d->links[0].open);
    air_pass(air, 3 * SECOND);
    assert_false(d->links[0].open);
    d->silent = false;
    air_pass(air, 3 * SECOND);
    assert_int_equal(d->resets, 2);
    assert_true(syn_ble_ready(&d->ble));
    assert_true(d->advertising);
}

static void a_step_that_fails_is_tried_again_later(void **state)
{
    struct air *air = *state;
    struct air_device *d = &air->devices[0];
    d->fails = 0x2006;
    syn_ble_start(&d->ble, air->now_ns);
    air_run(air);
    assert_false(syn_ble_ready(&d->ble));
    d->fails = 0;
    air_pass(air, 3 * SECOND);
    assert_true(syn_ble_ready(&d->ble));
    assert_true(d->advertising);
}

static void it_advertises_while_it_can_take_one_more_connection(void **state)
{
    struct air *air = *state;
    struct air_device *d = &air->devices[0];
    for (unsigned i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++)
        (void)air_connect(d);
    assert_false(d->advertising);
    air_disconnect(d, 0x42);
    assert_true(d->advertising);
}

/* Requests and responses of one connection, in order. */
static const struct exchange {
    const char *request, *response;
} exchanges[] = {
    {"02 17 00", "03 f7 00"},
    /* services, in two answers since their UUIDs differ in size */
    {"10 01 00 ff ff 00 28", "11 06 01 00 05 00 00 18"},
    {"10 06 00 ff ff 00 28", "11 14 06 00 09 00 84 aa 60 74 52 8a 8b 86 d3 4c b7 1d 1d dc 53 8d"},
    {"10 0d 00 ff ff 00 28", "01 10 0d 00 0a"},
    {"10 01 00 ff ff 03 28", "01 10 01 00 10"},
    {"06 01 00 ff ff 00 28 84 aa 60 74 52 8a 8b 86 d3 4c b7 1d 1d dc 53 8d", "07 06 00 09 00"},
    {"06 01 00 ff ff 00 28 0f 18", "01 06 01 00 0a"},
    /* characteristics */
    {"08 01 00 05 00 03 28", "09 07 02 00 02 03 00 00 2a 04 00 02 05 00 01 2a"},
    {"08 06 00 09 00 03 28",
     "09 15 07 00 14 08 00 48 7c 99 74 11 26 9e ae 01 4e ce fb 28 78 2e da"},
    {"08 01 00 ff ff 3a 55 52 5a a7 55 70 a4 1d 44 fa 28 56 30 dd ab", "09 04 0c 00 81 00"},
    {"08 01 00 ff ff 48 7c 99 74 11 26 9e ae 01 4e ce fb 28 78 2e da", "01 08 08 00 02"},
    /* a short UUID in its long form */
    {"08 01 00 ff ff fb 34 9b 5f 80 00 00 80 00 10 00 00 01 2a 00 00", "09 04 05 00 40 05"},
    {"04 06 00 09 00", "05 01 06 00 00 28 07 00 03 28"},
    {"04 08 00 09 00", "05 02 08 00 48 7c 99 74 11 26 9e ae 01 4e ce fb 28 78 2e da"},
    {"04 00 00 09 00", "01 04 00 00 01"},
    {"04 05 00 04 00", "01 04 05 00 01"},
    /* values: MTU is 23 */
    {"0a 05 00", "0b 40 05"},
    {"0a 03 00", "0b 61 20 77 65 61 72 61 62 6c 65 20 6f 66 20 6c 6f 6e 67 20 6e 61 6d"},
    {"0c 03 00 16 00", "0d 65"},
    {"0c 03 00 17 00", "0d"},
    {"0c 03 00 18 00", "01 0c 03 00 07"},
    {"0a 0c 00", "0b 81 00"},
    {"0a 08 00", "01 0a 08 00 02"},
    {"0a 0d 00", "01 0a 0d 00 01"},
    {"0a 00", "01 0a 00 00 04"},
    /* writing */
    {"0a 09 00", "0b 00 00"},
    {"12 09 00 01 00", "13"},
    {"0a 09 00", "0b 01 00"},
    {"12 09 00 01", "01 12 09 00 0d"},
    {"12 0c 00 01 00", "01 12 0c 00 03"},
    {"12 08 00 01 00", "01 12 08 00 03"},
    {"12 0e 00 01 00", "01 12 0e 00 01"},
    /* not supported: prepared writes, reading several, what there is not */
    {"16 08 00 00 00 01", "01 16 00 00 06"},
    {"0e 03 00 05 00", "01 0e 00 00 06"},
    {"3a", "01 3a 00 00 06"},
};

static void requests_are_answered_as_the_specification_says(void **state)
{
    struct air *air = *state;
    uint16_t handle = air_connect(&air->devices[0]);
    for (size_t i = 0; i < sizeof exchanges / sizeof *exchanges; i++) {
        send_hex(air, handle, ATT, exchanges[i].request);
        while (air->heard_count > 0 && air->heard[0].cid != ATT)
            (void)air_heard(air);
        assert_heard(air, ATT, exchanges[i].response);
    }
    for (const char *none = "52 08 00 01\0d2 08 00 01\0"; *none; none += strlen(none) + 1)
        send_hex(air, handle, ATT, none);
    send_hex(air, handle, ATT, "1e");
    send_hex(air, handle, ATT, "1b 08 00 01");
    assert_null(air_heard(air));
}

static void pairing_is_refused(void **state)
{
    struct air *air = *state;
    uint16_t handle = air_connect(&air->devices[0]);
    send_hex(air, handle, SECURITY, "01 04 00 01 10 07 07");
    assert_heard(air, SECURITY, "05 05");
    air_bytes(&air->devices[0], "\x04\x3e\x0d\x05\x40\x00\0\0\0\0\0\0\0\0\0\0", 16);
    air_run(air);
    assert_int_equal(air->devices[0].commands[air->devices[0].command_count - 1], 0x201b);
}

static void a_device_without_room_says_so(void **state)
{
    struct air *air = *state;
    uint16_t handle = air_connect(&air->devices[0]);
    air->devices[0].full = true;
    send_hex(air, handle, ATT, "12 09 00 01 00");
    assert_heard(air, ATT, "01 12 09 00 11");
    send_hex(air, handle, ATT, "0a 09 00");
    assert_heard(air, ATT, "0b 00 00");
    send_hex(air, handle, SIGNAL, "14 05 0a 00 81 00 40 00 00 02 f7 00 08 00");
    assert_heard(air, SIGNAL, "15 05 0a 00 00 00 00 00 00 00 00 00 04 00");
}

static void signalling_refuses_what_it_must(void **state)
{
    struct air *air = *state;
    uint16_t handle = air_connect(&air->devices[0]);
    static const struct exchange wrong[] = {
        {"14 01 0a 00 25 00 40 00 00 02 f7 00 08 00", "15 01 0a 00 00 00 00 00 00 00 00 00 02 00"},
        {"14 02 0a 00 81 00 3f 00 00 02 f7 00 08 00", "15 02 0a 00 00 00 00 00 00 00 00 00 09 00"},
        {"14 03 0a 00 81 00 40 00 16 00 f7 00 08 00", "15 03 0a 00 00 00 00 00 00 00 00 00 0b 00"},
        {"12 04 08 00 06 00 0c 00 00 00 90 01", "01 04 02 00 00 00"}, /* we are no central */
        {"17 05 02 00 00 00", "01 05 02 00 00 00"},
        {"06 06 04 00 40 00 40 00", "01 06 06 00 02 00 40 00 40 00"},
        {"06 07 05 00 40 00 40 00", "01 07 02 00 00 00"}, /* its length is wrong */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        send_hex(air, handle, SIGNAL, wrong[i].request);
        assert_heard(air, SIGNAL, wrong[i].response);
    }
    assert_true(air_is_connected(&air->devices[0], handle));
}

static void any_bytes_of_a_controller_leave_it_whole(void **state)
{
    struct air *air = *state;
    struct air_device *d = &air->devices[0];
    const uint32_t seed = 20261122;
    print_message("seed %u\n", seed);
    air->random = seed;
    d->silent = true; /* what it says is what it said by chance */
    for (unsigned round = 0; round < 3000; round++) {
        uint8_t bytes[64];
        size_t size = 1 + air_random(air, sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)air_random(air, 256);
        if (air_random(air, 2))
            bytes[0] = (uint8_t)(2 + 2 * air_random(air, 2));
        air_bytes(d, bytes, size);
        air_pass(air, SECOND / 50);
    }
    d->silent = false;
    memset(d->connections, 0, sizeof d->connections);
    static const uint8_t zeros[70000];
    air_bytes(d, zeros, sizeof zeros); /* ends whatever it took for a packet */
    air_run(air);
    for (unsigned i = 0; i < 5; i++)
        air_pass(air, 3 * SECOND);
    syn_ble_start(&d->ble, air->now_ns);
    air_run(air);
    assert_true(syn_ble_ready(&d->ble));
    assert_true(d->advertising);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_controller_is_set_up_and_advertises),
        TEST(a_controller_that_falls_silent_is_reset),
        TEST(a_step_that_fails_is_tried_again_later),
        TEST(it_advertises_while_it_can_take_one_more_connection),
        TEST(requests_are_answered_as_the_specification_says),
        TEST(pairing_is_refused),
        TEST(a_device_without_room_says_so),
        TEST(signalling_refuses_what_it_must),
        TEST(any_bytes_of_a_controller_leave_it_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
