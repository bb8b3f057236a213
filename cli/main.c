/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program: signals, options, and what the exit status says. */
#include "cli/man.h"
#include "cli/options.h"
#include "cli/shell/exitclass.h"
#include "cli/shell/shell.h"

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define GRACE_S 2 /* time for a command to end by itself after --timeout */

/* All that a signal handler may touch. */
static volatile sig_atomic_t stop;
static int wake_fds[2] = {-1, -1};

static void wake(enum syn_stop why)
{
    stop = (sig_atomic_t)why;
    ssize_t written = write(wake_fds[1], "", 1);
    (void)written; /* a full pipe wakes as well */
}

/* A command that does not listen to the third interrupt ends with the program. */
static void on_interrupt(int number)
{
    static volatile sig_atomic_t pending;
    pending = stop == SYN_STOP_NONE ? 1 : pending + 1;
    if (pending > 2)
        _exit(SYN_EXIT_INTERRUPTED);
    wake(number == SIGINT ? SYN_STOP_INTERRUPT : SYN_STOP_TERMINATE);
}

static void on_alarm(int number)
{
    (void)number;
    if (stop == SYN_STOP_TIMEOUT)
        _exit(SYN_EXIT_TIMEOUT);
    wake(SYN_STOP_TIMEOUT);
    (void)alarm(GRACE_S);
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

static int set_up_signals(double timeout_s, struct syn_error *error)
{
    if (pipe2(wake_fds, O_NONBLOCK | O_CLOEXEC) < 0)
        return syn_error_set(error, SYN_EIO, "no pipe");
    handle(SIGINT, on_interrupt);
    handle(SIGTERM, on_interrupt);
    handle(SIGHUP, on_interrupt);
    handle(SIGALRM, on_alarm);
    handle(SIGPIPE, SIG_IGN); /* a write that fails says so */
    handle(SIGXFSZ, SIG_IGN); /* likewise beyond a limit of file size */
    struct itimerval timer = {0};
    timer.it_value.tv_sec = (time_t)timeout_s;
    timer.it_value.tv_usec = (suseconds_t)((timeout_s - (double)(time_t)timeout_s) * 1e6);
    if (timeout_s > 0)
        (void)setitimer(ITIMER_REAL, &timer, NULL);
    return 0;
}

/* Several -c are told apart by their place on the command line: "-c#2:1: ..." */
static int run_source(struct syn_console *console, const struct syn_options *options, size_t index)
{
    char name[32] = "-c";
    struct syn_error error = {0};
    const struct syn_source *source = &options->sources[index];
    if (source->is_command) {
        if (options->source_count > 1)
            (void)snprintf(name, sizeof name, "-c#%zu", index + 1);
        return syn_shell_text(console, name, source->text, strlen(source->text));
    }
    if (strcmp(source->text, "-") == 0)
        return syn_shell_stdin(console);
    int status = syn_shell_file(console, source->text, &error);
    if (status < 0 && !console->reported)
        syn_shell_report(console, &(struct syn_place){0}, NULL, &error);
    return status;
}

static int run_sources(struct syn_console *console, const struct syn_options *options)
{
    int first = 0;
    for (size_t i = 0; i < options->source_count; i++) {
        if (console->quit || syn_console_stopped(console) ||
            (first < 0 && !options->console.keep_going))
            break;
        int status = run_source(console, options, i);
        first = first < 0 ? first : status;
    }
    return first;
}

static int run(struct syn_console *console, const struct syn_options *options)
{
    if (options->source_count)
        return run_sources(console, options);
    if (isatty(STDIN_FILENO))
        return syn_shell_interactive(console);
    return syn_shell_stdin(console);
}

/* Why it ended says more than what failed last. */
static int exit_of(struct syn_console *console, int status)
{
    if (syn_console_stopped(console))
        return console->stop == SYN_STOP_TIMEOUT ? SYN_EXIT_TIMEOUT : SYN_EXIT_INTERRUPTED;
    return (int)syn_exit_class(status);
}

static int run_console(const struct syn_options *options)
{
    struct syn_console console = {0};
    struct syn_error error = {0};
    int status = set_up_signals(options->console.timeout_s, &error);
    const struct syn_signals signals = {&stop, wake_fds[0]};
    if (status == 0)
        status = syn_console_init(&console, &options->console, &signals, &error);
    if (status < 0) {
        (void)fprintf(stderr, "synergy: %s\n", error.message);
        return (int)syn_exit_class(status);
    }
    status = run(&console, options);
    int class = exit_of(&console, status);
    if (class == SYN_EXIT_TIMEOUT && !console.reported) {
        (void)syn_console_stop_error(&console, &error);
        syn_shell_report(&console, &(struct syn_place){0}, NULL, &error);
    }
    syn_console_close(&console);
    return class;
}

static int refuse(const struct syn_options *options, const struct syn_error *error)
{
    struct syn_console console = {.options = &options->console, .out = stdout, .err = stderr};
    syn_shell_report(&console, &(struct syn_place){0}, "synergy", error);
    return (int)syn_exit_class(error->code);
}

int main(int argc, char **argv)
{
    struct syn_options options = {0};
    struct syn_error error = {0};
    int class = SYN_EXIT_OK;
    (void)setlocale(LC_CTYPE, "");
    if (syn_options_parse(&options, argc, argv, &error) < 0)
        class = refuse(&options, &error);
    else if (options.console.help)
        syn_options_help(stdout);
    else if (options.console.version)
        (void)printf("synergy %s\n", SYN_VERSION);
    else if (options.console.man)
        syn_man_write(stdout);
    else
        class = run_console(&options);
    syn_options_clear(&options);
    return class;
}
