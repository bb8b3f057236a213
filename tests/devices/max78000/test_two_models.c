/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two models at once, which fill the flash that there is for them: the accelerator is configured
 * anew for every inference. */
#include "tests/devices/max78000/board.h"
#include "tests/devices/max78000/deployed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void two_models_take_turns_on_the_accelerator(void **state)
{
    struct board *b = *state;
    struct host *h = &b->console;
    struct deployed models[2];
    uint8_t blob[SYN_SHA256_SIZE];
    deployed_open(&models[0], "kws", "microphone");
    deployed_open(&models[1], "convnet5", "camera");
    deployed_upload(models, 2, h, blob);
    deployed_commit(h, blob, 1);
    deployed_run(h, 4, 8);
    for (unsigned i = 0; i < 8; i++)
        deployed_check(&models[h->results[i].pipeline], &h->results[i], 1);
    assert_int_equal(h->done, 8);
    for (unsigned i = 0; i < 2; i++)
        deployed_close(&models[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_models_take_turns_on_the_accelerator, board_setup,
                                        board_teardown),
    };
    return board_is_built() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}
