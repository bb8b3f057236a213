/* SPDX-License-Identifier: MIT */
/* The accelerator of a virtual wearable: slices in the loop, short inferences at once. */
#include "devices/ports/posix/accel.h"

#include "devices/base/error.h"
#include "devices/emulator/resident.h"
#include "devices/part/registers.h"
#include "tests/devices/agent/models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRIES       1000 /* for a host that is interrupted all the time */
#define IMAGE_BYTES (256u << 10)

struct rig {
    struct syn_loop *loop;
    struct syn_accel accel;
    struct syn_deployment deployment;
    uint8_t *image;
    int8_t *window;
    bool done;
};

static void rig_open(struct rig *r, struct chain chain)
{
    const struct syn_timing timing = {.part = &syn_part_max78000, .accel_hz = 50000000};
    struct syn_deployed_pipe *pipe = &r->deployment.pipes[0];
    struct syn_refusal refusal;
    *r = (struct rig){.loop = syn_loop_new(), .image = malloc(IMAGE_BYTES)};
    const size_t size = chain_image(chain, 0, chain.layers, r->image, IMAGE_BYTES);
    r->window = calloc(chain.size * chain.size, 3);
    r->deployment.pipeline_count = 1;
    pipe->route.has_body = true;
    assert_int_equal(syn_image_open(&pipe->image, r->image, size), 0);
    assert_int_equal(syn_accel_init(&r->accel, r->loop, &timing), 0);
    assert_int_equal(syn_accel_deploy(&r->accel, &r->deployment, &refusal), 0);
}

static void rig_close(struct rig *r)
{
    syn_accel_free(&r->accel);
    syn_loop_free(r->loop);
    free(r->image);
    free(r->window);
}

static void on_done(void *ctx)
{
    ((struct rig *)ctx)->done = true;
}

static bool is_done(void *ctx)
{
    return ((struct rig *)ctx)->done;
}

/* One inference; true where it was over when it had been started. */
static bool infer(struct rig *r, uint64_t *hash)
{
    r->done = false;
    syn_accel_start(&r->accel, 0, (const uint8_t *)r->window, on_done, r);
    const bool at_once = r->done;
    assert_int_equal(syn_loop_run_until(r->loop, is_done, r, 20000000000), 0);
    if (!r->accel.failed)
        syn_accel_unload(&r->accel, 0, NULL, hash);
    return at_once;
}

static void what_takes_microseconds_is_computed_at_once_with_the_same_result(void **state)
{
    struct rig r;
    uint64_t first, hash;
    unsigned tries = 0;
    (void)state;
    rig_open(&r, (struct chain){.layers = 1, .wide = 4, .size = 4});
    assert_false(infer(&r, &first)); /* nobody knows yet how long it takes */
    while (tries++ < TRIES && !infer(&r, &hash))
        assert_int_equal(hash, first);
    assert_true(tries <= TRIES);
    assert_int_equal(hash, first);
    rig_close(&r);
}

static void what_takes_longer_leaves_the_loop_to_others(void **state)
{
    struct rig r;
    uint64_t first, hash;
    (void)state;
    rig_open(&r, (struct chain){.layers = 4, .wide = 64, .size = 32});
    assert_false(infer(&r, &first));
    for (unsigned i = 0; i < 3; i++) {
        assert_false(infer(&r, &hash));
        assert_int_equal(hash, first);
    }
    assert_true(r.accel.chunks[0].least_ns > SYN_ACCEL_AT_ONCE_NS);
    rig_close(&r);
}

/* A count of rows that contradicts the others, in the program that is configured. */
static void damage(struct syn_accel *accel)
{
    struct syn_emulator *e = syn_resident_emulator(syn_compute_emulated_resident(accel->compute));
    const struct syn_registers *regs = syn_registers_of(&syn_part_max78000);
    syn_emulator_write(e, syn_layer_address(regs, 0, 0, SYN_LREG_ROWS), 0xffffffff);
}

static void a_damaged_program_fails_once_and_is_written_again(void **state)
{
    struct rig r;
    char words[SYN_COMPUTE_WORDS];
    uint64_t first, hash;
    (void)state;
    rig_open(&r, (struct chain){.layers = 2, .wide = 8, .size = 8});
    assert_false(infer(&r, &first));
    assert_false(syn_accel_failed(&r.accel, words));
    damage(&r.accel);
    (void)infer(&r, &hash);
    assert_true(syn_accel_failed(&r.accel, words));
    assert_non_null(strstr(words, "accelerator fault ("));
    assert_non_null(strstr(words, "layer 0"));
    (void)infer(&r, &hash);
    assert_false(syn_accel_failed(&r.accel, words));
    assert_int_equal(hash, first);
    rig_close(&r);
}

static void weights_that_are_lost_fail_every_inference_until_they_are_deployed_again(void **state)
{
    struct rig r;
    char words[SYN_COMPUTE_WORDS];
    struct syn_refusal refusal;
    uint64_t first, hash;
    (void)state;
    rig_open(&r, (struct chain){.layers = 2, .wide = 8, .size = 8});
    (void)infer(&r, &first);
    struct syn_emulator *e = syn_resident_emulator(syn_compute_emulated_resident(r.accel.compute));
    syn_emulator_write(e, SYN_REG_POWER, 0);
    (void)infer(&r, &hash);
    assert_true(syn_accel_failed(&r.accel, words));
    assert_non_null(strstr(words, "power"));
    syn_emulator_clear_fault(e);
    syn_emulator_enable(e);
    for (unsigned i = 0; i < 2; i++) {
        (void)infer(&r, &hash);
        assert_true(syn_accel_failed(&r.accel, words));
    }
    syn_accel_clear(&r.accel);
    assert_int_equal(syn_accel_deploy(&r.accel, &r.deployment, &refusal), 0);
    (void)infer(&r, &hash);
    assert_false(syn_accel_failed(&r.accel, words));
    assert_int_equal(hash, first);
    rig_close(&r);
}

static void what_does_not_fit_is_refused_with_words_and_nothing_is_deployed(void **state)
{
    struct rig r;
    struct syn_refusal refusal = {.code = 0};
    (void)state;
    rig_open(&r, (struct chain){.layers = 4, .wide = 8, .size = 8});
    for (unsigned p = 1; p < SYN_RT_PIPELINES_MAX; p++)
        r.deployment.pipes[p] = r.deployment.pipes[0];
    r.deployment.pipeline_count = SYN_RT_PIPELINES_MAX;
    assert_int_equal(syn_accel_deploy(&r.accel, &r.deployment, &refusal), SYN_EOOR);
    assert_int_equal(refusal.code, SYN_EOOR);
    assert_non_null(strstr(refusal.text, "needs"));
    assert_null(r.accel.chunks[0].image);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_takes_microseconds_is_computed_at_once_with_the_same_result),
        cmocka_unit_test(what_takes_longer_leaves_the_loop_to_others),
        cmocka_unit_test(a_damaged_program_fails_once_and_is_written_again),
        cmocka_unit_test(weights_that_are_lost_fail_every_inference_until_they_are_deployed_again),
        cmocka_unit_test(what_does_not_fit_is_refused_with_words_and_nothing_is_deployed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
