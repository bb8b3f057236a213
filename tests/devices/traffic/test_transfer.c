/* SPDX-License-Identifier: MIT */
/* A hop's tensors over links that are full, lose, repeat and reorder. */
#include "devices/traffic/transfer.h"

#include "devices/base/hash.h"
#include "devices/wire/smp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DATA_MAX 70000
#define LINK_MAX 600

static uint8_t sent[DATA_MAX], got[DATA_MAX];

static const struct syn_tensor_token token = {.inference = 7,
                                              .sensed_ns = 123456789012,
                                              .ready_ns = -5,
                                              .input_hash = 0x1122334455667788,
                                              .output_hash = 42};

/* A link that holds messages until it is emptied. */
struct link {
    struct {
        uint8_t bytes[SYN_TRANSFER_MESSAGE_MAX];
        size_t size;
    } messages[LINK_MAX];
    unsigned count, room;
};

static struct link there, back;

static bool put(void *ctx, const uint8_t *message, size_t size)
{
    struct link *link = ctx;
    if (link->count == link->room)
        return false;
    memcpy(link->messages[link->count].bytes, message, size);
    link->messages[link->count++].size = size;
    return true;
}

static void clear(unsigned room)
{
    there.count = back.count = 0;
    there.room = back.room = room;
}

/* A hop of four tensors such as a UNet's cut has them. */
static const struct syn_hop hop = {.stream = 30, .count = 4, .sizes = {36864, 1, 2025, 20000}};

static uint32_t fill(const struct syn_hop *h)
{
    uint32_t bytes = 0;
    uint64_t seed = 1;
    for (unsigned i = 0; i < h->count; i++)
        bytes += h->sizes[i];
    for (uint32_t i = 0; i < bytes; i++)
        sent[i] = (uint8_t)syn_splitmix64(&seed);
    memset(got, 0, sizeof got);
    return bytes;
}

static int take(struct syn_incoming *in, unsigned index, int64_t now)
{
    const uint8_t *message = there.messages[index].bytes, *body;
    struct syn_smp_header smp;
    struct syn_tensor_head head;
    size_t size;
    assert_int_equal(syn_smp_get_header(&smp, message, there.messages[index].size), 0);
    assert_int_equal(smp.group, SYN_GROUP_SYNERGY);
    assert_int_equal(smp.id, SYN_ID_TENSOR);
    assert_int_equal(syn_tensor_get(&head, message + SYN_SMP_HEADER,
                                    there.messages[index].size - SYN_SMP_HEADER, &body, &size),
                     0);
    return syn_incoming_take(in, &head, body, size, now);
}

static void serve_missing(const struct syn_outgoing *out)
{
    for (unsigned i = 0; i < back.count; i++) {
        struct syn_tensor_head head;
        const uint8_t *body;
        size_t size;
        uint32_t length;
        syn_tensor_get(&head, back.messages[i].bytes + SYN_SMP_HEADER,
                       back.messages[i].size - SYN_SMP_HEADER, &body, &size);
        assert_int_equal(head.kind, SYN_TENSOR_MISSING);
        assert_int_equal(syn_tensor_missing_get(&length, body, size), 0);
        int rc = syn_outgoing_again(out, head.stream, head.offset, length, put, &there);
        assert_true(rc == 0 || rc == SYN_EBUSY);
    }
    back.count = 0;
}

static void assert_whole(const struct syn_incoming *in, uint32_t bytes)
{
    struct syn_tensor_token t;
    syn_incoming_token(in, &t);
    assert_memory_equal(&t.input_hash, &token.input_hash, 8);
    assert_int_equal(t.sensed_ns, token.sensed_ns);
    assert_int_equal(t.ready_ns, token.ready_ns);
    assert_int_equal(t.inference, token.inference);
    assert_memory_equal(sent, got, bytes);
}

