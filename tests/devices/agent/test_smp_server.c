/* SPDX-License-Identifier: MIT */
/* The agent as any SMP client sees it: golden exchanges, and what real clients do besides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/devices/agent/bench.h"

static void say(struct bench *b, const char *line)
{
    bench_bytes(b, 0, line, strlen(line));
}

static const struct message *echo(struct bench *b, const char *text)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_text(out, "d", text);
    return bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_OS, SYN_OS_ECHO);
}

static void the_golden_params_line_is_answered(void **state)
{
    struct bench *b = *state;
    say(b, "\x06\x09"
           "AAsIAAABAAAABqBzEw==\n");
    assert_int_equal(b->message_count, 1);
    assert_int_equal(b->messages[0].header.version, 1);
    assert_int_equal(b->messages[0].header.op, SYN_SMP_READ_RSP);
    assert_int_equal(answer_number(&b->messages[0], "buf_size"), SYN_AGENT_MESSAGE_MAX);
    assert_int_equal(answer_number(&b->messages[0], "buf_count"), SYN_AGENT_BUFFERS);
}

static void the_golden_echo_line_comes_back(void **state)
{
    struct bench *b = *state;
    say(b, "\x06\x09"
           "ABMKAAAJAABCAKFhZGVoZWxsb0YZ\n");
    assert_int_equal(b->message_count, 1);
    assert_int_equal(b->messages[0].header.seq, 0x42);
    assert_int_equal(b->messages[0].header.op, SYN_SMP_WRITE_RSP);
    assert_string_equal(answer_text(&b->messages[0], "r"), "hello");
    assert_memory_equal(b->raw, "\x06\x09", 2);
    assert_int_equal(b->raw[b->raw_size - 1], '\n');
}

static void newlines_and_noise_before_a_request_do_no_harm(void **state)
{
    struct bench *b = *state;
    say(b, "\n");
    say(b, "\r\nlogin: \n\x04\x14orphan\n\x06\x09not base64!\n");
    assert_int_equal(b->message_count, 0);
    say(b, "\x06\x09"
           "AAsIAAABAAAABqBzEw==\n");
    assert_int_equal(b->message_count, 1);
}

static void a_request_may_be_split_at_every_byte(void **state)
{
    static const char line[] = "\x06\x09"
                               "ABMKAAAJAABCAKFhZGVoZWxsb0YZ\n";
    struct bench *b = *state;
    for (size_t cut = 0; cut <= sizeof line - 1; cut++) {
        b->message_count = 0;
        bench_bytes(b, 0, line, cut);
        bench_bytes(b, 0, line + cut, sizeof line - 1 - cut);
        assert_int_equal(b->message_count, 1);
        assert_string_equal(answer_text(&b->messages[0], "r"), "hello");
    }
}

static void the_answer_uses_the_framing_of_the_request(void **state)
{
    struct bench *b = *state;
    b->framing = SYN_FRAMING_COBS;
    assert_string_equal(answer_text(echo(b, "cobs"), "r"), "cobs");
    assert_int_equal(b->raw[0], 0);
    b->framing = SYN_FRAMING_CONSOLE;
    assert_string_equal(answer_text(echo(b, "console"), "r"), "console");
}

static void echo_works_as_read_and_with_an_empty_payload(void **state)
{
    struct bench *b = *state;
    assert_string_equal(
        answer_text(bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_OS, SYN_OS_ECHO), "r"), "");
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_open_map(out);
    syn_cbor_pair_uint(out, "unknown", 1);
    syn_cbor_pair_text(out, "d", "x");
    syn_cbor_close(out);
    const struct message *m = bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_OS, SYN_OS_ECHO);
    assert_string_equal(answer_text(m, "r"), "x");
}

static void the_largest_echo_fits(void **state)
{
    struct bench *b = *state;
    char text[SYN_AGENT_MESSAGE_MAX];
    enum { MAP_AND_HEADS = 6 };
    size_t n = SYN_AGENT_MESSAGE_MAX - SYN_SMP_HEADER - MAP_AND_HEADS;
    memset(text, 'e', n);
    text[n] = 0;
    const struct message *m = echo(b, text);
    assert_non_null(m);
    assert_int_equal(m->header.length, SYN_AGENT_MESSAGE_MAX - SYN_SMP_HEADER);
}

static void a_sequence_may_repeat_and_start_anywhere(void **state)
{
    struct bench *b = *state;
    for (unsigned i = 0; i < 3; i++) {
        b->seq = 0;
        assert_string_equal(answer_text(echo(b, "again"), "r"), "again");
    }
    b->seq = 0xff;
    bench_expect_ok(echo(b, "last"));
}

static void what_is_not_supported_says_so_in_the_words_of_the_version(void **state)
{
    struct bench *b = *state;
    const struct message *m = bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_FS, 0);
    bench_expect_rc(m, SYN_GROUP_NONE, SYN_RC_NOTSUP);
    m = bench_ask_empty(b, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_AUTHENTICATE);
    bench_expect_rc(m, SYN_GROUP_NONE, SYN_RC_NOTSUP);
    m = bench_ask_empty(b, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_HELLO);
    bench_expect_rc(m, SYN_GROUP_NONE, SYN_RC_NOTSUP);
    b->version = 0;
    m = bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_FS, 0);
    assert_int_equal(m->header.version, 0);
    assert_int_equal(answer_number(m, "rc"), SYN_RC_NOTSUP);
}

static void a_newer_version_is_told_that_it_is_too_new(void **state)
{
    struct bench *b = *state;
    b->version = 2;
    const struct message *m = echo(b, "future");
    assert_int_equal(m->header.version, 1);
    bench_expect_rc(m, SYN_GROUP_NONE, SYN_RC_TOO_NEW);
}

static void group_errors_come_as_map_or_as_number_by_version(void **state)
{
    struct bench *b = *state;
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_text(out, "name", "nonsense");
    const struct message *m = bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_STAT, SYN_STAT_SHOW);
    bench_expect_rc(m, SYN_GROUP_STAT, 2);
    assert_true(answer_has(m, "err"));
    b->version = 0;
    m = bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_STAT, SYN_STAT_SHOW);
    assert_false(answer_has(m, "err"));
    assert_int_equal(answer_number(m, "rc"), SYN_RC_USER + 2);
}

static void payloads_that_are_no_map_are_invalid(void **state)
{
    struct bench *b = *state;
    syn_cbor_put_uint(bench_payload(b), 7);
    bench_expect_rc(bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_OS, SYN_OS_ECHO), SYN_GROUP_NONE,
                    SYN_RC_INVALID);
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_uint(out, "d", 1);
    bench_expect_rc(bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_OS, SYN_OS_ECHO), SYN_GROUP_NONE,
                    SYN_RC_INVALID);
}

static void answers_of_others_are_not_answered(void **state)
{
    struct bench *b = *state;
    (void)bench_payload(b);
    assert_null(bench_ask(b, 0, SYN_SMP_WRITE_RSP, SYN_GROUP_OS, SYN_OS_ECHO));
}

static void reset_is_answered_before_it_happens(void **state)
{
    struct bench *b = *state;
    bench_expect_ok(bench_ask_empty(b, SYN_SMP_WRITE, SYN_GROUP_OS, SYN_OS_RESET));
    assert_int_equal(b->resets, 1);
}

static void groups_can_be_enumerated(void **state)
{
    static const uint16_t want[] = {SYN_GROUP_OS,       SYN_GROUP_IMG,  SYN_GROUP_STAT,
                                    SYN_GROUP_SETTINGS, SYN_GROUP_ENUM, SYN_GROUP_SYNERGY};
    enum { COUNT = sizeof want / sizeof want[0] };
    struct bench *b = *state;
    assert_int_equal(answer_number(bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_ENUM, 0), "count"),
                     COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        struct syn_cbor_out *out = bench_payload(b);
        syn_cbor_put_map(out, 1);
        syn_cbor_pair_uint(out, "index", i);
        const struct message *m = bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_ENUM, 2);
        assert_int_equal(answer_number(m, "group"), want[i]);
        assert_int_equal(answer_has(m, "end"), i == COUNT - 1);
    }
    bench_expect_ok(bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_ENUM, 1));
    bench_expect_ok(bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_ENUM, 3));
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_uint(out, "index", COUNT);
    bench_expect_rc(bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_ENUM, 2), SYN_GROUP_ENUM, 4);
}

static void every_listed_counter_group_can_be_shown(void **state)
{
    struct bench *b = *state;
    const struct message list = *bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_STAT, SYN_STAT_LIST);
    struct syn_cbor_in in;
    struct syn_span key;
    char name[32];
    unsigned count = 0;
    syn_cbor_in_init(&in, list.payload, list.header.length);
    struct syn_cbor_scope map = syn_cbor_get_map(&in);
    assert_true(syn_cbor_next_key(&in, &map, &key));
    assert_true(syn_span_is(key, "stat_list"));
    struct syn_cbor_scope array = syn_cbor_get_array(&in);
    while (syn_cbor_next(&in, &array)) {
        syn_span_text(syn_cbor_get_text(&in), name, sizeof name);
        struct syn_cbor_out *out = bench_payload(b);
        syn_cbor_put_map(out, 1);
        syn_cbor_pair_text(out, "name", name);
        const struct message *m = bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_STAT, SYN_STAT_SHOW);
        bench_expect_ok(m);
        assert_string_equal(answer_text(m, "name"), name);
        assert_true(answer_has(m, "fields"));
        count++;
    }
    assert_int_equal(in.error, 0);
    assert_int_equal(count, 6 + SYN_AGENT_LINKS_MAX); /* no pipelines yet */
}

