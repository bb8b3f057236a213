/* SPDX-License-Identifier: MIT */
/* Deployments in two phases, driven by the requests that a console sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/devices/agent/bench.h"

static const struct chain small = {.layers = 2, .wide = 8, .size = 8};
static const struct chain other = {.layers = 3, .wide = 16, .size = 8};
/* Three layers of 128 to 128 channels fill the weight memory of every processor. */
static const struct chain too_large = {.layers = 4, .wide = 128, .size = 8};

static const char *plan_state(struct bench *b)
{
    (void)bench_payload(b);
    return answer_text(bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_PLAN), "state");
}

static uint64_t plan_number(struct bench *b, const char *key)
{
    (void)bench_payload(b);
    return answer_number(bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_PLAN), key);
}

static void prepare(struct bench *b, struct chain chain, uint32_t txn,
                    uint8_t hash[SYN_SHA256_SIZE])
{
    bench_local_deployment(b, chain, hash);
    bench_expect_ok(bench_plan(b, "prepare", txn, hash));
}

static void deploy(struct bench *b, struct chain chain, uint32_t txn)
{
    uint8_t hash[SYN_SHA256_SIZE];
    prepare(b, chain, txn, hash);
    bench_expect_ok(bench_plan(b, "commit", txn, NULL));
}

static void prepare_tells_the_cycles_as_placed(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE];
    bench_local_deployment(b, small, hash);
    const struct message *m = bench_plan(b, "prepare", 1, hash);
    bench_expect_ok(m);
    assert_true(answer_has(m, "cyc"));
    assert_true(b->agent.prepared.pipes[0].cycles > 8 * 8 * 8);
    assert_string_equal(plan_state(b), "prepared");
    assert_int_equal(plan_number(b, "ptxn"), 1);
    assert_int_equal(plan_number(b, "txn"), 0);
    assert_int_equal(b->deploys, 0);
}

static void commit_gives_the_deployment_to_the_port(void **state)
{
    struct bench *b = *state;
    deploy(b, small, 1);
    assert_int_equal(b->deploys, 1);
    assert_ptr_equal(b->deployed, &b->agent.deployment);
    assert_int_equal(b->deployed->pipeline_count, 1);
    assert_int_equal(b->deployed->pipes[0].layers, 2);
    assert_string_equal(plan_state(b), "committed");
    assert_int_equal(plan_number(b, "txn"), 1);
    assert_int_equal(plan_number(b, "ptxn"), 0);
}

static void what_is_cleared_takes_its_links_with_it(void **state)
{
    struct bench *b = *state;
    deploy(b, small, 1);
    b->agent.self = 1;
    b->agent.peers[0] = (struct syn_agent_peer){.used = true, .address = "uart:2", .wire = 2};
    b->peers_count = 1;
    bench_expect_ok(bench_plan(b, "clear", 1, NULL));
    assert_false(b->agent.peers[0].used);
    assert_int_equal(b->peers_self, 1);
    assert_int_equal(b->peers_count, 0);
}

static void every_verb_may_be_repeated(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE];
    prepare(b, small, 1, hash);
    bench_expect_ok(bench_plan(b, "prepare", 1, hash));
    bench_expect_ok(bench_plan(b, "commit", 1, NULL));
    bench_expect_ok(bench_plan(b, "commit", 1, NULL));
    bench_expect_ok(bench_plan(b, "prepare", 1, hash));
    assert_int_equal(b->deploys, 1);
    bench_expect_ok(bench_plan(b, "abort", 7, NULL));
    bench_expect_ok(bench_plan(b, "abort", 7, NULL));
    bench_expect_ok(bench_plan(b, "clear", 2, NULL));
    bench_expect_ok(bench_plan(b, "clear", 2, NULL));
    assert_int_equal(b->deploys, 2);
    assert_null(b->deployed);
    assert_string_equal(plan_state(b), "idle");
}

