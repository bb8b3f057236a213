/* SPDX-License-Identifier: MIT */
/*
 * synergy-agent as a process, seen from outside: started in a folder of its own, its output read by
 * lines, its sockets by frames. Everything waits for ten seconds at most and then fails the test.
 */
#ifndef SYN_TESTS_DEVICES_AGENT_PROCESS_H
#define SYN_TESTS_DEVICES_AGENT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "devices/wire/frame.h"
#include "devices/wire/smp.h"

#define PROGRAM SYN_BINARY_DIR "/devices/synergy-agent"

enum { MESSAGE_MAX = 2048 };

struct process {
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

/* The state of a test is a struct process; what still runs is killed in the end. */
int process_setup(void **state);
int process_teardown(void **state);

void process_start(struct process *f, const char *const *args);
/* With the words that it says when it listens at p->socket. */
void process_start_ready(struct process *f, const char *const *args);
#define START(f, ...)                                                                              \
    process_start_ready((f), (const char *const[]){"--unix", (f)->socket, __VA_ARGS__})

/* SIGTERM; the exit status. */
int process_stop(struct process *f);
int process_wait_end(struct process *f);

/* The next line that it prints. */
const char *process_line(struct process *f);
bool process_readable_within(int fd, int ms);

/* ---- a host ---- */

struct host *host_new(int fd);
struct host *host_connect(const struct process *f);
void host_free(struct host *h);
void host_write(struct host *h, const void *bytes, size_t size);
/* Reads once; false at the end or when nothing comes. */
bool host_read(struct host *h);
/* The payload of the next message. */
struct syn_cbor_in host_take(struct host *h, struct syn_smp_header *header);

/* A request that is being written. */
struct request {
    uint8_t message[MESSAGE_MAX];
    struct syn_cbor_out out;
};

struct syn_cbor_out *request_payload(struct request *r);
/* Sends it; the payload of the answer. */
struct syn_cbor_in host_ask(struct host *h, struct request *r, enum syn_smp_op op, uint16_t group,
                            uint8_t id);
/* A write of our group that is not refused. */
void host_ask_ok(struct host *h, struct request *r, uint8_t id);
/* The next answer is that to the echo that PROTOCOL.md gives. */
void host_expect_echo(struct host *h);

struct hello {
    char id[32], profile[32], sensors[64];
    uint32_t features, speed;
    int64_t now;
};

struct hello host_hello(struct host *h);

#endif
