/* SPDX-License-Identifier: MIT */
/* Deployment blobs: what they become, and what is said about those that cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/devices/agent/bench.h"

static const struct chain chain = {.layers = 4, .wide = 8, .size = 16};
enum { INPUT = 3 * 16 * 16, CUT = 8 * 16 * 16 };

/* The bench's store, timing and memory; the deployment is opened without the agent. */
struct fixture {
    struct bench *bench;
    struct syn_deployment deployment;
    struct syn_refusal refusal;
    uint8_t first[SYN_SHA256_SIZE], last[SYN_SHA256_SIZE], whole[SYN_SHA256_SIZE];
    uint8_t blob[4096];
    size_t size, scratch;
};

static void put_image(struct fixture *f, struct chain c, unsigned first, unsigned last,
                      uint8_t hash[SYN_SHA256_SIZE])
{
    uint8_t *bytes = malloc(BENCH_STORE);
    size_t size = chain_image(c, first, last, bytes, BENCH_STORE);
    syn_sha256(bytes, size, hash);
    assert_int_equal(syn_store_put(&f->bench->agent.store, hash, 0, (uint32_t)size, bytes, size),
                     size);
    free(bytes);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->bench = bench_new();
    f->scratch = SYN_DEPLOYMENT_SCRATCH(8);
    put_image(f, chain, 0, 2, f->first);
    put_image(f, chain, 2, 4, f->last);
    put_image(f, chain, 0, 4, f->whole);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    free(f->bench);
    free(f);
    return 0;
}

static int open_blob(struct fixture *f)
{
    struct syn_agent *agent = &f->bench->agent;
    const struct syn_deployment_memory memory = {
        .arena = agent->memory.arena,
        .sensor = agent->memory.sensor,
        .sensor_size = agent->memory.sensor_size,
        .scratch = agent->memory.arena,
        .scratch_size = f->scratch,
    };
    return syn_deployment_open(&f->deployment, f->blob, f->size, &agent->store, &agent->timing,
                               &memory, &f->refusal);
}

static int open_pipes(struct fixture *f, const struct blob_pipe *pipes, unsigned count)
{
    f->size = deployment_blob(1, 3, pipes, count, f->blob, sizeof f->blob);
    return open_blob(f);
}

/* Senses on this device, first chunk here, the rest on device 2. */
static struct blob_pipe source(const struct fixture *f)
{
    return (struct blob_pipe){.weight = 1,
                              .chunk = f->first,
                              .from = 1,
                              .to = 2,
                              .in = 0,
                              .out = 1,
                              .sensor = "camera",
                              .sense_bytes = INPUT,
                              .sense_to = 1};
}

static struct blob_pipe middle(const uint8_t *chunk)
{
    return (struct blob_pipe){
        .weight = 2, .chunk = chunk, .hop = 1, .from = 0, .to = 2, .in = 1, .out = 2};
}

static void expect_refusal(struct fixture *f, int rc, int code, const char *words)
{
    assert_int_equal(rc, code);
    assert_int_equal(f->refusal.code, code);
    assert_string_equal(f->refusal.text, words);
    assert_int_equal(f->deployment.pipeline_count, 0);
}

static void a_source_keeps_its_window_with_the_sensor_and_its_cut_in_the_arena(void **state)
{
    struct fixture *f = *state;
    struct blob_pipe pipe = source(f);
    assert_int_equal(open_pipes(f, &pipe, 1), 0);
    const struct syn_deployed_pipe *p = &f->deployment.pipes[0];
    const uint8_t *sensor = f->bench->sensor, *arena = f->bench->arena;
    assert_int_equal(p->route.head_to, SYN_RT_LOCAL);
    assert_int_equal(p->route.body_from, SYN_RT_LOCAL);
    assert_int_equal(p->route.body_to, 2);
    assert_false(p->route.has_tail);
    assert_int_equal(p->route.tail_from, SYN_RT_NOBODY);
    assert_int_equal(p->route.slots[SYN_STAGE_HEAD], 2);
    assert_int_equal(p->route.slots[SYN_STAGE_BODY_IN], 0);
    assert_int_equal(p->route.slots[SYN_STAGE_BODY_OUT], 2);
    assert_int_equal(p->route.slots[SYN_STAGE_TAIL], 0);
    assert_int_equal(p->slot_bytes[SYN_STAGE_HEAD], INPUT);
    assert_int_equal(p->slot_bytes[SYN_STAGE_BODY_OUT], CUT);
    assert_ptr_equal(syn_deployed_slot(p, SYN_STAGE_HEAD, 0), sensor);
    assert_ptr_equal(syn_deployed_slot(p, SYN_STAGE_HEAD, 1), sensor + INPUT);
    assert_ptr_equal(syn_deployed_slot(p, SYN_STAGE_BODY_OUT, 1), arena + CUT);
    assert_int_equal(f->deployment.arena_used, 2 * CUT);
    assert_int_equal(syn_deployment_hop_bytes(p, SYN_STAGE_BODY_OUT), CUT);
    assert_int_equal(p->load_words, 16 * 16);
    assert_int_equal(p->unload_words, 2 * 16 * 16);
    assert_int_equal(p->weight_bytes, 8 * 3 * 9 + 8 + 8 * 8 * 9 + 8);
}

