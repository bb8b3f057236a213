/* SPDX-License-Identifier: MIT */
/* Group 1 on a device with slots, as clients of mcumgr use it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "tests/devices/agent/bench.h"
#include "tests/devices/boot/make_image.h"
#include "tests/devices/boot/world.h"

enum { STATE, UPLOAD, ERASE = 5, SLOTS = 6, SLOT_BYTES = 16 * 1024 };

struct device {
    struct bench *bench;
    struct world world;
};

static int setup(void **state)
{
    static const struct world_shape shape = {
        .page_bytes = 1024, .unit_bytes = 16, .slot_pages = 16, .seed = 5};
    struct device *d = calloc(1, sizeof *d);
    assert_non_null(d);
    d->bench = bench_new();
    world_init(&d->world, &shape);
    d->bench->agent.port.slots = &d->world.slots;
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    struct device *d = *state;
    world_free(&d->world);
    free(d->bench);
    free(d);
    return 0;
}

/* ---- what clients send ---- */

struct piece {
    uint32_t offset, size;
    uint32_t length; /* 0: left out */
    const uint8_t *sha;
    bool upgrade;
};

static const struct message *send_piece(struct device *d, const uint8_t *image,
                                        const struct piece *piece)
{
    struct syn_cbor_out *out = bench_payload(d->bench);
    syn_cbor_open_map(out);
    syn_cbor_pair_uint(out, "image", 0);
    syn_cbor_pair_uint(out, "off", piece->offset);
    syn_cbor_pair_bytes(out, "data", image + piece->offset, piece->size);
    if (piece->length)
        syn_cbor_pair_uint(out, "len", piece->length);
    if (piece->sha)
        syn_cbor_pair_bytes(out, "sha", piece->sha, SYN_SHA256_SIZE);
    if (piece->upgrade)
        syn_cbor_pair_bool(out, "upgrade", true);
    syn_cbor_close(out);
    return bench_ask(d->bench, 0, SYN_SMP_WRITE, SYN_GROUP_IMG, UPLOAD);
}

/* Sends from the beginning to the end, or to the first error; gives the last answer. */
static const struct message *upload(struct device *d, const uint8_t *image, uint32_t size,
                                    uint32_t step, const uint8_t *sha)
{
    const struct message *answer = NULL;
    for (uint32_t at = 0; at < size; at += step) {
        struct piece piece = {.offset = at, .size = size - at < step ? size - at : step};
        if (at == 0) {
            piece.length = size;
            piece.sha = sha;
        }
        answer = send_piece(d, image, &piece);
        if (bench_status(answer).rc)
            return answer;
        assert_int_equal(answer_number(answer, "off"), at + piece.size);
    }
    return answer;
}

static const struct message *upload_image(struct device *d, int image, uint32_t step)
{
    return upload(d, d->world.images[image], d->world.sizes[image], step, NULL);
}

static const struct message *choose(struct device *d, const uint8_t *hash, bool confirm)
{
    struct syn_cbor_out *out = bench_payload(d->bench);
    syn_cbor_put_map(out, 2);
    syn_cbor_put_text(out, "hash");
    if (hash)
        syn_cbor_put_bytes(out, hash, SYN_SHA256_SIZE);
    else
        syn_cbor_put_null(out);
    syn_cbor_pair_bool(out, "confirm", confirm);
    return bench_ask(d->bench, 0, SYN_SMP_WRITE, SYN_GROUP_IMG, STATE);
}

static const struct message *ask(struct device *d, enum syn_smp_op op, uint8_t id)
{
    syn_cbor_put_map(bench_payload(d->bench), 0);
    return bench_ask(d->bench, 0, op, SYN_GROUP_IMG, id);
}

static void start_again(struct device *d)
{
    assert_int_equal(world_boot(&d->world), 0);
}

static const uint8_t *hash_of(struct device *d, int image)
{
    static uint8_t hash[SYN_SHA256_SIZE];
    struct syn_fw_image read;
    assert_int_equal(syn_fw_check(&read, d->world.images[image], d->world.sizes[image]), 0);
    memcpy(hash, read.hash, sizeof hash);
    return hash;
}

static const uint8_t *sha_of(struct device *d, int image)
{
    static uint8_t sha[SYN_SHA256_SIZE];
    syn_sha256(d->world.images[image], d->world.sizes[image], sha);
    return sha;
}

/* ---- what they are told ---- */

struct shown {
    uint32_t slot;
    char version[SYN_FW_VERSION_TEXT];
    uint8_t hash[SYN_SHA256_SIZE];
    bool bootable, pending, confirmed, active, permanent;
};

