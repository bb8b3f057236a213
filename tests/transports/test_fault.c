/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links that fail on purpose, and conversations that bear it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <pty.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/base/hash.h"
#include "responder.h"
#include "transports/client/session.h"
#include "transports/links/link.h"

#define MS      1000000LL
#define SECONDS 1000000000LL

enum { SMALL = 60, LARGE = 20000, AT_ONCE = 32 };

/* ---- a conversation: a greeting, an upload, another greeting, over one link ---- */

struct talk {
    struct syn_loop *loop;
    struct responder device;
    struct syn_session *session;
    uint8_t blob[LARGE], hash[32];
    size_t size;
    unsigned step;
    bool over;
    int status, losses;
    struct syn_error error;
    char options[128], path[64];
};

static char folder[] = "/tmp/syn-fault-XXXXXX";

static void on_step(void *user, int status, const struct syn_answer *answer,
                    const struct syn_error *error)
{
    struct talk *t = user;
    int rc = status;
    if (error)
        t->error = *error;
    if (status == 0 && (t->step == 1 || t->step == 3))
        assert_string_equal(answer->echo, t->step == 1 ? "hello" : "goodbye");
    t->step++;
    if (rc == 0 && t->step == 2) {
        syn_client_set_framing(syn_session_client(t->session), SYN_FRAMING_COBS);
        rc = syn_session_put(t->session, t->hash, t->blob, t->size, NULL, on_step, t);
    } else if (rc == 0 && t->step == 3) {
        rc = syn_session_echo(t->session, "goodbye", on_step, t);
    } else {
        t->over = true;
    }
    t->status = rc;
    t->over = t->over || rc != 0;
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    struct talk *t = ctx;
    t->losses++;
    t->error = *error;
}

