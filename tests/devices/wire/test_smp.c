/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "devices/wire/smp.h"
#include "devices/wire/tensor.h"

static void a_header_keeps_all_its_fields(void **state)
{
    struct syn_smp_header h = {1, SYN_SMP_WRITE, 0, 5, SYN_GROUP_SYNERGY, 0x42, 7};
    static const uint8_t want[] = {0x0a, 0, 0, 5, 0x53, 0x59, 0x42, 7};
    uint8_t message[13] = {0};
    struct syn_smp_header got;
    (void)state;
    syn_smp_put_header(message, &h);
    assert_memory_equal(message, want, 8);
    assert_int_equal(syn_smp_get_header(&got, message, sizeof message), 0);
    assert_int_equal(got.version, 1);
    assert_int_equal(got.op, SYN_SMP_WRITE);
    assert_int_equal(got.length, 5);
    assert_int_equal(got.group, SYN_GROUP_SYNERGY);
    assert_int_equal(got.seq, 0x42);
    assert_int_equal(got.id, 7);
    assert_int_equal(syn_smp_get_header(&got, message, 12), SYN_EPROTO);
    assert_int_equal(syn_smp_get_header(&got, message, 7), SYN_EPROTO);
}

static void an_answer_mirrors_the_request_and_caps_the_version(void **state)
{
    struct syn_smp_header request = {3, SYN_SMP_READ, 0, 9, SYN_GROUP_STAT, 7, 1};
    struct syn_smp_header h = syn_smp_reply(&request);
    (void)state;
    assert_int_equal(h.version, 1);
    assert_int_equal(h.op, SYN_SMP_READ_RSP);
    assert_int_equal(h.group, SYN_GROUP_STAT);
    assert_int_equal(h.seq, 7);
    assert_int_equal(h.id, 1);
    assert_int_equal(h.length, 0);
}

static void check_error(uint8_t version, uint16_t group, unsigned rc, const char *msg)
{
    uint8_t buffer[64];
    struct syn_cbor_out w;
    struct syn_smp_status s;
    syn_cbor_out_init(&w, buffer, sizeof buffer);
    syn_smp_put_error(&w, version, group, rc, msg);
    assert_int_equal(w.error, 0);
    assert_int_equal(syn_smp_get_status(&s, SYN_GROUP_SYNERGY, buffer, w.length), 0);
    assert_int_equal(s.group, group);
    assert_int_equal(s.rc, rc);
    assert_true(syn_span_is(s.msg, msg ? msg : ""));
}

static void errors_of_protocol_and_group_are_told_apart_in_both_versions(void **state)
{
    (void)state;
    for (uint8_t version = 0; version < 2; version++) {
        check_error(version, SYN_GROUP_NONE, SYN_RC_BUSY, NULL);
        check_error(version, SYN_GROUP_SYNERGY, SYN_GRC_OOR, "needs 656 words, 402 free");
    }
}

static void an_answer_without_rc_is_no_error(void **state)
{
    static const uint8_t body[] = {0xa1, 0x61, 'r', 0x61, 'x'};
    struct syn_smp_status s;
    (void)state;
    assert_int_equal(syn_smp_get_status(&s, 0, body, sizeof body), 0);
    assert_int_equal(s.rc, 0);
    assert_int_equal(syn_smp_get_status(&s, 0, NULL, 0), 0);
    assert_int_equal(s.rc, 0);
    assert_int_equal(syn_smp_get_status(&s, 0, "\x01", 1), SYN_EPROTO);
}

static void codes_have_words_and_classes(void **state)
{
    (void)state;
    assert_string_equal(syn_smp_rc_text(SYN_GROUP_NONE, 13),
                        "protocol version too new for the device");
    assert_string_equal(syn_smp_rc_text(SYN_GROUP_SYNERGY, SYN_GRC_OOR), "does not fit");
    assert_string_equal(syn_smp_rc_text(SYN_GROUP_FS, 3), "no such file");
    assert_int_equal(syn_smp_rc_errno(SYN_GROUP_SYNERGY, SYN_GRC_OOR), SYN_EOOR);
    assert_int_equal(syn_smp_rc_errno(SYN_GROUP_NONE, SYN_RC_BUSY), SYN_EBUSY);
    assert_int_equal(syn_smp_rc_errno(SYN_GROUP_NONE, 999), SYN_EDEVICE);
    assert_int_equal(syn_smp_rc_errno(77, 3), SYN_EDEVICE);
    assert_int_equal(syn_smp_rc_errno(77, 0), 0);
}

