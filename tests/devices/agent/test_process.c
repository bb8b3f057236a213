/* SPDX-License-Identifier: MIT */
/* synergy-agent from outside: a process, its socket and its terminal, raw bytes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices/wire/frame.h"
#include "devices/wire/smp.h"
#include "tests/devices/agent/models.h"

#define PROGRAM SYN_BINARY_DIR "/devices/synergy-agent"

enum { PATIENCE_MS = 10000, MESSAGE_MAX = 2048 };

static const char golden_echo[] = "\x06\x09"
                                  "ABMKAAAJAABCAKFhZGVoZWxsb0YZ\n";

struct fixture {
    char folder[64], socket[96];
    pid_t pid;
    int out; /* of the program: stdout and stderr */
    char line[512];
};

/* One connection of a host. */
struct host {
    int fd;
    struct syn_frame_receiver receiver;
    uint8_t buffer[MESSAGE_MAX + SYN_FRAME_OVERHEAD];
    char text_buffer[256], text[256]; /* the last line that was no frame */
    uint8_t messages[64][MESSAGE_MAX];
    size_t sizes[64];
    unsigned count, taken;
    uint8_t seq;
};

/* ---- the process ---- */

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/syn-agent-XXXXXX");
    *state = f;
    if (access(PROGRAM, X_OK) != 0 || !mkdtemp(f->folder))
        return -1;
    (void)snprintf(f->socket, sizeof f->socket, "%s/w.sock", f->folder);
    return 0;
}

