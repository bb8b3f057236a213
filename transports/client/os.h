/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the operating system of a device says of itself: SMP's group 0, beside echo, reset and
 * parameters (session.h). For devices of any kind; what session.h says of operations holds here.
 */
#ifndef SYN_TRANSPORTS_CLIENT_OS_H
#define SYN_TRANSPORTS_CLIENT_OS_H

#include "transports/client/session.h"

/* answer->text. A letter of `format` stands for a word of it: s kernel, n node, r release, v
 * version, b built when, m machine, p processor, i board, o system; a all. */
int syn_session_info(struct syn_session *s, const char *format, syn_session_done done, void *user);
/* answer->text: the name of the boot loader */
int syn_session_bootloader(struct syn_session *s, syn_session_done done, void *user);
/* answer->text: "2026-05-31T12:00:00", with a fraction or zone where the device says one */
int syn_session_clock(struct syn_session *s, syn_session_done done, void *user);
int syn_session_set_clock(struct syn_session *s, const char *datetime, syn_session_done done,
                          void *user);
/* answer->tasks */
int syn_session_tasks(struct syn_session *s, syn_session_done done, void *user);
/* answer->pools */
int syn_session_pools(struct syn_session *s, syn_session_done done, void *user);

#endif
