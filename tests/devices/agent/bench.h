/* SPDX-License-Identifier: MIT */
/*
 * An agent on the bench: a port that records what the agent asks of it, a clock that stands still
 * until the test moves it, and hosts that speak framed SMP.
 */
#ifndef SYN_TESTS_DEVICES_AGENT_BENCH_H
#define SYN_TESTS_DEVICES_AGENT_BENCH_H

#include "devices/agent/agent.h"
#include "devices/wire/smp.h"
#include "tests/devices/agent/models.h"

#define BENCH_STORE    (1024 * 1024)
#define BENCH_SCRATCH  SYN_DEPLOYMENT_SCRATCH(64)
#define BENCH_MESSAGES 64
#define BENCH_FRAME    (2 * SYN_AGENT_MESSAGE_MAX)

struct message {
    struct syn_smp_header header;
    uint8_t payload[SYN_AGENT_MESSAGE_MAX];
    unsigned link;
};

struct begun {
    struct syn_task task;
    int64_t start_ns;
    uint64_t duration_ns;
};

struct bench {
    struct syn_agent agent;
    _Alignas(8) uint8_t store[BENCH_STORE], arena[65536 + BENCH_SCRATCH], sensor[65536];
    struct syn_flash flash;
    int64_t now;
    uint8_t version; /* of the requests */
    uint8_t seq;
    enum syn_framing framing;
    uint8_t request[SYN_AGENT_MESSAGE_MAX];
    struct syn_cbor_out out; /* payload of the next request */

    /* what the agent did */
    bool deaf;     /* links take nothing */
    size_t narrow; /* nor more bytes than these at a time; 0: any */
    unsigned frames;
    struct message messages[BENCH_MESSAGES]; /* from the agent, oldest first */
    unsigned message_count;
    uint8_t raw[BENCH_FRAME]; /* the last frame */
    size_t raw_size, room;    /* bytes of it; bytes for which the agent asked room */
    bool raw_whole;
    const struct syn_deployment *deployed;
    unsigned deploys, resets, beacons, credits;
    int deploy_result;
    struct begun begun[64];
    unsigned begun_count;
    uint8_t relayed[SYN_AGENT_MESSAGE_MAX];
    size_t relayed_size;
    unsigned peers_self, peers_count;
    char fed[64];
};

/* A MAX78000 with its links open; free with free(). */
struct bench *bench_new(void);

/* cmocka's setup and teardown. */
int bench_setup(void **state);
int bench_teardown(void **state);

/* Starts the payload of a request; write the map to the result. */
struct syn_cbor_out *bench_payload(struct bench *b);

/* Sends the payload as a request; no other message may come in between. Returns the answer. */
const struct message *bench_ask(struct bench *b, unsigned link, enum syn_smp_op op, uint16_t group,
                                uint8_t id);
/* One without a payload, on link 0. */
const struct message *bench_ask_empty(struct bench *b, enum syn_smp_op op, uint16_t group,
                                      uint8_t id);

/* Sends raw bytes to the agent. */
void bench_bytes(struct bench *b, unsigned link, const void *bytes, size_t size);

/* The answer's rc with the group whose code it is. */
struct syn_smp_status bench_status(const struct message *m);
void bench_expect_ok(const struct message *m);
void bench_expect_rc(const struct message *m, uint16_t group, unsigned rc);

/* A value of the answer's map. */
uint64_t answer_number(const struct message *m, const char *key);
bool answer_has(const struct message *m, const char *key);
const char *answer_text(const struct message *m, const char *key); /* static buffer */

/* Uploads a blob in pieces; gives its hash. */
void bench_upload(struct bench *b, const uint8_t *bytes, size_t size,
                  uint8_t hash[SYN_SHA256_SIZE]);

/* Sends a plan request. */
const struct message *bench_plan(struct bench *b, const char *op, uint32_t txn,
                                 const uint8_t *hash);
const struct message *bench_run(struct bench *b, bool go, bool sequential, uint32_t limit);

/* Uploads a chain that senses, infers and acts on this device alone; gives the blob's hash. */
void bench_local_deployment(struct bench *b, struct chain chain, uint8_t hash[SYN_SHA256_SIZE]);

/* Reports the end of the oldest task that was begun; returns it. */
struct begun bench_end_task(struct bench *b, const struct syn_tensor_result *result);

#endif
