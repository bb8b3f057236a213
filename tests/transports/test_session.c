/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "responder.h"
#include "transports/client/client_parts.h"
#include "transports/client/session.h"

#define MS      1000000LL
#define SECONDS 1000000000LL

enum { BLOB_SIZE = 30000 };

struct fixture {
    struct syn_loop *loop;
    struct syn_session *session;
    struct responder device;
    unsigned done, losses, progressed;
    int status;
    struct syn_answer answer;
    struct syn_error error;
    struct syn_counters counters;
    struct syn_result_event result;
    char words[128];
    int fault_pipeline;
    uint8_t blob[BLOB_SIZE];
    uint8_t hash[32];
};

static void on_counters(void *ctx, const struct syn_counters *c)
{
    ((struct fixture *)ctx)->counters = *c;
}

static void on_result(void *ctx, const struct syn_result_event *r)
{
    ((struct fixture *)ctx)->result = *r;
}

static void on_log(void *ctx, unsigned level, const char *text)
{
    struct fixture *f = ctx;
    assert_int_equal(level, 2);
    strcat(f->words, text);
}

static void on_fault(void *ctx, int pipeline, const char *text)
{
    struct fixture *f = ctx;
    f->fault_pipeline = pipeline;
    strcat(f->words, text);
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    (void)error;
    ((struct fixture *)ctx)->losses++;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct syn_session_events events = {.counters = on_counters,
                                        .result = on_result,
                                        .log = on_log,
                                        .fault = on_fault,
                                        .lost = on_lost,
                                        .ctx = f};
    struct syn_client_patience fast = {50 * MS, 50 * MS, 400 * MS, 8};
    *state = f;
    f->loop = syn_loop_new();
    f->session = syn_session_new(f->loop, &events);
    if (responder_start(&f->device, f->loop))
        return -1;
    syn_client_set_patience(syn_session_client(f->session), &fast);
    for (size_t i = 0; i < sizeof f->blob; i++)
        f->blob[i] = (uint8_t)(i * i >> 3);
    f->hash[0] = 9;
    return syn_session_adopt(f->session, f->device.client_fd, "test", NULL);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    syn_session_free(f->session);
    responder_stop(&f->device);
    syn_loop_free(f->loop);
    free(f);
    return 0;
}

static void on_done(void *user, int status, const struct syn_answer *answer,
                    const struct syn_error *error)
{
    struct fixture *f = user;
    f->done++;
    f->status = status;
    f->answer = *answer;
    assert_true((status != 0) == (error != NULL));
    if (error)
        f->error = *error;
}

static bool is_done(void *ctx)
{
    return ((struct fixture *)ctx)->done > 0;
}

/* Waits for an operation that was started with `rc` and returns how it ended. */
static int finish(struct fixture *f, int rc)
{
    assert_int_equal(rc, 0);
    assert_int_equal(syn_loop_run_until(f->loop, is_done, f, 60 * SECONDS), 0);
    f->done = 0;
    return f->status;
}

static void greet(struct fixture *f)
{
    assert_int_equal(finish(f, syn_session_hello(f->session, on_done, f)), 0);
}

static void hello_sets_window_and_framing(void **state)
{
    struct fixture *f = *state;
    greet(f);
    assert_string_equal(f->answer.hello.id, "sim-1");
    assert_string_equal(f->answer.hello.profile, "max78000");
    assert_int_equal(f->answer.hello.now_ns, 123);
    assert_int_equal(syn_client_window(syn_session_client(f->session)), 4);
    assert_int_equal(finish(f, syn_session_echo(f->session, "ping", on_done, f)), 0);
    assert_string_equal(f->answer.echo, "ping");
    assert_int_equal(f->device.framing, SYN_FRAMING_COBS);
}

