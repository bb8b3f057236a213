/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/wire/tensor.h"
#include "responder.h"
#include "transports/client/client.h"
#include "transports/client/round_trip.h"

#define MS      1000000LL
#define SECONDS 1000000000LL

struct fixture {
    struct syn_loop *loop;
    struct syn_client *client;
    struct responder device;
    struct syn_error error; /* of the last failure */
    int status;             /* of the last call back */
    unsigned done, failed, wanted;
    unsigned events, tensors, losses, sent, received;
    bool free_when_done;
    bool in_order; /* what is asked */
    char text[128];
    char reply[64];
};

static void on_event(void *ctx, const struct syn_smp_header *h, const uint8_t *payload, size_t size)
{
    struct fixture *f = ctx;
    (void)payload;
    (void)size;
    assert_int_equal(h->seq, SYN_SMP_EVENT_SEQ);
    f->events++;
}

static void on_tensor(void *ctx, const uint8_t *message, size_t size)
{
    struct fixture *f = ctx;
    assert_int_equal(size, SYN_TENSOR_START + 3);
    assert_memory_equal(message + SYN_TENSOR_START, "abc", 3);
    f->tensors++;
}

static void on_text(void *ctx, const char *line, size_t size)
{
    struct fixture *f = ctx;
    strncat(f->text, line, size);
    strcat(f->text, "|");
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    struct fixture *f = ctx;
    f->losses++;
    f->error = *error;
}

static void on_traffic(void *ctx, bool sent, const uint8_t *message, size_t size)
{
    struct fixture *f = ctx;
    struct syn_smp_header h;
    assert_int_equal(syn_smp_get_header(&h, message, size), 0);
    f->sent += sent;
    f->received += !sent;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct syn_client_events events = {on_event, on_tensor, on_text, NULL, on_lost, on_traffic, f};
    struct syn_client_patience fast = {50 * MS, 50 * MS, 400 * MS, 8};
    *state = f;
    f->loop = syn_loop_new();
    f->client = syn_client_new(f->loop, &events);
    if (responder_start(&f->device, f->loop))
        return -1;
    syn_client_set_patience(f->client, &fast);
    return syn_client_adopt(f->client, f->device.client_fd, "test", NULL);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    syn_client_free(f->client);
    responder_stop(&f->device);
    syn_loop_free(f->loop);
    free(f);
    return 0;
}

static void on_done(void *ctx, int status, const struct syn_reply *reply)
{
    struct fixture *f = ctx;
    struct syn_span text = {NULL, 0};
    static const struct syn_cbor_field field[] = {{"r", SYN_KEY_TEXT, 0, 0}};
    struct syn_cbor_in r;
    f->done++;
    f->status = status;
    assert_true((status != 0) == (reply->error != NULL));
    if (status) {
        f->failed++;
        f->error = *reply->error;
    } else {
        syn_cbor_in_init(&r, reply->payload, reply->size);
        assert_int_equal(syn_cbor_get_fields(&r, field, 1, &text, NULL), 0);
        syn_span_text(text, f->reply, sizeof f->reply);
    }
    if (f->free_when_done) {
        struct syn_client *c = f->client;
        f->client = NULL;
        syn_client_free(c);
    }
}

static int ask_echo(struct fixture *f, const char *text, unsigned tries)
{
    uint8_t data[64];
    struct syn_cbor_out w;
    syn_cbor_out_init(&w, data, sizeof data);
    syn_cbor_put_map(&w, 1);
    syn_cbor_pair_text(&w, "d", text);
    struct syn_request q = {.op = SYN_SMP_WRITE,
                            .group = SYN_GROUP_OS,
                            .id = SYN_OS_ECHO,
                            .payload = data,
                            .size = w.length,
                            .tries = tries,
                            .in_order = f->in_order,
                            .what = "echo"};
    return syn_client_request(f->client, &q, on_done, f);
}

static bool all_done(void *ctx)
{
    struct fixture *f = ctx;
    return f->done >= f->wanted;
}