/* Waits for the program's end; its exit status. */
static int wait_end(struct fixture *f)
{
    int status = -1;
    while (waitpid(f->pid, &status, 0) < 0 && errno == EINTR)
        ;
    f->pid = 0;
    (void)close(f->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int stop(struct fixture *f)
{
    assert_int_equal(kill(f->pid, SIGTERM), 0);
    return wait_end(f);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->pid > 0) {
        (void)kill(f->pid, SIGKILL);
        (void)wait_end(f);
    }
    (void)unlink(f->socket);
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

static void start(struct fixture *f, const char *const *args)
{
    const char *argv[16] = {PROGRAM};
    int pipes[2];
    for (unsigned i = 0; args[i]; i++)
        argv[i + 1] = args[i];
    assert_int_equal(pipe(pipes), 0);
    f->pid = fork();
    if (f->pid == 0) {
        (void)dup2(pipes[1], 1);
        (void)dup2(pipes[1], 2);
        (void)close(pipes[0]);
        (void)close(pipes[1]);
        (void)execv(PROGRAM, (char *const *)argv);
        _exit(127);
    }
    (void)close(pipes[1]);
    f->out = pipes[0];
}

static bool readable_within(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) == 1;
}

static bool readable(int fd)
{
    return readable_within(fd, PATIENCE_MS);
}

/* The next line that the program prints. */
static const char *next_line(struct fixture *f)
{
    size_t n = 0;
    char c = 0;
    while (n < sizeof f->line - 1 && readable(f->out) && read(f->out, &c, 1) == 1 && c != '\n')
        f->line[n++] = c;
    f->line[n] = 0;
    return f->line;
}

static void start_ready(struct fixture *f, const char *const *args)
{
    char want[128];
    start(f, args);
    (void)snprintf(want, sizeof want, "ready unix:%s", f->socket);
    assert_string_equal(next_line(f), want);
}

#define START(f, ...) start_ready((f), (const char *const[]){"--unix", (f)->socket, __VA_ARGS__})

/* ---- a host ---- */

static void on_message(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    struct host *h = ctx;
    (void)framing;
    assert_true(h->count < 64);
    memcpy(h->messages[h->count], data, size);
    h->sizes[h->count++] = size;
}

static void on_text(void *ctx, const char *line, size_t size)
{
    struct host *h = ctx;
    (void)snprintf(h->text, sizeof h->text, "%.*s", (int)size, line);
}

static struct host *host_new(int fd)
{
    struct host *h = calloc(1, sizeof *h);
    const struct syn_frame_events events = {on_message, on_text, h};
    h->fd = fd;
    syn_frame_receiver_init(&h->receiver, &events, h->buffer, sizeof h->buffer, h->text_buffer,
                            sizeof h->text_buffer);
    return h;
}

static void host_free(struct host *h)
{
    (void)close(h->fd);
    free(h);
}

static struct host *host_connect(const struct fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(address.sun_path, f->socket, strlen(f->socket) + 1);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return host_new(fd);
}

static void host_write(struct host *h, const void *bytes, size_t size)
{
    assert_int_equal(write(h->fd, bytes, size), size);
}

/* Reads once; false at the end or when nothing comes. */
static bool host_read(struct host *h)
{
    uint8_t bytes[4096];
    ssize_t n = readable(h->fd) ? read(h->fd, bytes, sizeof bytes) : 0;
    if (n > 0)
        syn_frame_feed(&h->receiver, bytes, (size_t)n, 0);
    return n > 0;
}

/* The payload of the next message. */
static struct syn_cbor_in host_take(struct host *h, struct syn_smp_header *header)
{
    struct syn_cbor_in in;
    while (h->taken == h->count) {
        h->taken = h->count = 0;
        if (!host_read(h))
            fail_msg("no answer");
    }
    const uint8_t *m = h->messages[h->taken];
    assert_int_equal(syn_smp_get_header(header, m, h->sizes[h->taken]), 0);
    syn_cbor_in_init(&in, m + SYN_SMP_HEADER, h->sizes[h->taken++] - SYN_SMP_HEADER);
    return in;
}

struct request {
    uint8_t message[MESSAGE_MAX];
    struct syn_cbor_out out;
};

static struct syn_cbor_out *payload(struct request *r)
{
    syn_cbor_out_init(&r->out, r->message + SYN_SMP_HEADER, sizeof r->message - SYN_SMP_HEADER);
    return &r->out;
}

static struct syn_cbor_in ask(struct host *h, struct request *r, enum syn_smp_op op, uint16_t group,
                              uint8_t id)
{
    uint8_t frame[2 * MESSAGE_MAX];
    struct syn_smp_header header = {.version = 1,
                                    .op = (uint8_t)op,
                                    .length = (uint16_t)r->out.length,
                                    .group = group,
                                    .seq = h->seq++,
                                    .id = id};
    syn_smp_put_header(r->message, &header);
    int n = syn_frame_encode(SYN_FRAMING_COBS, r->message, SYN_SMP_HEADER + r->out.length, frame,
                             sizeof frame);
    assert_true(n > 0);
    host_write(h, frame, (size_t)n);
    struct syn_smp_header got;
    struct syn_cbor_in in = host_take(h, &got);
    assert_int_equal(got.seq, header.seq);
    assert_int_equal(got.op, op | 1u);
    return in;
}

static void ask_ok(struct host *h, struct request *r, uint8_t id)
{
    struct syn_smp_status status;
    struct syn_cbor_in in = ask(h, r, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, id);
    assert_int_equal(syn_smp_get_status(&status, SYN_GROUP_SYNERGY, in.data, in.size), 0);
    if (status.rc)
        fail_msg("%s", syn_smp_rc_text(status.group, status.rc));
}

static void expect_echo(struct host *h)
{
    struct syn_smp_header header;
    struct syn_cbor_in in = host_take(h, &header);
    static const uint8_t want[] = "\xa1\x61r\x65hello";
    assert_int_equal(header.seq, 0x42);
    assert_int_equal(in.size, sizeof want - 1);
    assert_memory_equal(in.data, want, in.size);
}

struct hello {
    char id[32], profile[32], sensors[64];
    uint32_t features, speed;
    int64_t now;
};

static struct hello hello(struct host *h)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_STR, struct hello, id, "id"),
        SYN_FIELD(SYN_KEY_STR, struct hello, profile, "prof"),
        SYN_FIELD(SYN_KEY_STR, struct hello, sensors, "sens"),
        SYN_FIELD(SYN_KEY_U32, struct hello, features, "feat"),
        SYN_FIELD(SYN_KEY_U32, struct hello, speed, "speed"),
        SYN_FIELD(SYN_KEY_I64, struct hello, now, "now"),
    };
    struct request r;
    struct hello got = {.id = ""};
    (void)payload(&r);
    struct syn_cbor_in in = ask(h, &r, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO);
    assert_int_equal(syn_cbor_get_fields(&in, fields, 6, &got, NULL), 0);
    return got;
}

