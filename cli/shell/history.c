/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/history.h"

#include "cli/console.h"
#include "core/store/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

static bool path_of(const struct syn_console *console, char *path, size_t size)
{
    if (!console->state)
        return false;
    int length = snprintf(path, size, "%s/history", console->state);
    return length > 0 && (size_t)length < size;
}

static int limit_of(struct syn_console *console)
{
    return (int)syn_setting_number(console, SYN_SETTING_HISTORY);
}

void syn_history_load(struct syn_console *console)
{
    char path[4096];
    using_history();
    stifle_history(limit_of(console));
    if (path_of(console, path, sizeof path))
        (void)read_history(path);
}

/* The file is made here, since readline would make it readable for others. */
static bool make_private(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool done = fchmod(fd, 0600) == 0;
    (void)close(fd);
    return done;
}

void syn_history_add(struct syn_console *console, const char *line)
{
    char path[4096];
    if (line[0] == '\0' || line[0] == ' ' || limit_of(console) == 0)
        return;
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (last && strcmp(last->line, line) == 0)
        return;
    add_history(line);
    if (!path_of(console, path, sizeof path))
        return;
    (void)syn_folder_make(console->state, NULL);
    if (make_private(path))
        (void)append_history(1, path);
}

void syn_history_trim(struct syn_console *console)
{
    char path[4096];
    if (path_of(console, path, sizeof path) && access(path, W_OK) == 0)
        (void)history_truncate_file(path, limit_of(console));
}

const char *syn_history_line(size_t index)
{
    if (index >= (size_t)history_length)
        return NULL;
    HIST_ENTRY *entry = history_get(history_base + (int)index);
    return entry ? entry->line : NULL;
}
