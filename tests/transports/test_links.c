/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "transports/links/link.h"
#include "transports/links/spawn.h"

#define SECONDS 1000000000LL

struct fixture {
    struct syn_loop *loop;
    struct syn_link *link;
    struct syn_spawn *spawn;
    struct syn_error error, lost;
    char dir[64];
    char path[100];
    uint8_t heard[4096];
    size_t heard_size;
    unsigned wanted;
    unsigned losses, writables, connections, ends;
    bool close_on_data;
};

static void on_received(void *ctx, const uint8_t *data, size_t size)
{
    struct fixture *f = ctx;
    size_t room = sizeof f->heard - f->heard_size;
    size = size < room ? size : room;
    memcpy(f->heard + f->heard_size, data, size);
    f->heard_size += size;
    if (f->close_on_data) {
        syn_link_close(f->link);
        f->link = NULL;
    }
}

static void on_writable(void *ctx)
{
    ((struct fixture *)ctx)->writables++;
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    struct fixture *f = ctx;
    f->losses++;
    f->lost = *error;
}

static struct syn_link_events events_of(struct fixture *f)
{
    return (struct syn_link_events){on_received, on_writable, on_lost, f};
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->loop = syn_loop_new();
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/syn-links-XXXXXX");
    if (!f->loop || !mkdtemp(f->dir))
        return -1;
    (void)snprintf(f->path, sizeof f->path, "%s/s", f->dir);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    syn_link_close(f->link);
    syn_spawn_free(f->spawn);
    syn_loop_free(f->loop);
    (void)unlink(f->path);
    int rc = rmdir(f->dir);
    free(f);
    return rc;
}

static int open_uri(struct fixture *f, const char *uri)
{
    struct syn_link_events events = events_of(f);
    return syn_link_open(&f->link, f->loop, uri, &events, &f->error);
}

static bool heard_enough(void *ctx)
{
    struct fixture *f = ctx;
    return f->heard_size >= f->wanted || f->losses > 0;
}

static bool is_lost(void *ctx)
{
    return ((struct fixture *)ctx)->losses > 0;
}

static void say_and_hear(struct fixture *f, const char *text)
{
    f->wanted = (unsigned)(f->heard_size + strlen(text));
    assert_int_equal(syn_link_write(f->link, text, strlen(text)), 0);
    assert_int_equal(syn_loop_run_until(f->loop, heard_enough, f, 10 * SECONDS), 0);
    assert_int_equal(f->losses, 0);
    assert_memory_equal(f->heard + f->heard_size - strlen(text), text, strlen(text));
}

static void an_unknown_scheme_lists_those_there_are(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_uri(f, "usb:x"), SYN_EINVAL);
    assert_null(f->link);
    assert_string_equal(f->error.message, "usb:x: no such kind of connection");
    assert_non_null(strstr(f->error.hint, "unix:PATH"));
    assert_int_equal(open_uri(f, "unix:"), SYN_EINVAL);
    assert_string_equal(f->error.message, "unix:: write unix:PATH");
}

static void unix_says_why_it_cannot_connect(void **state)
{
    struct fixture *f = *state;
    char uri[200];
    (void)snprintf(uri, sizeof uri, "unix:%s", f->path);
    assert_int_equal(open_uri(f, uri), SYN_ENOENT);
    assert_non_null(strstr(f->error.message, "no such socket"));
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    (void)snprintf(a.sun_path, sizeof a.sun_path, "%s", f->path);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(s, (const struct sockaddr *)&a, sizeof a), 0);
    close(s);
    assert_int_equal(open_uri(f, uri), SYN_ELINK);
    assert_non_null(strstr(f->error.message, "connection refused"));
    memset(uri + 5, 'x', 150);
    uri[155] = 0;
    assert_int_equal(open_uri(f, uri), SYN_EINVAL);
}

static void a_program_is_spoken_to_by_exec(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_uri(f, "exec:cat"), 0);
    say_and_hear(f, "hello");
    assert_string_equal(syn_link_describe(f->link), "exec:cat");
}

static void a_program_that_ends_is_explained_by_its_last_words(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(open_uri(f, "exec:echo no route to host >&2; exit 3"), 0);
    assert_int_equal(syn_loop_run_until(f->loop, is_lost, f, 10 * SECONDS), 0);
    assert_int_equal(f->lost.code, SYN_ELINK);
    assert_non_null(strstr(f->lost.message, "no route to host"));
    assert_int_equal(syn_link_write(f->link, "x", 1), SYN_ELINK);
}

