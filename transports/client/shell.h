/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The device's own shell, by SMP's group 9. What session.h says of operations holds here. */
#ifndef SYN_TRANSPORTS_CLIENT_SHELL_H
#define SYN_TRANSPORTS_CLIENT_SHELL_H

#include "transports/client/session.h"

/* Runs a command of `count` words; answer->shell. Sent once, never repeated: nobody knows what it
 * does. SYN_EINVAL: the words do not fit into a message of the device. */
int syn_session_shell(struct syn_session *s, const char *const *words, size_t count,
                      syn_session_done done, void *user);

#endif
