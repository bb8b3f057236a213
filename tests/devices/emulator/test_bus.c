/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How firmware sees the accelerator: loading, starting, the interrupt, starting again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/kernels/choose.h"
#include "tests/devices/emulator/tiny.h"

#define OUTPUT 1024u

static void assert_output(const struct tiny *t, uint32_t factor_percent)
{
    assert_null(syn_emulator_fault(t->emulator));
    assert_true(syn_emulator_interrupt(t->emulator));
    for (uint32_t i = 0; i < t->height * t->width; i++)
        assert_int_equal(tiny_word(t, OUTPUT + i), (i * factor_percent + 50) / 100 * 0x01010101);
}

/* As the interrupt handler of a program: clears DONE and ENABLE everywhere. */
static void acknowledge(struct tiny *t)
{
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++) {
        uint32_t address = syn_control_address(t->regs, q, SYN_REG_CTL);

        syn_emulator_write(t->emulator, address,
                           syn_emulator_read(t->emulator, address) &
                               ~(SYN_CTL_DONE | SYN_CTL_ENABLE));
    }
}

static void parts_of_another_kind_have_no_emulator(void **state)
{
    struct syn_part other = syn_part_max78000;
    struct syn_emulator *e = (struct syn_emulator *)&other;

    (void)state;
    assert_int_equal(syn_emulator_new(&e, &other), SYN_EUNSUP);
    assert_null(e);
}

static void addresses_of_the_accelerator_are_its_own(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open(&t, &syn_part_max78000, 1, 0, 5, 6);
    assert_true(syn_emulator_owns(t.emulator, 0x50100000));
    assert_true(syn_emulator_owns(t.emulator, 0x50418004));
    assert_true(syn_emulator_owns(t.emulator, SYN_REG_POWER));
    assert_false(syn_emulator_owns(t.emulator, 0x20000000));
    assert_false(syn_emulator_owns(t.emulator, SYN_EMULATOR_CLOCK_DISABLE)); /* it listens only */
    tiny_close(&t);
}

static void the_interrupt_stays_until_it_is_acknowledged(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open(&t, &syn_part_max78000, 3, 1, 5, 6);
    tiny_configure(&t, 0, 0);
    assert_false(syn_emulator_interrupt(t.emulator));
    tiny_run(&t, 0, 0);
    assert_output(&t, 50);
    acknowledge(&t);
    assert_false(syn_emulator_interrupt(t.emulator));
    syn_emulator_write(t.emulator, syn_data_address(t.regs, 0), 0x20304050);
    tiny_run(&t, 0, 0);
    assert_true(syn_emulator_interrupt(t.emulator));
    assert_int_equal(tiny_word(&t, OUTPUT), 0x10182028);
    tiny_close(&t);
}

static void weights_may_be_loaded_slot_by_slot(void **state)
{
    struct tiny t;

    (void)state;
    tiny_create(&t, &syn_part_max78000, 1, 0, 5, 6);
    tiny_init(&t);
    tiny_load_input(&t);
    syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL), SYN_CTL_CLOCKS);
    for (unsigned p = 0; p < 4; p++) {
        uint32_t base = syn_weight_address(t.regs, p);
        uint32_t last = p == 0 ? 64u : p == 1 ? 64u << 8 : p == 2 ? 64u << 16 : 64u << 24;
        const uint32_t slot[4] = {0x91, 0x12345678, last, 0};

        for (uint32_t i = 0; i < 4; i++)
            syn_emulator_write(t.emulator, base + 4 * i, slot[i]);
        for (uint32_t i = 0; i < 4; i++)
            assert_int_equal(syn_emulator_read(t.emulator, base + 4 * i), slot[i]);
    }
    tiny_configure(&t, 0, 0);
    tiny_run(&t, 0, 0);
    assert_output(&t, 50);
    tiny_close(&t);
}

