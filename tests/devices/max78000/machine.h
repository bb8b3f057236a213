/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A MAX78000 for tests: Unicorn executes an unmodified image, and every access to a peripheral is
 * answered by a model of our own, written from the part's user guide like the drivers that it
 * judges. What the part leaves undefined or the guide forbids (an address without a register, a
 * peripheral without its clock, flash that is read while it is written, a unit programmed twice,
 * ...) ends the run with an error that says where.
 *
 * Time is that of the part: 10 ns an instruction, 100 MHz; a core that sleeps leaps to the next
 * event. One thread; caller-owned by machine_new() and machine_free().
 */
#ifndef SYN_TESTS_MAX78000_MACHINE_H
#define SYN_TESTS_MAX78000_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_UARTS      2 /* 0: UART0, 1: UART2 */
#define MACHINE_SECOND     INT64_C(1000000000)
#define MACHINE_FLASH_BASE 0x10000000u
#define MACHINE_FLASH_SIZE 0x80000u
#define MACHINE_PAGE       0x2000u
#define MACHINE_SLOT0      0x4000u /* offset of the image that the boot loader starts */

struct machine;
struct syn_emulator;

/* Loads the segments of a program and switches the power on. NULL with words on stderr where it
 * cannot. */
struct machine *machine_new(const char *elf);
void machine_free(struct machine *m);

/* Writes a file into the flash, as a debug probe does: at `offset`, or the segments of a program
 * where they belong. False with words on stderr where it cannot. */
bool machine_load(struct machine *m, const char *file, uint32_t offset);
bool machine_load_elf(struct machine *m, const char *elf);

/* Do the segments of a program lie in the flash, byte for byte? */
bool machine_holds(struct machine *m, const char *elf);

/* Runs for `ns` of the part's time; false after an error, which ends everything. */
bool machine_run(struct machine *m, int64_t ns);
int64_t machine_now(const struct machine *m);
const char *machine_error(const struct machine *m); /* NULL: none */

/* Bytes that a host sends to a UART at its rate, one after the other, and what came from it. */
void machine_send(struct machine *m, unsigned uart, const uint8_t *bytes, size_t size);
/* The rate of the host's end of the line, from now on. */
void machine_set_baud(struct machine *m, unsigned uart, uint32_t baud);
size_t machine_receive(struct machine *m, unsigned uart, uint8_t *bytes, size_t size);

/* Off and on again: RAM is lost, the flash stays. */
void machine_power_cycle(struct machine *m);

/* The power fails in the middle of the `operation`-th erasure or programming from now on (1: the
 * next); machine_run() then returns true at once, and machine_is_off() says so. */
void machine_fail_power(struct machine *m, unsigned operation);
bool machine_is_off(const struct machine *m);

/* ---- looking ---- */

uint8_t *machine_flash(struct machine *m); /* MACHINE_FLASH_SIZE bytes */
uint8_t *machine_ram(struct machine *m);
struct syn_emulator *machine_accelerator(struct machine *m);
uint32_t machine_leds(const struct machine *m); /* bits: those that are on */

struct machine_counts {
    uint64_t instructions, interrupts, sleeps, resets, flash_erased, flash_programmed;
    uint64_t overruns; /* bytes that a UART lost */
    int64_t asleep_ns;
    int64_t trigger_ns; /* P0.19 was high */
};
const struct machine_counts *machine_counts(const struct machine *m);

/* Leads the core astray, to RAM that nobody uses: into an undefined instruction, a loop without an
 * end, which may be one that no interrupt reaches any more, or one that fills the stack. */
enum machine_astray { MACHINE_UNDEFINED, MACHINE_LOOP, MACHINE_DEAF_LOOP, MACHINE_FILLS_STACK };
void machine_derail(struct machine *m, enum machine_astray how);
#define MACHINE_DERAILED 0x2001f800u /* where they lie */

/* The next inference is started but never ends, as on a part that is broken. */
void machine_hang_accelerator(struct machine *m);

#endif