static void the_last_chunk_sends_a_result_that_needs_no_room(void **state)
{
    struct fixture *f = *state;
    struct blob_pipe pipe = middle(f->last);
    assert_int_equal(open_pipes(f, &pipe, 1), 0);
    const struct syn_deployed_pipe *p = &f->deployment.pipes[0];
    assert_int_equal(p->hop, 1);
    assert_int_equal(p->route.slots[SYN_STAGE_BODY_IN], 2);
    assert_int_equal(p->route.slots[SYN_STAGE_BODY_OUT], 2);
    assert_int_equal(p->slot_bytes[SYN_STAGE_BODY_IN], CUT);
    assert_int_equal(p->slot_bytes[SYN_STAGE_BODY_OUT], 0);
    assert_int_equal(f->deployment.arena_used, 2 * CUT);
    assert_int_equal(syn_deployment_hop_bytes(p, SYN_STAGE_BODY_OUT), SYN_RESULT_BYTES_MAX);
}

static void pipelines_that_are_elsewhere_keep_their_weight(void **state)
{
    struct fixture *f = *state;
    struct blob_pipe pipes[] = {{.weight = 7}, middle(f->last), {.weight = 1000}};
    assert_int_equal(open_pipes(f, pipes, 3), 0);
    assert_int_equal(f->deployment.pipeline_count, 3);
    assert_false(f->deployment.pipes[0].route.used);
    assert_int_equal(f->deployment.pipes[0].route.weight, 7);
    assert_true(f->deployment.pipes[1].route.used);
    assert_int_equal(f->deployment.pipes[2].route.weight, 1000);
    assert_int_equal(f->deployment.self, 1);
    assert_int_equal(f->deployment.devices, 3);
    assert_int_equal(f->deployment.depth, 2);
    assert_int_equal(f->deployment.layers_used, 2);
}

static void slots_become_one_where_two_do_not_fit(void **state)
{
    struct fixture *f = *state;
    struct blob_pipe pipes[] = {middle(f->first), middle(f->last)};
    pipes[0].from = 0;
    f->bench->agent.timing.arena_bytes = INPUT + CUT + CUT;
    assert_int_equal(open_pipes(f, pipes, 2), 0);
    assert_int_equal(f->deployment.pipes[0].route.slots[SYN_STAGE_BODY_IN], 1);
    assert_int_equal(f->deployment.pipes[1].route.slots[SYN_STAGE_BODY_IN], 1);
    assert_int_equal(f->deployment.pipes[1].route.slots[SYN_STAGE_BODY_OUT], 2);
    assert_int_equal(f->deployment.arena_used, INPUT + CUT + CUT);
    f->bench->agent.timing.arena_bytes--;
    expect_refusal(f, open_pipes(f, pipes, 2), SYN_EOOR,
                   "arena: needs 4864 bytes for tensors that wait, 4863 there");
}

static void a_window_larger_than_the_sensor_buffer_is_refused(void **state)
{
    struct fixture *f = *state;
    struct blob_pipe pipe = {.weight = 1, .sensor = "camera", .sense_bytes = 65537, .sense_to = 2};
    expect_refusal(f, open_pipes(f, &pipe, 1), SYN_EOOR,
                   "sensor buffer: needs 65537 bytes, 65536 there");
    pipe.sense_bytes = 65536;
    assert_int_equal(open_pipes(f, &pipe, 1), 0);
    assert_int_equal(f->deployment.pipes[0].route.slots[SYN_STAGE_HEAD], 1);
}

static void the_same_chunk_may_serve_two_pipelines(void **state)
{
    struct fixture *f = *state;
    struct blob_pipe pipes[] = {middle(f->last), middle(f->last)};
    assert_int_equal(open_pipes(f, pipes, 2), 0);
    assert_int_equal(f->deployment.layers_used, 4);
    assert_ptr_equal(f->deployment.pipes[0].image.bytes, f->deployment.pipes[1].image.bytes);
}

