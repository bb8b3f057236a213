/* SPDX-License-Identifier: MIT */
#include "tests/devices/agent/bench.h"

#include "devices/base/hash.h"
#include "devices/flash/ram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the port ---- */

static int64_t now_ns(void *ctx)
{
    return ((struct bench *)ctx)->now;
}

struct inbox {
    struct bench *bench;
    unsigned link;
};

static void on_message(void *ctx, enum syn_framing framing, const uint8_t *data, size_t size)
{
    struct inbox *inbox = ctx;
    struct bench *b = inbox->bench;
    assert_int_equal(framing, b->framing);
    assert_true(b->message_count < BENCH_MESSAGES);
    struct message *m = &b->messages[b->message_count++];
    m->link = inbox->link;
    assert_int_equal(syn_smp_get_header(&m->header, data, size), 0);
    memcpy(m->payload, data + SYN_SMP_HEADER, m->header.length);
}

static bool port_room(void *ctx, unsigned link, size_t size)
{
    struct bench *b = ctx;
    assert_true(link < SYN_AGENT_LINKS_MAX);
    b->room = size;
    return !b->deaf && (b->narrow == 0 || size <= b->narrow);
}

static void end_frame(struct bench *b, unsigned link)
{
    static uint8_t buffer[SYN_AGENT_MESSAGE_MAX + SYN_FRAME_OVERHEAD];
    struct inbox inbox = {b, link};
    const struct syn_frame_events events = {.message = on_message, .ctx = &inbox};
    struct syn_frame_receiver receiver;
    b->frames++;
    b->raw_whole = true;
    syn_frame_receiver_init(&receiver, &events, buffer, sizeof buffer, NULL, 0);
    syn_frame_feed(&receiver, b->raw, b->raw_size, 0);
    assert_int_equal(receiver.bad, 0);
    assert_int_equal(receiver.good, 1);
}

/* No frame is larger than the room that the agent asked for. */
static void port_write(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct bench *b = ctx;
    if (size == 0) {
        end_frame(b, link);
        return;
    }
    if (b->raw_whole)
        b->raw_size = 0;
    b->raw_whole = false;
    assert_true(b->raw_size + size <= b->room && b->room <= sizeof b->raw);
    memcpy(b->raw + b->raw_size, bytes, size);
    b->raw_size += size;
}

static int port_deploy(void *ctx, const struct syn_deployment *deployment,
                       struct syn_refusal *refusal)
{
    struct bench *b = ctx;
    b->deploys++;
    b->begun_count = 0;
    if (b->deploy_result) {
        *refusal = (struct syn_refusal){.code = b->deploy_result, .text = "a word of the port"};
        return b->deploy_result;
    }
    b->deployed = deployment;
    return 0;
}

static void port_peers(void *ctx, unsigned self, const struct syn_agent_peer *peers, unsigned count)
{
    struct bench *b = ctx;
    b->peers_self = self;
    b->peers_count = 0;
    for (unsigned i = 0; i < count; i++)
        b->peers_count += peers[i].used;
}

static void port_begin(void *ctx, const struct syn_task *task, int64_t start_ns, uint64_t duration)
{
    struct bench *b = ctx;
    assert_true(b->begun_count < 64);
    b->begun[b->begun_count++] = (struct begun){*task, start_ns, duration};
}

static void port_credit(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns)
{
    struct bench *b = ctx;
    (void)pipeline;
    (void)stage;
    (void)peer;
    (void)at_ns;
    b->credits++;
}

static void port_beacon(void *ctx, const uint32_t *done, unsigned count, int64_t at_ns)
{
    struct bench *b = ctx;
    (void)done;
    (void)count;
    (void)at_ns;
    b->beacons++;
}

static void port_relayed(void *ctx, const uint8_t *message, size_t size)
{
    struct bench *b = ctx;
    memcpy(b->relayed, message, size);
    b->relayed_size = size;
}

static long port_feed(void *ctx, const char *sensor, const char *path, uint32_t first, char *why,
                      size_t why_size)
{
    struct bench *b = ctx;
    (void)first;
    (void)why_size;
    if (strcmp(sensor, "camera") != 0) {
        strcpy(why, "the microphone takes sound only");
        return SYN_ENOENT;
    }
    strcpy(b->fed, path);
    return 12;
}