static void the_running_image_is_listed_and_confirming_it_does_no_harm(void **state)
{
    struct bench *b = *state;
    const struct message *m = bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_IMG, 0);
    bench_expect_ok(m);
    assert_true(answer_has(m, "images"));
    for (unsigned empty = 0; empty < 2; empty++) {
        struct syn_cbor_out *out = bench_payload(b);
        syn_cbor_put_map(out, 2);
        syn_cbor_put_text(out, "hash");
        if (empty)
            syn_cbor_put_bytes(out, "", 0);
        else
            syn_cbor_put_null(out);
        syn_cbor_pair_bool(out, "confirm", true);
        bench_expect_ok(bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_IMG, 0));
    }
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_bytes(out, "hash", "12345678901234567890123456789012", 32);
    bench_expect_rc(bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_IMG, 0), SYN_GROUP_IMG, 8);
}

static void firmware_is_not_taken_and_the_words_say_why(void **state)
{
    struct bench *b = *state;
    struct syn_smp_status s = bench_status(bench_ask_empty(b, SYN_SMP_WRITE, SYN_GROUP_IMG, 5));
    assert_string_equal(syn_smp_rc_text(s.group, s.rc), "no such slot");
    s = bench_status(bench_ask_empty(b, SYN_SMP_WRITE, SYN_GROUP_IMG, 1));
    assert_string_equal(syn_smp_rc_text(s.group, s.rc), "no free slot");
}

