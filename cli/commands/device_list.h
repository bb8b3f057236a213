/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `device list` prints, and what it says of a device that `device show` says, too. */
#ifndef SYN_CLI_COMMANDS_DEVICE_LIST_H
#define SYN_CLI_COMMANDS_DEVICE_LIST_H

#include "cli/fleet/bench.h"
#include "transports/client/client.h"

/* All registered and connected devices. */
int syn_device_list(struct syn_console *console, struct syn_error *error);

/* Name, state, identity, in JSON. */
void syn_device_list_identity(cJSON *json, const struct syn_member *member);

/* "online", "connecting", "offline"; never NULL. */
const char *syn_member_state_name(enum syn_member_state state);

/* Of its connection: zeros while there is none. */
struct syn_client_stats syn_member_stats(const struct syn_member *member);
double syn_member_round_trip_ms(const struct syn_member *member); /* NaN: not measured */
unsigned syn_member_baud(const struct syn_member *member);        /* 0: not a serial line */

/* A cell of a table: "camera,microphone". */
void syn_device_kinds_cell(struct syn_table *table, const char (*kinds)[SYN_KIND_MAX],
                           unsigned count);

#endif