static void wait_for(struct fixture *f, unsigned wanted)
{
    f->wanted = wanted;
    assert_int_equal(syn_loop_run_until(f->loop, all_done, f, 60 * SECONDS), 0);
}

static void turn(struct fixture *f, int64_t ns)
{
    int64_t end = syn_loop_now() + ns;
    while (syn_loop_now() < end)
        assert_true(syn_loop_step(f->loop, end - syn_loop_now()) >= 0);
}

static void an_echo_comes_back(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ask_echo(f, "hello", 0), 0);
    wait_for(f, 1);
    assert_int_equal(f->status, 0);
    assert_string_equal(f->reply, "hello");
    assert_int_equal(f->device.last.version, 1);
    assert_true(syn_client_stats(f->client).round_trip_ns > 0);
    assert_int_equal(f->sent, 1);
    assert_int_equal(f->received, 1);
}

static void both_framings_work_and_the_device_follows(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ask_echo(f, "a", 0), 0);
    wait_for(f, 1);
    assert_int_equal(f->device.framing, SYN_FRAMING_CONSOLE);
    syn_client_set_framing(f->client, SYN_FRAMING_COBS);
    assert_int_equal(ask_echo(f, "b", 0), 0);
    wait_for(f, 2);
    assert_int_equal(f->device.framing, SYN_FRAMING_COBS);
    assert_string_equal(f->reply, "b");
}

static void answers_split_at_every_byte_are_understood(void **state)
{
    struct fixture *f = *state;
    f->device.bytewise = true;
    assert_int_equal(ask_echo(f, "split", 0), 0);
    wait_for(f, 1);
    assert_string_equal(f->reply, "split");
}

static void sequences_skip_the_one_of_events(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(ask_echo(f, "x", 0), 0);
        wait_for(f, i + 1);
    }
    assert_true(f->device.requests >= 300); /* a busy machine makes it repeat some */
    unsigned next = 0;
    for (unsigned i = 0; i < f->device.requests && next < 300; i++)
        next += f->device.seqs[i] == next % 255;
    assert_int_equal(next, 300);
    for (unsigned i = 0; i < f->device.requests; i++)
        assert_int_not_equal(f->device.seqs[i], 255);
}

static void no_more_than_the_window_is_on_its_way(void **state)
{
    struct fixture *f = *state;
    f->device.hold = true;
    syn_client_set_window(f->client, 3);
    for (int i = 0; i < 6; i++)
        assert_int_equal(ask_echo(f, "w", 0), 0);
    while (f->device.held_back_count < 3)
        assert_true(syn_loop_step(f->loop, SECONDS) >= 0);
    assert_true(syn_loop_step(f->loop, 5 * MS) >= 0);
    assert_int_equal(f->device.requests, 3);
    responder_release(&f->device, true); /* in any order */
    wait_for(f, 6);
    assert_int_equal(f->failed, 0);
}

static void lost_requests_and_answers_are_repeated_until_all_are_answered(void **state)
{
    struct fixture *f = *state;
    f->device.lose_every = 3;
    f->device.forget_every = 4;
    syn_client_set_window(f->client, 4);
    for (int i = 0; i < 40; i++)
        assert_int_equal(ask_echo(f, "again", 0), 0);
    wait_for(f, 40);
    assert_int_equal(f->failed, 0);
    assert_true(syn_client_stats(f->client).resent > 0);
}

static void repeated_answers_are_dropped(void **state)
{
    struct fixture *f = *state;
    f->device.repeat = true;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(ask_echo(f, "twice", 0), 0);
        wait_for(f, i + 1);
    }
    turn(f, 5 * MS);
    assert_int_equal(f->done, 5);
    assert_int_equal(syn_client_stats(f->client).late, 5);
}

static void a_late_answer_does_not_answer_the_next_request(void **state)
{
    struct fixture *f = *state;
    f->device.hold = true;
    assert_int_equal(ask_echo(f, "old", 1), 0);
    wait_for(f, 1);
    assert_int_equal(f->status, SYN_ETIMEOUT);
    responder_release(&f->device, false);
    assert_int_equal(ask_echo(f, "new", 1), 0);
    wait_for(f, 2);
    assert_int_equal(f->status, 0);
    assert_string_equal(f->reply, "new");
    assert_int_equal(syn_client_stats(f->client).late, 1);
}

