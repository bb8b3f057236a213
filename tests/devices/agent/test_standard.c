/* SPDX-License-Identifier: MIT */
/* The standard groups as clients that are not ours use them: clock, boot loader, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "tests/devices/agent/bench.h"
#include "tests/devices/agent/disk.h"

#define NS_PER_S INT64_C(1000000000)

static const struct message *ask(struct bench *b, enum syn_smp_op op, uint8_t id)
{
    return bench_ask(b, 0, op, SYN_GROUP_OS, id);
}

static const struct message *ask_text(struct bench *b, enum syn_smp_op op, uint8_t id,
                                      const char *key, const char *text)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_open_map(out);
    if (key)
        syn_cbor_pair_text(out, key, text);
    syn_cbor_close(out);
    return ask(b, op, id);
}

/* ---- clock ---- */

static void a_clock_that_nobody_has_set_says_so(void **state)
{
    const struct message *m = ask_text(*state, SYN_SMP_READ, SYN_OS_DATETIME, NULL, NULL);
    bench_expect_rc(m, SYN_GROUP_OS, 4);
}

static void a_clock_that_was_set_goes_on(void **state)
{
    static const struct {
        const char *set;
        int64_t later_s;
        const char *then;
    } cases[] = {
        {"2026-05-31T12:00:00", 0, "2026-05-31T12:00:00.000000"},
        {"2026-05-31T12:00:00.25", 59, "2026-05-31T12:00:59.250000"},
        {"2024-02-28T23:59:59Z", 1, "2024-02-29T00:00:00.000000"},
        {"2023-02-28T23:59:59.999999", 1, "2023-03-01T00:00:00.999999"},
        {"1999-12-31T23:00:00-02:00", 0, "2000-01-01T01:00:00.000000"},
        {"2100-02-28T12:00:00+0530", 86400, "2100-03-01T06:30:00.000000"},
        {"2199-12-31T23:59:59", 0, "2199-12-31T23:59:59.000000"},
    };
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        b->now += 12345;
        bench_expect_ok(ask_text(b, SYN_SMP_WRITE, SYN_OS_DATETIME, "datetime", cases[i].set));
        b->now += cases[i].later_s * NS_PER_S;
        const struct message *m = ask_text(b, SYN_SMP_READ, SYN_OS_DATETIME, NULL, NULL);
        assert_string_equal(answer_text(m, "datetime"), cases[i].then);
    }
}

static void what_is_no_date_leaves_the_clock_alone(void **state)
{
    static const char *const wrong[] = {"",
                                        "noon",
                                        "2026-05-31",
                                        "2026-05-31 12:00:00",
                                        "2026-13-01T12:00:00",
                                        "2023-02-29T12:00:00",
                                        "2026-04-31T12:00:00",
                                        "2026-05-31T24:00:00",
                                        "2026-05-31T12:60:00",
                                        "1969-12-31T23:59:59",
                                        "1970-01-01T00:00:00+14:00",
                                        "2200-01-01T00:00:00",
                                        "2026-05-31T12:00:00+99:00",
                                        "2026-05-31T12:00:00Zulu",
                                        "2026-05-31T1"};
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        bench_expect_rc(ask_text(b, SYN_SMP_WRITE, SYN_OS_DATETIME, "datetime", wrong[i]),
                        SYN_GROUP_NONE, SYN_RC_INVALID);
    bench_expect_rc(ask_text(b, SYN_SMP_READ, SYN_OS_DATETIME, NULL, NULL), SYN_GROUP_OS, 4);
}

/* ---- boot loader, tasks ---- */

static void a_device_without_slots_has_no_boot_loader(void **state)
{
    bench_expect_rc(ask_text(*state, SYN_SMP_READ, SYN_OS_BOOTLOADER, NULL, NULL), SYN_GROUP_NONE,
                    SYN_RC_NOTSUP);
}

static void a_boot_loader_has_a_name_and_answers_no_queries(void **state)
{
    static struct syn_slots slots;
    struct bench *b = *state;
    b->agent.port.slots = &slots;
    const struct message *m = ask_text(b, SYN_SMP_READ, SYN_OS_BOOTLOADER, NULL, NULL);
    assert_string_equal(answer_text(m, "bootloader"), "synergy-boot");
    bench_expect_rc(ask_text(b, SYN_SMP_READ, SYN_OS_BOOTLOADER, "query", "mode"), SYN_GROUP_OS, 3);
}

