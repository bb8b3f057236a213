/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/console.h"

#include "cli/output/text.h"
#include "cli/shell/editor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int syn_console_init(struct syn_console *console, const struct syn_console_options *options,
                     const struct syn_signals *signals, struct syn_error *error)
{
    *console =
        (struct syn_console){.options = options, .signals = signals, .out = stdout, .err = stderr};
    console->out_terminal = isatty(STDOUT_FILENO);
    console->err_terminal = isatty(STDERR_FILENO);
    console->loop = syn_loop_new();
    if (!options->memory && options->state)
        console->state = strdup(options->state);
    if (!console->loop || (!options->memory && options->state && !console->state)) {
        syn_console_close(console);
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    }
    syn_loop_set_cancel(console->loop, signals->wake_fd);
    return 0;
}

void syn_console_close(struct syn_console *console)
{
    syn_console_hold(console, false);
    if (console->fleet_free)
        console->fleet_free(console->fleet);
    syn_result_clear(&console->result);
    syn_settings_clear(&console->settings);
    syn_registry_close(console->registry);
    syn_loop_free(console->loop);
    free(console->state);
    *console = (struct syn_console){0};
}

bool syn_console_has_registry(const struct syn_console *console)
{
    char path[4096];
    if (!console->state)
        return false;
    int size = snprintf(path, sizeof path, "%s/registry.db", console->state);
    return size > 0 && (size_t)size < sizeof path && access(path, F_OK) == 0;
}