static void units_and_memory_show_as_tasks_and_pools(void **state)
{
    struct bench *b = *state;
    const struct message *m = bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_OS, SYN_OS_TASKSTAT);
    bench_expect_ok(m);
    assert_true(answer_has(m, "tasks"));
    m = bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_OS, SYN_OS_MPSTAT);
    bench_expect_ok(m);
    assert_true(answer_has(m, "mpools"));
}

static void two_hosts_are_answered_each_on_its_link(void **state)
{
    struct bench *b = *state;
    for (unsigned link = 0; link < 2; link++) {
        struct syn_cbor_out *out = bench_payload(b);
        syn_cbor_put_map(out, 1);
        syn_cbor_pair_text(out, "d", "me");
        bench_expect_ok(bench_ask(b, link, SYN_SMP_WRITE, SYN_GROUP_OS, SYN_OS_ECHO));
    }
    syn_agent_link_closed(&b->agent, 1);
    (void)bench_payload(b);
    assert_null(bench_ask(b, 1, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO));
}

static void an_answer_that_the_link_refuses_is_kept_and_sent_later(void **state)
{
    struct bench *b = *state;
    b->deaf = true;
    assert_null(echo(b, "kept"));
    assert_null(echo(b, "lost"));
    assert_int_equal(b->agent.links[0].lost_answers, 1);
    b->deaf = false;
    syn_agent_poll(&b->agent);
    assert_int_equal(b->message_count, 1);
    assert_string_equal(answer_text(&b->messages[0], "r"), "kept");
    syn_agent_poll(&b->agent);
    assert_int_equal(b->message_count, 1);
}

