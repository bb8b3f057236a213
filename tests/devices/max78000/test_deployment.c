/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The firmware of the MAX78000 takes a deployment over its UART and infers with its accelerator,
 * whose registers are those of devices/emulator; what it keeps in flash outlives resets and power
 * cuts.
 */
#include "tests/devices/max78000/board.h"
#include "tests/devices/max78000/deployed.h"

#include "tests/devices/agent/models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { TXN = 7, LATER_TXN = 8, MS = 1000000 };

static struct deployed convnet5;
static uint8_t kept[MACHINE_FLASH_SIZE]; /* the flash once it was deployed */

/* ---- the zoo's model ---- */

/* The flash of a board that was deployed to before, whose power comes on. */
static int setup_deployed(void **state)
{
    int rc = board_setup(state);
    struct board *b = *state;
    memcpy(machine_flash(b->machine), kept, sizeof kept);
    machine_power_cycle(b->machine);
    host_run(&b->console, MACHINE_SECOND / 2);
    return rc;
}

static uint64_t committed(struct board *b)
{
    (void)host_payload(&b->console);
    host_expect(&b->console, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_PLAN);
    return host_number(&b->console, "txn");
}

static void infer(struct host *h, const struct deployed *d, unsigned count)
{
    deployed_run(h, count, count);
    deployed_check(d, h->results, count);
}

static void it_infers_bit_for_bit_what_the_model_gives(void **state)
{
    struct board *b = *state;
    uint8_t blob[SYN_SHA256_SIZE];
    deployed_upload(&convnet5, 1, &b->console, blob);
    deployed_commit(&b->console, blob, TXN);
    infer(&b->console, &convnet5, 12);
    memcpy(kept, machine_flash(b->machine), sizeof kept);
}

static void what_it_counts_is_what_it_has_done(void **state)
{
    struct board *b = *state;
    struct host *h = &b->console;
    deployed_run(h, 12, 12);
    host_run(h, MACHINE_SECOND / 2);
    print_message("a task of the accelerator: %.3f ms\n",
                  (double)h->busy_ns[2] / (double)h->tasks[2] / 1e6);
    assert_int_equal(h->done, 12);
    assert_int_equal(h->tasks[0], 12);     /* sensed */
    assert_int_equal(h->tasks[2], 3 * 12); /* loaded, inferred, unloaded */
    /* 70,157 cycles at 50 MHz, and what the core needs to start and to notice the end. */
    assert_true(h->busy_ns[2] > 12 * UINT64_C(1403140));
    assert_true(h->busy_ns[2] < 12 * UINT64_C(2000000));
    int64_t trigger_ns = machine_counts(b->machine)->trigger_ns;
    print_message("its pin was high for %.4f ms each time\n", (double)trigger_ns / 12e6);
    assert_in_range(trigger_ns, 12 * 1403140, 12 * 1425000);
    assert_int_not_equal(machine_leds(b->machine), 0);
}

static void the_core_sleeps_while_the_accelerator_works(void **state)
{
    struct board *b = *state;
    const struct machine_counts *c = machine_counts(b->machine), before = *c;
    deployed_run(&b->console, 12, 12);
    double awake_ms = (double)(c->instructions - before.instructions) / 1e5;
    print_message("awake for %.2f ms, %.2f of them for an inference\n", awake_ms, awake_ms / 12);
    assert_true(awake_ms < 12 * 1.4); /* less than the accelerator alone takes */
}

static void a_reset_keeps_what_is_deployed(void **state)
{
    struct board *b = *state;
    (void)host_payload(&b->console);
    host_expect(&b->console, SYN_SMP_WRITE, SYN_GROUP_OS, 5);
    host_run(&b->console, MACHINE_SECOND);
    assert_int_equal(machine_counts(b->machine)->resets, 1);
    assert_int_equal(committed(b), TXN);
    infer(&b->console, &convnet5, 3);
}

static void the_second_link_has_results_as_well(void **state)
{
    struct board *b = *state;
    infer(&b->radio, &convnet5, 4);
    host_echo(&b->console, "here, too");
}

static void
an_accelerator_that_does_not_end_is_a_fault_and_the_next_inference_is_right(void **state)
{
    struct board *b = *state;
    struct host *h = &b->console;
    machine_hang_accelerator(b->machine);
    deployed_run(h, 3, 2);
    assert_string_equal(h->fault, "the accelerator does not come to an end");
    deployed_check(&convnet5, h->results, 2);
    (void)host_payload(h);
    host_expect(h, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_ACCEL);
    assert_int_equal(host_number(h, "flt"), 1);
}

/* ---- the core goes astray ---- */

static void wait_for_text(struct board *b, const char *expected, int64_t ns)
{
    b->console.text[0] = 0;
    host_run(&b->console, ns);
    if (!strstr(b->console.text, expected))
        fail_msg("it said '%s'", b->console.text);
    assert_int_equal(committed(b), TXN);
    infer(&b->console, &convnet5, 2);
}

