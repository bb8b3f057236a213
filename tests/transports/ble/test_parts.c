/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands alone: URIs, UUIDs, advertisements, words for what goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "transports/ble/advert.h"
#include "transports/ble/trouble.h"
#include "transports/ble/uuid.h"

/* ---- URIs ---- */

static void a_target_is_an_address_or_a_name_with_choices(void **state)
{
    struct syn_ble_target t;
    (void)state;
    assert_int_equal(syn_ble_target_parse(&t, "c0:ff:ee:00:00:01", NULL), 0);
    assert_string_equal(t.address, "C0:FF:EE:00:00:01");
    assert_int_equal(t.type, SYN_BLE_ANY);
    assert_int_equal(t.adapter, -1);
    assert_int_equal(syn_ble_target_parse(&t, "left ear?type=random&adapter=hci2&via=gatt", NULL),
                     0);
    assert_string_equal(t.address, "");
    assert_string_equal(t.name, "left ear");
    assert_int_equal(t.type, SYN_BLE_RANDOM);
    assert_int_equal(t.adapter, 2);
    assert_int_equal(t.via, SYN_BLE_VIA_GATT);
}

static void a_target_that_cannot_be_is_refused_with_the_choices(void **state)
{
    static const char *const wrong[] = {
        "?type=random",     "a?type=x",    "a?via=",          "a?adapter=0", "a?adapter=hci",
        "a?adapter=hci999", "a?baud=9600", "a?adapter=hci1x", "a?type"};
    struct syn_ble_target t;
    struct syn_error error;
    char lengthy[300];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        memset(&error, 0, sizeof error);
        assert_int_equal(syn_ble_target_parse(&t, wrong[i], &error), SYN_EINVAL);
        assert_true(error.message[0] != 0);
    }
    memset(lengthy, 'n', sizeof lengthy);
    lengthy[sizeof lengthy - 1] = 0;
    assert_int_equal(syn_ble_target_parse(&t, lengthy, NULL), SYN_EINVAL);
    lengthy[SYN_BLE_NAME] = 0;
    assert_int_equal(syn_ble_target_parse(&t, lengthy, NULL), SYN_EINVAL);
}

static void the_uri_of_what_was_found_leads_back_to_it(void **state)
{
    struct syn_ble_target t, again;
    char uri[128];
    (void)state;
    assert_int_equal(syn_ble_target_parse(&t, "ear?adapter=hci1&via=coc", NULL), 0);
    (void)syn_ble_target_uri(&t, "C0:FF:EE:00:00:01", SYN_BLE_RANDOM, uri, sizeof uri);
    assert_string_equal(uri, "ble:C0:FF:EE:00:00:01?type=random&adapter=hci1&via=coc");
    assert_int_equal(syn_ble_target_parse(&again, uri + 4, NULL), 0);
    assert_int_equal(again.type, SYN_BLE_RANDOM);
    assert_int_equal(again.adapter, 1);
    assert_int_equal(again.via, SYN_BLE_VIA_COC);
}

static void a_uuid_goes_from_text_to_bytes_and_back(void **state)
{
    struct syn_uuid uuid = syn_uuid_of("8D53DC1D-1db7-4cd3-868b-8a527460aa84");
    char text[SYN_UUID_TEXT];
    (void)state;
    assert_int_equal(uuid.bytes[0], 0x84);
    assert_int_equal(uuid.bytes[15], 0x8d);
    assert_string_equal(syn_uuid_text(&uuid, text), SYN_UUID_SMP);
}

/* ---- advertisements ---- */

static struct syn_ble_seen_list list;

static size_t put_structure(uint8_t *to, uint8_t type, const void *data, size_t size)
{
    to[0] = (uint8_t)(size + 1);
    to[1] = type;
    memcpy(to + 2, data, size);
    return size + 2;
}

/* A legacy report of a device with a random address. */
static size_t put_report(uint8_t *to, uint8_t last, const uint8_t *data, size_t size, int8_t rssi)
{
    const uint8_t head[] = {0, 1, last, 0, 0, 0xee, 0xff, 0xc0, (uint8_t)size};
    memcpy(to, head, sizeof head);
    memcpy(to + sizeof head, data, size);
    to[sizeof head + size] = (uint8_t)rssi;
    return sizeof head + size + 1;
}

static void what_is_advertised_in_several_parts_is_put_together(void **state)
{
    uint8_t event[256] = {0x02, 2}, data[64];
    struct syn_uuid smp = syn_uuid_of(SYN_UUID_SMP), agent = syn_uuid_of(SYN_UUID_AGENT);
    size_t at = 2;
    (void)state;
    memset(&list, 0, sizeof list);
    size_t n = put_structure(data, 0x01, "\x06", 1);
    n += put_structure(data + n, 0x07, smp.bytes, 16);
    at += put_report(event + at, 1, data, n, -40);
    n = put_structure(data, 0x06, agent.bytes, 16);
    n += put_structure(data + n, 0x09, "left ear", 8);
    n += put_structure(data + n, 0x08, "left", 4);
    at += put_report(event + at, 1, data, n, 127);
    assert_int_equal(syn_ble_advert_take(&list, event, at), 2);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0].address, "C0:FF:EE:00:00:01");
    assert_int_equal(list.items[0].type, SYN_BLE_RANDOM);
    assert_string_equal(list.items[0].name, "left ear");
    assert_int_equal(list.items[0].rssi_dbm, -40); /* 127: not known this time */
    assert_true(list.items[0].smp && list.items[0].ours && list.items[0].connectable);
}