static unsigned list(const struct message *m, struct shown shown[2])
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U32, struct shown, slot, "slot"),
        SYN_FIELD(SYN_KEY_STR, struct shown, version, "version"),
        SYN_FIELD(SYN_KEY_HASH, struct shown, hash, "hash"),
        SYN_FIELD(SYN_KEY_BOOL, struct shown, bootable, "bootable"),
        SYN_FIELD(SYN_KEY_BOOL, struct shown, pending, "pending"),
        SYN_FIELD(SYN_KEY_BOOL, struct shown, confirmed, "confirmed"),
        SYN_FIELD(SYN_KEY_BOOL, struct shown, active, "active"),
        SYN_FIELD(SYN_KEY_BOOL, struct shown, permanent, "permanent"),
    };
    struct syn_cbor_in in;
    struct syn_span key;
    unsigned count = 0;
    bench_expect_ok(m);
    syn_cbor_in_init(&in, m->payload, m->header.length);
    struct syn_cbor_scope map = syn_cbor_get_map(&in);
    assert_true(syn_cbor_next_key(&in, &map, &key));
    assert_true(syn_span_is(key, "images"));
    struct syn_cbor_scope array = syn_cbor_get_array(&in);
    while (syn_cbor_next(&in, &array)) {
        assert_true(count < 2);
        assert_int_equal(
            syn_cbor_get_fields(&in, fields, sizeof fields / sizeof fields[0], &shown[count], NULL),
            0);
        count++;
    }
    assert_int_equal(in.error, 0);
    return count;
}

/* "a" active, "c" confirmed, "p" pending, "P" permanent, "b" bootable, of each slot. */
static void expect_state(struct device *d, const char *first, const char *second)
{
    struct shown shown[2] = {{.slot = 9}, {.slot = 9}};
    const char *const want[] = {first, second};
    unsigned count = list(ask(d, SYN_SMP_READ, STATE), shown);
    assert_int_equal(count, second ? 2 : 1);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(shown[i].slot, i);
        assert_int_equal(shown[i].active, strchr(want[i], 'a') != NULL);
        assert_int_equal(shown[i].confirmed, strchr(want[i], 'c') != NULL);
        assert_int_equal(shown[i].pending, strchr(want[i], 'p') != NULL);
        assert_int_equal(shown[i].permanent, strchr(want[i], 'P') != NULL);
        assert_int_equal(shown[i].bootable, strchr(want[i], 'b') != NULL);
    }
}

/* ---- tests ---- */

static void an_image_is_uploaded_tested_reverted_tested_and_confirmed(void **state)
{
    struct device *d = *state;
    expect_state(d, "abc", NULL);
    bench_expect_ok(upload_image(d, 1, 200));
    expect_state(d, "abc", "b");
    bench_expect_ok(choose(d, hash_of(d, 1), false));
    expect_state(d, "abc", "bp");
    start_again(d);
    expect_state(d, "ab", "bc");
    start_again(d);
    expect_state(d, "abc", "b");
    bench_expect_ok(choose(d, hash_of(d, 1), false));
    start_again(d);
    bench_expect_ok(choose(d, NULL, true));
    expect_state(d, "abc", "b");
    start_again(d);
    assert_int_equal(world_image(&d->world, SYN_SLOT_PRIMARY), 1);
}

static void confirmed_at_once_it_is_permanent(void **state)
{
    struct device *d = *state;
    bench_expect_ok(upload_image(d, 2, 333));
    bench_expect_ok(choose(d, hash_of(d, 2), true));
    expect_state(d, "abc", "bpP");
    start_again(d);
    start_again(d);
    assert_int_equal(world_image(&d->world, SYN_SLOT_PRIMARY), 2);
}

static void version_and_hash_of_both_are_told(void **state)
{
    struct device *d = *state;
    struct shown shown[2];
    bench_expect_ok(upload_image(d, 2, 500));
    assert_int_equal(list(ask(d, SYN_SMP_READ, STATE), shown), 2);
    assert_string_equal(shown[0].version, "0.2.345");
    assert_string_equal(shown[1].version, "2.2.345");
    assert_memory_equal(shown[0].hash, hash_of(d, 0), SYN_SHA256_SIZE);
    assert_memory_equal(shown[1].hash, hash_of(d, 2), SYN_SHA256_SIZE);
}

static void pieces_may_be_of_any_size(void **state)
{
    struct device *d = *state;
    static const uint32_t sizes[] = {32, 33, 47, 48, 127, 512, 900};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        bench_expect_ok(ask(d, SYN_SMP_WRITE, ERASE));
        bench_expect_ok(upload_image(d, 1, sizes[i]));
        assert_int_equal(world_image(&d->world, SYN_SLOT_SECONDARY), 1);
    }
}

