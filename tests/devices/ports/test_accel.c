/* SPDX-License-Identifier: MIT */
/* The accelerator of a virtual wearable: slices in the loop, short inferences at once. */
#include "devices/ports/posix/accel.h"
#include "tests/devices/agent/models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_takes_microseconds_is_computed_at_once_with_the_same_result),
        cmocka_unit_test(what_takes_longer_leaves_the_loop_to_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