static void an_extended_report_tells_the_same(void **state)
{
    uint8_t event[64] = {0x0d, 1, 0x13, 0, 0, 1, 0, 0, 0xee, 0xff, 0xc0, 1, 0, 0xff, 127, 0xd0};
    (void)state;
    memset(&list, 0, sizeof list);
    size_t n = put_structure(event + 2 + 24, 0x09, "ear", 3);
    event[2 + 23] = (uint8_t)n;
    assert_int_equal(syn_ble_advert_take(&list, event, 2 + 24 + n), 1);
    assert_string_equal(list.items[0].address, "C0:FF:EE:00:00:01");
    assert_int_equal(list.items[0].type, SYN_BLE_PUBLIC);
    assert_int_equal(list.items[0].rssi_dbm, -48);
    assert_string_equal(list.items[0].name, "ear");
}

/* Every prefix of an event, each in memory of its own length, so that one byte too far is seen. */
static void an_event_that_is_cut_anywhere_is_read_to_its_end_only(void **state)
{
    uint8_t event[256] = {0x02, 3}, data[64];
    size_t at = 2, n = put_structure(data, 0x09, "left ear", 8);
    (void)state;
    for (uint8_t i = 0; i < 3; i++)
        at += put_report(event + at, i, data, n, -1);
    for (unsigned kind = 0; kind < 2; kind++)
        for (size_t cut = 0; cut <= at; cut++) {
            uint8_t *copy = malloc(cut + 1);
            memcpy(copy, event, cut);
            if (kind == 1 && cut > 0)
                copy[0] = 0x0d;
            memset(&list, 0, sizeof list);
            copy = realloc(copy, cut ? cut : 1);
            assert_true(syn_ble_advert_take(&list, copy, cut) <= 3);
            free(copy);
        }
}

static void a_structure_that_is_longer_than_its_report_ends_it(void **state)
{
    struct syn_ble_seen seen = {.name = ""};
    static const uint8_t data[] = {2, 0x01, 6, 30, 0x09, 'e', 'a', 'r'};
    (void)state;
    syn_ble_seen_take(&seen, data, sizeof data);
    assert_string_equal(seen.name, "");
}

static void a_crowd_is_counted_where_there_is_no_room_for_it(void **state)
{
    char address[SYN_BLE_ADDRESS];
    (void)state;
    memset(&list, 0, sizeof list);
    for (unsigned i = 0; i < SYN_BLE_SEEN_MAX + 10; i++) {
        (void)snprintf(address, sizeof address, "00:00:00:00:%02X:%02X", i >> 8, i & 255);
        (void)syn_ble_seen_get(&list, address, SYN_BLE_PUBLIC);
    }
    assert_int_equal(list.count, SYN_BLE_SEEN_MAX);
    assert_int_equal(list.dropped, 10);
    assert_non_null(syn_ble_seen_get(&list, "00:00:00:00:00:05", SYN_BLE_PUBLIC));
    assert_null(syn_ble_seen_get(&list, "00:00:00:00:00:05", SYN_BLE_RANDOM));
}

/* ---- words ---- */

static const struct {
    int os_errno, code;
    const char *message, *hint;
} sockets[] = {
    {EAFNOSUPPORT, SYN_ELINK, "kernel has no Bluetooth", "modprobe bluetooth"},
    {EPROTONOSUPPORT, SYN_ELINK, "no Bluetooth sockets", "modprobe bluetooth"},
    {EPERM, SYN_EACCESS, "not allowed", "setcap cap_net_raw,cap_net_admin+ep"},
    {ENODEV, SYN_ELINK, "no Bluetooth adapter", "plug one in"},
    {ENETDOWN, SYN_ELINK, "switched off", "power on"},
    {ERFKILL, SYN_ELINK, "blocked by rfkill", "rfkill unblock bluetooth"},
    {EBUSY, SYN_EBUSY, "in use by another program", ""},
};

static const struct {
    int os_errno, code;
    const char *message, *hint;
} connections[] = {
    {ETIMEDOUT, SYN_ELINK, "does not answer", "in range"},
    {EHOSTDOWN, SYN_ELINK, "does not answer", "in range"},
    {ECONNREFUSED, SYN_ELINK, "refuses the connection", ""},
    {EHOSTUNREACH, SYN_ELINK, "no Bluetooth adapter", "bluetoothctl list"},
    {EACCES, SYN_EACCESS, "pairing required", "bluetoothctl pair C0:FF:EE:00:00:01"},
    {ENETDOWN, SYN_ELINK, "switched off", "power on"},
    {EMLINK, SYN_EBUSY, "as many connections", "disconnect another"},
};