int syn_console_registry(struct syn_console *console, struct syn_registry **registry,
                         struct syn_error *error)
{
    if (!console->registry) {
        int status = syn_registry_open(&console->registry, console->state, error);
        if (status < 0)
            return status;
    }
    *registry = console->registry;
    return 0;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

int syn_console_wait(struct syn_console *console, bool (*done)(void *ctx), void *ctx,
                     double seconds, struct syn_error *error)
{
    int64_t timeout = seconds < 0 ? SYN_LOOP_FOREVER : (int64_t)(seconds * 1e9);
    if (syn_console_stopped(console))
        return syn_console_stop_error(console, error);
    int status = syn_loop_run_until(console->loop, done ? done : never, ctx, timeout);
    if (status == 0 || status == SYN_ETIMEOUT)
        return status == 0 ? 0 : syn_error_set(error, SYN_ETIMEOUT, "no answer in time");
    if (status == SYN_ECANCELED && syn_console_stopped(console))
        return syn_console_stop_error(console, error);
    return syn_error_set(error, status, "waiting failed: %s", syn_errno_text(status));
}

void syn_console_rest(struct syn_console *console)
{
    if (!console->chores || console->resting || !console->fleet_rest)
        return;
    console->resting = true;
    console->chores = false;
    console->fleet_rest(console->fleet);
    console->resting = false;
}

struct idling {
    struct syn_console *console;
    bool (*done)(void *ctx);
    void *ctx;
    bool is_done;
};

static bool is_done_or_due(void *ctx)
{
    struct idling *idling = ctx;
    idling->is_done = idling->done && idling->done(idling->ctx);
    return idling->is_done || idling->console->chores;
}

int syn_console_idle(struct syn_console *console, bool (*done)(void *ctx), void *ctx,
                     double seconds, struct syn_error *error)
{
    struct idling idling = {console, done, ctx, false};
    int64_t end = syn_loop_now() + (int64_t)(seconds * 1e9);
    int rc = 0;
    while (rc == 0 && !idling.is_done) {
        syn_console_rest(console);
        double left_s = (double)(end - syn_loop_now()) / 1e9;
        rc = syn_console_wait(console, is_done_or_due, &idling,
                              seconds < 0  ? seconds
                              : left_s > 0 ? left_s
                                           : 0,
                              error);
    }
    return rc;
}

void syn_console_turn(struct syn_console *console, int timeout_ms)
{
    (void)syn_loop_step(console->loop, (int64_t)timeout_ms * 1000000);
}

bool syn_console_stopped(struct syn_console *console)
{
    if (console->stop == SYN_STOP_NONE)
        console->stop = (enum syn_stop) * console->signals->stop;
    return console->stop != SYN_STOP_NONE;
}

void syn_console_resume(struct syn_console *console)
{
    char bytes[64];
    if (!syn_console_stopped(console) || console->stop != SYN_STOP_INTERRUPT)
        return;
    while (read(console->signals->wake_fd, bytes, sizeof bytes) > 0)
        ;
    console->stop = SYN_STOP_NONE;
    *console->signals->stop = SYN_STOP_NONE;
}

int syn_console_stop_error(const struct syn_console *console, struct syn_error *error)
{
    if (console->stop == SYN_STOP_TIMEOUT)
        return syn_error_set(error, SYN_ETIMEOUT, "the time of --timeout (%g s) is over",
                             console->options->timeout_s);
    return syn_error_set(error, SYN_ECANCELED, "interrupted");
}

void syn_console_emit(struct syn_console *console)
{
    syn_result_write(&console->result, console->options->json, console->out);
    console->silent = true;
}

static void note(struct syn_console *console, const char *text)
{
    char clean[1024];
    syn_text_clean(clean, sizeof clean, text);
    bool shown = console->editor ? !console->options->quiet : console->options->verbose;
    if (!shown)
        return;
    if (console->held) {
        (void)fprintf(console->held, "%s\n", clean);
        return;
    }
    if (console->editor)
        syn_editor_hide(console->editor);
    (void)fprintf(console->err, "%s\n", clean);
    (void)fflush(console->err);
    if (console->editor)
        syn_editor_show(console->editor);
}

void syn_console_hold(struct syn_console *console, bool hold)
{
    if (hold && !console->held) {
        console->held = open_memstream(&console->held_text, &console->held_size);
    } else if (!hold && console->held) {
        (void)fclose(console->held);
        (void)fwrite(console->held_text, 1, console->held_size, console->err);
        (void)fflush(console->err);
        free(console->held_text);
        console->held = NULL;
        console->held_text = NULL;
    }
}

void syn_console_note(struct syn_console *console, const char *fmt, ...)
{
    char text[256];
    va_list args;
    if (!console->options->verbose)
        return;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    note(console, text);
}

void syn_console_event(struct syn_console *console, enum syn_event_kind kind, const char *device,
                       const char *fmt, ...)
{
    char text[160], line[256];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    syn_event_add(&console->events, kind, device, text);
    (void)snprintf(line, sizeof line, "%s%s%s", device ? device : "", device ? ": " : "", text);
    note(console, line);
}

void syn_console_status(struct syn_console *console, const char *status)
{
    (void)snprintf(console->status, sizeof console->status, "%s", status ? status : "");
    if (console->editor)
        syn_editor_prompt(console->editor);
}

void syn_console_progress(struct syn_console *console, struct syn_progress *progress,
                          const char *what, const char *unit)
{
    bool shown = console->err_terminal && !console->options->quiet && !console->options->json &&
                 !console->resting; /* the prompt stands there */
    syn_progress_begin(progress, shown ? console->err : NULL, what, unit);
}

bool syn_console_json(const struct syn_console *console)
{
    return console->options->json;
}

/* The order: --color, NO_COLOR, the setting, and then whether it is a terminal at all. */
bool syn_console_colour(struct syn_console *console, bool on_stderr)
{
    bool terminal = on_stderr ? console->err_terminal : console->out_terminal;
    const char *mode = console->options->colour;
    if (!mode && console->options->no_colour)
        return false;
    if (!mode && !terminal)
        return false;
    if (!mode)
        mode = syn_setting_text(console, SYN_SETTING_COLOR);
    return strcmp(mode, "always") == 0 || (strcmp(mode, "auto") == 0 && terminal);
}