static void silence_is_a_time_out_after_the_last_try(void **state)
{
    struct fixture *f = *state;
    f->device.deaf = true;
    assert_int_equal(ask_echo(f, "anyone?", 3), 0);
    wait_for(f, 1);
    assert_int_equal(f->status, SYN_ETIMEOUT);
    assert_int_equal(f->device.requests, 3);
    assert_non_null(strstr(f->error.message, "echo: test does not answer (3 tries"));
}

static void a_device_that_goes_away_fails_all_and_is_told_once(void **state)
{
    struct fixture *f = *state;
    f->device.deaf = true;
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask_echo(f, "x", 0), 0);
    turn(f, 5 * MS);
    responder_hang_up(&f->device);
    wait_for(f, 5);
    turn(f, 5 * MS);
    assert_int_equal(f->failed, 5);
    assert_int_equal(f->status, SYN_ELINK);
    assert_int_equal(f->losses, 1);
    assert_false(syn_client_connected(f->client));
    assert_int_equal(ask_echo(f, "x", 0), SYN_ELINK);
}

static void freeing_calls_back_what_is_outstanding(void **state)
{
    struct fixture *f = *state;
    f->device.deaf = true;
    assert_int_equal(ask_echo(f, "x", 0), 0);
    assert_int_equal(ask_echo(f, "y", 0), 0);
    syn_client_free(f->client);
    f->client = NULL;
    assert_int_equal(f->done, 2);
    assert_int_equal(f->status, SYN_ECANCELED);
}

static void a_call_back_may_free_the_client(void **state)
{
    struct fixture *f = *state;
    f->free_when_done = true;
    assert_int_equal(ask_echo(f, "x", 0), 0);
    assert_int_equal(ask_echo(f, "y", 0), 0);
    wait_for(f, 2);
    assert_null(f->client);
    turn(f, 5 * MS);
}

static bool has_text(void *ctx)
{
    return ((struct fixture *)ctx)->text[0] != 0;
}

static void a_prompt_has_no_end_and_shows_up_nevertheless(void **state)
{
    struct fixture *f = *state;
    responder_print(&f->device, "uart:~$ ");
    assert_int_equal(syn_loop_run_until(f->loop, has_text, f, 10 * SECONDS), 0);
    assert_string_equal(f->text, "uart:~$ |");
}

static void events_tensors_and_text_come_by_themselves(void **state)
{
    struct fixture *f = *state;
    static const uint8_t event[] = {0x09, 0, 0, 1, 0x53, 0x59, 0xff, SYN_ID_EVENT, 0xa0};
    uint8_t tensor[SYN_TENSOR_START + 3];
    struct syn_tensor_head head = {.stream = 1};
    memcpy(tensor + SYN_TENSOR_START, "abc", 3);
    (void)syn_tensor_begin(tensor, &head, 5, 3);
    f->device.framing = SYN_FRAMING_COBS;
    responder_print(&f->device, "booted\nready\n");
    responder_say(&f->device, event, sizeof event);
    responder_say(&f->device, tensor, sizeof tensor);
    turn(f, 5 * MS);
    assert_string_equal(f->text, "booted|ready|");
    assert_int_equal(f->events, 1);
    assert_int_equal(f->tensors, 1);
    assert_int_equal(syn_client_send(f->client, tensor, sizeof tensor), 0);
    while (f->device.requests == 0)
        assert_true(syn_loop_step(f->loop, SECONDS) >= 0);
    assert_int_equal(f->device.last.id, SYN_ID_TENSOR);
}