static void a_pty_carries_every_byte(void **state)
{
    struct fixture *f = *state;
    int master, slave;
    char name[64], uri[80];
    uint8_t all[256], got[256];
    size_t n = 0;
    assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
    (void)snprintf(uri, sizeof uri, "pty:%s", name);
    assert_int_equal(open_uri(f, uri), 0);
    for (unsigned i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    assert_int_equal(write(master, all, 256), 256);
    f->wanted = 256;
    assert_int_equal(syn_loop_run_until(f->loop, heard_enough, f, 10 * SECONDS), 0);
    assert_memory_equal(f->heard, all, 256);
    assert_int_equal(syn_link_write(f->link, all, 256), 0);
    assert_true(syn_loop_step(f->loop, SECONDS) >= 0);
    while (n < 256) {
        ssize_t r = read(master, got + n, sizeof got - n);
        assert_true(r > 0);
        n += (size_t)r;
    }
    assert_memory_equal(got, all, 256);
    close(slave);
    close(master);
    assert_int_equal(syn_loop_run_until(f->loop, is_lost, f, 10 * SECONDS), 0);
    assert_non_null(strstr(f->lost.message, "hung up"));
}

static void a_terminal_that_is_held_or_missing_is_refused(void **state)
{
    struct fixture *f = *state;
    int master, slave;
    char name[64], uri[80];
    assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
    int holder = open(name, O_RDWR | O_NOCTTY);
    assert_int_equal(flock(holder, LOCK_EX | LOCK_NB), 0);
    (void)snprintf(uri, sizeof uri, "pty:%s", name);
    assert_int_equal(open_uri(f, uri), SYN_EBUSY);
    assert_non_null(strstr(f->error.message, "held by"));
    close(holder);
    close(slave);
    close(master);
    assert_int_equal(open_uri(f, "pty:/dev/pts/999999"), SYN_ENOENT);
    assert_int_equal(open_uri(f, "pty:/dev/null"), SYN_EINVAL);
    assert_non_null(strstr(f->error.message, "not a terminal"));
}

static void serial_refuses_what_is_no_serial_port_and_says_what_to_do(void **state)
{
    struct fixture *f = *state;
    int master, slave;
    char name[64], uri[80];
    assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
    (void)snprintf(uri, sizeof uri, "serial:%s", name);
    assert_int_equal(open_uri(f, uri), SYN_EINVAL);
    (void)snprintf(uri, sizeof uri, "connect to pty:%s", name);
    assert_string_equal(f->error.hint, uri);
    close(slave);
    close(master);
    assert_int_equal(open_uri(f, "serial:/dev/ttyNONE0"), SYN_ENOENT);
    assert_string_equal(f->error.message, "serial:/dev/ttyNONE0: no such port");
    assert_int_equal(open_uri(f, "serial:/dev/null"), SYN_EINVAL);
    assert_int_equal(open_uri(f, "serial:/dev/null?baud=fast"), SYN_EINVAL);
    assert_non_null(strstr(f->error.hint, "baud=N"));
}

static int listen_tcp(unsigned *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s, (const struct sockaddr *)&a, sizeof a) < 0 || listen(s, 1) < 0 ||
        getsockname(s, (struct sockaddr *)&a, &size) < 0)
        return -1;
    *port = ntohs(a.sin_port);
    return s;
}

static void tcp_connects_in_the_background(void **state)
{
    struct fixture *f = *state;
    unsigned port;
    char uri[64], data[8];
    int s = listen_tcp(&port);
    assert_true(s >= 0);
    (void)snprintf(uri, sizeof uri, "tcp:127.0.0.1:%u", port);
    assert_int_equal(open_uri(f, uri), 0);
    assert_int_equal(syn_link_write(f->link, "early", 5), 0);
    int peer = accept(s, NULL, NULL);
    while (f->writables == 0)
        assert_true(syn_loop_step(f->loop, SECONDS) >= 0);
    assert_int_equal(read(peer, data, sizeof data), 5);
    assert_int_equal(write(peer, "back", 4), 4);
    f->wanted = 4;
    assert_int_equal(syn_loop_run_until(f->loop, heard_enough, f, 10 * SECONDS), 0);
    close(peer);
    close(s);
    assert_int_equal(syn_loop_run_until(f->loop, is_lost, f, 10 * SECONDS), 0);
}