static void a_device_of_another_kind_is_told_apart_and_still_usable(void **state)
{
    struct fixture *f = *state;
    f->device.not_ours = true;
    assert_int_equal(finish(f, syn_session_hello(f->session, on_done, f)), SYN_EUNSUP);
    assert_string_equal(f->error.message, "hello: not supported by the device");
    assert_int_equal(finish(f, syn_session_params(f->session, on_done, f)), 0);
    assert_int_equal(f->answer.params.buffer_bytes, 512);
    assert_int_equal(syn_client_window(syn_session_client(f->session)), 2);
    assert_int_equal(finish(f, syn_session_stat_list(f->session, on_done, f)), 0);
    assert_int_equal(f->answer.stats.count, 2);
    assert_string_equal(f->answer.stats.names[1], "radio");
    assert_int_equal(finish(f, syn_session_stat(f->session, "accel", on_done, f)), 0);
    assert_int_equal(f->answer.stat.count, 2);
    assert_string_equal(f->answer.stat.fields[0].name, "tasks");
    assert_int_equal(f->answer.stat.fields[0].value, 12);
    assert_int_equal(finish(f, syn_session_stat(f->session, "none", on_done, f)), SYN_ENOENT);
    assert_string_equal(f->error.message, "counters: no such group of counters");
}

static void the_accelerator_state_is_read_whole(void **state)
{
    struct fixture *f = *state;
    greet(f);
    assert_int_equal(finish(f, syn_session_accel(f->session, on_done, f)), 0);
    assert_string_equal(f->answer.accel.state, "running");
    assert_int_equal(f->answer.accel.kernels[63], 630);
    assert_int_equal(f->answer.accel.kernels_max, 768);
    assert_int_equal(f->answer.accel.chunk_count, 2);
    assert_int_equal(f->answer.accel.chunks[1].last, 5);
    assert_int_equal(f->answer.accel.chunks[1].cycles, 100000);
    assert_int_equal(f->answer.accel.chunks[0].hash[0], 7);
}

static void a_refusal_carries_the_words_of_the_device(void **state)
{
    struct fixture *f = *state;
    greet(f);
    f->device.fail_rc = SYN_GRC_OOR;
    f->device.fail_msg = "UNet needs 656 kernel words, 402 free on processor 12";
    assert_int_equal(finish(f, syn_session_prepare(f->session, 5, f->hash, on_done, f)), SYN_EOOR);
    assert_string_equal(f->error.message, "preparing the plan: does not fit: UNet needs 656 kernel "
                                          "words, 402 free on processor 12");
}

static void a_plan_is_prepared_committed_and_cleared(void **state)
{
    struct fixture *f = *state;
    greet(f);
    assert_int_equal(finish(f, syn_session_prepare(f->session, 5, f->hash, on_done, f)), 0);
    assert_int_equal(f->answer.fit.count, 2);
    assert_int_equal(f->answer.fit.cycles[1], 222);
    assert_string_equal(f->device.plan_op, "prepare");
    assert_int_equal(finish(f, syn_session_commit(f->session, 5, on_done, f)), 0);
    assert_string_equal(f->device.plan_op, "commit");
    assert_int_equal(f->device.txn, 5);
    assert_int_equal(finish(f, syn_session_plan(f->session, on_done, f)), 0);
    assert_int_equal(f->answer.plan.committed, 5);
    assert_int_equal(finish(f, syn_session_abort(f->session, 6, on_done, f)), 0);
    assert_string_equal(f->device.plan_op, "abort");
    assert_int_equal(finish(f, syn_session_clear(f->session, 7, on_done, f)), 0);
    assert_string_equal(f->device.plan_op, "clear");
}

static void run_and_stop_say_how(void **state)
{
    struct fixture *f = *state;
    struct syn_run_options o = {.go = true, .sequential = true};
    greet(f);
    assert_int_equal(finish(f, syn_session_run(f->session, &o, on_done, f)), 0);
    assert_true(f->device.go && f->device.sequential);
    o.go = false;
    assert_int_equal(finish(f, syn_session_run(f->session, &o, on_done, f)), 0);
    assert_false(f->device.go);
}

static void reset_is_never_repeated(void **state)
{
    struct fixture *f = *state;
    f->device.deaf = true;
    assert_int_equal(finish(f, syn_session_reset(f->session, on_done, f)), SYN_ETIMEOUT);
    assert_int_equal(f->device.requests, 1);
}

/* ---- uploads ---- */