static void a_fault_of_the_core_is_told_after_the_restart(void **state)
{
    machine_derail(((struct board *)*state)->machine, MACHINE_UNDEFINED);
    wait_for_text(*state,
                  "started again after a fault of the core at 0x2001f800, status 0x00010000",
                  MACHINE_SECOND);
}

static void a_stack_that_is_full_is_told_after_the_restart(void **state)
{
    machine_derail(((struct board *)*state)->machine, MACHINE_FILLS_STACK);
    wait_for_text(*state, "started again after an overflow of the stack", MACHINE_SECOND);
}

static void a_loop_without_an_end_is_ended_by_the_watchdog(void **state)
{
    machine_derail(((struct board *)*state)->machine, MACHINE_LOOP);
    wait_for_text(*state, "started again after the watchdog saw no progress at 0x2001f",
                  8 * MACHINE_SECOND);
}

static void one_that_hears_no_interrupt_is_reset(void **state)
{
    struct board *b = *state;
    machine_derail(b->machine, MACHINE_DEAF_LOOP);
    wait_for_text(b, "started again after the watchdog saw no progress", 12 * MACHINE_SECOND);
}

/* ---- power cuts ---- */

static void open_chain(struct deployed *d)
{
    const struct chain chain = {.layers = 2, .wide = 4, .size = 8};
    d->bytes = malloc(1 << 16);
    d->size = chain_image(chain, 0, chain.layers, d->bytes, 1 << 16);
    assert_int_equal(syn_image_open(&d->image, d->bytes, d->size), 0);
    syn_sha256(d->bytes, d->size, d->hash);
    d->sensor = "camera";
}

/* From upload to commit, with the power failing at an operation of the flash; false where there
 * were fewer. */
static bool replace_with_a_cut(struct board *b, const struct deployed *chain, unsigned operation)
{
    uint8_t blob[SYN_SHA256_SIZE];
    machine_fail_power(b->machine, operation);
    deployed_upload(chain, 1, &b->console, blob);
    if (!machine_is_off(b->machine))
        deployed_commit(&b->console, blob, LATER_TXN);
    bool cut = machine_is_off(b->machine);
    machine_fail_power(b->machine, 0);
    return cut;
}

static void a_power_cut_while_flash_is_written_leaves_the_old_or_the_new_deployment(void **state)
{
    struct board *b = *state;
    struct deployed chain;
    unsigned cuts = 0, old = 0;
    open_chain(&chain);
    for (unsigned operation = 1;; operation += 1 + operation / 2) {
        memcpy(machine_flash(b->machine), kept, sizeof kept);
        machine_power_cycle(b->machine);
        host_run(&b->console, MACHINE_SECOND / 4);
        bool cut = replace_with_a_cut(b, &chain, operation);
        cuts += cut;
        if (cut)
            machine_power_cycle(b->machine);
        host_run(&b->console, MACHINE_SECOND / 4);
        uint64_t txn = committed(b);
        assert_true(txn == TXN || txn == LATER_TXN);
        old += txn == TXN;
        infer(&b->console, txn == TXN ? &convnet5 : &chain, 1);
        if (!cut)
            break;
    }
    print_message("%u cuts, after %u of them the old one\n", cuts, old);
    assert_true(cuts > 5 && old > 0);
    assert_int_equal(committed(b), LATER_TXN);
    free(chain.bytes);
}

int main(void)
{
#define ON(setup, name) cmocka_unit_test_setup_teardown(name, setup, board_teardown)
    const struct CMUnitTest tests[] = {
        ON(board_setup, it_infers_bit_for_bit_what_the_model_gives),
        ON(setup_deployed, what_it_counts_is_what_it_has_done),
        ON(setup_deployed, the_core_sleeps_while_the_accelerator_works),
        ON(setup_deployed, a_reset_keeps_what_is_deployed),
        ON(setup_deployed, the_second_link_has_results_as_well),
        ON(setup_deployed,
           an_accelerator_that_does_not_end_is_a_fault_and_the_next_inference_is_right),
        ON(setup_deployed, a_fault_of_the_core_is_told_after_the_restart),
        ON(setup_deployed, a_stack_that_is_full_is_told_after_the_restart),
        ON(setup_deployed, a_loop_without_an_end_is_ended_by_the_watchdog),
        ON(setup_deployed, one_that_hears_no_interrupt_is_reset),
        ON(setup_deployed, a_power_cut_while_flash_is_written_leaves_the_old_or_the_new_deployment),
    };
    if (!board_is_built())
        return 77;
    deployed_open(&convnet5, "convnet5", "camera");
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    deployed_close(&convnet5);
    return rc;
}
