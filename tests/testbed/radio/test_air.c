/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/testbed/radio/control.h"
#include "tests/testbed/radio/host.h"

/* Of the controllers in the order of coming. */
static const uint8_t first[6] = {1, 0, 0, 0xee, 0xff, 0xc0},
                     second[6] = {2, 0, 0, 0xee, 0xff, 0xc0};

enum { TIMEOUT = 10, LONG_TIMEOUT = 3200, BUFFERS = 8 };

/* A central and a peripheral that are connected. */
struct pair {
    struct lab lab;
    struct host central, peripheral;
    unsigned handles[2];
};

static struct pair *make_pair(struct pair *p, unsigned timeout_10ms)
{
    lab_open(&p->lab);
    p->central = host_open(&p->lab);
    p->peripheral = host_open(&p->lab);
    host_advertise(&p->peripheral, "data", "");
    host_connect(&p->central, &p->peripheral, timeout_10ms, second, p->handles);
    return p;
}

static void end_pair(struct pair *p)
{
    host_close(&p->central);
    host_close(&p->peripheral);
    lab_close(&p->lab);
}

/* ---- commands ---- */

static void a_controller_tells_its_address_which_its_host_may_change(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab);
    struct host a = host_open(&lab), b = host_open(&lab);
    assert_memory_equal(host_ask(&a, 0x1009, NULL, 0) + 1, first, 6);
    assert_memory_equal(host_ask(&b, 0x1009, NULL, 0) + 1, second, 6);
    assert_int_equal(host_ask(&b, 0xfc06, "abcdef", 6)[0], SYN_HCI_SUCCESS);
    assert_memory_equal(host_ask(&b, 0x1009, NULL, 0) + 1, "abcdef", 6);
    host_close(&a);
    host_close(&b);
    lab_close(&lab);
}

static void commands_that_are_unknown_or_too_short_are_refused(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab);
    struct host a = host_open(&lab);
    assert_int_equal(host_ask(&a, 0x2036, "", 0)[0], SYN_HCI_UNKNOWN_COMMAND);
    assert_int_equal(host_ask(&a, 0x2005, "abc", 3)[0], SYN_HCI_INVALID);
    host_command(&a, 0x0406, "\x40\0\x13", 3);
    assert_int_equal(host_event(&a, SYN_HCI_STATUS)[0], SYN_HCI_UNKNOWN_CONNECTION);
    host_close(&a);
    lab_close(&lab);
}

static void what_is_no_packet_ends_the_connection_of_the_host(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab);
    struct host a = host_open(&lab);
    assert_int_equal(write(a.fd, "garbage", 7), 7);
    host_event(&a, SYN_HCI_HARDWARE_ERROR);
    host_end(&a);
    host_close(&a);
    lab_close(&lab);
}

/* ---- hearing ---- */

static void scanners_hear_who_advertises_and_what_it_answers(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab);
    struct host a = host_open(&lab), b = host_open(&lab);
    const uint8_t active[7] = {1}, once[2] = {1, 1}, off[2] = {0}, again[2] = {1, 0};
    host_advertise(&b, "here", "I am");
    host_ask(&a, 0x200b, active, sizeof active);
    host_ask(&a, 0x200c, once, sizeof once);
    const uint8_t *report = host_le_event(&a, SYN_HCI_LE_REPORT);
    assert_int_equal(report[2], SYN_HCI_ADV_CONNECTABLE);
    assert_memory_equal(report + 4, second, 6);
    assert_memory_equal(report + 10, "\4here", 5);
    report = host_le_event(&a, SYN_HCI_LE_REPORT);
    assert_int_equal(report[2], SYN_HCI_SCAN_RESPONSE);
    assert_memory_equal(report + 10, "\4I am", 5);
    assert_true(host_silent(&a, SYN_HCI_LE, SYN_HCI_LE_REPORT));
    host_ask(&a, 0x200c, off, sizeof off);
    host_ask(&a, 0x200c, again, sizeof again);
    for (int i = 0; i < 6; i++) /* three advertisements */
        host_le_event(&a, SYN_HCI_LE_REPORT);
    host_close(&a);
    host_close(&b);
    lab_close(&lab);
}