static void errors_of_the_kernel_say_what_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++) {
        struct syn_error e = {0};
        assert_int_equal(syn_ble_trouble_socket(&e, sockets[i].os_errno), sockets[i].code);
        assert_non_null(strstr(e.message, sockets[i].message));
        assert_non_null(strstr(e.hint, sockets[i].hint));
    }
    for (size_t i = 0; i < sizeof connections / sizeof connections[0]; i++) {
        struct syn_error e = {0};
        assert_int_equal(syn_ble_trouble_connect(&e, connections[i].os_errno, "C0:FF:EE:00:00:01"),
                         connections[i].code);
        assert_non_null(strstr(e.message, connections[i].message));
        assert_non_null(strstr(e.hint, connections[i].hint));
    }
}

static void a_connection_that_broke_says_how(void **state)
{
    struct syn_error e = {0};
    (void)state;
    assert_int_equal(syn_ble_trouble_broken(&e, ETIMEDOUT), SYN_ELINK);
    assert_non_null(strstr(e.message, "out of range"));
    assert_int_equal(syn_ble_trouble_broken(&e, 0), SYN_ELINK);
    assert_string_equal(e.message, "the device ended the connection");
    assert_int_equal(syn_ble_trouble_broken(&e, ENODEV), SYN_ELINK);
    assert_string_equal(e.message, "no Bluetooth adapter");
}

static void errors_of_bluetoothd_say_what_to_do(void **state)
{
    static const struct {
        const char *name, *says;
        int code;
        const char *message, *hint;
    } all[] = {
        {"org.bluez.Error.NotReady", "Resource Not Ready", SYN_ELINK, "switched off", "power on"},
        {"org.bluez.Error.NotPermitted", "", SYN_EACCESS, "pairing required", "bluetoothctl pair"},
        {"org.bluez.Error.Failed", "Operation failed with ATT error: 0x0f", SYN_EACCESS,
         "pairing required", "bluetoothctl pair"},
        {"org.bluez.Error.Failed", "le-connection-abort-by-local", SYN_ELINK,
         "bluetoothd says: le-connection-abort-by-local", "in range"},
        {"org.freedesktop.DBus.Error.ServiceUnknown", "", SYN_ELINK, "bluetoothd is not running",
         "systemctl start bluetooth"},
        {"org.freedesktop.DBus.Error.AccessDenied", "", SYN_EACCESS, "does not let you",
         "group bluetooth"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct syn_error e = {0};
        assert_int_equal(
            syn_ble_trouble_bus(&e, all[i].name, all[i].says, "connecting", "C0:FF:EE:00:00:01"),
            all[i].code);
        assert_non_null(strstr(e.message, all[i].message));
        assert_non_null(strstr(e.hint, all[i].hint));
    }
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    (void)fclose(f);
}

static void rfkill_is_told_with_what_unblocks_it(void **state)
{
    static const char *const files[] = {"type", "soft", "hard"};
    char folder[] = "/tmp/syn-rfkill-XXXXXX", entry[64], path[96];
    struct syn_error e = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(syn_ble_trouble_rfkill(&e, "/nonexistent"), 0);
    (void)snprintf(entry, sizeof entry, "%s/rfkill0", folder);
    assert_int_equal(mkdir(entry, 0700), 0);
    write_file(entry, "type", "wlan\n");
    write_file(entry, "soft", "1\n");
    write_file(entry, "hard", "0\n");
    assert_int_equal(syn_ble_trouble_rfkill(&e, folder), 0);
    write_file(entry, "type", "bluetooth\n");
    assert_int_equal(syn_ble_trouble_rfkill(&e, folder), SYN_ELINK);
    assert_string_equal(e.message, "Bluetooth is blocked by software (rfkill)");
    assert_string_equal(e.hint, "rfkill unblock bluetooth");
    write_file(entry, "hard", "1\n");
    assert_int_equal(syn_ble_trouble_rfkill(&e, folder), SYN_ELINK);
    assert_non_null(strstr(e.message, "a switch of this machine"));
    for (unsigned i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", entry, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(entry);
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_an_address_or_a_name_with_choices),
        cmocka_unit_test(a_target_that_cannot_be_is_refused_with_the_choices),
        cmocka_unit_test(the_uri_of_what_was_found_leads_back_to_it),
        cmocka_unit_test(a_uuid_goes_from_text_to_bytes_and_back),
        cmocka_unit_test(what_is_advertised_in_several_parts_is_put_together),
        cmocka_unit_test(an_extended_report_tells_the_same),
        cmocka_unit_test(an_event_that_is_cut_anywhere_is_read_to_its_end_only),
        cmocka_unit_test(a_structure_that_is_longer_than_its_report_ends_it),
        cmocka_unit_test(a_crowd_is_counted_where_there_is_no_room_for_it),
        cmocka_unit_test(errors_of_the_kernel_say_what_to_do),
        cmocka_unit_test(a_connection_that_broke_says_how),
        cmocka_unit_test(errors_of_bluetoothd_say_what_to_do),
        cmocka_unit_test(rfkill_is_told_with_what_unblocks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