static void a_wrong_transaction_is_refused(void **state)
{
    struct bench *b = *state;
    uint8_t first[SYN_SHA256_SIZE], second[SYN_SHA256_SIZE];
    bench_expect_rc(bench_plan(b, "commit", 1, NULL), SYN_GROUP_SYNERGY, SYN_GRC_TXN);
    prepare(b, small, 1, first);
    bench_expect_rc(bench_plan(b, "commit", 2, NULL), SYN_GROUP_SYNERGY, SYN_GRC_TXN);
    bench_expect_ok(bench_plan(b, "commit", 1, NULL));
    bench_expect_rc(bench_plan(b, "abort", 1, NULL), SYN_GROUP_SYNERGY, SYN_GRC_TXN);
    bench_local_deployment(b, other, second);
    bench_expect_rc(bench_plan(b, "prepare", 1, second), SYN_GROUP_SYNERGY, SYN_GRC_TXN);
    bench_expect_rc(bench_plan(b, "prepare", 0, second), SYN_GROUP_NONE, SYN_RC_INVALID);
    bench_expect_rc(bench_plan(b, "dance", 2, second), SYN_GROUP_NONE, SYN_RC_INVALID);
}

static void abort_drops_only_what_is_prepared(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE];
    deploy(b, small, 1);
    prepare(b, other, 2, hash);
    bench_expect_ok(bench_plan(b, "abort", 3, NULL));
    assert_int_equal(plan_number(b, "ptxn"), 2);
    bench_expect_ok(bench_plan(b, "abort", 2, NULL));
    assert_int_equal(plan_number(b, "ptxn"), 0);
    assert_int_equal(plan_number(b, "txn"), 1);
    bench_expect_rc(bench_plan(b, "commit", 2, NULL), SYN_GROUP_SYNERGY, SYN_GRC_TXN);
    assert_int_equal(b->deployed->pipes[0].layers, 2);
}

static void what_does_not_fit_is_refused_in_words_and_changes_nothing(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE];
    deploy(b, small, 1);
    bench_local_deployment(b, too_large, hash);
    const struct message *m = bench_plan(b, "prepare", 2, hash);
    bench_expect_rc(m, SYN_GROUP_SYNERGY, SYN_GRC_OOR);
    assert_string_equal(
        answer_text(m, "msg"),
        "kernels: needs 128 words, 0 free on processor 0 (pipeline 0, layer 0 of chunk [0,4))");
    assert_string_equal(plan_state(b), "committed");
    assert_int_equal(b->deployed->pipes[0].layers, 2);
    bench_expect_ok(bench_run(b, true, false, 0));
    assert_int_equal(b->begun_count, 1);
}

static void a_deployment_that_is_not_there_or_lacks_a_chunk_is_incomplete(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE] = {1}, blob[512];
    bench_expect_rc(bench_plan(b, "prepare", 1, hash), SYN_GROUP_SYNERGY, SYN_GRC_INCOMPLETE);
    const struct blob_pipe pipe = {
        .weight = 1, .chunk = hash, .sensor = "camera", .sense_bytes = 192, .actuator = "haptic"};
    size_t size = deployment_blob(0, 1, &pipe, 1, blob, sizeof blob);
    bench_upload(b, blob, size, hash);
    const struct message *m = bench_plan(b, "prepare", 1, hash);
    bench_expect_rc(m, SYN_GROUP_SYNERGY, SYN_GRC_INCOMPLETE);
    assert_string_equal(answer_text(m, "msg"), "the chunk of pipeline 0 is not on the device");
}

static void a_blob_that_is_no_deployment_is_corrupt(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE];
    bench_upload(b, (const uint8_t *)"just some text", 14, hash);
    bench_expect_rc(bench_plan(b, "prepare", 1, hash), SYN_GROUP_NONE, SYN_RC_CORRUPT);
}

static const struct message *blob_request(struct bench *b, enum syn_smp_op op,
                                          const uint8_t hash[SYN_SHA256_SIZE], bool drop)
{
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, drop ? 2 : 1);
    syn_cbor_pair_bytes(out, "h", hash, SYN_SHA256_SIZE);
    if (drop)
        syn_cbor_pair_bool(out, "drop", true);
    return bench_ask(b, 0, op, SYN_GROUP_SYNERGY, SYN_ID_BLOB);
}

