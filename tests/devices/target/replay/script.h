/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A board whose input is a recording of what a host once sent: bytes come at the times that are
 * written there, time passes only while the firmware sleeps, and all that the firmware writes is
 * printed. So it is the same wherever it runs. (`record` says what is in a recording.)
 */
#ifndef SYN_TESTS_DEVICES_TARGET_SCRIPT_H
#define SYN_TESTS_DEVICES_TARGET_SCRIPT_H

/* Reads the recording; ends the program with words where there is none. */
void script_open(const char *path);

/* The next byte comes or the alarm goes off; the program ends when nothing more will come. */
void script_sleep(void);

_Noreturn void script_end(const char *why);

#endif