static void tasks_have_the_keys_that_clients_look_for(void **state)
{
    struct task {
        uint32_t prio, tid, state, stkuse, stksiz, cswcnt, runtime, last, next;
    } task;
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U32, struct task, prio, "prio"),
        SYN_FIELD(SYN_KEY_U32, struct task, tid, "tid"),
        SYN_FIELD(SYN_KEY_U32, struct task, state, "state"),
        SYN_FIELD(SYN_KEY_U32, struct task, stkuse, "stkuse"),
        SYN_FIELD(SYN_KEY_U32, struct task, stksiz, "stksiz"),
        SYN_FIELD(SYN_KEY_U32, struct task, cswcnt, "cswcnt"),
        SYN_FIELD(SYN_KEY_U32, struct task, runtime, "runtime"),
        SYN_FIELD(SYN_KEY_U32, struct task, last, "last_checkin"),
        SYN_FIELD(SYN_KEY_U32, struct task, next, "next_checkin"),
    };
    enum { FIELDS = sizeof fields / sizeof fields[0] };
    const struct message *m = ask_text(*state, SYN_SMP_READ, SYN_OS_TASKSTAT, NULL, NULL);
    struct syn_cbor_in in;
    struct syn_span name;
    unsigned count = 0;
    uint32_t seen;
    syn_cbor_in_init(&in, m->payload, m->header.length);
    struct syn_cbor_scope map = syn_cbor_get_map(&in);
    assert_true(syn_cbor_next_key(&in, &map, &name) && syn_span_is(name, "tasks"));
    struct syn_cbor_scope tasks = syn_cbor_get_map(&in);
    while (syn_cbor_next_key(&in, &tasks, &name)) {
        assert_int_equal(syn_cbor_get_fields(&in, fields, FIELDS, &task, &seen), 0);
        assert_int_equal(seen, (1u << FIELDS) - 1);
        assert_int_equal(task.tid, count++);
    }
    assert_int_equal(count, 4);
}

/* ---- files ---- */

static struct disk disk;

static int setup_files(void **state)
{
    int rc = bench_setup(state);
    struct bench *b = *state;
    disk_init(&disk);
    b->agent.port.files = &disk.port;
    return rc;
}

enum { FILE_, STATUS, HASH, TYPES, CLOSE };

static const struct message *ask_file(struct bench *b, uint8_t id, const char *name,
                                      const char *type, int64_t off, int64_t len)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_open_map(out);
    if (off >= 0)
        syn_cbor_pair_uint(out, "off", (uint64_t)off);
    if (len >= 0)
        syn_cbor_pair_uint(out, "len", (uint64_t)len);
    if (type)
        syn_cbor_pair_text(out, "type", type);
    syn_cbor_pair_text(out, "name", name);
    syn_cbor_close(out);
    return bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_FS, id);
}

static const struct message *write_file(struct bench *b, const char *name, uint32_t off,
                                        const void *data, size_t size, int64_t len)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_open_map(out);
    syn_cbor_pair_uint(out, "off", off);
    syn_cbor_pair_bytes(out, "data", data, size);
    syn_cbor_pair_text(out, "name", name);
    if (len >= 0)
        syn_cbor_pair_uint(out, "len", (uint64_t)len);
    syn_cbor_close(out);
    return bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_FS, FILE_);
}

struct piece {
    struct syn_span data;
    uint32_t off, len;
};

static uint32_t take_piece(const struct message *m, struct piece *piece)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_BYTES, struct piece, data, "data"),
        SYN_FIELD(SYN_KEY_U32, struct piece, off, "off"),
        SYN_FIELD(SYN_KEY_U32, struct piece, len, "len")};
    struct syn_cbor_in in;
    uint32_t seen;
    bench_expect_ok(m);
    syn_cbor_in_init(&in, m->payload, m->header.length);
    assert_int_equal(syn_cbor_get_fields(&in, fields, 3, piece, &seen), 0);
    return seen;
}

static void a_file_is_read_to_its_end_and_not_beyond(void **state)
{
    static const char *const names[] = {"/lfs/log.txt", "/log.txt", "log.txt"};
    struct bench *b = *state;
    struct piece piece;
    for (size_t n = 0; n < 3; n++) {
        uint32_t at = 0;
        while (at < 1300) {
            uint32_t seen = take_piece(ask_file(b, FILE_, names[n], NULL, at, -1), &piece);
            assert_int_equal(seen, at == 0 ? 7 : 3); /* the length comes with the first alone */
            assert_int_equal(piece.off, at);
            assert_in_range(piece.data.size, 1, 1300 - at);
            assert_memory_equal(piece.data.data, disk.files[0].bytes + at, piece.data.size);
            at += (uint32_t)piece.data.size;
        }
        (void)take_piece(ask_file(b, FILE_, names[n], NULL, 1300, -1), &piece);
        assert_int_equal(piece.data.size, 0);
        bench_expect_rc(ask_file(b, FILE_, names[n], NULL, 1301, -1), SYN_GROUP_FS, 12);
    }
}