static void blobs_of_a_deployment_cannot_be_dropped(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE], image[SYN_SHA256_SIZE];
    prepare(b, small, 1, hash);
    memcpy(image, b->agent.prepared.pipes[0].image_hash, sizeof image);
    bench_expect_rc(blob_request(b, SYN_SMP_WRITE, image, true), SYN_GROUP_NONE, SYN_RC_BUSY);
    bench_expect_ok(bench_plan(b, "commit", 1, NULL));
    bench_expect_rc(blob_request(b, SYN_SMP_WRITE, image, true), SYN_GROUP_NONE, SYN_RC_BUSY);
    bench_expect_rc(blob_request(b, SYN_SMP_WRITE, hash, true), SYN_GROUP_NONE, SYN_RC_BUSY);
    deploy(b, other, 2);
    bench_expect_ok(blob_request(b, SYN_SMP_WRITE, image, true));
    bench_expect_ok(blob_request(b, SYN_SMP_WRITE, image, true));
    assert_int_equal(answer_number(blob_request(b, SYN_SMP_READ, image, false), "len"), 0);
}

static void a_blob_says_how_far_it_is(void **state)
{
    struct bench *b = *state;
    uint8_t bytes[100] = {5}, hash[SYN_SHA256_SIZE];
    syn_sha256(bytes, sizeof bytes, hash);
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 4);
    syn_cbor_pair_bytes(out, "h", hash, SYN_SHA256_SIZE);
    syn_cbor_pair_uint(out, "off", 0);
    syn_cbor_pair_uint(out, "len", sizeof bytes);
    syn_cbor_pair_bytes(out, "d", bytes, 40);
    bench_expect_ok(bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_BLOB));
    const struct message *m = blob_request(b, SYN_SMP_READ, hash, false);
    assert_int_equal(answer_number(m, "off"), 40);
    assert_int_equal(answer_number(m, "len"), 100);
    assert_false(answer_number(m, "ok"));
    bench_upload(b, bytes, sizeof bytes, hash);
    assert_true(answer_number(blob_request(b, SYN_SMP_READ, hash, false), "ok"));
    (void)bench_payload(b);
    m = bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_BLOB);
    bench_expect_rc(m, SYN_GROUP_NONE, SYN_RC_INVALID);
}

static void content_that_differs_and_a_full_store_have_their_codes(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE] = {9};
    struct syn_cbor_out *out = bench_payload(b);
    syn_cbor_put_map(out, 3);
    syn_cbor_pair_bytes(out, "h", hash, SYN_SHA256_SIZE);
    syn_cbor_pair_uint(out, "len", 3);
    syn_cbor_pair_bytes(out, "d", "abc", 3);
    bench_expect_rc(bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_BLOB),
                    SYN_GROUP_SYNERGY, SYN_GRC_HASH);
    out = bench_payload(b);
    syn_cbor_put_map(out, 3);
    syn_cbor_pair_bytes(out, "h", hash, SYN_SHA256_SIZE);
    syn_cbor_pair_uint(out, "len", BENCH_STORE + 1);
    syn_cbor_pair_bytes(out, "d", "abc", 3);
    bench_expect_rc(bench_ask(b, 0, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_BLOB),
                    SYN_GROUP_SYNERGY, SYN_GRC_NO_ROOM);
}

static void the_old_deployment_serves_while_a_new_one_is_prepared(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE];
    deploy(b, small, 1);
    bench_expect_ok(bench_run(b, true, false, 0));
    prepare(b, other, 2, hash);
    assert_string_equal(plan_state(b), "running");
    while (b->agent.rt.counters.acted[0] < 5)
        (void)bench_end_task(b, NULL);
    bench_expect_rc(bench_plan(b, "commit", 2, NULL), SYN_GROUP_SYNERGY, SYN_GRC_RUNNING);
    bench_expect_rc(bench_plan(b, "clear", 2, NULL), SYN_GROUP_SYNERGY, SYN_GRC_RUNNING);
    bench_expect_ok(bench_run(b, false, false, 0));
    bench_expect_ok(bench_plan(b, "commit", 2, NULL));
    assert_int_equal(b->deployed->pipes[0].layers, 3);
    assert_int_equal(b->agent.rt.counters.acted[0], 0);
}