static void a_scanner_with_an_accept_list_hears_nobody_else(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab);
    struct host a = host_open(&lab), b = host_open(&lab), c = host_open(&lab);
    const uint8_t passive[7] = {[6] = 1}, on[2] = {1, 0}, third[7] = {0, 3, 0, 0, 0xee, 0xff, 0xc0};
    host_advertise(&b, "b", "");
    host_advertise(&c, "c", "");
    host_ask(&a, 0x2011, third, sizeof third);
    host_ask(&a, 0x200b, passive, sizeof passive);
    host_ask(&a, 0x200c, on, sizeof on);
    for (int i = 0; i < 4; i++)
        assert_memory_equal(host_le_event(&a, SYN_HCI_LE_REPORT) + 4, third + 1, 6);
    host_close(&a);
    host_close(&b);
    host_close(&c);
    lab_close(&lab);
}

/* ---- links ---- */

static void a_link_carries_data_both_ways_and_gives_credits_back(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p, LONG_TIMEOUT);
    assert_int_not_equal(p.handles[0], p.handles[1]);
    host_acl(&p.central, p.handles[0], "ping", 4);
    const uint8_t *got = host_data(&p.peripheral);
    assert_int_equal(syn_hci_get16(got + 1) & 0xfff, p.handles[1]);
    assert_int_equal(got[2] >> 4, 2); /* a first packet, as it arrives */
    assert_memory_equal(got + 5, "ping", 4);
    host_acl(&p.peripheral, p.handles[1] | 1 << 12, "pong", 4);
    got = host_data(&p.central);
    assert_int_equal(got[2] >> 4, 1); /* a continuation stays one */
    assert_memory_equal(got + 5, "pong", 4);
    host_silent(&p.peripheral, -1, -1);
    assert_int_equal(p.central.completed, 1);
    assert_int_equal(p.peripheral.completed, 1);
    end_pair(&p);
}

static void a_hub_has_links_to_many_at_once(void **state)
{
    enum { PEERS = 8 };
    (void)state;
    struct lab lab;
    lab_open(&lab);
    struct host hub = host_open(&lab), peers[PEERS];
    unsigned handles[PEERS][2];
    uint8_t address[6], text[8];
    memcpy(address, first, 6);
    for (uint8_t i = 0; i < PEERS; i++) {
        peers[i] = host_open(&lab);
        host_advertise(&peers[i], "peer", "");
        address[0] = (uint8_t)(2 + i);
        host_connect(&hub, &peers[i], LONG_TIMEOUT, address, handles[i]);
    }
    for (uint8_t i = 0; i < PEERS; i++) {
        memset(text, i, sizeof text);
        host_acl(&hub, handles[i][0], text, sizeof text);
    }
    for (uint8_t i = 0; i < PEERS; i++) {
        memset(text, i, sizeof text);
        assert_memory_equal(host_data(&peers[i]) + 5, text, sizeof text);
        host_close(&peers[i]);
    }
    host_close(&hub);
    lab_close(&lab);
}

static void a_host_that_sends_without_credit_is_cut_off(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p, LONG_TIMEOUT);
    syn_air_set_far(p.lab.air, 1, true); /* so that packets stay under way */
    for (int i = 0; i < BUFFERS; i++)
        host_acl(&p.central, p.handles[0], "x", 1);
    assert_true(host_silent(&p.central, SYN_HCI_HARDWARE_ERROR, -1));
    host_acl(&p.central, p.handles[0], "x", 1);
    host_event(&p.central, SYN_HCI_HARDWARE_ERROR);
    host_end(&p.central);
    end_pair(&p);
}

static void a_host_that_does_not_read_stops_its_peer_and_nobody_else(void **state)
{
    (void)state;
    struct pair p;
    uint8_t data[251];
    unsigned sent = 0, got = 0;
    make_pair(&p, LONG_TIMEOUT);
    do { /* until no credit comes back any more */
        memset(data, (int)sent++, sizeof data);
        host_acl(&p.central, p.handles[0], data, sizeof data);
        host_silent(&p.central, -1, -1);
    } while (p.central.completed == sent);
    assert_int_equal(host_ask(&p.central, 0x1009, NULL, 0)[0], SYN_HCI_SUCCESS);
    for (; got < sent; got++)
        assert_int_equal(host_data(&p.peripheral)[5], (uint8_t)got);
    host_silent(&p.central, -1, -1);
    assert_int_equal(p.central.completed, sent);
    end_pair(&p);
}