/* ---- tests ---- */

static const struct chain usual = {.layers = 3, .wide = 16, .size = 16};
static const struct chain tiny = {.layers = 1, .wide = 4, .size = 4};

static void a_wearable_says_hello_on_its_socket(void **state)
{
    struct fixture *f = *state;
    START(f, "--wear", "glasses", "--id", "left-lens", "--speed", "2.5", NULL);
    struct host *h = host_connect(f);
    struct hello got = hello(h);
    assert_string_equal(got.id, "left-lens");
    assert_string_equal(got.profile, "max78000-feather");
    assert_string_equal(got.sensors, "camera,microphone");
    assert_int_equal(got.speed, 2500);
    assert_int_equal(got.features,
                     SYN_FEATURE_COBS | SYN_FEATURE_VIRTUAL_TIME | SYN_FEATURE_FILE_SENSORS);
    assert_true(hello(h).now > got.now);
    host_free(h);
    assert_int_equal(stop(f), 0);
    assert_int_not_equal(access(f->socket, F_OK), 0);
}

static void the_same_command_gives_the_same_id(void **state)
{
    struct fixture *f = *state;
    char id[32];
    for (unsigned i = 0; i < 2; i++) {
        START(f, NULL);
        struct host *h = host_connect(f);
        struct hello got = hello(h);
        if (i == 0)
            memcpy(id, got.id, sizeof id);
        assert_string_equal(got.id, id);
        assert_memory_equal(got.id, "sim-", 4);
        host_free(h);
        assert_int_equal(stop(f), 0);
    }
}

static void broken_bytes_do_not_keep_it_from_answering(void **state)
{
    struct fixture *f = *state;
    uint8_t noise[5000];
    START(f, NULL);
    struct host *h = host_connect(f);
    srand(7);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)rand();
    host_write(h, noise, sizeof noise);
    host_write(h, golden_echo, 9);
    /* What noise has begun ends after a pause: the host asks again, as after any time-out. */
    for (unsigned tries = 0; tries < 5; tries++) {
        host_write(h, golden_echo, sizeof golden_echo - 1);
        if (readable_within(h->fd, 700))
            break;
    }
    expect_echo(h);
    host_free(h);
}

static void two_hosts_are_served_and_a_third_is_told_why_not(void **state)
{
    struct fixture *f = *state;
    START(f, NULL);
    struct host *a = host_connect(f), *b = host_connect(f);
    for (unsigned i = 0; i < 3; i++) {
        host_write(a, golden_echo, sizeof golden_echo - 1);
        host_write(b, golden_echo, sizeof golden_echo - 1);
        expect_echo(a);
        expect_echo(b);
    }
    struct host *c = host_connect(f);
    while (host_read(c))
        ;
    assert_memory_equal(c->text, "busy", 4);
    host_free(c);
    host_free(a);
    c = host_connect(f);
    host_write(b, golden_echo, sizeof golden_echo - 1);
    expect_echo(b); /* by then it has seen that the first left */
    host_write(c, golden_echo, sizeof golden_echo - 1);
    expect_echo(c);
    host_free(b);
    host_free(c);
}