static void port_reset(void *ctx)
{
    ((struct bench *)ctx)->resets++;
}

/* ---- the device ---- */

static const struct syn_agent_identity identity = {.id = "sim-5f21",
                                                   .profile = "max78000-feather",
                                                   .firmware = "0.1.0",
                                                   .sensors = "camera,microphone",
                                                   .actuators = "haptic",
                                                   .features = SYN_FEATURE_COBS,
                                                   .speed_permille = 1000};

struct bench *bench_new(void)
{
    struct bench *b = calloc(1, sizeof *b);
    const struct syn_timing t = feather_timing();
    const struct syn_agent_port port = {.ctx = b,
                                        .now_ns = now_ns,
                                        .room = port_room,
                                        .write = port_write,
                                        .deploy = port_deploy,
                                        .peers = port_peers,
                                        .begin = port_begin,
                                        .credit = port_credit,
                                        .beacon = port_beacon,
                                        .relayed = port_relayed,
                                        .feed = port_feed,
                                        .reset = port_reset};
    const struct syn_agent_memory memory = {&b->flash, b->arena, sizeof b->arena, b->sensor,
                                            sizeof b->sensor};
    syn_flash_ram_init(&b->flash, b->store, sizeof b->store);
    b->version = 1;
    assert_int_equal(syn_agent_init(&b->agent, &identity, &t, &port, &memory), 0);
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++)
        syn_agent_link_opened(&b->agent, i);
    return b;
}

int bench_setup(void **state)
{
    *state = bench_new();
    return 0;
}

int bench_teardown(void **state)
{
    free(*state);
    return 0;
}

/* ---- a host ---- */

struct syn_cbor_out *bench_payload(struct bench *b)
{
    syn_cbor_out_init(&b->out, b->request + SYN_SMP_HEADER, sizeof b->request - SYN_SMP_HEADER);
    return &b->out;
}

void bench_bytes(struct bench *b, unsigned link, const void *bytes, size_t size)
{
    syn_agent_receive(&b->agent, link, bytes, size);
}

const struct message *bench_ask(struct bench *b, unsigned link, enum syn_smp_op op, uint16_t group,
                                uint8_t id)
{
    uint8_t frame[BENCH_FRAME];
    struct syn_smp_header h = {.version = b->version,
                               .op = (uint8_t)op,
                               .length = (uint16_t)b->out.length,
                               .group = group,
                               .seq = b->seq,
                               .id = id};
    assert_int_equal(b->out.error, 0);
    syn_smp_put_header(b->request, &h);
    int n = syn_frame_encode(b->framing, b->request, SYN_SMP_HEADER + b->out.length, frame,
                             sizeof frame);
    assert_true(n > 0);
    b->out.length = 0;
    b->message_count = 0;
    bench_bytes(b, link, frame, (size_t)n);
    if (b->message_count == 0)
        return NULL;
    const struct message *m = &b->messages[b->message_count - 1];
    assert_int_equal(m->header.seq, b->seq++);
    assert_int_equal(m->header.op, op | 1u);
    assert_int_equal(m->header.group, group);
    assert_int_equal(m->header.id, id);
    assert_int_equal(m->link, link);
    return m;
}

const struct message *bench_ask_empty(struct bench *b, enum syn_smp_op op, uint16_t group,
                                      uint8_t id)
{
    (void)bench_payload(b);
    return bench_ask(b, 0, op, group, id);
}

struct syn_smp_status bench_status(const struct message *m)
{
    struct syn_smp_status s;
    assert_non_null(m);
    assert_int_equal(syn_smp_get_status(&s, m->header.group, m->payload, m->header.length), 0);
    return s;
}

void bench_expect_ok(const struct message *m)
{
    struct syn_smp_status s = bench_status(m);
    if (s.rc)
        print_message("refused: group %u, %s %.*s\n", s.group, syn_smp_rc_text(s.group, s.rc),
                      (int)s.msg.size, (const char *)s.msg.data);
    assert_int_equal(s.rc, 0);
}

void bench_expect_rc(const struct message *m, uint16_t group, unsigned rc)
{
    struct syn_smp_status s = bench_status(m);
    assert_int_equal(s.rc, rc);
    assert_int_equal(s.group, group);
}