static void a_tensor_message_has_the_bytes_of_the_specification(void **state)
{
    static const uint8_t want[] = {0x0a, 0, 0,    14,   0x53, 0x59, 9,    4,    0x02, 0x01,
                                   0,    1, 0x78, 0x56, 0x34, 0x12, 0x00, 0x01, 0,    0};
    struct syn_tensor_head h = {0x0102, SYN_TENSOR_DATA, SYN_TENSOR_LAST, 0x12345678, 256};
    struct syn_tensor_head got;
    uint8_t message[SYN_TENSOR_START + 2] = {0};
    const uint8_t *body;
    size_t size;
    (void)state;
    assert_int_equal(syn_tensor_begin(message, &h, 9, 2), sizeof message);
    assert_memory_equal(message, want, sizeof want);
    assert_int_equal(syn_tensor_get(&got, message + 8, sizeof message - 8, &body, &size), 0);
    assert_memory_equal(&got, &h, sizeof h);
    assert_ptr_equal(body, message + SYN_TENSOR_START);
    assert_int_equal(size, 2);
    assert_int_equal(syn_tensor_get(&got, message + 8, 11, &body, &size), SYN_EPROTO);
}

static void tokens_results_and_grants_survive(void **state)
{
    struct syn_tensor_token t = {7, -5, INT64_MAX, 0x1122334455667788u, 2}, token;
    struct syn_tensor_result r = {3, 10, -128, 32767}, got;
    struct syn_tensor_credit c = {4096, -9}, c2;
    uint8_t bytes[SYN_TENSOR_TOKEN_SIZE];
    uint32_t length;
    (void)state;
    syn_tensor_token_put(bytes, &t);
    syn_tensor_token_get(&token, bytes);
    assert_int_equal(token.inference, 7);
    assert_true(token.sensed_ns == -5);
    assert_true(token.ready_ns == INT64_MAX);
    assert_true(token.input_hash == 0x1122334455667788u);
    assert_true(token.output_hash == 2);
    syn_tensor_result_put(bytes, &r);
    syn_tensor_result_get(&got, bytes);
    assert_int_equal(got.value, -128);
    assert_int_equal(got.second, 32767);
    assert_int_equal(got.best, 3);
    assert_int_equal(got.count, 10);
    syn_tensor_credit_put(bytes, &c);
    assert_int_equal(syn_tensor_credit_get(&c2, bytes, SYN_TENSOR_CREDIT_SIZE), 0);
    assert_int_equal(c2.bytes, 4096);
    assert_true(c2.at_ns == -9);
    syn_tensor_missing_put(bytes, 77);
    assert_int_equal(syn_tensor_missing_get(&length, bytes, 4), 0);
    assert_int_equal(length, 77);
    assert_int_equal(syn_tensor_missing_get(&length, bytes, 3), SYN_EPROTO);
}

static void counts_are_bounded(void **state)
{
    uint32_t done[3] = {1, 2, 70000}, got[2] = {0};
    uint8_t bytes[64];
    int64_t at = 0;
    (void)state;
    size_t n = syn_tensor_counts_put(bytes, done, 3, 99);
    assert_int_equal(n, syn_tensor_counts_size(3));
    assert_int_equal(syn_tensor_counts_get(got, 2, &at, bytes, n), 3);
    assert_int_equal(got[1], 2);
    assert_int_equal(at, 99);
    assert_int_equal(syn_tensor_counts_get(got, 2, &at, bytes, n - 1), SYN_EPROTO);
    bytes[0] = 0xff;
    bytes[1] = 0xff;
    assert_int_equal(syn_tensor_counts_get(got, 2, &at, bytes, sizeof bytes), SYN_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_keeps_all_its_fields),
        cmocka_unit_test(an_answer_mirrors_the_request_and_caps_the_version),
        cmocka_unit_test(errors_of_protocol_and_group_are_told_apart_in_both_versions),
        cmocka_unit_test(an_answer_without_rc_is_no_error),
        cmocka_unit_test(codes_have_words_and_classes),
        cmocka_unit_test(a_tensor_message_has_the_bytes_of_the_specification),
        cmocka_unit_test(tokens_results_and_grants_survive),
        cmocka_unit_test(counts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
