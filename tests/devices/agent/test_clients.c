/* SPDX-License-Identifier: MIT */
/*
 * What clients that are not ours send, byte by byte, and the tolerances that they need. The bytes
 * lie in tests/data/clients; the head of each file says where they come from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/devices/agent/bench.h"
#include "tests/devices/agent/disk.h"

enum { BYTES_MAX = 16384, LINE = 256 };

struct exchange {
    char name[64];
    unsigned group, rc; /* that the last answer must have */
    uint8_t bytes[BYTES_MAX];
    size_t size;
};

/* ---- the files ---- */

static bool read_head(struct exchange *e, const char *line)
{
    const char *colon = strrchr(line, ':');
    if (line[0] != '=' || !colon)
        return false;
    *e = (struct exchange){.group = SYN_GROUP_NONE};
    (void)snprintf(e->name, sizeof e->name, "%.*s", (int)(colon - line - 2), line + 2);
    if (sscanf(colon, ": rc %u", &e->rc) == 1 || strncmp(colon, ": ok", 4) == 0)
        return true;
    assert_int_equal(sscanf(colon, ": %u %u", &e->group, &e->rc), 2);
    return true;
}

static void read_bytes(struct exchange *e, const char *line)
{
    unsigned byte;
    for (const char *p = line + 2; sscanf(p, "%2x", &byte) == 1; p += 2) {
        assert_true(e->size < BYTES_MAX);
        e->bytes[e->size++] = (uint8_t)byte;
    }
}

static unsigned count_requests(const struct exchange *e)
{
    unsigned n = 0;
    for (size_t i = 0; i + 1 < e->size; i++)
        n += e->bytes[i] == 0x06 && e->bytes[i + 1] == 0x09;
    return n;
}

/* ---- replaying ---- */

static void replay(struct bench *b, const struct exchange *e, size_t step)
{
    unsigned requests = count_requests(e);
    b->message_count = 0;
    for (size_t at = 0; at < e->size; at += step)
        bench_bytes(b, 0, e->bytes + at, e->size - at < step ? e->size - at : step);
    if (b->message_count != requests || requests == 0)
        fail_msg("%s: %u requests, %u answers", e->name, requests, b->message_count);
    for (unsigned i = 0; i < requests; i++) {
        struct syn_smp_status s = bench_status(&b->messages[i]);
        unsigned want = i + 1 < requests ? 0 : e->rc;
        if (s.rc != want || (want && s.group != e->group))
            fail_msg("%s: answer %u is %u of group %u", e->name, i, (unsigned)s.rc, s.group);
    }
}

static void replay_file(const char *name, size_t step)
{
    static struct exchange e;
    static struct disk disk;
    char path[512], line[LINE];
    struct bench *b = bench_new();
    unsigned count = 0;
    disk_init(&disk);
    b->agent.port.files = &disk.port;
    (void)snprintf(path, sizeof path, "%s/%s", CLIENTS, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    e.size = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '=' && e.size > 0)
            replay(b, &e, step);
        if (read_head(&e, line))
            count++;
        else if (line[0] == '>')
            read_bytes(&e, line);
    }
    replay(b, &e, step);
    assert_true(count > 10);
    assert_int_equal(b->resets, 1);
    (void)fclose(f);
    free(b);
    e.size = 0;
}

static void what_smpclient_sends_is_answered_as_it_wants(void **state)
{
    (void)state;
    replay_file("smpclient.hex", BYTES_MAX);
}

static void what_mcumgr_client_sends_is_answered_as_it_wants(void **state)
{
    (void)state;
    replay_file("mcumgr-client.hex", BYTES_MAX);
}

static void so_it_is_where_the_line_splits_it_anywhere(void **state)
{
    (void)state;
    for (size_t step = 1; step <= 20; step += 19) {
        replay_file("smpclient.hex", step);
        replay_file("mcumgr-client.hex", step);
    }
}

/* ---- tolerances ---- */

static const struct message *ask_raw(struct bench *b, enum syn_smp_op op, uint16_t group,
                                     uint8_t id, const void *payload, size_t size)
{
    struct syn_cbor_out *out = bench_payload(b);
    memcpy(out->data, payload, size);
    out->length = size;
    return bench_ask(b, 0, op, group, id);
}

#define ASK(b, op, group, id, ...)                                                                 \
    ask_raw(b, op, group, id, (const uint8_t[]){__VA_ARGS__},                                      \
            sizeof((const uint8_t[]){__VA_ARGS__}))

