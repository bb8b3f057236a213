/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "att_server.h"
#include "transports/ble/gatt.h"

static const char address[] = "C0:FF:EE:00:00:01";

struct fixture {
    struct att_server server;
    struct syn_gatt gatt;
    struct syn_gatt_events events;
    struct syn_error error;
    unsigned channels, readies, failures;
    uint16_t psm;
    uint8_t got[SYN_ATT_MTU_MAX];
    size_t got_size;
    uint8_t written[SYN_ATT_MTU_MAX];
    size_t written_size;
    int64_t now_ns;
};

static void on_channel(void *ctx, uint16_t psm)
{
    struct fixture *f = ctx;
    f->channels++;
    f->psm = psm;
}

static void on_ready(void *ctx)
{
    ((struct fixture *)ctx)->readies++;
}

static void on_received(void *ctx, const uint8_t *packet, size_t size)
{
    struct fixture *f = ctx;
    memcpy(f->got, packet, size);
    f->got_size = size;
}

static void on_failed(void *ctx, const struct syn_error *error)
{
    struct fixture *f = ctx;
    f->failures++;
    f->error = *error;
}

static void on_written(void *ctx, const uint8_t *data, size_t size)
{
    struct fixture *f = ctx;
    memcpy(f->written, data, size);
    f->written_size = size;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->events = (struct syn_gatt_events){on_channel, on_ready, on_received, on_failed, f};
    f->server = (struct att_server){.mtu = 247, .written = on_written, .ctx = f};
    att_server_add_generic(&f->server);
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* Carries PDUs to and fro until nobody has one. */
static void exchange(struct fixture *f)
{
    const uint8_t *pdu;
    uint8_t answer[SYN_ATT_MTU_MAX];
    size_t n;
    for (int i = 0; i < 100 && (n = syn_att_client_output(&f->gatt.att, &pdu)) > 0; i++) {
        size_t size = att_server_answer(&f->server, pdu, n, answer);
        syn_att_client_sent(&f->gatt.att, f->now_ns);
        if (size > 0)
            syn_att_client_receive(&f->gatt.att, answer, size);
    }
}

static void connect_to(struct fixture *f, bool wants_channel)
{
    syn_gatt_begin(&f->gatt, &f->events, address, wants_channel);
    exchange(f);
    if (f->channels == 1 && f->failures == 0)
        syn_gatt_subscribe(&f->gatt);
    exchange(f);
}

static void smp_is_found_among_other_services_and_subscribed_to(void **state)
{
    struct fixture *f = *state;
    att_server_add_smp(&f->server);
    connect_to(f, false);
    assert_int_equal(f->failures, 0);
    assert_int_equal(f->readies, 1);
    assert_true(f->server.subscribed);
    assert_int_equal(syn_gatt_packet_max(&f->gatt), 244);
}

static void a_message_goes_as_a_write_command_and_comes_as_a_notification(void **state)
{
    struct fixture *f = *state;
    uint8_t pdu[SYN_ATT_MTU_MAX], none[1];
    att_server_add_smp(&f->server);
    connect_to(f, false);
    size_t n = syn_gatt_packet(&f->gatt, (const uint8_t *)"hello", 5, pdu);
    assert_int_equal(att_server_answer(&f->server, pdu, n, none), 0);
    assert_int_equal(f->written_size, 5);
    assert_memory_equal(f->written, "hello", 5);
    uint8_t back[] = {SYN_ATT_NOTIFICATION, (uint8_t)f->server.smp_handle, 0, 'y', 'o'};
    syn_att_client_receive(&f->gatt.att, back, sizeof back);
    assert_int_equal(f->got_size, 2);
    assert_memory_equal(f->got, "yo", 2);
    back[1]++; /* of another characteristic */
    back[3] = 'n';
    syn_att_client_receive(&f->gatt.att, back, sizeof back);
    assert_memory_equal(f->got, "yo", 2);
}

static void the_channel_of_our_agents_is_told(void **state)
{
    struct fixture *f = *state;
    att_server_add_smp(&f->server);
    att_server_add_agent(&f->server, 0x80);
    syn_gatt_begin(&f->gatt, &f->events, address, true);
    exchange(f);
    assert_int_equal(f->channels, 1);
    assert_int_equal(f->psm, 0x80);
    assert_int_equal(f->server.requests, 2); /* no more than the MTU and a read */
}

static void a_device_without_channel_or_with_an_impossible_one_has_none(void **state)
{
    struct fixture *f = *state;
    syn_gatt_begin(&f->gatt, &f->events, address, true);
    exchange(f);
    assert_int_equal(f->channels, 1);
    assert_int_equal(f->psm, 0);
    att_server_add_agent(&f->server, 0x1001);
    syn_gatt_begin(&f->gatt, &f->events, address, true);
    exchange(f);
    assert_int_equal(f->channels, 2);
    assert_int_equal(f->psm, 0);
}

static void a_device_that_knows_the_least_mtu_alone_is_spoken_to_in_short_packets(void **state)
{
    struct fixture *f = *state;
    f->server.mtu = 0;
    att_server_add_smp(&f->server);
    connect_to(f, true);
    assert_int_equal(f->readies, 1);
    assert_int_equal(syn_gatt_packet_max(&f->gatt), 20);
}

static void an_mtu_beyond_all_bounds_is_cut_to_ours(void **state)
{
    struct fixture *f = *state;
    f->server.mtu = 65535;
    syn_gatt_begin(&f->gatt, &f->events, address, false);
    exchange(f);
    assert_int_equal(syn_gatt_packet_max(&f->gatt), SYN_ATT_MTU_MAX - 3);
}

static void the_characteristic_is_found_behind_many_others(void **state)
{
    struct fixture *f = *state;
    att_server_add_service(&f->server, SYN_UUID_SMP);
    for (unsigned i = 0; i < 6; i++)
        (void)att_server_add_characteristic(&f->server, "00000000-0000-0000-0000-00000000000a", 2,
                                            NULL, 0);
    f->server.mtu = 40; /* one of them an answer */
    f->server.smp_handle =
        att_server_add_characteristic(&f->server, SYN_UUID_SMP_DATA, 0x14, NULL, 0);
    (void)att_server_add_descriptor(&f->server, 0x2901);
    (void)att_server_add_descriptor(&f->server, 0x2904);
    f->server.cccd_handle = att_server_add_descriptor(&f->server, 0x2902);
    connect_to(f, false);
    assert_int_equal(f->readies, 1);
    assert_true(f->server.subscribed);
}

static void a_device_without_smp_is_told_so(void **state)
{
    struct fixture *f = *state;
    connect_to(f, true);
    assert_int_equal(f->failures, 1);
    assert_int_equal(f->error.code, SYN_EUNSUP);
    assert_string_equal(f->error.message, "the device has no SMP service");
    assert_non_null(strstr(f->error.hint, "ble scan"));
}

static void a_service_without_its_parts_is_told_with_the_part(void **state)
{
    struct fixture *f = *state;
    att_server_add_service(&f->server, SYN_UUID_SMP);
    (void)att_server_add_characteristic(&f->server, SYN_UUID_CHANNEL, 2, NULL, 0);
    connect_to(f, false);
    assert_string_equal(f->error.message, "the device's SMP service lacks its characteristic");

    struct fixture *g = f;
    g->server.count = 0;
    g->channels = g->failures = 0;
    att_server_add_service(&g->server, SYN_UUID_SMP);
    (void)att_server_add_characteristic(&g->server, SYN_UUID_SMP_DATA, 0x14, NULL, 0);
    (void)att_server_add_characteristic(&g->server, SYN_UUID_CHANNEL, 0x14, NULL, 0);
    (void)att_server_add_descriptor(&g->server, 0x2902); /* the other's */
    connect_to(g, false);
    assert_int_equal(g->failures, 1);
    assert_string_equal(g->error.message,
                        "the device's SMP characteristic cannot be subscribed to");
}

static void a_characteristic_that_cannot_notify_is_refused(void **state)
{
    struct fixture *f = *state;
    att_server_add_service(&f->server, SYN_UUID_SMP);
    (void)att_server_add_characteristic(&f->server, SYN_UUID_SMP_DATA, 0x04, NULL, 0);
    (void)att_server_add_descriptor(&f->server, 0x2902);
    connect_to(f, false);
    assert_int_equal(f->error.code, SYN_EUNSUP);
    assert_non_null(strstr(f->error.message, "notification"));
}

static void every_error_for_want_of_pairing_says_how_to_pair(void **state)
{
    static const uint8_t codes[] = {SYN_ATT_INSUFFICIENT_AUTHENTICATION,
                                    SYN_ATT_INSUFFICIENT_AUTHORIZATION,
                                    SYN_ATT_INSUFFICIENT_KEY_SIZE, SYN_ATT_INSUFFICIENT_ENCRYPTION};
    struct fixture *f = *state;
    att_server_add_smp(&f->server);
    for (unsigned i = 0; i < sizeof codes; i++) {
        f->channels = f->failures = 0;
        att_server_find(&f->server, f->server.cccd_handle)->error = codes[i];
        connect_to(f, true);
        assert_int_equal(f->failures, 1);
        assert_int_equal(f->error.code, SYN_EACCESS);
        assert_string_equal(f->error.message, "subscribing: pairing required");
        assert_string_equal(f->error.hint,
                            "with bluetoothd running: bluetoothctl pair C0:FF:EE:00:00:01");
    }
}

static void a_device_that_falls_silent_is_given_up_in_time(void **state)
{
    struct fixture *f = *state;
    const uint8_t *pdu;
    syn_gatt_begin(&f->gatt, &f->events, address, true);
    assert_true(syn_att_client_deadline(&f->gatt.att) == INT64_MAX);
    assert_true(syn_att_client_output(&f->gatt.att, &pdu) > 0);
    syn_att_client_sent(&f->gatt.att, 1000);
    int64_t by = syn_att_client_deadline(&f->gatt.att);
    assert_true(by == 1000 + SYN_ATT_PATIENCE_NS);
    syn_att_client_expire(&f->gatt.att, by - 1);
    assert_int_equal(f->failures, 0);
    syn_att_client_expire(&f->gatt.att, by);
    assert_int_equal(f->failures, 1);
    assert_int_equal(f->error.code, SYN_ETIMEOUT);
}

static void what_the_other_side_asks_is_refused_before_our_own_request(void **state)
{
    static const uint8_t read[] = {0x0a, 0x03, 0x00}, mtu[] = {0x02, 100, 0};
    static const uint8_t refusal[] = {0x01, 0x0a, 0x03, 0x00, 0x06};
    struct fixture *f = *state;
    const uint8_t *pdu;
    syn_gatt_begin(&f->gatt, &f->events, address, true);
    syn_att_client_receive(&f->gatt.att, read, sizeof read);
    assert_int_equal(syn_att_client_output(&f->gatt.att, &pdu), 5);
    assert_memory_equal(pdu, refusal, 5);
    syn_att_client_sent(&f->gatt.att, 0);
    syn_att_client_receive(&f->gatt.att, mtu, sizeof mtu);
    assert_int_equal(syn_att_client_output(&f->gatt.att, &pdu), 3);
    assert_int_equal(pdu[0], SYN_ATT_MTU_RESPONSE);
    syn_att_client_sent(&f->gatt.att, 0);
    assert_int_equal(syn_gatt_packet_max(&f->gatt), 97);
    assert_int_equal(syn_att_client_output(&f->gatt.att, &pdu), 3);
    assert_int_equal(pdu[0], SYN_ATT_MTU_REQUEST);
}

static void an_indication_is_confirmed(void **state)
{
    static const uint8_t indication[] = {0x1d, 9, 0, 1};
    struct fixture *f = *state;
    const uint8_t *pdu;
    syn_gatt_begin(&f->gatt, &f->events, address, true);
    syn_att_client_receive(&f->gatt.att, indication, sizeof indication);
    assert_int_equal(syn_att_client_output(&f->gatt.att, &pdu), 1);
    assert_int_equal(pdu[0], SYN_ATT_CONFIRMATION);
}

static void answers_that_nobody_asked_for_change_nothing(void **state)
{
    static const uint8_t early[] = {0x03, 100, 0};
    struct fixture *f = *state;
    syn_gatt_begin(&f->gatt, &f->events, address, true);
    syn_att_client_receive(&f->gatt.att, early, sizeof early); /* before the request left */
    syn_att_client_receive(&f->gatt.att, early, 0);
    assert_int_equal(f->gatt.att.strange, 2);
    assert_int_equal(f->channels, 0);
    assert_int_equal(syn_gatt_packet_max(&f->gatt), 20);
}

/* One request and its answer, which `spoil` (NULL: nobody) may change; false when none was made. */
static bool step(struct fixture *f, size_t (*spoil)(uint8_t *answer, size_t size, unsigned how),
                 unsigned how)
{
    const uint8_t *pdu;
    uint8_t answer[SYN_ATT_MTU_MAX];
    size_t n = syn_att_client_output(&f->gatt.att, &pdu);
    if (n == 0 || f->failures > 0)
        return false;
    n = att_server_answer(&f->server, pdu, n, answer);
    syn_att_client_sent(&f->gatt.att, 0);
    syn_att_client_receive(&f->gatt.att, answer, spoil ? spoil(answer, n, how) : n);
    if (f->channels == 1 && f->failures == 0 && f->readies == 0 &&
        syn_att_client_output(&f->gatt.att, &pdu) == 0)
        syn_gatt_subscribe(&f->gatt);
    return true;
}

/* Cut or lengthened to `how` / 5 bytes, filled with nonsense in five ways. */
static size_t spoil(uint8_t *answer, size_t size, unsigned how)
{
    static const uint8_t fills[] = {0, 0xff, 7, 21};
    size_t cut = 1 + how / 5;
    if (how % 5 > 0)
        memset(answer + 1, fills[how % 5 - 1], SYN_ATT_MTU_MAX - 1);
    else if (cut > size)
        memset(answer + size, 0, cut - size);
    return cut;
}

static void every_malformed_answer_goes_on_or_ends_in_one_error(void **state)
{
    struct fixture *f = *state;
    att_server_add_smp(&f->server);
    for (unsigned at = 0; at < 5; at++)
        for (unsigned how = 0; how < 5 * 60; how++) {
            unsigned steps = 0;
            f->channels = f->failures = f->readies = 0;
            syn_gatt_begin(&f->gatt, &f->events, address, false);
            while (steps < 50 && step(f, steps == at ? spoil : NULL, how))
                steps++;
            assert_in_range(steps, 1, 49); /* it comes to an end */
            assert_int_equal(f->failures + f->readies, 1);
        }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(smp_is_found_among_other_services_and_subscribed_to),
        TEST(a_message_goes_as_a_write_command_and_comes_as_a_notification),
        TEST(the_channel_of_our_agents_is_told),
        TEST(a_device_without_channel_or_with_an_impossible_one_has_none),
        TEST(a_device_that_knows_the_least_mtu_alone_is_spoken_to_in_short_packets),
        TEST(an_mtu_beyond_all_bounds_is_cut_to_ours),
        TEST(the_characteristic_is_found_behind_many_others),
        TEST(a_device_without_smp_is_told_so),
        TEST(a_service_without_its_parts_is_told_with_the_part),
        TEST(a_characteristic_that_cannot_notify_is_refused),
        TEST(every_error_for_want_of_pairing_says_how_to_pair),
        TEST(a_device_that_falls_silent_is_given_up_in_time),
        TEST(what_the_other_side_asks_is_refused_before_our_own_request),
        TEST(an_indication_is_confirmed),
        TEST(answers_that_nobody_asked_for_change_nothing),
        TEST(every_malformed_answer_goes_on_or_ends_in_one_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