static void the_devices_offset_counts(void **state)
{
    struct device *d = *state;
    const uint8_t *image = d->world.images[1];
    struct piece first = {.size = 100, .length = d->world.sizes[1]};
    struct piece ahead = {.offset = 300, .size = 100}, next = {.offset = 100, .size = 100};
    assert_int_equal(answer_number(send_piece(d, image, &next), "off"), 0);
    assert_int_equal(answer_number(send_piece(d, image, &first), "off"), 100);
    assert_int_equal(answer_number(send_piece(d, image, &ahead), "off"), 100);
    assert_int_equal(answer_number(send_piece(d, image, &next), "off"), 200);
    assert_int_equal(answer_number(send_piece(d, image, &next), "off"), 200);
}

static void an_upload_goes_on_by_its_sha_and_another_begins_anew(void **state)
{
    struct device *d = *state;
    struct piece first = {.size = 100, .length = d->world.sizes[1], .sha = sha_of(d, 1)};
    struct piece next = {.offset = 100, .size = 250};
    assert_int_equal(answer_number(send_piece(d, d->world.images[1], &first), "off"), 100);
    assert_int_equal(answer_number(send_piece(d, d->world.images[1], &next), "off"), 350);
    assert_int_equal(answer_number(send_piece(d, d->world.images[1], &first), "off"), 350);
    first.sha = sha_of(d, 2);
    first.length = d->world.sizes[2];
    assert_int_equal(answer_number(send_piece(d, d->world.images[2], &first), "off"), 100);
    first.sha = NULL;
    assert_int_equal(answer_number(send_piece(d, d->world.images[2], &next), "off"), 350);
    assert_int_equal(answer_number(send_piece(d, d->world.images[2], &first), "off"), 100);
}

static void what_is_there_already_is_not_taken_again(void **state)
{
    struct device *d = *state;
    uint32_t size = d->world.sizes[1];
    struct piece first = {.size = 100, .length = size, .sha = sha_of(d, 1)};
    const struct message *m = upload(d, d->world.images[1], size, 400, sha_of(d, 1));
    assert_true(answer_has(m, "match"));
    assert_int_equal(answer_number(m, "off"), size);
    uint64_t operations = cut_flash_operations(&d->world.f);
    assert_int_equal(answer_number(send_piece(d, d->world.images[1], &first), "off"), size);
    struct piece last = {.offset = size - 1, .size = 1}; /* the answer to it was lost */
    assert_int_equal(answer_number(send_piece(d, d->world.images[1], &last), "off"), size);
    assert_int_equal(cut_flash_operations(&d->world.f), operations);
}

static void make(uint8_t *bytes, uint32_t *size, const struct make_image *what)
{
    *size = (uint32_t)make_image(bytes, SLOT_BYTES, what);
}

static void what_cannot_run_is_refused_in_words(void **state)
{
    struct device *d = *state;
    static uint8_t bytes[SLOT_BYTES];
    uint32_t size, load = d->world.map.address;
    struct make_image what = {.board = "test", .payload_bytes = 1000, .load = load};
    make(bytes, &size, &what);
    struct piece first = {.size = 100, .length = SLOT_BYTES + 1};
    uint64_t operations = cut_flash_operations(&d->world.f);
    bench_expect_rc(send_piece(d, bytes, &first), SYN_GROUP_IMG, 30);
    first = (struct piece){.size = 31, .length = size};
    bench_expect_rc(send_piece(d, bytes, &first), SYN_GROUP_IMG, 22);
    first = (struct piece){.size = 100};
    bench_expect_rc(send_piece(d, bytes, &first), SYN_GROUP_IMG, 21);
    bytes[0]++;
    bench_expect_rc(upload(d, bytes, size, 2000, NULL), SYN_GROUP_IMG, 23);
    what = (struct make_image){
        .board = "test", .payload_bytes = 1000, .load = load + 1, .flags = SYN_FW_FIXED};
    make(bytes, &size, &what);
    bench_expect_rc(upload(d, bytes, size, 2000, NULL), SYN_GROUP_IMG, 25);
    assert_int_equal(cut_flash_operations(&d->world.f), operations);
    what = (struct make_image){.board = "other", .payload_bytes = 1000, .load = load};
    make(bytes, &size, &what);
    const struct message *m = upload(d, bytes, size, 300, NULL);
    bench_expect_rc(m, SYN_GROUP_NONE, SYN_RC_NOTSUP);
    expect_state(d, "abc", "");
}

