/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `set`. */
#include "cli/settings.h"

#include "cli/commands/commands.h"
#include "cli/console.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"
#include "cli/shell/words.h"
#include "core/base/suggest.h"

static void names(struct syn_console *console, struct syn_words *words)
{
    (void)console;
    for (int i = 0; i < SYN_SETTING_COUNT; i++)
        (void)syn_words_add(words, syn_setting_params[i].name);
}

static int find(const char *name, struct syn_error *error)
{
    int index = syn_setting_find(name);
    if (index >= 0)
        return index;
    struct syn_suggest near = {.word = name};
    for (int i = 0; i < SYN_SETTING_COUNT; i++)
        syn_suggest_offer(&near, syn_setting_params[i].name);
    syn_error_set(error, SYN_EINVAL, "no setting '%s'", name);
    if (near.best)
        syn_error_hint(error, "did you mean '%s'? 'set' lists them", near.best);
    else
        syn_error_hint(error, "'set' lists them");
    return SYN_EINVAL;
}

static void show(struct syn_console *console, int index, struct syn_table *table)
{
    const struct syn_param *param = &syn_setting_params[index];
    const char *value = syn_setting_text(console, (enum syn_setting)index);
    syn_show_text(syn_result_json(&console->result), param->name, value);
    syn_table_text(table, param->name);
    syn_table_text(table, value);
    syn_table_text(table, param->standard);
    syn_table_text(table, param->help);
}

static void show_all(struct syn_console *console, int only)
{
    static const struct syn_column columns[] = {{.title = "SETTING"},
                                                {.title = "VALUE"},
                                                {.title = "STANDARD"},
                                                {.title = "WHAT IT IS", .shrinks = true}};
    struct syn_table *table = syn_table_new(columns, 4);
    for (int i = 0; i < SYN_SETTING_COUNT; i++)
        if (only < 0 || only == i)
            show(console, i, table);
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

static int run_set(struct syn_console *console, const struct syn_call *call,
                   struct syn_error *error)
{
    int index = syn_call_has(call, "KEY") ? find(syn_call_text(call, "KEY"), error) : -1;
    if (syn_call_has(call, "KEY") && index < 0)
        return index;
    bool change = syn_call_has(call, "VALUE") || syn_call_flag(call, "--standard");
    if (change && index < 0)
        return syn_error_set(error, SYN_EINVAL, "--standard needs a setting");
    if (change) {
        const char *value = syn_call_flag(call, "--standard") ? NULL : syn_call_text(call, "VALUE");
        int status = syn_setting_change(console, (enum syn_setting)index, value, error);
        if (status < 0)
            return status;
        syn_show_text(syn_result_json(&console->result), syn_setting_params[index].name,
                      syn_setting_text(console, (enum syn_setting)index));
        return 0;
    }
    show_all(console, index);
    return 0;
}

static const struct syn_command commands[] = {
    {
        .noun = "set",
        .summary = "show or change settings; they are kept",
        .args = {{.name = "KEY", .flags = SYN_OPTIONAL, .help = "a setting", .complete = names},
                 {.name = "VALUE", .flags = SYN_OPTIONAL, .help = "its new value"}},
        .options = {{.name = "--standard", .help = "go back to the standard value"}},
        .run = run_set,
    },
};

const struct syn_command_table syn_commands_settings = SYN_COMMAND_TABLE("Settings", commands);