static void a_limited_rate_takes_its_time(void **state)
{
    enum { PACKETS = 5, BYTES = 200, RATE = 20000 }; /* 10 ms each */
    (void)state;
    struct pair p;
    uint8_t data[BYTES] = {0};
    make_pair(&p, LONG_TIMEOUT);
    syn_air_set_rate(p.lab.air, RATE);
    int64_t start_ns = syn_loop_now();
    for (int i = 0; i < PACKETS; i++)
        host_acl(&p.central, p.handles[0], data, sizeof data);
    for (int i = 0; i < PACKETS; i++)
        host_data(&p.peripheral);
    assert_true(syn_loop_now() - start_ns >= INT64_C(10000000) * (PACKETS - 1));
    end_pair(&p);
}

/* ---- ends ---- */

static void both_ends_are_told_why_a_link_ended(void **state)
{
    (void)state;
    struct pair p;
    uint8_t parameters[3] = {0, 0, 0x13};
    make_pair(&p, LONG_TIMEOUT);
    syn_hci_put16(parameters, p.handles[1]);
    host_command(&p.peripheral, 0x0406, parameters, sizeof parameters);
    assert_int_equal(host_event(&p.peripheral, SYN_HCI_DISCONNECTED)[3], SYN_HCI_BY_LOCAL_HOST);
    const uint8_t *ended = host_event(&p.central, SYN_HCI_DISCONNECTED);
    assert_int_equal(syn_hci_get16(ended + 1), p.handles[0]);
    assert_int_equal(ended[3], 0x13);
    end_pair(&p);
}

static void a_link_out_of_range_ends_by_its_supervision_timeout(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p, TIMEOUT);
    syn_air_set_far(p.lab.air, 1, true);
    assert_int_equal(host_event(&p.central, SYN_HCI_DISCONNECTED)[3], SYN_HCI_TIMEOUT);
    assert_int_equal(host_event(&p.peripheral, SYN_HCI_DISCONNECTED)[3], SYN_HCI_TIMEOUT);
    end_pair(&p);
}

static void a_link_that_comes_back_in_time_goes_on(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p, LONG_TIMEOUT);
    syn_air_set_far(p.lab.air, 1, true);
    host_acl(&p.central, p.handles[0], "late", 4);
    assert_true(host_silent(&p.peripheral, -2, -1));
    syn_air_set_far(p.lab.air, 1, false);
    assert_memory_equal(host_data(&p.peripheral) + 5, "late", 4);
    end_pair(&p);
}

static void a_peer_whose_host_is_gone_times_out(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p, TIMEOUT);
    host_close(&p.peripheral);
    assert_int_equal(host_event(&p.central, SYN_HCI_DISCONNECTED)[3], SYN_HCI_TIMEOUT);
    end_pair(&p);
}

static void a_reset_forgets_links_and_advertising(void **state)
{
    struct syn_air_status status;
    (void)state;
    struct pair p;
    make_pair(&p, TIMEOUT);
    host_advertise(&p.peripheral, "again", "");
    host_ask(&p.peripheral, 0x0c03, NULL, 0);
    assert_int_equal(syn_air_status(p.lab.air, 1, &status), 0);
    assert_false(status.advertising);
    assert_int_equal(status.links, 0);
    host_event(&p.central, SYN_HCI_DISCONNECTED);
    end_pair(&p);
}

static void a_connection_attempt_can_be_given_up(void **state)
{
    (void)state;
    struct lab lab;
    lab_open(&lab);
    struct host a = host_open(&lab);
    const uint8_t parameters[25] = {0};
    assert_int_equal(host_ask(&a, 0x200e, NULL, 0)[0], SYN_HCI_DISALLOWED);
    host_command(&a, 0x200d, parameters, sizeof parameters);
    assert_int_equal(host_ask(&a, 0x200e, NULL, 0)[0], SYN_HCI_SUCCESS);
    assert_int_equal(host_le_event(&a, SYN_HCI_LE_CONNECTED)[1], SYN_HCI_UNKNOWN_CONNECTION);
    host_close(&a);
    lab_close(&lab);
}