static void a_commit_that_the_port_refuses_leaves_the_old_deployment(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE];
    deploy(b, small, 1);
    prepare(b, other, 2, hash);
    b->deploy_result = SYN_EIO;
    const struct message *m = bench_plan(b, "commit", 2, NULL);
    bench_expect_rc(m, SYN_GROUP_NONE, SYN_RC_UNKNOWN);
    assert_string_equal(answer_text(m, "msg"), "a word of the port");
    b->deploy_result = 0;
    assert_int_equal(plan_number(b, "txn"), 1);
    assert_int_equal(plan_number(b, "ptxn"), 2);
    assert_int_equal(b->agent.deployment.pipes[0].layers, 2);
    bench_expect_ok(bench_plan(b, "commit", 2, NULL));
    assert_int_equal(b->deployed->pipes[0].layers, 3);
}

/* The board starts again, with other memory where it is given; returns what restoring did. */
static int restart(struct bench *b, const struct syn_agent_memory *memory,
                   struct syn_refusal *refusal)
{
    const struct syn_agent_identity identity = b->agent.identity;
    const struct syn_timing timing = b->agent.timing;
    const struct syn_agent_port port = b->agent.port;
    const struct syn_agent_memory before = b->agent.memory;
    b->deployed = NULL;
    assert_int_equal(
        syn_agent_init(&b->agent, &identity, &timing, &port, memory ? memory : &before), 0);
    for (unsigned i = 0; i < SYN_AGENT_LINKS_MAX; i++)
        syn_agent_link_opened(&b->agent, i);
    return syn_agent_restore(&b->agent, refusal);
}

static void what_was_committed_is_committed_after_a_reset_and_can_run(void **state)
{
    struct bench *b = *state;
    struct syn_refusal refusal;
    uint8_t hash[SYN_SHA256_SIZE], image[SYN_SHA256_SIZE];
    assert_int_equal(restart(b, NULL, &refusal), 0);
    assert_string_equal(plan_state(b), "idle");
    prepare(b, small, 7, hash);
    memcpy(image, b->agent.prepared.pipes[0].image_hash, sizeof image);
    bench_expect_ok(bench_plan(b, "commit", 7, NULL));
    bench_expect_ok(bench_run(b, true, false, 0));
    assert_int_equal(restart(b, NULL, &refusal), 0);
    assert_string_equal(plan_state(b), "committed");
    assert_int_equal(plan_number(b, "txn"), 7);
    assert_ptr_equal(b->deployed, &b->agent.deployment);
    assert_int_equal(b->deployed->pipes[0].layers, 2);
    bench_expect_rc(blob_request(b, SYN_SMP_WRITE, image, true), SYN_GROUP_NONE, SYN_RC_BUSY);
    bench_expect_ok(bench_plan(b, "prepare", 7, hash));
    bench_expect_ok(bench_plan(b, "commit", 7, NULL));
    bench_expect_ok(bench_run(b, true, false, 1));
    while (b->begun_count > 0)
        (void)bench_end_task(b, NULL);
    assert_int_equal(b->agent.rt.counters.acted[0], 1);
}

static void what_was_cleared_or_only_prepared_is_not_there_after_a_reset(void **state)
{
    struct bench *b = *state;
    struct syn_refusal refusal;
    uint8_t hash[SYN_SHA256_SIZE];
    prepare(b, other, 1, hash);
    assert_int_equal(restart(b, NULL, &refusal), 0);
    assert_string_equal(plan_state(b), "idle");
    deploy(b, small, 2);
    prepare(b, other, 3, hash);
    assert_int_equal(restart(b, NULL, &refusal), 0);
    assert_int_equal(plan_number(b, "txn"), 2);
    assert_int_equal(plan_number(b, "ptxn"), 0);
    bench_expect_ok(bench_plan(b, "clear", 0, NULL));
    assert_int_equal(restart(b, NULL, &refusal), 0);
    assert_string_equal(plan_state(b), "idle");
}