static void maps_of_indefinite_length_with_keys_in_any_order_are_read(void **state)
{
    struct bench *b = *state;
    /* {_ "x": [_ 1], "d": "ab"} */
    const struct message *m = ASK(b, SYN_SMP_WRITE, SYN_GROUP_OS, SYN_OS_ECHO, 0xbf, 0x61, 'x',
                                  0x9f, 0x01, 0xff, 0x61, 'd', 0x62, 'a', 'b', 0xff);
    assert_string_equal(answer_text(m, "r"), "ab");
    /* {_ "confirm": true, "hash": null} and the other way round */
    bench_expect_ok(ASK(b, SYN_SMP_WRITE, SYN_GROUP_IMG, 0, 0xbf, 0x67, 'c', 'o', 'n', 'f', 'i',
                        'r', 'm', 0xf5, 0x64, 'h', 'a', 's', 'h', 0xf6, 0xff));
    bench_expect_ok(ASK(b, SYN_SMP_WRITE, SYN_GROUP_IMG, 0, 0xa2, 0x64, 'h', 'a', 's', 'h', 0xf6,
                        0x67, 'c', 'o', 'n', 'f', 'i', 'r', 'm', 0xf5));
}

static void every_command_that_only_reads_takes_an_empty_payload(void **state)
{
    static const struct {
        uint16_t group;
        uint8_t id;
    } commands[] = {
        {SYN_GROUP_OS, SYN_OS_ECHO},
        {SYN_GROUP_OS, SYN_OS_TASKSTAT},
        {SYN_GROUP_OS, SYN_OS_MPSTAT},
        {SYN_GROUP_OS, SYN_OS_PARAMS},
        {SYN_GROUP_OS, SYN_OS_INFO},
        {SYN_GROUP_IMG, 0},
        {SYN_GROUP_STAT, SYN_STAT_LIST},
        {SYN_GROUP_ENUM, 0},
        {SYN_GROUP_ENUM, 1},
        {SYN_GROUP_ENUM, 2},
        {SYN_GROUP_ENUM, 3},
    };
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        bench_expect_ok(ask_raw(b, SYN_SMP_READ, commands[i].group, commands[i].id, "", 0));
}

/* newtmgr and its kin begin every process with the sequence 0, and their user tries again. */
static void the_same_sequence_again_and_again_is_answered_every_time(void **state)
{
    static const char line[] = "\n\x06\x09"
                               "AAsIAAABAAAABqBzEw==\n";
    struct bench *b = *state;
    for (unsigned i = 1; i <= 5; i++) {
        bench_bytes(b, 0, line, sizeof line - 1);
        assert_int_equal(b->message_count, i);
        assert_int_equal(b->messages[i - 1].header.seq, 0);
    }
}

static void a_crc_that_falls_on_two_lines_is_one(void **state)
{
    static const char lines[] = "\x06\x09"
                                "AAsIAAABAAAABqBz\n"
                                "\x04\x14"
                                "Ew==\n";
    struct bench *b = *state;
    bench_bytes(b, 0, lines, sizeof lines - 1);
    assert_int_equal(b->message_count, 1);
    assert_int_equal(answer_number(&b->messages[0], "buf_size"), SYN_AGENT_MESSAGE_MAX);
}

static void details_are_told_of_the_groups_that_are_asked_for(void **state)
{
    struct bench *b = *state;
    /* {"groups": [1, 77]} */
    const struct message *m = ASK(b, SYN_SMP_READ, SYN_GROUP_ENUM, 3, 0xa1, 0x66, 'g', 'r', 'o',
                                  'u', 'p', 's', 0x82, 0x01, 0x18, 77);
    struct syn_cbor_in in;
    struct syn_span key;
    struct group {
        uint32_t group;
    } group;
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U32, struct group, group, "group")};
    uint32_t seen;
    syn_cbor_in_init(&in, m->payload, m->header.length);
    struct syn_cbor_scope map = syn_cbor_get_map(&in);
    assert_true(syn_cbor_next_key(&in, &map, &key));
    struct syn_cbor_scope list = syn_cbor_get_array(&in);
    assert_true(syn_cbor_next(&in, &list));
    assert_int_equal(syn_cbor_get_fields(&in, fields, 1, &group, &seen), 0);
    assert_int_equal(seen, 1);
    assert_int_equal(group.group, SYN_GROUP_IMG);
    assert_false(syn_cbor_next(&in, &list));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_smpclient_sends_is_answered_as_it_wants),
        cmocka_unit_test(what_mcumgr_client_sends_is_answered_as_it_wants),
        cmocka_unit_test(so_it_is_where_the_line_splits_it_anywhere),
        TEST(maps_of_indefinite_length_with_keys_in_any_order_are_read),
        TEST(every_command_that_only_reads_takes_an_empty_payload),
        TEST(the_same_sequence_again_and_again_is_answered_every_time),
        TEST(a_crc_that_falls_on_two_lines_is_one),
        TEST(details_are_told_of_the_groups_that_are_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