static void too_much_is_refused_at_once(void **state)
{
    struct fixture *f = *state;
    static uint8_t big[SYN_CLIENT_MESSAGE_MAX];
    struct syn_request q = {.payload = big, .size = sizeof big};
    assert_int_equal(syn_client_request(f->client, &q, on_done, f), SYN_EINVAL);
    f->device.deaf = true;
    for (int i = 0; i < SYN_CLIENT_QUEUE_MAX; i++)
        assert_int_equal(ask_echo(f, "x", 0), 0);
    assert_int_equal(ask_echo(f, "x", 0), SYN_EBUSY);
    assert_int_equal(syn_client_outstanding(f->client), SYN_CLIENT_QUEUE_MAX);
}

static void the_time_out_follows_the_round_trip(void **state)
{
    struct syn_round_trip r;
    (void)state;
    syn_round_trip_init(&r);
    assert_true(syn_round_trip_timeout(&r, 0, 100) == 1000 * MS);
    assert_true(syn_round_trip_timeout(&r, 1, 100) == 2000 * MS);
    assert_true(syn_round_trip_timeout(&r, 9, 100) == 4000 * MS);
    for (int i = 0; i < 5; i++)
        syn_round_trip_take(&r, 1 * MS, 100);
    assert_true(syn_round_trip_timeout(&r, 0, 100) == 200 * MS);
    for (int i = 0; i < 50; i++)
        syn_round_trip_take(&r, 900 * MS, 100);
    int64_t settled = syn_round_trip_timeout(&r, 0, 100);
    assert_true(settled >= 900 * MS && settled < 1500 * MS);
    syn_round_trip_expire(&r, 0); /* more time at once, until the next sample */
    assert_true(syn_round_trip_timeout(&r, 0, 100) == 2 * settled);
    syn_round_trip_take(&r, 900 * MS, 100);
    assert_true(syn_round_trip_timeout(&r, 0, 100) < settled + 20 * MS);
}

static void a_quick_link_gets_a_short_first_time_out_and_the_old_ones_then(void **state)
{
    struct syn_round_trip r;
    (void)state;
    syn_round_trip_init(&r);
    for (int i = 0; i < 50; i++)
        syn_round_trip_take(&r, 1 * MS, 100);
    int64_t quick = syn_round_trip_timeout(&r, 0, 100);
    assert_true(quick >= 20 * MS && quick < 30 * MS);
    assert_true(syn_round_trip_timeout(&r, 1, 100) == 400 * MS);
    assert_true(syn_round_trip_timeout(&r, 4, 100) == 3200 * MS);
    syn_round_trip_expire(&r, 0);
    assert_true(syn_round_trip_timeout(&r, 0, 100) == 400 * MS);
    syn_round_trip_take(&r, 1 * MS, 100);
    assert_true(syn_round_trip_timeout(&r, 0, 100) < 30 * MS);
}

static void a_link_that_repeats_by_itself_gets_no_short_time_out(void **state)
{
    struct syn_round_trip r;
    (void)state;
    syn_round_trip_init(&r);
    syn_round_trip_unhurried(&r);
    for (int i = 0; i < 50; i++)
        syn_round_trip_take(&r, 1 * MS, 100);
    assert_true(syn_round_trip_timeout(&r, 0, 100) >= 200 * MS);
    assert_true(syn_round_trip_timeout(&r, 1, 100) >= 400 * MS);
}

static void a_time_out_that_was_too_short_becomes_longer(void **state)
{
    struct syn_round_trip r;
    (void)state;
    syn_round_trip_init(&r);
    for (int i = 0; i < 50; i++)
        syn_round_trip_take(&r, 1 * MS, 100);
    int64_t quick = syn_round_trip_timeout(&r, 0, 100);
    syn_round_trip_early(&r);
    assert_true(syn_round_trip_timeout(&r, 0, 100) > quick + 15 * MS);
    for (int i = 0; i < 50; i++)
        syn_round_trip_early(&r);
    assert_true(syn_round_trip_timeout(&r, 0, 100) <= 201 * MS);
}

