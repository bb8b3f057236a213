/* SPDX-License-Identifier: GPL-3.0-or-later */
/* replay RECORDING: the firmware (devices/ports/bare/main.c) on a scripted board. */
#include "tests/devices/target/replay/script.h"

int firmware_main(void);

int main(int argc, char **argv)
{
    script_open(argv[argc - 1]);
    return firmware_main();
}