static void a_socket_that_nobody_listens_on_is_replaced(void **state)
{
    struct fixture *f = *state;
    START(f, NULL);
    (void)kill(f->pid, SIGKILL);
    (void)wait_end(f);
    assert_int_equal(access(f->socket, F_OK), 0);
    START(f, NULL);
    struct fixture second = *f;
    start(&second, (const char *const[]){"--unix", f->socket, NULL});
    assert_non_null(strstr(next_line(&second), "another device listens on"));
    assert_int_equal(wait_end(&second), 4);
    struct host *h = host_connect(f);
    (void)hello(h);
    host_free(h);
}

static void expect_exit(struct fixture *f, int status, const char *words, const char *const *args)
{
    start(f, args);
    if (!strstr(next_line(f), words))
        fail_msg("expected '%s' in '%s'", words, f->line);
    assert_int_equal(wait_end(f), status);
}

#define EXPECT_EXIT(f, status, words, ...)                                                         \
    expect_exit((f), (status), (words), (const char *const[]){__VA_ARGS__, NULL})

static void what_cannot_be_has_words_and_a_class(void **state)
{
    struct fixture *f = *state;
    char path[200];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = 0;
    EXPECT_EXIT(f, 2, "nothing to listen on", "-v");
    EXPECT_EXIT(f, 2, "--nonsense is not an option", "--nonsense");
    EXPECT_EXIT(f, 2, "--unix needs a value", "--unix");
    EXPECT_EXIT(f, 2, "--version takes no value", "--version=1");
    EXPECT_EXIT(f, 2, "--speed fast", "--speed", "fast");
    EXPECT_EXIT(f, 2, "--store 1K", "--store", "1K");
    EXPECT_EXIT(f, 2, "--sensor camera", "--sensor", "camera");
    EXPECT_EXIT(f, 2, "warp", "--unix", f->socket, "--skew", "warp=9");
    EXPECT_EXIT(f, 2, "has only camera,microphone", "--unix", f->socket, "--wear", "glasses",
                "--sensor", "ppg=/dev/null");
    EXPECT_EXIT(f, 3, "no profile 'max1'", "--unix", f->socket, "--profile", "max1");
    EXPECT_EXIT(f, 3, "/nowhere.idx: No such file", "--unix", f->socket, "--wear", "glasses",
                "--sensor", "camera=/nowhere.idx");
    EXPECT_EXIT(f, 4, "a socket's path has 1 to 107 bytes, not 199", "--unix", path);
    EXPECT_EXIT(f, 4, "is not a socket", "--unix", f->folder);
    EXPECT_EXIT(f, 0, "synergy-agent " SYN_VERSION, "--version");
    EXPECT_EXIT(f, 0, "usage: synergy-agent", "--help");
    assert_int_not_equal(access(f->socket, F_OK), 0);
}

static void a_terminal_is_raw_and_outlives_its_users(void **state)
{
    struct fixture *f = *state;
    char link[96], want[128];
    (void)snprintf(link, sizeof link, "%s/tty", f->folder);
    (void)snprintf(want, sizeof want, "ready pty:%s", link);
    start(f, (const char *const[]){"--pty", link, NULL});
    assert_string_equal(next_line(f), want);
    for (unsigned i = 0; i < 3; i++) {
        int fd = open(link, O_RDWR | O_NOCTTY);
        assert_true(fd >= 0);
        struct host *h = host_new(fd);
        host_write(h, "\n", 1);
        host_write(h, golden_echo, sizeof golden_echo - 1);
        expect_echo(h);
        assert_int_equal(h->text[0], 0); /* nothing is echoed by the terminal itself */
        host_free(h);
    }
    assert_int_equal(stop(f), 0);
    assert_int_not_equal(access(link, F_OK), 0);
}