static void tcp_tells_a_refusal_as_a_loss(void **state)
{
    struct fixture *f = *state;
    unsigned port;
    char uri[64];
    int s = listen_tcp(&port);
    close(s);
    (void)snprintf(uri, sizeof uri, "tcp:127.0.0.1:%u", port);
    int rc = open_uri(f, uri);
    if (rc == 0) {
        assert_int_equal(syn_loop_run_until(f->loop, is_lost, f, 10 * SECONDS), 0);
        f->error = f->lost;
    }
    assert_non_null(strstr(f->error.message, "connection refused"));
    syn_link_close(f->link);
    f->link = NULL;
    assert_int_equal(open_uri(f, "tcp:nowhere"), SYN_EINVAL);
}

static void a_full_queue_refuses_whole_pieces_and_tells_when_it_is_empty(void **state)
{
    struct fixture *f = *state;
    struct syn_link_events events = events_of(f);
    static uint8_t piece[4096];
    uint8_t sink[8192];
    int pair[2];
    size_t written = 0, got = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(syn_link_adopt(&f->link, f->loop, pair[0], "pair", &events, NULL), 0);
    int rc;
    for (int idle = 0; idle < 3; idle++) {
        while ((rc = syn_link_write(f->link, piece, sizeof piece)) == 0) {
            written += sizeof piece;
            idle = 0;
        }
        assert_int_equal(rc, SYN_EBUSY);
        assert_true(syn_loop_step(f->loop, 0) >= 0);
    }
    unsigned before = f->writables;
    while (got < written) {
        ssize_t n = read(pair[1], sink, sizeof sink);
        assert_true(n > 0);
        got += (size_t)n;
        assert_true(syn_loop_step(f->loop, 0) >= 0);
    }
    assert_true(f->writables > before);
    assert_int_equal(syn_link_room(f->link), SYN_LINK_QUEUE_MAX);
    close(pair[1]);
}

static void a_callback_may_close_the_link(void **state)
{
    struct fixture *f = *state;
    struct syn_link_events events = events_of(f);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(syn_link_adopt(&f->link, f->loop, pair[0], "pair", &events, NULL), 0);
    f->close_on_data = true;
    assert_int_equal(write(pair[1], "x", 1), 1);
    assert_int_equal(syn_loop_step(f->loop, SECONDS), 1);
    assert_null(f->link);
    assert_int_equal(syn_loop_step(f->loop, 0), 0);
    close(pair[1]);
}

/* ---- spawning ---- */

static void on_connected(void *ctx, int fd)
{
    struct fixture *f = ctx;
    struct syn_link_events events = events_of(f);
    f->connections++;
    assert_int_equal(syn_link_adopt(&f->link, f->loop, fd, "sim:test", &events, NULL), 0);
}

static void on_ended(void *ctx, const struct syn_error *error)
{
    struct fixture *f = ctx;
    f->ends++;
    f->lost = *error;
}

static bool is_connected_or_ended(void *ctx)
{
    struct fixture *f = ctx;
    return f->connections + f->ends > 0;
}

static bool has_ended(void *ctx)
{
    return ((struct fixture *)ctx)->ends > 0;
}

static int spawn(struct fixture *f, const char *mode, const char *argument, int64_t ready_ns)
{
    const char *argv[] = {LINK_PEER, mode, argument, NULL};
    struct syn_spawn_options o = {.argv = argv,
                                  .socket = f->path,
                                  .ready_ns = ready_ns,
                                  .connected = on_connected,
                                  .ended = on_ended,
                                  .ctx = f};
    return syn_spawn_start(&f->spawn, f->loop, &o, &f->error);
}

static void a_spawned_program_is_connected_once_it_listens(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(spawn(f, "listen", f->path, 0), 0);
    assert_int_equal(syn_loop_run_until(f->loop, is_connected_or_ended, f, 20 * SECONDS), 0);
    assert_int_equal(f->connections, 1);
    say_and_hear(f, "hello");
}

static void a_spawned_program_that_is_killed_is_told_with_its_signal(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(spawn(f, "listen", f->path, 0), 0);
    assert_int_equal(syn_loop_run_until(f->loop, is_connected_or_ended, f, 20 * SECONDS), 0);
    kill(syn_spawn_pid(f->spawn), SIGKILL);
    assert_int_equal(syn_loop_run_until(f->loop, has_ended, f, 10 * SECONDS), 0);
    assert_non_null(strstr(f->lost.message, "signal 9"));
    assert_int_equal(syn_spawn_pid(f->spawn), 0);
}

