/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine with the firmware that preset `firmware` has built, and hosts on its UARTs. */
#ifndef SYN_TESTS_MAX78000_BOARD_H
#define SYN_TESTS_MAX78000_BOARD_H

#include "tests/devices/max78000/host.h"

struct board {
    struct machine *machine;
    struct host console, radio;
};

/* False, with words, where there is no firmware. */
bool board_is_built(void);

/* cmocka's setup and teardown: the power comes on. */
int board_setup(void **state);
int board_teardown(void **state);

#endif
