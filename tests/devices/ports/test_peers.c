/* SPDX-License-Identifier: MIT */
/* Links between wearables: tables that come late, peers that die and come back, full sockets. */
#include "devices/ports/posix/peers.h"

#include "devices/base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MS 1000000

static struct syn_loop *loop;
static char folder[64];

static struct end {
    struct syn_peers *peers;
    char path[96];
    unsigned index;
    bool up;
    unsigned ups, downs;
    uint32_t next; /* number that the next message must carry */
    unsigned received;
} ends[2];

static void on_message(void *ctx, unsigned peer, const uint8_t *message, size_t size)
{
    struct end *end = ctx;
    assert_int_equal(peer, 1 - end->index);
    assert_true(size >= 4);
    assert_int_equal(syn_get_le32(message), end->next++);
    end->received++;
}

static void on_up(void *ctx, unsigned peer, bool up)
{
    struct end *end = ctx;
    assert_int_equal(peer, 1 - end->index);
    assert_true(end->up != up);
    end->up = up;
    end->ups += up;
    end->downs += !up;
    end->next = 0;
}

static void open_end(unsigned index)
{
    struct end *end = &ends[index];
    const struct syn_peers_events events = {end, on_message, on_up};
    memset(end, 0, sizeof *end);
    end->index = index;
    (void)snprintf(end->path, sizeof end->path, "%s/%u", folder, index);
    assert_int_equal(syn_peers_new(&end->peers, loop, end->path, &events, NULL), 0);
}

static void close_end(unsigned index)
{
    syn_peers_free(ends[index].peers);
    ends[index].peers = NULL;
    ends[index].up = false;
}

static void set_table(unsigned index)
{
    struct syn_agent_peer table[2] = {{.used = true}, {.used = true}};
    for (unsigned i = 0; i < 2; i++)
        (void)snprintf(table[i].address, sizeof table[i].address, "%s/%u", folder, i);
    syn_peers_set(ends[index].peers, index, table, 2);
}

static void pass(int64_t ns)
{
    int64_t until = syn_loop_now() + ns;
    for (int64_t now = syn_loop_now(); now < until; now = syn_loop_now())
        assert_true(syn_loop_step(loop, until - now) >= 0);
}

static bool both_up(void *ctx)
{
    (void)ctx;
    return ends[0].up && ends[1].up;
}

static void wait_until_up(void)
{
    assert_int_equal(syn_loop_run_until(loop, both_up, NULL, 5000ll * MS), 0);
}

static int setup(void **state)
{
    (void)state;
    loop = syn_loop_new();
    strcpy(folder, "/tmp/synergy-peers-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_end(0);
    close_end(1);
    syn_loop_free(loop);
    return rmdir(folder);
}

static void number(unsigned from, uint32_t n, size_t size)
{
    uint8_t message[2048] = {0};
    syn_put_le32(message, n);
    syn_peers_send(ends[from].peers, 1 - from, message, size);
}

static void a_pair_is_up_once_both_know_each_other(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        open_end(0);
        open_end(1);
        set_table(first);
        pass(30 * MS);
        assert_false(ends[0].up || ends[1].up);
        set_table(1 - first);
        wait_until_up();
        assert_int_equal(ends[0].ups + ends[1].ups, 2);
        close_end(0);
        close_end(1);
    }
}

static bool all_received(void *ctx)
{
    (void)ctx;
    return ends[0].received == 2000 && ends[1].received == 2000;
}

static void what_is_sent_as_soon_as_it_is_up_arrives(void **state)
{
    (void)state;
    open_end(0);
    open_end(1);
    set_table(0);
    set_table(1);
    for (unsigned i = 0; i < 2; i++)
        while (!ends[i].up)
            assert_true(syn_loop_step(loop, 1000ll * MS) >= 0);
    for (uint32_t n = 0; n < 2000; n++) { /* 4 MB each way: far more than a socket holds */
        number(0, n, 2000);
        number(1, n, 2000);
    }
    assert_int_equal(syn_loop_run_until(loop, all_received, NULL, 10000ll * MS), 0);
}

static void a_peer_that_comes_back_is_found_again(void **state)
{
    (void)state;
    open_end(0);
    open_end(1);
    set_table(0);
    set_table(1);
    wait_until_up();
    for (unsigned dies = 0; dies < 2; dies++) {
        close_end(dies);
        pass(60 * MS);
        assert_false(ends[1 - dies].up);
        open_end(dies);
        set_table(dies);
        wait_until_up();
        number(dies, 0, 8);
        pass(20 * MS);
        assert_int_equal(ends[1 - dies].received, 1);
    }
}

static void the_same_table_again_disturbs_nothing(void **state)
{
    (void)state;
    open_end(0);
    open_end(1);
    set_table(0);
    set_table(1);
    wait_until_up();
    set_table(0);
    set_table(1);
    pass(30 * MS);
    assert_int_equal(ends[0].ups + ends[1].ups, 2);
    assert_int_equal(ends[0].downs + ends[1].downs, 0);
}

static void who_is_no_longer_named_goes_down(void **state)
{
    (void)state;
    open_end(0);
    open_end(1);
    set_table(0);
    set_table(1);
    wait_until_up();
    syn_peers_set(ends[0].peers, 0, NULL, 0);
    pass(30 * MS);
    assert_false(ends[0].up);
    assert_false(ends[1].up);
}

static void a_path_in_use_is_refused_and_a_stale_one_is_not(void **state)
{
    (void)state;
    struct syn_peers *other;
    const struct syn_peers_events events = {NULL, on_message, on_up};
    open_end(0);
    open_end(1);
    assert_int_equal(syn_peers_new(&other, loop, ends[0].path, &events, NULL), SYN_EBUSY);
    assert_null(other);
    char path[128], kept[128];
    (void)snprintf(path, sizeof path, "%s/stale", folder);
    (void)snprintf(kept, sizeof kept, "%s/kept", folder);
    assert_int_equal(syn_peers_new(&other, loop, path, &events, NULL), 0);
    assert_int_equal(rename(path, kept), 0); /* so that closing does not remove it */
    syn_peers_free(other);
    assert_int_equal(rename(kept, path), 0);
    assert_int_equal(syn_peers_new(&other, loop, path, &events, NULL), 0);
    syn_peers_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pair_is_up_once_both_know_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_sent_as_soon_as_it_is_up_arrives, setup, teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_comes_back_is_found_again, setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_table_again_disturbs_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_no_longer_named_goes_down, setup, teardown),
        cmocka_unit_test_setup_teardown(a_path_in_use_is_refused_and_a_stale_one_is_not, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
