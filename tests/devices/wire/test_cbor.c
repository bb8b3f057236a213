/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "devices/wire/cbor.h"

static void numbers_take_the_shortest_form(void **state)
{
    static const struct {
        int64_t value;
        uint8_t bytes[9];
        size_t size;
    } rows[] = {
        {0, {0x00}, 1},
        {23, {0x17}, 1},
        {24, {0x18, 24}, 2},
        {255, {0x18, 255}, 2},
        {256, {0x19, 1, 0}, 3},
        {65536, {0x1a, 0, 1, 0, 0}, 5},
        {INT64_C(4294967296), {0x1b, 0, 0, 0, 1, 0, 0, 0, 0}, 9},
        {-1, {0x20}, 1},
        {-24, {0x37}, 1},
        {-25, {0x38, 24}, 2},
        {INT64_MAX, {0x1b, 0x7f, 255, 255, 255, 255, 255, 255, 255}, 9},
        {INT64_MIN, {0x3b, 0x7f, 255, 255, 255, 255, 255, 255, 255}, 9},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t buffer[16];
        struct syn_cbor_out w;
        struct syn_cbor_in r;
        syn_cbor_out_init(&w, buffer, sizeof buffer);
        syn_cbor_put_int(&w, rows[i].value);
        assert_int_equal(w.length, rows[i].size);
        assert_memory_equal(buffer, rows[i].bytes, rows[i].size);
        syn_cbor_in_init(&r, buffer, w.length);
        assert_true(syn_cbor_get_int(&r) == rows[i].value);
        assert_int_equal(r.error, 0);
    }
}

static size_t write_sample(uint8_t *to, size_t size, bool indefinite, int *error)
{
    struct syn_cbor_out w;
    syn_cbor_out_init(&w, to, size);
    if (indefinite)
        syn_cbor_open_map(&w);
    else
        syn_cbor_put_map(&w, 6);
    syn_cbor_pair_uint(&w, "off", 70000);
    syn_cbor_pair_int(&w, "t", -5);
    syn_cbor_pair_text(&w, "name", "earbud");
    syn_cbor_pair_bool(&w, "ok", true);
    syn_cbor_pair_bytes(&w, "d", "\0\1\2", 3);
    syn_cbor_put_text(&w, "kern");
    if (indefinite)
        syn_cbor_open_array(&w);
    else
        syn_cbor_put_array(&w, 3);
    for (unsigned i = 0; i < 3; i++)
        syn_cbor_put_uint(&w, 300 * i);
    if (indefinite) {
        syn_cbor_close(&w);
        syn_cbor_close(&w);
    }
    *error = w.error;
    return w.length;
}

struct sample {
    uint32_t off;
    int64_t t;
    char name[8];
    bool ok;
    struct syn_span d;
    uint16_t kern[3];
};

static const struct syn_cbor_field sample_fields[] = {
    SYN_FIELD(SYN_KEY_U32, struct sample, off, "off"),
    SYN_FIELD(SYN_KEY_I64, struct sample, t, "t"),
    SYN_FIELD(SYN_KEY_STR, struct sample, name, "name"),
    SYN_FIELD(SYN_KEY_BOOL, struct sample, ok, "ok"),
    SYN_FIELD(SYN_KEY_BYTES, struct sample, d, "d"),
    SYN_FIELD_ARRAY(SYN_KEY_U16S, struct sample, kern, "kern"),
};

static void check_sample(const uint8_t *data, size_t size)
{
    struct sample s = {0};
    struct syn_cbor_in r;
    uint32_t seen = 0;
    syn_cbor_in_init(&r, data, size);
    assert_int_equal(syn_cbor_get_fields(&r, sample_fields, 6, &s, &seen), 0);
    assert_int_equal(seen, 0x3f);
    assert_int_equal(r.at, size);
    assert_int_equal(s.off, 70000);
    assert_int_equal(s.t, -5);
    assert_string_equal(s.name, "earbud");
    assert_true(s.ok);
    assert_int_equal(s.d.size, 3);
    assert_memory_equal(s.d.data, "\0\1\2", 3);
    assert_int_equal(s.kern[2], 600);
}

static void a_table_reads_definite_and_indefinite_maps_alike(void **state)
{
    uint8_t buffer[128];
    int error;
    (void)state;
    for (int indefinite = 0; indefinite < 2; indefinite++) {
        size_t n = write_sample(buffer, sizeof buffer, indefinite, &error);
        assert_int_equal(error, 0);
        check_sample(buffer, n);
    }
}

static void every_short_buffer_is_reported_and_never_overrun(void **state)
{
    uint8_t whole[128];
    int error;
    (void)state;
    size_t n = write_sample(whole, sizeof whole, true, &error);
    for (size_t size = 0; size < n; size++) {
        uint8_t small[128];
        memset(small, 0xee, sizeof small);
        (void)write_sample(small, size, true, &error);
        assert_int_equal(error, SYN_ENOMEM);
        for (size_t i = size; i < sizeof small; i++)
            assert_int_equal(small[i], 0xee);
    }
}

static void every_cut_input_is_an_error(void **state)
{
    uint8_t buffer[128];
    int error;
    (void)state;
    for (int indefinite = 0; indefinite < 2; indefinite++) {
        size_t n = write_sample(buffer, sizeof buffer, indefinite, &error);
        for (size_t size = 1; size < n; size++) {
            struct sample s = {0};
            struct syn_cbor_in r;
            syn_cbor_in_init(&r, buffer, size);
            assert_int_equal(syn_cbor_get_fields(&r, sample_fields, 6, &s, NULL), SYN_EPROTO);
            syn_cbor_in_init(&r, buffer, size);
            assert_int_equal(syn_cbor_skip(&r).size, 0);
            assert_int_equal(r.error, SYN_EPROTO);
        }
    }
}

