/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/max78000/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SLICE_NS = 500000, AGAIN_S = 1, TRIES = 10, EVENT_SEQ = 0xff };

/* ---- what comes ---- */

static bool seek(const uint8_t *payload, size_t size, const char *key, struct syn_cbor_in *in)
{
    struct syn_span name;
    syn_cbor_in_init(in, payload, size);
    struct syn_cbor_scope scope = syn_cbor_get_map(in);
    while (syn_cbor_next_key(in, &scope, &name)) {
        if (syn_span_is(name, key))
            return true;
        (void)syn_cbor_skip(in);
    }
    return false;
}

static uint64_t number(const uint8_t *payload, size_t size, const char *key)
{
    struct syn_cbor_in in;
    return seek(payload, size, key, &in) ? syn_cbor_get_uint(&in) : 0;
}

static uint64_t sum(const uint8_t *payload, size_t size, const char *key, uint64_t *each,
                    unsigned n)
{
    struct syn_cbor_in in;
    uint64_t all = 0;
    if (!seek(payload, size, key, &in))
        return 0;
    struct syn_cbor_scope scope = syn_cbor_get_array(&in);
    for (unsigned i = 0; syn_cbor_next(&in, &scope); i++) {
        uint64_t v = syn_cbor_get_uint(&in);
        all += v;
        if (i < n)
            each[i] = v;
    }
    return all;
}

static void on_counters(struct host *h, const uint8_t *payload, size_t size)
{
    h->done = sum(payload, size, "done", NULL, 0);
    (void)sum(payload, size, "tasks", h->tasks, 4);
    (void)sum(payload, size, "busy", h->busy_ns, 4);
}

static void on_event(struct host *h, const uint8_t *payload, size_t size)
{
    struct syn_cbor_in in;
    char kind[16] = "";
    if (seek(payload, size, "ev", &in))
        syn_span_text(syn_cbor_get_text(&in), kind, sizeof kind);
    if (strcmp(kind, "fault") == 0 && seek(payload, size, "msg", &in))
        syn_span_text(syn_cbor_get_text(&in), h->fault, sizeof h->fault);
    if (strcmp(kind, "count") == 0)
        on_counters(h, payload, size);
    if (strcmp(kind, "res") != 0)
        return;
    assert_true(h->result_count < HOST_RESULTS);
    h->results[h->result_count++] =
        (struct host_result){(uint16_t)number(payload, size, "p"),
                             (uint32_t)number(payload, size, "n"), number(payload, size, "ih"),
                             number(payload, size, "oh"), (unsigned)number(payload, size, "best")};
}

static void on_message(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    struct host *h = ctx;
    struct syn_smp_header head;
    (void)framing;
    assert_int_equal(syn_smp_get_header(&head, data, size), 0);
    if (head.seq == EVENT_SEQ) {
        on_event(h, data + SYN_SMP_HEADER, head.length);
        return;
    }
    if (head.seq != h->seq)
        return; /* the answer to a repeat */
    h->header = head;
    memcpy(h->answer, data + SYN_SMP_HEADER, head.length);
    h->answered = true;
}

static void on_text(void *ctx, const char *line, size_t size)
{
    struct host *h = ctx;
    (void)snprintf(h->text, sizeof h->text, "%.*s", (int)size, line);
}

void host_init(struct host *h, struct machine *machine, unsigned uart)
{
    const struct syn_frame_events events = {on_message, on_text, h};
    memset(h, 0, sizeof *h);
    h->machine = machine;
    h->uart = uart;
    syn_frame_receiver_init(&h->receiver, &events, h->buffer, sizeof h->buffer, h->line,
                            sizeof h->line);
}

static void take(struct host *h)
{
    uint8_t bytes[1024];
    size_t n;
    while ((n = machine_receive(h->machine, h->uart, bytes, sizeof bytes)) > 0)
        syn_frame_feed(&h->receiver, bytes, n, machine_now(h->machine));
}

static void slice(struct host *h, int64_t ns)
{
    if (!machine_run(h->machine, ns))
        fail_msg("%s", machine_error(h->machine));
    take(h);
}

void host_run(struct host *h, int64_t ns)
{
    for (int64_t end = machine_now(h->machine) + ns;
         machine_now(h->machine) < end && !machine_is_off(h->machine);)
        slice(h, SLICE_NS);
}

/* ---- requests ---- */

struct syn_cbor_out *host_payload(struct host *h)
{
    syn_cbor_out_init(&h->out, h->request + SYN_SMP_HEADER, sizeof h->request - SYN_SMP_HEADER);
    return &h->out;
}

static void send(struct host *h, enum syn_smp_op op, uint16_t group, uint8_t id)
{
    uint8_t frame[2 * HOST_MESSAGE];
    const struct syn_smp_header head = {.version = 1,
                                        .op = (uint8_t)op,
                                        .length = (uint16_t)h->out.length,
                                        .group = group,
                                        .seq = h->seq,
                                        .id = id};
    syn_smp_put_header(h->request, &head);
    int n = syn_frame_encode(SYN_FRAMING_COBS, h->request, SYN_SMP_HEADER + h->out.length, frame,
                             sizeof frame);
    assert_true(n > 0);
    machine_send(h->machine, h->uart, frame, (size_t)n);
}

bool host_ask(struct host *h, enum syn_smp_op op, uint16_t group, uint8_t id)
{
    assert_int_equal(h->out.error, 0);
    h->seq = (uint8_t)((h->seq + 1) % EVENT_SEQ);
    h->answered = false;
    for (unsigned i = 0; i < TRIES && !h->answered && !machine_is_off(h->machine); i++) {
        send(h, op, group, id);
        for (int64_t end = machine_now(h->machine) + AGAIN_S * MACHINE_SECOND;
             machine_now(h->machine) < end && !h->answered && !machine_is_off(h->machine);)
            slice(h, SLICE_NS);
    }
    return h->answered;
}

void host_expect(struct host *h, enum syn_smp_op op, uint16_t group, uint8_t id)
{
    struct syn_smp_status s;
    if (!host_ask(h, op, group, id) && machine_is_off(h->machine))
        return;
    if (!h->answered)
        fail_msg("no answer to command %u of group %u", id, group);
    assert_int_equal(syn_smp_get_status(&s, group, h->answer, h->header.length), 0);
    if (s.rc)
        fail_msg("command %u of group %u: %s %.*s", id, group, syn_smp_rc_text(s.group, s.rc),
                 (int)s.msg.size, (const char *)s.msg.data);
}

bool host_has(const struct host *h, const char *key)
{
    struct syn_cbor_in in;
    return seek(h->answer, h->header.length, key, &in);
}

uint64_t host_number(const struct host *h, const char *key)
{
    if (!host_has(h, key))
        fail_msg("no key %s in the answer", key);
    return number(h->answer, h->header.length, key);
}

const char *host_text(const struct host *h, const char *key)
{
    static char text[HOST_TEXT];
    struct syn_cbor_in in;
    if (!seek(h->answer, h->header.length, key, &in))
        fail_msg("no key %s in the answer", key);
    syn_span_text(syn_cbor_get_text(&in), text, sizeof text);
    return text;
}

void host_echo(struct host *h, const char *text)
{
    struct syn_cbor_out *out = host_payload(h);
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_text(out, "d", text);
    host_expect(h, SYN_SMP_WRITE, SYN_GROUP_OS, 0);
    assert_string_equal(host_text(h, "r"), text);
}
