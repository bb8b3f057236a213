/* SPDX-License-Identifier: MIT */
/* Who a device says it is: to any SMP client, to our consoles, and by what its user calls it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/devices/agent/bench.h"

static const char *info(struct bench *b, const char *format)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_text(out, "format", format);
    return answer_text(bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_OS, SYN_OS_INFO), "output");
}

static void info_names_firmware_and_board(void **state)
{
    struct bench *b = *state;
    assert_string_equal(info(b, "s"), "synergy-agent");
    assert_string_equal(info(b, ""), "synergy-agent");
    assert_string_equal(info(b, "nri"), "sim-5f21 0.1.0 max78000-feather");
    assert_string_equal(info(b, "pn"), "sim-5f21 MAX78000");
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_text(out, "format", "?");
    bench_expect_rc(bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_OS, SYN_OS_INFO), SYN_GROUP_OS, 2);
}

static void hello_says_who_it_is(void **state)
{
    struct bench *b = *state;
    b->now = 123456789;
    const struct message *m = bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO);
    bench_expect_ok(m);
    assert_int_equal(answer_number(m, "proto"), 1);
    assert_int_equal(answer_number(m, "max"), SYN_AGENT_MESSAGE_MAX);
    assert_int_equal(answer_number(m, "win"), SYN_AGENT_BUFFERS - 1);
    assert_int_equal(answer_number(m, "feat"), SYN_FEATURE_COBS);
    assert_int_equal(answer_number(m, "now"), 123456789);
    assert_int_equal(answer_number(m, "speed"), 1000);
    assert_string_equal(answer_text(m, "id"), "sim-5f21");
    assert_string_equal(answer_text(m, "prof"), "max78000-feather");
    assert_string_equal(answer_text(m, "part"), "MAX78000");
    assert_string_equal(answer_text(m, "sens"), "camera,microphone");
    assert_string_equal(answer_text(m, "act"), "haptic");
    assert_false(answer_has(m, "bat")); /* not known */
}

static void hello_tells_the_battery_where_it_is_known(void **state)
{
    struct bench *b = *state;
    b->agent.identity.battery_percent = 37;
    const struct message *m = bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO);
    bench_expect_ok(m);
    assert_int_equal(answer_number(m, "bat"), 37);
}

/* val NULL: none; bytes_max 0: not said. */
static const struct message *setting(struct bench *b, enum syn_smp_op op, uint8_t id,
                                     const char *name, const char *val, unsigned bytes_max)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_open_map(out);
    if (name)
        syn_cbor_pair_text(out, "name", name);
    if (val)
        syn_cbor_pair_bytes(out, "val", val, strlen(val));
    if (bytes_max)
        syn_cbor_pair_uint(out, "max_size", bytes_max);
    syn_cbor_close(out);
    return bench_ask(b, 0, op, SYN_GROUP_SETTINGS, id);
}

static void expect_setting(const struct message *m, const char *text)
{
    struct map {
        struct syn_span val;
    } map = {{NULL, 0}};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_BYTES, struct map, val, "val")};
    struct syn_cbor_in in;
    bench_expect_ok(m);
    syn_cbor_in_init(&in, m->payload, m->header.length);
    assert_int_equal(syn_cbor_get_fields(&in, fields, 1, &map, NULL), 0);
    assert_int_equal(map.val.size, strlen(text));
    assert_memory_equal(map.val.data, text, map.val.size);
}

static void a_device_keeps_the_name_that_its_user_gives_it(void **state)
{
    struct bench *b = *state;
    const enum syn_smp_op READ = SYN_SMP_READ, WRITE = SYN_SMP_WRITE;
    bench_expect_rc(setting(b, READ, 0, "name", NULL, 0), SYN_GROUP_SETTINGS, 3);
    assert_false(answer_has(bench_ask_empty(b, READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO), "name"));
    bench_expect_ok(setting(b, WRITE, 0, "name", "left hand", 0));
    expect_setting(setting(b, READ, 0, "name", NULL, 0), "left hand");
    expect_setting(setting(b, READ, 0, "name", NULL, 4), "left");
    assert_int_equal(answer_number(setting(b, READ, 0, "name", NULL, 100), "max_size"), 31);
    assert_string_equal(
        answer_text(bench_ask_empty(b, READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO), "name"),
        "left hand");
    bench_expect_ok(setting(b, WRITE, 2, NULL, NULL, 0));
    bench_expect_ok(setting(b, READ, 3, NULL, NULL, 0));
    bench_expect_ok(setting(b, WRITE, 3, NULL, NULL, 0));
    syn_store_init(&b->agent.store, &b->flash);
    expect_setting(setting(b, READ, 0, "name", NULL, 0), "left hand");
    bench_expect_ok(setting(b, WRITE, 1, "name", NULL, 0));
    bench_expect_rc(setting(b, WRITE, 1, "name", NULL, 0), SYN_GROUP_SETTINGS, 3);
    bench_expect_rc(setting(b, READ, 0, "name", NULL, 0), SYN_GROUP_SETTINGS, 3);
}

