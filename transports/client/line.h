/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The highest rate of the line that both ends have (command 11 of devices/wire/GROUP.md).
 *
 * A rate counts once the device has answered at it. One that does not work costs less than two
 * seconds, after which both ends are back at the rate of the start, and the next lower one is tried
 * once: under four seconds in all.
 */
#ifndef SYN_TRANSPORTS_CLIENT_LINE_H
#define SYN_TRANSPORTS_CLIENT_LINE_H

#include "transports/client/session.h"

/* Is there a choice, as far as this end goes? Without it there is nothing to ask. */
bool syn_session_can_tune(const struct syn_session *s);

/*
 * answer->baud: the rate from now on, in bit/s. After hello, before anything else is asked: log
 * text that comes while a rate is tried is lost. Succeeds also where nothing can be chosen; fails
 * where the device is not heard any more at any rate.
 */
int syn_session_tune(struct syn_session *s, syn_session_done done, void *user);

#endif