static void four_tensors_arrive_as_they_were_sent(void **state)
{
    (void)state;
    struct syn_outgoing out;
    struct syn_incoming in;
    uint32_t bytes = fill(&hop);
    clear(LINK_MAX);
    syn_outgoing_open(&out, &hop, &token, sent);
    syn_incoming_open(&in, &hop, 7, got, 100, 0);
    assert_int_equal(syn_outgoing_write(&out, put, &there), 0);
    for (unsigned i = 0; i + 1 < there.count; i++)
        assert_int_equal(take(&in, i, 0), 0);
    assert_int_equal(take(&in, there.count - 1, 0), 1);
    assert_whole(&in, bytes);
    for (unsigned i = 0; i < there.count; i++)
        assert_true(there.messages[i].size <= SYN_TRANSFER_MESSAGE_MAX);
}

static void a_full_link_is_continued_where_it_stopped(void **state)
{
    (void)state;
    for (unsigned room = 1; room <= 5; room++) {
        struct syn_outgoing out;
        struct syn_incoming in;
        uint32_t bytes = fill(&hop);
        clear(room);
        syn_outgoing_open(&out, &hop, &token, sent);
        syn_incoming_open(&in, &hop, 7, got, 100, 0);
        int rc, complete = 0;
        do {
            rc = syn_outgoing_write(&out, put, &there);
            for (unsigned i = 0; i < there.count; i++)
                complete += take(&in, i, 0);
            there.count = 0;
        } while (rc == SYN_EBUSY);
        assert_int_equal(rc, 0);
        assert_int_equal(complete, 1);
        assert_whole(&in, bytes);
    }
}

static void shuffle(uint64_t *seed)
{
    for (unsigned i = there.count; i > 1; i--) {
        unsigned j = (unsigned)(syn_splitmix64(seed) % i);
        struct link *l = &there;
        l->messages[LINK_MAX - 1] = l->messages[i - 1];
        l->messages[i - 1] = l->messages[j];
        l->messages[j] = l->messages[LINK_MAX - 1];
    }
}

/* Sends over a link that loses a part of its messages, repeats some and shuffles all. */
static void send_badly(uint64_t seed, unsigned loss_percent)
{
    struct syn_outgoing out;
    struct syn_incoming in;
    uint32_t bytes = fill(&hop);
    clear(LINK_MAX - 1);
    syn_outgoing_open(&out, &hop, &token, sent);
    syn_incoming_open(&in, &hop, 7, got, 100, 0);
    assert_int_equal(syn_outgoing_write(&out, put, &there), 0);
    for (int64_t now = 0;; now = in.due_ns) {
        shuffle(&seed);
        for (unsigned i = 0; i < there.count; i++) {
            unsigned luck = (unsigned)(syn_splitmix64(&seed) % 100);
            if (luck < loss_percent)
                continue;
            int rc = take(&in, i, now);
            if (rc == 0 && luck > 80)
                rc = take(&in, i, now);
            assert_true(rc >= 0);
            if (rc == 1) {
                assert_whole(&in, bytes);
                return;
            }
        }
        there.count = 0;
        assert_int_equal(syn_incoming_poll(&in, in.due_ns, put, &back), 0);
        serve_missing(&out);
    }
}

static void loss_repetition_and_disorder_are_mended(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200 / SYN_FEWER; seed++)
        send_badly(seed, (unsigned)(seed % 5) * 12);
}

static void a_damaged_tensor_is_asked_for_again(void **state)
{
    (void)state;
    struct syn_outgoing out;
    struct syn_incoming in;
    uint32_t bytes = fill(&hop);
    clear(LINK_MAX);
    syn_outgoing_open(&out, &hop, &token, sent);
    syn_incoming_open(&in, &hop, 7, got, 100, 0);
    syn_outgoing_write(&out, put, &there);
    there.messages[3].bytes[100] ^= 1;
    for (unsigned i = 0; i < there.count; i++)
        assert_int_equal(take(&in, i, 0), 0);
    there.count = 0;
    assert_int_equal(syn_incoming_poll(&in, 99, put, &back), 0);
    assert_int_equal(back.count, 0); /* not yet */
    assert_int_equal(syn_incoming_poll(&in, 100, put, &back), 0);
    assert_int_equal(back.count, 1); /* the one stream */
    serve_missing(&out);
    for (unsigned i = 0; i + 1 < there.count; i++)
        assert_int_equal(take(&in, i, 101), 0);
    assert_int_equal(take(&in, there.count - 1, 101), 1);
    assert_whole(&in, bytes);
}

