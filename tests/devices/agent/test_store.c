/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "devices/agent/store.h"
#include "devices/base/error.h"

enum { STORE = 4096 };

struct fixture {
    struct syn_store store;
    _Alignas(8) uint8_t memory[STORE];
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
    syn_store_init(&f.store, f.memory, sizeof f.memory);
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

static void entries_run_out_and_the_oldest_is_replaced(void **state)
{
    struct fixture *f = fixture();
    struct content first = content(8, 0);
    (void)state;
    put_all(f, &first);
    for (unsigned i = 1; i <= SYN_STORE_BLOBS_MAX; i++) {
        struct content c = content(8, (uint8_t)i);
        assert_int_equal(put_all(f, &c), 8);
    }
    assert_null(syn_store_find(&f->store, first.hash));
}

static void scratch_is_the_largest_gap_and_touches_no_blob(void **state)
{
    struct fixture *f = fixture();
    struct content a = content(1000, 1), b = content(500, 2), c = content(1001, 3);
    size_t size;
    (void)state;
    put_all(f, &a);
    put_all(f, &b);
    put_all(f, &c);
    memset(syn_store_scratch(&f->store, &size), 0xee, 1);
    assert_int_equal(size, STORE - 1000 - 504 - 1008);
    syn_store_drop(&f->store, a.hash);
    syn_store_drop(&f->store, b.hash);
    uint8_t *scratch = syn_store_scratch(&f->store, &size);
    assert_int_equal(size, STORE - 1504 - 1008);
    memset(scratch, 0xee, size);
    assert_true(holds(f, &c));
}

static void a_store_without_memory_holds_nothing(void **state)
{
    struct syn_store store;
    struct content c = content(8, 1);
    size_t size = 1;
    (void)state;
    syn_store_init(&store, NULL, 0);
    assert_int_equal(syn_store_put(&store, c.hash, 0, 8, c.bytes, 8), SYN_ENOMEM);
    (void)syn_store_scratch(&store, &size);
    assert_int_equal(size, 0);
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
        cmocka_unit_test(scratch_is_the_largest_gap_and_touches_no_blob),
        cmocka_unit_test(a_store_without_memory_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
