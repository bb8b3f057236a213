/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of all command files; a new file adds its line here and in commands.c. */
#ifndef SYN_CLI_COMMANDS_COMMANDS_H
#define SYN_CLI_COMMANDS_COMMANDS_H

#include "cli/shell/command.h"

extern const struct syn_command_table syn_commands_connect;
extern const struct syn_command_table syn_commands_port;
extern const struct syn_command_table syn_commands_ble;
extern const struct syn_command_table syn_commands_device;
extern const struct syn_command_table syn_commands_firmware;
extern const struct syn_command_table syn_commands_image;
extern const struct syn_command_table syn_commands_file;
extern const struct syn_command_table syn_commands_remote;
extern const struct syn_command_table syn_commands_accel;
extern const struct syn_command_table syn_commands_feed;
extern const struct syn_command_table syn_commands_model;
extern const struct syn_command_table syn_commands_app;
extern const struct syn_command_table syn_commands_plan;
extern const struct syn_command_table syn_commands_deploy;
extern const struct syn_command_table syn_commands_run;
extern const struct syn_command_table syn_commands_watch;
extern const struct syn_command_table syn_commands_expect;
extern const struct syn_command_table syn_commands_shell;
extern const struct syn_command_table syn_commands_settings;
extern const struct syn_command_table syn_commands_wait;

#endif