static void a_silent_sender_is_given_up(void **state)
{
    (void)state;
    struct syn_incoming in;
    clear(LINK_MAX);
    syn_incoming_open(&in, &hop, 7, got, 100, 0);
    for (unsigned i = 0; i < SYN_TRANSFER_TRIES; i++)
        assert_int_equal(syn_incoming_poll(&in, in.due_ns, put, &back), 0);
    assert_int_equal(back.count, SYN_TRANSFER_TRIES * hop.count);
    assert_int_equal(syn_incoming_poll(&in, in.due_ns, put, &back), SYN_ETIMEOUT);
}

static void what_does_not_belong_is_refused(void **state)
{
    (void)state;
    struct syn_incoming in;
    uint8_t body[64] = {0};
    const struct syn_hop small = {.stream = 30, .count = 1, .sizes = {10}};
    syn_incoming_open(&in, &small, 7, got, 100, 0);
    struct syn_tensor_head head = {.stream = 30, .inference = 7, .offset = 0};
    assert_int_equal(syn_incoming_take(&in, &head, body, 51, 0), SYN_EPROTO); /* 50 there are */
    assert_int_equal(syn_incoming_take(&in, &head, body, 0, 0), SYN_EPROTO);
    head.offset = UINT32_MAX;
    assert_int_equal(syn_incoming_take(&in, &head, body, 1, 0), SYN_EPROTO);
    head.offset = 0;
    head.inference = 8;
    assert_int_equal(syn_incoming_take(&in, &head, body, 1, 0), SYN_EPROTO);
    head.inference = 7;
    head.stream = 31;
    assert_int_equal(syn_incoming_take(&in, &head, body, 1, 0), SYN_EPROTO);
    head.stream = 29;
    assert_int_equal(syn_incoming_take(&in, &head, body, 1, 0), SYN_EPROTO);
    head.stream = 30;
    head.flags = SYN_TENSOR_LAST;
    assert_int_equal(syn_incoming_take(&in, &head, body, 3, 0), SYN_EPROTO);  /* no CRC */
    assert_int_equal(syn_incoming_take(&in, &head, body, 14, 0), SYN_EPROTO); /* not the end */
}

static void bytes_that_are_not_there_cannot_be_had_again(void **state)
{
    (void)state;
    struct syn_outgoing out;
    fill(&hop);
    clear(LINK_MAX);
    syn_outgoing_open(&out, &hop, &token, sent);
    assert_int_equal(syn_outgoing_again(&out, 29, 0, 1, put, &there), SYN_EINVAL);
    assert_int_equal(syn_outgoing_again(&out, 34, 0, 1, put, &there), SYN_EINVAL);
    assert_int_equal(syn_outgoing_again(&out, 31, 1, 1, put, &there), SYN_EINVAL);
    assert_int_equal(syn_outgoing_again(&out, 31, 0, 2, put, &there), SYN_EINVAL);
    assert_int_equal(syn_outgoing_again(&out, 31, 0, UINT32_MAX, put, &there), SYN_EINVAL);
    assert_int_equal(syn_outgoing_again(&out, 31, 0, 1, put, &there), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_tensors_arrive_as_they_were_sent),
        cmocka_unit_test(a_full_link_is_continued_where_it_stopped),
        cmocka_unit_test(loss_repetition_and_disorder_are_mended),
        cmocka_unit_test(a_damaged_tensor_is_asked_for_again),
        cmocka_unit_test(a_silent_sender_is_given_up),
        cmocka_unit_test(what_does_not_belong_is_refused),
        cmocka_unit_test(bytes_that_are_not_there_cannot_be_had_again),
    };
    return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
