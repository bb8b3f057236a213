/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "devices/agent/store.h"
#include "devices/base/error.h"
#include "devices/flash/ram.h"

enum { STORE = 4096, PAGE = SYN_FLASH_RAM_PAGE };

struct fixture {
    struct syn_store store;
    struct syn_flash flash;
    _Alignas(8) uint8_t memory[2 * SYN_STORE_BANK_BYTES + STORE];
};

struct content {
    uint8_t bytes[STORE + 8];
    size_t size;
    uint8_t hash[SYN_SHA256_SIZE];
};

static struct fixture *fixture(void)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    syn_flash_ram_init(&f.flash, f.memory, sizeof f.memory);
    syn_store_init(&f.store, &f.flash);
    return &f;
}

static struct content content(size_t size, uint8_t seed)
{
    struct content c = {.size = size};
    for (size_t i = 0; i < size; i++)
        c.bytes[i] = (uint8_t)(seed + i * 7);
    syn_sha256(c.bytes, size, c.hash);
    return c;
}

static long put(struct fixture *f, const struct content *c, size_t offset, size_t size)
{
    return syn_store_put(&f->store, c->hash, (uint32_t)offset, offset == 0 ? (uint32_t)c->size : 0,
                         c->bytes + offset, size);
}

static long put_all(struct fixture *f, const struct content *c)
{
    return put(f, c, 0, c->size);
}

static bool holds(struct fixture *f, const struct content *c)
{
    const struct syn_blob *b = syn_store_complete(&f->store, c->hash);
    return b && b->length == c->size &&
           memcmp(syn_store_bytes(&f->store, b), c->bytes, c->size) == 0;
}

static void a_blob_may_be_cut_at_every_byte(void **state)
{
    struct content c = content(97, 1);
    (void)state;
    for (size_t cut = 0; cut <= c.size; cut++) {
        struct fixture *f = fixture();
        long first = put(f, &c, 0, cut);
        assert_int_equal(first, cut);
        assert_int_equal(put(f, &c, cut, c.size - cut), 97);
        assert_true(holds(f, &c));
    }
}

static void what_is_there_counts_whatever_the_sender_repeats_or_leaves_out(void **state)
{
    struct fixture *f = fixture();
    struct content c = content(100, 2);
    (void)state;
    assert_int_equal(put(f, &c, 0, 40), 40);
    assert_int_equal(put(f, &c, 60, 10), 40); /* a gap is not taken */
    assert_int_equal(put(f, &c, 10, 20), 40); /* a repeat is ignored */
    assert_int_equal(put(f, &c, 30, 30), 60); /* one that overlaps goes on */
    assert_null(syn_store_complete(&f->store, c.hash));
    assert_int_equal(put(f, &c, 60, 40), 100);
    assert_true(holds(f, &c));
    assert_int_equal(put(f, &c, 60, 40), 100);
}

static void an_upload_that_was_dropped_starts_again_at_zero(void **state)
{
    struct fixture *f = fixture();
    struct content c = content(100, 2);
    (void)state;
    assert_int_equal(put(f, &c, 50, 50), 0);
    assert_null(syn_store_find(&f->store, c.hash));
}

static void content_that_differs_from_its_hash_is_gone(void **state)
{
    struct fixture *f = fixture();
    struct content c = content(100, 3);
    (void)state;
    c.bytes[99] ^= 1;
    assert_int_equal(put(f, &c, 0, 50), 50);
    assert_int_equal(put(f, &c, 50, 50), SYN_ECORRUPT);
    assert_null(syn_store_find(&f->store, c.hash));
    assert_int_equal(syn_store_used(&f->store), 0);
}

static void lengths_that_cannot_be_are_refused(void **state)
{
    struct fixture *f = fixture();
    struct content c = content(100, 4);
    (void)state;
    assert_int_equal(syn_store_put(&f->store, c.hash, 0, 0, c.bytes, 10), SYN_EINVAL);
    assert_int_equal(syn_store_put(&f->store, c.hash, 0, 5, c.bytes, 10), SYN_EINVAL);
    assert_int_equal(syn_store_put(&f->store, c.hash, 0, UINT32_MAX, c.bytes, 10), SYN_ENOMEM);
    assert_int_equal(syn_store_put(&f->store, c.hash, 0, STORE + 1, c.bytes, 10), SYN_ENOMEM);
    assert_int_equal(put(f, &c, 0, 10), 10);
    assert_int_equal(syn_store_put(&f->store, c.hash, 90, 0, c.bytes, 11), SYN_EINVAL);
    assert_int_equal(syn_store_put(&f->store, c.hash, 200, 0, c.bytes, 1), SYN_EINVAL);
}