static bool on_progress(void *user, size_t held, size_t size)
{
    struct fixture *f = user;
    assert_true(held <= size);
    f->progressed++;
    return true;
}

static bool stop_at_once(void *user, size_t held, size_t size)
{
    (void)user;
    (void)held;
    (void)size;
    return false;
}

static int put(struct fixture *f)
{
    return finish(
        f, syn_session_put(f->session, f->hash, f->blob, sizeof f->blob, on_progress, on_done, f));
}

static void check_blob(struct fixture *f)
{
    assert_int_equal(f->device.held, sizeof f->blob);
    assert_memory_equal(f->device.blob, f->blob, sizeof f->blob);
    assert_true(f->answer.blob.complete);
}

static void a_blob_is_uploaded_in_pieces(void **state)
{
    struct fixture *f = *state;
    greet(f);
    assert_int_equal(put(f), 0);
    check_blob(f);
    assert_true(f->progressed >= BLOB_SIZE / RESPONDER_MESSAGE);
}

static void an_upload_that_is_given_up_sends_no_more_than_is_on_its_way(void **state)
{
    struct fixture *f = *state;
    greet(f);
    assert_int_equal(finish(f, syn_session_put(f->session, f->hash, f->blob, sizeof f->blob,
                                               stop_at_once, on_done, f)),
                     SYN_ECANCELED);
    assert_true(f->device.held < sizeof f->blob);
    assert_int_equal(put(f), 0);
    check_blob(f);
}

static void a_blob_that_is_there_is_not_sent_again(void **state)
{
    struct fixture *f = *state;
    greet(f);
    assert_int_equal(put(f), 0);
    unsigned pieces = f->device.pieces;
    assert_int_equal(put(f), 0);
    assert_int_equal(f->device.pieces, pieces);
    assert_true(f->answer.blob.complete);
}

static void an_upload_goes_on_where_the_device_stands(void **state)
{
    struct fixture *f = *state;
    greet(f);
    memcpy(f->device.hash, f->hash, 32);
    memcpy(f->device.blob, f->blob, 20000);
    f->device.length = BLOB_SIZE;
    f->device.held = 20000;
    assert_int_equal(put(f), 0);
    check_blob(f);
    assert_true(f->device.pieces <= 12);
}

static void an_upload_survives_loss_in_both_directions(void **state)
{
    struct fixture *f = *state;
    greet(f);
    f->device.lose_every = 5;
    f->device.forget_every = 7;
    f->device.repeat = true;
    assert_int_equal(put(f), 0);
    check_blob(f);
}

static void a_piece_that_the_device_could_not_keep_is_sent_again(void **state)
{
    struct fixture *f = *state;
    greet(f);
    f->device.skip_piece = 7;
    assert_int_equal(put(f), 0);
    check_blob(f);
}

static void the_window_is_kept_full(void **state)
{
    struct fixture *f = *state;
    greet(f);
    f->device.hold = true;
    assert_int_equal(
        syn_session_put(f->session, f->hash, f->blob, sizeof f->blob, NULL, on_done, f), 0);
    for (int i = 0; i < 2; i++) { /* the state, then the first piece, which goes alone */
        while (f->device.held_back_count < 1)
            assert_true(syn_loop_step(f->loop, SECONDS) >= 0);
        assert_int_equal(f->device.held_back_count, 1);
        responder_release(&f->device, false);
        f->device.hold = true;
    }
    while (f->device.held_back_count < 4)
        assert_true(syn_loop_step(f->loop, SECONDS) >= 0);
    responder_release(&f->device, false);
    assert_int_equal(finish(f, 0), 0);
    check_blob(f);
    assert_true(f->device.on_way_max >= 4);
    assert_int_equal(syn_client_stats(syn_session_client(f->session)).resent, 0);
}