static void weights_that_change_between_runs_are_seen(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open(&t, &syn_part_max78000, 1, 0, 5, 6);
    tiny_configure(&t, 0, 0);
    tiny_run(&t, 0, 0);
    assert_output(&t, 50);
    acknowledge(&t);
    for (unsigned p = 0; p < 4; p++) { /* 127 / 128 instead of 64 / 128 */
        uint32_t base = syn_weight_address(t.regs, p);

        syn_emulator_write_byte(t.emulator, base | 1, 1);
        syn_emulator_write(t.emulator, base, 0);
        syn_emulator_write(t.emulator, base + 4,
                           p == 3   ? 127u << 16
                           : p == 2 ? 127u << 8
                           : p == 1 ? 127u
                                    : 0);
        syn_emulator_write(t.emulator, base + 8, p == 0 ? 127u << 24 : 0);
    }
    tiny_run(&t, 0, 0);
    assert_int_equal(tiny_word(&t, OUTPUT + 20), 20 * 0x01010101);
    tiny_close(&t);
}

static void registers_that_change_between_runs_are_seen(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open(&t, &syn_part_max78000, 1, 0, 5, 6);
    for (unsigned i = 0; i < 4; i++) {
        tiny_set(&t, SYN_FIELD_SHIFT, i % 2);
        tiny_configure(&t, 0, 0);
        tiny_run(&t, 0, 0);
        assert_output(&t, i % 2 ? 100 : 50);
        acknowledge(&t);
    }
    tiny_close(&t);
}

static void any_size_of_step_gives_the_same(void **state)
{
    static const uint64_t sizes[] = {1, 200, 1000, UINT64_MAX};
    struct tiny t;

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        unsigned steps = 1;

        tiny_open(&t, &syn_part_max78000, 3, 1, 5, 6);
        syn_emulator_use(t.emulator, i < 4 ? syn_kernels_portable() : syn_kernels_fastest());
        tiny_configure(&t, 0, 0);
        syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL),
                           SYN_CTL_CLOCKS | SYN_CTL_ENABLE);
        while (syn_emulator_step(t.emulator, sizes[i % 4]))
            steps++;
        assert_output(&t, 50);
        assert_true(i % 4 == 0 ? steps == 5 : steps <= 5);
        tiny_close(&t);
    }
}

static void a_program_may_stop_what_runs(void **state)
{
    struct tiny t;

    (void)state;
    tiny_open(&t, &syn_part_max78000, 3, 1, 5, 6);
    tiny_configure(&t, 0, 0);
    syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL),
                       SYN_CTL_CLOCKS | SYN_CTL_ENABLE);
    assert_true(syn_emulator_step(t.emulator, 1));
    syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL), SYN_CTL_CLOCKS);
    assert_false(syn_emulator_running(t.emulator));
    assert_false(syn_emulator_interrupt(t.emulator));
    tiny_run(&t, 0, 0);
    assert_output(&t, 50);
    tiny_close(&t);
}

static void cycles_are_those_of_the_formula(void **state)
{
    struct syn_emulator_done done;
    struct tiny t;

    (void)state;
    tiny_open(&t, &syn_part_max78000, 1, 0, 5, 6);
    tiny_configure(&t, 0, 0);
    tiny_run(&t, 0, 0);
    /* a pixel: read, into the cache, and four outputs */
    assert_int_equal(syn_emulator_cycles(t.emulator), 1 + 5 * 6 * (2 + 4));
    assert_true(syn_emulator_last(t.emulator, &done));
    assert_int_equal(done.cycles, 5 * 6 * (2 + 4));
    assert_int_equal(done.out.channels, 4);
    tiny_close(&t);
}