static void a_damaged_upload_is_no_image(void **state)
{
    struct device *d = *state;
    uint32_t size = d->world.sizes[1];
    d->world.images[1][size / 2] ^= 16;
    bench_expect_rc(upload_image(d, 1, 300), SYN_GROUP_IMG, 24);
    expect_state(d, "abc", NULL);
    struct piece last = {.offset = size - 1, .size = 1};
    assert_int_equal(answer_number(send_piece(d, d->world.images[1], &last), "off"), 0);
}

static void more_than_was_announced_is_refused(void **state)
{
    struct device *d = *state;
    struct piece first = {.size = 100, .length = 150}, more = {.offset = 100, .size = 51};
    bench_expect_ok(send_piece(d, d->world.images[1], &first));
    bench_expect_rc(send_piece(d, d->world.images[1], &more), SYN_GROUP_IMG, 31);
}

static void while_another_is_pending_or_on_trial_none_is_taken(void **state)
{
    struct device *d = *state;
    bench_expect_ok(upload_image(d, 1, 500));
    bench_expect_ok(choose(d, hash_of(d, 1), false));
    for (unsigned i = 0; i < 2; i++) {
        bench_expect_rc(upload_image(d, 2, 2000), SYN_GROUP_IMG, 9);
        bench_expect_rc(ask(d, SYN_SMP_WRITE, ERASE), SYN_GROUP_IMG, 9);
        if (i == 0)
            start_again(d);
    }
    bench_expect_ok(choose(d, hash_of(d, 1), true)); /* the running one, by its hash */
    bench_expect_ok(ask(d, SYN_SMP_WRITE, ERASE));
    expect_state(d, "abc", NULL);
}

static void which_image_may_be_chosen_is_as_zephyr_has_it(void **state)
{
    struct device *d = *state;
    static const uint8_t unknown[SYN_SHA256_SIZE] = {1};
    bench_expect_rc(choose(d, unknown, false), SYN_GROUP_IMG, 8);
    bench_expect_rc(choose(d, NULL, false), SYN_GROUP_IMG, 24);
    bench_expect_rc(choose(d, hash_of(d, 0), false), SYN_GROUP_IMG, 33);
    bench_expect_ok(choose(d, hash_of(d, 0), true));
    bench_expect_ok(upload_image(d, 1, 500));
    bench_expect_ok(choose(d, hash_of(d, 1), false));
    bench_expect_ok(choose(d, hash_of(d, 1), false));
    bench_expect_rc(choose(d, hash_of(d, 1), true), SYN_GROUP_IMG, 28);
    bench_expect_rc(choose(d, NULL, true), SYN_GROUP_IMG, 28);
    start_again(d);
    bench_expect_ok(choose(d, hash_of(d, 0), true)); /* comes back by itself */
    expect_state(d, "ab", "bc");
    bench_expect_rc(choose(d, hash_of(d, 0), false), SYN_GROUP_IMG, 28);
}

static void an_upgrade_takes_newer_versions_only(void **state)
{
    struct device *d = *state;
    struct piece first = {.size = 100, .length = d->world.sizes[0], .upgrade = true};
    bench_expect_rc(send_piece(d, d->world.images[0], &first), SYN_GROUP_IMG, 27);
    first.length = d->world.sizes[1];
    bench_expect_ok(send_piece(d, d->world.images[1], &first));
}

static void flash_that_fails_is_told(void **state)
{
    struct device *d = *state;
    cut_flash_cut_after(&d->world.f, 20);
    bench_expect_rc(upload_image(d, 1, 2000 - 16), SYN_GROUP_IMG, 12);
    bench_expect_rc(ask(d, SYN_SMP_WRITE, ERASE), SYN_GROUP_IMG, 12);
    cut_flash_power_on(&d->world.f);
    bench_expect_ok(upload_image(d, 1, 400));
}

static void the_slots_sizes_are_told(void **state)
{
    struct device *d = *state;
    const struct message *m = ask(d, SYN_SMP_READ, SLOTS);
    bench_expect_ok(m);
    assert_true(answer_has(m, "images"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_image_is_uploaded_tested_reverted_tested_and_confirmed),
        TEST(confirmed_at_once_it_is_permanent),
        TEST(version_and_hash_of_both_are_told),
        TEST(pieces_may_be_of_any_size),
        TEST(the_devices_offset_counts),
        TEST(an_upload_goes_on_by_its_sha_and_another_begins_anew),
        TEST(what_is_there_already_is_not_taken_again),
        TEST(what_cannot_run_is_refused_in_words),
        TEST(a_damaged_upload_is_no_image),
        TEST(more_than_was_announced_is_refused),
        TEST(while_another_is_pending_or_on_trial_none_is_taken),
        TEST(which_image_may_be_chosen_is_as_zephyr_has_it),
        TEST(an_upgrade_takes_newer_versions_only),
        TEST(flash_that_fails_is_told),
        TEST(the_slots_sizes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
