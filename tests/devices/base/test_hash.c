/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes against published vectors, in one piece and split at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/bytes.h"
#include "devices/base/hash.h"

static void assert_digest(const uint8_t digest[SYN_SHA256_SIZE], const char *hex)
{
    char text[2 * SYN_SHA256_SIZE + 1];

    for (unsigned i = 0; i < SYN_SHA256_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, hex);
}

/* FIPS 180-4 examples and the NIST examples of "SHA256.pdf". */
static const struct {
    const char *text, *digest;
} sha256_vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlm"
     "nopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void sha256_gives_the_published_digests(void **state)
{
    uint8_t digest[SYN_SHA256_SIZE];

    (void)state;
    for (unsigned i = 0; i < sizeof sha256_vectors / sizeof sha256_vectors[0]; i++) {
        syn_sha256(sha256_vectors[i].text, strlen(sha256_vectors[i].text), digest);
        assert_digest(digest, sha256_vectors[i].digest);
    }
}

static void sha256_of_a_million_times_a(void **state)
{
    uint8_t digest[SYN_SHA256_SIZE], block[1000];
    struct syn_sha256 h;

    (void)state;
    memset(block, 'a', sizeof block);
    syn_sha256_init(&h);
    for (unsigned i = 0; i < 1000; i++)
        syn_sha256_update(&h, block, sizeof block);
    syn_sha256_final(&h, digest);
    assert_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void sha256_does_not_care_how_data_is_split(void **state)
{
    uint8_t data[200], whole[SYN_SHA256_SIZE], split[SYN_SHA256_SIZE];

    (void)state;
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t size = 0; size <= sizeof data; size++) {
        syn_sha256(data, size, whole);
        for (size_t cut = 0; cut <= size; cut++) {
            struct syn_sha256 h;

            syn_sha256_init(&h);
            syn_sha256_update(&h, data, cut);
            syn_sha256_update(&h, data + cut, size - cut);
            syn_sha256_final(&h, split);
            assert_memory_equal(whole, split, sizeof whole);
        }
    }
}

static void fnv1a_gives_the_published_values(void **state)
{
    (void)state;
    assert_true(syn_fnv1a(SYN_FNV1A_START, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(syn_fnv1a(SYN_FNV1A_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(syn_fnv1a(SYN_FNV1A_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
    assert_true(syn_fnv1a(syn_fnv1a(SYN_FNV1A_START, "foo", 3), "bar", 3) ==
                UINT64_C(0x85944171f73967e8));
}

static void crc32_gives_the_check_value(void **state)
{
    (void)state;
    assert_int_equal(syn_crc32(0, "", 0), 0);
    assert_int_equal(syn_crc32(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(syn_crc32(syn_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

static void splitmix64_gives_the_known_sequence(void **state)
{
    uint64_t seed = 1234567;

    (void)state;
    assert_true(syn_splitmix64(&seed) == UINT64_C(6457827717110365317));
    assert_true(syn_splitmix64(&seed) == UINT64_C(3203168211198807973));
    assert_true(syn_splitmix64(&seed) == UINT64_C(9817491932198370423));
}

static void bytes_keep_their_order_on_the_wire(void **state)
{
    uint8_t b[8];

    (void)state;
    syn_put_le64(b, UINT64_C(0x0102030405060708));
    assert_int_equal(b[0], 8);
    assert_int_equal(b[7], 1);
    assert_true(syn_get_le64(b) == UINT64_C(0x0102030405060708));
    assert_int_equal(syn_get_le32(b), 0x05060708);
    assert_int_equal(syn_get_le16(b), 0x0708);
    syn_put_be16(b, 0xa1b2);
    assert_int_equal(b[0], 0xa1);
    assert_int_equal(syn_get_be16(b), 0xa1b2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_digests),
        cmocka_unit_test(sha256_of_a_million_times_a),
        cmocka_unit_test(sha256_does_not_care_how_data_is_split),
        cmocka_unit_test(fnv1a_gives_the_published_values),
        cmocka_unit_test(crc32_gives_the_check_value),
        cmocka_unit_test(splitmix64_gives_the_known_sequence),
        cmocka_unit_test(bytes_keep_their_order_on_the_wire),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
