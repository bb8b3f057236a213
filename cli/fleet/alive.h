/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Noticing that a device has gone silent where no link says so: a wire that was cut, a board that
 * hangs. While something is asked of a device, or it runs and has to report, it has to be heard of
 * within some seconds; else its link is given up as if it had broken, so that whoever waits is told
 * and the device is looked for (reconnect.h). Beside a request that takes its time a device of ours
 * is asked for an echo; firmware of others may stand still meanwhile, which is said and waited for
 * (SYN_EVENT_SILENT). Devices of which nobody wants anything are left alone, and so are those whose
 * process this console started: their end is seen.
 */
#ifndef SYN_CLI_FLEET_ALIVE_H
#define SYN_CLI_FLEET_ALIVE_H

#include "cli/fleet/bench.h"

/* Somebody wants something of devices from now on. Cheap, and fine when it is so already. */
void syn_alive_watch(struct syn_bench *bench);

void syn_alive_stop(struct syn_bench *bench);

#endif
