/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Console meets agent: a session over a socket pair with the very agent that runs on a wearable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/devices/agent/bench.h"
#include "tests/devices/boot/world.h"
#include "transports/client/image.h"
#include "transports/client/session.h"

#define SECONDS 1000000000LL

struct fixture {
    struct syn_loop *loop;
    struct syn_session *session;
    struct bench *bench;
    struct syn_loop_watch watch;
    unsigned done, counters, results, logs;
    int status;
    struct syn_answer answer;
    struct syn_error error;
    struct syn_counters count;
    struct syn_result_event result;
    char log[64];
};

static int agent_fd; /* the port's callbacks have the bench alone */

static void port_write(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    (void)ctx;
    (void)link;
    assert_int_equal(send(agent_fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

static void on_agent(void *ctx, unsigned events)
{
    struct fixture *f = ctx;
    uint8_t data[4096];
    (void)events;
    ssize_t n = recv(agent_fd, data, sizeof data, MSG_DONTWAIT);
    if (n > 0)
        syn_agent_receive(&f->bench->agent, 0, data, (size_t)n);
    else
        syn_loop_watch_stop(&f->watch);
}

static void on_counters(void *ctx, const struct syn_counters *c)
{
    struct fixture *f = ctx;
    f->counters++;
    f->count = *c;
}

static void on_result(void *ctx, const struct syn_result_event *r)
{
    struct fixture *f = ctx;
    f->results++;
    f->result = *r;
}

static void on_log(void *ctx, unsigned level, const char *text)
{
    struct fixture *f = ctx;
    f->logs += level;
    syn_span_text((struct syn_span){(const uint8_t *)text, strlen(text)}, f->log, sizeof f->log);
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    (void)ctx;
    fail_msg("lost: %s", error->message);
}

static void on_done(void *user, int status, const struct syn_answer *answer,
                    const struct syn_error *error)
{
    struct fixture *f = user;
    f->done++;
    f->status = status;
    f->answer = *answer;
    if (error)
        f->error = *error;
}

static bool is_done(void *ctx)
{
    return ((struct fixture *)ctx)->done > 0;
}

static int finish(struct fixture *f, int rc)
{
    assert_int_equal(rc, 0);
    assert_int_equal(syn_loop_run_until(f->loop, is_done, f, 60 * SECONDS), 0);
    f->done = 0;
    return f->status;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct syn_session_events events = {
        .counters = on_counters, .result = on_result, .log = on_log, .lost = on_lost, .ctx = f};
    int pair[2];
    *state = f;
    f->loop = syn_loop_new();
    f->bench = bench_new();
    f->session = syn_session_new(f->loop, &events);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return -1;
    agent_fd = pair[0];
    f->bench->agent.port.write = port_write;
    syn_loop_watch_start(f->loop, &f->watch, agent_fd, SYN_LOOP_READ, on_agent, f);
    if (syn_session_adopt(f->session, pair[1], "agent", NULL))
        return -1;
    return finish(f, syn_session_hello(f->session, on_done, f));
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    syn_session_free(f->session);
    syn_loop_watch_stop(&f->watch);
    close(agent_fd);
    syn_loop_free(f->loop);
    free(f->bench);
    free(f);
    return 0;
}

static void hello_agrees_on_all(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->answer.hello.protocol, 1);
    assert_int_equal(f->answer.hello.max_message, SYN_AGENT_MESSAGE_MAX);
    assert_string_equal(f->answer.hello.id, f->bench->agent.identity.id);
    assert_string_equal(f->answer.hello.profile, f->bench->agent.identity.profile);
    assert_true(f->answer.hello.window >= 1);
    assert_int_equal(syn_client_window(syn_session_client(f->session)), f->answer.hello.window);
}

static void standard_groups_are_answered(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(finish(f, syn_session_echo(f->session, "hello", on_done, f)), 0);
    assert_string_equal(f->answer.echo, "hello");
    assert_int_equal(finish(f, syn_session_params(f->session, on_done, f)), 0);
    assert_int_equal(f->answer.params.buffer_bytes, SYN_AGENT_MESSAGE_MAX);
    assert_int_equal(finish(f, syn_session_stat_list(f->session, on_done, f)), 0);
    struct syn_stat_names names = f->answer.stats;
    assert_true(names.count > 0);
    for (unsigned i = 0; i < names.count; i++) {
        assert_int_equal(finish(f, syn_session_stat(f->session, names.names[i], on_done, f)), 0);
        assert_string_equal(f->answer.stat.name, names.names[i]);
        assert_true(f->answer.stat.count > 0);
    }
    assert_int_equal(finish(f, syn_session_stat(f->session, "none", on_done, f)), SYN_ENOENT);
    assert_int_equal(finish(f, syn_session_reset(f->session, on_done, f)), 0);
    assert_int_equal(f->bench->resets, 1);
}

/* Uploads a chunk and a deployment that senses, infers and acts on this device alone. */
static void upload(struct fixture *f, uint8_t chunk_hash[32], uint8_t hash[32])
{
    static uint8_t image[65536], blob[2048];
    size_t size = chain_image((struct chain){3, 32, 8}, 0, 3, image, sizeof image);
    syn_sha256(image, size, chunk_hash);
    assert_true(size > 2 * SYN_AGENT_MESSAGE_MAX);
    assert_int_equal(
        finish(f, syn_session_put(f->session, chunk_hash, image, size, NULL, on_done, f)), 0);
    assert_true(f->answer.blob.complete);
    struct blob_pipe pipe = {.weight = 1,
                             .chunk = chunk_hash,
                             .sensor = "camera",
                             .sense_bytes = 3 * 8 * 8,
                             .actuator = "display",
                             .out = 1};
    size = deployment_blob(0, 1, &pipe, 1, blob, sizeof blob);
    syn_sha256(blob, size, hash);
    assert_int_equal(finish(f, syn_session_put(f->session, hash, blob, size, NULL, on_done, f)), 0);
}

static void a_deployment_is_uploaded_prepared_committed_and_cleared(void **state)
{
    struct fixture *f = *state;
    uint8_t chunk[32], hash[32];
    upload(f, chunk, hash);
    assert_int_equal(finish(f, syn_session_prepare(f->session, 7, hash, on_done, f)), 0);
    assert_int_equal(f->answer.fit.count, 1);
    assert_true(f->answer.fit.cycles[0] > 0);
    assert_int_equal(finish(f, syn_session_plan(f->session, on_done, f)), 0);
    assert_int_equal(f->answer.plan.prepared, 7);
    assert_int_equal(f->answer.plan.committed, 0);
    assert_string_equal(f->answer.plan.state, "prepared");
    assert_int_equal(finish(f, syn_session_commit(f->session, 8, on_done, f)), SYN_ESTATE);
    assert_int_equal(finish(f, syn_session_commit(f->session, 7, on_done, f)), 0);
    assert_int_equal(finish(f, syn_session_commit(f->session, 7, on_done, f)), 0);
    assert_int_equal(finish(f, syn_session_accel(f->session, on_done, f)), 0);
    assert_string_equal(f->answer.accel.state, "committed");
    assert_int_equal(f->answer.accel.chunk_count, 1);
    assert_memory_equal(f->answer.accel.chunks[0].hash, chunk, 32);
    assert_int_equal(f->answer.accel.chunks[0].last, 3);
    assert_true(f->answer.accel.kernels[0] > 0 && f->answer.accel.kernels_max > 0);
    assert_int_equal(finish(f, syn_session_drop(f->session, chunk, on_done, f)), SYN_EBUSY);
    assert_string_equal(f->error.message, "dropping a blob: busy: the deployment uses this blob");
    assert_int_equal(finish(f, syn_session_clear(f->session, 9, on_done, f)), 0);
    assert_int_equal(finish(f, syn_session_drop(f->session, chunk, on_done, f)), 0);
    assert_int_equal(finish(f, syn_session_blob(f->session, chunk, on_done, f)), 0);
    assert_int_equal(f->answer.blob.length_bytes, 0);
}

static void refusals_come_with_words(void **state)
{
    struct fixture *f = *state;
    uint8_t hash[32] = {1}, bytes[3000] = {2};
    struct syn_run_options go = {.go = true};
    assert_int_equal(finish(f, syn_session_prepare(f->session, 1, hash, on_done, f)), SYN_ENOENT);
    assert_non_null(strstr(f->error.message, "chunk not complete"));
    assert_int_equal(finish(f, syn_session_run(f->session, &go, on_done, f)), SYN_ESTATE);
    assert_non_null(strstr(f->error.message, "nothing is deployed"));
    assert_int_equal(
        finish(f, syn_session_put(f->session, hash, bytes, sizeof bytes, NULL, on_done, f)),
        SYN_ECORRUPT);
    assert_string_equal(f->error.message, "upload: content differs from its hash");
}

static void links_and_feeds_are_told(void **state)
{
    struct fixture *f = *state;
    struct syn_peer peers[2] = {{.index = 1, .name = "watch", .address = "/tmp/w.sock"},
                                {.index = 3, .name = "ring"}};
    assert_int_equal(finish(f, syn_session_set_links(f->session, 2, peers, 2, on_done, f)), 0);
    assert_int_equal(f->bench->peers_self, 2);
    assert_int_equal(finish(f, syn_session_links(f->session, on_done, f)), 0);
    assert_int_equal(f->answer.links.count, 2);
    assert_string_equal(f->answer.links.peers[0].name, "watch");
    assert_string_equal(f->answer.links.peers[0].address, "/tmp/w.sock");
    assert_int_equal(f->answer.links.peers[1].index, 3);
    assert_int_equal(finish(f, syn_session_feed(f->session, "camera", "", 0, on_done, f)), 0);
}

static bool has_counters(void *ctx)
{
    return ((struct fixture *)ctx)->counters > 0;
}

static bool has_result(void *ctx)
{
    return ((struct fixture *)ctx)->results > 0;
}

static bool has_log(void *ctx)
{
    return ((struct fixture *)ctx)->logs > 0;
}

static void a_run_reports_counters_results_and_logs(void **state)
{
    struct fixture *f = *state;
    uint8_t chunk[32], hash[32];
    struct syn_subscription all = {.counters_ms = 100, .results = true, .log = true};
    struct syn_run_options go = {.go = true, .limit = 1};
    struct syn_tensor_result result = {.best = 3, .count = 10, .value = 99, .second = -5};
    upload(f, chunk, hash);
    assert_int_equal(finish(f, syn_session_prepare(f->session, 7, hash, on_done, f)), 0);
    assert_int_equal(finish(f, syn_session_commit(f->session, 7, on_done, f)), 0);
    assert_int_equal(finish(f, syn_session_subscribe(f->session, &all, on_done, f)), 0);
    assert_int_equal(finish(f, syn_session_run(f->session, &go, on_done, f)), 0);
    assert_int_equal(f->answer.run.count, 1);
    assert_int_equal(f->answer.run.base[0], 0);
    while (f->bench->begun_count > 0)
        (void)bench_end_task(f->bench, &result);
    assert_int_equal(syn_loop_run_until(f->loop, has_result, f, 60 * SECONDS), 0);
    assert_int_equal(f->result.best, 3);
    assert_int_equal(f->result.value, 99);
    assert_int_equal(f->result.second, -5);
    f->bench->now += 150000000;
    (void)syn_agent_poll(&f->bench->agent);
    assert_int_equal(syn_loop_run_until(f->loop, has_counters, f, 60 * SECONDS), 0);
    assert_int_equal(f->count.now_ns, f->bench->now);
    assert_int_equal(f->count.done[0], 1);
    assert_true(f->count.tasks[2] > 0 && f->count.busy_ns[2] > 0);
    syn_agent_log(&f->bench->agent, 2, "getting warm");
    assert_int_equal(syn_loop_run_until(f->loop, has_log, f, 60 * SECONDS), 0);
    assert_string_equal(f->log, "getting warm");
    /* repeated it tells the same; a run after it counts on */
    assert_int_equal(finish(f, syn_session_run(f->session, &go, on_done, f)), 0);
    assert_int_equal(f->answer.run.base[0], 0);
    go.go = false;
    assert_int_equal(finish(f, syn_session_run(f->session, &go, on_done, f)), 0);
    assert_int_equal(f->answer.run.count, 0);
    go.go = true;
    assert_int_equal(finish(f, syn_session_run(f->session, &go, on_done, f)), 0);
    assert_int_equal(f->answer.run.base[0], 1);
}

/* ---- firmware images ---- */

static struct world *with_slots(struct fixture *f)
{
    static const struct world_shape shape = {
        .page_bytes = 1024, .unit_bytes = 16, .slot_pages = 16, .seed = 5};
    static struct world world;
    world_init(&world, &shape);
    f->bench->agent.port.slots = &world.slots;
    return &world;
}

static void an_image_is_sent_chosen_and_erased(void **state)
{
    struct fixture *f = *state;
    struct world *w = with_slots(f);
    assert_int_equal(finish(f, syn_session_image_upload(f->session, w->images[1], w->sizes[1], NULL,
                                                        on_done, f)),
                     0);
    assert_int_equal(world_image(w, SYN_SLOT_SECONDARY), 1);
    assert_int_equal(finish(f, syn_session_images(f->session, on_done, f)), 0);
    assert_int_equal(f->answer.images.count, 2);
    assert_true(f->answer.images.images[0].active && f->answer.images.images[1].has_hash);
    struct syn_image_state other = f->answer.images.images[1];
    assert_int_equal(finish(f, syn_session_image_slots(f->session, on_done, f)), 0);
    assert_int_equal(f->answer.image_slots.bytes[1], 16 * 1024);
    assert_int_equal(finish(f, syn_session_image_choose(f->session, other.hash, false, on_done, f)),
                     0);
    assert_true(f->answer.images.images[1].pending);
    assert_int_equal(finish(f, syn_session_image_erase(f->session, on_done, f)), SYN_EBUSY);
    assert_int_equal(world_boot(w), 0);
    assert_int_equal(finish(f, syn_session_image_choose(f->session, NULL, true, on_done, f)), 0);
    assert_int_equal(finish(f, syn_session_image_erase(f->session, on_done, f)), 0);
    world_free(w);
}

static bool stop_half_way(void *user, size_t held, size_t size)
{
    (void)user;
    return held < size / 2;
}

static void an_image_goes_on_where_it_was_stopped(void **state)
{
    struct fixture *f = *state;
    struct world *w = with_slots(f);
    assert_int_equal(finish(f, syn_session_image_upload(f->session, w->images[1], w->sizes[1],
                                                        stop_half_way, on_done, f)),
                     SYN_ECANCELED);
    uint64_t before = cut_flash_operations(&w->f);
    assert_int_equal(finish(f, syn_session_image_upload(f->session, w->images[1], w->sizes[1], NULL,
                                                        on_done, f)),
                     0);
    assert_int_equal(world_image(w, SYN_SLOT_SECONDARY), 1);
    assert_true(cut_flash_operations(&w->f) - before < w->sizes[1] / 16 * 2 / 3);
    world_free(w);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(hello_agrees_on_all),
        TEST(standard_groups_are_answered),
        TEST(a_deployment_is_uploaded_prepared_committed_and_cleared),
        TEST(refusals_come_with_words),
        TEST(links_and_feeds_are_told),
        TEST(a_run_reports_counters_results_and_logs),
        TEST(an_image_is_sent_chosen_and_erased),
        TEST(an_image_goes_on_where_it_was_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