static void an_answer_that_waits_gives_way_to_one_for_another_host(void **state)
{
    struct bench *b = *state;
    b->deaf = true;
    assert_null(echo(b, "waits"));
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_text(out, "d", "other");
    assert_null(bench_ask(b, 1, SYN_SMP_WRITE, SYN_GROUP_OS, SYN_OS_ECHO));
    assert_int_equal(b->agent.links[0].lost_answers, 1);
    b->deaf = false;
    syn_agent_poll(&b->agent);
    assert_int_equal(b->message_count, 1);
    assert_string_equal(answer_text(&b->messages[0], "r"), "other");
    assert_int_equal(b->messages[0].link, 1);
}

static void a_tensor_message_goes_to_the_port_and_gets_no_answer(void **state)
{
    struct bench *b = *state;
    struct syn_cbor_out *out = bench_payload(b);
    memcpy(out->data, "any bytes", 9);
    out->length = 9;
    assert_null(bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_TENSOR));
    assert_int_equal(b->relayed_size, SYN_SMP_HEADER + 9);
    assert_memory_equal(b->relayed + SYN_SMP_HEADER, "any bytes", 9);
    assert_true(syn_agent_relay(&b->agent, b->relayed, b->relayed_size));
    assert_int_equal(b->messages[0].header.id, SYN_ID_TENSOR);
}

static void put_peer(struct syn_cbor_out *out, unsigned i, const char *name, const char *address)
{
    syn_cbor_put_map(out, 3);
    syn_cbor_pair_uint(out, "i", i);
    syn_cbor_pair_text(out, "n", name);
    syn_cbor_pair_text(out, "a", address);
}

static const struct message *write_links(struct bench *b, unsigned last)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 2);
    syn_cbor_pair_uint(out, "self", 1);
    syn_cbor_put_text(out, "peers");
    syn_cbor_put_array(out, 2);
    put_peer(out, 0, "glasses", "/tmp/glasses.radio");
    put_peer(out, last, "watch", "");
    return bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_LINKS);
}

static void the_link_table_reaches_the_port_and_can_be_read(void **state)
{
    struct bench *b = *state;
    if (SYN_AGENT_ADDRESS_MAX == 1) /* firmware: all peers are behind a host */
        skip();
    bench_expect_ok(write_links(b, 2));
    assert_int_equal(b->peers_self, 1);
    assert_int_equal(b->peers_count, 2);
    assert_string_equal(b->agent.peers[0].address, "/tmp/glasses.radio");
    syn_agent_peer_up(&b->agent, 0, true);
    const struct message *m = bench_ask_empty(b, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_LINKS);
    bench_expect_ok(m);
    assert_true(answer_has(m, "peers"));
    bench_expect_rc(write_links(b, SYN_AGENT_PEERS_MAX), SYN_GROUP_NONE, SYN_RC_INVALID);
    assert_string_equal(b->agent.peers[0].name, "glasses");
}