static void a_program_that_fails_at_start_is_explained(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(spawn(f, "fail", "no such profile: max79000", 0), 0);
    assert_int_equal(syn_loop_run_until(f->loop, is_connected_or_ended, f, 20 * SECONDS), 0);
    assert_int_equal(f->ends, 1);
    assert_string_equal(f->lost.message,
                        "the program ended with status 3: no such profile: max79000");
    assert_string_equal(f->lost.hint, "try another");
}

static void a_program_that_never_listens_is_given_up(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(spawn(f, "mute", "", SECONDS / 20), 0);
    assert_int_equal(syn_loop_run_until(f->loop, has_ended, f, 10 * SECONDS), 0);
    assert_int_equal(f->lost.code, SYN_ETIMEOUT);
    assert_int_equal(syn_spawn_pid(f->spawn), 0);
}

static void a_program_that_does_not_exist_fails_at_once(void **state)
{
    struct fixture *f = *state;
    const char *argv[] = {"/nonexistent/agent", NULL};
    struct syn_spawn_options o = {
        .argv = argv, .socket = f->path, .connected = on_connected, .ended = on_ended, .ctx = f};
    assert_int_equal(syn_spawn_start(&f->spawn, f->loop, &o, &f->error), SYN_ENOENT);
    assert_null(f->spawn);
    assert_string_equal(f->error.message, "/nonexistent/agent: no such program");
}

static void a_program_that_ignores_the_request_to_end_is_killed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(spawn(f, "stubborn", f->path, 0), 0);
    assert_int_equal(syn_loop_run_until(f->loop, is_connected_or_ended, f, 20 * SECONDS), 0);
    pid_t pid = syn_spawn_pid(f->spawn);
    syn_spawn_free(f->spawn);
    f->spawn = NULL;
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    struct stat st;
    assert_int_equal(lstat(f->path, &st), -1);
}

/* Plays a console that starts a device, says its process id, and is killed. */
static void be_a_console(struct fixture *f, int tell)
{
    (void)spawn(f, "mute", "", 0);
    pid_t pid = f->spawn ? syn_spawn_pid(f->spawn) : 0;
    (void)!write(tell, &pid, sizeof pid);
    for (;;)
        (void)pause();
}

static void a_killed_console_leaves_no_orphan(void **state)
{
    struct fixture *f = *state;
    int tell[2], status;
    pid_t device = 0;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* the orphan becomes ours to reap */
    assert_int_equal(pipe(tell), 0);
    pid_t console = fork();
    if (console == 0)
        be_a_console(f, tell[1]);
    assert_int_equal(read(tell[0], &device, sizeof device), sizeof device);
    assert_true(device > 0);
    assert_int_equal(kill(device, 0), 0);
    kill(console, SIGKILL);
    assert_int_equal(waitpid(console, &status, 0), console);
    assert_int_equal(waitpid(device, &status, 0), device);
    assert_true(WIFSIGNALED(status));
    close(tell[0]);
    close(tell[1]);
}

static void ctrl_c_at_the_terminal_does_not_reach_a_device(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(spawn(f, "listen", f->path, 0), 0);
    assert_int_equal(getpgid(syn_spawn_pid(f->spawn)), syn_spawn_pid(f->spawn));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_unknown_scheme_lists_those_there_are),
        TEST(unix_says_why_it_cannot_connect),
        TEST(a_program_is_spoken_to_by_exec),
        TEST(a_program_that_ends_is_explained_by_its_last_words),
        TEST(a_pty_carries_every_byte),
        TEST(a_terminal_that_is_held_or_missing_is_refused),
        TEST(serial_refuses_what_is_no_serial_port_and_says_what_to_do),
        TEST(tcp_connects_in_the_background),
        TEST(tcp_tells_a_refusal_as_a_loss),
        TEST(a_full_queue_refuses_whole_pieces_and_tells_when_it_is_empty),
        TEST(a_callback_may_close_the_link),
        TEST(a_spawned_program_is_connected_once_it_listens),
        TEST(a_spawned_program_that_is_killed_is_told_with_its_signal),
        TEST(a_program_that_fails_at_start_is_explained),
        TEST(a_program_that_never_listens_is_given_up),
        TEST(a_program_that_does_not_exist_fails_at_once),
        TEST(a_program_that_ignores_the_request_to_end_is_killed),
        TEST(a_killed_console_leaves_no_orphan),
        TEST(ctrl_c_at_the_terminal_does_not_reach_a_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
