/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/max78000/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <unistd.h>

#define FIRMWARE SYN_SOURCE_DIR "/build/firmware/"

static const char boot[] = FIRMWARE "synergy-boot-max78000.elf";
static const char image[] = FIRMWARE "synergy-agent-max78000.img";
static const char elf[] = FIRMWARE "synergy-agent-max78000.elf";

bool board_is_built(void)
{
    bool built = access(boot, R_OK) == 0 && access(image, R_OK) == 0 && access(elf, R_OK) == 0;
    if (!built)
        (void)printf("no %s: build preset firmware\n", image);
    return built;
}

int board_setup(void **state)
{
    struct board *b = malloc(sizeof *b);
    b->machine = machine_new(boot);
    assert_non_null(b->machine);
    assert_true(machine_load(b->machine, image, MACHINE_SLOT0));
    assert_true(machine_holds(b->machine, elf)); /* nothing of it was changed on the way */
    host_init(&b->console, b->machine, 0);
    host_init(&b->radio, b->machine, 1);
    *state = b;
    return 0;
}

int board_teardown(void **state)
{
    struct board *b = *state;
    machine_free(b->machine);
    free(b);
    return 0;
}