static void links_that_are_up_stay_up_when_the_same_table_is_written_again(void **state)
{
    struct bench *b = *state;
    if (SYN_AGENT_ADDRESS_MAX == 1) /* firmware: all peers are behind a host */
        skip();
    bench_expect_ok(write_links(b, 2));
    syn_agent_peer_up(&b->agent, 0, true);
    bench_expect_ok(write_links(b, 2));
    assert_true(b->agent.peers[0].up); /* the port has nothing to report: nothing has changed */
    assert_false(b->agent.peers[2].up);
    bench_expect_ok(write_links(b, 0));
    assert_false(b->agent.peers[0].up); /* another address */
}

static const struct message *feed(struct bench *b, const char *sensor)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 2);
    syn_cbor_pair_text(out, "s", sensor);
    syn_cbor_pair_text(out, "p", "/data/faces.idx");
    return bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_FEED);
}

static void a_sensor_is_pointed_at_a_file_or_the_refusal_has_words(void **state)
{
    struct bench *b = *state;
    assert_int_equal(answer_number(feed(b, "camera"), "n"), 12);
    assert_string_equal(b->fed, "/data/faces.idx");
    const struct message *m = feed(b, "microphone");
    bench_expect_rc(m, SYN_GROUP_SYNERGY, SYN_GRC_SENSOR);
    assert_string_equal(answer_text(m, "msg"), "the microphone takes sound only");
    static const char *const others[] = {"nose", "cam", "camera,", "camera,microphone", ""};
    for (unsigned i = 0; i < 5; i++) {
        m = feed(b, others[i]);
        bench_expect_rc(m, SYN_GROUP_SYNERGY, SYN_GRC_SENSOR);
        assert_string_equal(answer_text(m, "msg"), "this device has no sensor of that kind");
    }
}

static void an_agent_without_its_callbacks_is_refused(void **state)
{
    struct bench *b = *state;
    struct syn_agent agent;
    struct syn_agent_port port = b->agent.port;
    struct syn_agent_memory memory = b->agent.memory;
    port.reset = NULL;
    assert_int_equal(syn_agent_init(&agent, &b->agent.identity, &b->agent.timing, &port, &memory),
                     SYN_EINVAL);
    memory.arena_size = 65535;
    assert_int_equal(
        syn_agent_init(&agent, &b->agent.identity, &b->agent.timing, &b->agent.port, &memory),
        SYN_ENOMEM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_golden_params_line_is_answered),
        TEST(the_golden_echo_line_comes_back),
        TEST(newlines_and_noise_before_a_request_do_no_harm),
        TEST(a_request_may_be_split_at_every_byte),
        TEST(the_answer_uses_the_framing_of_the_request),
        TEST(echo_works_as_read_and_with_an_empty_payload),
        TEST(the_largest_echo_fits),
        TEST(a_sequence_may_repeat_and_start_anywhere),
        TEST(what_is_not_supported_says_so_in_the_words_of_the_version),
        TEST(a_newer_version_is_told_that_it_is_too_new),
        TEST(group_errors_come_as_map_or_as_number_by_version),
        TEST(payloads_that_are_no_map_are_invalid),
        TEST(answers_of_others_are_not_answered),
        TEST(reset_is_answered_before_it_happens),
        TEST(groups_can_be_enumerated),
        TEST(every_listed_counter_group_can_be_shown),
        TEST(the_running_image_is_listed_and_confirming_it_does_no_harm),
        TEST(firmware_is_not_taken_and_the_words_say_why),
        TEST(units_and_memory_show_as_tasks_and_pools),
        TEST(two_hosts_are_answered_each_on_its_link),
        TEST(an_answer_that_the_link_refuses_is_kept_and_sent_later),
        TEST(an_answer_that_waits_gives_way_to_one_for_another_host),
        TEST(a_tensor_message_goes_to_the_port_and_gets_no_answer),
        TEST(the_link_table_reaches_the_port_and_can_be_read),
        TEST(links_that_are_up_stay_up_when_the_same_table_is_written_again),
        TEST(a_sensor_is_pointed_at_a_file_or_the_refusal_has_words),
        TEST(an_agent_without_its_callbacks_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