static void every_limit_is_named_with_its_numbers(void **state)
{
    static const struct chain many = {.layers = 11, .wide = 4, .size = 4};
    static const struct chain big = {.layers = 2, .wide = 128, .size = 80};
    static const struct chain biased = {.layers = 3, .wide = 512, .size = 4};
    struct fixture *f = *state;
    uint8_t hash[SYN_SHA256_SIZE] = {0};
    struct blob_pipe pipes[] = {middle(hash), middle(hash), middle(hash)};
    put_image(f, many, 0, 11, hash);
    expect_refusal(f, open_pipes(f, pipes, 3), SYN_EOOR, "layers: needs 33, the part holds 32");
    put_image(f, big, 1, 2, hash);
    assert_int_equal(open_pipes(f, pipes, 1), SYN_EOOR);
    assert_non_null(strstr(f->refusal.text, "data memory: needs "));
    assert_non_null(strstr(f->refusal.text, "layer 1 of chunk [1,2))"));
    put_image(f, biased, 0, 1, hash);
    pipes[1] = pipes[2] = pipes[0];
    assert_int_equal(open_pipes(f, pipes, 2), SYN_EOOR);
    print_message("%s\n", f->refusal.text);
    assert_non_null(strstr(f->refusal.text, "layer 0 of chunk [0,1))"));
}

static void what_is_sensed_here_must_be_what_the_chunk_here_takes(void **state)
{
    struct fixture *f = *state;
    struct blob_pipe pipe = source(f);
    pipe.sense_bytes = 784;
    expect_refusal(f, open_pipes(f, &pipe, 1), SYN_ECORRUPT,
                   "deployment: pipeline 0 senses 784 bytes, its chunk takes 768");
}

static void hops_must_have_both_ends_and_known_devices(void **state)
{
    struct fixture *f = *state;
    struct blob_pipe pipe = source(f);
    pipe.sense_to = 2;
    expect_refusal(f, open_pipes(f, &pipe, 1), SYN_ECORRUPT,
                   "deployment: pipeline 0 has a hop inside the device with one end");
    pipe = source(f);
    pipe.to = 3;
    expect_refusal(f, open_pipes(f, &pipe, 1), SYN_ECORRUPT,
                   "deployment: chunk of pipeline 0 is not complete");
    pipe = source(f);
    pipe.weight = 0;
    expect_refusal(f, open_pipes(f, &pipe, 1), SYN_ECORRUPT,
                   "deployment: weight of pipeline 0 is not in 1..1000");
    pipe = source(f);
    pipe.to = 1;
    pipe.actuator = "led";
    pipe.act_from = 1;
    expect_refusal(f, open_pipes(f, &pipe, 1), SYN_ECORRUPT,
                   "deployment: pipeline 0 acts on a chunk that is not its last");
}

static void a_blob_that_is_cut_anywhere_is_no_deployment(void **state)
{
    struct fixture *f = *state;
    struct blob_pipe pipes[] = {source(f), middle(f->last)};
    assert_int_equal(open_pipes(f, pipes, 2), 0);
    for (size_t whole = f->size; f->size > 0;) {
        f->size--;
        assert_int_equal(open_blob(f), SYN_ECORRUPT);
        assert_true(f->refusal.text[0] != 0);
        assert_true(f->size < whole);
    }
}

static void placing_needs_memory_and_says_how_much(void **state)
{
    struct fixture *f = *state;
    struct blob_pipe pipe = middle(f->last);
    const size_t layers = 2 * (sizeof(struct syn_layer) + sizeof(struct syn_place));
    char words[128];
    f->scratch = layers + 5 * sizeof(uint32_t) - 1;
    (void)snprintf(words, sizeof words, "memory: placing the chunks needs %zu bytes, %zu free",
                   f->scratch + 1, f->scratch);
    expect_refusal(f, open_pipes(f, &pipe, 1), SYN_ENOMEM, words);
    f->scratch++;
    assert_int_equal(open_pipes(f, &pipe, 1), 0);
}

static void a_chunk_that_is_no_image_is_corrupt(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[64] = {1, 2, 3}, hash[SYN_SHA256_SIZE] = {0};
    struct blob_pipe pipe = middle(hash);
    syn_sha256(bytes, sizeof bytes, hash);
    (void)syn_store_put(&f->bench->agent.store, hash, 0, sizeof bytes, bytes, sizeof bytes);
    expect_refusal(f, open_pipes(f, &pipe, 1), SYN_ECORRUPT,
                   "the chunk of pipeline 0 is not a chunk image");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_source_keeps_its_window_with_the_sensor_and_its_cut_in_the_arena),
        TEST(the_last_chunk_sends_a_result_that_needs_no_room),
        TEST(pipelines_that_are_elsewhere_keep_their_weight),
        TEST(slots_become_one_where_two_do_not_fit),
        TEST(a_window_larger_than_the_sensor_buffer_is_refused),
        TEST(the_same_chunk_may_serve_two_pipelines),
        TEST(every_limit_is_named_with_its_numbers),
        TEST(what_is_sensed_here_must_be_what_the_chunk_here_takes),
        TEST(hops_must_have_both_ends_and_known_devices),
        TEST(a_blob_that_is_cut_anywhere_is_no_deployment),
        TEST(placing_needs_memory_and_says_how_much),
        TEST(a_chunk_that_is_no_image_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