static void upload(struct host *h, const uint8_t *bytes, size_t size, uint8_t hash[SYN_SHA256_SIZE])
{
    enum { PIECE = 1900 };
    struct request r;
    syn_sha256(bytes, size, hash);
    for (size_t at = 0; at < size; at += PIECE) {
        struct syn_cbor_out *out = payload(&r);
        syn_cbor_put_map(out, 4);
        syn_cbor_pair_bytes(out, "h", hash, SYN_SHA256_SIZE);
        syn_cbor_pair_uint(out, "off", at);
        syn_cbor_pair_uint(out, "len", size);
        syn_cbor_pair_bytes(out, "d", bytes + at, size - at < PIECE ? size - at : PIECE);
        ask_ok(h, &r, SYN_ID_BLOB);
    }
}

static void plan(struct host *h, const char *op, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct request r;
    struct syn_cbor_out *out = payload(&r);
    syn_cbor_put_map(out, 3);
    syn_cbor_pair_text(out, "op", op);
    syn_cbor_pair_uint(out, "txn", 1);
    syn_cbor_pair_bytes(out, "h", hash, SYN_SHA256_SIZE);
    ask_ok(h, &r, SYN_ID_PLAN);
}

static void deploy(struct host *h, struct chain chain)
{
    uint8_t *bytes = malloc(1 << 20), image[SYN_SHA256_SIZE], blob[SYN_SHA256_SIZE];
    upload(h, bytes, chain_image(chain, 0, chain.layers, bytes, 1 << 20), image);
    const struct blob_pipe pipe = {.weight = 1,
                                   .chunk = image,
                                   .sensor = "camera",
                                   .sense_bytes = 3 * chain.size * chain.size,
                                   .out = 1,
                                   .actuator = "display"};
    upload(h, bytes, deployment_blob(0, 1, &pipe, 1, bytes, 4096), blob);
    free(bytes);
    plan(h, "prepare", blob);
    plan(h, "commit", blob);
}

static void request_run(struct host *h, uint32_t limit)
{
    struct request r;
    struct syn_cbor_out *out = payload(&r);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_bool(out, "res", true);
    ask_ok(h, &r, SYN_ID_SUBSCRIBE);
    out = payload(&r);
    syn_cbor_put_map(out, 2);
    syn_cbor_pair_bool(out, "go", true);
    syn_cbor_pair_uint(out, "lim", limit);
    ask_ok(h, &r, SYN_ID_RUN);
}

struct result {
    char event[8];
    uint32_t inference;
    uint64_t input, output;
    int64_t sensed, acted;
};

static struct result take_result(struct host *h)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_STR, struct result, event, "ev"),
        SYN_FIELD(SYN_KEY_U32, struct result, inference, "n"),
        SYN_FIELD(SYN_KEY_U64, struct result, input, "ih"),
        SYN_FIELD(SYN_KEY_U64, struct result, output, "oh"),
        SYN_FIELD(SYN_KEY_I64, struct result, sensed, "s"),
        SYN_FIELD(SYN_KEY_I64, struct result, acted, "a"),
    };
    struct syn_smp_header header;
    struct result got = {.event = ""};
    struct syn_cbor_in in = host_take(h, &header);
    assert_int_equal(header.seq, SYN_SMP_EVENT_SEQ);
    assert_int_equal(syn_cbor_get_fields(&in, fields, 6, &got, NULL), 0);
    assert_string_equal(got.event, "res");
    return got;
}

static void a_deployment_runs_and_its_results_repeat_from_run_to_run(void **state)
{
    enum { INFERENCES = 5 };
    struct fixture *f = *state;
    struct result first[INFERENCES];
    for (unsigned run = 0; run < 2; run++) {
        START(f, "--wear", "glasses", NULL);
        struct host *h = host_connect(f);
        deploy(h, usual);
        request_run(h, INFERENCES);
        for (unsigned i = 0; i < INFERENCES; i++) {
            struct result got = take_result(h);
            assert_int_equal(got.inference, i + 1);
            assert_true(got.acted >= got.sensed + 1000000); /* the action alone takes 1 ms */
            if (run == 0)
                first[i] = got;
            assert_true(got.input == first[i].input && got.output == first[i].output);
            assert_true(i == 0 || got.input != first[0].input);
        }
        host_free(h);
        assert_int_equal(stop(f), 0);
    }
}

