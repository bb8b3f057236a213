/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/commands.h"

/* In the order of help and of the manual page. */
const struct syn_command_table *const syn_command_tables[] = {
    &syn_commands_model,    &syn_commands_app,   &syn_commands_wait,
    &syn_commands_settings, &syn_commands_shell, NULL,
};
