/* SPDX-License-Identifier: MIT */
#include "tests/devices/agent/process.h"

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
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 10000 };

/* ---- the process ---- */

int process_setup(void **state)
{
    struct process *f = calloc(1, sizeof *f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/syn-agent-XXXXXX");
    *state = f;
    if (access(PROGRAM, X_OK) != 0 || !mkdtemp(f->folder))
        return -1;
    (void)snprintf(f->socket, sizeof f->socket, "%s/w.sock", f->folder);
    return 0;
}

int process_wait_end(struct process *f)
{
    int status = -1;
    while (waitpid(f->pid, &status, 0) < 0 && errno == EINTR)
        ;
    f->pid = 0;
    (void)close(f->out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int process_stop(struct process *f)
{
    assert_int_equal(kill(f->pid, SIGTERM), 0);
    return process_wait_end(f);
}

int process_teardown(void **state)
{
    struct process *f = *state;
    if (f->pid > 0) {
        (void)kill(f->pid, SIGKILL);
        (void)process_wait_end(f);
    }
    (void)unlink(f->socket);
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

void process_start(struct process *f, const char *const *args)
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

bool process_readable_within(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) == 1;
}

static bool readable(int fd)
{
    return process_readable_within(fd, PATIENCE_MS);
}

const char *process_line(struct process *f)
{
    size_t n = 0;
    char c = 0;
    while (n < sizeof f->line - 1 && readable(f->out) && read(f->out, &c, 1) == 1 && c != '\n')
        f->line[n++] = c;
    f->line[n] = 0;
    return f->line;
}

void process_start_ready(struct process *f, const char *const *args)
{
    char want[128];
    process_start(f, args);
    (void)snprintf(want, sizeof want, "ready unix:%s", f->socket);
    assert_string_equal(process_line(f), want);
}

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

struct host *host_new(int fd)
{
    struct host *h = calloc(1, sizeof *h);
    const struct syn_frame_events events = {on_message, on_text, h};
    h->fd = fd;
    syn_frame_receiver_init(&h->receiver, &events, h->buffer, sizeof h->buffer, h->text_buffer,
                            sizeof h->text_buffer);
    return h;
}

void host_free(struct host *h)
{
    (void)close(h->fd);
    free(h);
}

struct host *host_connect(const struct process *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(address.sun_path, f->socket, strlen(f->socket) + 1);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return host_new(fd);
}

void host_write(struct host *h, const void *bytes, size_t size)
{
    assert_int_equal(write(h->fd, bytes, size), size);
}

bool host_read(struct host *h)
{
    uint8_t bytes[4096];
    ssize_t n = readable(h->fd) ? read(h->fd, bytes, sizeof bytes) : 0;
    if (n > 0)
        syn_frame_feed(&h->receiver, bytes, (size_t)n, 0);
    return n > 0;
}

struct syn_cbor_in host_take(struct host *h, struct syn_smp_header *header)
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

struct syn_cbor_out *request_payload(struct request *r)
{
    syn_cbor_out_init(&r->out, r->message + SYN_SMP_HEADER, sizeof r->message - SYN_SMP_HEADER);
    return &r->out;
}

struct syn_cbor_in host_ask(struct host *h, struct request *r, enum syn_smp_op op, uint16_t group,
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

void host_ask_ok(struct host *h, struct request *r, uint8_t id)
{
    struct syn_smp_status status;
    struct syn_cbor_in in = host_ask(h, r, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, id);
    assert_int_equal(syn_smp_get_status(&status, SYN_GROUP_SYNERGY, in.data, in.size), 0);
    if (status.rc)
        fail_msg("%s", syn_smp_rc_text(status.group, status.rc));
}

void host_expect_echo(struct host *h)
{
    struct syn_smp_header header;
    struct syn_cbor_in in = host_take(h, &header);
    static const uint8_t want[] = "\xa1\x61r\x65hello";
    assert_int_equal(header.seq, 0x42);
    assert_int_equal(in.size, sizeof want - 1);
    assert_memory_equal(in.data, want, in.size);
}

struct hello host_hello(struct host *h)
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
    (void)request_payload(&r);
    struct syn_cbor_in in = host_ask(h, &r, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO);
    assert_int_equal(syn_cbor_get_fields(&in, fields, 6, &got, NULL), 0);
    return got;
}