static void more_bytes_get_more_time(void **state)
{
    struct syn_round_trip slow, fast;
    (void)state;
    syn_round_trip_init(&slow);
    syn_round_trip_init(&fast);
    for (int i = 0; i < 50; i++) {
        syn_round_trip_take(&slow, 10 * MS, 50);
        syn_round_trip_take(&fast, 1 * MS / 10, 50);
    }
    /* 2,000 bytes at 115,200 baud take 174 ms */
    assert_true(syn_round_trip_timeout(&slow, 0, 2050) > 200 * MS);
    assert_true(syn_round_trip_timeout(&slow, 0, 2050) <= 260 * MS);
    for (int i = 0; i < 100; i++)
        syn_round_trip_take(&fast, 1 * MS / 2, 2050);
    assert_true(syn_round_trip_timeout(&fast, 0, 2050) < 30 * MS);
    assert_true(syn_round_trip_timeout(&fast, 0, 50) < 30 * MS);
}

/* Answers to three echoes, of which the first was lost on its way to the device. */
static void lose_the_first_of(struct fixture *f, unsigned count, bool in_order)
{
    const struct syn_client_patience slow = {30 * SECONDS, 30 * SECONDS, 60 * SECONDS, 2};
    syn_client_set_patience(f->client, &slow);
    syn_client_set_window(f->client, 4);
    f->in_order = in_order;
    f->device.deaf = true;
    assert_int_equal(ask_echo(f, "lost", 0), 0);
    while (f->device.requests == 0)
        assert_true(syn_loop_step(f->loop, SECONDS) >= 0);
    f->device.deaf = false;
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(ask_echo(f, "later", 0), 0);
}

static void what_two_later_answers_overtake_is_sent_again_at_once(void **state)
{
    struct fixture *f = *state;
    lose_the_first_of(f, 2, false);
    wait_for(f, 3); /* long before its time-out */
    assert_int_equal(f->failed, 0);
    assert_string_equal(f->reply, "lost");
    assert_int_equal(syn_client_stats(f->client).resent, 1);
}

static void one_later_answer_is_enough_where_devices_answer_in_order(void **state)
{
    struct fixture *f = *state;
    lose_the_first_of(f, 1, true);
    wait_for(f, 2);
    assert_int_equal(f->failed, 0);
    assert_string_equal(f->reply, "lost");
    assert_int_equal(syn_client_stats(f->client).resent, 1);
}

static void one_later_answer_alone_proves_nothing(void **state)
{
    struct fixture *f = *state;
    lose_the_first_of(f, 1, false);
    wait_for(f, 1);
    turn(f, 20 * MS);
    assert_int_equal(syn_client_stats(f->client).resent, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_echo_comes_back),
        TEST(both_framings_work_and_the_device_follows),
        TEST(answers_split_at_every_byte_are_understood),
        TEST(sequences_skip_the_one_of_events),
        TEST(no_more_than_the_window_is_on_its_way),
        TEST(lost_requests_and_answers_are_repeated_until_all_are_answered),
        TEST(repeated_answers_are_dropped),
        TEST(a_late_answer_does_not_answer_the_next_request),
        TEST(silence_is_a_time_out_after_the_last_try),
        TEST(a_device_that_goes_away_fails_all_and_is_told_once),
        TEST(freeing_calls_back_what_is_outstanding),
        TEST(a_call_back_may_free_the_client),
        TEST(events_tensors_and_text_come_by_themselves),
        TEST(a_prompt_has_no_end_and_shows_up_nevertheless),
        TEST(too_much_is_refused_at_once),
        cmocka_unit_test(the_time_out_follows_the_round_trip),
        cmocka_unit_test(a_quick_link_gets_a_short_first_time_out_and_the_old_ones_then),
        cmocka_unit_test(a_link_that_repeats_by_itself_gets_no_short_time_out),
        cmocka_unit_test(a_time_out_that_was_too_short_becomes_longer),
        cmocka_unit_test(more_bytes_get_more_time),
        TEST(what_two_later_answers_overtake_is_sent_again_at_once),
        TEST(one_later_answer_is_enough_where_devices_answer_in_order),
        TEST(one_later_answer_alone_proves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