static void the_oldest_blobs_make_room_but_pinned_ones_stay(void **state)
{
    struct fixture *f = fixture();
    struct content a = content(1000, 1), b = content(1000, 2), c = content(1000, 3),
                   d = content(1000, 4), e = content(2000, 5);
    (void)state;
    put_all(f, &a);
    put_all(f, &b);
    put_all(f, &c);
    put_all(f, &d);
    assert_int_equal(syn_store_pin(&f->store, a.hash), 0);
    assert_int_equal(syn_store_drop(&f->store, a.hash), SYN_EBUSY);
    const uint8_t *where = syn_store_bytes(&f->store, syn_store_complete(&f->store, a.hash));
    assert_int_equal(put_all(f, &e), 2000);
    assert_true(holds(f, &a));
    assert_ptr_equal(where, syn_store_bytes(&f->store, syn_store_complete(&f->store, a.hash)));
    assert_null(syn_store_find(&f->store, b.hash));
    assert_null(syn_store_find(&f->store, c.hash));
    assert_true(holds(f, &d));
    assert_true(holds(f, &e));
    syn_store_unpin(&f->store, a.hash);
    assert_int_equal(syn_store_drop(&f->store, a.hash), 0);
    assert_int_equal(syn_store_drop(&f->store, a.hash), SYN_ENOENT);
}

static void nothing_is_dropped_for_a_blob_that_cannot_fit(void **state)
{
    struct fixture *f = fixture();
    struct content a = content(2000, 1), b = content(1500, 2), c = content(3000, 3);
    (void)state;
    put_all(f, &a);
    put_all(f, &b);
    syn_store_pin(&f->store, a.hash);
    assert_int_equal(put_all(f, &c), SYN_ENOMEM);
    assert_true(holds(f, &b));
}

/* Blobs of a page each, more than the table has entries for. */
static void entries_run_out_and_the_oldest_is_replaced(void **state)
{
    static _Alignas(8) uint8_t memory[2 * SYN_STORE_BANK_BYTES + 2 * SYN_STORE_BLOBS_MAX * PAGE];
    struct fixture *f = fixture();
    struct content first = content(8, 0);
    (void)state;
    syn_flash_ram_init(&f->flash, memory, sizeof memory);
    syn_store_init(&f->store, &f->flash);
    put_all(f, &first);
    for (unsigned i = 1; i < SYN_STORE_BLOBS_MAX; i++) {
        struct content c = content(8, (uint8_t)i);
        assert_int_equal(put_all(f, &c), 8);
    }
    assert_true(holds(f, &first));
    struct content last = content(9, 0);
    assert_int_equal(put_all(f, &last), 9);
    assert_false(holds(f, &first));
}

static void a_blob_takes_whole_pages(void **state)
{
    struct fixture *f = fixture();
    struct content a = content(1, 1), b = content(PAGE, 2), c = content(PAGE + 1, 3);
    (void)state;
    assert_int_equal(f->store.size, STORE);
    put_all(f, &a);
    assert_int_equal(syn_store_used(&f->store), PAGE);
    put_all(f, &b);
    assert_int_equal(syn_store_used(&f->store), 2 * PAGE);
    put_all(f, &c);
    assert_int_equal(syn_store_used(&f->store), 4 * PAGE);
}

static void of_more_uploads_than_hosts_the_oldest_starts_again(void **state)
{
    struct fixture *f = fixture();
    struct content a = content(100, 1), b = content(100, 2), c = content(100, 3);
    (void)state;
    assert_int_equal(put(f, &a, 0, 40), 40);
    assert_int_equal(put(f, &b, 0, 40), 40);
    assert_int_equal(put(f, &a, 40, 10), 50);
    assert_int_equal(put(f, &c, 0, 40), 40); /* b was not written for longest */
    assert_int_equal(put(f, &b, 40, 60), 0);
    assert_int_equal(put(f, &a, 50, 50), 100);
    assert_int_equal(put(f, &c, 40, 60), 100);
    assert_int_equal(put_all(f, &b), 100);
    assert_true(holds(f, &a) && holds(f, &b) && holds(f, &c));
}