static void unknown_keys_of_any_type_are_skipped(void **state)
{
    /* {_ 1: 2, "x": {_ "a": [_ 1, [2]], "b": 1(0)}, "f": 1.5, "p": (_ h'01', h'02'), "off": 7} */
    static const uint8_t data[] = {0xbf, 0x01, 0x02, 0x61, 'x', 0xbf, 0x61, 'a',  0x9f, 0x01,
                                   0x81, 0x02, 0xff, 0x61, 'b', 0xc1, 0x00, 0xff, 0x61, 'f',
                                   0xf9, 0x3e, 0x00, 0x61, 'p', 0x5f, 0x41, 0x01, 0x41, 0x02,
                                   0xff, 0x63, 'o',  'f',  'f', 0x07, 0xff};
    struct sample s = {0};
    struct syn_cbor_in r;
    uint32_t seen = 0;
    (void)state;
    syn_cbor_in_init(&r, data, sizeof data);
    assert_int_equal(syn_cbor_get_fields(&r, sample_fields, 6, &s, &seen), 0);
    assert_int_equal(seen, 1);
    assert_int_equal(s.off, 7);
}

static void an_empty_payload_is_an_empty_map(void **state)
{
    struct sample s = {.off = 9};
    struct syn_cbor_in r;
    uint32_t seen = 1;
    (void)state;
    syn_cbor_in_init(&r, NULL, 0);
    assert_int_equal(syn_cbor_get_fields(&r, sample_fields, 6, &s, &seen), 0);
    assert_int_equal(seen, 0);
    assert_int_equal(s.off, 9);
}

static void skipping_stops_at_a_bounded_depth(void **state)
{
    uint8_t data[SYN_CBOR_DEPTH + 2];
    struct syn_cbor_in r;
    (void)state;
    memset(data, 0x81, sizeof data); /* [[[[... */
    data[SYN_CBOR_DEPTH] = 0;
    syn_cbor_in_init(&r, data, sizeof data);
    assert_int_equal(syn_cbor_skip(&r).size, SYN_CBOR_DEPTH + 1);
    data[SYN_CBOR_DEPTH] = 0x81;
    data[SYN_CBOR_DEPTH + 1] = 0;
    syn_cbor_in_init(&r, data, sizeof data);
    (void)syn_cbor_skip(&r);
    assert_int_equal(r.error, SYN_EPROTO);
}

static void malformed_items_are_errors(void **state)
{
    static const struct {
        uint8_t bytes[10];
        size_t size;
    } rows[] = {
        {{0xff}, 1},                                         /* a break without a container */
        {{0x1c}, 1},                                         /* reserved length */
        {{0x1f}, 1},                                         /* a number of indefinite length */
        {{0xdf, 0}, 2},                                      /* a tag of indefinite length */
        {{0x5b, 255, 255, 255, 255, 255, 255, 255, 255}, 9}, /* bytes beyond the end */
        {{0xbb, 255, 255, 255, 255, 255, 255, 255, 255}, 9}, /* a map beyond counting */
        {{0xbf, 0x61, 'a', 0xff}, 4},                        /* a key without value */
        {{0x5f, 0x61, 'a', 0xff}, 4},                        /* text inside bytes */
        {{0x81, 0xff}, 2},                                   /* a break in a definite array */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct syn_cbor_in r;
        syn_cbor_in_init(&r, rows[i].bytes, rows[i].size);
        (void)syn_cbor_skip(&r);
        assert_int_equal(r.error, SYN_EPROTO);
    }
}

static void numbers_out_of_range_are_errors_not_wrapped(void **state)
{
    struct narrow {
        uint8_t u8;
        int32_t i32;
    } n = {0};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U8, struct narrow, u8, "a"),
        SYN_FIELD(SYN_KEY_I32, struct narrow, i32, "b"),
    };
    static const uint8_t too_wide[] = {0xa1, 0x61, 'a', 0x19, 1, 0};
    static const uint8_t too_deep[] = {0xa1, 0x61, 'b', 0x3a, 0x80, 0, 0, 0};
    struct syn_cbor_in r;
    (void)state;
    syn_cbor_in_init(&r, too_wide, sizeof too_wide);
    assert_int_equal(syn_cbor_get_fields(&r, fields, 2, &n, NULL), SYN_EPROTO);
    syn_cbor_in_init(&r, too_deep, sizeof too_deep);
    assert_int_equal(syn_cbor_get_fields(&r, fields, 2, &n, NULL), SYN_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_take_the_shortest_form),
        cmocka_unit_test(a_table_reads_definite_and_indefinite_maps_alike),
        cmocka_unit_test(every_short_buffer_is_reported_and_never_overrun),
        cmocka_unit_test(every_cut_input_is_an_error),
        cmocka_unit_test(unknown_keys_of_any_type_are_skipped),
        cmocka_unit_test(an_empty_payload_is_an_empty_map),
        cmocka_unit_test(skipping_stops_at_a_bounded_depth),
        cmocka_unit_test(malformed_items_are_errors),
        cmocka_unit_test(numbers_out_of_range_are_errors_not_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