/* All but the first piece, which goes alone, and the last, after which nothing comes. */
static void a_lost_piece_costs_a_window_and_no_time_out(void **state)
{
    struct fixture *f = *state;
    const struct syn_client_patience slow = {60 * SECONDS, 60 * SECONDS, 60 * SECONDS, 2};
    greet(f);
    syn_client_set_patience(syn_session_client(f->session), &slow);
    syn_round_trip_unhurried(&syn_session_client(f->session)->round_trip); /* on a busy machine */
    unsigned pieces = 0;
    for (unsigned lost = 2; pieces == 0 || lost < pieces; lost++) {
        f->device.held = f->device.length = f->device.uploads_seen = 0;
        f->device.lose_at = pieces ? f->device.requests + 1 + lost : 0;
        assert_int_equal(put(f), 0);
        check_blob(f);
        if (pieces > 0)
            assert_in_range(f->device.uploads_seen, pieces, pieces + 4);
        else
            pieces = f->device.uploads_seen;
    }
    assert_true(pieces > 20);
}

static void a_refused_upload_ends_once_with_the_reason(void **state)
{
    struct fixture *f = *state;
    greet(f);
    f->device.fail_rc = SYN_GRC_NO_ROOM;
    assert_int_equal(put(f), SYN_EOOR);
    assert_non_null(strstr(f->error.message, "no room in the chunk store"));
    assert_int_equal(f->done, 0);
}

static void a_device_that_never_takes_a_piece_is_given_up(void **state)
{
    struct fixture *f = *state;
    greet(f);
    f->device.length = 100; /* of another blob: there is no room for this one */
    f->device.held = 100;
    assert_int_equal(put(f), SYN_EPROTO);
    assert_non_null(strstr(f->error.message, "stays at byte"));
}

static void a_device_that_leaves_during_an_upload_ends_it(void **state)
{
    struct fixture *f = *state;
    greet(f);
    f->device.hold = true;
    assert_int_equal(
        syn_session_put(f->session, f->hash, f->blob, sizeof f->blob, NULL, on_done, f), 0);
    while (f->device.held_back_count < 1)
        assert_true(syn_loop_step(f->loop, SECONDS) >= 0);
    responder_release(&f->device, false);
    f->device.hold = true;
    while (f->device.held_back_count < 2)
        assert_true(syn_loop_step(f->loop, SECONDS) >= 0);
    responder_hang_up(&f->device);
    assert_int_equal(finish(f, 0), SYN_ELINK);
    assert_int_equal(f->losses, 1);
}

static void freeing_ends_an_upload(void **state)
{
    struct fixture *f = *state;
    greet(f);
    f->device.deaf = true;
    assert_int_equal(
        syn_session_put(f->session, f->hash, f->blob, sizeof f->blob, NULL, on_done, f), 0);
    syn_session_free(f->session);
    f->session = NULL;
    assert_int_equal(f->done, 1);
    assert_int_equal(f->status, SYN_ECANCELED);
}

/* ---- events ---- */

static void say_event(struct fixture *f, struct syn_cbor_out *w, uint8_t *message)
{
    struct syn_smp_header h = {.version = 1,
                               .op = SYN_SMP_READ_RSP,
                               .length = (uint16_t)w->length,
                               .group = SYN_GROUP_SYNERGY,
                               .seq = SYN_SMP_EVENT_SEQ,
                               .id = SYN_ID_EVENT};
    assert_int_equal(w->error, 0);
    syn_smp_put_header(message, &h);
    responder_say(&f->device, message, SYN_SMP_HEADER + w->length);
    assert_int_equal(syn_loop_step(f->loop, SECONDS), 1);
}

/* No clock counts so far, and what is computed of such times would overflow. */
static void counters_at_no_time_are_left_alone(void **state)
{
    static const int64_t times[] = {1000, INT64_MIN, INT64_MAX, INT64_C(1) << 61, 2000};
    struct fixture *f = *state;
    uint8_t message[256];
    struct syn_cbor_out w;
    assert_true(syn_loop_step(f->loop, 0) >= 0); /* the newline of the client */
    assert_true(syn_loop_step(f->loop, 0) >= 0);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        syn_cbor_out_init(&w, message + SYN_SMP_HEADER, sizeof message - SYN_SMP_HEADER);
        syn_cbor_put_map(&w, 2);
        syn_cbor_pair_text(&w, "ev", "count");
        syn_cbor_pair_int(&w, "t", times[i]);
        say_event(f, &w, message);
        assert_int_equal(f->counters.now_ns, times[i] == 2000 ? 2000 : 1000);
    }
}

