/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A host on a UART of the machine: framed SMP requests, one at a time, their answers, events and
 * lines of text. Failures end the test. */
#ifndef SYN_TESTS_MAX78000_HOST_H
#define SYN_TESTS_MAX78000_HOST_H

#include "devices/wire/cbor.h"
#include "devices/wire/frame.h"
#include "devices/wire/smp.h"
#include "tests/devices/max78000/machine.h"

#define HOST_MESSAGE 4096
#define HOST_TEXT    512
#define HOST_RESULTS 64

struct host_result {
    uint16_t pipeline;
    uint32_t inference;
    uint64_t input_hash, output_hash;
    unsigned best;
};

struct host {
    struct machine *machine;
    unsigned uart;
    uint8_t seq;
    bool answered;
    struct syn_smp_header header; /* of the answer */
    uint8_t answer[HOST_MESSAGE];
    char text[HOST_TEXT]; /* the last line that was no message */
    char fault[HOST_TEXT];
    struct host_result results[HOST_RESULTS];
    unsigned result_count;
    uint64_t done, tasks[4], busy_ns[4]; /* of the last counters, of all pipelines */
    struct syn_frame_receiver receiver;
    uint8_t buffer[HOST_MESSAGE + SYN_FRAME_OVERHEAD];
    char line[HOST_TEXT];
    uint8_t request[HOST_MESSAGE];
    struct syn_cbor_out out;
};

/* Both stay where they are. */
void host_init(struct host *h, struct machine *machine, unsigned uart);

/* Lets the machine run, and takes what comes. */
void host_run(struct host *h, int64_t ns);

/* Starts the payload of a request. */
struct syn_cbor_out *host_payload(struct host *h);

/* Sends it and waits for the answer, repeating it once a second as a host does: false after ten. */
bool host_ask(struct host *h, enum syn_smp_op op, uint16_t group, uint8_t id);

/* The same, and it must have been answered without an error, unless the power has failed. */
void host_expect(struct host *h, enum syn_smp_op op, uint16_t group, uint8_t id);

/* Values of the answer. */
bool host_has(const struct host *h, const char *key);
uint64_t host_number(const struct host *h, const char *key);
const char *host_text(const struct host *h, const char *key); /* static buffer */

/* Text sent there comes back. */
void host_echo(struct host *h, const char *text);

#endif