static void what_cannot_serve_after_a_reset_is_told_and_the_device_is_idle(void **state)
{
    struct bench *b = *state;
    struct syn_refusal refusal;
    deploy(b, small, 1);
    struct syn_agent_memory memory = b->agent.memory;
    memory.sensor_size = 100; /* other firmware */
    assert_int_equal(restart(b, &memory, &refusal), SYN_EOOR);
    assert_string_equal(refusal.text, "sensor buffer: needs 192 bytes, 100 there");
    assert_string_equal(plan_state(b), "idle");
    assert_null(b->deployed);
    bench_expect_rc(bench_run(b, true, false, 0), SYN_GROUP_NONE, SYN_RC_BADSTATE);
    memory.sensor_size = sizeof b->sensor; /* the one before is back */
    b->deploy_result = SYN_EIO;
    assert_int_equal(restart(b, &memory, &refusal), SYN_EIO);
    assert_string_equal(refusal.text, "a word of the port");
    assert_string_equal(plan_state(b), "idle");
    b->deploy_result = 0;
    assert_int_equal(restart(b, NULL, &refusal), 0);
    assert_string_equal(plan_state(b), "committed");
    bench_expect_ok(bench_run(b, true, false, 0));
    assert_int_equal(b->begun_count, 1);
}

static int refuse(void *ctx, uint32_t offset, const uint8_t *bytes, size_t size)
{
    (void)ctx;
    (void)offset;
    (void)bytes;
    (void)size;
    return SYN_EIO;
}

static void a_commit_that_cannot_be_recorded_leaves_the_old_deployment(void **state)
{
    struct bench *b = *state;
    uint8_t hash[SYN_SHA256_SIZE];
    deploy(b, small, 1);
    prepare(b, other, 2, hash);
    const struct syn_flash good = b->flash;
    b->flash.program = refuse;
    const struct message *m = bench_plan(b, "commit", 2, NULL);
    bench_expect_rc(m, SYN_GROUP_NONE, SYN_RC_UNKNOWN);
    assert_string_equal(answer_text(m, "msg"), "the device's flash failed");
    bench_expect_rc(bench_plan(b, "clear", 2, NULL), SYN_GROUP_NONE, SYN_RC_UNKNOWN);
    assert_int_equal(plan_number(b, "txn"), 1);
    assert_int_equal(b->deployed->pipes[0].layers, 2);
    b->flash = good;
    prepare(b, other, 2, hash);
    bench_expect_ok(bench_plan(b, "commit", 2, NULL));
    assert_int_equal(b->deployed->pipes[0].layers, 3);
}

/* A chain whose output a peer waits for takes arena; this one sends nothing, so that it takes none:
 * the figure stands in for it. */
static void while_the_arena_is_full_placing_needs_memory_behind_it(void **state)
{
    struct bench *b = *state;
    struct syn_refusal refusal;
    uint8_t hash[SYN_SHA256_SIZE];
    struct syn_agent_memory memory = b->agent.memory;
    memory.arena_size = b->agent.timing.arena_bytes;
    assert_int_equal(restart(b, &memory, &refusal), 0);
    deploy(b, small, 1);
    b->agent.deployment.arena_used = b->agent.timing.arena_bytes - 10;
    bench_local_deployment(b, other, hash);
    bench_expect_rc(bench_plan(b, "prepare", 2, hash), SYN_GROUP_SYNERGY, SYN_GRC_NO_ROOM);
    assert_string_equal(plan_state(b), "committed");
    bench_expect_ok(bench_plan(b, "clear", 1, NULL));
    bench_expect_ok(bench_plan(b, "prepare", 2, hash));
}

static void a_run_needs_a_deployment_and_is_the_same_when_repeated(void **state)
{
    struct bench *b = *state;
    bench_expect_rc(bench_run(b, true, false, 0), SYN_GROUP_NONE, SYN_RC_BADSTATE);
    bench_expect_ok(bench_run(b, false, false, 0));
    deploy(b, small, 1);
    bench_expect_ok(bench_run(b, true, false, 3));
    bench_expect_ok(bench_run(b, true, false, 3));
    assert_int_equal(b->begun_count, 1);
    bench_expect_rc(bench_run(b, true, true, 3), SYN_GROUP_SYNERGY, SYN_GRC_RUNNING);
    bench_expect_ok(bench_run(b, false, false, 0));
    bench_expect_ok(bench_run(b, false, false, 0));
    assert_string_equal(plan_state(b), "committed");
}

