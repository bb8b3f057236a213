/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/error.h"
#include "core/base/loop.h"

#define MS 1000000LL

struct fixture {
    struct syn_loop *loop;
    int pipe[2];
    struct syn_loop_watch watch, other;
    struct syn_loop_timer timer, second;
    unsigned reads, beats, events;
    char order[16];
};

static int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    f.loop = syn_loop_new();
    *state = &f;
    return f.loop && pipe(f.pipe) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    syn_loop_watch_stop(&f->watch);
    syn_loop_watch_stop(&f->other);
    syn_loop_timer_stop(&f->timer);
    syn_loop_timer_stop(&f->second);
    syn_loop_free(f->loop);
    close(f->pipe[0]);
    if (f->pipe[1] >= 0)
        close(f->pipe[1]);
    return 0;
}

static void on_read(void *ctx, unsigned events)
{
    struct fixture *f = ctx;
    char c;
    f->events = events;
    if (read(f->pipe[0], &c, 1) == 1)
        f->reads++;
}

static void on_beat(void *ctx)
{
    struct fixture *f = ctx;
    f->beats++;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static bool three_beats(void *ctx)
{
    return ((struct fixture *)ctx)->beats >= 3;
}

static void a_readable_descriptor_calls_back(void **state)
{
    struct fixture *f = *state;
    syn_loop_watch_start(f->loop, &f->watch, f->pipe[0], SYN_LOOP_READ, on_read, f);
    assert_int_equal(syn_loop_step(f->loop, 0), 0);
    assert_int_equal(write(f->pipe[1], "x", 1), 1);
    assert_int_equal(syn_loop_step(f->loop, 1000 * MS), 1);
    assert_int_equal(f->reads, 1);
    assert_int_equal(f->events, SYN_LOOP_READ);
}

static void a_hang_up_is_told_to_the_reader_but_not_to_a_paused_watch(void **state)
{
    struct fixture *f = *state;
    syn_loop_watch_start(f->loop, &f->watch, f->pipe[0], SYN_LOOP_READ, on_read, f);
    close(f->pipe[1]);
    f->pipe[1] = -1;
    assert_int_equal(syn_loop_step(f->loop, 1000 * MS), 1);
    assert_int_equal(f->events, SYN_LOOP_READ | SYN_LOOP_HANGUP);
    syn_loop_watch_interest(&f->watch, 0);
    assert_int_equal(syn_loop_step(f->loop, 0), 0);
}

static void stop_both(void *ctx, unsigned events)
{
    struct fixture *f = ctx;
    (void)events;
    f->reads++;
    syn_loop_watch_stop(&f->watch);
    syn_loop_watch_stop(&f->other);
}

static void a_watch_that_another_stopped_is_not_called(void **state)
{
    struct fixture *f = *state;
    syn_loop_watch_start(f->loop, &f->watch, f->pipe[0], SYN_LOOP_READ, stop_both, f);
    syn_loop_watch_start(f->loop, &f->other, f->pipe[0], SYN_LOOP_READ, stop_both, f);
    assert_int_equal(write(f->pipe[1], "x", 1), 1);
    assert_int_equal(syn_loop_step(f->loop, 1000 * MS), 1);
    assert_int_equal(f->reads, 1);
}

static void a_one_shot_timer_fires_once_and_not_early(void **state)
{
    struct fixture *f = *state;
    int64_t start = syn_loop_now();
    syn_loop_timer_start(f->loop, &f->timer, 5 * MS, 0, on_beat, f);
    while (f->beats == 0)
        assert_true(syn_loop_step(f->loop, SYN_LOOP_FOREVER) >= 0);
    assert_true(syn_loop_now() - start >= 5 * MS);
    assert_false(syn_loop_timer_active(&f->timer));
    assert_int_equal(syn_loop_step(f->loop, 10 * MS), 0);
}

static void a_periodic_timer_goes_on(void **state)
{
    struct fixture *f = *state;
    syn_loop_timer_start(f->loop, &f->timer, 0, 2 * MS, on_beat, f);
    assert_int_equal(syn_loop_run_until(f->loop, three_beats, f, 10000 * MS), 0);
    assert_true(syn_loop_timer_active(&f->timer));
}

static void note_a(void *ctx)
{
    strcat(((struct fixture *)ctx)->order, "a");
}

static void note_b(void *ctx)
{
    strcat(((struct fixture *)ctx)->order, "b");
}

static bool two_notes(void *ctx)
{
    return strlen(((struct fixture *)ctx)->order) == 2;
}

static void timers_fire_in_the_order_of_their_times(void **state)
{
    struct fixture *f = *state;
    syn_loop_timer_start(f->loop, &f->timer, 2 * MS, 0, note_b, f);
    syn_loop_timer_start(f->loop, &f->second, 1 * MS, 0, note_a, f);
    assert_int_equal(syn_loop_run_until(f->loop, two_notes, f, 10000 * MS), 0);
    assert_string_equal(f->order, "ab");
}

static void time_out_and_cancel_end_a_run(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(syn_loop_run_until(f->loop, never, f, 2 * MS), SYN_ETIMEOUT);
    assert_int_equal(write(f->pipe[1], "x", 1), 1);
    syn_loop_set_cancel(f->loop, f->pipe[0]);
    assert_int_equal(syn_loop_run_until(f->loop, never, f, SYN_LOOP_FOREVER), SYN_ECANCELED);
    syn_loop_set_cancel(f->loop, -1);
    assert_int_equal(syn_loop_run_until(f->loop, never, f, 0), SYN_ETIMEOUT);
}

static void an_error_has_words_place_and_hint(void **state)
{
    struct syn_error e = {0};
    (void)state;
    assert_int_equal(syn_error_set(&e, SYN_ENOENT, "no model %s", "KWS"), SYN_ENOENT);
    syn_error_hint(&e, "try %s", "model list");
    syn_error_where(&e, "a.syn", 3, 9);
    syn_error_device(&e, "ring");
    assert_string_equal(e.message, "no model KWS");
    assert_string_equal(e.hint, "try model list");
    assert_string_equal(e.device, "ring");
    assert_int_equal(e.line, 3);
    assert_int_equal(syn_error_set(&e, SYN_EIO, "outer: %s", e.message), SYN_EIO);
    assert_string_equal(e.message, "outer: no model KWS");
    assert_string_equal(e.hint, "");
    assert_int_equal(syn_error_set(NULL, SYN_EBUSY, "x"), SYN_EBUSY);
    assert_string_equal(syn_errno_text(SYN_ETIMEOUT), "time-out");
    assert_string_equal(syn_errno_text(-99), "unknown error");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_readable_descriptor_calls_back),
        TEST(a_hang_up_is_told_to_the_reader_but_not_to_a_paused_watch),
        TEST(a_watch_that_another_stopped_is_not_called),
        TEST(a_one_shot_timer_fires_once_and_not_early),
        TEST(a_periodic_timer_goes_on),
        TEST(timers_fire_in_the_order_of_their_times),
        TEST(time_out_and_cancel_end_a_run),
        TEST(an_error_has_words_place_and_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
