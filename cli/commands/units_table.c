/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/units_table.h"

struct syn_table *syn_units_table_new(bool waiting)
{
    static const struct syn_column columns[] = {
        {.title = "DEVICE"},
        {.title = "SENSOR", .right = true},
        {.title = "CPU", .right = true},
        {.title = "ACCEL", .right = true},
        {.title = "RADIO", .right = true},
        {.title = "POWER", .right = true},
        {.title = "WAITING", .right = true},
    };
    const size_t count = sizeof columns / sizeof columns[0];
    return syn_table_new(columns, waiting ? count : count - 1);
}

void syn_units_table_row(struct syn_table *table, const char *device,
                         const double busy[SYN_UNIT_COUNT], double power_mw)
{
    syn_table_text(table, device);
    for (int u = 0; u < SYN_UNIT_COUNT; u++)
        syn_table_format(table, "%.1f %%", 100 * busy[u]);
    syn_table_format(table, "%.1f mW", power_mw);
}
