/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How busy the units of every device are, as predicted, simulated or measured: one look. */
#ifndef SYN_CLI_COMMANDS_UNITS_TABLE_H
#define SYN_CLI_COMMANDS_UNITS_TABLE_H

#include "cli/output/table.h"
#include "devices/runtime/runtime.h"

/* With `waiting`, syn_table_format(table, "%u", tasks that wait) must follow each row. */
struct syn_table *syn_units_table_new(bool waiting);

/* `busy`: shares of the time, 1 = always. */
void syn_units_table_row(struct syn_table *table, const char *device,
                         const double busy[SYN_UNIT_COUNT], double power_mw);

#endif