static void after_a_restart_complete_blobs_are_there_and_others_are_not(void **state)
{
    struct fixture *f = fixture();
    struct content a = content(1000, 1), b = content(500, 2), c = content(700, 3);
    (void)state;
    put_all(f, &a);
    put_all(f, &b);
    assert_int_equal(put(f, &c, 0, 600), 600);
    assert_int_equal(syn_store_drop(&f->store, b.hash), 0);
    syn_store_init(&f->store, &f->flash);
    assert_true(holds(f, &a));
    assert_false(holds(f, &b));
    assert_null(syn_store_find(&f->store, c.hash));
    assert_int_equal(syn_store_used(&f->store), 4 * PAGE);
    assert_int_equal(put(f, &c, 600, 100), 0);
    put_all(f, &c);
    syn_store_init(&f->store, &f->flash);
    assert_true(holds(f, &a) && holds(f, &c));
}

static void a_blob_that_was_damaged_meanwhile_is_not_there(void **state)
{
    struct fixture *f = fixture();
    struct content a = content(1000, 1), b = content(1000, 2);
    (void)state;
    put_all(f, &a);
    put_all(f, &b);
    f->memory[f->store.blobs[0].page * PAGE + 999] ^= 1;
    syn_store_init(&f->store, &f->flash);
    assert_null(syn_store_find(&f->store, a.hash));
    assert_true(holds(f, &b));
    put_all(f, &a);
    syn_store_init(&f->store, &f->flash);
    assert_true(holds(f, &a) && holds(f, &b));
}

static void the_order_of_ages_outlives_a_restart(void **state)
{
    struct fixture *f = fixture();
    struct content a = content(1500, 1), b = content(1500, 2), c = content(1500, 3);
    (void)state;
    put_all(f, &a);
    put_all(f, &b);
    syn_store_drop(&f->store, a.hash);
    put_all(f, &a); /* in front of b, and younger */
    syn_store_init(&f->store, &f->flash);
    put_all(f, &c);
    assert_true(holds(f, &a) && holds(f, &c));
    assert_false(holds(f, &b));
}

static int refuse(void *ctx, uint32_t offset, const uint8_t *bytes, size_t size)
{
    (void)ctx;
    (void)offset;
    (void)bytes;
    (void)size;
    return SYN_EIO;
}

static void a_flash_that_fails_is_told_and_nothing_of_the_blob_stays(void **state)
{
    struct fixture *f = fixture();
    struct content a = content(100, 1), b = content(100, 2);
    (void)state;
    put_all(f, &b);
    struct syn_flash good = f->flash;
    f->flash.program = refuse;
    assert_int_equal(put_all(f, &a), SYN_EIO);
    assert_null(syn_store_find(&f->store, a.hash));
    assert_int_equal(syn_store_drop(&f->store, b.hash), SYN_EIO);
    assert_true(holds(f, &b));
    f->flash = good;
    assert_int_equal(put_all(f, &a), 100);
    assert_int_equal(syn_store_drop(&f->store, b.hash), 0);
    assert_true(holds(f, &a));
}

static void a_store_without_flash_holds_nothing(void **state)
{
    struct fixture *f = fixture();
    struct content c = content(8, 1);
    (void)state;
    syn_store_init(&f->store, NULL);
    assert_int_equal(put_all(f, &c), SYN_ENOMEM);
    syn_flash_ram_init(&f->flash, f->memory, 2 * SYN_STORE_BANK_BYTES - 1);
    syn_store_init(&f->store, &f->flash);
    assert_int_equal(put_all(f, &c), SYN_ENOMEM);
    assert_null(syn_store_find(&f->store, c.hash));
    assert_int_equal(syn_store_drop(&f->store, c.hash), SYN_ENOENT);
    assert_int_equal(syn_store_used(&f->store), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_may_be_cut_at_every_byte),
        cmocka_unit_test(what_is_there_counts_whatever_the_sender_repeats_or_leaves_out),
        cmocka_unit_test(an_upload_that_was_dropped_starts_again_at_zero),
        cmocka_unit_test(content_that_differs_from_its_hash_is_gone),
        cmocka_unit_test(lengths_that_cannot_be_are_refused),
        cmocka_unit_test(the_oldest_blobs_make_room_but_pinned_ones_stay),
        cmocka_unit_test(nothing_is_dropped_for_a_blob_that_cannot_fit),
        cmocka_unit_test(entries_run_out_and_the_oldest_is_replaced),
        cmocka_unit_test(a_blob_takes_whole_pages),
        cmocka_unit_test(of_more_uploads_than_hosts_the_oldest_starts_again),
        cmocka_unit_test(after_a_restart_complete_blobs_are_there_and_others_are_not),
        cmocka_unit_test(a_blob_that_was_damaged_meanwhile_is_not_there),
        cmocka_unit_test(the_order_of_ages_outlives_a_restart),
        cmocka_unit_test(a_flash_that_fails_is_told_and_nothing_of_the_blob_stays),
        cmocka_unit_test(a_store_without_flash_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