/* ---- encryption ---- */

static uint8_t encrypt(struct pair *p, uint8_t offered, uint8_t known)
{
    uint8_t start[28], reply[18];
    memset(start, offered, sizeof start);
    syn_hci_put16(start, p->handles[0]);
    memset(reply, known, sizeof reply);
    syn_hci_put16(reply, p->handles[1]);
    host_command(&p->central, 0x2019, start, sizeof start);
    const uint8_t *request = host_le_event(&p->peripheral, SYN_HCI_LE_KEY_REQUEST);
    assert_int_equal(syn_hci_get16(request + 1), p->handles[1]);
    host_ask(&p->peripheral, 0x201a, reply, sizeof reply);
    uint8_t status = host_event(&p->central, SYN_HCI_ENCRYPTION_CHANGE)[0];
    assert_int_equal(host_event(&p->peripheral, SYN_HCI_ENCRYPTION_CHANGE)[0], status);
    return status;
}

static void a_link_is_encrypted_where_both_have_the_same_key(void **state)
{
    (void)state;
    struct pair p;
    make_pair(&p, LONG_TIMEOUT);
    assert_int_equal(encrypt(&p, 1, 2), SYN_HCI_MIC_FAILURE);
    assert_int_equal(encrypt(&p, 3, 3), SYN_HCI_SUCCESS);
    end_pair(&p);
}

/* ---- testers ---- */

static void testers_list_controllers_and_move_them(void **state)
{
    (void)state;
    struct pair p;
    char answer[512];
    make_pair(&p, TIMEOUT);
    syn_control_line(p.lab.air, "list\n", answer, sizeof answer);
    assert_string_equal(answer, "C0:FF:EE:00:00:01 public links 1\n"
                                "C0:FF:EE:00:00:02 public links 1\nok\n");
    syn_control_line(p.lab.air, "drop c0:ff:ee:00:00:02", answer, sizeof answer);
    assert_string_equal(answer, "ok\n");
    host_event(&p.central, SYN_HCI_DISCONNECTED);
    syn_control_line(p.lab.air, "far C0:FF:EE:00:00:01", answer, sizeof answer);
    syn_control_line(p.lab.air, "list", answer, sizeof answer);
    assert_string_equal(answer, "C0:FF:EE:00:00:01 public far links 0\n"
                                "C0:FF:EE:00:00:02 public links 0\nok\n");
    syn_control_line(p.lab.air, "near nobody", answer, sizeof answer);
    assert_string_equal(answer, "no such controller\n");
    syn_control_line(p.lab.air, "jump", answer, sizeof answer);
    assert_non_null(strstr(answer, "far ADDRESS"));
    end_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_controller_tells_its_address_which_its_host_may_change),
        cmocka_unit_test(commands_that_are_unknown_or_too_short_are_refused),
        cmocka_unit_test(what_is_no_packet_ends_the_connection_of_the_host),
        cmocka_unit_test(scanners_hear_who_advertises_and_what_it_answers),
        cmocka_unit_test(a_scanner_with_an_accept_list_hears_nobody_else),
        cmocka_unit_test(a_link_carries_data_both_ways_and_gives_credits_back),
        cmocka_unit_test(a_hub_has_links_to_many_at_once),
        cmocka_unit_test(a_host_that_sends_without_credit_is_cut_off),
        cmocka_unit_test(a_host_that_does_not_read_stops_its_peer_and_nobody_else),
        cmocka_unit_test(a_limited_rate_takes_its_time),
        cmocka_unit_test(both_ends_are_told_why_a_link_ended),
        cmocka_unit_test(a_link_out_of_range_ends_by_its_supervision_timeout),
        cmocka_unit_test(a_link_that_comes_back_in_time_goes_on),
        cmocka_unit_test(a_peer_whose_host_is_gone_times_out),
        cmocka_unit_test(a_reset_forgets_links_and_advertising),
        cmocka_unit_test(a_connection_attempt_can_be_given_up),
        cmocka_unit_test(a_link_is_encrypted_where_both_have_the_same_key),
        cmocka_unit_test(testers_list_controllers_and_move_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