struct item {
    struct syn_span span;
};

struct losses {
    uint32_t events, answers;
};

/* What the device counts for the first link, as the host on `h` reads it. */
static struct losses losses_of_link0(struct host *h)
{
    static const struct syn_cbor_field outer[] = {
        SYN_FIELD(SYN_KEY_ITEM, struct item, span, "fields")};
    static const struct syn_cbor_field inner[] = {
        SYN_FIELD(SYN_KEY_U32, struct losses, events, "lost_events"),
        SYN_FIELD(SYN_KEY_U32, struct losses, answers, "lost_answers"),
    };
    struct request r;
    struct item item = {.span = {NULL, 0}};
    struct losses got = {.events = 0};
    struct syn_cbor_out *out = payload(&r);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_text(out, "name", "link0");
    struct syn_cbor_in in = ask(h, &r, SYN_SMP_READ, SYN_GROUP_STAT, SYN_STAT_SHOW);
    assert_int_equal(syn_cbor_get_fields(&in, outer, 1, &item, NULL), 0);
    syn_cbor_in_init(&in, item.span.data, item.span.size);
    assert_int_equal(syn_cbor_get_fields(&in, inner, 2, &got, NULL), 0);
    return got;
}

static void a_host_that_does_not_read_loses_events_but_no_answer(void **state)
{
    struct fixture *f = *state;
    struct syn_smp_header header;
    START(f, "--wear", "glasses", "--speed", "1000", NULL);
    struct host *slow = host_connect(f);
    deploy(slow, tiny);
    request_run(slow, 0);
    struct host *other = host_connect(f);
    while (losses_of_link0(other).events < 10)
        ;
    host_write(slow, golden_echo, sizeof golden_echo - 1);
    do {
        (void)host_take(slow, &header);
    } while (header.seq == SYN_SMP_EVENT_SEQ);
    assert_int_equal(header.seq, 0x42);
    assert_int_equal(losses_of_link0(other).answers, 0);
    host_free(slow);
    host_free(other);
}

static void a_reset_ends_the_links_and_forgets_the_deployment(void **state)
{
    struct fixture *f = *state;
    struct request r;
    START(f, "--wear", "glasses", NULL);
    struct host *h = host_connect(f);
    deploy(h, usual);
    (void)payload(&r);
    (void)ask(h, &r, SYN_SMP_WRITE, SYN_GROUP_OS, SYN_OS_RESET);
    assert_false(host_read(h));
    host_free(h);
    h = host_connect(f);
    (void)payload(&r);
    struct syn_cbor_in in = ask(h, &r, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_PLAN);
    struct state {
        char text[16];
    } got = {""};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_STR, struct state, text, "state")};
    assert_int_equal(syn_cbor_get_fields(&in, fields, 1, &got, NULL), 0);
    assert_string_equal(got.text, "idle");
    host_free(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_wearable_says_hello_on_its_socket),
        TEST(the_same_command_gives_the_same_id),
        TEST(broken_bytes_do_not_keep_it_from_answering),
        TEST(two_hosts_are_served_and_a_third_is_told_why_not),
        TEST(a_socket_that_nobody_listens_on_is_replaced),
        TEST(what_cannot_be_has_words_and_a_class),
        TEST(a_terminal_is_raw_and_outlives_its_users),
        TEST(a_deployment_runs_and_its_results_repeat_from_run_to_run),
        TEST(a_host_that_does_not_read_loses_events_but_no_answer),
        TEST(a_reset_ends_the_links_and_forgets_the_deployment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
