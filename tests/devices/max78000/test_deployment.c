/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The firmware of the MAX78000 takes a deployment over its UART and infers with its accelerator,
 * whose registers are those of devices/emulator. */
#include "tests/devices/max78000/board.h"
#include "tests/devices/max78000/deployed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void deploy(struct board *b, const struct deployed *d, unsigned count)
{
    uint8_t blob[SYN_SHA256_SIZE];
    deployed_upload(d, count, &b->console, blob);
    deployed_commit(&b->console, blob, 7);
}

static void it_infers_bit_for_bit_what_the_model_gives(void **state)
{
    struct board *b = *state;
    struct deployed d;
    deployed_open(&d, "convnet5", "camera");
    deploy(b, &d, 1);
    deployed_run(&b->console, 12, 12);
    deployed_check(&d, b->console.results, 12);
    deployed_close(&d);
}

static void it_goes_on_for_as_long_as_it_is_asked_to(void **state)
{
    struct board *b = *state;
    struct deployed d;
    deployed_open(&d, "convnet5", "camera");
    deploy(b, &d, 1);
    deployed_run(&b->console, 60, 60);
    deployed_check(&d, b->console.results, 60);
    deployed_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_infers_bit_for_bit_what_the_model_gives, board_setup,
                                        board_teardown),
        cmocka_unit_test_setup_teardown(it_goes_on_for_as_long_as_it_is_asked_to, board_setup,
                                        board_teardown),
    };
    return board_is_built() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
