/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The unmodified firmware of the MAX78000, executed instruction by instruction, with every
 * peripheral answered by a model. */
#include "tests/devices/max78000/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void ask_hello(struct host *h)
{
    (void)host_payload(h);
    host_expect(h, SYN_SMP_READ, SYN_GROUP_SYNERGY, SYN_ID_HELLO);
}

static void it_boots_and_answers_an_echo_on_the_console(void **state)
{
    struct board *b = *state;
    host_run(&b->console, MACHINE_SECOND / 10);
    host_echo(&b->console, "good morning");
    assert_string_equal(b->console.text, "");
}

static void it_says_who_it_is_by_the_number_of_its_part(void **state)
{
    struct board *b = *state;
    ask_hello(&b->console);
    assert_string_equal(host_text(&b->console, "id"), "max-3c28ccf2");
    assert_string_equal(host_text(&b->console, "prof"), "max78000-feather");
    assert_string_equal(host_text(&b->console, "part"), "MAX78000");
}

static void it_answers_on_the_uart_of_the_radio_too(void **state)
{
    struct board *b = *state;
    host_echo(&b->radio, "by air");
    host_echo(&b->console, "by wire");
    ask_hello(&b->radio);
    assert_string_equal(host_text(&b->radio, "part"), "MAX78000");
}

static void choose(struct host *h, uint32_t baud)
{
    struct syn_cbor_out *w = host_payload(h);
    syn_cbor_put_map(w, 1);
    syn_cbor_put_text(w, "baud");
    syn_cbor_put_uint(w, baud);
    host_expect(h, SYN_SMP_WRITE, SYN_GROUP_SYNERGY, SYN_ID_LINE);
    machine_set_baud(h->machine, h->uart, baud);
    host_run(h, MACHINE_SECOND / 1000);
}

static void its_lines_take_other_rates_and_go_back_to_that_of_the_start(void **state)
{
    static const uint32_t rates[] = {230400, 460800, 921600, 2000000, 115200};
    struct board *b = *state;
    struct host *const hosts[] = {&b->console, &b->radio};
    for (unsigned h = 0; h < 2; h++)
        for (unsigned i = 0; i < sizeof rates / sizeof rates[0]; i++) {
            choose(hosts[h], rates[i]);
            host_echo(hosts[h], "at another rate");
            host_echo(hosts[h], "and once more");
        }
    choose(&b->console, 2000000);
    machine_set_baud(b->machine, b->console.uart, 115200);
    host_run(&b->console, 2 * MACHINE_SECOND); /* nobody asks at the rate that was chosen */
    host_echo(&b->console, "where it began");
    assert_int_equal(machine_counts(b->machine)->overruns, 0);
}

static void it_sleeps_while_there_is_nothing_to_do(void **state)
{
    struct board *b = *state;
    host_run(&b->console, MACHINE_SECOND); /* the boot loader looks at the image */
    const struct machine_counts *c = machine_counts(b->machine), before = *c;
    host_run(&b->console, 10 * MACHINE_SECOND);
    print_message("boot %lld us, then %llu instructions in 10 s\n",
                  (long long)(MACHINE_SECOND - before.asleep_ns) / 1000,
                  (unsigned long long)(c->instructions - before.instructions));
    assert_true(c->asleep_ns - before.asleep_ns > 9999 * (MACHINE_SECOND / 1000));
    assert_true(c->sleeps - before.sleeps < 50);
    assert_int_equal(c->resets, 0);
    host_echo(&b->console, "awake");
}

static void a_reset_that_was_asked_for_starts_it_again(void **state)
{
    struct board *b = *state;
    (void)host_payload(&b->console);
    host_expect(&b->console, SYN_SMP_WRITE, SYN_GROUP_OS, 5);
    host_run(&b->console, MACHINE_SECOND);
    assert_int_equal(machine_counts(b->machine)->resets, 1);
    host_echo(&b->console, "once more");
    assert_string_equal(b->console.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_boots_and_answers_an_echo_on_the_console, board_setup,
                                        board_teardown),
        cmocka_unit_test_setup_teardown(it_says_who_it_is_by_the_number_of_its_part, board_setup,
                                        board_teardown),
        cmocka_unit_test_setup_teardown(it_answers_on_the_uart_of_the_radio_too, board_setup,
                                        board_teardown),
        cmocka_unit_test_setup_teardown(its_lines_take_other_rates_and_go_back_to_that_of_the_start,
                                        board_setup, board_teardown),
        cmocka_unit_test_setup_teardown(it_sleeps_while_there_is_nothing_to_do, board_setup,
                                        board_teardown),
        cmocka_unit_test_setup_teardown(a_reset_that_was_asked_for_starts_it_again, board_setup,
                                        board_teardown),
    };
    return board_is_built() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