static void counters_results_logs_and_faults_are_read(void **state)
{
    struct fixture *f = *state;
    uint8_t message[256];
    struct syn_cbor_out w;
    assert_true(syn_loop_step(f->loop, 0) >= 0); /* the newline of the client */
    assert_true(syn_loop_step(f->loop, 0) >= 0);
    syn_cbor_out_init(&w, message + SYN_SMP_HEADER, sizeof message - SYN_SMP_HEADER);
    syn_cbor_put_map(&w, 4);
    syn_cbor_pair_text(&w, "ev", "count");
    syn_cbor_pair_int(&w, "t", 1000);
    syn_cbor_put_text(&w, "busy");
    syn_cbor_put_array(&w, 4);
    for (unsigned i = 0; i < 4; i++)
        syn_cbor_put_uint(&w, UINT64_C(1) << (33 + i));
    syn_cbor_put_text(&w, "done");
    syn_cbor_put_array(&w, 1);
    syn_cbor_put_uint(&w, 17);
    say_event(f, &w, message);
    assert_int_equal(f->counters.now_ns, 1000);
    assert_true(f->counters.busy_ns[3] == UINT64_C(1) << 36);
    assert_int_equal(f->counters.done[0], 17);

    syn_cbor_out_init(&w, message + SYN_SMP_HEADER, sizeof message - SYN_SMP_HEADER);
    syn_cbor_put_map(&w, 4);
    syn_cbor_pair_int(&w, "val", -3);
    syn_cbor_pair_uint(&w, "p", 2);
    syn_cbor_pair_uint(&w, "oh", UINT64_MAX);
    syn_cbor_pair_text(&w, "ev", "res"); /* keys stand in any order */
    say_event(f, &w, message);
    assert_int_equal(f->result.pipeline, 2);
    assert_int_equal(f->result.value, -3);
    assert_true(f->result.output_hash == UINT64_MAX);

    syn_cbor_out_init(&w, message + SYN_SMP_HEADER, sizeof message - SYN_SMP_HEADER);
    syn_cbor_put_map(&w, 3);
    syn_cbor_pair_text(&w, "ev", "log");
    syn_cbor_pair_uint(&w, "lvl", 2);
    syn_cbor_pair_text(&w, "msg", "hot;");
    say_event(f, &w, message);
    syn_cbor_out_init(&w, message + SYN_SMP_HEADER, sizeof message - SYN_SMP_HEADER);
    syn_cbor_put_map(&w, 2);
    syn_cbor_pair_text(&w, "ev", "fault");
    syn_cbor_pair_text(&w, "msg", "burnt");
    say_event(f, &w, message);
    assert_string_equal(f->words, "hot;burnt");
    assert_int_equal(f->fault_pipeline, -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(hello_sets_window_and_framing),
        TEST(a_device_of_another_kind_is_told_apart_and_still_usable),
        TEST(the_accelerator_state_is_read_whole),
        TEST(a_refusal_carries_the_words_of_the_device),
        TEST(a_plan_is_prepared_committed_and_cleared),
        TEST(run_and_stop_say_how),
        TEST(reset_is_never_repeated),
        TEST(a_blob_is_uploaded_in_pieces),
        TEST(an_upload_that_is_given_up_sends_no_more_than_is_on_its_way),
        TEST(a_blob_that_is_there_is_not_sent_again),
        TEST(an_upload_goes_on_where_the_device_stands),
        TEST(an_upload_survives_loss_in_both_directions),
        TEST(a_piece_that_the_device_could_not_keep_is_sent_again),
        TEST(the_window_is_kept_full),
        TEST(a_lost_piece_costs_a_window_and_no_time_out),
        TEST(a_refused_upload_ends_once_with_the_reason),
        TEST(a_device_that_never_takes_a_piece_is_given_up),
        TEST(a_device_that_leaves_during_an_upload_ends_it),
        TEST(freeing_ends_an_upload),
        TEST(counters_at_no_time_are_left_alone),
        TEST(counters_results_logs_and_faults_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