static void a_file_is_written_in_pieces_and_the_devices_offset_counts(void **state)
{
    struct bench *b = *state;
    const uint8_t bytes[] = "0123456789";
    assert_int_equal(answer_number(write_file(b, "/lfs/new", 0, bytes, 4, 10), "off"), 4);
    assert_int_equal(answer_number(write_file(b, "/lfs/new", 4, bytes + 4, 3, -1), "off"), 7);
    /* one that came twice, and one that is ahead */
    assert_int_equal(answer_number(write_file(b, "/lfs/new", 4, bytes + 4, 3, -1), "off"), 7);
    assert_int_equal(answer_number(write_file(b, "/lfs/new", 9, bytes + 9, 1, -1), "off"), 7);
    assert_int_equal(answer_number(write_file(b, "/lfs/new", 7, bytes + 7, 3, -1), "off"), 10);
    assert_int_equal(disk.files[1].size, 10);
    assert_memory_equal(disk.files[1].bytes, bytes, 10);
    assert_int_equal(answer_number(ask_file(b, STATUS, "/lfs/new", NULL, -1, -1), "len"), 10);
    /* anew, and empty */
    assert_int_equal(answer_number(write_file(b, "/lfs/new", 0, "", 0, 0), "off"), 0);
    assert_int_equal(answer_number(ask_file(b, STATUS, "/lfs/new", NULL, -1, -1), "len"), 0);
}

static void hashes_are_those_of_the_bytes(void **state)
{
    struct bench *b = *state;
    uint8_t want[SYN_SHA256_SIZE];
    const uint8_t *bytes = disk.files[0].bytes;
    struct output {
        uint8_t sha[SYN_SHA256_SIZE];
    } output;
    static const struct syn_cbor_field field[] = {
        SYN_FIELD(SYN_KEY_HASH, struct output, sha, "output")};
    struct syn_cbor_in in;
    const struct message *m = ask_file(b, HASH, "/log.txt", NULL, -1, -1);
    assert_string_equal(answer_text(m, "type"), "sha256");
    assert_int_equal(answer_number(m, "len"), 1300);
    syn_cbor_in_init(&in, m->payload, m->header.length);
    assert_int_equal(syn_cbor_get_fields(&in, field, 1, &output, NULL), 0);
    syn_sha256(bytes, 1300, want);
    assert_memory_equal(output.sha, want, sizeof want);
    m = ask_file(b, HASH, "/log.txt", "crc32", 100, 700);
    assert_int_equal(answer_number(m, "off"), 100);
    assert_int_equal(answer_number(m, "output"), syn_crc32(0, bytes + 100, 700));
    m = ask_file(b, HASH, "/log.txt", "crc32", 1200, 700);
    assert_int_equal(answer_number(m, "len"), 100);
    bench_expect_rc(ask_file(b, HASH, "/log.txt", "md5", -1, -1), SYN_GROUP_FS, 13);
    disk.files[0].size = 0;
    bench_expect_rc(ask_file(b, HASH, "/log.txt", NULL, -1, -1), SYN_GROUP_FS, 16);
    syn_cbor_put_map(bench_payload(b), 0);
    assert_true(answer_has(bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_FS, TYPES), "types"));
    syn_cbor_put_map(bench_payload(b), 0);
    bench_expect_ok(bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_FS, CLOSE));
}

static void what_cannot_be_done_with_files_is_refused_in_the_groups_codes(void **state)
{
    static const char too_long[] = "/0123456789012345678901234567890123456789"
                                   "012345678901234567890123";
    static const char *const names[] = {
        "", "/", "/lfs/", "..", "/lfs/..", "/lfs/.hidden", "/a/b/c", "lfs/a", "/lfs/a\n", too_long};
    struct bench *b = *state;
    uint8_t much[1500] = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        bench_expect_rc(ask_file(b, STATUS, names[i], NULL, -1, -1), SYN_GROUP_FS, 2);
    bench_expect_rc(ask_file(b, FILE_, "/lfs/none", NULL, 0, -1), SYN_GROUP_FS, 3);
    bench_expect_rc(write_file(b, "/lfs/none", 5, "x", 1, -1), SYN_GROUP_FS, 3);
    bench_expect_rc(write_file(b, "/lfs/none", 0, "x", 1, -1), SYN_GROUP_NONE, SYN_RC_INVALID);
    bench_expect_ok(write_file(b, "/lfs/new", 0, much, sizeof much, 3000));
    bench_expect_rc(write_file(b, "/lfs/new", sizeof much, much, sizeof much, -1), SYN_GROUP_FS,
                    10);
    disk.broken = true;
    bench_expect_rc(ask_file(b, FILE_, "/log.txt", NULL, 0, -1), SYN_GROUP_FS, 7);
}

int main(void)
{
#define TEST(t)       cmocka_unit_test_setup_teardown(t, bench_setup, bench_teardown)
#define TEST_FILES(t) cmocka_unit_test_setup_teardown(t, setup_files, bench_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_clock_that_nobody_has_set_says_so),
        TEST(a_clock_that_was_set_goes_on),
        TEST(what_is_no_date_leaves_the_clock_alone),
        TEST(a_device_without_slots_has_no_boot_loader),
        TEST(a_boot_loader_has_a_name_and_answers_no_queries),
        TEST(tasks_have_the_keys_that_clients_look_for),
        TEST_FILES(a_file_is_read_to_its_end_and_not_beyond),
        TEST_FILES(a_file_is_written_in_pieces_and_the_devices_offset_counts),
        TEST_FILES(hashes_are_those_of_the_bytes),
        TEST_FILES(what_cannot_be_done_with_files_is_refused_in_the_groups_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
