/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/editor.h"

#include "cli/console.h"
#include "cli/shell/complete.h"
#include "cli/shell/history.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

#define PROMPT "synergy> "

struct syn_editor {
    struct syn_console *console;
    struct syn_loop_watch keys;
    char prompt[64];
    char *line;
    bool reading; /* the prompt stands */
    bool done, end;
};

/* readline calls back without a context. */
static struct syn_editor *current;

/* Ctrl-Z: set by the handler, which is ours while the prompt stands. */
static volatile sig_atomic_t suspended;

static void on_suspend(int number)
{
    (void)number;
    suspended = 1;
}

static void handle_suspend(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTSTP, &action, NULL);
}

/* Leaves the terminal as others expect it, stops, and goes on where it was. */
static void suspend(void)
{
    suspended = 0;
    rl_deprep_term_function();
    handle_suspend(SIG_DFL);
    (void)raise(SIGTSTP);
    handle_suspend(on_suspend);
    rl_prep_term_function(1);
    rl_on_new_line();
    (void)rl_forced_update_display();
}

static void take_line(char *line)
{
    struct syn_editor *editor = current;
    rl_callback_handler_remove();
    handle_suspend(SIG_DFL);
    editor->reading = false;
    editor->done = true;
    editor->line = line;
    editor->end = line == NULL;
}

static void key_ready(void *ctx, unsigned events)
{
    (void)ctx, (void)events;
    rl_callback_read_char();
}

/* readline wants: the longest common beginning, all matches, NULL; each malloc'ed. */
static char **matches_of(const struct syn_words *found)
{
    char **matches = calloc(found->count + 2, sizeof *matches);
    if (!matches || found->count == 0) {
        free(matches);
        return NULL;
    }
    size_t common = strlen(found->items[0]);
    for (size_t i = 0; i < found->count; i++) {
        size_t same = 0;
        while (same < common && found->items[i][same] == found->items[0][same])
            same++;
        common = same;
        matches[found->count == 1 ? 0 : i + 1] = strdup(found->items[i]);
    }
    if (found->count > 1)
        matches[0] = strndup(found->items[0], common);
    return matches;
}

static char **complete(const char *text, int start, int end)
{
    struct syn_words found = {0};
    (void)end;
    bool files = syn_complete(current->console, rl_line_buffer, (size_t)start, text, &found);
    char **matches = matches_of(&found);
    size_t size = matches ? strlen(matches[0]) : 0;
    if (size && strchr(":=,", matches[0][size - 1]))
        rl_completion_append_character = '\0';
    rl_attempted_completion_over = !files;
    rl_completion_suppress_append = 0;
    syn_words_clear(&found);
    return matches;
}

static void set_up_readline(void)
{
    static const char breaks[] = " \t\n;";
    rl_readline_name = "synergy";
    rl_catch_signals = 0; /* main has the handlers */
    rl_attempted_completion_function = complete;
    rl_basic_word_break_characters = breaks;
    rl_completer_word_break_characters = (char *)(size_t)breaks;
    rl_completer_quote_characters = "\"'";
    rl_filename_quote_characters = " \t;\"'\\";
    rl_outstream = isatty(STDOUT_FILENO) ? stdout : stderr;
}

int syn_editor_new(struct syn_editor **editor, struct syn_console *console, struct syn_error *error)
{
    *editor = calloc(1, sizeof **editor);
    if (!*editor)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    (*editor)->console = console;
    current = *editor;
    set_up_readline();
    syn_history_load(console);
    return 0;
}

void syn_editor_free(struct syn_editor *editor)
{
    if (!editor)
        return;
    syn_history_trim(editor->console);
    free(editor);
    current = NULL;
}

static void make_prompt(struct syn_editor *editor)
{
    const char *status = editor->console->status;
    (void)snprintf(editor->prompt, sizeof editor->prompt, "%s%s%s" PROMPT, status[0] ? "(" : "",
                   status, status[0] ? ") " : "");
}

/* Ctrl-C at the prompt: the line goes, the shell stays. */
static void drop_line(struct syn_editor *editor)
{
    syn_console_resume(editor->console);
    rl_callback_sigcleanup();
    (void)fputs("^C\n", rl_outstream);
    rl_replace_line("", 0);
    rl_on_new_line();
    rl_redisplay();
}

static void begin(struct syn_editor *editor)
{
    make_prompt(editor);
    editor->done = editor->end = false;
    editor->line = NULL;
    rl_callback_handler_install(editor->prompt, take_line);
    editor->reading = true;
    handle_suspend(on_suspend);
    syn_loop_watch_start(editor->console->loop, &editor->keys, STDIN_FILENO, SYN_LOOP_READ,
                         key_ready, editor);
}

int syn_editor_read(struct syn_editor *editor, char **line)
{
    begin(editor);
    while (!editor->done) {
        int status = syn_loop_step(editor->console->loop, SYN_LOOP_FOREVER);
        syn_console_rest(editor->console);
        rl_check_signals();
        if (suspended)
            suspend();
        bool stopped = syn_console_stopped(editor->console);
        if (stopped && editor->console->stop == SYN_STOP_INTERRUPT)
            drop_line(editor);
        else if (stopped || (status < 0 && status != SYN_ECANCELED))
            take_line(NULL);
    }
    syn_loop_watch_stop(&editor->keys);
    if (editor->end)
        (void)fputc('\n', rl_outstream);
    *line = editor->line;
    return !editor->end;
}

void syn_editor_hide(struct syn_editor *editor)
{
    if (!editor->reading)
        return;
    rl_clear_visible_line();
    (void)fflush(rl_outstream);
}

void syn_editor_show(struct syn_editor *editor)
{
    if (!editor->reading)
        return;
    rl_on_new_line();
    rl_redisplay();
}

void syn_editor_prompt(struct syn_editor *editor)
{
    if (!editor->reading)
        return;
    syn_editor_hide(editor);
    make_prompt(editor);
    rl_set_prompt(editor->prompt);
    syn_editor_show(editor);
}