static void a_local_inference_goes_through_its_tasks_in_their_times(void **state)
{
    static const uint8_t kinds[] = {SYN_TASK_SENSE, SYN_TASK_LOAD, SYN_TASK_INFER, SYN_TASK_UNLOAD,
                                    SYN_TASK_ACT};
    struct bench *b = *state;
    deploy(b, small, 1);
    bench_expect_ok(bench_run(b, true, false, 1));
    const struct syn_timing *t = &b->agent.timing;
    const struct syn_deployed_pipe *p = &b->deployed->pipes[0];
    const uint64_t ns[] = {1000000, syn_timing_words(t, 64) + syn_timing_configure(t, 2),
                           syn_timing_infer(t, p->cycles), syn_timing_words(t, 2 * 64), 1000000};
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(b->begun_count, 1);
        struct begun begun = bench_end_task(b, NULL);
        assert_int_equal(begun.task.kind, kinds[i]);
        assert_int_equal(begun.duration_ns, ns[i]);
    }
    assert_int_equal(b->begun_count, 0);
    assert_int_equal(b->agent.rt.counters.acted[0], 1);
}

static void accel_shows_what_lies_where(void **state)
{
    struct bench *b = *state;
    (void)bench_payload(b);
    const struct message *m = bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_ACCEL);
    assert_string_equal(answer_text(m, "state"), "idle");
    assert_int_equal(answer_number(m, "lay"), 0);
    assert_int_equal(answer_number(m, "kmax"), 768);
    deploy(b, small, 1);
    (void)bench_payload(b);
    m = bench_ask(b, 0, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_ACCEL);
    bench_expect_ok(m);
    assert_string_equal(answer_text(m, "state"), "committed");
    assert_int_equal(answer_number(m, "lay"), 2);
    assert_int_equal(answer_number(m, "lmax"), 32);
    assert_int_equal(answer_number(m, "amax"), 65536);
    assert_int_equal(answer_number(m, "hz"), 50000000);
    assert_true(answer_number(m, "data") >= 8 * 8 * 4);
    assert_true(b->agent.deployment.kernel_words[0] >= 16);
    assert_int_equal(b->agent.deployment.kernel_words[8], 0);
    assert_true(answer_has(m, "chunks"));
}

static void a_host_that_leaves_does_not_stop_the_run(void **state)
{
    struct bench *b = *state;
    deploy(b, small, 1);
    bench_expect_ok(bench_run(b, true, false, 0));
    syn_agent_link_closed(&b->agent, 0);
    syn_agent_link_closed(&b->agent, 1);
    for (unsigned i = 0; i < 50; i++) {
        (void)bench_end_task(b, NULL);
        (void)syn_agent_poll(&b->agent);
    }
    assert_true(b->agent.rt.counters.acted[0] >= 5);
    syn_agent_link_opened(&b->agent, 0);
    assert_string_equal(plan_state(b), "running");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(prepare_tells_the_cycles_as_placed),
        TEST(commit_gives_the_deployment_to_the_port),
        TEST(what_is_cleared_takes_its_links_with_it),
        TEST(every_verb_may_be_repeated),
        TEST(a_wrong_transaction_is_refused),
        TEST(abort_drops_only_what_is_prepared),
        TEST(what_does_not_fit_is_refused_in_words_and_changes_nothing),
        TEST(a_deployment_that_is_not_there_or_lacks_a_chunk_is_incomplete),
        TEST(a_blob_that_is_no_deployment_is_corrupt),
        TEST(blobs_of_a_deployment_cannot_be_dropped),
        TEST(a_blob_says_how_far_it_is),
        TEST(content_that_differs_and_a_full_store_have_their_codes),
        TEST(the_old_deployment_serves_while_a_new_one_is_prepared),
        TEST(a_commit_that_the_port_refuses_leaves_the_old_deployment),
        TEST(what_was_committed_is_committed_after_a_reset_and_can_run),
        TEST(what_was_cleared_or_only_prepared_is_not_there_after_a_reset),
        TEST(what_cannot_serve_after_a_reset_is_told_and_the_device_is_idle),
        TEST(a_commit_that_cannot_be_recorded_leaves_the_old_deployment),
        TEST(while_the_arena_is_full_placing_needs_memory_behind_it),
        TEST(a_run_needs_a_deployment_and_is_the_same_when_repeated),
        TEST(a_local_inference_goes_through_its_tasks_in_their_times),
        TEST(accel_shows_what_lies_where),
        TEST(a_host_that_leaves_does_not_stop_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