/* Goes to the value of `key`. */
static bool seek(const struct message *m, const char *key, struct syn_cbor_in *in)
{
    struct syn_span name;
    syn_cbor_in_init(in, m->payload, m->header.length);
    struct syn_cbor_scope scope = syn_cbor_get_map(in);
    while (syn_cbor_next_key(in, &scope, &name)) {
        if (syn_span_is(name, key))
            return true;
        (void)syn_cbor_skip(in);
    }
    assert_int_equal(in->error, 0);
    return false;
}

bool answer_has(const struct message *m, const char *key)
{
    struct syn_cbor_in in;
    return seek(m, key, &in);
}

uint64_t answer_number(const struct message *m, const char *key)
{
    struct syn_cbor_in in;
    assert_non_null(m);
    if (!seek(m, key, &in))
        fail_msg("no key %s in the answer", key);
    uint64_t v =
        syn_cbor_peek(&in) == SYN_CBOR_BOOL ? syn_cbor_get_bool(&in) : syn_cbor_get_uint(&in);
    assert_int_equal(in.error, 0);
    return v;
}

const char *answer_text(const struct message *m, const char *key)
{
    static char text[512];
    struct syn_cbor_in in;
    assert_non_null(m);
    if (!seek(m, key, &in))
        fail_msg("no key %s in the answer", key);
    syn_span_text(syn_cbor_get_text(&in), text, sizeof text);
    assert_int_equal(in.error, 0);
    return text;
}

/* ---- steps of a deployment ---- */

void bench_upload(struct bench *b, const uint8_t *bytes, size_t size, uint8_t hash[SYN_SHA256_SIZE])
{
    enum { PIECE = SYN_AGENT_MESSAGE_MAX - 128 };
    syn_sha256(bytes, size, hash);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < PIECE ? size - at : PIECE;
        put_blob_piece(bench_payload(b), hash, bytes, size, at, n);
        const struct message *m = bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_BLOB);
        bench_expect_ok(m);
        size_t held = answer_number(m, "off");
        assert_true(held >= at + n);
        at = held;
    }
}

const struct message *bench_plan(struct bench *b, const char *op, uint32_t txn, const uint8_t *hash)
{
    put_plan(bench_payload(b), op, txn, hash);
    return bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_PLAN);
}

const struct message *bench_run(struct bench *b, bool go, bool sequential, uint32_t limit)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 3);
    syn_cbor_pair_bool(out, "go", go);
    syn_cbor_pair_bool(out, "seq", sequential);
    syn_cbor_pair_uint(out, "lim", limit);
    return bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_RUN);
}

void bench_local_deployment(struct bench *b, struct chain chain, uint8_t hash[SYN_SHA256_SIZE])
{
    uint8_t image[SYN_SHA256_SIZE], blob[512];
    uint8_t *bytes = malloc(BENCH_STORE);
    size_t size = chain_image(chain, 0, chain.layers, bytes, BENCH_STORE);
    bench_upload(b, bytes, size, image);
    free(bytes);
    const struct blob_pipe pipe = {.weight = 1,
                                   .chunk = image,
                                   .sensor = "camera",
                                   .sense_bytes = 3 * chain.size * chain.size,
                                   .out = 1,
                                   .actuator = "haptic"};
    size = deployment_blob(0, 1, &pipe, 1, blob, sizeof blob);
    bench_upload(b, blob, size, hash);
}

struct begun bench_end_task(struct bench *b, const struct syn_tensor_result *result)
{
    assert_true(b->begun_count > 0);
    struct begun begun = b->begun[0];
    b->begun_count--;
    memmove(b->begun, b->begun + 1, b->begun_count * sizeof *b->begun);
    int64_t end = begun.start_ns + (int64_t)begun.duration_ns;
    if (end > b->now)
        b->now = end;
    struct syn_task task = begun.task;
    if (task.kind == SYN_TASK_SENSE) {
        task.token.sensed_ns = end;
        task.token.input_hash = 0x1122334455667788;
    }
    if (task.kind == SYN_TASK_UNLOAD)
        task.token.output_hash = 0x99;
    syn_agent_task_ended(&b->agent, &task, begun.start_ns, end, 0, result);
    return begun;
}