static void what_is_no_setting_or_no_name_is_refused(void **state)
{
    struct bench *b = *state;
    const char *const bad[] = {"", "12345678901234567890123456789012", "a\nb", "na\xc3\xafve"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        bench_expect_rc(setting(b, SYN_SMP_WRITE, 0, "name", bad[i], 0), SYN_GROUP_NONE,
                        SYN_RC_INVALID);
    bench_expect_rc(setting(b, SYN_SMP_WRITE, 0, "name", NULL, 0), SYN_GROUP_NONE, SYN_RC_INVALID);
    bench_expect_rc(setting(b, SYN_SMP_READ, 0, NULL, NULL, 0), SYN_GROUP_NONE, SYN_RC_INVALID);
    bench_expect_rc(setting(b, SYN_SMP_READ, 0, "colour", NULL, 0), SYN_GROUP_SETTINGS, 5);
    bench_expect_rc(setting(b, SYN_SMP_WRITE, 1, "colour", NULL, 0), SYN_GROUP_SETTINGS, 5);
    bench_expect_rc(setting(b, SYN_SMP_READ, 0, "a/setting/of/another/device/entirely", NULL, 0),
                    SYN_GROUP_SETTINGS, 2);
}

static void a_device_without_flash_has_no_settings(void **state)
{
    struct bench *b = *state;
    syn_store_init(&b->agent.store, NULL);
    bench_expect_rc(setting(b, SYN_SMP_READ, 0, "name", NULL, 0), SYN_GROUP_SETTINGS, 3);
    bench_expect_rc(setting(b, SYN_SMP_WRITE, 0, "name", "x", 0), SYN_GROUP_SETTINGS, 1);
    bench_expect_ok(bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO));
}

static void hello_and_a_counter_group_tell_what_the_device_started_after(void **state)
{
    static const struct syn_agent_start start = {
        .why = "the watchdog saw no progress at 0x00000200", .watchdogs = 3, .pc = 0x200};
    struct bench *b = *state;
    assert_false(
        answer_has(bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO), "start"));
    b->agent.identity.start = &start;
    const struct message *m = bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO);
    assert_string_equal(answer_text(m, "start"), start.why);
    syn_cbor_put_map(bench_payload(b), 1);
    syn_cbor_pair_text(&b->out, "name", "start");
    m = bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_STAT, SYN_STAT_SHOW);
    bench_expect_ok(m);
    struct start_fields {
        uint32_t watchdogs, pc;
    } got = {0};
    struct outer {
        struct syn_span fields;
    } outer = {{NULL, 0}};
    static const struct syn_cbor_field in_fields[] = {
        SYN_FIELD(SYN_KEY_U32, struct start_fields, watchdogs, "watchdogs"),
        SYN_FIELD(SYN_KEY_U32, struct start_fields, pc, "pc")};
    static const struct syn_cbor_field in_answer[] = {
        SYN_FIELD(SYN_KEY_ITEM, struct outer, fields, "fields")};
    struct syn_cbor_in in;
    syn_cbor_in_init(&in, m->payload, m->header.length);
    assert_int_equal(syn_cbor_get_fields(&in, in_answer, 1, &outer, NULL), 0);
    syn_cbor_in_init(&in, outer.fields.data, outer.fields.size);
    assert_int_equal(syn_cbor_get_fields(&in, in_fields, 2, &got, NULL), 0);
    assert_int_equal(got.watchdogs, 3);
    assert_int_equal(got.pc, 0x200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(info_names_firmware_and_board),
        TEST(hello_says_who_it_is),
        TEST(hello_tells_the_battery_where_it_is_known),
        TEST(a_device_keeps_the_name_that_its_user_gives_it),
        TEST(what_is_no_setting_or_no_name_is_refused),
        TEST(a_device_without_flash_has_no_settings),
        TEST(hello_and_a_counter_group_tell_what_the_device_started_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
