/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/device_logs.h"

#include "cli/fleet/bench.h"
#include "cli/output/show.h"
#include "cli/output/text.h"

#include <stdio.h>
#include <time.h>

/* "2026-11-22T03:21:50.123Z" for programs; local time for people. */
static void write_time(char *to, size_t size, int64_t at_ms, bool local)
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm parts = {0};
    (void)(local ? localtime_r(&seconds, &parts) : gmtime_r(&seconds, &parts));
    size_t n = strftime(to, size, local ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(to + n, size - n, ".%03d%s", (int)(at_ms % 1000), local ? "" : "Z");
}

static void show_line(struct syn_console *console, cJSON *lines, const struct syn_log_line *line)
{
    char clean[2 * sizeof line->text], at[40];
    cJSON *object = syn_show_object(lines, NULL);
    syn_text_clean(clean, sizeof clean, line->text);
    write_time(at, sizeof at, line->at_ms, false);
    syn_show_text(object, "t", at);
    syn_show_text(object, "text", clean);
    write_time(at, sizeof at, line->at_ms, true);
    syn_result_print(&console->result, "%s  %s\n", at, clean);
}

int syn_device_logs_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    const char *name = syn_call_text(call, "NAME");
    struct syn_member *member = bench ? syn_bench_find(bench, name) : NULL;
    if (!member)
        return bench ? syn_bench_online(bench, name, &member, error) : SYN_ENOMEM;
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "device", member->name);
    cJSON *lines = syn_show_array(json, "lines");
    unsigned kept =
        member->log_count < SYN_MEMBER_LOG_LINES ? member->log_count : SYN_MEMBER_LOG_LINES;
    for (unsigned i = member->log_count - kept; i != member->log_count; i++)
        show_line(console, lines, &member->log[i % SYN_MEMBER_LOG_LINES]);
    if (kept == 0)
        syn_result_print(&console->result, "%s has logged nothing\n", member->name);
    return 0;
}