static int unix_listener(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    (void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)unlink(path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

/* Begins; `uri` NULL: over a unix socket of its own, at whose other end the responder is. */
static void begin(struct talk *t, struct syn_loop *loop, size_t size, const char *uri)
{
    const struct syn_session_events events = {.lost = on_lost, .ctx = t};
    const struct syn_client_patience quick = {5 * MS, 5 * MS, 400 * MS, 9};
    static unsigned number;
    char full[SYN_LINK_URI_MAX];
    uint64_t seed = 3;
    t->loop = loop;
    t->size = size;
    for (size_t i = 0; i < size; i++)
        t->blob[i] = (uint8_t)syn_splitmix64(&seed);
    syn_sha256(t->blob, size, t->hash);
    if (!uri) {
        (void)snprintf(t->path, sizeof t->path, "%s/%u", folder, number++);
        assert_int_equal(responder_listen(&t->device, loop, unix_listener(t->path)), 0);
    }
    (void)snprintf(full, sizeof full, "fault:%s:%s%s", t->options,
                   uri ? uri : "unix:", uri ? "" : t->path);
    t->session = syn_session_new(loop, &events);
    if (syn_session_open(t->session, full, &t->error))
        fail_msg("%s", t->error.message);
    syn_client_set_patience(syn_session_client(t->session), &quick);
    syn_client_set_window(syn_session_client(t->session), 3);
    t->step = 1;
    assert_int_equal(syn_session_echo(t->session, "hello", on_step, t), 0);
}

static bool is_over(void *ctx)
{
    return ((const struct talk *)ctx)->over;
}

static void finish(struct talk *t)
{
    if (syn_loop_run_until(t->loop, is_over, t, 60 * SECONDS))
        fail_msg("%s: no end", t->options);
}

static bool is_right(const struct talk *t)
{
    return t->status == 0 && t->step == 4 && t->device.held == t->size &&
           memcmp(t->device.blob, t->blob, t->size) == 0;
}

static void end(struct talk *t)
{
    syn_session_free(t->session);
    responder_stop(&t->device);
    if (t->path[0])
        (void)unlink(t->path);
}

static int set_up(void **state)
{
    *state = syn_loop_new();
    return *state && mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    syn_loop_free(*state);
    return rmdir(folder);
}

static struct talk *new_talk(const char *options)
{
    struct talk *t = calloc(1, sizeof *t);
    assert_non_null(t);
    (void)snprintf(t->options, sizeof t->options, "%s", options);
    return t;
}

/* ---- every place ---- */

static void record(struct syn_loop *loop, size_t bytes[2])
{
    struct talk *t = new_talk("");
    begin(t, loop, SMALL, NULL);
    finish(t);
    assert_true(is_right(t));
    bytes[0] = t->device.in_bytes;
    bytes[1] = t->device.out_bytes;
    end(t);
    free(t);
}

static void talk_many(struct syn_loop *loop, struct talk **talks, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        begin(talks[i], loop, SMALL, NULL);
    for (unsigned i = 0; i < count; i++) {
        finish(talks[i]);
        if (!is_right(talks[i]))
            fail_msg("%s: %s", talks[i]->options, talks[i]->error.message);
        assert_int_equal(talks[i]->losses, 0);
        end(talks[i]);
        free(talks[i]);
    }
}

static void at_every_place(struct syn_loop *loop, const char *fault)
{
    static const char *const ways[] = {"tx", "rx"};
    struct talk *talks[AT_ONCE];
    size_t bytes[2];
    unsigned count = 0;
    char options[64];
    record(loop, bytes);
    assert_true(bytes[0] > 200 && bytes[1] > 100);
    for (unsigned w = 0; w < 2; w++)
        for (size_t at = 0; at < bytes[w]; at++) {
            (void)snprintf(options, sizeof options, "%s.%s=@%zu", ways[w], fault, at);
            talks[count++] = new_talk(options);
            if (count < AT_ONCE)
                continue;
            talk_many(loop, talks, count);
            count = 0;
        }
    talk_many(loop, talks, count);
}

static void a_conversation_may_be_split_anywhere(void **state)
{
    at_every_place(*state, "split");
}

static void a_conversation_bears_the_loss_of_any_byte(void **state)
{
    at_every_place(*state, "drop");
}

static void a_conversation_bears_that_any_byte_comes_twice(void **state)
{
    at_every_place(*state, "dup");
}

static void a_conversation_bears_a_change_of_any_byte(void **state)
{
    at_every_place(*state, "corrupt");
}

static void a_cut_at_any_place_is_told_with_words(void **state)
{
    size_t bytes[2];
    record(*state, bytes);
    for (size_t at = 0; at < bytes[0]; at++) {
        char options[32];
        (void)snprintf(options, sizeof options, "tx.cut=%zu", at);
        struct talk *t = new_talk(options);
        begin(t, *state, SMALL, NULL);
        finish(t);
        assert_int_equal(t->status, SYN_ELINK);
        assert_int_equal(t->losses, 1);
        assert_non_null(strstr(t->error.message, "cut after"));
        end(t);
        free(t);
    }
}

static void silence_is_a_time_out(void **state)
{
    struct talk *t = new_talk("silent=100");
    const struct syn_client_patience short_one = {5 * MS, 5 * MS, 10 * MS, 3};
    begin(t, *state, SMALL, NULL);
    syn_client_set_patience(syn_session_client(t->session), &short_one);
    finish(t);
    assert_int_equal(t->status, SYN_ETIMEOUT);
    assert_int_equal(t->losses, 0);
    end(t);
    free(t);
}

/* ---- all at once ---- */

static void make_options(char *text, size_t size, uint64_t *dice)
{
    unsigned r[8];
    for (unsigned i = 0; i < 8; i++)
        r[i] = (unsigned)(syn_splitmix64(dice) % 1000);
    (void)snprintf(
        text, size, "drop=%.6f,corrupt=%.6f,dup=%.6f,delay=%uus,jitter=%uus,split=%u,seed=%u",
        r[0] * 2e-7, r[1] * 2e-7, r[2] * 2e-7, r[3], 1 + r[4], 1 + r[5] * r[6] / 500, r[7]);
}

static void whatever_happens_the_result_is_identical_or_an_error(void **state)
{
    uint64_t dice = (uint64_t)time(NULL);
    unsigned right = 0;
    print_message("seed %llu\n", (unsigned long long)dice);
    for (unsigned i = 0; i < 40; i++) {
        struct talk *t = new_talk("");
        make_options(t->options, sizeof t->options, &dice);
        begin(t, *state, LARGE, NULL);
        finish(t);
        if (t->status == 0 ? !is_right(t) : t->error.message[0] == 0)
            fail_msg("%s: %d, %zu held", t->options, t->status, (size_t)t->device.held);
        right += is_right(t);
        end(t);
        free(t);
    }
    assert_true(right > 20);
}

/* ---- over other links ---- */

static void talk_over(struct syn_loop *loop, struct talk *t, const char *uri)
{
    begin(t, loop, LARGE, uri);
    finish(t);
    if (!is_right(t))
        fail_msg("%s: %s", uri, t->error.message);
    end(t);
    free(t);
}

static void it_wraps_a_tcp_connection(void **state)
{
    struct talk *t = new_talk("drop=1e-4,delay=1ms,split=300");
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t size = sizeof a;
    char uri[64];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    assert_int_equal(responder_listen(&t->device, *state, fd), 0);
    (void)snprintf(uri, sizeof uri, "tcp:127.0.0.1:%u", ntohs(a.sin_port));
    talk_over(*state, t, uri);
}

static void it_wraps_a_pseudo_terminal(void **state)
{
    struct talk *t = new_talk("drop=1e-4,rate=1000000");
    char name[64], uri[80];
    int master, slave;
    assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
    (void)snprintf(uri, sizeof uri, "pty:%s", name);
    assert_int_equal(responder_start(&t->device, *state), 0);
    responder_hang_up(&t->device);
    (void)close(t->device.client_fd);
    responder_take(&t->device, master);
    talk_over(*state, t, uri);
    (void)close(slave);
}

static void it_wraps_itself(void **state)
{
    struct talk *t = new_talk("drop=1e-5:fault:delay=1ms:fault:");
    begin(t, *state, LARGE, NULL);
    finish(t);
    assert_true(is_right(t));
    end(t);
    free(t);
}

/* ---- what passes through ---- */

static void open_fails(struct syn_loop *loop, const char *uri, const char *words)
{
    const struct syn_link_events events = {.received = NULL};
    struct syn_error error = {0};
    struct syn_link *link;
    assert_true(syn_link_open(&link, loop, uri, &events, &error) < 0);
    assert_null(link);
    assert_string_equal(error.message, words);
}

static void the_words_of_the_wrapped_link_pass_through(void **state)
{
    open_fails(*state, "fault:delay=1ms:unix:/nowhere",
               "fault:delay=1ms:unix:/nowhere: no such socket");
    open_fails(*state, "fault:drop=x:unix:/nowhere",
               "fault:drop=x:unix:/nowhere: 'drop=x': write a probability from 0 to 1, or @N for "
               "one place");
    open_fails(*state, "fault:drop=0", "fault:drop=0: write fault:OPTIONS:URI");
    open_fails(*state, "fault:drop=0:", "fault:drop=0:: write fault:OPTIONS:URI");
    open_fails(*state, "fault::usb:x", "fault::usb:x: no such kind of connection");
}

static void a_device_that_leaves_is_told_after_what_it_said(void **state)
{
    struct talk *t = new_talk("delay=5ms");
    begin(t, *state, LARGE, NULL);
    while (t->device.requests < 4)
        assert_true(syn_loop_step(*state, SECONDS) >= 0);
    responder_hang_up(&t->device);
    finish(t);
    assert_int_equal(t->status, SYN_ELINK);
    assert_int_equal(t->losses, 1);
    assert_non_null(strstr(t->error.message, ": the device hung up"));
    assert_null(strstr(t->error.message, "unix:/tmp/x"));
    end(t);
    free(t);
}

static void power_is_that_of_the_wrapped_link(void **state)
{
    (void)state;
    assert_true(syn_link_has_power("fault:drop=0.1:qemu:mps2-an386"));
    assert_true(syn_link_forgets("fault:drop=0.1:fault::qemu:mps2-an386"));
    assert_false(syn_link_has_power("fault:drop=0.1:unix:/x"));
    assert_string_equal(syn_link_innermost("fault:a=1:unix:/x:y"), "unix:/x:y");
    assert_string_equal(syn_link_innermost("fault:a"), "fault:a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_may_be_split_anywhere),
        cmocka_unit_test(a_conversation_bears_the_loss_of_any_byte),
        cmocka_unit_test(a_conversation_bears_that_any_byte_comes_twice),
        cmocka_unit_test(a_conversation_bears_a_change_of_any_byte),
        cmocka_unit_test(a_cut_at_any_place_is_told_with_words),
        cmocka_unit_test(silence_is_a_time_out),
        cmocka_unit_test(whatever_happens_the_result_is_identical_or_an_error),
        cmocka_unit_test(it_wraps_a_tcp_connection),
        cmocka_unit_test(it_wraps_a_pseudo_terminal),
        cmocka_unit_test(it_wraps_itself),
        cmocka_unit_test(the_words_of_the_wrapped_link_pass_through),
        cmocka_unit_test(a_device_that_leaves_is_told_after_what_it_said),
        cmocka_unit_test(power_is_that_of_the_wrapped_link),
    };
    return cmocka_run_group_tests_name("fault", tests, set_up, tear_down);
}
