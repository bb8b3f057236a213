/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds out what is at the other end of a link: a device of ours, or any other that speaks SMP.
 * What session.h says of operations holds here.
 */
#ifndef SYN_TRANSPORTS_CLIENT_IDENTIFY_H
#define SYN_TRANSPORTS_CLIENT_IDENTIFY_H

#include "transports/client/session.h"

/*
 * answer->identity. Says hello; a device that refuses our group, or is silent to it but answers the
 * parameters of group 0, is an SMP device. Takes the version of the headers, message size and
 * window from what it says. Comes first, and takes at most 5 s of a device that answers anything.
 */
int syn_session_identify(struct syn_session *s, syn_session_done done, void *user);

#endif