static void a_pipeline_takes_longer(void **state)
{
    uint64_t cycles[2];
    struct tiny t;

    (void)state;
    for (unsigned off = 0; off < 2; off++) {
        tiny_open(&t, &syn_part_max78002, 1, 0, 5, 6);
        tiny_configure(&t, 0, 0);
        syn_emulator_write(t.emulator, syn_control_address(t.regs, 0, SYN_REG_CTL),
                           SYN_CTL_CLOCKS | SYN_CTL_ENABLE | (off ? SYN_CTL_PIPELINE_OFF : 0));
        (void)syn_emulator_step(t.emulator, UINT64_MAX);
        cycles[off] = syn_emulator_cycles(t.emulator);
        tiny_close(&t);
    }
    assert_int_equal(cycles[0], cycles[1] + 5 * 6 * syn_part_max78002.pipeline_cycles);
}

static void layers_follow_their_links(void **state)
{
    struct syn_emulator_done done;
    struct tiny t;

    (void)state;
    tiny_open(&t, &syn_part_max78002, 1, 0, 5, 6);
    tiny_set(&t, SYN_FIELD_NEXT_LINK, 1);
    tiny_set(&t, SYN_FIELD_NEXT_LAYER, 100);
    tiny_configure(&t, 0, 3);
    tiny_set(&t, SYN_FIELD_NEXT_LINK, 0);
    tiny_set(&t, SYN_FIELD_NEXT_LAYER, 0);
    tiny_set(&t, SYN_FIELD_NEXT_STOP, 1);
    tiny_configure(&t, 0, 100);
    tiny_run(&t, 0, 3 << 8 | 120);
    assert_output(&t, 50);
    assert_true(syn_emulator_last(t.emulator, &done));
    assert_int_equal(done.finished, 2);
    assert_int_equal(done.layer, 100);
    tiny_close(&t);
}

static void registers_are_cleared_at_once(void **state)
{
    struct tiny t;
    uint32_t test, rows;

    (void)state;
    tiny_open(&t, &syn_part_max78002, 1, 0, 5, 6);
    test = syn_control_address(t.regs, 0, SYN_REG_SRAM_TEST);
    rows = syn_layer_address(t.regs, 0, 0, SYN_LREG_ROWS);
    tiny_configure(&t, 0, 0);
    assert_int_not_equal(syn_emulator_read(t.emulator, rows), 0);
    syn_emulator_write(t.emulator, test, SYN_TEST_CLEAR);
    assert_int_equal(syn_emulator_read(t.emulator, test) & SYN_TEST_CLEARED, SYN_TEST_CLEARED);
    assert_int_equal(syn_emulator_read(t.emulator, rows), 0);
    tiny_close(&t);
}

static void emulators_side_by_side_share_nothing(void **state)
{
    struct tiny a, b;

    (void)state;
    tiny_open(&a, &syn_part_max78000, 3, 1, 5, 6);
    tiny_open(&b, &syn_part_max78002, 1, 0, 5, 6);
    tiny_configure(&a, 0, 0);
    tiny_configure(&b, 0, 0);
    syn_emulator_write(a.emulator, syn_control_address(a.regs, 0, SYN_REG_CTL),
                       SYN_CTL_CLOCKS | SYN_CTL_ENABLE);
    while (syn_emulator_step(a.emulator, 1)) {
        acknowledge(&b);
        tiny_run(&b, 0, 0);
    }
    assert_output(&a, 50);
    assert_output(&b, 50);
    tiny_close(&a);
    tiny_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_another_kind_have_no_emulator),
        cmocka_unit_test(addresses_of_the_accelerator_are_its_own),
        cmocka_unit_test(the_interrupt_stays_until_it_is_acknowledged),
        cmocka_unit_test(weights_may_be_loaded_slot_by_slot),
        cmocka_unit_test(weights_that_change_between_runs_are_seen),
        cmocka_unit_test(registers_that_change_between_runs_are_seen),
        cmocka_unit_test(any_size_of_step_gives_the_same),
        cmocka_unit_test(a_program_may_stop_what_runs),
        cmocka_unit_test(cycles_are_those_of_the_formula),
        cmocka_unit_test(a_pipeline_takes_longer),
        cmocka_unit_test(layers_follow_their_links),
        cmocka_unit_test(registers_are_cleared_at_once),
        cmocka_unit_test(emulators_side_by_side_share_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
