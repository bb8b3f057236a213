/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/commands.h"

/* In the order of help and of the manual page. */
/* clang-format off: one a line */
const struct syn_command_table *const syn_command_tables[] = {
    &syn_commands_port,     &syn_commands_ble,      &syn_commands_connect,
    &syn_commands_device,   &syn_commands_firmware, &syn_commands_image,
    &syn_commands_file,     &syn_commands_remote,   &syn_commands_accel,
    &syn_commands_feed,     &syn_commands_model,    &syn_commands_app,
    &syn_commands_plan,     &syn_commands_deploy,   &syn_commands_run,
    &syn_commands_watch,    &syn_commands_expect,   &syn_commands_wait,
    &syn_commands_settings, &syn_commands_shell,    NULL,
};
/* clang-format on */
