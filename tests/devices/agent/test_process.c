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

#include "tests/devices/agent/models.h"
#include "tests/devices/agent/process.h"

static const char golden_echo[] = "\x06\x09"
                                  "ABMKAAAJAABCAKFhZGVoZWxsb0YZ\n";

static const struct chain usual = {.layers = 3, .wide = 16, .size = 16};
static const struct chain tiny = {.layers = 1, .wide = 4, .size = 4};

static void a_wearable_says_hello_on_its_socket(void **state)
{
    struct process *f = *state;
    START(f, "--wear", "glasses", "--id", "left-lens", "--speed", "2.5", NULL);
    struct host *h = host_connect(f);
    struct hello got = host_hello(h);
    assert_string_equal(got.id, "left-lens");
    assert_string_equal(got.profile, "max78000-feather");
    assert_string_equal(got.sensors, "camera,microphone");
    assert_int_equal(got.speed, 2500);
    assert_int_equal(got.features,
                     SYN_FEATURE_COBS | SYN_FEATURE_VIRTUAL_TIME | SYN_FEATURE_FILE_SENSORS);
    assert_true(host_hello(h).now > got.now);
    host_free(h);
    assert_int_equal(process_stop(f), 0);
    assert_int_not_equal(access(f->socket, F_OK), 0);
}

static void the_same_command_gives_the_same_id(void **state)
{
    struct process *f = *state;
    char id[32];
    for (unsigned i = 0; i < 2; i++) {
        START(f, NULL);
        struct host *h = host_connect(f);
        struct hello got = host_hello(h);
        if (i == 0)
            memcpy(id, got.id, sizeof id);
        assert_string_equal(got.id, id);
        assert_memory_equal(got.id, "sim-", 4);
        host_free(h);
        assert_int_equal(process_stop(f), 0);
    }
}

static void broken_bytes_do_not_keep_it_from_answering(void **state)
{
    struct process *f = *state;
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
        if (process_readable_within(h->fd, 700))
            break;
    }
    host_expect_echo(h);
    host_free(h);
}

static void two_hosts_are_served_and_a_third_is_told_why_not(void **state)
{
    struct process *f = *state;
    START(f, NULL);
    struct host *a = host_connect(f), *b = host_connect(f);
    for (unsigned i = 0; i < 3; i++) {
        host_write(a, golden_echo, sizeof golden_echo - 1);
        host_write(b, golden_echo, sizeof golden_echo - 1);
        host_expect_echo(a);
        host_expect_echo(b);
    }
    struct host *c = host_connect(f);
    while (host_read(c))
        ;
    assert_memory_equal(c->text, "busy", 4);
    host_free(c);
    host_free(a);
    c = host_connect(f);
    host_write(b, golden_echo, sizeof golden_echo - 1);
    host_expect_echo(b); /* by then it has seen that the first left */
    host_write(c, golden_echo, sizeof golden_echo - 1);
    host_expect_echo(c);
    host_free(b);
    host_free(c);
}

static void a_socket_that_nobody_listens_on_is_replaced(void **state)
{
    struct process *f = *state;
    START(f, NULL);
    (void)kill(f->pid, SIGKILL);
    (void)process_wait_end(f);
    assert_int_equal(access(f->socket, F_OK), 0);
    START(f, NULL);
    struct process second = *f;
    process_start(&second, (const char *const[]){"--unix", f->socket, NULL});
    assert_non_null(strstr(process_line(&second), "another device listens on"));
    assert_int_equal(process_wait_end(&second), 4);
    struct host *h = host_connect(f);
    (void)host_hello(h);
    host_free(h);
}

static void expect_exit(struct process *f, int status, const char *words, const char *const *args)
{
    process_start(f, args);
    if (!strstr(process_line(f), words))
        fail_msg("expected '%s' in '%s'", words, f->line);
    assert_int_equal(process_wait_end(f), status);
}

#define EXPECT_EXIT(f, status, words, ...)                                                         \
    expect_exit((f), (status), (words), (const char *const[]){__VA_ARGS__, NULL})

static void what_cannot_be_has_words_and_a_class(void **state)
{
    struct process *f = *state;
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
    struct process *f = *state;
    char link[96], want[128];
    (void)snprintf(link, sizeof link, "%s/tty", f->folder);
    (void)snprintf(want, sizeof want, "ready pty:%s", link);
    process_start(f, (const char *const[]){"--pty", link, NULL});
    assert_string_equal(process_line(f), want);
    for (unsigned i = 0; i < 3; i++) {
        int fd = open(link, O_RDWR | O_NOCTTY);
        assert_true(fd >= 0);
        struct host *h = host_new(fd);
        host_write(h, "\n", 1);
        host_write(h, golden_echo, sizeof golden_echo - 1);
        host_expect_echo(h);
        assert_int_equal(h->text[0], 0); /* nothing is echoed by the terminal itself */
        host_free(h);
    }
    assert_int_equal(process_stop(f), 0);
    assert_int_not_equal(access(link, F_OK), 0);
}

static void upload(struct host *h, const uint8_t *bytes, size_t size, uint8_t hash[SYN_SHA256_SIZE])
{
    enum { PIECE = 1900 };
    struct request r;
    syn_sha256(bytes, size, hash);
    for (size_t at = 0; at < size; at += PIECE) {
        put_blob_piece(request_payload(&r), hash, bytes, size, at, PIECE);
        host_ask_ok(h, &r, SYN_ID_BLOB);
    }
}

static void plan(struct host *h, const char *op, const uint8_t hash[SYN_SHA256_SIZE])
{
    struct request r;
    put_plan(request_payload(&r), op, 1, hash);
    host_ask_ok(h, &r, SYN_ID_PLAN);
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
    struct syn_cbor_out *out = request_payload(&r);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_bool(out, "res", true);
    host_ask_ok(h, &r, SYN_ID_SUBSCRIBE);
    out = request_payload(&r);
    syn_cbor_put_map(out, 2);
    syn_cbor_pair_bool(out, "go", true);
    syn_cbor_pair_uint(out, "lim", limit);
    host_ask_ok(h, &r, SYN_ID_RUN);
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
    struct process *f = *state;
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
        assert_int_equal(process_stop(f), 0);
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
    struct syn_cbor_out *out = request_payload(&r);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_text(out, "name", "link0");
    struct syn_cbor_in in = host_ask(h, &r, SYN_SMP_READ, SYN_GROUP_STAT, SYN_STAT_SHOW);
    assert_int_equal(syn_cbor_get_fields(&in, outer, 1, &item, NULL), 0);
    syn_cbor_in_init(&in, item.span.data, item.span.size);
    assert_int_equal(syn_cbor_get_fields(&in, inner, 2, &got, NULL), 0);
    return got;
}

static void a_host_that_does_not_read_loses_events_but_no_answer(void **state)
{
    struct process *f = *state;
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
    struct process *f = *state;
    struct request r;
    START(f, "--wear", "glasses", NULL);
    struct host *h = host_connect(f);
    deploy(h, usual);
    (void)request_payload(&r);
    (void)host_ask(h, &r, SYN_SMP_WRITE, SYN_GROUP_OS, SYN_OS_RESET);
    assert_false(host_read(h));
    host_free(h);
    h = host_connect(f);
    (void)request_payload(&r);
    struct syn_cbor_in in = host_ask(h, &r, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_PLAN);
    struct state {
        char text[16];
    } got = {""};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_STR, struct state, text, "state")};
    assert_int_equal(syn_cbor_get_fields(&in, fields, 1, &got, NULL), 0);
    assert_string_equal(got.text, "idle");
    host_free(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, process_setup, process_teardown)

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
